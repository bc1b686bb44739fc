/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What src/code makes of a script, and all that the engine and the reader of records need of it: maps, programs with
 * their relocations, which program goes to which site, and the layout of records and aggregations. Engine-neutral:
 * programs reach the outside through a few helpers and through maps only.
 */
#ifndef CEPHTAP_CODE_IMAGE_H
#define CEPHTAP_CODE_IMAGE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/stack_maps.h"
#include "plan/options.h"
#include "plan/plan.h"
#include "schema/schema.h"

enum image_map_kind {
	IMAGE_ARRAY, /* BPF_MAP_TYPE_ARRAY */
	IMAGE_PERCPU_ARRAY,
	IMAGE_HASH,
	IMAGE_RING,
};

struct image_map {
	const char *name; /* at most 15 characters */
	enum image_map_kind kind;
	uint32_t key_size, value_size, max_entries; /* IMAGE_RING: max_entries is the size in bytes */
	bool prealloc;
	bool is_kept; /* what the script gathers: another image of the same script takes it over, if it is alike there
		       */
	bool per_cpu_entries; /* max_entries is to be multiplied by the number of possible processors */
	const void *init; /* IMAGE_ARRAY: what the values hold at first (max_entries * value_size bytes); NULL: zero */
};

enum reloc_kind { RELOC_MAP, RELOC_MAP_VALUE };

/* The 16-byte load at `insn` gets the map's descriptor (and for RELOC_MAP_VALUE the address `offset` in its first
 * value). */
struct image_reloc {
	uint32_t insn;
	enum reloc_kind kind;
	uint32_t map;
	uint32_t offset;
};

/* Which line of the script instructions from `insn` on belong to. */
struct image_line {
	uint32_t insn;
	struct loc loc;
};

struct image_program {
	const char *name;
	enum probe_ctx ctx;
	struct bpf_insn *insns;
	unsigned insns_len;
	struct image_reloc *relocs;
	unsigned relocs_len;
	struct image_line *lines;
	unsigned lines_len;
	const struct kernel_function *function; /* CTX_FUNCTION: it is for this one alone */
	bool is_return;				/* CTX_FUNCTION, CTX_KPROBE: of the function's return */
	bool may_sleep; /* it waits for absent memory: to be loaded as sleepable, which the kernel joins with no others
			 */
	unsigned map_syscalls; /* MAP_NONE, or: u32 number -> u32 index in plan->probes + 1, for which calls it runs */
	unsigned *functions; /* where each function of it begins, the program itself first; NULL: nobody asks for their
				types */
	unsigned functions_len;
};

/*
 * Program `program` runs when `site` of `probe` is hit, with `cookie` as its attach cookie. For timers, BEGIN, END and
 * ERROR site is NULL. The low 32 bits of a cookie are the probe's index in plan->probes, the upper 16 the site's
 * `extra`; between them the engine puts what it needs.
 */
struct image_attach {
	struct probe *probe;
	const struct site *site;
	unsigned program;
	uint64_t cookie;
	bool is_save; /* the entry half of a return site with saves */
};

/* The control block: value 0 of the map `state`. The engine writes it; programs read it. */
enum image_run { RUN_NOT_YET = 0, RUN_ON = 1, RUN_EXITING = 2 /* exit() was called; only END runs after it */ };

struct image_state {
	uint32_t run;	 /* enum image_run */
	uint32_t tracer; /* our own process, by the number that `pid` would give */
	uint32_t by_pid; /* not 0: of the kernel's probes only those that processes in map_pids hit count */
	uint32_t pad;
	int64_t wall_offset_ns; /* walltimestamp - timestamp */
	uint64_t reserved[5];
};

/* Of a probe whose arguments are asked whether they can be true: its place in the one value of map_doubts. */
struct image_doubt {
	uint64_t fired; /* about how often */
	uint64_t value; /* what cannot be */
	uint32_t wrong; /* not 0: it is switched off, because of the site's check wrong - 1 */
	uint32_t pad;
};

struct image {
	const struct plan *plan;
	const struct options *options;
	struct image_map *maps;
	unsigned maps_len;
	struct image_program *programs;
	unsigned programs_len;
	struct image_attach *attaches;
	unsigned attaches_len;
	struct schema *schema; /* what readers need to know; its clauses, aggregations and probes are those of the plan,
				  in that order */
	/*
	 * The map of each aggregation: without keys a per-processor array of one entry. With keys a hash whose key is
	 * the processor's number (8 bytes), then the script's keys: each processor updates entries of its own. (The
	 * kernel's per-processor hash would allocate each new value from a small reserve while a probe fires, and fails
	 * when keys come in bursts.)
	 */
	unsigned *agg_maps;
	/* Indices in maps; MAP_NONE where the script needs none. */
	unsigned map_state, map_drops, map_ring, map_speculations, map_daemons, map_probes, map_pids;
	unsigned map_doubts; /* a struct image_doubt for each of the plan's probes */
	unsigned map_stacks, map_symbols, map_processes, map_rows, map_wanted;
};
enum { MAP_NONE = ~0u };

/*
 * map_stacks: u64 -> struct stack_value; map_symbols: u64 -> struct symbol_value; map_processes: u32 pid (of the whole
 * host) -> struct unwind_process; map_rows: struct unwind_row, by number; map_wanted: u32 pid -> u32. See
 * lib/stack_maps.h.
 */
/* map_daemons: u32 pid -> char [DAEMON_NAME_SIZE]; map_pids: u32 pid -> u32, filled by the engine when it must filter.
 */

#endif
