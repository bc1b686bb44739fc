/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/stages.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "views/blame.h"
#include "report/common.h"
#include "report/csv.h"
#include "report/latency.h"
#include "views/stages_ended.h"
#include "views/stages_heat.h"
#include "views/view.h"
#include "report/openmetrics.h"

enum { NONE = ~0u, KEYS = 3, ROW_BUCKETS = 64, BAR = 40 };

/* The aggregations that scripts/osd.d fills; NONE where a script has it not. */
struct inputs {
	unsigned latency, total, worst, waited, waited_ns, pg;
};

/* One stage of one class of op on one daemon. */
struct stage_row {
	const char *daemon, *class, *stage; /* stage: "0 whole", "5a build" */
	const uint64_t *latency;	    /* a histogram */
	uint64_t count;
	double total, worst;
};

struct table {
	struct inputs inputs;
	struct arena *arena;
	struct stage_row *rows;
	unsigned rows_len;
	struct report *report;
	struct view *view;
	bool is_last; /* and so of what came since the table before: less than an interval */
};

static bool is_verbose(const struct table *table);

/* --- From aggregations to rows --- */

static unsigned find_agg(const struct schema *schema, const char *name)
{
	for (unsigned i = 0; i < schema->aggs_len; i++)
		if (!strcmp(schema->aggs[i].name, name))
			return i;
	return NONE;
}

/* A recording may say anything of its aggregations: they are taken when they have the keys that are read here. */
static unsigned find_stages_agg(const struct schema *schema, const char *name)
{
	unsigned agg = find_agg(schema, name);

	if (agg == NONE || schema->aggs[agg].keys_len != KEYS)
		return NONE;
	for (unsigned i = 0; i < KEYS; i++)
		if (schema->aggs[agg].keys[i].kind != FIELD_STRING)
			return NONE;
	return agg;
}

static unsigned find_latency(const struct schema *schema)
{
	unsigned agg = find_stages_agg(schema, "latency");

	return agg != NONE && schema->aggs[agg].shape.agg->buckets ? agg : NONE;
}

static unsigned find_peers_agg(const struct schema *schema, const char *name)
{
	unsigned agg = find_agg(schema, name);

	if (agg == NONE || schema->aggs[agg].keys_len != 3 || schema->aggs[agg].keys[0].kind != FIELD_STRING ||
	    schema->aggs[agg].keys[1].kind != FIELD_STRING || schema->aggs[agg].keys[2].kind != FIELD_INT)
		return NONE;
	return agg;
}

static unsigned find_pg_agg(const struct schema *schema)
{
	unsigned agg = find_agg(schema, "pg");

	if (agg == NONE || schema->aggs[agg].keys_len != 3 || schema->aggs[agg].keys[0].kind != FIELD_STRING ||
	    schema->aggs[agg].keys[1].kind != FIELD_INT || schema->aggs[agg].keys[2].kind != FIELD_INT ||
	    schema->aggs[agg].value_size < 2 * sizeof(uint64_t))
		return NONE;
	return agg;
}

static struct inputs find_inputs(const struct schema *schema)
{
	struct inputs inputs = {
		.latency = find_latency(schema),
		.total = find_stages_agg(schema, "total"),
		.worst = find_stages_agg(schema, "worst"),
		.waited = find_peers_agg(schema, "waited"),
		.waited_ns = find_peers_agg(schema, "waitedns"),
		.pg = find_pg_agg(schema),
	};

	if (inputs.waited_ns != NONE && schema->aggs[inputs.waited_ns].value_size < 2 * sizeof(uint64_t))
		inputs.waited_ns = NONE;
	return inputs;
}

static const char *key_text(struct table *table, unsigned agg, const struct agg_row *row, unsigned i)
{
	const struct field *field = &table->report->schema->aggs[agg].keys[i];
	const char *text = (const char *)row->key + field->offset;

	return arena_strndup(table->arena, text, field_text_size(field, text));
}

static struct stage_row *row_find(struct table *table, const char *daemon, const char *class, const char *stage)
{
	for (unsigned i = 0; i < table->rows_len; i++) {
		struct stage_row *row = &table->rows[i];

		if (!strcmp(row->daemon, daemon) && !strcmp(row->class, class) && !strcmp(row->stage, stage))
			return row;
	}
	return NULL;
}

static void take_latency(struct table *table)
{
	unsigned n, agg = table->inputs.latency;
	const struct agg_row *rows = reader_agg_rows(table->report->reader, agg, &n);

	for (unsigned i = 0; i < n; i++) {
		struct stage_row *row;
		size_t words = table->report->schema->aggs[agg].value_size / sizeof(uint64_t);

		if (!rows[i].value[0])
			continue;
		row = arena_push(table->arena, table->rows, table->rows_len);
		row->daemon = key_text(table, agg, &rows[i], 0);
		row->class = key_text(table, agg, &rows[i], 1);
		row->stage = key_text(table, agg, &rows[i], 2);
		row->latency = arena_memdup(table->arena, rows[i].value, words * sizeof(uint64_t));
		row->count = rows[i].value[0];
	}
}

static void take_number(struct table *table, unsigned agg, size_t member)
{
	const struct agg_row *rows;
	unsigned n;

	if (agg == NONE)
		return;
	rows = reader_agg_rows(table->report->reader, agg, &n);
	for (unsigned i = 0; i < n; i++) {
		struct stage_row *row = row_find(table, key_text(table, agg, &rows[i], 0),
						 key_text(table, agg, &rows[i], 1), key_text(table, agg, &rows[i], 2));
		const struct agg_shape *shape = &table->report->schema->aggs[agg].shape;

		if (row)
			*(double *)((char *)row + member) = (double)shape->agg->number(shape, rows[i].value, 1);
	}
}

/* "osd.10" after "osd.9"; classes and stages by their letters. */
static int compare_rows(const void *a, const void *b)
{
	const struct stage_row *x = a, *y = b;
	int order = strverscmp(x->daemon, y->daemon);

	if (!order)
		order = strcmp(x->class, y->class);
	return order ? order : strcmp(x->stage, y->stage);
}

static void take(struct table *table)
{
	take_latency(table);
	take_number(table, table->inputs.total, offsetof(struct stage_row, total));
	take_number(table, table->inputs.worst, offsetof(struct stage_row, worst));
	if (table->rows_len)
		qsort(table->rows, table->rows_len, sizeof(*table->rows), compare_rows);
}

/* The whole that a stage is a share of: the first row of its group. */
static double whole_of(const struct table *table, const struct stage_row *row)
{
	const struct stage_row *whole = row_find((struct table *)table, row->daemon, row->class, "0 whole");

	return whole ? whole->total : 0;
}

/* "5a build" is "build", a part of stage 5. */
static const char *stage_name(const struct stage_row *row, bool *is_part)
{
	const char *blank = strchr(row->stage, ' ');

	*is_part = isdigit((unsigned char)row->stage[0]) && isalpha((unsigned char)row->stage[1]);
	return blank && isdigit((unsigned char)row->stage[0]) ? blank + 1 : row->stage;
}

/* --- Who was waited for --- */

struct peer {
	int64_t osd; /* -1: the primary's own store was the last */
	uint64_t count;
	double ns;
};

static int compare_peers(const void *a, const void *b)
{
	const struct peer *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

static unsigned take_peers(struct table *table, const char *daemon, const char *class, struct peer **peers)
{
	unsigned aggs[2] = {table->inputs.waited, table->inputs.waited_ns}, n, len = 0;
	const struct agg_row *rows;

	*peers = NULL;
	if (aggs[0] == NONE || aggs[1] == NONE)
		return 0;
	rows = reader_agg_join(table->report->reader, aggs, 2, &n);
	for (unsigned i = 0; i < n; i++) {
		const struct agg_row *row = &rows[2 * i];
		const struct field *field = &table->report->schema->aggs[aggs[0]].keys[2];

		if (!row[0].value[0] || strcmp(key_text(table, aggs[0], &row[0], 0), daemon) ||
		    strcmp(key_text(table, aggs[0], &row[0], 1), class))
			continue;
		*arena_push(table->arena, *peers, len) = (struct peer){
			.osd = (int64_t)field_int(field, (const char *)row[0].key + field->offset),
			.count = row[0].value[0],
			.ns = (double)(int64_t)row[1].value[1],
		};
	}
	if (len)
		qsort(*peers, len, sizeof(**peers), compare_peers);
	return len;
}

/* --- Text --- */

static void print_peers(struct table *table, const char *daemon, const char *class)
{
	struct shown *out = &table->report->pending;
	struct peer *peers;
	unsigned n = take_peers(table, daemon, class, &peers);
	uint64_t all = 0;
	char mean[16];

	for (unsigned i = 0; i < n; i++)
		all += peers[i].count;
	if (!n)
		return;
	shown_puts(out, "  waited for");
	for (unsigned i = 0; i < n; i++) {
		if (peers[i].osd < 0) {
			shown_printf(out, "%s no other OSD %.0f %%", i ? "," : "",
				     100.0 * (double)peers[i].count / (double)all);
			continue;
		}
		duration_print(peers[i].ns / (double)peers[i].count, mean);
		shown_printf(out, "%s osd.%d %.0f %% (%s)", i ? "," : "", (int)peers[i].osd,
			     100.0 * (double)peers[i].count / (double)all, mean);
	}
	shown_putc(out, '\n');
}

static int64_t key_number(struct table *table, unsigned agg, const struct agg_row *row, unsigned i)
{
	const struct field *field = &table->report->schema->aggs[agg].keys[i];

	return (int64_t)field_int(field, (const char *)row->key + field->offset);
}

static const struct agg_row *agg_rows(struct table *table, unsigned agg, unsigned *len)
{
	*len = 0;
	return agg == NONE ? NULL : reader_agg_rows(table->report->reader, agg, len);
}

static struct blame_pg *all_pgs(struct table *table, unsigned *len)
{
	unsigned n, agg = table->inputs.pg;
	const struct agg_row *rows = agg_rows(table, agg, &n);
	struct blame_pg *pgs = NULL;

	for (unsigned i = 0; i < n; i++)
		if (rows[i].value[0])
			*arena_push(table->arena, pgs, *len) = (struct blame_pg){
				.daemon = key_text(table, agg, &rows[i], 0),
				.pool = (uint64_t)key_number(table, agg, &rows[i], 1),
				.pg = (uint64_t)key_number(table, agg, &rows[i], 2),
				.ns = (double)(int64_t)rows[i].value[1],
			};
	return pgs;
}

static struct blame_wait *all_waits(struct table *table, unsigned *len)
{
	unsigned n, agg = table->inputs.waited_ns;
	const struct agg_row *rows = agg_rows(table, agg, &n);
	struct blame_wait *waits = NULL;

	for (unsigned i = 0; i < n; i++) {
		int64_t peer = key_number(table, agg, &rows[i], 2);

		if (rows[i].value[0] && peer >= 0)
			*arena_push(table->arena, waits, *len) = (struct blame_wait){
				.daemon = arena_printf(table->arena, "osd.%d", (int)peer),
				.class = key_text(table, agg, &rows[i], 1),
				.ns = (double)(int64_t)rows[i].value[1],
			};
	}
	return waits;
}

static void print_blame(struct table *table)
{
	struct blame_stage *stages = arena_new_array(table->arena, struct blame_stage, table->rows_len);
	struct blame_input input = {.stages = stages, .stages_len = table->rows_len};

	for (unsigned i = 0; i < table->rows_len; i++)
		stages[i] = (struct blame_stage){
			.daemon = table->rows[i].daemon,
			.class = table->rows[i].class,
			.stage = table->rows[i].stage,
			.ns = table->rows[i].total,
		};
	input.waits = all_waits(table, &input.waits_len);
	input.pgs = all_pgs(table, &input.pgs_len);
	blame_print(table->arena, &input, &table->report->pending);
}

/* Between a bucket's bounds it is a guess, and never above the largest that was seen. */
static double percentile(const struct table *table, const struct stage_row *row, double fraction)
{
	const struct agg_shape *shape = &table->report->schema->aggs[table->inputs.latency].shape;
	double ns = histogram_percentile(shape, row->latency, fraction);

	return row->worst > 0 && ns > row->worst ? row->worst : ns;
}

static void print_row(struct table *table, const struct stage_row *row)
{
	double whole = whole_of(table, row);
	char mean[16], p50[16], p99[16], worst[16], share[16] = "";
	bool is_part;
	const char *name = stage_name(row, &is_part);

	duration_print(row->total / (double)row->count, mean);
	duration_print(percentile(table, row, 0.5), p50);
	duration_print(percentile(table, row, 0.99), p99);
	duration_print(row->worst, worst);
	if (whole > 0)
		snprintf(share, sizeof(share), "%.1f %%", 100 * row->total / whole);
	shown_printf(&table->report->pending, "  %s%-*s %9llu %10s %10s %10s %10s %8s\n", is_part ? "  " : "",
		     is_part ? 15 : 17, name, (unsigned long long)row->count, mean, p50, p99, worst, share);
}

/* One line for each power of two: the fine buckets are for percentiles. */
struct octaves {
	uint64_t counts[ROW_BUCKETS], most;
};

static void add_octave(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct octaves *octaves = data;
	int64_t at = low == INT64_MIN ? high : low;
	unsigned i = at > 0 ? 63 - (unsigned)__builtin_clzll((uint64_t)at) : 0;

	octaves->counts[i] += count;
	if (octaves->counts[i] > octaves->most)
		octaves->most = octaves->counts[i];
}

static void print_histogram(struct table *table, const struct stage_row *row)
{
	const struct agg_shape *shape = &table->report->schema->aggs[table->inputs.latency].shape;
	struct shown *out = &table->report->pending;
	struct octaves octaves = {0};
	unsigned first = 0, last = ROW_BUCKETS - 1;
	bool is_part;

	shape->agg->buckets(shape, row->latency, add_octave, &octaves);
	while (first < last && !octaves.counts[first])
		first++;
	while (last > first && !octaves.counts[last])
		last--;
	shown_printf(out, "\n  %s, %s, %s\n", row->daemon, row->class, stage_name(row, &is_part));
	for (unsigned i = first; i <= last; i++) {
		unsigned bar =
			octaves.most ? (unsigned)((BAR * octaves.counts[i] + octaves.most - 1) / octaves.most) : 0;
		char from[16];

		duration_print((double)(1ull << i), from);
		shown_printf(out, "  %10s |%-*.*s| %llu\n", from, BAR, (int)bar,
			     "########################################", (unsigned long long)octaves.counts[i]);
	}
}

static void print_heading(struct table *table)
{
	struct shown *out = &table->report->pending;

	if (table->view->is_on_terminal && table->is_last) /* ^C is pressed to keep what is seen */
		shown_puts(out, "\n");
	else if (table->view->is_on_terminal)
		shown_puts(out, SHOWN_CLEAR);
	if (!table->view->interval)
		return;
	report_date(table->report, report_time_ns(table->report), out);
	if (table->is_last) {
		shown_puts(out, ", since the table before\n\n");
		return;
	}
	shown_printf(out, ", the last %u s%s\n\n", table->view->interval,
		     table->view->is_on_terminal ? "; ^C ends" : "");
}

static void print_text(struct table *table)
{
	struct shown *out = &table->report->pending;
	const char *daemon = "", *class = "";

	print_heading(table);
	if (!table->rows_len)
		shown_puts(out, "no op was seen\n");
	for (unsigned i = 0; i < table->rows_len; i++) {
		const struct stage_row *row = &table->rows[i];

		if (strcmp(row->daemon, daemon) || strcmp(row->class, class)) {
			if (i)
				print_peers(table, daemon, class);
			if (i)
				shown_putc(out, '\n');
			shown_printf(out, "%-7s %-11s %9s %10s %10s %10s %10s %8s\n", row->daemon, row->class, "count",
				     "mean", "p50", "p99", "max", "share");
		}
		daemon = row->daemon;
		class = row->class;
		print_row(table, row);
	}
	print_peers(table, daemon, class);
	stages_ended_print(table->report, table->arena);
	print_blame(table);
	for (unsigned i = 0; is_verbose(table) && i < table->rows_len; i++)
		print_histogram(table, &table->rows[i]);
}

/* --- JSON --- */

static struct json_object *round_ns(double ns)
{
	return json_object_new_int64((int64_t)(ns + 0.5));
}

static void add_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct json_object *bucket = json_object_new_object();

	json_object_object_add(bucket, "low_ns", low == INT64_MIN ? NULL : json_object_new_int64(low));
	json_object_object_add(bucket, "high_ns", high == INT64_MAX ? NULL : json_object_new_int64(high));
	json_object_object_add(bucket, "count", json_object_new_uint64(count));
	json_object_array_add(data, bucket);
}

static struct json_object *stage_json(struct table *table, const struct stage_row *row)
{
	const struct agg_shape *shape = &table->report->schema->aggs[table->inputs.latency].shape;
	struct json_object *stage = json_object_new_object(), *buckets;
	double whole = whole_of(table, row);
	bool is_part;

	json_object_object_add(stage, "stage", json_object_new_string(stage_name(row, &is_part)));
	json_object_object_add(stage, "is_part", json_object_new_boolean(is_part));
	json_object_object_add(stage, "count", json_object_new_uint64(row->count));
	json_object_object_add(stage, "total_ns", round_ns(row->total));
	json_object_object_add(stage, "mean_ns", round_ns(row->total / (double)row->count));
	json_object_object_add(stage, "p50_ns", round_ns(percentile(table, row, 0.5)));
	json_object_object_add(stage, "p99_ns", round_ns(percentile(table, row, 0.99)));
	json_object_object_add(stage, "max_ns", round_ns(row->worst));
	if (whole > 0)
		json_object_object_add(stage, "share", json_object_new_double(row->total / whole));
	if (is_verbose(table)) {
		buckets = json_object_new_array();
		shape->agg->buckets(shape, row->latency, add_bucket, buckets);
		json_object_object_add(stage, "buckets", buckets);
	}
	return stage;
}

static struct json_object *peers_json(struct table *table, const char *daemon, const char *class)
{
	struct json_object *list = json_object_new_array();
	struct peer *peers;
	unsigned n = take_peers(table, daemon, class, &peers);

	for (unsigned i = 0; i < n; i++) {
		struct json_object *peer = json_object_new_object();

		json_object_object_add(peer, "osd", peers[i].osd < 0 ? NULL : json_object_new_int64(peers[i].osd));
		json_object_object_add(peer, "count", json_object_new_uint64(peers[i].count));
		json_object_object_add(peer, "mean_ns", round_ns(peers[i].ns / (double)peers[i].count));
		json_object_array_add(list, peer);
	}
	return list;
}

/* One line for each daemon and class, and for those that ended otherwise than done. */
static void print_json(struct table *table)
{
	struct shown *out = &table->report->pending;

	for (unsigned i = 0; i < table->rows_len;) {
		const struct stage_row *first = &table->rows[i];
		struct json_object *line = json_object_new_object(), *stages = json_object_new_array(), *peers;

		json_object_object_add(line, "type", json_object_new_string("stages"));
		json_object_object_add(line, "time",
				       json_object_new_int64((int64_t)(report_time_ns(table->report) / 1000000000u)));
		json_object_object_add(line, "daemon", json_object_new_string(first->daemon));
		json_object_object_add(line, "class", json_object_new_string(first->class));
		for (; i < table->rows_len && !strcmp(table->rows[i].daemon, first->daemon) &&
		       !strcmp(table->rows[i].class, first->class);
		     i++)
			json_object_array_add(stages, stage_json(table, &table->rows[i]));
		json_object_object_add(line, "stages", stages);
		peers = peers_json(table, first->daemon, first->class);
		if (json_object_array_length(peers))
			json_object_object_add(line, "waited_for", peers);
		else
			json_object_put(peers);
		shown_json(out, line, JSON_C_TO_STRING_PLAIN);
		shown_putc(out, '\n');
		json_object_put(line);
	}
	stages_ended_print_json(table->report, table->arena);
}

/* --- CSV: a row for each stage, each OSD that was waited for, and those that ended otherwise than done --- */

static void put_csv(struct table *table, const char *type, const struct stage_row *of, struct json_object *object)
{
	static const char *const columns[] = {"type",  "time_s",   "daemon",  "class",	"stage",  "is_part",
					      "count", "total_ns", "mean_ns", "p50_ns", "p99_ns", "max_ns",
					      "share", "osd",	   "client",  "result", "errno",  "last_operation"};

	json_object_object_add(object, "type", json_object_new_string(type));
	json_object_object_add(object, "time_s",
			       json_object_new_int64((int64_t)(report_time_ns(table->report) / 1000000000u)));
	if (of) {
		json_object_object_add(object, "daemon", json_object_new_string(of->daemon));
		json_object_object_add(object, "class", json_object_new_string(of->class));
	}
	csv_row_of(table->report, columns, sizeof(columns) / sizeof(columns[0]), object);
	json_object_put(object);
}

static void put_csv_list(struct table *table, const char *type, const struct stage_row *of, struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		put_csv(table, type, of, json_object_get(json_object_array_get_idx(list, i)));
	json_object_put(list);
}

static void print_csv(struct table *table)
{
	for (unsigned i = 0; i < table->rows_len; i++) {
		const struct stage_row *row = &table->rows[i];
		bool is_last = i + 1 == table->rows_len || strcmp(row->daemon, row[1].daemon) ||
			       strcmp(row->class, row[1].class);

		put_csv(table, "stage", row, stage_json(table, row));
		if (is_last)
			put_csv_list(table, "waited_for", row, peers_json(table, row->daemon, row->class));
	}
	put_csv_list(table, "ended", NULL, stages_ended_json(table->report, table->arena));
}

/* --- The picture: a replica's part of a write is in the write --- */

static int add_heat(struct table *table, struct stages_heat *heat)
{
	const struct agg_layout *layout = &table->report->schema->aggs[table->inputs.latency];

	stages_heat_look(heat, report_time_ns(table->report));
	for (unsigned i = 0; i < table->rows_len; i++) {
		const struct stage_row *row = &table->rows[i];

		if (!strcmp(row->stage, "0 whole") && blame_is_of_client(row->class))
			stages_heat_add(heat, &layout->shape,
					arena_printf(table->arena, "%s %s", row->daemon, row->class), row->latency,
					layout->value_size / sizeof(uint64_t));
	}
	return table->is_last ? stages_heat_draw(heat) : 0;
}

/* --- The view --- */

enum { VERBOSE };

static const struct view_option options[] = {
	[VERBOSE] = {.letter = 'v', .name = "verbose", .help = "histograms as well"},
};

struct own {
	struct stages_heat *heat; /* NULL: no picture is wanted */
};

static bool is_verbose(const struct table *table)
{
	return table->view->values[VERBOSE].number;
}

static void begin(struct view *view, const struct report *report)
{
	struct own *own = view->own;

	(void)report;
	if (view->picture)
		own->heat = stages_heat_new(view->arena, view->picture);
}

static void print(struct table *table)
{
	if (table->view->form == FORM_JSON)
		print_json(table);
	else if (table->view->form == FORM_CSV)
		print_csv(table);
	else
		print_text(table);
}

/* The next table is of what comes from here on. */
static void restart(struct table *table, struct stages_heat *heat)
{
	for (unsigned i = 0; i < table->report->schema->aggs_len; i++) {
		reader_agg_mark_printed(table->report->reader, i);
		reader_agg_clear(table->report->reader, i);
	}
	if (heat)
		stages_heat_restart(heat);
}

static int look(struct view *view, struct report *report, bool is_last)
{
	struct table table = {
		.inputs = find_inputs(report->schema), .report = report, .view = view, .is_last = is_last};
	struct stages_heat *heat = ((struct own *)view->own)->heat;
	int error;

	if (table.inputs.latency == NONE)
		return -EINVAL;
	if (view->form == FORM_OPENMETRICS)
		return stages_openmetrics(report);
	error = reader_snapshot(report->reader);
	if (error)
		return error;
	table.arena = arena_new();
	take(&table);
	if (heat)
		error = add_heat(&table, heat);
	if (is_last || view->interval) {
		print(&table);
		restart(&table, heat);
		error = error ? error : report_flush(report);
	}
	arena_free(table.arena);
	return error;
}

static int interval(struct view *view, struct report *report)
{
	return look(view, report, false);
}

static int end(struct view *view, struct report *report)
{
	return look(view, report, true);
}

const struct view_ops view_osd = {
	.name = "osd",
	.doc = "for each OSD and class of op (read, write, replica, trim ...): time in each stage, who was waited for, "
	       "and what takes most of it",
	.script = "osd.d",
	.options = options,
	.options_len = sizeof(options) / sizeof(options[0]),
	.forms = VIEW_FORM(JSON) | VIEW_FORM(OPENMETRICS) | VIEW_FORM(CSV),
	.needs = VIEW_LOOKS,
	.picture = "a heat map of latencies over time",
	.size = sizeof(struct own),
	.begin = begin,
	.interval = interval,
	.end = end,
};
