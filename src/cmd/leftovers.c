/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/leftovers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/kernel/leftover.h"
#include "lib/shown.h"

static const char *breakpoints(struct arena *arena, unsigned n)
{
	return n == 1 ? "1 breakpoint" : arena_printf(arena, "%u breakpoints", n);
}

static const char *first_file(const struct leftovers *left)
{
	return left->list[0].file->name;
}

static bool is_in_several(const struct leftovers *left)
{
	return strcmp(first_file(left), left->list[left->len - 1].file->name) != 0;
}

/*
 * What a tracer is about to take out, or has just put in, is nothing that was left: that is so for a second at most. Returns how many
 * of the processes stay.
 */
static unsigned settle(struct arena *arena, struct live *live, struct leftovers *all, unsigned len)
{
	enum { TRIES = 5, PAUSE_US = 200000 };

	for (unsigned i = 0; i < TRIES && len; i++) {
		unsigned kept = 0;

		usleep(PAUSE_US);
		*live = live_find(arena);
		for (unsigned j = 0; j < len; j++)
			if (!leftovers_find(arena, live, all[j].pid, &all[kept]) && all[kept].len)
				kept++;
		len = kept;
	}
	return len;
}

static void describe(struct arena *arena, const struct live *live, const struct leftovers *left, struct leftover_text *out)
{
	char comm[16] = "";

	proc_comm(left->pid, comm);
	out->pid = left->pid;
	out->name = arena_strdup(arena, comm);
	out->text = arena_printf(arena, "%s in %s%s that no tracer answers for", breakpoints(arena, left->len), first_file(left),
				 is_in_several(left) ? " and others" : "");
	out->advice = arena_printf(arena, "%sa tracer was killed while it attached; they only cost time: `cephtap doctor --clean %d` takes them away",
				   live->is_partial ? "unless a tracer of which this kernel does not tell runs, " : "", (int)left->pid);
}

void leftovers_say(struct arena *arena, struct leftover_text **out, unsigned *out_len, unsigned *processes)
{
	struct live live = live_find(arena);
	struct leftovers *all = NULL, left;
	unsigned len = 0, all_len = 0;
	pid_t *pids;

	*out_len = *processes = 0;
	if (proc_pids(arena, &pids, &len))
		return;
	for (unsigned i = 0; i < len; i++) {
		if (leftovers_find(arena, &live, pids[i], &left))
			continue;
		++*processes;
		if (left.len && !left.debugger)
			*arena_push(arena, all, all_len) = left;
	}
	all_len = settle(arena, &live, all, all_len);
	for (unsigned i = 0; i < all_len; i++)
		describe(arena, &live, &all[i], arena_push(arena, *out, *out_len));
}

static int fail(pid_t pid, const char *why)
{
	say(stderr, "cephtap doctor: process %d: %s\n", (int)pid, why);
	return 1;
}

static int clean(struct arena *arena, pid_t pid)
{
	struct live live = live_find(arena);
	struct leftovers left, after;
	int err = leftovers_find(arena, &live, pid, &left);

	if (err)
		return fail(pid, err == -ESRCH ? "there is no such process" : err == -EACCES || err == -EPERM ? "to look into it takes root" : strerror(-err));
	if (left.debugger)
		return fail(pid, arena_printf(arena, "process %d debugs it, and its breakpoints look the same: end that first", (int)left.debugger));
	if (!left.len || !settle(arena, &live, &left, 1)) {
		say(stdout, "Process %d: no breakpoint was left behind.\n", (int)pid);
		return 0;
	}
	err = leftovers_clean(arena, &left);
	if (leftovers_find(arena, &live, pid, &after))
		return fail(pid, "it has ended meanwhile");
	if (after.len < left.len)
		say(stdout, "Process %d: %s taken away.\n", (int)pid, breakpoints(arena, left.len - after.len));
	if (!after.len)
		return 0;
	return fail(pid, arena_printf(arena, "%s still there, the first at %s+0x%llx: %s", breakpoints(arena, after.len), first_file(&after),
				      (unsigned long long)after.list[0].offset,
				      err == -EOWNERDEAD ? "the processes ct-links that should do it were killed"
				      : err		 ? strerror(-err)
							 : "a tracer that this kernel does not tell of has a probe there, or the program has written it itself"));
}

int leftovers_clean_process(const char *argument)
{
	char *end;
	long pid = strtol(argument, &end, 10);
	struct arena *arena;
	int status;

	if (end == argument || *end || pid <= 0 || pid > 1 << 30) {
		say(stderr, "cephtap doctor: --clean wants the number of a process, not `%s`\n", argument);
		return 2;
	}
	arena = arena_new();
	status = clean(arena, (pid_t)pid);
	arena_free(arena);
	return status;
}
