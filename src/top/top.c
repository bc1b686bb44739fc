/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/arena.h"
#include "lib/memory.h"

enum {
	OSD_NAME,
	OSD_OPS,
	OSD_READ,
	OSD_WRITE,
	OSD_REPLICA,
	OSD_BYTES,
	OSD_MEAN,
	OSD_P99,
	OSD_QUEUE,
	OSD_FLIGHT,
	OSD_READ_BYTES,
	OSD_WRITE_BYTES,
	OSD_REPLICA_BYTES,
	OSD_REPLICA_MEAN,
	OSD_COLUMNS
};

static const struct top_column osd_columns[OSD_COLUMNS] = {
	[OSD_NAME] = {"OSD", TOP_TEXT, 8, false},
	[OSD_OPS] = {"OPS/S", TOP_NUMBER, 8, false},
	[OSD_READ] = {"READ", TOP_NUMBER, 8, false},
	[OSD_WRITE] = {"WRITE", TOP_NUMBER, 8, false},
	[OSD_REPLICA] = {"REPLICA", TOP_NUMBER, 9, false},
	[OSD_BYTES] = {"MB/S", TOP_MEGA, 8, false},
	[OSD_MEAN] = {"MEAN", TOP_TIME, 8, false},
	[OSD_P99] = {"P99", TOP_TIME, 8, false},
	[OSD_QUEUE] = {"QUEUE", TOP_NUMBER, 7, false},
	[OSD_FLIGHT] = {"FLIGHT", TOP_NUMBER, 8, false},
	[OSD_READ_BYTES] = {"READ MB", TOP_MEGA, 9, true},
	[OSD_WRITE_BYTES] = {"WRITE MB", TOP_MEGA, 10, true},
	[OSD_REPLICA_BYTES] = {"REPL MB", TOP_MEGA, 9, true},
	[OSD_REPLICA_MEAN] = {"REPL MEAN", TOP_TIME, 11, true},
};

enum { STAGE_OSD, STAGE_CLASS, STAGE_WHOLE, STAGE_RECEIVE, STAGE_REPLY = STAGE_RECEIVE + 6, STAGE_OPS, STAGE_COLUMNS };

/* In the order of the digits that stages' names begin with: column STAGE_WHOLE + digit. */
static const struct top_column stage_columns[STAGE_COLUMNS] = {
	[STAGE_OSD] = {"OSD", TOP_TEXT, 7, false},
	[STAGE_CLASS] = {"OPS", TOP_TEXT, 8, false},
	[STAGE_WHOLE] = {"WHOLE", TOP_TIME, 8, false},
	[STAGE_RECEIVE] = {"RECEIVE", TOP_TIME, 8, false},
	[STAGE_RECEIVE + 1] = {"QUEUE", TOP_TIME, 8, false},
	[STAGE_RECEIVE + 2] = {"PREPARE", TOP_TIME, 8, false},
	[STAGE_RECEIVE + 3] = {"EXECUTE", TOP_TIME, 8, false},
	[STAGE_RECEIVE + 4] = {"STORE", TOP_TIME, 8, false},
	[STAGE_RECEIVE + 5] = {"REPLICAS", TOP_TIME, 9, false},
	[STAGE_REPLY] = {"REPLY", TOP_TIME, 8, false},
	[STAGE_OPS] = {"OPS/S", TOP_NUMBER, 10, true},
};

enum { OBJECT_OPS, OBJECT_READ, OBJECT_WRITE, OBJECT_BYTES, OBJECT_POOL, OBJECT_NAME, OBJECT_COLUMNS };

static const struct top_column object_columns[OBJECT_COLUMNS] = {
	[OBJECT_OPS] = {"OPS", TOP_COUNT, 8, false},	 [OBJECT_READ] = {"READ", TOP_COUNT, 8, false},
	[OBJECT_WRITE] = {"WRITE", TOP_COUNT, 8, false}, [OBJECT_BYTES] = {"BYTES", TOP_SIZE, 9, false},
	[OBJECT_POOL] = {"POOL", TOP_TEXT, 6, false},	 [OBJECT_NAME] = {"OBJECT", TOP_TEXT, 0, false},
};

enum { CLIENT_NAME, CLIENT_OPS, CLIENT_READ, CLIENT_WRITE, CLIENT_BYTES, CLIENT_MEAN, CLIENT_COLUMNS };

static const struct top_column client_columns[CLIENT_COLUMNS] = {
	[CLIENT_NAME] = {"CLIENT", TOP_TEXT, 20, false}, [CLIENT_OPS] = {"OPS/S", TOP_NUMBER, 10, false},
	[CLIENT_READ] = {"READ", TOP_NUMBER, 10, false}, [CLIENT_WRITE] = {"WRITE", TOP_NUMBER, 10, false},
	[CLIENT_BYTES] = {"MB/S", TOP_MEGA, 10, false},	 [CLIENT_MEAN] = {"MEAN", TOP_TIME, 10, false},
};

enum {
	SLOW_TIME,
	SLOW_OSD,
	SLOW_CLASS,
	SLOW_RECEIVE,
	SLOW_LAST = SLOW_RECEIVE + TOP_SLOW_STAGES,
	SLOW_OP,
	SLOW_OBJECT,
	SLOW_COLUMNS
};

static const struct top_column slow_columns[SLOW_COLUMNS] = {
	[SLOW_TIME] = {"WHOLE", TOP_TIME, 7, false},
	[SLOW_OSD] = {"OSD", TOP_TEXT, 8, false},
	[SLOW_CLASS] = {"OP", TOP_TEXT, 6, false},
	[SLOW_RECEIVE] = {"RECEIVE", TOP_TIME, 8, true},
	[SLOW_RECEIVE + 1] = {"QUEUE", TOP_TIME, 8, false},
	[SLOW_RECEIVE + 2] = {"PREPARE", TOP_TIME, 8, false},
	[SLOW_RECEIVE + 3] = {"EXECUTE", TOP_TIME, 8, false},
	[SLOW_RECEIVE + 4] = {"STORE", TOP_TIME, 8, false},
	[SLOW_RECEIVE + 5] = {"REPLICAS", TOP_TIME, 9, false},
	[SLOW_LAST] = {"LAST", TOP_TEXT, 7, false},
	[SLOW_OP] = {"CLIENT.TID", TOP_TEXT, 20, true},
	[SLOW_OBJECT] = {"OBJECT", TOP_TEXT, 0, false},
};

static const struct {
	const char *title;
	const struct top_column *columns;
	unsigned columns_len, sort; /* the column that it is sorted by at first */
} kinds[TOP_VIEWS] = {
	[TOP_OSDS] = {"OSDs", osd_columns, OSD_COLUMNS, OSD_OPS},
	[TOP_STAGES] = {"Stages, mean time", stage_columns, STAGE_COLUMNS, STAGE_OSD},
	[TOP_OBJECTS] = {"Objects", object_columns, OBJECT_COLUMNS, OBJECT_OPS},
	[TOP_CLIENTS] = {"Clients", client_columns, CLIENT_COLUMNS, CLIENT_OPS},
	[TOP_SLOW] = {"Slowest ops", slow_columns, SLOW_COLUMNS, SLOW_TIME},
};

/* A row with what it is found by. */
struct entry {
	const char *key;
	UT_hash_handle hh;
	struct top_row row; /* the last: its cells follow */
};

struct rows {
	struct entry *entries; /* by key */
	const struct top_row **sorted;
	unsigned len;
};

struct top_model {
	struct arena *arena;	/* of OSDs' names */
	struct arena *interval; /* of the rows */
	const char **osds;
	unsigned osds_len;
	struct rows views[TOP_VIEWS];
	struct {
		unsigned column;
		bool is_reversed;
	} sort[TOP_VIEWS];
	struct top_summary summary;
};

struct top_model *top_new(void)
{
	struct top_model *model = calloc(1, sizeof(*model));

	if (!model)
		memory_end();
	model->arena = arena_new();
	for (unsigned i = 0; i < TOP_VIEWS; i++)
		model->sort[i].column = kinds[i].sort;
	return model;
}

static void drop_rows(struct top_model *model)
{
	for (unsigned i = 0; i < TOP_VIEWS; i++)
		HASH_CLEAR(hh, model->views[i].entries); /* the entries are the arena's */
	memset(model->views, 0, sizeof(model->views));
	arena_free(model->interval);
	model->interval = NULL;
}

void top_free(struct top_model *model)
{
	if (!model)
		return;
	drop_rows(model);
	arena_free(model->arena);
	free(model);
}

/* --- What is added --- */

static struct top_cell *row_find(struct top_model *model, enum top_view view, const char *key)
{
	struct rows *rows = &model->views[view];
	struct entry *entry;

	HASH_FIND_STR(rows->entries, key, entry);
	if (!entry) {
		entry = arena_alloc(model->interval,
				    sizeof(*entry) + kinds[view].columns_len * sizeof(struct top_cell));
		entry->key = arena_strdup(model->interval, key);
		HASH_ADD_KEYPTR(hh, rows->entries, entry->key, strlen(entry->key), entry);
		rows->len++;
	}
	return entry->row.cells;
}

static void cell_add(struct top_cell *cell, double count, double number)
{
	cell->count += count;
	cell->number += number;
}

static void cell_set_text(struct top_model *model, struct top_cell *cell, const char *text)
{
	if (cell->text)
		return;
	cell->text = arena_strdup(model->interval, text);
	cell->count = 1;
}

static struct top_cell *osd_row(struct top_model *model, const char *daemon)
{
	struct top_cell *cells = row_find(model, TOP_OSDS, daemon);

	cell_set_text(model, &cells[OSD_NAME], daemon);
	return cells;
}

static unsigned by_class(const char *class, unsigned read, unsigned write, unsigned replica)
{
	return !strcmp(class, "read") ? read : !strcmp(class, "write") ? write : replica;
}

void top_add_osd(struct top_model *model, const char *daemon)
{
	for (unsigned i = 0; i < model->osds_len; i++)
		if (!strcmp(model->osds[i], daemon))
			return;
	*arena_push(model->arena, model->osds, model->osds_len) = arena_strdup(model->arena, daemon);
}

static void add_whole(struct top_model *model, const char *daemon, const char *class, double count, double ns)
{
	struct top_cell *cells = osd_row(model, daemon);
	bool is_replica = !strcmp(class, "replica");

	cell_add(&cells[by_class(class, OSD_READ, OSD_WRITE, OSD_REPLICA)], count, count);
	cell_add(&cells[is_replica ? OSD_REPLICA_MEAN : OSD_MEAN], count, ns);
}

void top_add_stage(struct top_model *model, const char *daemon, const char *class, const char *stage, double count,
		   double ns)
{
	char key[128];
	struct top_cell *cells;
	unsigned digit = (unsigned)(stage[0] - '0');

	top_add_osd(model, daemon);
	if (digit > STAGE_REPLY - STAGE_WHOLE)
		return;
	if (!digit)
		add_whole(model, daemon, class, count, ns);
	if (STAGE_WHOLE + digit == STAGE_RECEIVE + 1)
		cell_add(&osd_row(model, daemon)[OSD_QUEUE], count, ns);
	snprintf(key, sizeof(key), "%s %s", daemon, class);
	cells = row_find(model, TOP_STAGES, key);
	cell_set_text(model, &cells[STAGE_OSD], daemon);
	cell_set_text(model, &cells[STAGE_CLASS], class);
	cell_add(&cells[STAGE_WHOLE + digit], count, ns);
}

void top_add_bytes(struct top_model *model, const char *daemon, const char *class, double bytes)
{
	struct top_cell *cells = osd_row(model, daemon);

	cell_add(&cells[by_class(class, OSD_READ_BYTES, OSD_WRITE_BYTES, OSD_REPLICA_BYTES)], 1, bytes);
}

void top_add_p99(struct top_model *model, const char *daemon, double ns)
{
	cell_add(&osd_row(model, daemon)[OSD_P99], 1, ns);
}

static struct top_cell *client_row(struct top_model *model, int64_t client)
{
	char name[32];
	struct top_cell *cells;

	snprintf(name, sizeof(name), "client.%" PRId64, client);
	cells = row_find(model, TOP_CLIENTS, name);
	cell_set_text(model, &cells[CLIENT_NAME], name);
	return cells;
}

void top_add_client(struct top_model *model, int64_t client, const char *class, double count, double ns)
{
	struct top_cell *cells = client_row(model, client);

	cell_add(&cells[by_class(class, CLIENT_READ, CLIENT_WRITE, CLIENT_WRITE)], count, count);
	cell_add(&cells[CLIENT_MEAN], count, ns);
}

void top_add_client_bytes(struct top_model *model, int64_t client, const char *class, double bytes)
{
	(void)class;
	cell_add(&client_row(model, client)[CLIENT_BYTES], 1, bytes);
}

void top_add_object(struct top_model *model, int64_t pool, const char *name, const char *class, double count,
		    double bytes)
{
	char key[512], number[24];
	struct top_cell *cells;

	snprintf(key, sizeof(key), "%" PRId64 " %s", pool, name);
	snprintf(number, sizeof(number), "%" PRId64, pool);
	cells = row_find(model, TOP_OBJECTS, key);
	cell_set_text(model, &cells[OBJECT_POOL], number);
	cell_set_text(model, &cells[OBJECT_NAME], name);
	cell_add(&cells[by_class(class, OBJECT_READ, OBJECT_WRITE, OBJECT_WRITE)], count, count);
	cell_add(&cells[OBJECT_BYTES], 1, bytes);
}

void top_add_slow(struct top_model *model, const struct top_slow_op *op)
{
	char key[128], text[48];
	struct top_cell *cells;

	snprintf(text, sizeof(text), "%" PRId64 ".%" PRId64, op->client, op->tid);
	snprintf(key, sizeof(key), "%s %s", text, op->daemon);
	cells = row_find(model, TOP_SLOW, key);
	if (cells[SLOW_TIME].count)
		return; /* sent twice by its client: once is enough */
	cell_set_text(model, &cells[SLOW_OSD], op->daemon);
	cell_set_text(model, &cells[SLOW_CLASS], op->class);
	cell_set_text(model, &cells[SLOW_OP], text);
	if (*op->object) /* of an op that had begun before us nobody has seen it */
		cell_set_text(model, &cells[SLOW_OBJECT], op->object);
	snprintf(text, sizeof(text), "osd.%" PRId64, op->peer);
	if (op->peer >= 0)
		cell_set_text(model, &cells[SLOW_LAST], text);
	cell_add(&cells[SLOW_TIME], 1, op->ns);
	for (unsigned i = 0; i < TOP_SLOW_STAGES; i++)
		if (op->stages[i] >= 0)
			cell_add(&cells[SLOW_RECEIVE + i], 1, (double)op->stages[i]);
}

void top_add_slow_floor(struct top_model *model, double ns)
{
	if (ns > model->summary.slow_floor_ns)
		model->summary.slow_floor_ns = ns;
}

void top_add_lost(struct top_model *model, uint64_t count)
{
	model->summary.lost += count;
}

/* --- From sums to what is shown --- */

static void to_mean(struct top_cell *cell)
{
	if (cell->count)
		cell->number /= cell->count;
}

/* A rate of nothing is known: 0. */
static void to_rate(struct top_cell *cell, double seconds)
{
	cell->number /= seconds;
	cell->count = 1;
}

/* What was in it on average: the time that ops spent there, by the time that went by. */
static void to_mean_number(struct top_cell *cell, double ns, double seconds)
{
	cell->number = ns / (1e9 * seconds);
	cell->count = 1;
}

static void osd_finish(struct top_model *model, struct top_cell *cells, double seconds)
{
	cells[OSD_OPS].number = cells[OSD_READ].number + cells[OSD_WRITE].number;
	cells[OSD_BYTES].number = cells[OSD_READ_BYTES].number + cells[OSD_WRITE_BYTES].number;
	to_mean_number(&cells[OSD_FLIGHT], cells[OSD_MEAN].number, seconds);
	to_mean_number(&cells[OSD_QUEUE], cells[OSD_QUEUE].number, seconds);
	for (unsigned i = OSD_OPS; i <= OSD_BYTES; i++)
		to_rate(&cells[i], seconds);
	for (unsigned i = OSD_READ_BYTES; i <= OSD_REPLICA_BYTES; i++)
		to_rate(&cells[i], seconds);
	to_mean(&cells[OSD_MEAN]);
	to_mean(&cells[OSD_REPLICA_MEAN]);
	model->summary.ops += cells[OSD_OPS].number;
	model->summary.reads += cells[OSD_READ].number;
	model->summary.writes += cells[OSD_WRITE].number;
	model->summary.bytes += cells[OSD_BYTES].number;
}

static void stage_finish(struct top_model *model, struct top_cell *cells, double seconds)
{
	(void)model;
	cells[STAGE_OPS].number = cells[STAGE_WHOLE].count;
	to_rate(&cells[STAGE_OPS], seconds);
	for (unsigned i = STAGE_WHOLE; i <= STAGE_REPLY; i++)
		to_mean(&cells[i]);
}

static void object_finish(struct top_model *model, struct top_cell *cells, double seconds)
{
	(void)model;
	(void)seconds;
	cells[OBJECT_OPS].number = cells[OBJECT_READ].number + cells[OBJECT_WRITE].number;
	cells[OBJECT_OPS].count = cells[OBJECT_READ].count = cells[OBJECT_WRITE].count = 1;
}

static void client_finish(struct top_model *model, struct top_cell *cells, double seconds)
{
	(void)model;
	cells[CLIENT_OPS].number = cells[CLIENT_READ].number + cells[CLIENT_WRITE].number;
	for (unsigned i = CLIENT_OPS; i <= CLIENT_BYTES; i++)
		to_rate(&cells[i], seconds);
	to_mean(&cells[CLIENT_MEAN]);
}

static void slow_finish(struct top_model *model, struct top_cell *cells, double seconds)
{
	(void)model;
	(void)cells;
	(void)seconds;
}

static void (*const finish[TOP_VIEWS])(struct top_model *, struct top_cell *, double) = {
	[TOP_OSDS] = osd_finish,       [TOP_STAGES] = stage_finish, [TOP_OBJECTS] = object_finish,
	[TOP_CLIENTS] = client_finish, [TOP_SLOW] = slow_finish,
};

/* --- Order --- */

struct order {
	const struct top_column *columns;
	unsigned column, columns_len;
	bool is_reversed;
};

static int compare_cells(const struct top_column *column, const struct top_cell *a, const struct top_cell *b)
{
	if (column->unit == TOP_TEXT)
		return strverscmp(a->text, b->text); /* "osd.10" after "osd.9" */
	return (a->number < b->number) - (a->number > b->number);
}

/* Rows that are equal in the column that counts stand in the order of their texts: else they would jump about. */
static int compare_texts(const struct order *order, const struct top_row *a, const struct top_row *b)
{
	int result = 0;

	for (unsigned i = 0; i < order->columns_len && !result; i++)
		if (order->columns[i].unit == TOP_TEXT && a->cells[i].text && b->cells[i].text)
			result = strverscmp(a->cells[i].text, b->cells[i].text);
	return result;
}

static int compare_rows(const void *a, const void *b, void *data)
{
	const struct order *order = data;
	const struct top_row *x = *(const struct top_row *const *)a, *y = *(const struct top_row *const *)b;
	const struct top_cell *p = &x->cells[order->column], *q = &y->cells[order->column];
	int result;

	if (!p->count || !q->count)
		result = !p->count - !q->count; /* what is not known comes last, reversed or not */
	else
		result = (order->is_reversed ? -1 : 1) * compare_cells(&order->columns[order->column], p, q);
	return result ? result : compare_texts(order, x, y);
}

static void sort(struct top_model *model, enum top_view view)
{
	struct rows *rows = &model->views[view];
	struct order order = {kinds[view].columns, model->sort[view].column, kinds[view].columns_len,
			      model->sort[view].is_reversed};

	if (rows->len)
		qsort_r(rows->sorted, rows->len, sizeof(*rows->sorted), compare_rows, &order);
}

void top_sort_step(struct top_model *model, enum top_view view, int step)
{
	unsigned n = kinds[view].columns_len;

	model->sort[view].column = (model->sort[view].column + n + (unsigned)(step % (int)n)) % n;
	model->sort[view].is_reversed = false;
	sort(model, view);
}

void top_sort_reverse(struct top_model *model, enum top_view view)
{
	model->sort[view].is_reversed = !model->sort[view].is_reversed;
	sort(model, view);
}

/* --- An interval --- */

void top_begin(struct top_model *model)
{
	struct top_summary summary = {.lost = model->summary.lost};

	drop_rows(model);
	model->interval = arena_new();
	model->summary = summary;
}

void top_end(struct top_model *model, double seconds)
{
	for (unsigned i = 0; i < model->osds_len; i++)
		osd_row(model, model->osds[i]);
	for (unsigned view = 0; view < TOP_VIEWS; view++) {
		struct rows *rows = &model->views[view];
		struct entry *entry, *next;
		unsigned n = 0;

		rows->sorted = arena_new_array(model->interval, const struct top_row *, rows->len + 1);
		HASH_ITER(hh, rows->entries, entry, next)
		{
			if (seconds > 0)
				finish[view](model, entry->row.cells, seconds);
			rows->sorted[n++] = &entry->row;
		}
		sort(model, view);
	}
	model->summary.seconds = seconds;
	model->summary.osds = model->osds_len;
}

struct top_table top_table(const struct top_model *model, enum top_view view)
{
	return (struct top_table){
		.title = kinds[view].title,
		.columns = kinds[view].columns,
		.columns_len = kinds[view].columns_len,
		.rows = model->views[view].sorted,
		.rows_len = model->views[view].sorted ? model->views[view].len : 0,
		.sort = model->sort[view].column,
		.is_reversed = model->sort[view].is_reversed,
	};
}

struct top_summary top_summary(const struct top_model *model)
{
	return model->summary;
}
