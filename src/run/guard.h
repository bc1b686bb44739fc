/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches what probes cost the traced processes. In: each second, the engine's counts of events and the processors'
 * time of each process. Out: sentences: when probes take more of a process than they may, two seconds in a row, and at
 * the end. With a limit (the option maxcost) the costliest probes are taken away then, whole: thinned out, they would
 * give numbers that are wrong.
 */
#ifndef CEPHTAP_GUARD_H
#define CEPHTAP_GUARD_H

#include "engine/engine.h"
#include "lib/moment.h"

struct guard;

struct guard_config {
	struct arena *arena;
	struct engine *engine; /* attached */
	const struct target *target;
	unsigned percent; /* 0: no limit, but a warning */
	void (*say)(void *data, const char *sentence);
	void *data;
};

struct guard *guard_new(const struct guard_config *config);
/* To be called often. */
void guard_step(struct guard *guard, const struct moment *now);
/* The same script goes on with this engine. */
void guard_go_over(struct guard *guard, struct engine *engine);
/* A last look, while everything is attached yet. */
void guard_close(struct guard *guard);
/* For programs, after the last look: what probes took of a process; and what was taken away. */
struct guard_cost {
	pid_t pid;
	const char *process;
	uint64_t probes_ns, processor_ns;
	bool is_idle;	   /* it hardly ran */
	bool has_programs; /* false: without the time of the programs themselves, of which the kernel keeps no accounts
			    */
};
struct guard_gone {
	const char *probes;
	uint64_t after_ns, elapsed_ns;
};
void guard_each_cost(const struct guard *guard, void (*each)(void *data, const struct guard_cost *cost), void *data);
void guard_each_gone(const struct guard *guard, void (*each)(void *data, const struct guard_gone *gone), void *data);
/* Says what there was. `is_told`: also where nothing is wrong. */
void guard_end(struct guard *guard, bool is_told);
void guard_free(struct guard *guard);

#endif
