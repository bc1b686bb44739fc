/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small interpreter of eBPF: runs an image's programs without root, kernel or processor state. In: an image (its
 * init data is copied), a context, an environment. Out: records and map contents, in the form that src/record takes.
 *
 * It is stricter than a processor, so that what passes here has a good chance with the kernel's verifier. These are
 * failures with a sentence: an access outside of the stack, the context, a looked-up map value or a ring reservation;
 * a misaligned access to the stack or the context; the use of a register or of stack bytes that nothing was written
 * to; a reservation that is neither submitted nor discarded; more than 512 bytes of stack. It does not know the
 * verifier's bounds: it sees only the path that it runs.
 */
#ifndef CEPHTAP_TEST_INTERP_H
#define CEPHTAP_TEST_INTERP_H

#include "code/image.h"
#include "record/record.h"

struct interp;

/* The thread that a program interrupts. Zero is a fine start for every member. */
struct interp_env {
	unsigned cpu;
	uint64_t time_ns, time_step_ns; /* each call of ktime_get_ns adds a step after it was read */
	uint64_t pid_tgid, uid_gid, task, cookie;
	char comm[16];
	unsigned step_limit; /* instructions; 0: a million */
	/* Called before each helper; may run another program, as an interrupt does on one processor. NULL: not. */
	void (*on_helper)(struct interp *interp, int32_t helper, void *data);
	void *data;
};

struct interp *interp_new(const struct image *image, unsigned cpus);
void interp_free(struct interp *interp);

/* What probe_read_user can read, and probe_read_kernel besides the program's own memory; elsewhere: -EFAULT. */
void interp_allow_user(struct interp *interp, const void *start, size_t size);
void interp_allow_kernel(struct interp *interp, const void *start, size_t size);

/*
 * Runs one program to its end. Returns NULL, or a sentence of what it did wrong, with the instruction. `r0` may be
 * NULL; `env` too, and is zero then.
 */
const char *interp_run(struct interp *interp, unsigned program, const void *ctx, size_t ctx_size,
		       struct interp_env *env, uint64_t *r0);
uint64_t interp_steps(const struct interp *interp); /* instructions that all runs took together */

/* Records in the order of their submission. They fill the ring until they are cleared. */
unsigned interp_records_len(const struct interp *interp);
const void *interp_record(const struct interp *interp, unsigned i, size_t *size);
void interp_records_clear(struct interp *interp);

/* The outside's view of maps. `cpu` counts for per-processor maps only; a key of an array is its u32 index. */
void *interp_map_value(struct interp *interp, unsigned map, const void *key, unsigned cpu); /* NULL: no such key */
int interp_map_update(struct interp *interp, unsigned map, const void *key, unsigned cpu, const void *value);
int interp_map_delete(struct interp *interp, unsigned map, const void *key);
unsigned interp_map_len(const struct interp *interp, unsigned map); /* keys of a hash, entries of an array */
/* Stops when `each` returns non-zero, and returns that. Values are padded to 8 bytes, one per processor. */
int interp_map_each(struct interp *interp, unsigned map,
		    int (*each)(void *data, const void *key, const void *values, unsigned values_len), void *data);

struct image_state *interp_state(struct interp *interp);
uint64_t interp_drops(struct interp *interp, enum drop_cause cause); /* over all processors */
struct agg_source interp_agg_source(struct interp *interp);

#endif
