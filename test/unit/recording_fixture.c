/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "agg/agg.h"
#include "fake_probes.h"
#include "gen_script.h"

/* ---- a script ---- */

static int some_offset(const char *type, const char *member)
{
	(void)type;
	(void)member;
	return 8;
}

void setup_init(struct setup *setup, const char *text)
{
	const struct code_rules rules = {
		.subject = "the kernel", .offset = some_offset, .limits = CODE_LIMITS_KERNEL, .has_loops = true};
	struct macros macros = {.script_name = "x.d"};
	struct image *image = NULL;
	struct probe_source probes;
	struct checked *checked = NULL;
	struct buf why = {0};

	*setup = (struct setup){.arena = arena_new()};
	setup->source = (struct source){.name = "x.d", .text = text, .size = strlen(text)};
	probes = fake_probes(setup->arena);
	diags_init(&setup->diags, setup->arena);
	options_default(&setup->options);
	setup->options.strsize = 24;
	setup->options.record_time = true;
	if (ast_parse(setup->arena, &setup->source, &macros, &setup->diags, &setup->script) &&
	    check_pragmas(&setup->script, &setup->options, &setup->diags))
		checked = check_script(setup->arena, &setup->script, &probes, &setup->options, &setup->diags);
	if (checked)
		image = code_compile(setup->arena, lower_script(setup->arena, checked), &setup->options, &rules,
				     &setup->diags);
	if (!image) {
		diags_print(&setup->diags, false, &why);
		fail_msg("%s", why.data);
		return;
	}
	setup->schema = image->schema;
	if (!schema_is_sound(setup->schema, &why))
		fail_msg("the compiler's own schema is not sound: %s", why.data);
}

void setup_free(struct setup *setup)
{
	arena_free(setup->arena);
}

/* ---- what a kernel would have ---- */

static unsigned words_of(const struct host *host, unsigned agg)
{
	return host->schema->aggs[agg].shape.agg->words(&host->schema->aggs[agg].shape);
}

static void make_key(const struct agg_layout *layout, unsigned number, unsigned char *key)
{
	uint64_t value = number + 1;

	for (unsigned i = 0; i < layout->keys_len; i++) {
		const struct field *field = &layout->keys[i];

		uint64_t token = value;

		if (field->kind == FIELD_STRING || field->kind == FIELD_BYTES)
			snprintf((char *)key + field->offset, field->size, "key%u\xff\",\n", number);
		else if (field->kind == FIELD_INT && field->size == 8 && number == KEYS_MAX - 1)
			token = FIXTURE_KERNEL + 1; /* for %a */
		if (field->kind != FIELD_STRING && field->kind != FIELD_BYTES)
			memcpy(key + field->offset, &token, field->size);
	}
}

static void host_init(struct host *host, const struct schema *schema, uint64_t seed)
{
	*host = (struct host){.schema = schema, .random = seed};
	host->rows = calloc(schema->aggs_len, sizeof(*host->rows));
	for (unsigned i = 0; i < schema->aggs_len; i++)
		for (unsigned j = 0; j < KEYS_MAX; j++) {
			host->rows[i][j].key = calloc(1, schema->aggs[i].key_size + 8);
			host->rows[i][j].values = calloc(PROCESSORS, schema->aggs[i].value_size);
			make_key(&schema->aggs[i], j, host->rows[i][j].key);
		}
}

static void host_free(struct host *host)
{
	for (unsigned i = 0; i < host->schema->aggs_len; i++)
		for (unsigned j = 0; j < KEYS_MAX; j++) {
			free(host->rows[i][j].key);
			free(host->rows[i][j].values);
		}
	free(host->rows);
}

unsigned host_keys(const struct host *host, unsigned agg)
{
	return host->schema->aggs[agg].keys_len ? KEYS_MAX : 1;
}

void host_count(struct host *host, unsigned agg, unsigned key, uint64_t times)
{
	struct host_row *row = &host->rows[agg][key];
	unsigned words = words_of(host, agg), cpu = (unsigned)(gen_random(&host->random) % PROCESSORS);

	row->is_there = true;
	row->values[cpu * words] += times;
	for (unsigned i = 1; i < words; i++)
		if (gen_random(&host->random) % 4 == 0)
			row->values[cpu * words + i] += gen_random(&host->random) % 100;
}

static struct host_row *host_find(struct host *host, unsigned agg, const void *key)
{
	for (unsigned i = 0; i < host_keys(host, agg); i++)
		if (host->rows[agg][i].is_there &&
		    (!host->schema->aggs[agg].keys_len ||
		     !memcmp(host->rows[agg][i].key, key, host->schema->aggs[agg].key_size)))
			return &host->rows[agg][i];
	return NULL;
}

static int host_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned), void *row_data)
{
	struct host *host = data;
	int error = 0;

	for (unsigned i = 0; i < host_keys(host, agg) && !error; i++)
		if (host->rows[agg][i].is_there || !host->schema->aggs[agg].keys_len)
			error = row(row_data, host->rows[agg][i].key, host->rows[agg][i].values, PROCESSORS);
	return error;
}

static int host_zero(void *data, unsigned agg, const void *key)
{
	struct host *host = data;
	struct host_row *row = host_find(host, agg, key);

	if (!row)
		return -ENOENT;
	memset(row->values, 0, PROCESSORS * words_of(host, agg) * sizeof(uint64_t));
	return 0;
}

static int host_remove(void *data, unsigned agg, const void *key)
{
	struct host *host = data;
	struct host_row *row = host_find(host, agg, key);

	if (!row)
		return -ENOENT;
	host_zero(data, agg, key);
	row->is_there = false;
	return 0;
}

/* ---- what only this host can tell ---- */

static const struct stack *find_stack(void *data, uint64_t number)
{
	static const struct stack_frame frames[STACKS][2] = {
		{{.pc = 0x1000,
		  .module = "a.out",
		  .function = "f",
		  .offset = 4,
		  .address = 0x10,
		  .path = "/bin/a.out",
		  .build_id = "ab12"},
		 {.pc = 0x2000,
		  .module = "a.out",
		  .function = "main",
		  .offset = 16,
		  .address = 0x20,
		  .path = "/bin/a.out",
		  .build_id = "ab12"}},
		{{.pc = 0x3000, .module = "a.out", .function = "g", .offset = 4}, {.pc = 0x2000}},
		{{.pc = 0x4000, .module = "a.out", .function = "g", .offset = 4}, {.pc = 0x2000}},
		{{.pc = 0x5000, .module = "l.so", .function = "in<a, b>::lined(char)", .is_inlined = true},
		 {.pc = 0x5000,
		  .module = "l.so",
		  .function = "outer",
		  .offset = 1,
		  .address = 0x7,
		  .path = "/l.so",
		  .build_id = "cd"}},
	};
	static const struct stack stacks[STACKS] = {
		{frames[0], 2, 7, NULL},
		{frames[1], 2, 7, "the rest is not known"},
		{frames[2], 2, 7, "the rest is not known"},
		{frames[3], 2, 0, NULL},
	};

	(void)data;
	return number >= 1 && number < STACKS ? &stacks[number - 1] : NULL;
}

/* 2 and 3 print the same, and so do two addresses of the kernel. */
static const struct symbol_text *find_symbol(void *data, uint64_t number, enum symbol_form form)
{
	static const struct symbol_text texts[SYMBOL_FORMS][SYMBOLS] = {
		{{"l.so`malloc", 1},
		 {"a.out`main", 2},
		 {"a.out`main", 2},
		 {"0x7f12", 4},
		 {"std::pair<a, b>::f(\"x\")", 5}},
		{{"l.so", 1}, {"a.out", 2}, {"a.out", 2}, {"0x7f12", 4}, {"a.out", 2}},
		{{"l.so`malloc+0x1", 1}, {"a.out`main", 2}, {"a.out`main+0x8", 3}, {"0x7f12", 4}, {"a.out`f+0x3", 5}},
	};
	static const struct symbol_text kernel[SYMBOL_FORMS][2] = {
		{{"vmlinux`read", FIXTURE_KERNEL}, {"vmlinux`read", FIXTURE_KERNEL}},
		{{"vmlinux", FIXTURE_KERNEL}, {"vmlinux", FIXTURE_KERNEL}},
		{{"vmlinux`read", FIXTURE_KERNEL}, {"vmlinux`read+0x1", FIXTURE_KERNEL + 1}},
	};

	(void)data;
	if (number == FIXTURE_KERNEL || number == FIXTURE_KERNEL + 1)
		return &kernel[form][number - FIXTURE_KERNEL];
	return number >= 1 && number < SYMBOLS ? &texts[form][number - 1] : NULL;
}

const struct stack_source fixture_stacks = {NULL, find_stack};
const struct symbol_source fixture_symbols = {NULL, find_symbol};

uint64_t fixture_token(const struct field *field, uint64_t *random)
{
	uint64_t number = gen_random(random);

	if (field->kind == FIELD_STACK)
		return number % (STACKS + 1);
	return number & 256 ? FIXTURE_KERNEL + number % 3 : number % (SYMBOLS + 1);
}

/* ---- live, with a recorder ---- */

int print_all(struct report *report, bool is_last, void *data)
{
	int error = reader_snapshot(report->reader);

	(void)data;
	shown_printf(&report->pending, "--- %s ", is_last ? "last" : "interval");
	report_date(report, report_time_ns(report), &report->pending);
	shown_printf(&report->pending, " %llu\n", (unsigned long long)fact_number(&report->facts, "fact", 7));
	for (unsigned i = 0; i < report->schema->aggs_len && !error; i++) {
		error = report->ops->table(report, report->reader, &i, 1);
		reader_agg_clear(report->reader, i);
	}
	return error;
}

void live_date(struct live *live)
{
	uint64_t ns = gen_random(&live->host.random) % 3000000000u;

	live->report.now.mono_ns += ns;
	live->report.now.wall_ns += ns;
}

void live_start(struct live *live, const struct schema *schema, const struct live_config *config)
{
	struct agg_source source = {&live->host, host_each, host_remove, host_zero, NULL};
	struct recorder_config record = {.report = config->report_name, .facts = config->facts};

	host_init(&live->host, schema, config->seed);
	live->fd = memfd_create("recording", 0);
	record.fd = dup(live->fd);
	live->changes[0] = (struct zone_change){0, 3600};
	live->changes[1] = (struct zone_change){1000000020, -12600};
	live->zone = (struct zone){live->changes, 2};
	live->report = (struct report){.ops = config->ops,
				       .schema = schema,
				       .stacks = &fixture_stacks,
				       .symbols = &fixture_symbols,
				       .zone = &live->zone,
				       .data = config->data,
				       .ctf = config->ctf};
	live->report.now = (struct moment){5000000000, 1000000000000000000 + config->seed};
	live->report.out = open_memstream(&live->out, &live->out_size);
	live->report.err = open_memstream(&live->err, &live->err_size);
	live->recorder = recorder_new(&record, &live->report);
	live->reader = reader_new(schema, recorder_source(live->recorder, source), &live->report);
	assert_int_equal(config->ops->begin(&live->report), 0);
	live_date(live);
	assert_int_equal(recorder_start(live->recorder), 0);
}

static void fill_field(struct live *live, const struct field *field, unsigned char *record)
{
	uint64_t token;

	if (field->kind != FIELD_STACK && field->kind != FIELD_SYMBOL && (field->kind != FIELD_INT || field->size != 8))
		return;
	if (field->kind == FIELD_INT && gen_random(&live->host.random) % 4)
		return;
	token = fixture_token(field, &live->host.random);
	memcpy(record + field->offset, &token, sizeof(token));
}

void live_send(struct live *live, const void *record, size_t size)
{
	assert_int_equal(reader_record(live->reader, record, size), 0);
	assert_int_equal(recorder_record(live->recorder, record, size), 0);
}

void live_record(struct live *live, unsigned clause, unsigned probe)
{
	static _Alignas(8) unsigned char record[RECORD_MAX];
	const struct record_layout *layout = &live->report.schema->clauses[clause];
	struct record_head head = {clause, probe, 1, 0};

	if (!layout->size) /* it records nothing */
		return;
	assert_true(layout->size <= RECORD_MAX);
	for (unsigned i = 0; i < layout->size; i++)
		record[i] = (unsigned char)(gen_random(&live->host.random) % 100);
	memcpy(record, &head, sizeof(head));
	if (layout->time)
		memcpy(record + layout->time, &live->report.now.mono_ns, sizeof(live->report.now.mono_ns));
	for (unsigned i = 0; i < layout->actions_len; i++) {
		record[layout->actions[i].present] = live->is_whole || gen_random(&live->host.random) % 8 != 0;
		for (unsigned j = 0; j < layout->actions[i].fields_len; j++)
			fill_field(live, &layout->actions[i].fields[j], record);
	}
	live_send(live, record, layout->size);
}

void live_clause(struct live *live, unsigned clause)
{
	live_record(live, clause, live->report.schema->clauses[clause].probes[0]);
}

void live_error(struct live *live)
{
	struct record_error error = {.head = {RECORD_ERROR, 0, 0, 0}, .clause = 1, .fault = FAULT_DIVZERO, .line = 0};

	live_send(live, &error, sizeof(error));
}

void live_drop(struct live *live)
{
	assert_int_equal(live->report.ops->drop(&live->report, DROP_AGG, 3), 0);
	assert_int_equal(recorder_drop(live->recorder, DROP_AGG, 3), 0);
}

void live_interval(struct live *live, bool is_last, int (*interval)(struct report *report, bool is_last, void *data),
		   void *data)
{
	struct fact fact = {"fact", gen_random(&live->host.random), ""};

	live->report.facts = (struct facts){&fact, 1};
	assert_int_equal(interval(&live->report, is_last, data), 0);
	assert_int_equal(recorder_interval(live->recorder, is_last), 0);
	live->report.facts = (struct facts){0};
}

void live_step(struct live *live, int (*interval)(struct report *report, bool is_last, void *data))
{
	const struct schema *schema = live->report.schema;
	uint64_t what = gen_random(&live->host.random) % 16;

	live_date(live);
	for (unsigned n = (unsigned)(gen_random(&live->host.random) % 4); n && schema->aggs_len; n--) {
		unsigned agg = (unsigned)(gen_random(&live->host.random) % schema->aggs_len);

		host_count(&live->host, agg, (unsigned)(gen_random(&live->host.random) % host_keys(&live->host, agg)),
			   gen_random(&live->host.random) % 5);
	}
	if (what == 0 && interval)
		live_interval(live, false, interval, NULL);
	else if (what == 1 && schema->clauses_len > 1)
		live_error(live);
	else if (what == 2)
		live_drop(live);
	else
		live_clause(live, (unsigned)(gen_random(&live->host.random) % schema->clauses_len));
	if (what == 3)
		assert_int_equal(recorder_step(live->recorder), 0);
}

void live_finish(struct live *live)
{
	assert_int_equal(reader_finish(live->reader), 0);
	assert_int_equal(live->report.ops->end(&live->report), 0);
	assert_int_equal(recorder_end(live->recorder, 0), 0);
	fflush(live->report.out);
	fflush(live->report.err);
}

void live_free(struct live *live)
{
	reader_free(live->reader);
	recorder_free(live->recorder);
	report_free(&live->report);
	fclose(live->report.out);
	fclose(live->report.err);
	free(live->out);
	free(live->err);
	host_free(&live->host);
	close(live->fd);
}

char *live_bytes(const struct live *live, size_t *size)
{
	char *bytes;

	*size = (size_t)lseek(live->fd, 0, SEEK_END);
	bytes = malloc(*size + 1);
	assert_non_null(bytes);
	assert_int_equal(pread(live->fd, bytes, *size, 0), *size);
	return bytes;
}

/* ---- again ---- */

void again_inputs(struct again *again, const struct replay_input *inputs, unsigned len, struct replay_config config)
{
	struct replay *replay;

	*again = (struct again){0};
	config.out = open_memstream(&again->out, &again->out_size);
	config.err = open_memstream(&again->err, &again->err_size);
	replay = replay_open(inputs, len, &again->said);
	again->is_read = replay;
	if (replay)
		again->error = replay_run(replay, &config, &again->said);
	replay_free(replay);
	fclose(config.out);
	fclose(config.err);
}

void again_bytes(struct again *again, char *bytes, size_t size, struct replay_config config)
{
	struct replay_input input = {"x.rec", size ? fmemopen(bytes, size, "r") : fopen("/dev/null", "r")};

	again_inputs(again, &input, 1, config);
	fclose(input.file);
}

void again_free(struct again *again)
{
	free(again->out);
	free(again->err);
	buf_free(&again->said);
}
