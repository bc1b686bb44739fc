/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake_kernel.h"

#include <errno.h>
#include <string.h>

int kernel_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned), void *row_data)
{
	struct kernel *kernel = data;
	uint64_t values[CPUS * WORDS_MAX];
	unsigned i, cpu;

	kernel->snapshots++;
	for (i = 0; i < kernel->rows_len[agg]; i++) {
		for (cpu = 0; cpu < CPUS; cpu++)
			memcpy(values + cpu * kernel->words[agg], kernel->rows[agg][i].values[cpu],
			       kernel->words[agg] * 8);
		row(row_data, kernel->rows[agg][i].key, values, CPUS);
	}
	return kernel->failure;
}

static struct kernel_row *kernel_find(struct kernel *kernel, unsigned agg, const void *key)
{
	unsigned i;

	for (i = 0; i < kernel->rows_len[agg]; i++)
		if (agg == AGG_ALL || !memcmp(kernel->rows[agg][i].key, key, KEY_SIZE))
			return &kernel->rows[agg][i];
	return NULL;
}

int kernel_remove(void *data, unsigned agg, const void *key)
{
	struct kernel *kernel = data;
	struct kernel_row *row = kernel_find(kernel, agg, key);

	if (!row)
		return -ENOENT;
	*row = kernel->rows[agg][--kernel->rows_len[agg]];
	return 0;
}

int kernel_zero(void *data, unsigned agg, const void *key)
{
	struct kernel_row *row = kernel_find(data, agg, key);

	if (!row)
		return -ENOENT;
	memset(row->values, 0, sizeof(row->values));
	return 0;
}

uint64_t *kernel_value(struct kernel *kernel, unsigned agg, const char *name, int32_t number, unsigned cpu)
{
	char key[KEY_SIZE] = {0};
	struct kernel_row *row;

	memcpy(key, name, strlen(name));
	memcpy(key + 16, &number, sizeof(number));
	row = kernel_find(kernel, agg, key);
	if (!row) {
		row = &kernel->rows[agg][kernel->rows_len[agg]++];
		memset(row, 0, sizeof(*row));
		memcpy(row->key, key, sizeof(key));
	}
	return row->values[cpu];
}

void kernel_count(struct kernel *kernel, const char *name, int32_t number, uint64_t times)
{
	kernel_value(kernel, AGG_COUNT, name, number, 0)[0] += times / 2;
	kernel_value(kernel, AGG_COUNT, name, number, 1)[0] += times - times / 2;
}

void kernel_min(struct kernel *kernel, const char *name, int32_t number, int64_t x)
{
	uint64_t *value = kernel_value(kernel, AGG_MIN, name, number, 1), code = (uint64_t)(x ^ INT64_MAX);

	value[0]++;
	value[1] = code > value[1] ? code : value[1];
}
