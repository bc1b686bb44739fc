/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `report inflight`: the ops that are under way. In: the lines of scripts/inflight.d, one for each step of any op, and
 * what OSDs tell of themselves. Out: those that have been under way for longer than --over, oldest first, and what each
 * waits for.
 */
#include "views/inflight.h"

#include <stdio.h>
#include <string.h>

#include "views/inflight_print.h"
#include "views/inflight_types.h"

/* The values of a line of scripts/inflight.d, in order; some have no text. */
enum { VALUE_WALL, VALUE_PID, VALUE_LWP, VALUE_CLIENT, VALUE_TID, VALUE_OP, VALUE_A, VALUE_B, VALUE_TEXT, VALUES };

struct line {
	int64_t wall_ns, client, a, b;
	uint64_t tid, op;
	pid_t pid;
	uint64_t lwp;
	char text[96];
};

static struct inflight *own_of(struct view *view)
{
	return view->own;
}

/* ---- what each step means ---- */

static void on_create(struct flights *flights, struct flight *flight, const struct line *line)
{
	if (flight) /* its end was lost */
		flights_remove(flights, flight);
	flight = flights_add(flights, line->pid);
	flight->type = (uint16_t)line->a;
	flight->client = line->client;
	flight->tid = line->tid;
	flight->begin_ns = line->b;
	snprintf(flight->daemon, sizeof(flight->daemon), "%s", line->text);
	flight_wait(flight, WHY_MAP, line->wall_ns);
	flights_set_key(flights, flight, KEY_OP, line->op);
	flights_set_key(flights, flight, KEY_REQUEST, flight_request(line->client, line->tid));
}

static void on_enqueue(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight->pool = line->a;
	flight->pg = line->b;
	flight_wait(flight, WHY_QUEUE, line->wall_ns);
}

/* Only the op that it is at work on belongs to a thread. */
static void on_dequeue(struct flights *flights, struct flight *flight, const struct line *line)
{
	struct flight *earlier = flights_find(flights, line->pid, KEY_THREAD, line->lwp);

	if (earlier)
		flights_set_key(flights, earlier, KEY_THREAD, 0);
	flights_set_key(flights, flight, KEY_THREAD, line->lwp);
	flight_wait(flight, WHY_WORKER, line->wall_ns);
}

static void on_requeue(struct flights *flights, struct flight *flight, const struct line *line)
{
	flights_set_key(flights, flight, KEY_THREAD, 0);
	flight_wait(flight, WHY_QUEUE, line->wall_ns);
}

static void on_words(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight_event(flight, line->text, line->wall_ns);
}

/* One that is put aside: whatever Ceph calls it. */
static void on_delay(struct flights *flights, struct flight *flight, const struct line *line)
{
	flights_set_key(flights, flight, KEY_THREAD, 0);
	on_words(flights, flight, line);
	if (flight->why < WHY_DEGRADED) {
		flight_wait(flight, WHY_OTHER, line->wall_ns);
		snprintf(flight->words, sizeof(flight->words), "%s", line->text);
	}
}

static void on_start(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight->opcode = (uint16_t)line->a;
	flight->size = (uint64_t)line->b;
	snprintf(flight->object, sizeof(flight->object), "%s", line->text);
	flight_wait(flight, WHY_EXECUTE, line->wall_ns);
}

static void on_reply(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight_answered(flight, line->a);
}

static void on_own_commit(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight->own_done = true;
	if (flight->why != WHY_REPLICAS && flight->why != WHY_SHARDS)
		flight_wait(flight, WHY_FINISH, line->wall_ns);
}

static void on_committed(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight_wait(flight, WHY_FINISH, line->wall_ns);
}

static void on_shards(struct flights *flights, struct flight *flight, const struct line *line)
{
	flight->peers_len = 0;
	flight_wait(flight, WHY_SHARDS, line->wall_ns);
	flights_set_key(flights, flight, KEY_NUMBER, (uint64_t)line->a);
}

static void on_shard_reads(struct flights *flights, struct flight *flight, const struct line *line)
{
	flight->peers_len = 0;
	flight_wait(flight, WHY_SHARD_READS, line->wall_ns);
	flights_set_key(flights, flight, KEY_NUMBER, (uint64_t)line->a);
}

static void on_shard(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight_add_peer(flight, line->b);
}

static void on_read_done(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	if (flight->why == WHY_SHARD_READS)
		flight_wait(flight, WHY_EXECUTE, line->wall_ns);
}

static void on_whose(struct flights *flights, struct flight *flight, const struct line *line)
{
	if (flight->client)
		return;
	flight->client = line->client;
	flight->tid = line->tid;
	flights_set_key(flights, flight, KEY_REQUEST, flight_request(line->client, line->tid));
}

/* What the own store does, beside the replicas or alone. */
static void store_is(struct flight *flight, enum inflight_why why, int64_t now_ns)
{
	if (flight->why == WHY_REPLICAS || flight->why == WHY_SHARDS)
		flight->own = why;
	else
		flight_wait(flight, why, now_ns);
}

static void on_txn(struct flights *flights, struct flight *flight, const struct line *line)
{
	flights_set_key(flights, flight, KEY_TXN, (uint64_t)line->a);
	store_is(flight, WHY_STORE, line->wall_ns);
}

static void on_device(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	store_is(flight, WHY_DEVICE, line->wall_ns);
}

static void on_stored(struct flights *flights, struct flight *flight, const struct line *line)
{
	flights_set_key(flights, flight, KEY_TXN, 0); /* the store goes on with it, and may use the address anew */
	store_is(flight, WHY_COMMIT, line->wall_ns);
}

static void on_free(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)line;
	flights_remove(flights, flight);
}

/* ---- PGs that tell clients to wait ---- */

static uint64_t held_off_key(const struct line *line)
{
	return 1ull << 63 | (uint64_t)line->a << 32 | (uint64_t)line->b;
}

static void on_backoff(struct flights *flights, struct flight *flight, const struct line *line)
{
	if (flight)
		return;
	flight = flights_add(flights, line->pid);
	flight->type = TYPE_HELD_OFF;
	flight->pool = line->a;
	flight->pg = line->b;
	flight->begin_ns = line->wall_ns;
	snprintf(flight->object, sizeof(flight->object), "%s", line->text);
	flight_wait(flight, line->text[0] ? WHY_MISSING : WHY_PEERING, line->wall_ns);
	flights_set_key(flights, flight, KEY_OP, held_off_key(line));
}

/* ---- clients ---- */

static void on_submit(struct flights *flights, struct flight *flight, const struct line *line)
{
	if (flight)
		flights_remove(flights, flight);
	flight = flights_add(flights, line->pid);
	flight->type = TYPE_CLIENT;
	flight->begin_ns = line->wall_ns;
	snprintf(flight->daemon, sizeof(flight->daemon), "%s", line->text);
	flight_wait(flight, WHY_SENDING, line->wall_ns);
	flights_set_key(flights, flight, KEY_OP, line->op);
}

static void on_send(struct flights *flights, struct flight *flight, const struct line *line)
{
	(void)flights;
	flight->tid = line->tid;
	flight->pool = line->b >> 32;
	flight->pg = line->b & 0xffffffff;
	flight->peers_len = 0;
	flight_add_peer(flight, line->a);
	snprintf(flight->object, sizeof(flight->object), "%s", line->text);
	flight_wait(flight, WHY_ANSWER, line->wall_ns);
}

static const struct {
	const char *marker;
	enum flight_key by; /* KEYS: the PG, as KEY_OP */
	void (*take)(struct flights *flights, struct flight *flight, const struct line *line);
} steps[] = {
	{"op-create", KEY_OP, on_create},
	{"op-enqueue", KEY_OP, on_enqueue},
	{"op-dequeue-start", KEY_OP, on_dequeue},
	{"op-requeue", KEY_OP, on_requeue},
	{"op-flag", KEY_OP, on_delay},
	{"op-start", KEY_OP, on_start},
	{"op-wait-subops", KEY_OP, on_words},
	{"subop-reply", KEY_REQUEST, on_reply},
	{"local-commit", KEY_OP, on_own_commit},
	{"ec-local-commit", KEY_OP, on_own_commit},
	{"repop-committed", KEY_OP, on_committed},
	{"ec-write-start", KEY_REQUEST, on_shards},
	{"ec-read-send", KEY_THREAD, on_shard_reads},
	{"ec-subwrite-reply", KEY_NUMBER, on_shard},
	{"ec-subread-reply", KEY_NUMBER, on_shard},
	{"ec-read-done", KEY_NUMBER, on_read_done},
	{"ec-subwrite-start", KEY_OP, on_whose},
	{"txn-create", KEY_OP, on_txn},
	{"txn-aio-submit", KEY_TXN, on_device},
	{"txn-io-done", KEY_TXN, on_stored},
	{"op-free", KEY_OP, on_free},
	{"backoff-start", KEYS, on_backoff},
	{"backoff-done", KEYS, on_free},
	{"op-submit", KEY_OP, on_submit},
	{"op-send", KEY_OP, on_send},
	{"op-finish", KEY_OP, on_free},
};

static uint64_t key_of(const struct line *line, enum flight_key by)
{
	switch (by) {
	case KEY_OP:
		return line->op;
	case KEY_REQUEST:
		return flight_request(line->client, line->tid);
	case KEY_THREAD:
		return line->lwp;
	case KEYS:
		return held_off_key(line);
	default:
		return (uint64_t)line->a;
	}
}

/* The others are about a flight that is there. */
static bool makes_one(unsigned step)
{
	return steps[step].take == on_create || steps[step].take == on_backoff || steps[step].take == on_submit;
}

static void take_line(struct flights *flights, const char *marker, const struct line *line)
{
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct flight *flight;

		if (strcmp(steps[i].marker, marker))
			continue;
		flight = flights_find(flights, line->pid, steps[i].by == KEYS ? KEY_OP : steps[i].by,
				      key_of(line, steps[i].by));
		if (flight || makes_one(i))
			steps[i].take(flights, flight, line);
		return;
	}
}

/* ---- taking lines in ---- */

static int64_t number(const struct record_action *action, const char *record, unsigned i)
{
	return (int64_t)field_int(&action->fields[i], record + action->fields[i].offset);
}

static struct line read_line(const struct record_action *action, const char *record)
{
	struct line line = {
		.wall_ns = number(action, record, VALUE_WALL),
		.pid = (pid_t)number(action, record, VALUE_PID),
		.lwp = (uint64_t)number(action, record, VALUE_LWP),
		.client = number(action, record, VALUE_CLIENT),
		.tid = (uint64_t)number(action, record, VALUE_TID),
		.op = (uint64_t)number(action, record, VALUE_OP),
		.a = number(action, record, VALUE_A),
		.b = number(action, record, VALUE_B),
	};

	if (action->fields_len == VALUES) {
		const struct field *field = &action->fields[VALUE_TEXT];
		const char *text = record + field->offset;

		snprintf(line.text, sizeof(line.text), "%.*s", (int)field_text_size(field, text), text);
	}
	return line;
}

static int event(struct view *view, const struct record_layout *layout, const struct schema_probe *probe,
		 const struct record_head *head)
{
	for (unsigned i = 0; i < layout->actions_len; i++) {
		const struct record_action *action = &layout->actions[i];

		if ((action->fields_len == VALUES || action->fields_len == VALUE_TEXT) &&
		    ((const uint8_t *)head)[action->present]) {
			struct line line = read_line(action, (const char *)head);

			take_line(own_of(view)->flights, probe->name, &line);
		}
	}
	return 0;
}

static void lost(struct view *view, uint64_t count)
{
	own_of(view)->lost += count;
}

/* ---- the view ---- */

static void begin(struct view *view, const struct report *report)
{
	own_of(view)->flights = flights_new();
	own_of(view)->begin_ns = (int64_t)report_time_ns(report);
}

static int interval(struct view *view, struct report *report)
{
	inflight_print(view, report, false);
	return report_flush(report);
}

static int end(struct view *view, struct report *report)
{
	inflight_print(view, report, true);
	return report_flush(report);
}

static void free_own(struct view *view)
{
	flights_free(own_of(view)->flights);
}

static const struct view_option options[INFLIGHT_OPTIONS] = {
	[INFLIGHT_OVER] = {.name = "over",
			   .arg = "TIME",
			   .kind = VIEW_TIME,
			   .otherwise = 100000000,
			   .help = "ops that have been under way for so long, such as 20ms, 1.5s (default 100ms)"},
	[INFLIGHT_MOST] = {.name = "most",
			   .arg = "N",
			   .kind = VIEW_NUMBER,
			   .least = 1,
			   .most = 1000000,
			   .otherwise = 20,
			   .help = "the N oldest of them (default 20; JSON and CSV have all)"},
};

const struct view_ops view_inflight = {
	.name = "inflight",
	.doc = "ops that are under way now, oldest first: for how long, and what each waits for",
	.script = "inflight.d",
	.options = options,
	.options_len = INFLIGHT_OPTIONS,
	.forms = VIEW_FORM(JSON) | VIEW_FORM(CSV),
	.needs = VIEW_HOST_OPS | VIEW_ONE_HOST,
	.size = sizeof(struct inflight),
	.begin = begin,
	.event = event,
	.lost = lost,
	.interval = interval,
	.end = end,
	.free = free_own,
};
