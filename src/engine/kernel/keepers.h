/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that make and hold the links of uprobes for us. In: jobs, each of which makes one link. Out: an errno for
 * each job; the links stay with the keepers.
 *
 * Why not ourselves: a process for which SIGKILL is pending cannot have the kernel write to another one's memory. So
 * kill -9 in the midst of close(2) of a link leaves breakpoints behind ("uprobe: failed to unregister, leaking uprobe";
 * seen with Linux 6.18, in every second try, and so in every one before). Once a process has begun to die of SIGKILL it
 * is no longer pending, and no other can come: so a link's last reference is only ever dropped by the death of a
 * keeper, which kills itself as soon as we close our end of a pipe or are no more. Whoever kills it earlier takes its
 * probes away, but cleanly. Several die at a time.
 *
 * What is left is kill -9 in the midst of bpf(2) that makes a link. Nobody but the kernel could prevent that; it is
 * made unlikely (a session, a name and a signal mask of their own), seen, and mended: the job is done again by another
 * keeper, and with a link on them the breakpoints that were left go. When we are killed as well, `cephtap doctor` finds
 * them.
 *
 * (The other way would be links in flight between unix sockets, collected by the kernel's own worker. Before about
 * Linux 6.9 whoever closes any unix socket does the collecting, and could be killed; and links are then closed one by
 * one.)
 */
#ifndef CEPHTAP_ENGINE_KERNEL_KEEPERS_H
#define CEPHTAP_ENGINE_KERNEL_KEEPERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"

enum { KEEPERS_MAX = 32 };

struct keepers {
	int hold[2];   /* a pipe: keepers live as long as its writing end does; -1: none yet */
	int process;   /* a pidfd: who is started now ends with this process at the latest; -1: there is none */
	unsigned most; /* keepers at a time: KEEPERS_MAX, or fewer */
	pid_t *pids;   /* 0: has ended, and is reaped */
	unsigned len;
	unsigned killed; /* while they made links, which were then made again, or at least tried */
};

void keepers_init(struct keepers *keepers);
/*
 * Runs `make` for 0 ... n - 1 in up to keepers->most new processes at a time, which have all descriptors that we have:
 * `make` closes the writing ends of other keepers' pipes, or those live as long as these. It returns a descriptor,
 * which stays open in its keeper, or a negative errno; results[i] becomes 0 or that errno. Returns 0, or a negative
 * errno: nothing was made. -EOWNERDEAD: whoever made that link was killed, time and again. What is not done within
 * `limit_ns` (0: take your time) is -ETIMEDOUT, and undone should it come to an end later: its keeper is left to
 * itself.
 */
int keepers_run(struct keepers *keepers, struct arena *arena, unsigned n, int (*make)(void *data, unsigned i),
		void *data, int *results, uint64_t limit_ns);
/* Has someone killed a keeper (kill -9, the kernel for want of memory)? Its links are gone. */
bool keepers_have_lost(struct keepers *keepers);
void keepers_release(struct keepers *keepers); /* tells them to end, without waiting */
void keepers_wait(struct keepers *keepers);    /* after keepers_release: until every link is gone */

#endif
