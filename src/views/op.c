/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `report op`: ops from end to end. In: the lines of scripts/op.d, one for each step of any op. Out: for one op, or for
 * the slowest ones, its steps in order on all daemons of this host, joined by the op's key: client and tid.
 */
#include "views/op.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "report/common.h"
#include "report/csv.h"
#include "report/latency.h"
#include "views/op_clocks.h"
#include "views/view.h"
#include "pictures/picture.h"

/* The values of a line of scripts/op.d, in order. */
enum {
	VALUE_WALL,
	VALUE_CLIENT,
	VALUE_TID,
	VALUE_PID,
	VALUE_LWP,
	VALUE_DAEMON,
	VALUE_THREAD,
	VALUE_A,
	VALUE_B,
	VALUE_TEXT,
	VALUE_STEP,
	VALUES
};

enum step_arg { ARG_NOTHING, ARG_OSD, ARG_BYTES, ARG_RESULT };

static const struct {
	const char *step, *text;
	enum step_arg a;
} sentences[] = {
	{"op-send", "the client sends it to", ARG_OSD},
	{"op-recv", "received", ARG_BYTES},
	{"op-enqueue", "in the queue of its PG", ARG_NOTHING},
	{"op-dequeue-start", "a worker takes it", ARG_NOTHING},
	{"op-start", "starts: every check passed", ARG_NOTHING},
	{"do-ops-done", "its operations are done", ARG_NOTHING},
	{"op-prepare-done", "the transaction is prepared", ARG_NOTHING},
	{"repop-issue", "goes to the replicas", ARG_NOTHING},
	{"op-wait-subops", "waits for the replicas", ARG_NOTHING},
	{"subop-send", "sent to", ARG_OSD},
	{"subop-recv", "a replica has received it from", ARG_OSD},
	{"subop-start", "the replica starts, for", ARG_OSD},
	{"txn-create", "the store's transaction is made", ARG_NOTHING},
	{"txn-aio-submit", "its data go to the device", ARG_NOTHING},
	{"txn-io-done", "its data are on the device", ARG_NOTHING},
	{"txn-apply-kv", "its keys go to the key-value store", ARG_NOTHING},
	{"txn-committed", "the store has committed it", ARG_NOTHING},
	{"op-dequeue-done", "the worker is free again", ARG_NOTHING},
	{"subop-commit", "the replica has committed it, and tells", ARG_OSD},
	{"subop-reply", "the primary knows of the commit of", ARG_OSD},
	{"ec-read-send", "its shards are asked for", ARG_NOTHING},
	{"ec-subread-start", "a shard is read, for", ARG_OSD},
	{"op-free", "the shard is sent", ARG_NOTHING},
	{"ec-subread-reply", "the primary has the shard of", ARG_OSD},
	{"ec-read-done", "all shards that are needed are there", ARG_NOTHING},
	{"ec-subwrite-start", "a shard is written, for", ARG_OSD},
	{"ec-local-commit", "the shard's own commit", ARG_NOTHING},
	{"ec-subwrite-reply", "the primary knows of the commit of", ARG_OSD},
	{"op-error", "answered at once", ARG_RESULT},
	{"op-end", "ended, and was not counted by Ceph", ARG_RESULT},
	{"local-commit", "the primary's own commit", ARG_NOTHING},
	{"repop-committed", "all have committed it", ARG_NOTHING},
	{"op-done", "done", ARG_BYTES},
	{"op-reply", "the reply is made", ARG_NOTHING},
	{"op-reply-recv", "the client has the reply of", ARG_OSD},
	{"op-finish", "the client is told", ARG_RESULT},
};

enum { SENTENCES = sizeof(sentences) / sizeof(sentences[0]) };

enum { SLOWEST, CLIENT, TID, CHROME, OPTIONS };

struct own {
	struct op_store *store;
};

static struct op_store *store_of(struct view *view)
{
	return ((struct own *)view->own)->store;
}

/* ---- taking lines in ---- */

static int64_t number(const struct record_action *action, const char *record, unsigned i)
{
	return (int64_t)field_int(&action->fields[i], record + action->fields[i].offset);
}

static void text_value(const struct record_action *action, const char *record, unsigned i, char *to, size_t room)
{
	const struct field *field = &action->fields[i];
	size_t size = field_text_size(field, record + field->offset);

	if (size >= room)
		size = room - 1;
	memcpy(to, record + field->offset, size);
	to[size] = '\0';
}

static const char *step_name(const char *name)
{
	for (unsigned i = 0; i < SENTENCES; i++)
		if (!strcmp(sentences[i].step, name))
			return sentences[i].step;
	return NULL;
}

static bool is_wanted(const struct view *view, int64_t client, uint64_t tid)
{
	const struct view_value *of_client = &view->values[CLIENT], *of_tid = &view->values[TID];

	return (!of_client->is_given || client == OP_IN_CLIENT || (uint64_t)client == of_client->number) &&
	       (!of_tid->is_given || tid == of_tid->number);
}

static void take_line(struct view *view, const struct record_action *action, const char *record)
{
	int64_t client = number(action, record, VALUE_CLIENT);
	uint64_t tid = (uint64_t)number(action, record, VALUE_TID);
	char name[32];
	struct op_step step = {0};
	struct op *op;

	text_value(action, record, VALUE_STEP, name, sizeof(name));
	step.name = step_name(name);
	if (!step.name || !is_wanted(view, client, tid))
		return;
	step.wall_ns = number(action, record, VALUE_WALL);
	step.pid = (int32_t)number(action, record, VALUE_PID);
	step.lwp = (int32_t)number(action, record, VALUE_LWP);
	step.a = number(action, record, VALUE_A);
	step.b = number(action, record, VALUE_B);
	text_value(action, record, VALUE_DAEMON, step.daemon, sizeof(step.daemon));
	text_value(action, record, VALUE_THREAD, step.thread, sizeof(step.thread));
	text_value(action, record, VALUE_TEXT, step.text, sizeof(step.text));
	op = op_store_find(store_of(view), client, tid, true);
	op_add(op, &step);
	if ((!strcmp(name, "op-done") || !strcmp(name, "op-end")) &&
	    op_has(op, step_name("op-recv"))) /* else it began before we did */
		op_done(store_of(view), op, step.b, step.wall_ns);
}

static int event(struct view *view, const struct record_layout *layout, const struct schema_probe *probe,
		 const struct record_head *head)
{
	(void)probe;
	for (unsigned i = 0; i < layout->actions_len; i++) {
		const struct record_action *action = &layout->actions[i];

		if (action->fields_len == VALUES && ((const uint8_t *)head)[action->present])
			take_line(view, action, (const char *)head);
	}
	return 0;
}

/* ---- printing ---- */

void op_say_step(const struct op_step *step, struct buf *out)
{
	for (unsigned i = 0; i < SENTENCES; i++) {
		if (sentences[i].step != step->name)
			continue;
		buf_puts(out, sentences[i].text);
		if (sentences[i].a == ARG_OSD)
			buf_printf(out, " osd.%" PRId64, step->a);
		else if (sentences[i].a == ARG_BYTES)
			buf_printf(out, ", %" PRId64 " bytes", step->a);
		else if (sentences[i].a == ARG_RESULT && step->a)
			buf_printf(out, ": error %" PRId64, -step->a);
	}
}

static const char *first_text(const struct op *op)
{
	for (unsigned i = 0; i < op->steps_len; i++)
		if (op->steps[i].text[0])
			return op->steps[i].text;
	return "?";
}

static const char *primary_of(const struct op *op)
{
	for (unsigned i = 0; i < op->steps_len; i++)
		if (!strcmp(op->steps[i].name, "op-done") || !strcmp(op->steps[i].name, "op-end"))
			return op->steps[i].daemon;
	return "?";
}

static void print_op(struct report *report, const struct op *op)
{
	struct shown *out = &report->pending;
	struct buf what = {0};
	int64_t begin = op->steps_len ? op->steps[0].wall_ns : 0, before = begin;
	char whole[16];

	duration_print((double)(op->end_ns - op->begin_ns), whole);
	shown_printf(out,
		     "\nclient %" PRId64 " tid %" PRIu64
		     ", object %s, on %s: %s from its first byte until it was done\n",
		     op->client, op->tid, first_text(op), primary_of(op), whole);
	shown_printf(out, "%10s %10s  %-10s %-16s %s\n", "AT ms", "+ ms", "WHERE", "THREAD", "WHAT");
	for (unsigned i = 0; i < op->steps_len; i++) {
		const struct op_step *step = &op->steps[i];

		buf_clear(&what);
		op_say_step(step, &what);
		shown_printf(out, "%10.3f %10.3f  %-10s %-16s %s\n", (double)(step->wall_ns - begin) / 1e6,
			     (double)(step->wall_ns - before) / 1e6, step->daemon, step->thread,
			     what.data ? what.data : "");
		before = step->wall_ns;
	}
	buf_free(&what);
}

static struct json_object *json_step(const struct op_step *step)
{
	struct json_object *object = json_object_new_object();
	struct buf what = {0};

	op_say_step(step, &what);
	json_object_object_add(object, "time_ns", json_object_new_int64(step->wall_ns));
	json_object_object_add(object, "daemon", json_object_new_string(step->daemon));
	json_object_object_add(object, "pid", json_object_new_int(step->pid));
	json_object_object_add(object, "thread", json_object_new_string(step->thread));
	json_object_object_add(object, "marker", json_object_new_string(step->name));
	json_object_object_add(object, "what", json_object_new_string(what.data ? what.data : ""));
	buf_free(&what);
	return object;
}

static void add_op(struct json_object *object, const struct op *op)
{
	json_object_object_add(object, "client", json_object_new_int64(op->client));
	json_object_object_add(object, "tid", json_object_new_uint64(op->tid));
	json_object_object_add(object, "object", json_object_new_string(first_text(op)));
	json_object_object_add(object, "osd", json_object_new_string(primary_of(op)));
	json_object_object_add(object, "latency_ns", json_object_new_int64(op->end_ns - op->begin_ns));
}

static void print_json(struct report *report, const struct op *op)
{
	struct json_object *object = json_object_new_object(), *steps = json_object_new_array();

	json_object_object_add(object, "type", json_object_new_string("op"));
	add_op(object, op);
	for (unsigned i = 0; i < op->steps_len; i++)
		json_object_array_add(steps, json_step(&op->steps[i]));
	json_object_object_add(object, "steps", steps);
	shown_json(&report->pending, object, JSON_C_TO_STRING_PLAIN);
	shown_putc(&report->pending, '\n');
	json_object_put(object);
}

/* A row for each step, with what is common to its op. */
static void print_csv(struct report *report, const struct op *op)
{
	static const char *const columns[] = {"client", "tid", "object", "osd",	   "latency_ns", "time_ns",
					      "daemon", "pid", "thread", "marker", "what"};

	for (unsigned i = 0; i < op->steps_len; i++) {
		struct json_object *row = json_step(&op->steps[i]);

		add_op(row, op);
		csv_row_of(report, columns, sizeof(columns) / sizeof(columns[0]), row);
		json_object_put(row);
	}
}

/* ---- a picture: a lane for each daemon, a span from each of its steps to its next ---- */

static void draw_lane(struct picture *picture, const struct op *op, const char *daemon)
{
	const struct op_step *before = NULL;
	struct buf name = {0}, what = {0};

	buf_printf(&name, "%" PRId64 ".%" PRIu64 " %s", op->client, op->tid, daemon);
	picture_lane(picture, name.data);
	for (unsigned i = 0; i < op->steps_len; i++) {
		const struct op_step *step = &op->steps[i];

		if (strcmp(step->daemon, daemon) != 0)
			continue;
		if (before) {
			buf_clear(&what);
			op_say_step(step, &what);
			picture_span(picture, step->name, (uint64_t)before->wall_ns, (uint64_t)step->wall_ns,
				     what.data);
		}
		before = step;
	}
	buf_free(&name);
	buf_free(&what);
}

static void draw_op(struct picture *picture, const struct op *op)
{
	for (unsigned i = 0; i < op->steps_len; i++) {
		bool is_new = true;

		for (unsigned j = 0; j < i && is_new; j++)
			is_new = strcmp(op->steps[i].daemon, op->steps[j].daemon) != 0;
		if (is_new)
			draw_lane(picture, op, op->steps[i].daemon);
	}
}

static int draw(struct view *view, unsigned len)
{
	struct picture *picture = picture_timeline(view->picture, "ops from end to end");

	for (unsigned i = 0; i < len; i++)
		draw_op(picture, store_of(view)->done[i]);
	return picture_end(picture);
}

/* ---- the view ---- */

static void print(struct view *view, struct report *report, unsigned len)
{
	const struct op_store *store = store_of(view);

	if (view->form == FORM_TEXT)
		shown_printf(&report->pending, "%" PRIu64 " ops were seen from end to end%s\n", store->ops,
			     len && len < store->ops ? "; the slowest:"
			     : len		     ? ":"
						     : "");
	for (unsigned i = 0; i < len; i++)
		(view->form == FORM_JSON  ? print_json
		 : view->form == FORM_CSV ? print_csv
					  : print_op)(report, store->done[i]);
}

static void align(struct view *view, struct report *report)
{
	struct shown said = {0};

	op_clocks_align(store_of(view), &said);
	if (said.buf.size && view->form == FORM_TEXT)
		shown_join(&report->pending, &said);
	shown_free(&said);
}

static void begin(struct view *view, const struct report *report)
{
	(void)report;
	((struct own *)view->own)->store = op_store_new((unsigned)view->values[SLOWEST].number);
}

static int end(struct view *view, struct report *report)
{
	struct op_store *store = store_of(view);
	unsigned len;
	int error = 0;

	op_store_finish(store);
	align(view, report);
	op_store_sort(store);
	len = store->done_len < store->keep ? store->done_len : store->keep;
	print(view, report, len);
	if (view->picture)
		error = draw(view, len);
	if (!error && view->values[CHROME].is_given)
		error = op_chrome(report, store, len, view->values[CHROME].text);
	return error ? error : report_flush(report);
}

static void free_own(struct view *view)
{
	op_store_free(store_of(view));
}

static const struct view_option options[OPTIONS] = {
	[SLOWEST] = {.name = "slowest",
		     .arg = "N",
		     .kind = VIEW_NUMBER,
		     .most = 1000,
		     .otherwise = 1,
		     .help = "the N ops that took longest (default 1)"},
	[CLIENT] =
		{.name = "client", .arg = "N", .kind = VIEW_NUMBER, .most = INT64_MAX, .help = "only of this client"},
	[TID] = {.name = "tid",
		 .arg = "M",
		 .kind = VIEW_NUMBER,
		 .most = INT64_MAX,
		 .help = "only with this transaction id"},
	[CHROME] = {.name = "chrome",
		    .arg = "FILE",
		    .kind = VIEW_FILE,
		    .help = "the same ops as trace events of Chrome, for Perfetto or chrome://tracing, as well"},
};

const struct view_ops view_op = {
	.name = "op",
	.doc = "the slowest ops, or one, from end to end: client, primary, replicas, stores, on one time line",
	.script = "op.d",
	.options = options,
	.options_len = OPTIONS,
	.forms = VIEW_FORM(JSON) | VIEW_FORM(CSV),
	.picture = "a time line of the same ops",
	.size = sizeof(struct own),
	.begin = begin,
	.event = event,
	.end = end,
	.free = free_own,
};
