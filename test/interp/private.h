/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the interpreter share. */
#ifndef CEPHTAP_TEST_INTERP_PRIVATE_H
#define CEPHTAP_TEST_INTERP_PRIVATE_H

#include "interp.h"

enum { STACK_SIZE = 512, FRAMES_MAX = 8, BUCKETS = 256 };

struct entry {
	struct entry *next;
	uint8_t *key, *values; /* values: one per processor, or one */
};

struct fake_map {
	const struct image_map *def;
	unsigned index;
	size_t stride;	 /* of one processor's value */
	unsigned copies; /* processors, or 1 */
	uint32_t max_entries, len;
	uint8_t *array; /* arrays: max_entries * copies * stride */
	struct entry *buckets[BUCKETS];
	struct entry *deleted; /* until no program runs: a running one may still hold the address */
};

struct range {
	uintptr_t start;
	size_t size;
	bool is_user;
};

struct record {
	uint8_t *data;
	size_t size;
};

struct interp {
	const struct image *image;
	unsigned cpus, running;
	struct fake_map *maps;
	struct range *ranges;
	unsigned ranges_len;
	struct record *records;
	unsigned records_len;
	size_t ring_used;
	uint64_t steps;
	char error[400];
};

/* Memory that the program was given: a looked-up value, a reservation, the context. */
struct region {
	uint8_t *start;
	size_t size;
	bool is_read_only, is_strict; /* strict: accesses by instructions must be aligned */
	bool is_reservation;
	const char *what, *name;
};

struct frame {
	uint8_t stack[STACK_SIZE];
	bool written[STACK_SIZE];
	unsigned depth; /* bytes of the stack that are in use */
	unsigned return_to;
	uint64_t saved[4]; /* the caller's R6 to R9 */
	uint32_t saved_valid;
};

struct run {
	struct interp *interp;
	const struct image_program *program;
	struct interp_env *env;
	uint64_t regs[11];
	uint32_t valid; /* a bit per register: was written */
	unsigned pc;
	struct frame *frames; /* FRAMES_MAX */
	unsigned depth;
	struct region *regions;
	unsigned regions_len;
	bool has_failed;
};

enum access { ACCESS_READ, ACCESS_WRITE };

/* Says what is wrong (once: the first is kept); always returns false. */
bool run_fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The memory behind an address, or NULL after a failure. `by_insn`: alignment counts. */
uint8_t *run_access(struct run *run, uint64_t address, uint64_t size, enum access access, bool by_insn);
void run_give(struct run *run, struct region region);
struct region *run_reservation(struct run *run, uint64_t address);
bool run_helper(struct run *run, int32_t helper);
/* Runs a function of the program with two arguments, for a helper; its result is in R0. */
bool run_call_back(struct run *run, uint64_t function, uint64_t first, uint64_t second);
bool run_reg_valid(struct run *run, unsigned reg);
bool run_set_reg(struct run *run, unsigned reg, uint64_t value);
bool run_alu(struct run *run, const struct bpf_insn *insn);

void fake_maps_new(struct interp *interp);
void fake_maps_free(struct interp *interp);
void fake_maps_forget_deleted(struct interp *interp);
uint8_t *fake_map_find(struct fake_map *map, const void *key, unsigned cpu);
/* 0, -ENOENT, -EEXIST, -E2BIG. A new key of a per-processor map is zero on the other processors. */
int fake_map_update(struct fake_map *map, const void *key, unsigned cpu, const void *value, uint64_t flags);
int fake_map_delete(struct fake_map *map, const void *key);

void *interp_calloc(size_t n, size_t size);
void *interp_realloc(void *old, size_t size);

#endif
