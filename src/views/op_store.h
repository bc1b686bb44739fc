/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of ops, by the ops' keys, as they come; those of ops that are over and were not slow are forgotten. */
#ifndef CEPHTAP_VIEWS_OP_STORE_H
#define CEPHTAP_VIEWS_OP_STORE_H

#include <stdbool.h>
#include <stdint.h>

enum { OP_IN_CLIENT = -1 /* the client's number, where it is not known: in the client's own process */ };

struct op_step {
	int64_t wall_ns;
	int64_t a, b;	  /* what they are depends on the step: scripts/op.d */
	int32_t pid, lwp; /* process and thread */
	const char *name; /* the marker's */
	char daemon[32], thread[16], text[96];
};

struct op {
	struct op *next; /* of the same hash */
	int64_t client;
	uint64_t tid;
	struct op_step *steps; /* by time once the op was chosen */
	unsigned steps_len, steps_room;
	int64_t begin_ns, end_ns; /* first byte of its message, done; end 0: not yet */
};

struct op_store {
	struct op *heads[1 << 16];
	struct op **done; /* ops that are over */
	unsigned done_len, done_room;
	unsigned keep; /* so many of the slowest are kept */
	uint64_t ops;  /* that were over, kept or not */
};

struct op_store *op_store_new(unsigned keep);
void op_store_free(struct op_store *store); /* NULL is allowed */
/* The op of a new step, made if it is new. */
struct op *op_store_find(struct op_store *store, int64_t client, uint64_t tid, bool make);
void op_add(struct op *op, const struct op_step *step);
/* `name` is the same pointer as the steps'. */
bool op_has(const struct op *op, const char *name);
/* The op is over. */
void op_done(struct op_store *store, struct op *op, int64_t begin_ns, int64_t end_ns);
/* At the end: slowest first; the steps of the client's process have joined those of the OSDs; steps are in the order of
 * time. */
void op_store_finish(struct op_store *store);
/* That order again, when times were changed. */
void op_store_sort(struct op_store *store);

#endif
