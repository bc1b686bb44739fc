/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `cephtap doctor` says of breakpoints that a tracer has left behind, and how it takes them away. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/kernel/leftover.h"
#include "engine/kernel/private.h"

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
 * What a tracer is about to take out, or has just put in, is nothing that was left: that is so for a second at most.
 * Returns how many of the processes stay.
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

static struct engine_left describe(struct arena *arena, const struct live *live, const struct leftovers *left)
{
	return (struct engine_left){
		.pid = left->pid,
		.text = arena_printf(arena, "%s in %s%s that no tracer answers for", breakpoints(arena, left->len),
				     first_file(left), is_in_several(left) ? " and others" : ""),
		.advice = arena_printf(arena,
				       "%sa tracer was killed while it attached; they only cost time: `cephtap doctor "
				       "--clean %d` takes them away",
				       live->is_partial ? "unless a tracer of which this kernel does not tell runs, "
							: "",
				       (int)left->pid),
	};
}

unsigned kernel_engine_find_left(struct arena *arena, void (*say)(void *data, const struct engine_left *left),
				 void *data)
{
	struct live live = live_find(arena);
	struct leftovers *all = NULL, left;
	unsigned len = 0, all_len = 0, processes = 0;
	pid_t *pids;

	if (proc_pids(arena, &pids, &len))
		return 0;
	for (unsigned i = 0; i < len; i++) {
		if (leftovers_find(arena, &live, pids[i], &left))
			continue;
		processes++;
		if (left.len && !left.debugger)
			*arena_push(arena, all, all_len) = left;
	}
	all_len = settle(arena, &live, all, all_len);
	for (unsigned i = 0; i < all_len; i++) {
		struct engine_left text = describe(arena, &live, &all[i]);

		say(data, &text);
	}
	return processes;
}

static const char *why_not_read(int error)
{
	return error == -ESRCH			     ? "there is no such process"
	       : error == -EACCES || error == -EPERM ? "looking into it needs root"
						     : strerror(-error);
}

static const char *why_still(int error)
{
	if (error == -EOWNERDEAD)
		return "the processes ct-links that should do it were killed";
	return error ? strerror(-error)
		     : "a tracer that this kernel does not tell of has a probe there, or the program has written it "
		       "itself";
}

/* What remained, and why; NULL: nothing did. */
static const char *clean(struct arena *arena, const struct leftovers *left, const struct live *live, const char **done)
{
	int error = leftovers_clean(arena, left);
	struct leftovers after;

	if (leftovers_find(arena, live, left->pid, &after))
		return "it has ended meanwhile";
	if (after.len < left->len)
		*done = arena_printf(arena, "%s taken away", breakpoints(arena, left->len - after.len));
	if (!after.len)
		return NULL;
	return arena_printf(arena, "%s still there, the first at %s+0x%llx: %s", breakpoints(arena, after.len),
			    first_file(&after), (unsigned long long)after.list[0].offset, why_still(error));
}

const char *kernel_engine_clean_left(struct arena *arena, pid_t pid, const char **done)
{
	struct live live = live_find(arena);
	struct leftovers left;
	int error = leftovers_find(arena, &live, pid, &left);

	*done = NULL;
	if (error)
		return why_not_read(error);
	if (left.debugger)
		return arena_printf(arena, "process %d debugs it, and its breakpoints look the same: end that first",
				    (int)left.debugger);
	if (left.len && settle(arena, &live, &left, 1))
		return clean(arena, &left, &live, done);
	*done = "no breakpoint was left behind";
	return NULL;
}
