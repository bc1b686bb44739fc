/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/leftovers.h"

#include <stdlib.h>

#include "engine/engine.h"
#include "lib/proc.h"
#include "lib/shown.h"

struct saying {
	struct arena *arena;
	struct leftover_text **out;
	unsigned *len;
};

static void on_left(void *data, const struct engine_left *left)
{
	struct saying *saying = data;
	char comm[16] = "";

	proc_comm(left->pid, comm);
	*arena_push(saying->arena, *saying->out, *saying->len) =
		(struct leftover_text){left->pid, arena_strdup(saying->arena, comm), left->text, left->advice};
}

void leftovers_say(struct arena *arena, struct leftover_text **out, unsigned *out_len, unsigned *processes)
{
	struct saying saying = {arena, out, out_len};

	*out_len = *processes = 0;
	for (unsigned i = 0; engine_nth(i); i++) {
		unsigned seen = engine_find_left(engine_nth(i), arena, on_left, &saying);

		*processes = seen > *processes ? seen : *processes;
	}
}

/* What one engine has left there. Returns the exit status. */
static int clean(struct arena *arena, const struct engine_ops *ops, pid_t pid)
{
	const char *done, *why = engine_clean_left(ops, arena, pid, &done);

	if (done)
		say(stdout, "Process %d: %s.\n", (int)pid, done);
	if (why)
		say(stderr, "cephtap doctor: process %d: %s\n", (int)pid, why);
	return why ? 1 : 0;
}

int leftovers_clean_process(const char *argument)
{
	char *end;
	long pid = strtol(argument, &end, 10);
	struct arena *arena;
	int status = 0;

	if (end == argument || *end || pid <= 0 || pid > 1 << 30) {
		say(stderr, "cephtap doctor: --clean wants the number of a process, not `%s`\n", argument);
		return 2;
	}
	arena = arena_new();
	for (unsigned i = 0; engine_nth(i); i++)
		status |= clean(arena, engine_nth(i), (pid_t)pid);
	arena_free(arena);
	return status;
}
