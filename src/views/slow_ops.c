/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `report slow-ops`: a line for each op that took longer than --over, as soon as it is done. In: the lines of
 * scripts/slow-ops.d, and its histograms of all ops. Out: lines, JSON or CSV; or the histograms as OpenMetrics.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "report/common.h"
#include "report/csv.h"
#include "report/openmetrics.h"
#include "report/rows.h"
#include "views/view.h"

/* The values of a line of scripts/slow-ops.d, in order. */
enum {
	VALUE_WALL,
	VALUE_DAEMON,
	VALUE_CLIENT,
	VALUE_TID,
	VALUE_POOL,
	VALUE_PG,
	VALUE_OPERATION,
	VALUE_BYTES,
	VALUE_TOTAL,
	VALUE_QUEUE,
	VALUE_WAIT,
	VALUE_WORK,
	VALUE_OWN,
	VALUE_OTHERS,
	VALUE_FINISH,
	VALUE_LAST,
	VALUE_END,
	VALUE_RESULT,
	VALUE_BEFORE,
	VALUE_OBJECT,
	VALUES
};
/* And of its last line. */
enum { SUM_SLOW, SUM_SEEN, SUM_OVER, SUM_BEFORE, SUMS };

enum { LAST_NONE = -1, LAST_OWN = -2, LAST_UNKNOWN = -3 };
enum { END_DONE, END_ERROR, END_UNCOUNTED };
enum { NAME_SIZE = 64, FIRST = 10, LAST = 37 /* bounds of histograms: from 2^10 to 2^37 ns */ };

struct own {
	int64_t sums[SUMS];
	bool has_heading, has_sums;
};

/* One record. */
struct line {
	const struct record_action *action;
	const char *record;
};

static int64_t number(const struct line *line, unsigned i)
{
	return (int64_t)field_int(&line->action->fields[i], line->record + line->action->fields[i].offset);
}

static void text(const struct line *line, unsigned i, struct shown *out, int width)
{
	const struct field *field = &line->action->fields[i];
	const char *data = line->record + field->offset;
	char name[NAME_SIZE + 1];
	size_t size = field_text_size(field, data);

	snprintf(name, sizeof(name), "%.*s", (int)(size < NAME_SIZE ? size : NAME_SIZE), data);
	shown_printf(out, "%-*s", width, name);
}

/* --- Text --- */

static void print_heading(struct shown *out)
{
	shown_puts(out, "times in ms; LAST is the OSD that was waited for after the own disk\n");
	shown_printf(out, "%-12s %-7s %-15s %-7s %-10s %8s %7s %7s %7s %7s %7s %7s %7s %-6s %s\n", "TIME", "OSD",
		     "CLIENT.TID", "PG", "OP", "BYTES", "TOTAL", "QUEUE", "WAIT", "WORK", "OWN", "OTHERS", "FINISH",
		     "LAST", "OBJECT");
}

static void print_last(const struct line *line, struct shown *out)
{
	int64_t last = number(line, VALUE_LAST), end = number(line, VALUE_END);
	char name[24];

	snprintf(name, sizeof(name), "osd.%" PRId64, last);
	shown_printf(out, " %-6s ",
		     end == END_ERROR	    ? "error"
		     : end == END_UNCOUNTED ? "none"
		     : last == LAST_OWN	    ? "own"
		     : last == LAST_UNKNOWN ? "?"
		     : last < 0		    ? ""
					    : name);
}

static void print_line(const struct report *report, const struct line *line, struct shown *out)
{
	uint64_t wall = (uint64_t)number(line, VALUE_WALL);
	struct tm at = zone_time(report->zone, wall);
	int64_t end = number(line, VALUE_END);

	shown_printf(out, "%02d:%02d:%02d.%03u ", at.tm_hour, at.tm_min, at.tm_sec, (unsigned)(wall / 1000000 % 1000));
	text(line, VALUE_DAEMON, out, 6);
	shown_printf(out, "%1s %7" PRId64 ".%-7" PRId64 " %2" PRId64 ".%-4" PRIx64 " ",
		     number(line, VALUE_BEFORE) ? "*" : "", number(line, VALUE_CLIENT), number(line, VALUE_TID),
		     number(line, VALUE_POOL), (uint64_t)number(line, VALUE_PG));
	text(line, VALUE_OPERATION, out, 10);
	shown_printf(out, " %8" PRId64, number(line, VALUE_BYTES));
	for (unsigned i = VALUE_TOTAL; i <= VALUE_FINISH; i++)
		shown_printf(out, " %7.1f", (double)number(line, i) / 1e6);
	print_last(line, out);
	text(line, VALUE_OBJECT, out, 0);
	if (end == END_ERROR)
		shown_printf(out, " result %" PRId64, number(line, VALUE_RESULT));
	else if (end != END_DONE)
		shown_puts(out, " not counted by Ceph");
	shown_putc(out, '\n');
}

/* --- JSON, CSV --- */

static struct json_object *text_json(const struct line *line, unsigned i)
{
	const struct field *field = &line->action->fields[i];
	const char *data = line->record + field->offset;

	return json_object_new_string_len(data, (int)field_text_size(field, data));
}

static struct json_object *last_json(const struct line *line)
{
	int64_t last = number(line, VALUE_LAST);
	char name[24];

	if (last < 0)
		return last == LAST_OWN ? json_object_new_string("own") : NULL;
	snprintf(name, sizeof(name), "osd.%" PRId64, last);
	return json_object_new_string(name);
}

static struct json_object *line_json(const struct line *line)
{
	static const struct {
		const char *name;
		unsigned value;
	} numbers[] = {{"time_ns", VALUE_WALL},	  {"client", VALUE_CLIENT},    {"tid", VALUE_TID},
		       {"pool", VALUE_POOL},	  {"bytes", VALUE_BYTES},      {"total_ns", VALUE_TOTAL},
		       {"queue_ns", VALUE_QUEUE}, {"wait_ns", VALUE_WAIT},     {"work_ns", VALUE_WORK},
		       {"own_ns", VALUE_OWN},	  {"others_ns", VALUE_OTHERS}, {"finish_ns", VALUE_FINISH},
		       {"result", VALUE_RESULT}};
	static const char *const ends[] = {"done", "error", "not counted"};
	struct json_object *object = json_object_new_object();
	int64_t end = number(line, VALUE_END);
	char pg[48];

	snprintf(pg, sizeof(pg), "%" PRId64 ".%" PRIx64, number(line, VALUE_POOL), (uint64_t)number(line, VALUE_PG));
	json_object_object_add(object, "type", json_object_new_string("op"));
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_object_add(object, numbers[i].name, json_object_new_int64(number(line, numbers[i].value)));
	json_object_object_add(object, "daemon", text_json(line, VALUE_DAEMON));
	json_object_object_add(object, "pg", json_object_new_string(pg));
	json_object_object_add(object, "operation", text_json(line, VALUE_OPERATION));
	json_object_object_add(object, "last", last_json(line));
	json_object_object_add(object, "end", json_object_new_string(ends[end >= 0 && end < 3 ? end : 2]));
	json_object_object_add(object, "was_under_way", json_object_new_boolean(number(line, VALUE_BEFORE) != 0));
	json_object_object_add(object, "object", text_json(line, VALUE_OBJECT));
	return object;
}

static void put_json(const struct view *view, struct report *report, struct json_object *object)
{
	static const char *const columns[] = {
		"type",	 "time_ns",  "daemon",	 "client",	  "tid",     "pool",   "pg",	    "operation",
		"bytes", "total_ns", "queue_ns", "wait_ns",	  "work_ns", "own_ns", "others_ns", "finish_ns",
		"last",	 "end",	     "result",	 "was_under_way", "object",  "count",  "of",	    "over_ns"};

	if (view->form == FORM_CSV) {
		csv_row_of(report, columns, sizeof(columns) / sizeof(columns[0]), object);
	} else {
		shown_json(&report->pending, object, JSON_C_TO_STRING_PLAIN);
		shown_putc(&report->pending, '\n');
	}
	json_object_put(object);
}

/* --- Lines as they come --- */

static int take_line(struct view *view, const struct line *line)
{
	struct own *own = view->own;
	struct report *report = view->report;

	if (view->form == FORM_OPENMETRICS)
		return 0;
	if (view->form == FORM_TEXT) {
		if (!own->has_heading)
			print_heading(&report->pending);
		own->has_heading = true;
		print_line(report, line, &report->pending);
	} else {
		put_json(view, report, line_json(line));
	}
	return report_event_done(report);
}

static bool is_line(const struct record_action *action)
{
	if (action->fields_len != VALUES)
		return false;
	for (unsigned i = 0; i < VALUES; i++)
		if ((action->fields[i].kind == FIELD_INT) ==
		    (i == VALUE_DAEMON || i == VALUE_OPERATION || i == VALUE_OBJECT))
			return false;
	return true;
}

static int event(struct view *view, const struct record_layout *layout, const struct schema_probe *probe,
		 const struct record_head *head)
{
	struct own *own = view->own;
	int error = 0;

	(void)probe;
	for (unsigned i = 0; i < layout->actions_len && !error; i++) {
		struct line line = {&layout->actions[i], (const char *)head};

		if (!line.record[line.action->present])
			continue;
		if (is_line(line.action))
			error = take_line(view, &line);
		for (unsigned j = 0; line.action->fields_len == SUMS && j < SUMS; j++) { /* several hosts: the sum */
			own->sums[j] = number(&line, j) + (j == SUM_OVER ? 0 : own->sums[j]);
			own->has_sums = true;
		}
	}
	return error;
}

/* --- Sums at the end --- */

/* Each row of an aggregation whose keys are a daemon and, if it has two, an OSD. */
static void each_last(struct view *view, struct report *report, const char *name,
		      void (*put)(struct view *view, struct report *report, const char *daemon, int64_t osd,
				  uint64_t n))
{
	struct arena *arena = arena_new();
	unsigned agg = rows_find(report, name), len = 0;
	const struct agg_row *rows = agg == ROWS_NONE ? NULL : reader_agg_rows(report->reader, agg, &len);
	const struct agg_layout *layout = rows ? &report->schema->aggs[agg] : NULL;

	for (unsigned i = 0; i < len; i++) {
		bool has_osd = layout->keys_len > 1 && layout->keys[1].kind == FIELD_INT;

		if (rows[i].value[0])
			put(view, report, rows_text(report, arena, agg, &rows[i], 0),
			    has_osd ? (int64_t)field_int(&layout->keys[1],
							 (const char *)rows[i].key + layout->keys[1].offset)
				    : LAST_UNKNOWN,
			    rows[i].value[0]);
	}
	arena_free(arena);
}

static void put_last(struct view *view, struct report *report, const char *daemon, int64_t osd, uint64_t n)
{
	struct shown *out = &report->pending;
	struct json_object *object;
	char name[24];

	snprintf(name, sizeof(name), "osd.%" PRId64, osd);
	if (view->form == FORM_TEXT) {
		shown_printf(out, "%8" PRIu64 " of %s ", n, daemon);
		if (osd >= 0)
			shown_printf(out, "waited for %s after their own disk\n", name);
		else if (osd == LAST_NONE)
			shown_puts(out, "waited for no other OSD\n");
		else
			shown_puts(out, "ended with an error, or were not counted by Ceph\n");
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "type", json_object_new_string(osd == LAST_UNKNOWN ? "ended" : "waited_for"));
	json_object_object_add(object, "daemon", json_object_new_string(daemon));
	json_object_object_add(object, "last", osd >= 0 ? json_object_new_string(name) : NULL);
	json_object_object_add(object, "count", json_object_new_uint64(n));
	put_json(view, report, object);
}

static void put_sums(struct view *view, struct report *report)
{
	const struct own *own = view->own;
	struct json_object *object;

	if (!own->has_sums)
		return; /* a recording that broke off */
	if (view->form == FORM_TEXT) {
		shown_printf(&report->pending, "%" PRId64 " of %" PRId64 " ops took longer than %.1f ms\n",
			     own->sums[SUM_SLOW], own->sums[SUM_SEEN], (double)own->sums[SUM_OVER] / 1e6);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "type", json_object_new_string("sum"));
	json_object_object_add(object, "count", json_object_new_int64(own->sums[SUM_SLOW]));
	json_object_object_add(object, "of", json_object_new_int64(own->sums[SUM_SEEN]));
	json_object_object_add(object, "over_ns", json_object_new_int64(own->sums[SUM_OVER]));
	json_object_object_add(object, "was_under_way", json_object_new_int64(own->sums[SUM_BEFORE]));
	put_json(view, report, object);
}

/* --- OpenMetrics: all ops, and those that were slow --- */

static void label(const struct metric *metric, unsigned key, const char *value, struct shown *out)
{
	bool is_osd = !strcmp(metric->name, "cephtap_slow_ops_waited");

	metric_label(key == 0 ? "daemon"
		     : is_osd ? "last"
			      : "pool",
		     key && is_osd && value[0] == '-' ? "own" : value,
		     key && is_osd && value[0] == '-' ? 3 : strlen(value), out);
}

static const struct {
	const char *agg, *sum;
	struct metric metric;
} families[] = {
	{"latency",
	 "total",
	 {.name = "cephtap_slow_ops_latency_seconds",
	  .unit = "seconds",
	  .type = METRIC_HISTOGRAM,
	  .scale = 1e-9,
	  .label = label,
	  .help = "time of all ops of clients, from the first byte until they were done"}},
	{"last",
	 NULL,
	 {.name = "cephtap_slow_ops_waited",
	  .type = METRIC_COUNTER,
	  .scale = 1,
	  .label = label,
	  .help = "slow ops by the number of the OSD that was waited for after the own disk"}},
	{"ended",
	 NULL,
	 {.name = "cephtap_slow_ops_not_counted",
	  .type = METRIC_COUNTER,
	  .scale = 1,
	  .label = label,
	  .help = "slow ops that ended with an error, or were not counted by Ceph"}},
};

static int put_metrics(struct report *report)
{
	int64_t bounds[LAST - FIRST + 1];

	for (unsigned i = 0; i <= LAST - FIRST; i++)
		bounds[i] = (INT64_C(1) << (FIRST + i)) - 1;
	for (unsigned i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct metric metric = families[i].metric;

		metric.agg = rows_find(report, families[i].agg);
		metric.sum = families[i].sum ? rows_find(report, families[i].sum) : METRIC_NO_SUM;
		if (metric.agg == ROWS_NONE || (metric.type == METRIC_HISTOGRAM && metric.sum == METRIC_NO_SUM))
			continue;
		if (metric.type == METRIC_HISTOGRAM) {
			metric.bounds = bounds;
			metric.bounds_len = LAST - FIRST + 1;
		}
		metric_print(report, &metric, &report->pending);
	}
	shown_puts(&report->pending, "# EOF\n");
	return report_replace(report);
}

/* --- The view --- */

static int interval(struct view *view, struct report *report)
{
	int error;

	if (view->form != FORM_OPENMETRICS)
		return 0;
	error = reader_snapshot(report->reader);
	return error ? error : put_metrics(report);
}

static int end(struct view *view, struct report *report)
{
	int error = reader_snapshot(report->reader);

	if (error)
		return error;
	if (view->form == FORM_OPENMETRICS)
		return put_metrics(report);
	put_sums(view, report);
	each_last(view, report, "last", put_last);
	each_last(view, report, "ended", put_last);
	if (view->form == FORM_TEXT && ((struct own *)view->own)->sums[SUM_BEFORE])
		shown_printf(&report->pending, "%8" PRId64 " were under way when this began (*)\n",
			     ((struct own *)view->own)->sums[SUM_BEFORE]);
	return report_flush(report);
}

static const struct view_option options[] = {
	{
		.name = "over",
		.arg = "TIME",
		.kind = VIEW_TIME,
		.otherwise = 30000000,
		.help = "what is slow, such as 20ms, 1.5s, 800us (default 30ms)",
		.is_argument = true,
		.is_gathered = true,
	},
};

const struct view_ops view_slow_ops = {
	.name = "slow-ops",
	.script = "slow-ops.d",
	.options = options,
	.options_len = 1,
	.doc = "a line for each op that takes longer than --over: client, object, stages, the replica that came last",
	.needs = VIEW_LINES,
	.size = sizeof(struct own),
	.event = event,
	.interval = interval,
	.end = end,
};
