/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/op_clocks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"

enum { NODES_MAX = 256 };

/* A daemon, and the quickest message from each other one: how long it took by both clocks, negative where they
 * disagree. */
struct node {
	char name[32];
	int64_t ahead_ns, unsure_ns; /* of the reference's clock */
	bool is_placed;
};

struct clocks {
	struct node nodes[NODES_MAX];
	unsigned len;
	int64_t quickest[NODES_MAX][NODES_MAX]; /* from, to; INT64_MAX: no message was seen */
};

static unsigned node_of(struct clocks *clocks, const char *name)
{
	unsigned i;

	for (i = 0; i < clocks->len; i++)
		if (!strcmp(clocks->nodes[i].name, name))
			return i;
	if (clocks->len == NODES_MAX)
		return 0;
	strncpy(clocks->nodes[i].name, name, sizeof(clocks->nodes[i].name) - 1);
	for (unsigned j = 0; j < NODES_MAX; j++)
		clocks->quickest[i][j] = clocks->quickest[j][i] = INT64_MAX;
	return clocks->len++;
}

static void message(struct clocks *clocks, const char *from, int64_t sent_ns, const char *to, int64_t arrived_ns)
{
	unsigned a = node_of(clocks, from), b = node_of(clocks, to);

	if (a != b && arrived_ns - sent_ns < clocks->quickest[a][b])
		clocks->quickest[a][b] = arrived_ns - sent_ns;
}

static const struct op_step *find(const struct op *op, const char *name, const char *daemon, int64_t a)
{
	for (unsigned i = 0; i < op->steps_len; i++) {
		const struct op_step *step = &op->steps[i];

		if (!strcmp(step->name, name) && (!daemon || !strcmp(step->daemon, daemon)) && (a < 0 || step->a == a))
			return step;
	}
	return NULL;
}

static void pair(struct clocks *clocks, const struct op_step *sent, const struct op_step *arrived)
{
	if (sent && arrived)
		message(clocks, sent->daemon, sent->wall_ns, arrived->daemon, arrived->wall_ns);
}

/* osd.3 -> 3; -1: it is no OSD */
static int64_t osd_of(const char *daemon)
{
	return strncmp(daemon, "osd.", 4) ? -1 : strtoll(daemon + 4, NULL, 10);
}

/* The messages of one op: to each replica and back, from the client and back. */
static void take_messages(struct clocks *clocks, const struct op *op)
{
	for (unsigned i = 0; i < op->steps_len; i++) {
		const struct op_step *step = &op->steps[i];

		if (!strcmp(step->name, "subop-recv"))
			pair(clocks, find(op, "subop-send", NULL, osd_of(step->daemon)), step);
		else if (!strcmp(step->name, "subop-commit"))
			pair(clocks, step, find(op, "subop-reply", NULL, osd_of(step->daemon)));
	}
	pair(clocks, find(op, "op-send", NULL, -1), find(op, "op-recv", NULL, -1));
	pair(clocks, find(op, "op-reply", NULL, -1), find(op, "op-reply-recv", NULL, -1));
}

/* How far b's clock is ahead of a's. False: messages of both directions are needed. */
static bool difference(const struct clocks *clocks, unsigned a, unsigned b, int64_t *ahead_ns, int64_t *unsure_ns)
{
	int64_t there = clocks->quickest[a][b], back = clocks->quickest[b][a];

	if (there == INT64_MAX || back == INT64_MAX)
		return false;
	*ahead_ns = there < 0 || back < 0 ? (there - back) / 2 : 0;
	*unsure_ns = there + back > 0 ? (there + back) / 2 : 0;
	return true;
}

/* From the first daemon on to those that talk with it, and on from these. */
static void place_all(struct clocks *clocks)
{
	bool goes_on = true;

	if (clocks->len)
		clocks->nodes[0].is_placed = true;
	while (goes_on) {
		goes_on = false;
		for (unsigned a = 0; a < clocks->len; a++)
			for (unsigned b = 0; clocks->nodes[a].is_placed && b < clocks->len; b++) {
				int64_t ahead, unsure;

				if (clocks->nodes[b].is_placed || !difference(clocks, a, b, &ahead, &unsure))
					continue;
				clocks->nodes[b].ahead_ns = clocks->nodes[a].ahead_ns + ahead;
				clocks->nodes[b].unsure_ns = clocks->nodes[a].unsure_ns + unsure;
				clocks->nodes[b].is_placed = goes_on = true;
			}
	}
}

static void move_steps(struct clocks *clocks, struct op *op)
{
	for (unsigned i = 0; i < op->steps_len; i++)
		op->steps[i].wall_ns -= clocks->nodes[node_of(clocks, op->steps[i].daemon)].ahead_ns;
}

static void print(const struct clocks *clocks, struct shown *said)
{
	for (unsigned i = 1; i < clocks->len; i++)
		if (clocks->nodes[i].ahead_ns)
			shown_printf(said,
				     "the clock of %s is %.3f ms %s that of %s, to within %.3f ms: its times are "
				     "corrected\n",
				     clocks->nodes[i].name,
				     (double)(clocks->nodes[i].ahead_ns < 0 ? -clocks->nodes[i].ahead_ns
									    : clocks->nodes[i].ahead_ns) /
					     1e6,
				     clocks->nodes[i].ahead_ns < 0 ? "behind" : "ahead of", clocks->nodes[0].name,
				     (double)clocks->nodes[i].unsure_ns / 1e6);
}

void op_clocks_align(struct op_store *store, struct shown *said)
{
	struct clocks *clocks = calloc(1, sizeof(*clocks));

	if (!clocks)
		memory_end();
	for (unsigned i = 0; i < store->done_len; i++)
		take_messages(clocks, store->done[i]);
	place_all(clocks);
	for (unsigned i = 0; i < store->done_len; i++)
		move_steps(clocks, store->done[i]);
	print(clocks, said);
	free(clocks);
}
