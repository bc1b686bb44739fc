/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows that a printa() with a format prints: of one aggregation, or of several with the same keys side by side;
 * scaled as normalize() and share() have said, and only those that top() has left.
 */
#include "func/rows.h"

#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "lib/memory.h"
#include "report/report.h"

struct printed {
	struct report *report;
	const unsigned *aggs;
	unsigned aggs_len;
	const struct agg_layout **layouts;
	struct agg_scale *scales;
	const struct agg_row *rows; /* aggs_len for each line */
	unsigned rows_len;
};

static int64_t number_of(const struct printed *printed, unsigned row, unsigned agg)
{
	const struct agg_shape *shape = &printed->layouts[agg]->shape;

	return shape->agg->number ? shape->agg->number(shape, printed->rows[row * printed->aggs_len + agg].value, 1)
				  : 0;
}

static int compare_largest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

/* What a row's first value must at least be; how many rows with just that value have room. */
struct bar {
	int64_t least;
	uint64_t equals;
};

static struct bar bar_of(const struct printed *printed, uint64_t top)
{
	int64_t *numbers = calloc(printed->rows_len, sizeof(*numbers));
	struct bar bar = {0};
	unsigned i;

	if (!numbers)
		memory_end();
	for (i = 0; i < printed->rows_len; i++)
		numbers[i] = number_of(printed, i, 0);
	qsort(numbers, printed->rows_len, sizeof(*numbers), compare_largest_first);
	bar.least = numbers[top - 1];
	for (i = (unsigned)top; i-- && numbers[i] == bar.least;)
		bar.equals++;
	free(numbers);
	return bar;
}

static bool passes(const struct printed *printed, unsigned row, struct bar *bar)
{
	int64_t number = number_of(printed, row, 0);

	if (number == bar->least && bar->equals) {
		bar->equals--;
		return true;
	}
	return number > bar->least;
}

static bool same_first_key(const struct printed *printed, unsigned a, unsigned b)
{
	const struct field *key = printed->layouts[0]->keys;
	const char *x = printed->rows[a * printed->aggs_len].key, *y = printed->rows[b * printed->aggs_len].key;

	return !printed->layouts[0]->keys_len || !memcmp(x + key->offset, y + key->offset, key->size);
}

/* The sums that shares are parts of. Rows of one first key often follow each other, and then have the sum of the row
 * before. */
static void total(struct printed *printed, unsigned row)
{
	unsigned agg, i;

	for (agg = 0; agg < printed->aggs_len; agg++) {
		struct agg_scale *scale = &printed->scales[agg];

		if (!scale->whole || (row && same_first_key(printed, row, row - 1)))
			continue;
		scale->total = 0;
		for (i = 0; i < printed->rows_len; i++)
			if (same_first_key(printed, row, i))
				scale->total += (uint64_t)number_of(printed, i, agg);
	}
}

static void print(struct printed *printed, const struct format *format)
{
	struct report *report = printed->report;
	uint64_t top = reader_agg_top(report->reader, printed->aggs[0]);
	bool has_bar = top && top < printed->rows_len;
	struct bar bar = {0};
	unsigned i;

	if (has_bar)
		bar = bar_of(printed, top);
	for (i = 0; i < printed->rows_len; i++) {
		total(printed, i);
		if (!has_bar || passes(printed, i, &bar))
			format_print_agg(report, format, printed->layouts, &printed->rows[i * printed->aggs_len],
					 printed->scales, printed->aggs_len, &report->text);
	}
}

void rows_print(struct report *report, const struct format *format, const unsigned *aggs, unsigned aggs_len)
{
	struct printed printed = {report,
				  aggs,
				  aggs_len,
				  calloc(aggs_len, sizeof(*printed.layouts)),
				  calloc(aggs_len, sizeof(*printed.scales)),
				  NULL,
				  0};
	unsigned i;

	if (!printed.layouts || !printed.scales)
		memory_end();
	for (i = 0; i < aggs_len; i++) {
		printed.layouts[i] = &report->schema->aggs[aggs[i]];
		printed.scales[i].normal = reader_agg_normal(report->reader, aggs[i]);
		printed.scales[i].whole = reader_agg_share(report->reader, aggs[i]);
	}
	if (aggs_len == 1)
		printed.rows = reader_agg_rows(report->reader, aggs[0], &printed.rows_len);
	else
		printed.rows = reader_agg_join(report->reader, aggs, aggs_len, &printed.rows_len);
	print(&printed, format);
	free(printed.layouts);
	free(printed.scales);
}
