/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/heat.h"

#include <assert.h>

/* Bounds within ten times, as tenths: 12, 6 or 3 of them, about equally far apart on a logarithmic scale. */
static const struct series {
	unsigned len;
	unsigned char tenths[12];
} series[] = {
	{12, {10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82}},
	{6, {10, 15, 20, 30, 50, 70}},
	{3, {10, 20, 50}},
};

enum { SERIES = sizeof(series) / sizeof(*series), BOUNDS_MAX = 12 * 20 + 1 };

struct range {
	uint64_t first_ns, last_ns, least, most; /* least: of the values that are not 0 */
	bool has_zero;
};

static struct range find_range(const struct heat_row *rows, unsigned len)
{
	struct range range = {.first_ns = UINT64_MAX, .least = UINT64_MAX};

	for (unsigned i = 0; i < len; i++) {
		const struct heat_row *row = &rows[i];

		range.first_ns = row->time_ns < range.first_ns ? row->time_ns : range.first_ns;
		range.last_ns = row->time_ns > range.last_ns ? row->time_ns : range.last_ns;
		range.most = row->value > range.most ? row->value : range.most;
		range.has_zero |= !row->value;
		if (row->value && row->value < range.least)
			range.least = row->value;
	}
	return range;
}

/* The bounds of a series from the last one that is not above `least` to the last one that is not above `most`. */
static unsigned make_bounds(const struct series *of, const struct range *range, uint64_t bounds[BOUNDS_MAX])
{
	unsigned len = 0;

	if (range->has_zero)
		bounds[len++] = 0;
	for (uint64_t ten = 1; range->most; ten *= 10) {
		for (unsigned i = 0; i < of->len; i++) {
			uint64_t bound;

			if (__builtin_mul_overflow(ten, (uint64_t)of->tenths[i], &bound) || bound / 10 > range->most)
				return len;
			bound /= 10;
			if (bound <= range->least)
				len = range->has_zero;
			if (!len || bound > bounds[len - 1])
				bounds[len++] = bound;
		}
		if (ten > UINT64_MAX / 10)
			return len;
	}
	return len;
}

static void choose_buckets(struct heat *heat, struct arena *arena, const struct range *range, unsigned max)
{
	uint64_t bounds[BOUNDS_MAX];

	for (unsigned i = 0; i < SERIES; i++) {
		heat->buckets_len = make_bounds(&series[i], range, bounds);
		if (heat->buckets_len <= max)
			break;
	}
	heat->buckets = arena_memdup(arena, bounds, heat->buckets_len * sizeof(*bounds));
}

static uint64_t choose_step(uint64_t length, unsigned max)
{
	uint64_t step = 1;

	for (unsigned i = 0; length / step >= max - 1; i++)
		step = i % 3 == 1 ? step / 2 * 5 : step * 2; /* 1 2 5 10 */
	return step;
}

static unsigned find_bucket(const struct heat *heat, uint64_t value)
{
	unsigned low = 0, high = heat->buckets_len;

	while (high - low > 1) {
		unsigned middle = (low + high) / 2;

		if (heat->buckets[middle] <= value)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void heat_make(struct heat *heat, struct arena *arena, const struct heat_row *rows, unsigned rows_len,
	       unsigned columns_max, unsigned buckets_max)
{
	struct range range = find_range(rows, rows_len);

	assert(rows_len && columns_max > 1);
	heat->step_ns = choose_step(range.last_ns - range.first_ns, columns_max);
	heat->start_ns = range.first_ns - range.first_ns % heat->step_ns;
	heat->columns_len = (unsigned)((range.last_ns - heat->start_ns) / heat->step_ns) + 1;
	choose_buckets(heat, arena, &range, buckets_max);
	heat->counts = arena_new_array(arena, uint64_t, (size_t)heat->columns_len * heat->buckets_len);
	for (unsigned i = 0; i < rows_len; i++) {
		size_t column = (rows[i].time_ns - heat->start_ns) / heat->step_ns;

		heat->counts[column * heat->buckets_len + find_bucket(heat, rows[i].value)] += rows[i].count;
	}
}

const uint64_t *heat_column(const struct heat *heat, unsigned column)
{
	return heat->counts + (size_t)column * heat->buckets_len;
}
