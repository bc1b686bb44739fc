/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/leftovers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/leftover.h"
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

/* What a tracer is about to take out, or has just put in, is nothing that was left: that is so for a second at most. */
static int find_settled(struct arena *arena, pid_t pid, struct live *live, struct leftovers *left)
{
	enum { TRIES = 5, PAUSE_US = 200000 };
	int err = leftovers_find(arena, live, pid, left);

	for (unsigned i = 0; i < TRIES && !err && left->len; i++) {
		usleep(PAUSE_US);
		*live = live_find(arena);
		err = leftovers_find(arena, live, pid, left);
	}
	return err;
}

void leftovers_say(struct arena *arena, struct leftover_text **out, unsigned *out_len, unsigned *processes)
{
	struct live live = live_find(arena);
	unsigned len = 0;
	pid_t *pids;

	*out_len = *processes = 0;
	if (proc_pids(arena, &pids, &len))
		return;
	for (unsigned i = 0; i < len; i++) {
		struct leftovers left;
		char comm[16] = "";

		if (find_settled(arena, pids[i], &live, &left))
			continue;
		++*processes;
		if (!left.len || left.debugger || proc_comm(pids[i], comm))
			continue;
		*arena_push(arena, *out, *out_len) = (struct leftover_text){
			.pid = pids[i],
			.name = arena_strdup(arena, comm),
			.text = arena_printf(arena, "%s in %s%s that no tracer answers for", breakpoints(arena, left.len), first_file(&left),
					     is_in_several(&left) ? " and others" : ""),
			.advice = arena_printf(arena, "%sa tracer was killed while it attached; they only cost time: `cephtap doctor --clean %d` takes them away",
					       live.is_partial ? "unless a tracer of which this kernel does not tell runs, " : "", (int)pids[i]),
		};
	}
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
	int err = find_settled(arena, pid, &live, &left);

	if (err)
		return fail(pid, err == -ESRCH ? "there is no such process" : err == -EACCES || err == -EPERM ? "to look into it takes root" : strerror(-err));
	if (left.debugger)
		return fail(pid, arena_printf(arena, "process %d debugs it, and its breakpoints look the same: end that first", (int)left.debugger));
	if (!left.len) {
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
