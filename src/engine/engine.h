/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine that runs programs in the kernel. In: an image and the chosen processes. Out: raw records, snapshots of
 * aggregations, counts of what was lost. Nothing of it outlives the process: every map, program and link is a
 * descriptor, links in processes that end when we do (keepers.h).
 */
#ifndef CEPHTAP_ENGINE_ENGINE_H
#define CEPHTAP_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "code/image.h"
#include "lib/diag.h"
#include "probe/probe.h"

struct engine;

struct engine_config {
	const struct target *target; /* only these processes trap; none: every process */
	const struct engine *before; /* of the same script, attached: its variables and aggregations are ours too; NULL: none */
	bool no_multi;		     /* do not use multi-uprobe links even where the kernel has them: for tests */
	bool parts;		     /* probes can be taken away one by one: attaching takes longer */
	bool time; /* keep the times of each step, for --timing (they cost so little that they are always kept) */
};

/*
 * Creates maps, loads every program. On failure returns a negative errno with a diagnostic: for a program that the
 * verifier refuses the location is the script's line, and the verifier's log stays out of it (engine_verifier_log has
 * it). `*out` is set in any case: free it.
 */
int engine_load(const struct image *image, const struct engine_config *config, struct diags *diags,
		struct engine **out);
/*
 * Attaches uprobes and timers. Programs do nothing yet: the control block says RUN_NOT_YET. A site that the kernel
 * cannot probe is left out with a warning; processes that have ended meanwhile are left out; it is an error when
 * nothing is left.
 */
int engine_attach(struct engine *engine, struct diags *diags);
/*
 * Attaches to a process that has come while the script runs: the same sites, in the files that it runs. A file that was replaced
 * by one with the same build-id has the same sites; of another build the reason goes to *why. Returns how many files
 * are traced.
 */
struct buf;
unsigned engine_attach_process(struct engine *engine, pid_t pid, struct buf *why);
bool engine_has_uprobes(const struct engine *engine); /* else it is the kernel's probes alone: nothing has to be attached */
/*
 * Runs every program of this kind of probe (PROBE_BEGIN, PROBE_END) on this thread. A program's context is an array of
 * DIRECT_CONTEXT_LEN u64: the attach's cookie, then `args` (those that fit), then zeros.
 */
enum { DIRECT_CONTEXT_LEN = 12 };
int engine_run_direct(struct engine *engine, enum probe_kind kind);
int engine_run_direct_args(struct engine *engine, enum probe_kind kind, const uint64_t *args, unsigned args_len);
/* Sets one entry of a map of the image, for what only the caller knows: map_daemons. 0 or a negative errno. */
int engine_map_update(struct engine *engine, unsigned map, const void *key, const void *value);
/* Sets `len` entries of an array from the one with number `first` on. */
int engine_map_update_range(struct engine *engine, unsigned map, uint32_t first, uint32_t len, const void *values);
int engine_map_remove(struct engine *engine, unsigned map, const void *key);
int engine_map_lookup(struct engine *engine, unsigned map, const void *key, void *value);
/* Takes keys of 4 bytes out of a hash; how many there were, at most `room`. */
unsigned engine_map_take_keys(struct engine *engine, unsigned map, uint32_t *keys, unsigned room);
void engine_set_run(struct engine *engine, enum image_run run);
enum image_run engine_get_run(const struct engine *engine); /* RUN_EXITING once a script called exit() */
/* Has someone killed a process that holds links (see engine/keepers.h)? Some sites fire no more. Asks each time anew. */
bool engine_has_lost_links(struct engine *engine);
/* Detaches everything, quickly: links are closed at the same time. Maps stay readable. */
void engine_detach(struct engine *engine);
void engine_free(struct engine *engine); /* detaches as well; NULL is allowed */

/*
 * Waits up to timeout_ms (less when a program wakes us, a quarter of the ring is full, or a signal comes) and hands
 * over each record that is there then, in the order of the ring. Returns the number of records, or a negative errno;
 * `each` stops the batch by returning non-zero, which is then returned.
 */
int engine_poll(struct engine *engine, int timeout_ms, int (*each)(void *data, const void *record, size_t size),
		void *data);

/*
 * Hands over every key of an aggregation with one value per possible processor, `values` being values_len times
 * value_size bytes (padded to 8). The keys of an aggregation without keys are empty.
 */
int engine_agg_each(struct engine *engine, unsigned agg,
		    int (*each)(void *data, const void *key, const void *values, unsigned values_len), void *data);
int engine_agg_delete(struct engine *engine, unsigned agg, const void *key);
/* Sets the value of this key to zero on every processor. */
int engine_agg_zero(struct engine *engine, unsigned agg, const void *key);

/* What was lost so far, by cause. */
void engine_drops(struct engine *engine, uint64_t drops[DROP_CAUSES]);

/*
 * What probes cost, about (engine/meter.h). Events are counted for each process and unit: one probe where there are few, else some
 * that stand together, and those of the kernel's that have one program.
 */
enum { METER_UNITS = 64 };
struct engine_use {
	pid_t pid;
	unsigned unit;
	uint64_t events;
};
bool engine_has_meter(const struct engine *engine); /* else the maps for it could not be made, and nothing is counted */
unsigned engine_read_uses(struct engine *engine, struct arena *arena, struct engine_use **uses);
void engine_forget_use(struct engine *engine, const struct engine_use *use); /* its process has ended */
uint64_t engine_uses_lost(const struct engine *engine); /* events of which nobody can say whose they were */
/* Whether the kernel keeps accounts of the time that programs take: of all programs of the host, so only now and then. */
bool engine_keep_accounts(struct engine *engine, bool on);
/* What one event of each unit costs, in ns; without accounts, what it takes to get to its program. */
void engine_event_costs(const struct engine *engine, uint64_t costs[METER_UNITS]);
/* Can it be? Scripts live by their timers, whose rate they choose themselves. */
bool engine_may_take_away(unsigned unit);
/* With engine_config::parts. Waits until the unit's probes are gone, also for processes that come later. */
void engine_take_away(struct engine *engine, unsigned unit);
/* Calls `name` for each of the unit's probes. */
void engine_name_unit(const struct engine *engine, unsigned unit, void (*name)(void *data, const struct probe *probe), void *data);

/* For --dump, --timing and tests. */
const char *engine_verifier_log(const struct engine *engine);
struct engine_timing {
	uint64_t maps_ns, load_ns, attach_ns, detach_ns;
};
struct engine_timing engine_timing(const struct engine *engine);

/*
 * Can this process load programs at all? NULL, or one sentence: no root, no BPF in the kernel, a container without
 * privilege.
 */
const char *engine_why_not(void);
/* May each tracepoint have an attach cookie? `no_multi`: as in engine_config, for tests of what old kernels get. */
bool engine_has_tracepoint_cookies(bool no_multi);
/* Does the kernel take programs on uprobes that wait for memory (sleepable: Linux 6.0)? */
bool engine_can_sleep(void);

#endif
