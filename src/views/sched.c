/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/sched.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "report/csv.h"
#include "report/latency.h"
#include "report/rows.h"
#include "views/view.h"
#include "views/waits.h"

enum { THREADS_MAX = 20, DAEMONS_MAX = 8, RUNNERS_MAX = 5, CHAINS_MAX = 15, PLACES_MAX = 12, OCTAVES = 64, BAR = 40 };

/* One thread's name of one daemon; or a whole daemon, when `thread` is "". */
struct thread_row {
	const char *who, *thread;
	double cpu, wait, blocked, switches, worst; /* ns, but for the switches */
	uint64_t *latency;			    /* a histogram; NULL: it never waited */
};

/* Two threads and what is between them, or one and where it waits. */
struct pair_row {
	const char *who, *thread, *who2, *thread2; /* of a place: the function and the system call */
	double count, ns;
};

struct host_load {
	uint64_t busy, stolen, all, pressed_us;
	bool is_known;	   /* not of several hosts; `all` is 0 where these numbers could not be read */
	bool has_pressure; /* that could be read */
};

struct own {
	uint64_t since_ns;	 /* when the interval began, as report_time_ns() */
	struct host_load before; /* as it was then */
};

struct table {
	struct arena *arena;
	struct report *report;
	const struct view *view;
	double elapsed;	       /* ns */
	struct host_load load; /* of the interval */
	bool has_host;	       /* that is known */
	unsigned latency;      /* the aggregation */
	struct thread_row *threads, *daemons;
	unsigned threads_len, daemons_len;
	struct pair_row *chains, *places;
	unsigned chains_len, places_len;
	uint64_t *all; /* latencies of all; NULL: there are none */
	double worst;
};

/* --- From aggregations to rows --- */

static const struct agg_row *rows_of(struct table *table, const char *name, unsigned *agg, unsigned *len)
{
	*len = 0;
	*agg = rows_find(table->report, name);
	return *agg == ROWS_NONE ? NULL : reader_agg_rows(table->report->reader, *agg, len);
}

static struct thread_row *row_of(struct arena *arena, struct thread_row **rows, unsigned *len, const char *who,
				 const char *thread)
{
	struct thread_row *row;

	for (unsigned i = 0; i < *len; i++)
		if (!strcmp((*rows)[i].who, who) && !strcmp((*rows)[i].thread, thread))
			return &(*rows)[i];
	row = arena_push(arena, *rows, *len);
	*row = (struct thread_row){.who = who, .thread = thread};
	return row;
}

static void take_number(struct table *table, const char *name, size_t member)
{
	unsigned agg, len;
	const struct agg_row *rows = rows_of(table, name, &agg, &len);

	for (unsigned i = 0; i < len; i++) {
		const char *who = rows_text(table->report, table->arena, agg, &rows[i], 0),
			   *thread = rows_text(table->report, table->arena, agg, &rows[i], 1);

		if (rows[i].value[0])
			*(double *)((char *)row_of(table->arena, &table->threads, &table->threads_len, who, thread) +
				    member) = rows_number(table->report, agg, &rows[i]);
	}
}

static void merge_latency(struct table *table, uint64_t **into, const uint64_t *from)
{
	const struct agg_layout *layout = &table->report->schema->aggs[table->latency];

	if (!from)
		return;
	if (*into)
		layout->shape.agg->merge(&layout->shape, *into, from);
	else
		*into = arena_memdup(table->arena, from, layout->shape.agg->words(&layout->shape) * sizeof(uint64_t));
}

static void take_latency(struct table *table)
{
	unsigned len;
	const struct agg_row *rows = rows_of(table, "latency", &table->latency, &len);

	for (unsigned i = 0; i < len; i++) {
		const char *who = rows_text(table->report, table->arena, table->latency, &rows[i], 0),
			   *thread = rows_text(table->report, table->arena, table->latency, &rows[i], 1);

		if (!rows[i].value[0])
			continue;
		merge_latency(table, &row_of(table->arena, &table->threads, &table->threads_len, who, thread)->latency,
			      rows[i].value);
		merge_latency(table, &table->all, rows[i].value);
	}
}

static void sum_daemons(struct table *table)
{
	for (unsigned i = 0; i < table->threads_len; i++) {
		const struct thread_row *thread = &table->threads[i];
		struct thread_row *sum;

		if (thread->worst > table->worst)
			table->worst = thread->worst;
		if (!thread->thread[0])
			continue; /* no daemon: its row is the sum */
		sum = row_of(table->arena, &table->daemons, &table->daemons_len, thread->who, "");
		sum->cpu += thread->cpu;
		sum->wait += thread->wait;
		sum->blocked += thread->blocked;
		sum->switches += thread->switches;
		if (thread->worst > sum->worst)
			sum->worst = thread->worst;
		merge_latency(table, &sum->latency, thread->latency);
	}
}

static void pair_add(struct arena *arena, struct pair_row **rows, unsigned *len, const struct pair_row *add)
{
	for (unsigned i = 0; i < *len; i++) {
		struct pair_row *row = &(*rows)[i];

		if (strcmp(row->who, add->who) || strcmp(row->thread, add->thread) || strcmp(row->who2, add->who2) ||
		    strcmp(row->thread2, add->thread2))
			continue;
		row->count += add->count;
		row->ns += add->ns;
		return;
	}
	*arena_push(arena, *rows, *len) = *add;
}

static void take_chains(struct table *table)
{
	static const char *const names[] = {"wakes", "wakens"};
	unsigned aggs[2], len;
	const struct agg_row *rows = rows_join(table->report, names, 2, aggs, &len);

	for (unsigned i = 0; i < len; i++, rows += 2) {
		struct pair_row row = {
			.who = rows_text(table->report, table->arena, aggs[0], rows, 0),
			.thread = rows_text(table->report, table->arena, aggs[0], rows, 1),
			.who2 = rows_text(table->report, table->arena, aggs[0], rows, 2),
			.thread2 = rows_text(table->report, table->arena, aggs[0], rows, 3),
			.count = rows_number(table->report, aggs[0], &rows[0]),
			.ns = rows_number(table->report, aggs[1], &rows[1]),
		};

		if (row.count > 0)
			*arena_push(table->arena, table->chains, table->chains_len) = row;
	}
}

/* Stacks with the same end are one place. */
static void take_places(struct table *table)
{
	static const char *const names[] = {"sleeps", "blockedon"};
	unsigned aggs[2], len;
	const struct agg_row *rows = rows_join(table->report, names, 2, aggs, &len);

	for (unsigned i = 0; i < len; i++, rows += 2) {
		const struct stack *stack = rows_stack(table->report, aggs[0], rows, 2);
		struct pair_row row = {
			.who = rows_text(table->report, table->arena, aggs[0], rows, 0),
			.thread = rows_text(table->report, table->arena, aggs[0], rows, 1),
			.who2 = waits_function(stack),
			.thread2 = waits_syscall(stack),
			.count = rows_number(table->report, aggs[0], &rows[0]),
			.ns = rows_number(table->report, aggs[1], &rows[1]),
		};

		if (row.count > 0)
			pair_add(table->arena, &table->places, &table->places_len, &row);
	}
}

static int compare(double x, double y)
{
	return (x < y) - (x > y);
}

static int compare_threads(const void *a, const void *b)
{
	const struct thread_row *x = a, *y = b;
	int order = compare(x->wait, y->wait);

	return order ? order : compare(x->cpu, y->cpu);
}

static int compare_cpu(const void *a, const void *b)
{
	return compare(((const struct thread_row *)a)->cpu, ((const struct thread_row *)b)->cpu);
}

static int compare_counts(const void *a, const void *b)
{
	return compare(((const struct pair_row *)a)->count, ((const struct pair_row *)b)->count);
}

static int compare_times(const void *a, const void *b)
{
	return compare(((const struct pair_row *)a)->ns, ((const struct pair_row *)b)->ns);
}

static void sort(void *rows, unsigned len, size_t size, int (*by)(const void *, const void *))
{
	if (len)
		qsort(rows, len, size, by);
}

static void take(struct table *table)
{
	take_number(table, "cpu", offsetof(struct thread_row, cpu));
	take_number(table, "wait", offsetof(struct thread_row, wait));
	take_number(table, "blocked", offsetof(struct thread_row, blocked));
	take_number(table, "switches", offsetof(struct thread_row, switches));
	take_number(table, "worst", offsetof(struct thread_row, worst));
	take_latency(table);
	sum_daemons(table);
	take_chains(table);
	take_places(table);
	sort(table->threads, table->threads_len, sizeof(*table->threads), compare_threads);
	sort(table->daemons, table->daemons_len, sizeof(*table->daemons), compare_threads);
	sort(table->chains, table->chains_len, sizeof(*table->chains), compare_counts);
	sort(table->places, table->places_len, sizeof(*table->places), compare_times);
}

/* --- The host --- */

static struct host_load load_of(const struct report *report)
{
	return (struct host_load){
		.all = fact_number(&report->facts, SCHED_ALL, 0),
		.busy = fact_number(&report->facts, SCHED_BUSY, 0),
		.stolen = fact_number(&report->facts, SCHED_STOLEN, 0),
		.pressed_us = fact_number(&report->facts, SCHED_PRESSED, 0),
		.is_known = fact_is_known(&report->facts, SCHED_ALL),
		.has_pressure = fact_is_known(&report->facts, SCHED_PRESSED),
	};
}

static void begin(struct view *view, const struct report *report)
{
	struct own *own = view->own;

	own->since_ns = report_time_ns(report);
	own->before = load_of(report);
}

static void take_load(struct table *table, struct view *view)
{
	struct own *own = table->view->own;
	struct host_load before = own->before;

	table->elapsed = (double)(report_time_ns(table->report) - own->since_ns);
	begin(view, table->report);
	table->has_host = before.is_known && own->before.is_known;
	table->load = (struct host_load){
		.busy = own->before.busy - before.busy,
		.stolen = own->before.stolen - before.stolen,
		.all = own->before.all - before.all,
		.pressed_us = own->before.pressed_us - before.pressed_us,
		.has_pressure = own->before.has_pressure && before.has_pressure,
	};
}

static double share(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

/* Waiting for a second in each second is what one thread in the queue does. */
static double waiting_mean(const struct table *table)
{
	double sum = 0;

	for (unsigned i = 0; i < table->threads_len; i++)
		sum += table->threads[i].wait;
	return sum / table->elapsed;
}

static double queue_number(struct table *table, const char *name)
{
	unsigned agg, len;
	const struct agg_row *rows = rows_of(table, name, &agg, &len);

	return len && rows[0].value[0] ? rows_number(table->report, agg, &rows[0]) : 0;
}

/* avg() prints whole numbers, which is too coarse for the length of a queue: the sum over the count. */
static double queue_mean(struct table *table)
{
	unsigned agg, len;
	const struct agg_row *rows = rows_of(table, "queue", &agg, &len);

	return len && rows[0].value[0]
		       ? (double)(int64_t)rows_word(table->report, agg, &rows[0], 1) / (double)rows[0].value[0]
		       : 0;
}

/* --- Text --- */

static double percentile(const struct table *table, const struct thread_row *row, double fraction)
{
	double ns = row->latency ? histogram_percentile(&table->report->schema->aggs[table->latency].shape,
							row->latency, fraction)
				 : 0;

	return row->worst > 0 && ns > row->worst ? row->worst : ns;
}

/* What the kernel does not tell (without /proc/stat, or with PSI switched off) is not taken for 0. */
static void print_host(const struct table *table, struct shown *out)
{
	const struct host_load *load = &table->load;

	if (load->all)
		shown_printf(out, "host: processors busy %.0f %%, stolen %.0f %%",
			     share((double)load->busy, (double)load->all),
			     share((double)load->stolen, (double)load->all));
	else
		shown_puts(out, "host: how busy processors were cannot be read from /proc/stat");
	if (load->has_pressure)
		shown_printf(out, "; some thread waited for one %.0f %% of the time\n",
			     share(1000.0 * (double)load->pressed_us, table->elapsed));
	else
		shown_puts(out, "; /proc/pressure/cpu does not tell how often a thread waited for one\n");
}

static double sleeps_of(const struct table *table)
{
	double sleeps = 0;

	for (unsigned i = 0; i < table->places_len; i++)
		sleeps += table->places[i].count;
	return sleeps;
}

static void print_heading(struct table *table, bool is_last)
{
	struct shown *out = &table->report->pending;

	view_heading(table->view, table->report, table->elapsed, is_last);
	if (table->has_host)
		print_host(table, out);
	shown_printf(out,
		     "these: %.2f threads waited for a processor at any time; on a run queue, sampled: mean %.1f, most "
		     "%.0f\n",
		     waiting_mean(table), queue_mean(table), queue_number(table, "queuemax"));
	waits_print_inferred(table->report, sleeps_of(table));
	shown_putc(out, '\n');
}

static void print_thread(struct table *table, const struct thread_row *row)
{
	char p50[16] = "-", p99[16] = "-", worst[16] = "-";
	double parts[] = {row->cpu, row->wait, row->blocked};

	shown_printf(&table->report->pending, "%-15s %-15s", row->who, row->thread);
	for (unsigned i = 0; i < 3; i++)
		shown_printf(&table->report->pending, " %10.1f %5.1f", parts[i] / 1e6, share(parts[i], table->elapsed));
	if (row->latency) {
		duration_print(percentile(table, row, 0.5), p50);
		duration_print(percentile(table, row, 0.99), p99);
		duration_print(row->worst, worst);
	}
	shown_printf(&table->report->pending, " %8.0f %9s %9s %9s\n", row->switches, p50, p99, worst);
}

static void print_threads(struct table *table, const char *title, const struct thread_row *rows, unsigned len,
			  unsigned most)
{
	if (!len)
		return;
	shown_printf(&table->report->pending, "%-15s %-15s %10s %5s %10s %5s %10s %5s %8s %9s %9s %9s\n", title,
		     most == THREADS_MAX ? "THREAD" : "", "CPU ms", "%", "WAIT ms", "%", "BLOCKED ms", "%", "SWITCHES",
		     "WAIT p50", "p99", "max");
	for (unsigned i = 0; i < len && i < most; i++)
		print_thread(table, &rows[i]);
	if (len > most && most != RUNNERS_MAX)
		shown_printf(&table->report->pending, "(and %u more, which waited less)\n", len - most);
	shown_putc(&table->report->pending, '\n');
}

/* What has the processors need not wait for them, and then is last or not at all among those that wait. */
static void print_runners(struct table *table)
{
	struct thread_row *rows = NULL;
	unsigned len = 0;

	for (unsigned i = 0; i < table->daemons_len; i++)
		*arena_push(table->arena, rows, len) = table->daemons[i];
	for (unsigned i = 0; i < table->threads_len; i++)
		if (!table->threads[i].thread[0])
			*arena_push(table->arena, rows, len) = table->threads[i];
	sort(rows, len, sizeof(*rows), compare_cpu);
	print_threads(table, "ON A PROCESSOR", rows, len, RUNNERS_MAX);
}

/* One line for each two powers of two, so that it is short. */
struct octaves {
	uint64_t counts[OCTAVES], most;
};

static void add_octave(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct octaves *octaves = data;
	int64_t at = low == INT64_MIN ? high : low;
	unsigned i = at > 0 ? (63 - (unsigned)__builtin_clzll((uint64_t)at)) & ~1u : 0;

	octaves->counts[i] += count;
	if (octaves->counts[i] > octaves->most)
		octaves->most = octaves->counts[i];
}

static void print_histogram(struct table *table)
{
	const struct agg_shape *shape = &table->report->schema->aggs[table->latency].shape;
	struct octaves octaves = {0};
	unsigned first = 0, last = OCTAVES - 2;

	if (!table->all)
		return;
	shape->agg->buckets(shape, table->all, add_octave, &octaves);
	while (first < last && !octaves.counts[first])
		first += 2;
	while (last > first && !octaves.counts[last])
		last -= 2;
	shown_puts(&table->report->pending, "from when a thread could run until it ran\n");
	for (unsigned i = first; i <= last; i += 2) {
		unsigned bar =
			octaves.most ? (unsigned)((BAR * octaves.counts[i] + octaves.most - 1) / octaves.most) : 0;
		char from[16];

		duration_print(i <= 8 ? 0 : (double)(1ull << i), from);
		shown_printf(&table->report->pending, "  %10s |%-*.*s| %llu\n", from, BAR, (int)bar,
			     "########################################", (unsigned long long)octaves.counts[i]);
	}
	shown_putc(&table->report->pending, '\n');
}

static void print_places(struct table *table)
{
	struct shown *out = &table->report->pending;
	char mean[16];

	if (table->places_len)
		shown_printf(out, "%-15s %-15s %-26s %-16s %10s %8s %9s\n", "BLOCKED", "THREAD", "IN", "SYSTEM CALL",
			     "ms", "COUNT", "MEAN");
	for (unsigned i = 0; i < table->places_len && i < PLACES_MAX; i++) {
		const struct pair_row *row = &table->places[i];

		duration_print(row->ns / row->count, mean);
		shown_printf(out, "%-15s %-15s %-26.26s %-16.16s %10.1f %8.0f %9s\n", row->who, row->thread, row->who2,
			     row->thread2, row->ns / 1e6, row->count, mean);
	}
	if (table->places_len)
		shown_putc(out, '\n');
}

static void print_chains(struct table *table)
{
	struct shown *out = &table->report->pending;
	char mean[16];

	if (table->chains_len)
		shown_printf(out, "%-15s %-15s    %-15s %-15s %8s %14s\n", "WAKES", "THREAD", "WOKEN", "THREAD",
			     "COUNT", "MEAN UNTIL RUN");
	for (unsigned i = 0; i < table->chains_len && i < CHAINS_MAX; i++) {
		const struct pair_row *row = &table->chains[i];

		duration_print(row->ns / row->count, mean);
		shown_printf(out, "%-15s %-15s -> %-15s %-15s %8.0f %14s\n", row->who, row->thread, row->who2,
			     row->thread2, row->count, mean);
	}
	if (table->chains_len)
		shown_putc(out, '\n');
}

static void print_text(struct table *table, bool is_last)
{
	print_heading(table, is_last);
	if (!table->threads_len)
		shown_puts(&table->report->pending, "no thread ran or waited\n");
	print_runners(table);
	print_threads(table, "DAEMON", table->daemons, table->daemons_len, DAEMONS_MAX);
	print_threads(table, "WHO", table->threads, table->threads_len, THREADS_MAX);
	print_histogram(table);
	print_places(table);
	print_chains(table);
}

/* --- JSON --- */

static void put_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static void put_number(struct json_object *object, const char *name, double number)
{
	json_object_object_add(object, name, json_object_new_int64((int64_t)(number + 0.5)));
}

static struct json_object *threads_json(const struct table *table, const struct thread_row *rows, unsigned len)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < len; i++) {
		struct json_object *object = json_object_new_object();

		put_text(object, "who", rows[i].who);
		put_text(object, "thread", rows[i].thread);
		put_number(object, "cpu_ns", rows[i].cpu);
		put_number(object, "wait_ns", rows[i].wait);
		put_number(object, "blocked_ns", rows[i].blocked);
		put_number(object, "switches", rows[i].switches);
		put_number(object, "waits", rows[i].latency ? (double)rows[i].latency[0] : 0);
		put_number(object, "wait_p50_ns", percentile(table, &rows[i], 0.5));
		put_number(object, "wait_p99_ns", percentile(table, &rows[i], 0.99));
		put_number(object, "wait_max_ns", rows[i].worst);
		json_object_array_add(list, object);
	}
	return list;
}

static const char *const place_names[] = {"who", "thread", "function", "syscall"};
static const char *const chain_names[] = {"waker", "waker_thread", "who", "thread"};

static struct json_object *pairs_json(const struct pair_row *rows, unsigned len, const char *const names[4])
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < len; i++) {
		struct json_object *object = json_object_new_object();

		put_text(object, names[0], rows[i].who);
		put_text(object, names[1], rows[i].thread);
		put_text(object, names[2], rows[i].who2);
		put_text(object, names[3], rows[i].thread2);
		put_number(object, "count", rows[i].count);
		put_number(object, "total_ns", rows[i].ns);
		json_object_array_add(list, object);
	}
	return list;
}

/* A number that the kernel does not tell is left out. */
static struct json_object *host_json(const struct table *table)
{
	struct json_object *host = json_object_new_object();

	if (table->load.all) {
		json_object_object_add(
			host, "busy",
			json_object_new_double(share((double)table->load.busy, (double)table->load.all) / 100));
		json_object_object_add(
			host, "stolen",
			json_object_new_double(share((double)table->load.stolen, (double)table->load.all) / 100));
	}
	if (table->load.has_pressure)
		put_number(host, "pressure_ns", 1000.0 * (double)table->load.pressed_us);
	return host;
}

static void add_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct json_object *bucket = json_object_new_object();

	json_object_object_add(bucket, "low_ns", low == INT64_MIN ? NULL : json_object_new_int64(low));
	json_object_object_add(bucket, "high_ns", high == INT64_MAX ? NULL : json_object_new_int64(high));
	json_object_object_add(bucket, "count", json_object_new_uint64(count));
	json_object_array_add(data, bucket);
}

static void print_json(struct table *table)
{
	const struct agg_shape *shape = &table->report->schema->aggs[table->latency].shape;
	struct json_object *line = json_object_new_object(), *buckets = json_object_new_array();

	if (table->all)
		shape->agg->buckets(shape, table->all, add_bucket, buckets);
	put_text(line, "type", "sched");
	json_object_object_add(line, "time",
			       json_object_new_int64((int64_t)(report_time_ns(table->report) / 1000000000)));
	put_number(line, "elapsed_ns", table->elapsed);
	if (table->has_host)
		json_object_object_add(line, "host", host_json(table));
	json_object_object_add(line, "waiting_mean", json_object_new_double(waiting_mean(table)));
	json_object_object_add(line, "queue_mean", json_object_new_double(queue_mean(table)));
	put_number(line, "queue_max", queue_number(table, "queuemax"));
	put_number(line, "inferred_ends", waits_inferred(table->report));
	json_object_object_add(line, "daemons", threads_json(table, table->daemons, table->daemons_len));
	json_object_object_add(line, "threads", threads_json(table, table->threads, table->threads_len));
	json_object_object_add(line, "wait_buckets", buckets);
	json_object_object_add(line, "blocked_on", pairs_json(table->places, table->places_len, place_names));
	json_object_object_add(line, "wakeups", pairs_json(table->chains, table->chains_len, chain_names));
	shown_json(&table->report->pending, line, JSON_C_TO_STRING_PLAIN);
	shown_putc(&table->report->pending, '\n');
	json_object_put(line);
}

/* --- CSV: all tables are one, whose first columns say of which table a row is --- */

static void csv_table(const struct table *table, const char *name, struct json_object *rows)
{
	static const char *const columns[] = {"time_s",	      "table",	     "who",	 "thread",  "cpu_ns",
					      "wait_ns",      "blocked_ns",  "switches", "waits",   "wait_p50_ns",
					      "wait_p99_ns",  "wait_max_ns", "function", "syscall", "waker",
					      "waker_thread", "count",	     "total_ns"};

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		json_object_object_add(row, "time_s",
				       json_object_new_int64((int64_t)(report_time_ns(table->report) / 1000000000)));
		put_text(row, "table", name);
		csv_row_of(table->report, columns, sizeof(columns) / sizeof(columns[0]), row);
	}
	json_object_put(rows);
}

static void print_csv(const struct table *table)
{
	csv_table(table, "daemons", threads_json(table, table->daemons, table->daemons_len));
	csv_table(table, "threads", threads_json(table, table->threads, table->threads_len));
	csv_table(table, "blocked_on", pairs_json(table->places, table->places_len, place_names));
	csv_table(table, "wakeups", pairs_json(table->chains, table->chains_len, chain_names));
}

/* --- The view --- */

static int print(struct view *view, struct report *report, bool is_last)
{
	struct table table = {.report = report, .view = view};
	int error = reader_snapshot(report->reader);

	if (error)
		return error;
	table.latency = rows_find(report, "latency");
	if (table.latency == ROWS_NONE || !report->schema->aggs[table.latency].shape.agg->buckets)
		return -EINVAL;
	table.arena = arena_new();
	take_load(&table, view);
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
	{.letter = 'v',
	 .name = "verbose",
	 .help = "say on standard error when the tracing begins, also where that is no terminal"},
};

const struct view_ops view_sched = {
	.name = "sched",
	.doc = "who waits for a processor: time on it, waiting for it, blocked and where; who wakes whom",
	.script = "sched.d",
	.options = options,
	.options_len = sizeof(options) / sizeof(options[0]),
	.forms = VIEW_FORM(JSON) | VIEW_FORM(CSV),
	.needs = VIEW_INTERVAL | VIEW_HOST_LOAD | VIEW_TELLS_START,
	.size = sizeof(struct own),
	.begin = begin,
	.interval = interval,
	.end = end,
};
