/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What runs programs. In: an image and the chosen processes. Out: raw records, snapshots of aggregations, counts of
 * what was lost. An engine is a table of operations (struct engine_ops) and a row in plan/engines.h; the rest of
 * cephtap calls the functions below, which find their way by the table, and does not know which engine it has.
 */
#ifndef CEPHTAP_ENGINE_ENGINE_H
#define CEPHTAP_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "code/image.h"
#include "lib/diag.h"
#include "plan/rules.h"
#include "probe/probe.h"

struct buf;
struct engine_ops;

/* What each kind of engine begins with. */
struct engine {
	const struct engine_ops *ops;
	const struct image *image;
};

struct engine_config {
	const struct engine_ops *ops; /* which engine; NULL: the first one of the table */
	const struct target *target;  /* only these processes trap; none: every process */
	const struct engine *before;  /* of the same script and kind, attached: its variables and aggregations are ours
					 too; NULL: none */
	bool no_multi;		      /* do not use multi-uprobe links even where the kernel has them: for tests */
	bool parts;		      /* probes can be taken away one by one: attaching takes longer */
};

struct engine_timing {
	uint64_t maps_ns, load_ns, attach_ns, detach_ns;
};

/*
 * What probes cost, about. Events are counted for each process and unit: one probe where there are few, otherwise some
 * that stand together, and those of the kernel's that have one program.
 */
enum { METER_UNITS = 64 };
struct engine_use {
	pid_t pid;
	unsigned unit;
	uint64_t events;
};

struct engine_meter_ops {
	bool (*is_there)(const struct engine *engine);
	unsigned (*read_uses)(struct engine *engine, struct arena *arena, struct engine_use **uses);
	void (*forget_use)(struct engine *engine, const struct engine_use *use);
	uint64_t (*uses_lost)(const struct engine *engine);
	bool (*keep_accounts)(struct engine *engine, bool on);
	bool (*measure)(struct engine *engine);
	void (*event_costs)(const struct engine *engine, uint64_t costs[METER_UNITS]);
	bool (*may_take_away)(unsigned unit);
	void (*take_away)(struct engine *engine, unsigned unit);
	void (*name_unit)(const struct engine *engine, unsigned unit,
			  void (*name)(void *data, const struct probe *probe), void *data);
};

/* One thing that an engine needs of this host, for `cephtap doctor`. */
enum engine_status { ENGINE_GOOD, ENGINE_POOR /* something works less well */, ENGINE_MISSING };
struct engine_finding {
	const char *name; /* "uprobes" */
	enum engine_status status;
	const char *detail, *advice; /* NULL: nothing is to be said */
};

/* What a tracer that was killed has left in a process. */
struct engine_left {
	pid_t pid;
	const char *text, *advice;
};

/* What an operation is to do stands at the function of its name, below. All are there, but for `meter`. */
struct engine_ops {
	const char *name, *doc;
	const char *(*why_not)(void);
	bool (*examine)(void (*say)(void *data, const struct engine_finding *finding), void *data);
	struct code_rules (*rules)(unsigned needs, bool no_multi);
	unsigned (*find_left)(struct arena *arena, void (*say)(void *data, const struct engine_left *left), void *data);
	const char *(*clean_left)(struct arena *arena, pid_t pid, const char **done);

	int (*load)(const struct image *image, const struct engine_config *config, struct diags *diags,
		    struct engine **out);
	int (*attach)(struct engine *engine, struct diags *diags);
	unsigned (*attach_process)(struct engine *engine, pid_t pid, struct buf *why);
	bool (*attaches_processes)(const struct engine *engine);
	bool (*has_lost_links)(struct engine *engine);
	void (*detach)(struct engine *engine);
	void (*free)(struct engine *engine);

	int (*run_direct)(struct engine *engine, enum probe_kind kind, const uint64_t *args, unsigned args_len);
	void (*set_run)(struct engine *engine, enum image_run run);
	enum image_run (*get_run)(const struct engine *engine);
	int (*poll)(struct engine *engine, int timeout_ms, int (*each)(void *data, const void *record, size_t size),
		    void *data);

	void (*wait_also)(struct engine *engine, int fd);

	int (*map_update)(struct engine *engine, unsigned map, const void *key, const void *value);
	int (*map_update_many)(struct engine *engine, unsigned map, uint32_t first, uint32_t len, const void *values);
	int (*map_remove)(struct engine *engine, unsigned map, const void *key);
	int (*map_lookup)(struct engine *engine, unsigned map, const void *key, void *value);
	unsigned (*map_take_keys)(struct engine *engine, unsigned map, uint32_t *keys, unsigned room);

	int (*agg_each)(struct engine *engine, unsigned agg,
			int (*each)(void *data, const void *key, const void *values, unsigned values_len), void *data);
	int (*agg_delete)(struct engine *engine, unsigned agg, const void *key);
	int (*agg_zero)(struct engine *engine, unsigned agg, const void *key);

	void (*drops)(struct engine *engine, uint64_t drops[DROP_CAUSES]);
	const char *(*verifier_log)(const struct engine *engine);
	struct engine_timing (*timing)(const struct engine *engine);
	const struct engine_meter_ops *meter; /* NULL: it does not count what probes cost */
};

/* ---- which engine ---- */

/* The engine of this name, as the option `engine` has it; NULL: there is none. */
const struct engine_ops *engine_find(const char *name);
/* The n-th one of the table, the one that is used unless another is asked for first; NULL: there are no more. */
const struct engine_ops *engine_nth(unsigned n);
/*
 * Can this process run programs at all, by whichever engine? NULL, or one sentence about the first engine: no root, no
 * BPF in the kernel, a container without privilege.
 */
const char *engine_why_not(void);
/* Tries each thing that this engine needs here and calls `say` for it. False: it cannot run programs. */
bool engine_examine(const struct engine_ops *ops, void (*say)(void *data, const struct engine_finding *finding),
		    void *data);
/*
 * Looks in all processes for what engines of this kind have left when they were killed, and calls `say` for each that
 * has some; those that are being debugged are passed over. Returns how many processes were looked at.
 */
unsigned engine_find_left(const struct engine_ops *ops, struct arena *arena,
			  void (*say)(void *data, const struct engine_left *left), void *data);
/* Takes it away from this process. NULL, or why something is left; *done: NULL, or what was done. */
const char *engine_clean_left(const struct engine_ops *ops, struct arena *arena, pid_t pid, const char **done);
/* `needs`: of enum code_needs. `no_multi`: as in engine_config. */
struct code_rules engine_rules(const struct engine_ops *ops, unsigned needs, bool no_multi);

/* ---- its life ---- */

/*
 * Creates maps, loads every program. On failure returns a negative errno with a diagnostic: for a program that is
 * refused the location is the script's line, and the verifier's log stays out of it (engine_verifier_log has
 * it). `*out` is set in any case: free it.
 */
int engine_load(const struct image *image, const struct engine_config *config, struct diags *diags,
		struct engine **out);
/*
 * Attaches probes and timers. Programs do nothing yet: the control block says RUN_NOT_YET. A site that cannot be
 * probed is left out with a warning; processes that have ended meanwhile are left out; it is an error when
 * nothing is left.
 */
int engine_attach(struct engine *engine, struct diags *diags);
/*
 * Attaches to a process that has come while the script runs: the same sites, in the files that it runs. A file that was
 * replaced by one with the same build-id has the same sites; of another build the reason goes to *why. Returns how many
 * files are traced.
 */
unsigned engine_attach_process(struct engine *engine, pid_t pid, struct buf *why);
/* It has ended: the next one with its number is not meant. */
void engine_forget_process(struct engine *engine, pid_t pid);
/* Has the script probes in programs of processes? Otherwise they are the kernel's alone, and a new process needs
 * nothing. */
bool engine_attaches_processes(const struct engine *engine);
/* Has someone killed a process that holds links? Some sites fire no more. Asks each time anew. */
bool engine_has_lost_links(struct engine *engine);
/* Detaches everything, quickly. Maps stay readable. */
void engine_detach(struct engine *engine);
void engine_free(struct engine *engine); /* detaches as well; NULL is allowed */

/* ---- while it runs ---- */

/*
 * Runs every program of this kind of probe (PROBE_BEGIN, PROBE_END) on this thread. A program's context is an array of
 * DIRECT_CONTEXT_LEN u64: the attach's cookie, then `args` (those that fit), then zeros.
 */
enum { DIRECT_CONTEXT_LEN = 12 };
int engine_run_direct(struct engine *engine, enum probe_kind kind);
int engine_run_direct_args(struct engine *engine, enum probe_kind kind, const uint64_t *args, unsigned args_len);
void engine_set_run(struct engine *engine, enum image_run run);
enum image_run engine_get_run(const struct engine *engine); /* RUN_EXITING once a script called exit() */
/*
 * Waits up to timeout_ms (less when a program wakes us, a quarter of the ring is full, or a signal comes) and hands
 * over each record that is there then, in the order of the ring. Returns the number of records, or a negative errno;
 * `each` stops the batch by returning non-zero, which is then returned.
 */
int engine_poll(struct engine *engine, int timeout_ms, int (*each)(void *data, const void *record, size_t size),
		void *data);
/* engine_poll() waits no longer once this descriptor is readable. It must stay open as long as the engine. */
void engine_wait_also(struct engine *engine, int fd);
/* What was lost so far, by cause. */
void engine_drops(struct engine *engine, uint64_t drops[DROP_CAUSES]);

/* ---- maps of the image, by index ---- */

/* Sets one entry, for what only the caller knows: map_daemons. 0 or a negative errno. */
int engine_map_update(struct engine *engine, unsigned map, const void *key, const void *value);
/* Sets `len` entries of an array from the one with number `first` on. */
int engine_map_update_many(struct engine *engine, unsigned map, uint32_t first, uint32_t len, const void *values);
int engine_map_remove(struct engine *engine, unsigned map, const void *key);
int engine_map_lookup(struct engine *engine, unsigned map, const void *key, void *value);
/* Takes keys of 4 bytes out of a hash; how many there were, at most `room`. */
unsigned engine_map_take_keys(struct engine *engine, unsigned map, uint32_t *keys, unsigned room);
/*
 * Hands over every key of an aggregation with one value per possible processor, `values` being values_len times
 * value_size bytes (padded to 8). The keys of an aggregation without keys are empty.
 */
int engine_agg_each(struct engine *engine, unsigned agg,
		    int (*each)(void *data, const void *key, const void *values, unsigned values_len), void *data);
int engine_agg_delete(struct engine *engine, unsigned agg, const void *key);
/* Sets the value of this key to zero on every processor. */
int engine_agg_zero(struct engine *engine, unsigned agg, const void *key);

/* ---- what probes cost ---- */

bool engine_has_meter(
	const struct engine *engine); /* false: nothing is counted, and the functions below must not be called */
unsigned engine_read_uses(struct engine *engine, struct arena *arena, struct engine_use **uses);
void engine_forget_use(struct engine *engine, const struct engine_use *use); /* its process has ended */
uint64_t engine_uses_lost(const struct engine *engine); /* events of which nobody can say whose they were */
/* Whether accounts are kept of the time that programs take: of all programs of the host, so only now and then. */
bool engine_keep_accounts(struct engine *engine, bool on);
/* Measures on this host what it takes to get to a program, for engine_event_costs(): it may change with the load. */
bool engine_measure(struct engine *engine);
/* What one event of each unit costs, in ns; without accounts, what it takes to get to its program. */
void engine_event_costs(const struct engine *engine, uint64_t costs[METER_UNITS]);
/* Can it be? Scripts live by their timers, whose rate they choose themselves. */
bool engine_may_take_away(const struct engine *engine, unsigned unit);
/* With engine_config::parts. Waits until the unit's probes are gone, also for processes that come later. */
void engine_take_away(struct engine *engine, unsigned unit);
/* Calls `name` for each of the unit's probes. */
void engine_name_unit(const struct engine *engine, unsigned unit, void (*name)(void *data, const struct probe *probe),
		      void *data);

/* ---- for --timing and tests ---- */

const char *engine_verifier_log(const struct engine *engine);
struct engine_timing engine_timing(const struct engine *engine);

#endif
