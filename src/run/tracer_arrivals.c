/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that begin while a script runs. Without this, a daemon that was started again has no name until somebody
 * chose it, and the first stacks of a process are one frame deep: a program has to meet it first.
 */
#include "lib/arrivals.h"
#include "run/tracer_private.h"
#include "symbols/unwinder.h"

/* What a round brings is looked at once for each process: to begin a program is to map many files. */
enum { ROUND_MAX = 64 };

struct round {
	pid_t pids[ROUND_MAX];
	unsigned len;
};

void tracer_expect_arrivals(struct tracer *tracer)
{
	if (!daemon_names_are_of_all(tracer->names) && !unwinder_is_of_all(tracer->pipeline->unwinder))
		return;
	tracer->arrivals = arrivals_open();
	if (tracer->arrivals)
		engine_wait_also(tracer->engine, arrivals_fd(tracer->arrivals));
}

static void look(struct tracer *tracer, const struct round *round)
{
	for (unsigned i = 0; i < round->len; i++) {
		if (daemon_names_are_of_all(tracer->names))
			daemon_names_look(tracer->names, round->pids[i]);
		if (unwinder_is_of_all(tracer->pipeline->unwinder))
			unwinder_look(tracer->pipeline->unwinder, round->pids[i]);
	}
}

static void take(void *data, pid_t pid, enum arrival_kind kind)
{
	struct round *round = data;

	if (kind == ARRIVAL_END)
		return;
	for (unsigned i = 0; i < round->len; i++)
		if (round->pids[i] == pid)
			return;
	if (round->len < ROUND_MAX) /* others are looked at when a program meets them */
		round->pids[round->len++] = pid;
}

void tracer_take_arrivals(struct tracer *tracer)
{
	struct round round = {.len = 0};

	if (!tracer->arrivals)
		return;
	/* What the kernel had no room for is looked at when a program meets it. */
	arrivals_read(tracer->arrivals, take, &round);
	look(tracer, &round);
}
