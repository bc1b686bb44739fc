/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agg/common.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAR_COLUMNS = 40 };

__int128 agg_wide(const uint64_t *words)
{
	return (__int128)((unsigned __int128)words[1] << 64 | words[0]);
}

void agg_set_wide(uint64_t *words, __int128 sum)
{
	words[0] = (uint64_t)sum;
	words[1] = (uint64_t)((unsigned __int128)sum >> 64);
}

void agg_add_wide(uint64_t *into, const uint64_t *from)
{
	agg_set_wide(into, (__int128)((unsigned __int128)agg_wide(into) + (unsigned __int128)agg_wide(from)));
}

void agg_subtract_wide(uint64_t *from, const uint64_t *what)
{
	agg_set_wide(from, (__int128)((unsigned __int128)agg_wide(from) - (unsigned __int128)agg_wide(what)));
}

void agg_merge_words(const struct agg_shape *shape, uint64_t *into, const uint64_t *from)
{
	unsigned i, n = shape->agg->words(shape);

	for (i = 0; i < n; i++)
		into[i] += from[i];
}

void agg_subtract_words(const struct agg_shape *shape, uint64_t *from, const uint64_t *baseline)
{
	unsigned i, n = shape->agg->words(shape);

	for (i = 0; i < n; i++)
		from[i] -= baseline[i];
}

/* The magnitude is divided, since a divisor past INT64_MAX has no signed counterpart. */
static int64_t divide_signed(int64_t number, uint64_t divisor)
{
	if (divisor <= 1)
		return number;
	if (number < 0)
		return (int64_t)(0 - (0 - (uint64_t)number) / divisor);
	return (int64_t)((uint64_t)number / divisor);
}

int64_t agg_divide(const struct agg_shape *shape, uint64_t number, uint64_t divisor)
{
	if (shape->is_unsigned)
		return (int64_t)(divisor ? number / divisor : number);
	return divide_signed((int64_t)number, divisor);
}

int agg_compare_number(const struct agg_shape *shape, const uint64_t *a, const uint64_t *b)
{
	int64_t x = shape->agg->number(shape, a, 1), y = shape->agg->number(shape, b, 1);

	if (shape->is_unsigned)
		return ((uint64_t)x > (uint64_t)y) - ((uint64_t)x < (uint64_t)y);
	return (x > y) - (x < y);
}

void agg_show_number(const struct agg_shape *shape, const uint64_t *value, uint64_t normal, struct buf *out)
{
	int64_t number = shape->agg->number(shape, value, normal);

	if (shape->is_unsigned)
		buf_printf(out, " %16" PRIu64, (uint64_t)number);
	else
		buf_printf(out, " %16" PRId64, number);
}

int64_t agg_number_updates(const struct agg_shape *shape, const uint64_t *value, uint64_t normal)
{
	(void)shape;
	return (int64_t)(value[0] / (normal ? normal : 1));
}

/* What all shown rows have in common. */
struct scale {
	long double total;
	bool positive, negative; /* is there any such count? Only increments below zero make negative ones */
};

static unsigned bar_length(long double count, long double total, unsigned columns)
{
	unsigned length;

	if (total <= 0)
		return 0;
	length = (unsigned)(fabsl(count) * columns / total + 0.5L);
	return length < columns ? length : columns;
}

static void fill(char **at, char c, unsigned n)
{
	memset(*at, c, n);
	*at += n;
}

/*
 * A line stands for 0, and bars grow from it: positive ones to its right, negative ones to its left. Where there are
 * both it is in the middle, and each side has half of the columns.
 */
static void draw_bar(int64_t count, const struct scale *scale, char bar[BAR_COLUMNS + 2])
{
	unsigned left = !scale->negative  ? 0
			: scale->positive ? BAR_COLUMNS / 2
					  : BAR_COLUMNS,
		 right = BAR_COLUMNS - left;
	unsigned length = bar_length((long double)count, scale->total, count < 0 ? left : right);
	char *at = bar;

	fill(&at, ' ', count < 0 ? left - length : left);
	fill(&at, '@', count < 0 ? length : 0);
	fill(&at, '|', 1);
	fill(&at, '@', count > 0 ? length : 0);
	fill(&at, ' ', (unsigned)(bar + BAR_COLUMNS + 1 - at));
	*at = '\0';
}

/* Rows from the one before the first bucket that is not empty to the one after the last. */
static void shown_rows(const struct histogram *histogram, unsigned *first, unsigned *last)
{
	unsigned n = histogram->buckets, a = 0, z = n - 1;

	while (a < n && !histogram->counts[a])
		a++;
	if (a == n) {
		*first = histogram->middle ? histogram->middle - 1 : 0;
		*last = histogram->middle + 1 < n ? histogram->middle + 1 : n - 1;
		return;
	}
	while (!histogram->counts[z])
		z--;
	*first = a ? a - 1 : 0;
	*last = z + 1 < n ? z + 1 : z;
}

void histogram_show(const struct histogram *histogram, uint64_t normal, struct buf *out)
{
	struct scale scale = {0};
	char bar[BAR_COLUMNS + 2], label[32];
	unsigned first, last, i;

	shown_rows(histogram, &first, &last);
	for (i = first; i <= last; i++) {
		int64_t count = (int64_t)histogram->counts[i];

		scale.positive |= count > 0;
		scale.negative |= count < 0;
		scale.total += fabsl((long double)count);
	}
	buf_printf(out, "\n%16s %41s %-9s\n", "value", "------------- Distribution -------------", "count");
	for (i = first; i <= last; i++) {
		int64_t count = (int64_t)histogram->counts[i];

		draw_bar(count, &scale, bar);
		histogram->label(histogram->shape, i, first, label);
		buf_printf(out, "%16s %s %-9" PRId64 "\n", label, bar, divide_signed(count, normal));
	}
}
