/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap report offcpu`. In: the aggregations of scripts/offcpu.d. Out: the stacks with the longest time blocked,
 * what is idle apart from the rest, or all of them as JSON, an object for each interval.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/latency.h"
#include "report/rows.h"
#include "views/view.h"
#include "views/waits.h"

enum { STACKS_MAX = 10, IDLE_MAX = 5, WIDTH = 110 /* names of C++ have no end */ };

struct stack_row {
	const char *who, *thread, *text; /* the frames as they are shown: rows with the same are one */
	const struct stack *kernel, *user;
	double ns, count, worst;
	bool is_idle;
};

struct table {
	struct arena *arena;
	struct report *report;
	const struct view *view;
	double elapsed; /* ns */
	struct stack_row *rows;
	unsigned rows_len;
};

/* Every system call begins with them. */
static bool is_entry(const char *function)
{
	return function && (!strncmp(function, "entry_SYSCALL", 13) || !strcmp(function, "do_syscall_64"));
}

/* The kernel's frames in one line: there are few, and with the system call they say one thing. */
static void frames_of_kernel(const struct stack *stack, struct shown *out)
{
	bool is_first = true;

	if (!stack)
		return;
	for (unsigned i = waits_first_frame(stack); i < stack->len; i++) {
		const char *function = stack->frames[i].function;

		if (is_entry(function))
			continue;
		shown_printf(out, "%s%s", is_first ? "    " : " < ", function ? function : "?");
		is_first = false;
	}
	if (!is_first)
		shown_putc(out, '\n');
}

static void frames_of_user(const struct stack *stack, struct shown *out)
{
	struct buf frame = {0};

	for (unsigned i = 0; stack && i < stack->len; i++) {
		buf_clear(&frame);
		stack_frame_line(&stack->frames[i], false, &frame);
		shown_printf(out, "        %.*s\n", WIDTH, frame.data ? frame.data : "");
	}
	buf_free(&frame);
	if (stack && stack->note)
		shown_printf(out, "        [%s]\n", stack->note);
}

static const char *text_of(struct table *table, const struct stack_row *row)
{
	struct shown text = {0};
	const char *copy;

	frames_of_kernel(row->kernel, &text);
	frames_of_user(row->user, &text);
	copy = arena_strndup(table->arena, text.buf.size ? text.buf.data : "", text.buf.size);
	shown_free(&text);
	return copy;
}

static void add(struct table *table, const struct stack_row *row)
{
	for (unsigned i = 0; i < table->rows_len; i++) {
		struct stack_row *same = &table->rows[i];

		if (strcmp(same->who, row->who) || strcmp(same->thread, row->thread) || strcmp(same->text, row->text))
			continue;
		same->ns += row->ns;
		same->count += row->count;
		if (row->worst > same->worst)
			same->worst = row->worst;
		return;
	}
	*arena_push(table->arena, table->rows, table->rows_len) = *row;
}

static int compare_rows(const void *a, const void *b)
{
	const struct stack_row *x = a, *y = b;

	if (x->is_idle != y->is_idle)
		return x->is_idle - y->is_idle;
	return (x->ns < y->ns) - (x->ns > y->ns);
}

static void take(struct table *table)
{
	static const char *const names[] = {"blocked", "sleeps", "longest"};
	const struct report *report = table->report;
	unsigned aggs[3], len;
	const struct agg_row *rows = rows_join(report, names, 3, aggs, &len);

	for (unsigned i = 0; i < len; i++, rows += 3) {
		struct stack_row row = {
			.who = rows_text(report, table->arena, aggs[0], rows, 0),
			.thread = rows_text(report, table->arena, aggs[0], rows, 1),
			.kernel = rows_stack(report, aggs[0], rows, 2),
			.user = rows_stack(report, aggs[0], rows, 3),
			.ns = rows_number(report, aggs[0], &rows[0]),
			.count = rows_number(report, aggs[1], &rows[1]),
			.worst = rows_number(report, aggs[2], &rows[2]),
		};

		if (row.count < 1)
			continue;
		row.is_idle = waits_is_idle(row.kernel, row.user);
		row.text = text_of(table, &row);
		add(table, &row);
	}
	if (table->rows_len)
		qsort(table->rows, table->rows_len, sizeof(*table->rows), compare_rows);
}

static void print_row(struct table *table, const struct stack_row *row)
{
	char mean[16], worst[16];

	duration_print(row->ns / row->count, mean);
	duration_print(row->worst, worst);
	shown_printf(&table->report->pending, "\n%s%s%s: blocked %.1f ms (%.1f %%), %.0f times, mean %s, longest %s\n",
		     row->who, row->thread[0] ? " " : "", row->thread, row->ns / 1e6, 100 * row->ns / table->elapsed,
		     row->count, mean, worst);
	shown_bytes(&table->report->pending, row->text, strlen(row->text));
}

static void print_rows(struct table *table, const char *title, unsigned from, unsigned to, unsigned most)
{
	if (from == to)
		return;
	shown_printf(&table->report->pending, "\n%s\n", title);
	for (unsigned i = from; i < to && i < from + most; i++)
		print_row(table, &table->rows[i]);
	if (to - from > most)
		shown_printf(&table->report->pending, "\n(and %u more stacks, blocked for less)\n", to - from - most);
}

static void print_text(struct table *table, bool is_last)
{
	unsigned idle = 0;
	double sleeps = 0;

	while (idle < table->rows_len && !table->rows[idle].is_idle)
		idle++;
	view_heading(table->view, table->report, table->elapsed, is_last);
	if (!table->rows_len)
		shown_puts(&table->report->pending, "no thread was blocked\n");
	for (unsigned i = 0; i < table->rows_len; i++)
		sleeps += table->rows[i].count;
	waits_print_inferred(table->report, sleeps);
	print_rows(table, "BLOCKED BY A LOCK, A DISK, ANOTHER PROCESS", 0, idle, STACKS_MAX);
	print_rows(table, "IDLE: WAITING FOR WORK OR A TIME", idle, table->rows_len, IDLE_MAX);
	shown_putc(&table->report->pending, '\n');
}

static struct json_object *frames_json(const struct stack *stack, unsigned from)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = from; stack && i < stack->len; i++) {
		struct buf text = {0};

		stack_frame_line(&stack->frames[i], true, &text);
		json_object_array_add(list, json_object_new_string(text.size ? text.data : ""));
		buf_free(&text);
	}
	return list;
}

static struct json_object *row_json(const struct stack_row *row)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "who", json_object_new_string(row->who));
	json_object_object_add(object, "thread", json_object_new_string(row->thread));
	json_object_object_add(object, "blocked_ns", json_object_new_int64((int64_t)row->ns));
	json_object_object_add(object, "count", json_object_new_int64((int64_t)row->count));
	json_object_object_add(object, "max_ns", json_object_new_int64((int64_t)row->worst));
	json_object_object_add(object, "is_idle", json_object_new_boolean(row->is_idle));
	json_object_object_add(object, "kernel", frames_json(row->kernel, waits_first_frame(row->kernel)));
	json_object_object_add(object, "user", frames_json(row->user, 0));
	return object;
}

static void print_csv(struct table *table)
{
	static const char *const columns[] = {"time_s", "elapsed_ns", "who",	 "thread", "blocked_ns",
					      "count",	"max_ns",     "is_idle", "kernel", "user"};

	for (unsigned i = 0; i < table->rows_len; i++) {
		struct json_object *row = row_json(&table->rows[i]);

		json_object_object_add(row, "time_s",
				       json_object_new_int64((int64_t)(report_time_ns(table->report) / 1000000000)));
		json_object_object_add(row, "elapsed_ns", json_object_new_int64((int64_t)table->elapsed));
		csv_row_of(table->report, columns, sizeof(columns) / sizeof(columns[0]), row);
		json_object_put(row);
	}
}

static void print_json(struct table *table)
{
	struct json_object *line = json_object_new_object(), *stacks = json_object_new_array();

	for (unsigned i = 0; i < table->rows_len; i++)
		json_object_array_add(stacks, row_json(&table->rows[i]));
	json_object_object_add(line, "type", json_object_new_string("offcpu"));
	json_object_object_add(line, "time",
			       json_object_new_int64((int64_t)(report_time_ns(table->report) / 1000000000)));
	json_object_object_add(line, "elapsed_ns", json_object_new_int64((int64_t)table->elapsed));
	json_object_object_add(line, "inferred_ends", json_object_new_int64((int64_t)waits_inferred(table->report)));
	json_object_object_add(line, "stacks", stacks);
	shown_json(&table->report->pending, line, JSON_C_TO_STRING_PLAIN);
	shown_putc(&table->report->pending, '\n');
	json_object_put(line);
}

/* --- The view --- */

struct own {
	uint64_t since_ns; /* when the interval began, as report_time_ns() */
};

static void begin(struct view *view, const struct report *report)
{
	((struct own *)view->own)->since_ns = report_time_ns(report);
}

static int print(struct view *view, struct report *report, bool is_last)
{
	struct own *own = view->own;
	struct table table = {.report = report, .view = view};
	uint64_t now = report_time_ns(report);
	int error = reader_snapshot(report->reader);

	if (error)
		return error;
	table.elapsed = now > own->since_ns ? (double)(now - own->since_ns) : 1;
	own->since_ns = now;
	table.arena = arena_new();
	take(&table);
	if (view->form == FORM_JSON)
		print_json(&table);
	else if (view->form == FORM_CSV)
		print_csv(&table);
	else
		print_text(&table, is_last);
	arena_free(table.arena);
	rows_restart(report);
	return report_flush(report);
}

static int interval(struct view *view, struct report *report)
{
	return print(view, report, false);
}

static int end(struct view *view, struct report *report)
{
	return print(view, report, true);
}

static const struct view_option options[] = {
	{.name = "inlines",
	 .help = "functions that were inlined too, where there is debug information",
	 .sets = "inlines",
	 .is_gathered = true},
	{.letter = 'v',
	 .name = "verbose",
	 .help = "say on standard error when the tracing begins, also where that is no terminal"},
};

const struct view_ops view_offcpu = {
	.name = "offcpu",
	.doc = "where threads are blocked: time by the stacks of the kernel and of the process",
	.script = "offcpu.d",
	.options = options,
	.options_len = sizeof(options) / sizeof(options[0]),
	.forms = VIEW_FORM(JSON) | VIEW_FORM(CSV),
	.needs = VIEW_INTERVAL | VIEW_TELLS_START,
	.size = sizeof(struct own),
	.begin = begin,
	.interval = interval,
	.end = end,
};
