/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/op_store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"

enum {
	HEADS = sizeof(((struct op_store *)0)->heads) / sizeof(void *),
	DONE_MAX = 1 << 14,   /* so many ops that are over before the quick ones are forgotten */
	STEPS_MAX = 4096,     /* of one op: more would be ops that share a key */
	LATE_NS = 2000000000, /* steps may come that long after the op was over, from another processor's ring */
	CLIENT_WINDOW_NS = 1000000000, /* the client's steps lie so close to the OSD's */
};

static void *checked(void *memory)
{
	if (!memory)
		memory_end();
	return memory;
}

struct op_store *op_store_new(unsigned keep)
{
	struct op_store *store = checked(calloc(1, sizeof(*store)));

	store->keep = keep;
	return store;
}

static void free_op(struct op *op)
{
	free(op->steps);
	free(op);
}

void op_store_free(struct op_store *store)
{
	for (unsigned i = 0; store && i < HEADS; i++)
		for (struct op *op = store->heads[i], *next; op; op = next) {
			next = op->next;
			free_op(op);
		}
	if (store)
		free(store->done);
	free(store);
}

static struct op **head_of(struct op_store *store, int64_t client, uint64_t tid)
{
	return &store->heads[((uint64_t)client * 0x9e3779b97f4a7c15u ^ tid * 0xc2b2ae3d27d4eb4fu) >> 48];
}

struct op *op_store_find(struct op_store *store, int64_t client, uint64_t tid, bool make)
{
	struct op **head = head_of(store, client, tid), *op;

	for (op = *head; op; op = op->next)
		if (op->client == client && op->tid == tid)
			return op;
	if (!make)
		return NULL;
	op = checked(calloc(1, sizeof(*op)));
	*op = (struct op){.next = *head, .client = client, .tid = tid};
	*head = op;
	return op;
}

void op_add(struct op *op, const struct op_step *step)
{
	if (op->steps_len == STEPS_MAX)
		return;
	if (op->steps_len == op->steps_room) {
		op->steps_room = op->steps_room ? 2 * op->steps_room : 8;
		op->steps = checked(realloc(op->steps, op->steps_room * sizeof(*op->steps)));
	}
	op->steps[op->steps_len++] = *step;
}

bool op_has(const struct op *op, const char *name)
{
	for (unsigned i = 0; i < op->steps_len; i++)
		if (op->steps[i].name == name)
			return true;
	return false;
}

static int compare_slow(const void *left, const void *right)
{
	const struct op *a = *(struct op *const *)left, *b = *(struct op *const *)right;
	int64_t first = a->end_ns - a->begin_ns, second = b->end_ns - b->begin_ns;

	return first > second ? -1 : first < second;
}

static void forget(struct op_store *store, struct op *op)
{
	struct op **link = head_of(store, op->client, op->tid);

	while (*link && *link != op)
		link = &(*link)->next;
	if (*link)
		*link = op->next;
	free_op(op);
}

/* The client's steps of ops that were over long ago go with them. */
static void forget_client_steps(struct op_store *store, int64_t before_ns)
{
	for (unsigned i = 0; i < HEADS; i++)
		for (struct op **link = &store->heads[i], *op; (op = *link);) {
			if (op->client == OP_IN_CLIENT && op->steps_len &&
			    op->steps[op->steps_len - 1].wall_ns < before_ns) {
				*link = op->next;
				free_op(op);
			} else {
				link = &op->next;
			}
		}
}

static void forget_quick(struct op_store *store, int64_t now_ns)
{
	unsigned len = 0;
	int64_t oldest = now_ns;

	qsort(store->done, store->done_len, sizeof(*store->done), compare_slow);
	for (unsigned i = 0; i < store->done_len; i++) {
		struct op *op = store->done[i];

		if (i < store->keep || op->end_ns > now_ns - LATE_NS) {
			store->done[len++] = op;
			if (op->begin_ns < oldest)
				oldest = op->begin_ns;
		} else {
			forget(store, op);
		}
	}
	store->done_len = len;
	forget_client_steps(store, oldest - CLIENT_WINDOW_NS);
}

void op_done(struct op_store *store, struct op *op, int64_t begin_ns, int64_t end_ns)
{
	if (op->end_ns)
		return;
	op->begin_ns = begin_ns;
	op->end_ns = end_ns;
	store->ops++;
	if (store->done_len == DONE_MAX)
		forget_quick(store, end_ns);
	if (store->done_len == store->done_room) {
		store->done_room = store->done_room ? 2 * store->done_room : 1024;
		store->done = checked(realloc(store->done, store->done_room * sizeof(*store->done)));
	}
	store->done[store->done_len++] = op;
}

static int compare_time(const void *left, const void *right)
{
	const struct op_step *a = left, *b = right;

	return a->wall_ns < b->wall_ns ? -1 : a->wall_ns > b->wall_ns;
}

static const char *object_of(const struct op *op)
{
	for (unsigned i = 0; i < op->steps_len; i++)
		if (op->steps[i].text[0])
			return op->steps[i].text;
	return "";
}

/* Which process has sent it: one that sent an op of this tid on this object, shortly before. */
static int32_t sender_of(const struct op *steps, const struct op *op, const char *object)
{
	for (unsigned i = 0; i < steps->steps_len; i++) {
		const struct op_step *step = &steps->steps[i];

		if (!strcmp(step->name, "op-send") && !strcmp(step->text, object) && step->wall_ns < op->end_ns &&
		    step->wall_ns > op->begin_ns - CLIENT_WINDOW_NS)
			return step->pid;
	}
	return 0;
}

static void join_client(struct op_store *store, struct op *op)
{
	const struct op *steps = op_store_find(store, OP_IN_CLIENT, op->tid, false);
	int32_t pid = steps ? sender_of(steps, op, object_of(op)) : 0;

	for (unsigned i = 0; pid && i < steps->steps_len; i++)
		if (steps->steps[i].pid == pid && steps->steps[i].wall_ns > op->begin_ns - CLIENT_WINDOW_NS &&
		    steps->steps[i].wall_ns < op->end_ns + CLIENT_WINDOW_NS)
			op_add(op, &steps->steps[i]);
}

void op_store_finish(struct op_store *store)
{
	if (store->done_len)
		qsort(store->done, store->done_len, sizeof(*store->done), compare_slow);
	for (unsigned i = 0; i < store->done_len; i++) /* all, as their messages tell of clocks */
		join_client(store, store->done[i]);
	op_store_sort(store);
}

void op_store_sort(struct op_store *store)
{
	for (unsigned i = 0; i < store->done_len; i++)
		qsort(store->done[i]->steps, store->done[i]->steps_len, sizeof(struct op_step), compare_time);
}
