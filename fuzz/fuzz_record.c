/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hostile records: a small image with every action and kind of field, fed with any bytes cut into records of any size
 * (the first byte of each says how long it is), to both formats of reports. Aggregations have values made of the same
 * bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "check/type.h"
#include "func/actions.h"
#include "func/func.h"
#include "record/record.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ACTIONS = 8, CLAUSES = 4, AGGS = 9, RECORD_SIZE = 72, WORDS_MAX = 4096 };

static const struct func functions[ACTIONS] = {
	{.name = "printf", .report = report_printf},
	{.name = "trace", .report = report_trace},
	{.name = "printa", .report = report_printa},
	{.name = "exit", .flags = FUNC_IS_SPECIAL_TIME, .report = report_exit},
	{.name = "clear", .flags = FUNC_IS_SPECIAL_TIME, .report = report_clear},
	{.name = "trunc", .flags = FUNC_IS_SPECIAL_TIME, .report = report_trunc},
	{.name = "normalize", .flags = FUNC_IS_SPECIAL_TIME, .report = report_normalize},
	{.name = "printa", .report = report_printa},
};
static struct field fields[] = {
	{FIELD_INT, true, 24, 4, NULL},	     {FIELD_INT, false, 28, 1, NULL},	 {FIELD_INT, false, 32, 8, NULL},
	{FIELD_STRING, false, 40, 16, NULL}, {FIELD_BYTES, false, 56, 16, NULL},
};
static struct field keys[] = {{FIELD_INT, true, 0, 8, NULL}, {FIELD_STRING, false, 8, 8, NULL}};
static struct aggvar vars[AGGS], *var_list[CLAUSES][2];
static struct agg_layout aggs[AGGS];
static struct action actions[CLAUSES][ACTIONS];
static struct record_action record_actions[CLAUSES][ACTIONS];
static struct record_layout layouts[CLAUSES];
static struct checked_clause clauses[CLAUSES];
static struct probe probe = {.id = 1, .prov = "p", .mod = "m", .func = "f", .name = "n"}, *probes[] = {&probe};
static struct options options = {.quiet = false};
static struct checked checked = {
	.clauses = clauses, .clauses_len = CLAUSES, .aggs_len = AGGS, .probes = probes, .probes_len = 1};
static struct image image = {.checked = &checked, .options = &options, .clauses = layouts, .aggs = aggs};

struct bytes {
	const uint8_t *data;
	size_t size;
};

static int source_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned),
		       void *row_data)
{
	static uint64_t values[2 * WORDS_MAX];
	struct bytes *bytes = data;
	uint64_t key[2] = {agg, 0};
	size_t size = 2 * aggs[agg].value_size, at;

	for (at = 0; bytes->size && at < size; at++)
		((uint8_t *)values)[at] = bytes->data[(at + agg) % bytes->size];
	for (key[0] = 0; key[0] < 3; key[0]++)
		row(row_data, key, values, 1 + key[0] % 2);
	return 0;
}

static int source_key(void *data, unsigned agg, const void *key)
{
	(void)data;
	(void)agg;
	(void)key;
	return 0;
}

static void image_init(void)
{
	unsigned i, j;

	for (i = 0; i < AGGS; i++) {
		vars[i] = (struct aggvar){.name = "a", .agg = agg_at(i), .value = &type_long, .id = i};
		memcpy(vars[i].params,
		       strcmp(agg_at(i)->name, "lquantize") ? (int64_t[]){10, 0, 3, 10} : (int64_t[]){0, 100, 7, 0},
		       sizeof(vars[i].params));
		aggs[i] =
			(struct agg_layout){.var = &vars[i], .keys = keys, .keys_len = i == 1 ? 0 : 2, .key_size = 16};
		aggs[i].value_size = 8 * vars[i].agg->words(&vars[i]);
	}
	for (i = 0; i < CLAUSES; i++) {
		var_list[i][0] = &vars[2 * i];
		var_list[i][1] = &vars[i ? 2 * i + 1 : 2];
		layouts[i] = (struct record_layout){
			.clause = &clauses[i], .size = RECORD_SIZE, .actions = record_actions[i], .actions_len = ACTIONS};
		for (j = 0; j < ACTIONS; j++) {
			actions[i][j] = (struct action){.func = &functions[j], .aggs = var_list[i], .index = j};
			actions[i][j].aggs_len = j < 2 || j == 3 ? 0 : j == 7 ? 2 : 1;
			record_actions[i][j] = (struct record_action){&actions[i][j], 16 + j, fields, j > 1 ? 1 : 5};
		}
		actions[i][0].format = "%d %c %x %s %S|";
		actions[i][2].format = i & 1 ? "%d %s %@d\n" : NULL;
		actions[i][7].format = i & 2 ? "%d %s %@d %@x\n" : NULL;
	}
}

/* Most clauses and probes of arbitrary bytes do not exist: bends them to few numbers, some of which do. */
static void aim(uint8_t *record)
{
	struct record_head head;

	memcpy(&head, record, sizeof(head));
	head.clause = (uint8_t)head.clause == 0xff ? RECORD_ERROR : head.clause % (CLAUSES + 1);
	head.probe %= 2;
	memcpy(record, &head, sizeof(head));
}

static void run(const struct report_ops *ops, const uint8_t *data, size_t size)
{
	static _Alignas(8) uint8_t record[256];
	struct bytes bytes = {data, size};
	struct agg_source source = {&bytes, source_each, source_key, source_key, NULL};
	struct report report = {
		.ops = ops, .image = &image, .out = fopen("/dev/null", "w"), .err = fopen("/dev/null", "w")};
	struct reader *reader = reader_new(&image, source, &report);

	ops->begin(&report);
	while (size) {
		size_t length = *data++;

		size--;
		length = length < size ? length : size;
		memcpy(record, data, length);
		aim(record);
		reader_record(reader, record, length);
		data += length;
		size -= length;
	}
	reader_finish(reader);
	ops->end(&report);
	reader_free(reader);
	report_free(&report);
	fclose(report.out);
	fclose(report.err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!vars[0].agg)
		image_init();
	if (size > 2048)
		return 0;
	run(&report_text, data, size);
	run(&report_json, data, size);
	return 0;
}
