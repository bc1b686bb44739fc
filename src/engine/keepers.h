/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that make and hold the links of uprobes for us. In: jobs, each of which makes one link. Out: an errno for
 * each job; the links stay with the keepers.
 *
 * Why not ourselves: a process that has been killed (kill -9) while it makes or closes a link leaves breakpoints in the
 * traced processes, because the kernel gives up on memory that it should write to once SIGKILL is pending ("uprobe:
 * failed to unregister, leaking uprobe"; seen with Linux 6.18, and so in every one before). A process that has come to
 * its exit is past that. So nobody kills a keeper: it has a session, a name and a signal mask of its own, ends as soon
 * as we close our end of a pipe or are no more, and its exit takes its links away. Several of them do so at the same
 * time.
 */
#ifndef CEPHTAP_ENGINE_KEEPERS_H
#define CEPHTAP_ENGINE_KEEPERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"

enum { KEEPERS_MAX = 32 };

struct keepers {
	int hold[2]; /* a pipe: keepers live as long as its writing end does; -1: none yet */
	int other;   /* another such writing end, which would be kept open; -1: there is none */
	pid_t *pids; /* 0: has ended, and is reaped */
	unsigned len;
};

void keepers_init(struct keepers *keepers);
/*
 * Runs `make` for 0 ... n - 1 in up to KEEPERS_MAX new processes at a time. It returns a descriptor, which stays open
 * in its keeper, or a negative errno; results[i] becomes 0 or that errno. Returns 0, or a negative errno: nothing was
 * made. What is not done within `limit_ns` (0: take your time) is -ETIMEDOUT, and undone should it come to an end later:
 * its keeper is left to itself.
 */
int keepers_run(struct keepers *keepers, struct arena *arena, unsigned n, int (*make)(void *data, unsigned i),
		void *data, int *results, uint64_t limit_ns);
/* Has someone killed a keeper (kill -9, the kernel for want of memory)? Its links are gone. */
bool keepers_have_lost(struct keepers *keepers);
void keepers_release(struct keepers *keepers); /* tells them to end, without waiting */
void keepers_wait(struct keepers *keepers);    /* after keepers_release: until every link is gone */

#endif
