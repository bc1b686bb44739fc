/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What actions and reports may do with the reader's aggregations: rows, joins, clear(), trunc(), normalize(), share(),
 * top().
 */
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"
#include "record/reader.h"

const struct agg_row *reader_agg_rows(struct reader *reader, unsigned agg, unsigned *rows_len)
{
	return agg_table_rows(reader->aggs[agg].table, rows_len);
}

uint64_t reader_agg_normal(const struct reader *reader, unsigned agg)
{
	return reader->aggs[agg].normal;
}

/* A failure cannot go through the caller, which may be a report: reader_record() returns it. */
static void keep_error(struct reader *reader, int err)
{
	if (err && !reader->error)
		reader->error = err;
}

void reader_agg_clear(struct reader *reader, unsigned agg)
{
	keep_error(reader, agg_table_clear(reader->aggs[agg].table, &reader->source));
	reader->aggs[agg].is_shown = false;
}

void reader_agg_trunc(struct reader *reader, unsigned agg, bool has_limit, int64_t limit)
{
	keep_error(reader, agg_table_trunc(reader->aggs[agg].table, &reader->source, has_limit, limit));
	reader->aggs[agg].is_shown = false;
}

void reader_agg_normalize(struct reader *reader, unsigned agg, uint64_t normal)
{
	reader->aggs[agg].normal = normal ? normal : 1;
}

void reader_agg_set_share(struct reader *reader, unsigned agg, uint64_t whole)
{
	reader->aggs[agg].whole = whole;
}

uint64_t reader_agg_share(const struct reader *reader, unsigned agg)
{
	return reader->aggs[agg].whole;
}

void reader_agg_set_top(struct reader *reader, unsigned agg, uint64_t rows)
{
	reader->aggs[agg].top = rows;
}

uint64_t reader_agg_top(const struct reader *reader, unsigned agg)
{
	return reader->aggs[agg].top;
}

void reader_agg_mark_printed(struct reader *reader, unsigned agg)
{
	reader->aggs[agg].is_printed = true;
}

/* --- Joins
 * ------------------------------------------------------------------------------------------------------------- */

struct join {
	struct reader *reader;
	const unsigned *aggs;
	unsigned aggs_len;
	unsigned first; /* the aggregation whose values come first in the order */
};

static struct agg_table *join_table(const struct join *join, unsigned i)
{
	return join->reader->aggs[join->aggs[i]].table;
}

static int join_compare(const void *a, const void *b, void *data)
{
	const struct join *join = data;
	const struct agg_row *x = a, *y = b;
	unsigned i;
	int order = 0;

	for (i = 0; i < join->aggs_len && !order; i++) {
		unsigned at = (join->first + i) % join->aggs_len;

		order = agg_table_compare(join_table(join, at), &x[at], &y[at]);
	}
	return order;
}

static struct agg_row *join_room(struct reader *reader, size_t rows)
{
	if (rows > reader->joined_room) {
		reader->joined = reallocarray(reader->joined, rows, sizeof(*reader->joined));
		if (!reader->joined)
			memory_end();
		reader->joined_room = rows;
	}
	return reader->joined;
}

/* One row of each aggregation with the key of `row`, which comes from aggregation `from`. */
static bool join_row(const struct join *join, unsigned from, const struct agg_row *row, struct agg_row *to)
{
	const struct agg_layout *layout = agg_table_layout(join_table(join, from));
	unsigned i;

	for (i = 0; i < join->aggs_len; i++) {
		to[i] = i == from ? *row : agg_table_find(join_table(join, i), layout, row->key);
		if (to[i].key && i < from)
			return false; /* was there already */
		if (!to[i].key)
			to[i] = (struct agg_row){
				agg_table_key(join_table(join, i), layout, row->key, join->reader->join_arena),
				agg_table_zeros(join_table(join, i))};
	}
	return true;
}

const struct agg_row *reader_agg_join(struct reader *reader, const unsigned *aggs, unsigned aggs_len,
				      unsigned *rows_len)
{
	struct join join = {reader, aggs, aggs_len, (unsigned)reader->options->aggsortpos % aggs_len};
	unsigned i, j, len;
	size_t n = 0;

	arena_free(reader->join_arena);
	reader->join_arena = arena_new();
	for (i = 0; i < aggs_len; i++) {
		const struct agg_row *rows = reader_agg_rows(reader, aggs[i], &len);

		join_room(reader, (n + len) * aggs_len);
		for (j = 0; j < len; j++)
			n += join_row(&join, i, &rows[j], &reader->joined[n * aggs_len]);
	}
	if (n)
		qsort_r(reader->joined, n, aggs_len * sizeof(*reader->joined), join_compare, &join);
	*rows_len = (unsigned)n;
	return reader->joined;
}
