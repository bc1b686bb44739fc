/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stages that a script goes through before it runs, in order: one table. Each stage sees what the ones before it
 * left here; each result can be dumped for reading.
 */
#ifndef CEPHTAP_RUN_PIPELINE_H
#define CEPHTAP_RUN_PIPELINE_H

#include <stdio.h>

#include "code/code.h"
#include "engine/engine.h"
#include "front/front.h"
#include "plan/options.h"
#include "plan/plan.h"

struct pipeline {
	struct arena *arena;
	struct diags diags;
	/* in */
	const struct source **sources;
	unsigned sources_len;
	const struct front_ops *front; /* the language of the sources */
	struct macros macros;
	struct options options;
	struct probe_host *host;
	struct target target;
	bool no_multi;
	void (*print_diags)(const struct diags *diags, bool with_tags, struct buf *out); /* NULL: diags_print() */
	const struct engine *before; /* of the same script: what it has gathered is taken over; NULL: there is none */
	struct mappings *shared_mappings; /* what is known of processes already, somebody else's; NULL: nothing is */
	/* out, stage by stage */
	void *script; /* the front's own; NULL: nothing is parsed yet */
	const struct plan *plan;
	struct image *image;
	struct engine *engine;
	struct mappings *mappings; /* NULL: the script has no stacks */
	struct unwinder *unwinder;
	const char **said; /* of what the script's numbers miss, on stderr: also for those who read them elsewhere */
	unsigned said_len;
};

struct stage {
	const char *name, *doc;
	bool (*run)(struct pipeline *pipeline);
	void (*dump)(const struct pipeline *pipeline, struct buf *out);
};

enum { STAGES = 5 };
extern const struct stage stages[STAGES];

struct pipeline_times {
	uint64_t ns[STAGES];
};

/* The last stage alone, for who has to look at something between compiling and loading. */
bool pipeline_load(struct pipeline *pipeline, struct pipeline_times *times);
/* The stages from this one on, when those before it have run. */
bool pipeline_run_from(struct pipeline *pipeline, const char *first);
/*
 * Runs the stages up to and with `last` (NULL: all). False when one failed: what to say is in pipeline->diags. `times`
 * may be NULL.
 */
bool pipeline_run(struct pipeline *pipeline, const struct stage *last, struct pipeline_times *times);
/* An empty pipeline with default options, in an arena of its own; and the end of it, with the engine and the host. */
void pipeline_init(struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline);
/* Prints what the stages had to say and forgets it, but for warnings, which are `said`. Returns whether there was no
 * error among it. */
bool pipeline_say(struct pipeline *pipeline, FILE *err);
/* Adds to what was said. */
void pipeline_note(struct pipeline *pipeline, const char *text);
const struct stage *stage_find(const char *name);

#endif
