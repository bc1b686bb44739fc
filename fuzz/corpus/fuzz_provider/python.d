/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In the manner of CPython: attributes behind the provider. */

provider python {
    probe function__entry(const char *, const char *, int);
    probe gc__start(int);
    probe gc__done(long);
    probe audit(const char *, void *);
};

#pragma D attributes Evolving/Evolving/Common provider python provider
#pragma D attributes Private/Private/Common provider python module
#pragma D attributes Evolving/Evolving/Common provider python args
