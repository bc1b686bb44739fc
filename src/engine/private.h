/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the engine share. An engine is filled in this order: processors.c, maps.c, load.c, attach.c; each leaves
 * descriptors here and nothing else, and engine_free closes whatever is there.
 */
#ifndef CEPHTAP_ENGINE_PRIVATE_H
#define CEPHTAP_ENGINE_PRIVATE_H

#include "engine/engine.h"
#include "engine/keepers.h"
#include "engine/meter.h"
#include "engine/ring.h"

struct engine_link {
	int fd; /* -1: it was taken away */
	unsigned unit;
};

struct engine {
	struct arena *arena;
	const struct image *image;
	struct target target;
	unsigned cpus_len; /* possible processors: how many values a per-processor entry has */
	unsigned cpu_numbers_len; /* and what their numbers are below: some in between may be missing */
	bool has_multi;	   /* uprobes are attached by multi-uprobe links; else by perf events */

	const struct engine *before; /* while maps are made: see engine_config */
	int *maps;		   /* descriptors, as many as image->maps; -1: not made */
	int *programs;		   /* as many as image->programs */
	int progs_map, dispatcher; /* -1: every group of sites has one program */
	bool has_tracepoint_cookies;
	bool has_multi_kprobes;
	bool is_warned_of_returns; /* see functions.c */
	struct engine_link *links; /* of timers, tracepoints and functions of the kernel */
	unsigned links_len;
	struct groups *groups;	/* of sites; kept for processes that come later */
	struct keepers *keepers; /* have the links of uprobes: of all, or of each unit */
	unsigned keepers_len;
	const struct engine *other; /* while it is attached: another one, whose keepers ours must not hold on to */
	struct meter meter;
	uint64_t taken_away; /* a bit for each unit */
	unsigned kept_len;	/* so many */
	int *site_errors;	/* as many as image->attaches: why the kernel refused it; 0: it did not */

	struct image_state *state; /* the control block, shared with the programs */
	size_t state_size;
	struct ring ring;
	struct btf *function_types; /* NULL: no program needs any */
	struct buf log; /* of the verifier, for the program that it refused */
	struct engine_timing timing;
};

/* Rounds a value's size up as the kernel does for values per processor. */
static inline size_t engine_value_room(const struct image_map *map)
{
	return (map->value_size + 7UL) & ~7UL;
}

/* processors.c: comes first, as sizes depend on it. */
int engine_count_processors(struct engine *engine, struct diags *diags);

/* maps.c: every map of the image, the control block, the ring. */
int engine_make_maps(struct engine *engine, struct diags *diags);

/* load.c: every program of the image, and the dispatcher where it is needed. */
int engine_load_programs(struct engine *engine, struct diags *diags);

/* attach.c: the uprobes. timers.c: profile and tick. tracepoints.c. functions.c: of the kernel. Links go to the keepers, and into engine->links. */
int engine_attach_sites(struct engine *engine, struct diags *diags);
int engine_attach_timers(struct engine *engine, struct diags *diags);
int engine_attach_tracepoints(struct engine *engine, struct diags *diags); /* after engine_attach_sites() */
int engine_attach_functions(struct engine *engine, struct diags *diags);   /* of the kernel; the same */
/* Is this the attach of an address in a file? */
static inline bool is_uprobe(const struct image_attach *attach)
{
	return attach->site && !site_is_kernel(attach->site);
}
/* meter.c: a link of this attach's program, which we hold. */
void engine_hold_link(struct engine *engine, int fd, const struct image_attach *attach);
/* Once both are done, for who watches us: what became of each probe. When it failed: which ones the kernel refused. */
void engine_mark_probes(const struct engine *engine, bool failed);

/* For messages: where the script names this probe, and the probe's full name. */
struct loc engine_probe_loc(const struct engine *engine, const struct probe *probe);
const char *engine_probe_name(struct arena *arena, const struct probe *probe);

#endif
