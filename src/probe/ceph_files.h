/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which files in scope may have Ceph's markers: for the providers that find them. In: a file and the processes that map
 * it. Out: whether its places count, and in whose processes. Everybody may write `ceph_osd` into a file's notes.
 */
#ifndef CEPHTAP_PROBE_CEPH_FILES_H
#define CEPHTAP_PROBE_CEPH_FILES_H

#include "probe/host.h"

struct ceph_verdict {
	bool is_left_out;      /* the processes are with the host's identity, to be named */
	struct argcond *conds; /* of every place in it: in which users' processes it fires */
	unsigned conds_len;
};

/* The same for a file each time; processes are looked at once. */
const struct ceph_verdict *ceph_judge_file(struct probe_host *host, struct host_binary *binary);
/* A name of Ceph's layers: ceph_osd, ceph_store ... */
bool ceph_has_provider(const char *provider);
/* By its name: may there be places of Ceph's markers in it, without notes, for this description? */
bool ceph_file_may_fit(const char *name, const struct probe_desc *desc);
/* The verdict's conditions besides those that the site has. */
void ceph_add_conds(struct probe_host *host, const struct ceph_verdict *verdict, struct site *site);

#endif
