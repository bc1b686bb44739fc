/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics: what <<< gathers, and how histograms are printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stap/run.h"

enum { WIDTH = 50, NEAR = 2 };

unsigned stap_stat_buckets(const struct stap_var *var, enum stap_stat_op what)
{
	if (what == STAT_LOG)
		return STAP_LOG_BUCKETS;
	return (unsigned)((var->linear[1] - var->linear[0]) / var->linear[2]) + 3; /* one below, one above */
}

static int64_t *new_buckets(const struct stap_var *var, enum stap_stat_op what)
{
	int64_t *buckets = calloc(stap_stat_buckets(var, what), sizeof(*buckets));

	if (!buckets)
		abort();
	return buckets;
}

struct stap_stat *stap_stat_new(const struct stap_var *var)
{
	struct stap_stat *stat = calloc(1, sizeof(*stat));

	if (!stat)
		abort();
	stat->log = var->wants_log ? new_buckets(var, STAT_LOG) : NULL;
	stat->linear = var->wants_linear ? new_buckets(var, STAT_LINEAR) : NULL;
	return stat;
}

void stap_stat_free(struct stap_stat *stat)
{
	if (!stat)
		return;
	free(stat->log);
	free(stat->linear);
	free(stat);
}

/* Powers of two, of negative numbers below STAP_LOG_ZERO, of positive ones above. */
static unsigned log_bucket(int64_t value)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	unsigned bits = size ? 64 - (unsigned)__builtin_clzll(size) : 0;
	unsigned bucket = value < 0 ? STAP_LOG_ZERO - bits : STAP_LOG_ZERO + bits;

	return bucket < STAP_LOG_BUCKETS ? bucket : STAP_LOG_BUCKETS - 1;
}

static int64_t log_value(unsigned bucket)
{
	if (bucket == STAP_LOG_ZERO)
		return 0;
	if (bucket < STAP_LOG_ZERO)
		return INT64_MIN >> bucket;
	return (int64_t)(1ull << (bucket - STAP_LOG_ZERO - 1));
}

static unsigned linear_bucket(const struct stap_var *var, int64_t value)
{
	unsigned last = stap_stat_buckets(var, STAT_LINEAR) - 1;
	uint64_t bucket;

	if (value < var->linear[0])
		return 0;
	bucket = ((uint64_t)value - (uint64_t)var->linear[0]) / (uint64_t)var->linear[2] + 1;
	return bucket < last ? (unsigned)bucket : last;
}

void stap_stat_add(struct stap_stat *stat, const struct stap_var *var, int64_t value)
{
	int64_t shifted = (int64_t)((uint64_t)value << var->shift), delta = shifted - stat->mean;

	if (!stat->count) {
		stat->min = stat->max = value;
		stat->mean = shifted;
		delta = 0;
	}
	stat->count++;
	stat->sum = (int64_t)((uint64_t)stat->sum + (uint64_t)value);
	stat->min = value < stat->min ? value : stat->min;
	stat->max = value > stat->max ? value : stat->max;
	stat->mean += delta / stat->count;
	stat->squares = (int64_t)((uint64_t)stat->squares + (uint64_t)delta * (uint64_t)(shifted - stat->mean));
	if (stat->log)
		stat->log[log_bucket(value)]++;
	if (stat->linear)
		stat->linear[linear_bucket(var, value)]++;
}

int64_t stap_stat_read(const struct stap_stat *stat, const struct stap_var *var, enum stap_stat_op what)
{
	switch (what) {
	case STAT_COUNT:
		return stat->count;
	case STAT_SUM:
		return stat->sum;
	case STAT_MIN:
		return stat->min;
	case STAT_MAX:
		return stat->max;
	case STAT_AVG:
		return stat->count ? stat->sum / stat->count : 0;
	default:
		return stat->count > 1 ? (stat->squares / (stat->count - 1)) >> (2 * var->shift) : 0;
	}
}

/* ---- printing ---- */

struct histogram {
	const struct stap_var *var;
	const int64_t *counts;
	unsigned len, first, last;
	bool is_log;
};

static int64_t bucket_value(const struct histogram *h, unsigned i)
{
	int64_t above = i == 0 ? 0 : i == h->len - 1 ? (int64_t)i - 2 : (int64_t)i - 1;

	return h->is_log ? log_value(i) : h->var->linear[0] + above * h->var->linear[2];
}

static int digits(int64_t number)
{
	return snprintf(NULL, 0, "%lld", (long long)number);
}

/* The rows from the first count to the last, and two around them where there are some. */
static void find_rows(struct histogram *h)
{
	h->first = h->len;
	h->last = 0;
	for (unsigned i = 0; i < h->len; i++) {
		if (h->counts[i] && h->first == h->len)
			h->first = i;
		if (h->counts[i])
			h->last = i;
	}
	if (h->first == h->len)
		h->first = 0;
	for (unsigned i = 0; i < NEAR; i++) {
		h->first -= h->first > 0 && (!h->is_log || h->first != STAP_LOG_ZERO);
		h->last += h->last + 1 < h->len;
	}
	if (h->is_log)
		return;
	h->first += !h->first && !h->counts[0];
	h->last -= h->last == h->len - 1 && !h->counts[h->last];
}

static bool is_empty_around(const struct histogram *h, unsigned i)
{
	unsigned from = i >= h->first + NEAR ? i - NEAR : h->first, to = i + NEAR < h->last ? i + NEAR : h->last;

	while (from <= to && !h->counts[from])
		from++;
	return from > to;
}

static int value_width(const struct histogram *h)
{
	int a, b;

	if (h->is_log) {
		a = digits(log_value(h->last));
		b = digits(log_value(h->first));
	} else {
		a = digits(h->var->linear[0]) + (h->first == 0);
		b = digits(h->var->linear[0] + h->var->linear[2] * (int64_t)h->last) + (h->last == h->len - 1);
	}
	a = a > b ? a : b;
	return a > 5 ? a : 5;
}

static void print_bar(int64_t n, struct buf *out)
{
	while (n-- > 0)
		buf_putc(out, '@');
}

void stap_stat_print(const struct stap_stat *stat, const struct stap_var *var, enum stap_stat_op what, struct buf *out)
{
	struct histogram h = {
		.var = var, .counts = what == STAT_LOG ? stat->log : stat->linear, .is_log = what == STAT_LOG};
	int64_t most = 0, scale;
	bool has_gap = false;
	int width;

	h.len = stap_stat_buckets(var, what);
	find_rows(&h);
	for (unsigned i = 0; i < h.len; i++)
		most = h.counts[i] > most ? h.counts[i] : most;
	scale = most <= WIDTH ? 1 : (most + WIDTH - 1) / WIDTH;
	width = value_width(&h);
	buf_printf(out, "%*s |%.*s count\n", width, "value", WIDTH,
		   "------------------------------------------------------------");
	for (unsigned i = h.first; i <= h.last; i++) {
		const char *mark = h.is_log ? "" : i == 0 ? "<" : i == h.len - 1 ? ">" : "";
		int64_t value = bucket_value(&h, i);

		if (is_empty_around(&h, i)) {
			has_gap = true;
			continue;
		}
		if (has_gap)
			buf_printf(out, "%*s ~\n", width, "");
		has_gap = false;
		buf_printf(out, "%*s%lld |", width - digits(value), mark, (long long)value);
		print_bar(h.counts[i] / scale, out);
		buf_printf(out, "%*lld\n", (int)(WIDTH - h.counts[i] / scale + 1 + digits(most)),
			   (long long)h.counts[i]);
	}
	buf_putc(out, '\n');
}
