/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Daemons that begin while a script runs have their names from the start (without this, one that was started again
 * would have none unless somebody chose it), and probes in files that come later (-Z) are attached as soon as they are
 * mapped.
 */
#include "lib/arrivals.h"
#include "lib/clock.h"
#include "run/tracer_private.h"

/* What a round brings is looked at once for each process: to begin a program is to map many files. */
enum { ROUND_MAX = 64 };
/* To look at all processes costs milliseconds: where more begin than can be told one by one, it is done this often. */
static const uint64_t LOOK_EVERY_NS = 1000000000;

struct round {
	pid_t pids[ROUND_MAX];
	unsigned len;
	bool is_full; /* there were more */
};

/* Of those that begin: chosen by number, none does. */
static bool names_are_wanted(const struct tracer *tracer)
{
	bool may_come = !tracer->pipeline->target.pids_len || target_is_by_rule(tracer->config->targets);

	return may_come && daemon_names_are_asked_for(tracer->names);
}

void tracer_expect_arrivals(struct tracer *tracer)
{
	if (!names_are_wanted(tracer) && !tracer->pipeline->plan->awaited_len)
		return;
	tracer->arrivals = arrivals_open();
	if (tracer->arrivals)
		engine_wait_also(tracer->engine, arrivals_fd(tracer->arrivals));
}

static void take(void *data, pid_t pid)
{
	struct round *round = data;

	for (unsigned i = 0; i < round->len; i++)
		if (round->pids[i] == pid)
			return;
	if (round->len < ROUND_MAX)
		round->pids[round->len++] = pid;
	else
		round->is_full = true;
}

void tracer_take_arrivals(struct tracer *tracer)
{
	struct round round = {.len = 0};
	unsigned long lost;

	if (!tracer->arrivals)
		return;
	lost = arrivals_read(tracer->arrivals, take, &round);
	tracer->has_missed |= lost || round.is_full;
	if (lost || round.is_full)
		late_arrived(tracer->late, 0);
	for (unsigned i = 0; i < round.len; i++)
		late_arrived(tracer->late, round.pids[i]);
	if (round.len)
		follow_hasten(tracer->follow);
	if (!names_are_wanted(tracer))
		return;
	if (tracer->has_missed && now_ns() >= tracer->next_look_ns) {
		daemon_names_again(tracer->names);
		tracer->has_missed = false;
		tracer->next_look_ns = now_ns() + LOOK_EVERY_NS;
		return;
	}
	for (unsigned i = 0; i < round.len; i++)
		daemon_names_look(tracer->names, round.pids[i]);
}
