/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hostile records: a small schema with every action and kind of field, fed with any bytes cut into records of any size
 * (the first byte of each says how long it is), to both formats of reports. Aggregations have values made of the same
 * bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agg/agg.h"
#include "func/func.h"
#include "record/record.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ACTIONS = 8, CLAUSES = 4, AGGS = 9, RECORD_SIZE = 72, WORDS_MAX = 4096 };

static const char *const functions[ACTIONS] = {"printf", "trace", "printa",    "exit",
					       "clear",	 "trunc", "normalize", "printa"};
static struct field fields[] = {
	{FIELD_INT, true, 24, 4, 0},
	{FIELD_INT, false, 28, 1, 0},
	{FIELD_INT, false, 32, 8, 0},
	{FIELD_STRING, false, 40, 16, 0},
	{FIELD_BYTES, false, 56, 16, 0},
	{FIELD_STACK, false, 32, 8, 0},
	{FIELD_SYMBOL, false, 32, 8, SYMBOL_MODULE},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };
static struct field keys[] = {{FIELD_INT, true, 0, 8, 0}, {FIELD_STRING, false, 8, 8, 0}};
static const char *key_names[] = {"a", "b"};
static struct agg_layout aggs[AGGS];
static uint32_t agg_lists[CLAUSES][2];
static struct record_action actions[CLAUSES][ACTIONS];
static struct record_layout clauses[CLAUSES];
static struct schema_probe probe = {.id = 1, .prov = "p", .mod = "m", .func = "f", .name = "n"};
static struct schema schema = {
	.clauses = clauses, .clauses_len = CLAUSES, .aggs = aggs, .aggs_len = AGGS, .probes = &probe, .probes_len = 1};

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

static void init_agg(unsigned i)
{
	static const int64_t linear[] = {0, 100, 7, 0}, logarithmic[] = {10, 0, 3, 10};
	struct agg_layout *agg = &aggs[i];

	*agg = (struct agg_layout){
		.name = "a", .shape.agg = agg_at(i), .keys = keys, .key_names = key_names, .key_size = 16};
	memcpy(agg->shape.params, strcmp(agg_at(i)->name, "lquantize") ? logarithmic : linear,
	       sizeof(agg->shape.params));
	agg->keys_len = agg->key_names_len = i == 1 ? 0 : 2;
	agg->value_size = 8 * agg->shape.agg->words(&agg->shape);
}

static void init_clause(unsigned i)
{
	agg_lists[i][0] = 2 * i;
	agg_lists[i][1] = i ? 2 * i + 1 : 2;
	clauses[i] = (struct record_layout){.size = RECORD_SIZE, .actions = actions[i], .actions_len = ACTIONS};
	for (unsigned j = 0; j < ACTIONS; j++)
		actions[i][j] = (struct record_action){
			.func = func_find(functions[j]),
			.present = 16 + j,
			.aggs = agg_lists[i],
			.aggs_len = j < 2 || j == 3 ? 0
				    : j == 7	    ? 2
						    : 1,
			.fields = fields,
			.fields_len = j > 1 ? 1 : FIELDS,
		};
	actions[i][0].format = "%d %c %x %s %S|";
	actions[i][2].format = i & 1 ? "%d %s %@d\n" : NULL;
	actions[i][7].format = i & 2 ? "%d %s %@d %@x\n" : NULL;
}

static void init(void)
{
	struct buf why = {0};

	for (unsigned i = 0; i < AGGS; i++)
		init_agg(i);
	for (unsigned i = 0; i < CLAUSES; i++)
		init_clause(i);
	if (!schema_is_sound(&schema, &why))
		abort();
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
		.ops = ops, .schema = &schema, .out = fopen("/dev/null", "w"), .err = fopen("/dev/null", "w")};
	struct reader *reader = reader_new(&schema, source, &report);

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
	if (!aggs[0].name)
		init();
	if (size > 2048)
		return 0;
	run(&report_text, data, size);
	run(&report_json, data, size);
	run(&report_csv, data, size);
	run(&report_openmetrics, data, size);
	return 0;
}
