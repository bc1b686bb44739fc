/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ops that are under way as a table: those that the markers followed, and those that OSDs tell of besides. */
#include "views/inflight_print.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/latency.h"
#include "views/inflight_types.h"
#include "views/opcode.h"

enum { GROUPS_MAX = 10, LATE_NS = 1000000000 /* an OSD that is asked now has told of an op that is older */ };

struct row {
	const struct flight *flight, *behind;
	const char *daemon, *waits; /* what it waits for, as a sentence's end */
};

struct table {
	struct view *view;
	struct inflight *own;
	struct report *report;
	struct arena *arena;
	struct row *rows; /* those over the limit, oldest first */
	unsigned rows_len, ops, before;
	int64_t now_ns, over_ns;
};

/* ---- facts ---- */

static const struct fact *fact_of(const struct table *table, const char *name, pid_t pid)
{
	const struct facts *facts = &table->report->facts;

	for (unsigned i = 0; i < facts->list_len; i++)
		if (facts->list[i].number == (uint64_t)pid && !strcmp(facts->list[i].name, name))
			return &facts->list[i];
	return NULL;
}

/* Why the OSD of this number does not tell, if it is on this host; two of one number are two clusters'. */
static const char *mute(const struct table *table, int32_t osd)
{
	const struct facts *facts = &table->report->facts;
	const struct fact *found = NULL, *why;
	char name[16];
	int size = snprintf(name, sizeof(name), "osd.%d", osd);
	unsigned n = 0;

	for (unsigned i = 0; i < facts->list_len; i++) {
		const struct fact *fact = &facts->list[i];

		if (strcmp(fact->name, INFLIGHT_OSD) || strncmp(fact->text, name, (size_t)size) ||
		    (fact->text[size] && fact->text[size] != '#'))
			continue;
		found = fact;
		n++;
	}
	why = n == 1 ? fact_of(table, INFLIGHT_MUTE, (pid_t)found->number) : NULL;
	return why && !strcmp(why->text, INFLIGHT_STOPPED) ? why->text : NULL;
}

/* ---- what it waits for ---- */

static void say_peers(const struct table *table, const struct flight *flight, struct buf *out)
{
	for (unsigned i = 0; i < flight->peers_len; i++) {
		const char *why = mute(table, flight->peers[i]);

		buf_printf(out, "%sosd.%d", i ? ", " : " ", flight->peers[i]);
		if (why)
			buf_printf(out, " (%s)", why);
	}
}

/* Does this flight on an OSD concern what a client waits for? OSDs of one number may be two clusters'. */
static bool is_of_osd(const struct table *table, const struct flight *flight, const struct flight *client)
{
	const struct fact *osd = fact_of(table, INFLIGHT_OSD, flight->pid);

	return osd && !strncmp(osd->text, "osd.", 4) && client->peers_len && atoi(osd->text + 4) == client->peers[0] &&
	       flight->pool == client->pool && flight->pg == client->pg;
}

static const char *told_to_wait(const struct table *table, const struct flight *client)
{
	for (const struct flight *other = flights_first(table->own->flights); other; other = other->after)
		if (other->type == TYPE_HELD_OFF && is_of_osd(table, other, client) &&
		    (!other->object[0] || !strcmp(other->object, client->object)))
			return other->object[0] ? ", which cannot read the object and has told the client to wait"
						: ", whose PG is not active and has told the client to wait";
	return "";
}

/* The OSD's part of a client's op tells more. */
static bool is_on_osd(const struct table *table, const struct flight *client)
{
	for (const struct flight *other = flights_first(table->own->flights); other; other = other->after)
		if (other->type == TYPE_OP && other->tid == client->tid && is_of_osd(table, other, client))
			return true;
	return false;
}

static const char *waits(const struct table *table, const struct flight *flight)
{
	enum inflight_why why = flight_why(flight);
	struct buf out = {0};
	const char *text;

	buf_puts(&out, why_text(why));
	if (why == WHY_REPLICAS && flight->answers)
		buf_printf(&out, " %u of", flight->peers_len - flight->answers);
	if (why == WHY_REPLICAS || why == WHY_ANSWER)
		say_peers(table, flight, &out);
	if (why == WHY_ANSWER)
		buf_puts(&out, told_to_wait(table, flight));
	if ((why == WHY_REPLICAS || why == WHY_SHARDS) && !flight->own_done)
		buf_printf(&out, "; in its own OSD for %s", why_text(flight->own));
	if ((why == WHY_SHARDS || why == WHY_SHARD_READS) && flight->peers_len) {
		buf_puts(&out, "; done by");
		say_peers(table, flight, &out);
	}
	if (why == WHY_OTHER)
		buf_printf(&out, " \"%s\"", flight->words);
	text = arena_strndup(table->arena, out.data, out.size);
	buf_free(&out);
	return text;
}

/* The op of its PG that a worker has meanwhile. */
static const struct flight *behind(const struct table *table, const struct flight *flight)
{
	if (flight_why(flight) != WHY_QUEUE || flight->pool < 0)
		return NULL;
	for (const struct flight *other = flights_first(table->own->flights); other; other = other->after)
		if (other->key[KEY_THREAD] && other->pid == flight->pid && other->pool == flight->pool &&
		    other->pg == flight->pg &&
		    (other->why == WHY_WORKER || other->why == WHY_EXECUTE || other->why == WHY_STORE))
			return other;
	return NULL;
}

/* ---- which ops ---- */

static bool is_over(struct table *table, const struct flight *flight)
{
	table->ops++;
	return table->now_ns - flight->begin_ns >= table->over_ns;
}

static void add_row(struct table *table, const struct flight *flight)
{
	const struct fact *daemon = fact_of(table, INFLIGHT_OSD, flight->pid);

	if (flight->type == TYPE_CLIENT && is_on_osd(table, flight))
		return;
	if (!is_over(table, flight))
		return;
	table->before += flight->is_from_before;
	*arena_push(table->arena, table->rows, table->rows_len) = (struct row){
		.flight = flight,
		.behind = behind(table, flight),
		.daemon = flight->daemon[0] ? flight->daemon
			  : daemon	    ? daemon->text
					    : "?",
		.waits = waits(table, flight),
	};
}

/* The markers know it too: what only the OSD tells joins it. */
static void join(struct flight *flight, const struct flight *told)
{
	flight->is_told = true;
	memcpy(flight->ops, told->ops, sizeof(flight->ops));
	if (!flight->object[0])
		memcpy(flight->object, told->object, sizeof(flight->object));
}

static void take_told(struct table *table)
{
	const struct facts *facts = &table->report->facts;

	for (unsigned i = 0; i < facts->list_len; i++) {
		struct flight told, *known;

		if (!told_read(&facts->list[i], &told))
			continue;
		known = flights_find(table->own->flights, told.pid, KEY_REQUEST, flight_request(told.client, told.tid));
		told.is_from_before = told.begin_ns < table->own->begin_ns;
		if (known && known->type == told.type)
			join(known, &told);
		else if (told.is_from_before || !told.type || table->own->lost)
			add_row(table, arena_memdup(table->arena, &told, sizeof(told)));
	}
}

/* Its OSD has ended, or tells of all that it has and not of this. */
static bool is_gone(const struct table *table, const struct flight *flight)
{
	if (!table->report->facts.list_len)
		return false;
	if (!fact_of(table, flight->type == TYPE_CLIENT ? INFLIGHT_CLIENT : INFLIGHT_OSD, flight->pid))
		return true;
	return !flight->is_told && flight->client && flight->begin_ns < table->now_ns - LATE_NS &&
	       !fact_of(table, INFLIGHT_MUTE, flight->pid);
}

static int compare(const void *left, const void *right)
{
	int64_t a = ((const struct row *)left)->flight->begin_ns, b = ((const struct row *)right)->flight->begin_ns;

	return a < b ? -1 : a > b;
}

static void gather(struct table *table)
{
	for (struct flight *flight = flights_first(table->own->flights); flight; flight = flight->after)
		flight->is_told = false;
	take_told(table);
	for (struct flight *flight = flights_first(table->own->flights), *after; flight; flight = after) {
		after = flight->after;
		if (is_gone(table, flight))
			flights_remove(table->own->flights, flight);
	}
	for (struct flight *flight = flights_first(table->own->flights); flight; flight = flight->after)
		add_row(table, flight);
	if (table->rows_len)
		qsort(table->rows, table->rows_len, sizeof(*table->rows), compare);
}

/* ---- text ---- */

static const char *kind(const struct flight *flight)
{
	switch (flight->type) {
	case TYPE_OP:
		return "op";
	case TYPE_REPOP:
		return "replica";
	case TYPE_SHARD_WRITE:
		return "shard-write";
	case TYPE_SHARD_READ:
		return "shard-read";
	case TYPE_CLIENT:
		return "client";
	case TYPE_HELD_OFF:
		return "held-off";
	default:
		return "other";
	}
}

static const char *operations(const struct table *table, const struct flight *flight)
{
	if (flight->ops[0] || !flight->opcode)
		return flight->ops;
	return arena_printf(table->arena, "%s %" PRIu64, opcode_name(flight->opcode, table->arena), flight->size);
}

static const char *pg(const struct table *table, const struct flight *flight)
{
	return flight->pool < 0 ? "" : arena_printf(table->arena, "%" PRId64 ".%" PRIx64, flight->pool, flight->pg);
}

static const char *request(const struct table *table, const struct flight *flight)
{
	return flight->client ? arena_printf(table->arena, "%" PRId64 ".%" PRIu64, flight->client, flight->tid) : "";
}

/* Rows of one reason are a line, in the order of their oldest. */
static void print_groups(struct table *table)
{
	bool *is_done = arena_new_array(table->arena, bool, table->rows_len);
	char age[16];
	unsigned groups = 0;

	shown_printf(&table->report->pending, "\n%8s %10s  %s\n", "OPS", "OLDEST", "WAIT FOR");
	for (unsigned i = 0; i < table->rows_len && groups < GROUPS_MAX; i++) {
		unsigned n = 0;

		for (unsigned j = i; !is_done[i] && j < table->rows_len; j++)
			if (!is_done[j] && !strcmp(table->rows[i].waits, table->rows[j].waits)) {
				is_done[j] = j > i;
				n++;
			}
		if (!n)
			continue;
		groups++;
		duration_print((double)(table->now_ns - table->rows[i].flight->begin_ns), age);
		shown_printf(&table->report->pending, "%8u %10s  %s\n", n, age, table->rows[i].waits);
	}
}

static void print_row(struct table *table, const struct row *row)
{
	const struct flight *flight = row->flight;
	struct shown *out = &table->report->pending;
	char age[16], since[16] = "";

	duration_print((double)(table->now_ns - flight->begin_ns), age);
	if (flight->since_ns)
		duration_print((double)(table->now_ns - flight->since_ns), since);
	shown_printf(out, "%10s%1s %-11s %-11s %-16s %-7s %s", age, flight->is_from_before ? "*" : "", row->daemon,
		     kind(flight), request(table, flight), pg(table, flight),
		     flight->type == TYPE_HELD_OFF && !flight->object[0] ? "(clients are told to wait)"
									 : flight->object);
	if (operations(table, flight)[0])
		shown_printf(out, " [%s]", operations(table, flight));
	shown_printf(out, "\n%12s has waited%s%s for %s\n", "", since[0] ? " " : "", since, row->waits);
	if (row->behind)
		shown_printf(out, "%12s behind client.tid %s of the same PG\n", "", request(table, row->behind));
}

static void print_notes(struct table *table)
{
	const struct facts *facts = &table->report->facts;
	struct shown *out = &table->report->pending;

	if (table->before)
		shown_puts(out, "* began before this report: as its OSD tells\n");
	for (unsigned i = 0; i < facts->list_len; i++) {
		const struct fact *fact = &facts->list[i],
				  *osd = strcmp(fact->name, INFLIGHT_MUTE)
						 ? NULL
						 : fact_of(table, INFLIGHT_OSD, (pid_t)fact->number);

		if (osd)
			shown_printf(out, "%s: ops that began before this report are not known: %s\n", osd->text,
				     fact->text);
	}
	if (table->own->lost)
		shown_printf(out,
			     "%" PRIu64 " records were lost: of ops from then what they wait for may be out of date\n",
			     table->own->lost);
}

static void print_text(struct table *table, bool is_last)
{
	struct shown *out = &table->report->pending;
	unsigned most = (unsigned)table->view->values[INFLIGHT_MOST].number, len = table->rows_len;
	char over[16];

	if (table->view->is_on_terminal && is_last) /* ^C is pressed to keep what is seen */
		shown_puts(out, "\n");
	else if (table->view->is_on_terminal)
		shown_puts(out, SHOWN_CLEAR);
	report_date(table->report, (uint64_t)table->now_ns, out);
	duration_print((double)table->over_ns, over);
	shown_printf(out, ": %u ops in flight, %u of them for %s and longer\n", table->ops, len, over);
	if (len) {
		print_groups(table);
		shown_printf(out, "\n%10s  %-11s %-11s %-16s %-7s %s\n", "AGE", "OSD", "KIND", "CLIENT.TID", "PG",
			     "OBJECT [OPERATIONS]");
	}
	for (unsigned i = 0; i < len && i < most; i++)
		print_row(table, &table->rows[i]);
	if (len > most)
		shown_printf(out, "(and %u younger ones)\n", len - most);
	print_notes(table);
	shown_putc(out, '\n');
}

/* ---- for programs ---- */

static void add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *name, int64_t number)
{
	json_object_object_add(object, name, json_object_new_int64(number));
}

static struct json_object *json_row(const struct table *table, const struct row *row)
{
	const struct flight *flight = row->flight;
	struct json_object *object = json_object_new_object();

	add_number(object, "time_ns", table->now_ns);
	add_text(object, "daemon", row->daemon);
	add_number(object, "pid", flight->pid);
	add_text(object, "kind", kind(flight));
	if (flight->client) {
		add_number(object, "client", flight->client);
		add_number(object, "tid", (int64_t)flight->tid);
	}
	add_text(object, "pg", pg(table, flight));
	add_text(object, "object", flight->object);
	add_text(object, "operations", operations(table, flight));
	add_number(object, "age_ns", table->now_ns - flight->begin_ns);
	add_text(object, "waits_for", why_code(flight_why(flight)));
	add_text(object, "waits_text", row->waits);
	if (flight->since_ns)
		add_number(object, "waits_ns", table->now_ns - flight->since_ns);
	if (row->behind)
		add_text(object, "behind", request(table, row->behind));
	json_object_object_add(object, "began_before", json_object_new_boolean(flight->is_from_before));
	return object;
}

static void add_peers(struct json_object *object, const struct flight *flight)
{
	struct json_object *peers = json_object_new_array();

	for (unsigned i = 0; i < flight->peers_len; i++)
		json_object_array_add(peers, json_object_new_int(flight->peers[i]));
	json_object_object_add(object, flight_why(flight) == WHY_REPLICAS ? "waits_for_osds" : "answered_osds", peers);
}

static struct json_object *json_osds(const struct table *table)
{
	const struct facts *facts = &table->report->facts;
	struct json_object *osds = json_object_new_array();

	for (unsigned i = 0; i < facts->list_len; i++) {
		const struct fact *fact = &facts->list[i], *why = fact_of(table, INFLIGHT_MUTE, (pid_t)fact->number);
		struct json_object *osd;

		if (strcmp(fact->name, INFLIGHT_OSD))
			continue;
		osd = json_object_new_object();
		add_text(osd, "daemon", fact->text);
		add_number(osd, "pid", (int64_t)fact->number);
		if (why)
			add_text(osd, "not_told", why->text);
		json_object_array_add(osds, osd);
	}
	return osds;
}

static void print_json(struct table *table)
{
	struct json_object *object = json_object_new_object(), *ops = json_object_new_array();

	add_text(object, "type", "inflight");
	add_number(object, "time_ns", table->now_ns);
	add_number(object, "over_ns", table->over_ns);
	add_number(object, "ops_in_flight", table->ops);
	add_number(object, "lost", (int64_t)table->own->lost);
	json_object_object_add(object, "osds", json_osds(table));
	for (unsigned i = 0; i < table->rows_len; i++) {
		struct json_object *row = json_row(table, &table->rows[i]);

		add_peers(row, table->rows[i].flight);
		json_object_array_add(ops, row);
	}
	json_object_object_add(object, "ops", ops);
	shown_json(&table->report->pending, object, JSON_C_TO_STRING_PLAIN);
	shown_putc(&table->report->pending, '\n');
	json_object_put(object);
}

static void print_csv(struct table *table)
{
	static const char *const columns[] = {"time_ns",   "daemon",   "pid",	     "kind",	     "client",
					      "tid",	   "pg",       "object",     "operations",   "age_ns",
					      "waits_for", "waits_ns", "waits_text", "began_before", "behind"};

	for (unsigned i = 0; i < table->rows_len; i++) {
		struct json_object *row = json_row(table, &table->rows[i]);

		csv_row_of(table->report, columns, sizeof(columns) / sizeof(columns[0]), row);
		json_object_put(row);
	}
}

void inflight_print(struct view *view, struct report *report, bool is_last)
{
	struct table table = {.view = view,
			      .own = view->own,
			      .report = report,
			      .arena = arena_new(),
			      .now_ns = (int64_t)report_time_ns(report),
			      .over_ns = (int64_t)view->values[INFLIGHT_OVER].number};

	gather(&table);
	if (view->form == FORM_JSON)
		print_json(&table);
	else if (view->form == FORM_CSV)
		print_csv(&table);
	else
		print_text(&table, is_last);
	arena_free(table.arena);
}
