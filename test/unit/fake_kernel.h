/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Aggregations as the kernel keeps them, in memory: a source of snapshots for tests of the reader. Four aggregations
 * with the same keys, each with a value for each of two processors.
 */
#ifndef TEST_FAKE_KERNEL_H
#define TEST_FAKE_KERNEL_H

#include <stdint.h>

enum {
	CPUS = 2,
	ROWS_MAX = 8,
	WORDS_MAX = 128,
	KEY_SIZE = 24,
	AGG_COUNT = 0,
	AGG_MIN = 1,
	AGG_QUANT = 2,
	AGG_ALL = 3,
	AGGS
};

struct kernel_row {
	char key[KEY_SIZE]; /* a string of 16 bytes, an int32_t */
	uint64_t values[CPUS][WORDS_MAX];
};

struct kernel {
	struct kernel_row rows[AGGS][ROWS_MAX];
	unsigned rows_len[AGGS];
	unsigned snapshots;
	unsigned words[AGGS];
	int failure;
};

/* struct agg_source */
int kernel_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned), void *row_data);
int kernel_remove(void *data, unsigned agg, const void *key);
int kernel_zero(void *data, unsigned agg, const void *key);

/* A value where programs would find it; a new one is zero. */
uint64_t *kernel_value(struct kernel *kernel, unsigned agg, const char *name, int32_t number, unsigned cpu);
void kernel_count(struct kernel *kernel, const char *name, int32_t number, uint64_t times);
void kernel_min(struct kernel *kernel, const char *name, int32_t number, int64_t x);

#endif
