/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From bytes to the report: an image and records made by hand, aggregations in memory, and the text and JSON that come
 * out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agg/agg.h"
#include "fake_kernel.h"
#include "func/func.h"
#include "record/record.h"
#include "report/report.h"

/* --- An image
 * ----------------------------------------------------------------------------------------------------------- */

enum {
	PRINTF,
	TRACE,
	PRINTA,
	PRINTA2,
	PRINTA_TABLES,
	CLEAR,
	TRUNC,
	TRUNC_N,
	NORMALIZE,
	EXIT,
	PRINTA_CLEAR,
	PRINTA_ALL,
	CLAUSES
};

static uint32_t agg_c[] = {0}, agg_cm[] = {0, 1}, agg_q[] = {2}, agg_all[] = {3};
static const char *key_names[] = {"key1", "key2"};
static struct field keys[] = {{FIELD_STRING, false, 0, 16, 0}, {FIELD_INT, true, 16, 4, 0}};
static struct agg_layout agg_layouts[AGGS];

/* Every record: 16 bytes of head, two bytes that say which actions are there, an int, a long and a string. */
enum { RECORD_SIZE = 56, AT_INT = 20, AT_LONG = 24, AT_STRING = 32 };
static struct field fields[] = {{FIELD_INT, true, AT_INT, 4, 0},
				{FIELD_INT, false, AT_LONG, 8, 0},
				{FIELD_STRING, false, AT_STRING, 16, 0},
				{FIELD_BYTES, false, AT_STRING, 20, 0}};

static struct record_action actions[CLAUSES][2] = {
	[PRINTF] = {{.format = "<%d|%x|%s>"}, {.format = "second"}},
	[TRACE] = {{.func = NULL}, {.func = NULL}},
	[PRINTA] = {{.aggs = agg_c, .aggs_len = 1}},
	[PRINTA2] = {{.format = "%s/%d: %@d %@4d\n", .aggs = agg_cm, .aggs_len = 2}},
	[PRINTA_TABLES] = {{.aggs = agg_cm, .aggs_len = 2}, {.aggs = agg_q, .aggs_len = 1}},
	[CLEAR] = {{.aggs = agg_c, .aggs_len = 1}, {.aggs = &agg_cm[1], .aggs_len = 1}},
	[TRUNC] = {{.aggs = agg_c, .aggs_len = 1}, {.aggs = &agg_cm[1], .aggs_len = 1}},
	[TRUNC_N] = {{.aggs = agg_c, .aggs_len = 1}},
	[NORMALIZE] = {{.aggs = agg_c, .aggs_len = 1}},
	[EXIT] = {{.func = NULL}},
	[PRINTA_CLEAR] = {{.format = "%s %d=%@d ", .aggs = agg_c, .aggs_len = 1}, {.aggs = agg_c, .aggs_len = 1}},
	[PRINTA_ALL] = {{.format = "[%@d]", .aggs = agg_all, .aggs_len = 1}, {.aggs = agg_all, .aggs_len = 1}},
};

static const char *const action_names[CLAUSES][2] = {
	[PRINTF] = {"printf", "printf"},
	[TRACE] = {"trace", "trace"},
	[PRINTA] = {"printa"},
	[PRINTA2] = {"printa"},
	[PRINTA_TABLES] = {"printa", "printa"},
	[CLEAR] = {"clear", "clear"},
	[TRUNC] = {"trunc", "trunc"},
	[TRUNC_N] = {"trunc"},
	[NORMALIZE] = {"normalize"},
	[EXIT] = {"exit"},
	[PRINTA_CLEAR] = {"printa", "clear"},
	[PRINTA_ALL] = {"printa", "trunc"},
};

static struct record_layout layouts[CLAUSES];
static struct source script = {"x.d", "BEGIN {\n\tfirst = 1;\n\tsecond();\n}", 33};
static const struct source *sources[] = {&script};
static struct loc statements[] = {{&script, 5, 10}, {&script, 20, 10}};
static struct schema_probe probes[] = {
	{.id = 42, .prov = "ceph_osd", .mod = "ceph-osd", .func = "enqueue_op", .name = "op-enqueue"},
	{.id = 7, .moment = MOMENT_TIMER, .prov = "profile", .mod = "", .func = "", .name = "tick-1s"}};
static struct loc error_locs[] = {{&script, 22, 3}};
static struct schema schema = {.sources = sources,
			       .sources_len = 1,
			       .scripts_len = 1,
			       .clauses = layouts,
			       .clauses_len = CLAUSES,
			       .aggs = agg_layouts,
			       .aggs_len = AGGS,
			       .probes = probes,
			       .probes_len = 2,
			       .error_locs = error_locs,
			       .error_locs_len = 1};
static struct schema_options *const options = &schema.options;

static void schema_init(void)
{
	static const char *const names[] = {"c", "m", "q", "_"}, *const functions[] = {"count", "min", "quantize",
										       "sum"};
	unsigned i, j;

	for (i = 0; i < AGGS; i++) {
		agg_layouts[i] = (struct agg_layout){.name = names[i],
						     .shape.agg = agg_find(functions[i]),
						     .keys = keys,
						     .keys_len = 2,
						     .key_names = key_names,
						     .key_names_len = 2,
						     .key_size = KEY_SIZE};
		agg_layouts[i].value_size = 8 * agg_layouts[i].shape.agg->words(&agg_layouts[i].shape);
	}
	agg_layouts[AGG_ALL].keys_len = agg_layouts[AGG_ALL].key_names_len = 0;
	for (i = 0; i < CLAUSES; i++) {
		layouts[i] = (struct record_layout){.size = RECORD_SIZE,
						    .actions = actions[i],
						    .actions_len = action_names[i][1] ? 2 : 1,
						    .statements = statements,
						    .statements_len = 2};
		for (j = 0; j < 2; j++) {
			if (action_names[i][j])
				actions[i][j].func = func_find(action_names[i][j]);
			actions[i][j].present = 16 + j;
			actions[i][j].fields = fields;
		}
	}
	actions[PRINTF][0].fields_len = 3;
	actions[TRACE][0].fields_len = 3;
	actions[TRACE][1].fields = &fields[3];
	actions[TRACE][1].fields_len = 1;
	actions[TRUNC_N][0].fields_len = actions[EXIT][0].fields_len = 1;
	actions[NORMALIZE][0].fields_len = 1;
}

/* --- Running it
 * --------------------------------------------------------------------------------------------------------- */

struct fixture {
	struct kernel kernel;
	struct report report;
	struct reader *reader;
	char *out, *err;
	size_t out_size, err_size;
};

static void start(struct fixture *fixture, const struct report_ops *ops)
{
	struct agg_source source = {&fixture->kernel, kernel_each, kernel_remove, kernel_zero, NULL};
	unsigned i;

	for (i = 0; i < AGGS; i++)
		fixture->kernel.words[i] = agg_layouts[i].shape.agg->words(&agg_layouts[i].shape);
	fixture->report = (struct report){.ops = ops, .schema = &schema};
	fixture->report.out = open_memstream(&fixture->out, &fixture->out_size);
	fixture->report.err = open_memstream(&fixture->err, &fixture->err_size);
	fixture->reader = reader_new(&schema, source, &fixture->report);
	assert_int_equal(ops->begin(&fixture->report), 0);
}

static int setup(void **state)
{
	*options = (struct schema_options){.quiet = true};
	*state = calloc(1, sizeof(struct fixture));
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	reader_free(fixture->reader);
	report_free(&fixture->report);
	if (fixture->report.out)
		fclose(fixture->report.out);
	if (fixture->report.err)
		fclose(fixture->report.err);
	free(fixture->out);
	free(fixture->err);
	free(fixture);
	return 0;
}

static int send(struct fixture *fixture, uint32_t clause, uint32_t which, int32_t number)
{
	_Alignas(8) unsigned char record[RECORD_SIZE] = {0};
	struct record_head head = {clause, clause == PRINTF || clause == TRACE ? 0 : 1, 3, 0};
	uint64_t big = UINT64_C(0xfedcba9876543210);

	memcpy(record, &head, sizeof(head));
	record[16] = which & 1;
	record[17] = which >> 1 & 1;
	memcpy(record + AT_INT, &number, 4);
	memcpy(record + AT_LONG, &big, 8);
	memcpy(record + AT_STRING, "hello", 5);
	return reader_record(fixture->reader, record, sizeof(record));
}

/* What was printed since the last call. */
static void expect(struct fixture *fixture, const char *wanted)
{
	assert_int_equal(report_flush(&fixture->report), 0);
	assert_string_equal(fixture->out ? fixture->out : "", wanted);
	rewind(fixture->report.out);
	memset(fixture->out, 0, fixture->out_size);
	fflush(fixture->report.out);
}

static void test_text_events(void **state)
{
	struct fixture *fixture = *state;

	options->quiet = false;
	start(fixture, &report_text);
	assert_int_equal(send(fixture, PRINTF, 1, -5), 0);
	assert_int_equal(send(fixture, PRINTF, 3, 5), 0);
	assert_int_equal(send(fixture, TRACE, 1, -5), 0);
	assert_int_equal(send(fixture, EXIT, 1, 3), 0);
	expect(fixture,
	       "CPU     ID                    FUNCTION:NAME\n"
	       "  3     42            enqueue_op:op-enqueue <-5|fedcba9876543210|hello>\n"
	       "  3     42            enqueue_op:op-enqueue <5|fedcba9876543210|hello>second\n"
	       "  3     42            enqueue_op:op-enqueue          -5 18364758544493064720  hello             "
	       "               \n"
	       "  3      7                         :tick-1s \n");
	assert_true(reader_has_exited(fixture->reader));
	assert_int_equal(reader_exit_status(fixture->reader), 3);
}

static void test_text_quiet(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	send(fixture, PRINTF, 2, 0);
	send(fixture, TRACE, 1, 12);
	send(fixture, TRACE, 2, 12);
	expect(fixture, "second1218364758544493064720hello\n"
			"             0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f  0123456789abcdef\n"
			"         0: 68 65 6c 6c 6f 00 00 00 00 00 00 00 00 00 00 00  hello...........\n"
			"        10: 00 00 00 00                                      ....\n");
}

#define TABLE_C                                                                                                        \
	"\n  osd                                                       1                1\n"                           \
	"  mon                                                      -1                4\n"                             \
	"  osd                                                       2                7\n"

static void fill(struct fixture *fixture)
{
	kernel_count(&fixture->kernel, "osd", 2, 7);
	kernel_count(&fixture->kernel, "osd", 1, 1);
	kernel_count(&fixture->kernel, "mon", -1, 4);
}

static void test_table(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	fill(fixture);
	send(fixture, PRINTA, 1, 0);
	expect(fixture, TABLE_C);
	send(fixture, NORMALIZE, 1, 2);
	send(fixture, PRINTA_CLEAR, 1, 2);
	expect(fixture, "osd 1=0 mon -1=2 osd 2=3 ");
	assert_int_equal(reader_finish(fixture->reader), 0);
	expect(fixture, ""); /* it was printed */
}

static void test_finish(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	fill(fixture);
	kernel_value(&fixture->kernel, AGG_QUANT, "q", 0, 0)[0] = 1;
	kernel_value(&fixture->kernel, AGG_QUANT, "q", 0, 0)[65] = 1; /* bucket 64: the value 1 */
	assert_int_equal(reader_finish(fixture->reader), 0);
	expect(fixture, TABLE_C "\n  q                                                         0\n"
				"           value  ------------- Distribution ------------- count    \n"
				"               0 |                                         0        \n"
				"               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 1        \n"
				"               2 |                                         0        \n\n");
}

static void test_order(void **state)
{
	static const struct {
		struct schema_options options;
		const char *wanted;
	} orders[] = {
		{{.quiet = true, .aggsortrev = 1}, "osd 2=7 mon -1=4 osd 1=1 "},
		{{.quiet = true, .aggsortkey = 1}, "mon -1=4 osd 1=1 osd 2=7 "},
		{{.quiet = true, .aggsortkey = 1, .aggsortrev = 1}, "osd 2=7 osd 1=1 mon -1=4 "},
		{{.quiet = true, .aggsortkey = 1, .aggsortkeypos = 1}, "mon -1=4 osd 1=1 osd 2=7 "},
		{{.quiet = true, .aggsortkey = 1, .aggsortkeypos = 9}, "mon -1=4 osd 1=1 osd 2=7 "},
	};
	struct fixture *fixture = *state;
	unsigned i;

	start(fixture, &report_text);
	fill(fixture);
	for (i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		*options = orders[i].options;
		send(fixture, PRINTA_CLEAR, 1, 0);
		expect(fixture, orders[i].wanted);
	}
}

/* Two aggregations side by side: a row for each key of either. */
static void test_join(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	fill(fixture);
	kernel_min(&fixture->kernel, "osd", 2, -30);
	kernel_min(&fixture->kernel, "mgr", 0, 5);
	send(fixture, PRINTA2, 1, 0);
	expect(fixture, "mgr/0: 0    5\nosd/1: 1    0\nmon/-1: 4    0\nosd/2: 7  -30\n");
	options->aggsortpos = 1;
	send(fixture, PRINTA2, 1, 0);
	expect(fixture, "osd/2: 7  -30\nmon/-1: 4    0\nosd/1: 1    0\nmgr/0: 0    5\n");
	options->aggsortpos = 0;
	send(fixture, PRINTA_TABLES, 1, 0);
	expect(fixture,
	       "\n  mgr                                                       0                0                5\n"
	       "  osd                                                       1                1                0\n"
	       "  mon                                                      -1                4                0\n"
	       "  osd                                                       2                7              -30\n");
}

static void test_clear(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	fill(fixture);
	kernel_min(&fixture->kernel, "osd", 1, 3);
	send(fixture, PRINTA_CLEAR, 3, 0);
	expect(fixture, "osd 1=1 mon -1=4 osd 2=7 ");
	kernel_count(&fixture->kernel, "osd", 1, 2);
	send(fixture, PRINTA_CLEAR, 3, 0);
	expect(fixture, "mon -1=0 osd 2=0 osd 1=2 ");
	/* What comes between printing and clearing is not lost, though clear() is a record of its own. */
	send(fixture, PRINTA_CLEAR, 1, 0);
	kernel_count(&fixture->kernel, "mon", -1, 5);
	send(fixture, CLEAR, 3, 0);
	expect(fixture, "mon -1=0 osd 1=0 osd 2=0 ");
	send(fixture, PRINTA2, 1, 0);
	expect(fixture, "osd/1: 0    0\nosd/2: 0    0\nmon/-1: 5    0\n");
	kernel_min(&fixture->kernel, "osd", 1, 8);
	send(fixture, PRINTA2, 1, 0);
	expect(fixture, "osd/1: 0    8\nosd/2: 0    0\nmon/-1: 5    0\n");
}

static void test_trunc(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	fill(fixture);
	kernel_min(&fixture->kernel, "osd", 1, 3);
	send(fixture, TRUNC, 3, 0);
	send(fixture, PRINTA_CLEAR, 1, 0);
	expect(fixture, "");
	assert_int_equal(fixture->kernel.rows_len[AGG_COUNT], 0); /* nothing happened since: gone from the kernel */
	kernel_count(&fixture->kernel, "mon", -1, 3);
	send(fixture, PRINTA2, 1, 0);
	expect(fixture, "mon/-1: 3    0\n");
	assert_int_equal(fixture->kernel.rows_len[AGG_MIN], 0);
	/* An update between trunc() and the next snapshot brings the key back, with that update alone. */
	send(fixture, TRUNC, 1, 0);
	kernel_count(&fixture->kernel, "mon", -1, 2);
	send(fixture, PRINTA_CLEAR, 1, 0);
	expect(fixture, "mon -1=2 ");
}

static void test_trunc_limit(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	fill(fixture);
	send(fixture, TRUNC_N, 1, 2);
	send(fixture, PRINTA_CLEAR, 1, 0);
	expect(fixture, "mon -1=4 osd 2=7 ");
	send(fixture, TRUNC_N, 1, 5);
	send(fixture, TRUNC_N, 1, -1);
	send(fixture, PRINTA_CLEAR, 1, 0);
	expect(fixture, "mon -1=4 ");
	send(fixture, TRUNC_N, 1, 0);
	send(fixture, PRINTA_CLEAR, 1, 0);
	expect(fixture, "");
}

/* Without keys there is one value, which is shown once it was updated, and which the kernel cannot remove. */
static void test_no_keys(void **state)
{
	struct fixture *fixture = *state;
	uint64_t *value = kernel_value(&fixture->kernel, AGG_ALL, "", 0, 1);

	start(fixture, &report_text);
	send(fixture, PRINTA_ALL, 1, 0);
	expect(fixture, "");
	value[0] = 1;
	value[1] = 30;
	send(fixture, PRINTA_ALL, 3, 0);
	send(fixture, PRINTA_ALL, 1, 0);
	expect(fixture, "[30]");
	value[0] = 2;
	value[1] = 37;
	send(fixture, PRINTA_ALL, 1, 0);
	expect(fixture, "[7]");
	assert_int_equal(fixture->kernel.rows_len[AGG_ALL], 1);
}

static void test_aggrate(void **state)
{
	struct fixture *fixture = *state;

	options->aggrate_ns = UINT64_C(3600000000000);
	start(fixture, &report_text);
	send(fixture, PRINTA, 1, 0);
	send(fixture, PRINTA, 1, 0);
	send(fixture, CLEAR, 1, 0);
	assert_int_equal(fixture->kernel.snapshots, 1);
	options->aggrate_ns = 0;
	send(fixture, PRINTA, 1, 0);
	send(fixture, PRINTA, 1, 0);
	assert_int_equal(fixture->kernel.snapshots, 3);
	fixture->kernel.failure = -EIO;
	assert_int_equal(send(fixture, PRINTA, 1, 0), -EIO);
}

static int send_error(struct fixture *fixture, uint32_t fault)
{
	struct record_error error = {{RECORD_ERROR, 0, 1, 0}, 2, fault, 0x10, 0, 0};

	return reader_record(fixture->reader, &error, sizeof(error));
}

static void test_errors_and_drops(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_text);
	assert_int_equal(send_error(fixture, FAULT_BADADDR), 0);
	assert_int_equal(send_error(fixture, FAULT_DIVZERO), 0);
	assert_int_equal(fixture->report.ops->drop(&fixture->report, DROP_RECORD, 12), 0);
	assert_string_equal(fixture->err, "cephtap: error on enabled probe ID 3 (ID 42: "
					  "ceph_osd:ceph-osd:enqueue_op:op-enqueue): invalid address (0x10) in "
					  "action #2 at x.d:3:3\n"
					  "cephtap: error on enabled probe ID 3 (ID 42: "
					  "ceph_osd:ceph-osd:enqueue_op:op-enqueue): divide-by-zero in action "
					  "#2 at x.d:3:3\n"
					  "cephtap: 12 records were lost: the ring buffer was full; give -x "
					  "bufsize=16m, or record less: aggregations need "
					  "no buffer\n");
}

static void test_drop_sentences(void **state)
{
	struct buf out = {0};
	int cause;

	(void)state;
	for (cause = 0; cause <= DROP_CAUSES; cause++) {
		buf_clear(&out);
		drop_sentence((enum drop_cause)cause, 1, &out);
		assert_memory_equal(out.data, "1 ", 2);
		assert_non_null(strstr(out.data, "lost"));
	}
	buf_free(&out);
}

static void test_json(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_json);
	kernel_count(&fixture->kernel, "o\"\xff", 2, 7);
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[0] = 2;
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[1 + 63] = 1;
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[1 + 65] = 1;
	send(fixture, PRINTF, 1, -5);
	send(fixture, TRACE, 1, 5);
	send(fixture, PRINTA, 1, 5);
	send_error(fixture, FAULT_BADADDR);
	fixture->report.ops->drop(&fixture->report, DROP_AGG, UINT64_MAX);
	reader_finish(fixture->reader);
	expect(fixture,
	       "{\"type\":\"event\",\"cpu\":3,\"id\":42,\"probe\":\"ceph_osd:ceph-osd:enqueue_op:op-enqueue\",\"data\":"
	       "[{\"action\":"
	       "\"printf\",\"text\":\"<-5|fedcba9876543210|hello>\",\"values\":[-5,18364758544493064720,\"hello\"]}]}\n"
	       "{\"type\":\"event\",\"cpu\":3,\"id\":42,\"probe\":\"ceph_osd:ceph-osd:enqueue_op:op-enqueue\",\"data\":"
	       "[{\"action\":"
	       "\"trace\",\"value\":5},{\"action\":\"trace\",\"value\":18364758544493064720},{\"action\":\"trace\","
	       "\"value\":"
	       "\"hello\"}]}\n"
	       "{\"type\":\"aggregation\",\"name\":\"c\",\"function\":\"count\",\"normal\":1,\"rows\":[{\"keys\":["
	       "\"o\\\"\\\\377\",2],"
	       "\"value\":7,\"count\":7}]}\n"
	       "{\"type\":\"error\",\"id\":42,\"probe\":\"ceph_osd:ceph-osd:enqueue_op:op-enqueue\",\"fault\":"
	       "\"invalid address "
	       "(0x10)\",\"address\":16,\"file\":\"x.d\",\"line\":3,\"column\":3}\n"
	       "{\"type\":\"drop\",\"cause\":\"aggregation\",\"count\":18446744073709551615,\"text\":"
	       "\"18446744073709551615 updates "
	       "were lost: an aggregation had no room for a new key; give -x aggsize=64m, or use fewer keys\"}\n"
	       "{\"type\":\"aggregation\",\"name\":\"q\",\"function\":\"quantize\",\"normal\":1,\"rows\":[{\"keys\":["
	       "\"q\",-1],"
	       "\"buckets\":[{\"low\":0,\"high\":0,\"count\":1},{\"low\":2,\"high\":3,\"count\":1}],\"count\":2}]}\n");
	assert_int_equal(fixture->report.ops->end(&fixture->report), 0);
}

/* printa() with a format: its text, and what it was made of. */
static void test_json_printa(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, &report_json);
	kernel_count(&fixture->kernel, "osd", 2, 7);
	send(fixture, PRINTA_CLEAR, 3, 0);
	expect(fixture,
	       "{\"type\":\"aggregation\",\"name\":\"c\",\"function\":\"count\",\"normal\":1,\"rows\":[{\"keys\":"
	       "[\"osd\",2],\"value\":7,\"count\":7}]}\n"
	       "{\"type\":\"event\",\"cpu\":3,\"id\":7,\"probe\":\"profile:::tick-1s\",\"data\":[{\"action\":"
	       "\"printa\","
	       "\"text\":\"osd 2=7 \",\"values\":[]}]}\n");
	fixture->report.ops->end(&fixture->report);
}

/* One exposition for the event's printa(), and one at the end with what was lost. */
static void test_openmetrics(void **state)
{
	static const char first[] = "# TYPE cephtap_c counter\n"
				    "# HELP cephtap_c @c of the script: how often it was called\n"
				    "cephtap_c_total{key1=\"o\\\"\\\\377\",key2=\"2\"} 7\n"
				    "# TYPE cephtap_tracer_lost counter\n";
	struct fixture *fixture = *state;
	char *end;

	start(fixture, &report_openmetrics);
	kernel_count(&fixture->kernel, "o\"\xff", 2, 7);
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[0] = 2;
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[1 + 63] = 1;
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[1 + 65] = 1;
	send(fixture, PRINTA, 1, 5);
	fflush(fixture->report.out);
	assert_memory_equal(fixture->out, first, sizeof(first) - 1);
	fixture->report.ops->drop(&fixture->report, DROP_AGG, 3);
	reader_finish(fixture->reader);
	assert_int_equal(fixture->report.ops->end(&fixture->report), 0);
	fflush(fixture->report.out);
	end = strstr(fixture->out, "# EOF\n");
	assert_non_null(end);
	assert_non_null(strstr(end, "cephtap_q_bucket{key1=\"q\",key2=\"-1\",le=\"0.0\"} 1\n"
				    "cephtap_q_bucket{key1=\"q\",key2=\"-1\",le=\"3.0\"} 2\n"
				    "cephtap_q_bucket{key1=\"q\",key2=\"-1\",le=\"+Inf\"} 2\n"));
	assert_non_null(strstr(end, "cephtap_tracer_lost_total{cause=\"aggregation\"} 3\n"));
	assert_string_equal(fixture->out + fixture->out_size - 6, "# EOF\n");
}

static void test_csv(void **state)
{
	struct fixture *fixture = *state;
	const char *line;

	start(fixture, &report_csv);
	kernel_count(&fixture->kernel, "o\",\xff", 2, 7);
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[0] = 1;
	kernel_value(&fixture->kernel, AGG_QUANT, "q", -1, 0)[1 + 65] = 1;
	send(fixture, PRINTF, 1, -5);
	send(fixture, PRINTA, 1, 5);
	reader_finish(fixture->reader);
	assert_int_equal(fixture->report.ops->end(&fixture->report), 0);
	fflush(fixture->report.out);
	line = "time_ns,aggregation,function,key1,key2,low,high,value,updates\r\n";
	assert_memory_equal(fixture->out, line, strlen(line));
	assert_non_null(strstr(fixture->out, ",c,count,\"o\"\",\\377\",2,,,7,7\r\n"));
	assert_non_null(strstr(fixture->out, ",q,quantize,q,-1,2,3,1,1\r\n"));
	fflush(fixture->report.err);
	assert_string_equal(fixture->err,
			    "cephtap: --csv is for aggregations: 1 line or value of other actions were left out\n");
}

/* Bytes that are no record of this image print nothing. */
static void test_bad_records(void **state)
{
	_Alignas(8) unsigned char record[RECORD_SIZE] = {0};
	struct fixture *fixture = *state;
	struct record_head head = {PRINTF, 0, 0, 0};
	unsigned size;

	start(fixture, &report_text);
	memcpy(record, &head, sizeof(head));
	for (size = 0; size < RECORD_SIZE; size++)
		assert_int_equal(reader_record(fixture->reader, record, size), -EBADMSG);
	head.clause = CLAUSES;
	memcpy(record, &head, sizeof(head));
	assert_int_equal(reader_record(fixture->reader, record, sizeof(record)), -EBADMSG);
	head = (struct record_head){PRINTF, 2, 0, 0};
	memcpy(record, &head, sizeof(head));
	assert_int_equal(reader_record(fixture->reader, record, sizeof(record)), -EBADMSG);
	head = (struct record_head){RECORD_ERROR, 0, 0, 0};
	memcpy(record, &head, sizeof(head));
	assert_int_equal(reader_record(fixture->reader, record, sizeof(struct record_error) - 1), -EBADMSG);
	memset(record + sizeof(head), 0xff, sizeof(struct record_error) - sizeof(head));
	assert_int_equal(reader_record(fixture->reader, record, sizeof(struct record_error)), -EBADMSG);
	expect(fixture, "");
}

/* A full disk and a closed pipe are told, not ignored. */
static void test_output_fails(void **state)
{
	struct fixture *fixture = *state;
	FILE *full = fopen("/dev/full", "w");
	unsigned i;
	int err = 0;

	if (!full)
		skip();
	start(fixture, &report_text);
	fclose(fixture->report.out);
	fixture->report.out = full;
	for (i = 0; i < 100000 && !err; i++)
		err = send(fixture, PRINTF, 1, 0);
	assert_int_equal(err, -ENOSPC);
	send(fixture, PRINTF, 1, 0);
	assert_int_equal(fixture->report.ops->end(&fixture->report), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_text_quiet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_finish, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_join, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clear, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trunc, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trunc_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_aggrate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors_and_drops, setup, teardown),
		cmocka_unit_test(test_drop_sentences),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json_printa, setup, teardown),
		cmocka_unit_test_setup_teardown(test_openmetrics, setup, teardown),
		cmocka_unit_test_setup_teardown(test_csv, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_records, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output_fails, setup, teardown),
	};

	schema_init();
	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
