/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In the manner of PostgreSQL: types by #define, so that -C is needed by other tools; no names of arguments. */

#define LocalTransactionId unsigned int
#define LWLockMode int
#define bool unsigned char

provider postgresql {

	probe transaction__start(LocalTransactionId);
	probe transaction__commit(LocalTransactionId);

	probe lwlock__acquire(const char *, LWLockMode);
	probe query__start(const char *);
	probe sort__start(int, bool, int, int, bool, int);
	probe checkpoint__done(int, int, int, int, int);
	probe deadlock__found();
};
