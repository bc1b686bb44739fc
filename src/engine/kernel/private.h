/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the kernel engine share. An engine is filled in this order: processors.c, maps.c, load.c, attach.c;
 * each leaves descriptors here and nothing else, and its `free` closes whatever is there.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_PRIVATE_H
#define CEPHTAP_ENGINE_KERNEL_PRIVATE_H

#include "engine/kernel/kernel.h"
#include "engine/kernel/keepers.h"
#include "engine/kernel/meter.h"
#include "engine/kernel/ring.h"

struct kernel_engine_link {
	int fd; /* -1: it was taken away */
	unsigned unit;
};

struct kernel_engine {
	struct engine base; /* comes first: an operation is given a pointer to it */
	struct arena *arena;
	const struct image *image; /* the same as base.image */
	struct target target;
	unsigned cpus_len;	  /* possible processors: how many values a per-processor entry has */
	unsigned cpu_numbers_len; /* and what their numbers are below: some in between may be missing */
	bool has_multi;		  /* uprobes are attached by multi-uprobe links; else by perf events */

	const struct kernel_engine *before; /* while maps are made: see engine_config */
	int *maps;			    /* descriptors, as many as image->maps; -1: not made */
	int *programs;			    /* as many as image->programs */
	int progs_map, dispatcher;	    /* -1: every group of sites has one program */
	bool has_tracepoint_cookies;
	bool has_multi_kprobes;
	bool is_warned_of_returns;	  /* see functions.c */
	struct kernel_engine_link *links; /* of timers, tracepoints and functions of the kernel */
	unsigned links_len;
	struct groups *groups;	 /* of sites; kept for processes that come later */
	struct keepers *keepers; /* have the links of uprobes: of all, or of each unit */
	unsigned keepers_len;
	const struct kernel_engine
		*other; /* while it is attached: another one, whose keepers ours must not hold on to */
	struct meter meter;
	uint64_t taken_away; /* a bit for each unit */
	unsigned kept_len;   /* so many */
	int *site_errors;    /* as many as image->attaches: why the kernel refused it; 0: it did not */

	struct image_state *state; /* the control block, shared with the programs */
	size_t state_size;
	struct ring ring;
	struct btf *function_types; /* NULL: no program needs any */
	struct buf log;		    /* of the verifier, for the program that it refused */
	struct engine_timing timing;
};

static inline struct kernel_engine *kernel_engine_of(struct engine *engine)
{
	return (struct kernel_engine *)engine;
}

static inline const struct kernel_engine *kernel_engine_of_const(const struct engine *engine)
{
	return (const struct kernel_engine *)engine;
}

/* ---- the operations (struct engine_ops), by file ---- */

/* able.c: what this kernel can do. examine.c: the same for cephtap doctor. */
void kernel_engine_silence(void);   /* libbpf prints nothing from here on */
bool kernel_engine_can_sleep(void); /* programs on uprobes may wait for memory (Linux 6.0) */
const char *kernel_engine_why_not(void);
bool kernel_engine_examine(void (*say)(void *data, const struct engine_finding *finding), void *data);
struct code_rules kernel_engine_rules(unsigned needs, bool no_multi);

/* left_behind.c */
unsigned kernel_engine_find_left(struct arena *arena, void (*say)(void *data, const struct engine_left *left),
				 void *data);
const char *kernel_engine_clean_left(struct arena *arena, pid_t pid, const char **done);

/* attach.c */
unsigned kernel_engine_attach_process(struct engine *base, pid_t pid, struct buf *why);
bool kernel_engine_attaches_processes(const struct engine *base);

/* maps.c */
int kernel_engine_map_update(struct engine *base, unsigned map, const void *key, const void *value);
int kernel_engine_map_update_many(struct engine *base, unsigned map, uint32_t first, uint32_t len, const void *values);
int kernel_engine_map_remove(struct engine *base, unsigned map, const void *key);
int kernel_engine_map_lookup(struct engine *base, unsigned map, const void *key, void *value);
unsigned kernel_engine_map_take_keys(struct engine *base, unsigned map, uint32_t *keys, unsigned room);

/* aggs.c */
int kernel_engine_agg_each(struct engine *base, unsigned agg,
			   int (*each)(void *data, const void *key, const void *values, unsigned values_len),
			   void *data);
int kernel_engine_agg_delete(struct engine *base, unsigned agg, const void *key);
int kernel_engine_agg_zero(struct engine *base, unsigned agg, const void *key);

/* meter.c */
extern const struct engine_meter_ops kernel_engine_meter;

/* ---- what the files need of each other ---- */

/* Rounds a value's size up as the kernel does for values per processor. */
static inline size_t kernel_engine_value_room(const struct image_map *map)
{
	return (map->value_size + 7UL) & ~7UL;
}

/* processors.c: comes first, as sizes depend on it. */
int kernel_engine_count_processors(struct kernel_engine *engine, struct diags *diags);

/* maps.c: every map of the image, the control block, the ring. */
int kernel_engine_make_maps(struct kernel_engine *engine, struct diags *diags);

/* load.c: every program of the image, and the dispatcher where it is needed. */
int kernel_engine_load_programs(struct kernel_engine *engine, struct diags *diags);

/* attach.c: the uprobes. timers.c: profile and tick. tracepoints.c. functions.c: of the kernel. Links go to the
 * keepers, and into engine->links. */
int kernel_engine_attach_sites(struct kernel_engine *engine, struct diags *diags);
int kernel_engine_attach_timers(struct kernel_engine *engine, struct diags *diags);
int kernel_engine_attach_tracepoints(struct kernel_engine *engine,
				     struct diags *diags); /* after kernel_engine_attach_sites() */
int kernel_engine_attach_functions(struct kernel_engine *engine, struct diags *diags); /* of the kernel; the same */
/* Is this the attach of an address in a file? */
static inline bool kernel_engine_is_uprobe(const struct image_attach *attach)
{
	return attach->site && !site_is_kernel(attach->site);
}
/* meter.c: a link of this attach's program, which we hold. */
void kernel_engine_hold_link(struct kernel_engine *engine, int fd, const struct image_attach *attach);
/* Once both are done, for who watches us: what became of each probe. When it failed: which ones the kernel refused. */
void kernel_engine_mark_probes(const struct kernel_engine *engine, bool failed);

/* For messages: where the script names this probe, and the probe's full name. */
struct loc kernel_engine_probe_loc(const struct kernel_engine *engine, const struct probe *probe);
const char *kernel_engine_probe_name(struct arena *arena, const struct probe *probe);

#endif
