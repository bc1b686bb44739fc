/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which processes a person means: -p, --osd, --daemon, --cgroup, --container, -W. Shared by the sub-commands that
 * trace. Of those that only look like Ceph's (ceph/identity.h) one counts when a person means it: by its number, by the
 * name that nobody else has, or all of them with --untrusted.
 */
#ifndef CEPHTAP_RUN_TARGET_H
#define CEPHTAP_RUN_TARGET_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "probe/probe.h"

struct target_process {
	pid_t pid;
	char label[64];	     /* what it was chosen as, and is again when it comes back: "osd.3"; "" for a number */
	bool by_rule;	     /* by what it is, not by its number */
	bool is_vouched_for; /* it is meant, whatever speaks against it */
};

struct target_rule;

struct target_list {
	struct arena *arena;
	struct target_process *processes;
	unsigned processes_len;
	struct target_rule *rules; /* to look again while the script runs */
	unsigned rules_len;
	struct identity *identity; /* NULL: nobody has looked for daemons */
	bool vouches_for_all;	   /* --untrusted */
	const char **notes;	   /* sentences on what was chosen */
	unsigned notes_len;
	bool is_misused; /* what went wrong is the text itself: exit status 2, not 1 */
};

/* Each adds processes; false with one sentence: no such process, no such daemon (and which there are). */
bool target_add_pid(struct target_list *list, const char *text, struct buf *why);
bool target_add_osds(struct target_list *list, const char *ids, struct buf *why);    /* "3", "0,2" */
bool target_add_daemon(struct target_list *list, const char *name, struct buf *why); /* "osd.3", "mon.a", a glob */
/* A control group, by its path below /sys/fs/cgroup or its full one, with those inside it. */
bool target_add_cgroup(struct target_list *list, const char *path, struct buf *why);
/* A container by its id or the beginning of it, or a service by the name of its unit, as the kernel's groups are
 * called. */
bool target_add_container(struct target_list *list, const char *id, struct buf *why);
/* Waits until a process of this name starts, and calls waits() when it has begun to; false: interrupted() says that a
 * signal came. */
bool target_wait_for(struct target_list *list, const char *name, bool (*interrupted)(void),
		     void (*waits)(const char *name), struct buf *why);
/* An option for one of these. Returns 0 for one that is none of them, 1 when it was taken, -1 with a sentence. */
enum target_option { TARGET_OSD = 1000, TARGET_DAEMON, TARGET_CGROUP, TARGET_CONTAINER, TARGET_UNTRUSTED };
int target_take(struct target_list *list, int option, const char *text, struct buf *why); /* 'p' is one of them */
/* One that is known to be there: of -c. */
void target_add_process(struct target_list *list, pid_t pid);
/* All of it but the main process. */
void target_fill(const struct target_list *list, struct arena *arena, struct target *out);
/* Gives the notes, and forgets them. */
void target_say(struct target_list *list, void (*tell)(void *data, const char *sentence), void *data);
/* Is one chosen by what it is? Such come and go (run/follow.h). NULL is allowed. */
bool target_is_by_rule(const struct target_list *list);
/* All processes that the rules mean now. */
void target_find(struct target_list *list, struct arena *arena, struct target_process **found, unsigned *found_len);

#endif
