/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ceph's processes on this host: which pid is osd.3. In: /proc. Out: a list with names, and doubts about those that
 * only say that they are (ceph/identity.h).
 */
#ifndef CEPHTAP_CEPH_DAEMONS_H
#define CEPHTAP_CEPH_DAEMONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "ceph/identity.h"
#include "lib/arena.h"
#include "probe/probe.h"

struct daemon {
	pid_t pid;
	uid_t uid;		     /* whose it is: the real user */
	char name[DAEMON_NAME_SIZE]; /* "osd.3", "mon.a", "client.admin"; "" where nobody asked what one in doubt calls
					itself */
	char own_name[DAEMON_NAME_SIZE]; /* what it calls itself: the same but for what tells it from others */
	char cluster[64];		 /* from --cluster, else "ceph" */
	bool is_client;			 /* something that uses librados: anybody may have such, by any name */
	enum doubt doubt;		 /* DOUBT_NONE: it is what it says, or the user says so */
	bool is_vouched_for;		 /* it is the user who says so */
	int rank;			 /* of several with one name the lowest is to be believed most */
	const char *file;		 /* its program, or the file that the doubt is about */
};

struct daemons_request {
	struct identity *identity;
	const struct target *target; /* whom the user vouches for; NULL: for nobody */
	bool with_doubtful_names;    /* what they call themselves has to be read from their memory */
};

/*
 * Daemons (ceph-osd, ceph-mon, ceph-mgr, ceph-mds, radosgw), and every process that maps librados ("client.NAME" by its
 * --id or --name or CEPH_ARGS, else client.admin). Of those that are beyond doubt no two have one name, but for clients
 * of one user: root's and Ceph's own user's keep theirs, others get their number, osd.3#4711, clients their user's,
 * client.admin@1000.
 */
int daemons_look(const struct daemons_request *request, struct arena *arena, struct daemon **daemons,
		 unsigned *daemons_len);
/* Is this process a daemon, as above and beyond doubt? */
bool daemons_is_one(const struct daemons_request *request, pid_t pid);
/* The same without anybody to vouch, and with all names. */
int daemons_find(struct arena *arena, struct daemon **daemons, unsigned *daemons_len);
/* Those in doubt are left out, and named by identity_say(). */
void daemons_leave_out(struct identity *identity, const struct daemon *daemons, unsigned daemons_len);

#endif
