/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The chosen processes while a script runs: which have ended, which came back, which are new. In: what the user chose.
 * Out: sentences, and more links. A process that was chosen by its number is gone when it ends; one that was chosen by
 * what it is (a daemon, a container) is waited for and traced again.
 */
#ifndef CEPHTAP_RUN_FOLLOW_H
#define CEPHTAP_RUN_FOLLOW_H

#include <stdbool.h>

#include "run/target.h"
#include "engine/engine.h"

struct follow_config {
	struct arena *arena;
	struct target_list *targets; /* NULL: none were chosen */
	struct engine *engine;
	const char *name;			   /* what sentences begin with: "cephtap" */
	pid_t child;				   /* of -c; 0: none */
	bool quiet;				   /* only what cannot be kept back is said */
	void (*say)(void *data, const char *text); /* that: a sentence, its names shown */
	/* A process has come, and is about to be traced; perhaps not for the first time: it may have no probes yet.
	 * `label`: the daemon that the user says it is, or "". */
	void (*on_new)(void *data, pid_t pid, const char *label);
	void *data;
};

struct follow;
struct follow *follow_new(const struct follow_config *config);
/* Looks, if it is time to. True: nothing is left to wait for, the run ends. */
bool follow_step(struct follow *follow);
/* A process has begun a program or mapped a file: those that were chosen by what they are are looked for soon. */
void follow_hasten(struct follow *follow);
/* Those that are chosen now; *len 0: everybody. */
void follow_chosen(const struct follow *follow, struct arena *arena, struct target_process **chosen, unsigned *len);
/* Another engine traces those that are chosen now. */
void follow_go_over(struct follow *follow, struct engine *engine);

#endif
