/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ceph's processes on this host: which pid is osd.3. In: /proc. Out: a list, and the pids that --osd and --daemon mean.
 */
#ifndef CEPHTAP_CEPH_DAEMONS_H
#define CEPHTAP_CEPH_DAEMONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"

enum { DAEMON_NAME_SIZE = 32 }; /* bytes, with the final NUL; longer names are cut */

struct daemon {
	pid_t pid;
	char name[DAEMON_NAME_SIZE]; /* "osd.3", "mon.a", "client.admin" */
	char cluster[64];	     /* from --cluster, else "ceph" */
};

/*
 * Daemons (ceph-osd, ceph-mon, ceph-mgr, ceph-mds, radosgw), and every process that maps librados ("client.NAME" by its
 * --id or --name or CEPH_ARGS, else client.admin).
 */
int daemons_find(struct arena *arena, struct daemon **daemons, unsigned *daemons_len);

#endif
