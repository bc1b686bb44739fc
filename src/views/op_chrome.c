/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `report op` as Chrome's trace events: a span from each step to the next one of the same daemon, arrows where a
 * message goes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/chrome.h"
#include "report/common.h"
#include "views/op.h"
#include "views/op_store.h"

/* A message: from one step to another one on another daemon. Which OSD that is, one of the two steps says in `a`. */
static const struct message {
	const char *from, *to, *name;
	bool is_said_by_to; /* else by `from` */
} messages[] = {
	{"op-send", "op-recv", "op", false},
	{"subop-send", "subop-recv", "replica's part", false},
	{"subop-commit", "subop-reply", "replica's reply", true},
};

static int64_t end_of(const struct op *op, unsigned step)
{
	for (unsigned i = step + 1; i < op->steps_len; i++)
		if (!strcmp(op->steps[i].daemon, op->steps[step].daemon))
			return op->steps[i].wall_ns;
	return op->steps[step].wall_ns;
}

static unsigned add_step(struct chrome *chrome, const struct op *op, unsigned i)
{
	const struct op_step *step = &op->steps[i];
	struct json_object *args = json_object_new_object();
	struct buf what = {0};
	unsigned number;

	op_say_step(step, &what);
	json_object_object_add(args, "marker", json_object_new_string(step->name));
	json_object_object_add(args, "client", json_object_new_int64(op->client));
	json_object_object_add(args, "tid", json_object_new_uint64(op->tid));
	number = chrome_add(chrome, &(struct chrome_span){
					    .process = step->daemon,
					    .thread = step->thread,
					    .pid = step->pid,
					    .tid = step->lwp,
					    .begin_ns = step->wall_ns,
					    .end_ns = end_of(op, i),
					    .name = what.data ? what.data : step->name,
					    .args = args,
				    });
	buf_free(&what);
	return number;
}

static bool is_osd(const char *daemon, int64_t number)
{
	char name[32];

	snprintf(name, sizeof(name), "osd.%" PRId64, number);
	return !strcmp(daemon, name);
}

static void add_arrows(struct chrome *chrome, const struct op *op, unsigned first, const struct message *message)
{
	for (unsigned i = 0; i < op->steps_len; i++)
		for (unsigned j = 0; j < op->steps_len && !strcmp(op->steps[i].name, message->from); j++) {
			const struct op_step *from = &op->steps[i], *to = &op->steps[j];

			if (!strcmp(to->name, message->to) &&
			    (message->is_said_by_to ? is_osd(from->daemon, to->a) : is_osd(to->daemon, from->a)))
				chrome_arrow(chrome, message->name, first + i, first + j);
		}
}

int op_chrome(struct report *report, const struct op_store *store, unsigned len, const char *path)
{
	struct chrome *chrome = chrome_new();
	int error = report_flush(report); /* what came before goes elsewhere */

	for (unsigned i = 0; i < len; i++) {
		const struct op *op = store->done[i];
		unsigned first = 0;

		for (unsigned j = 0; j < op->steps_len; j++) {
			unsigned number = add_step(chrome, op, j);

			first = j ? first : number;
		}
		for (unsigned j = 0; j < sizeof(messages) / sizeof(messages[0]); j++)
			add_arrows(chrome, op, first, &messages[j]);
	}
	chrome_end(chrome, &report->pending);
	return error ? error : report_write(report, path);
}
