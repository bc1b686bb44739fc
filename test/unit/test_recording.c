/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recording says what was live: scripts compiled over made-up probes, records, aggregations and stacks made at random, read
 * live while a recorder writes, and again from the file. Files that are cut anywhere, or have any bit changed. Several files.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "agg/agg.h"
#include "ebpf/ebpf.h"
#include "fake_probes.h"
#include "gen_script.h"
#include "recording/chunk.h"
#include "recording/recorder.h"
#include "recording/replay.h"
#include "recording/store.h"

enum { KEYS_MAX = 5, RECORD_MAX = 4096, STEPS = 60, STACKS = 4, PROCESSORS = 2 };

/* ---- a script ---- */

static const char everything[] =
	"test:lib.so:f:ints { printf(\"%d %s %x|\", args[0], \"text\", args[7]); trace(args[6]); @c[args[0]] = count(); "
	"@s[\"x\", args[6]] = sum(args[6]); @st[ustack(), stack()] = count(); }\n"
	"test:lib.so:f:ints { ustack(); printf(\"%k\", stack()); @m[args[4]] = max(args[4]); @all = quantize(args[4]); }\n"
	"tick-1s { printa(@c); printa(\"%d %@d\\n\", @c); clear(@c); trunc(@m); trunc(@st, 2); }\n"
	"tick-1s { printa(@m); printa(@all); normalize(@s, 10); printa(@st); }\n"
	"tick-1s { trunc(@c); printa(@s); clear(@all); clear(@m); }\n"
	"tick-1s { trunc(@all); trunc(@s); denormalize(@s); }\n"
	"test:lib.so:g:long { @l[args[0]] = lquantize(args[0], 0, 100, 10); @v[args[0]] = avg(args[0]); @w = min(args[0]); trace(1); }\n"
	"test:lib.so:g:long { printa(@v); trunc(@v, 1); printa(@w); clear(@w); }\n"
	"END { printa(@c); exit(2); }\n";

struct setup {
	struct arena *arena;
	struct source source;
	const struct source *sources[1];
	struct script script;
	struct options options;
	struct diags diags;
	struct image *image;
};

static int some_offset(const char *type, const char *member)
{
	(void)type;
	(void)member;
	return 8;
}

static void compile(struct setup *setup, const char *text)
{
	const struct ebpf_kernel kernel = {.offset = some_offset, .has_loops = true};
	struct macros macros = {.script_name = "x.d"};
	struct probe_source probes;
	struct checked *checked = NULL;

	*setup = (struct setup){.arena = arena_new()};
	setup->source = (struct source){.name = "x.d", .text = text, .size = strlen(text)};
	setup->sources[0] = &setup->source;
	probes = fake_probes(setup->arena);
	diags_init(&setup->diags, setup->arena);
	options_default(&setup->options);
	setup->options.strsize = 24;
	if (ast_parse(setup->arena, &setup->source, &macros, &setup->diags, &setup->script))
		checked = check_script(setup->arena, &setup->script, &probes, &setup->options, &setup->diags);
	if (checked)
		setup->image = ebpf_compile(setup->arena, checked, &setup->options, &kernel, &setup->diags);
	if (!setup->image) {
		struct buf why = {0};

		diags_print(&setup->diags, false, &why);
		fail_msg("%s", why.data);
	}
}

/* ---- what a kernel would have ---- */

struct host_row {
	unsigned char *key;
	uint64_t *values; /* one for each processor */
	bool is_there;
};

struct host {
	const struct image *image;
	uint64_t random;
	struct host_row (*rows)[KEYS_MAX]; /* of each aggregation */
};

static unsigned words_of(const struct host *host, unsigned agg)
{
	return host->image->aggs[agg].var->agg->words(host->image->aggs[agg].var);
}

static void make_key(const struct agg_layout *layout, unsigned number, unsigned char *key)
{
	uint64_t value = number + 1;

	for (unsigned i = 0; i < layout->keys_len; i++) {
		const struct field *field = &layout->keys[i];

		if (field->kind == FIELD_STRING)
			snprintf((char *)key + field->offset, field->size, "key%u", number);
		else
			memcpy(key + field->offset, &value, field->size);
	}
}

static void host_init(struct host *host, const struct image *image, uint64_t seed)
{
	*host = (struct host){.image = image, .random = seed};
	host->rows = calloc(image->checked->aggs_len, sizeof(*host->rows));
	for (unsigned i = 0; i < image->checked->aggs_len; i++)
		for (unsigned j = 0; j < KEYS_MAX; j++) {
			host->rows[i][j].key = calloc(1, image->aggs[i].key_size + 8);
			host->rows[i][j].values = calloc(PROCESSORS, image->aggs[i].value_size);
			make_key(&image->aggs[i], j, host->rows[i][j].key);
		}
}

static void host_free(struct host *host)
{
	for (unsigned i = 0; i < host->image->checked->aggs_len; i++)
		for (unsigned j = 0; j < KEYS_MAX; j++) {
			free(host->rows[i][j].key);
			free(host->rows[i][j].values);
		}
	free(host->rows);
}

static unsigned keys_of(const struct host *host, unsigned agg)
{
	return host->image->aggs[agg].keys_len ? KEYS_MAX : 1;
}

static void host_count(struct host *host, unsigned agg, unsigned key, uint64_t times)
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
	for (unsigned i = 0; i < keys_of(host, agg); i++)
		if (host->rows[agg][i].is_there && (!host->image->aggs[agg].keys_len ||
						    !memcmp(host->rows[agg][i].key, key, host->image->aggs[agg].key_size)))
			return &host->rows[agg][i];
	return NULL;
}

static int host_each(void *data, unsigned agg, int (*row)(void *, const void *, const void *, unsigned), void *row_data)
{
	struct host *host = data;
	int error = 0;

	for (unsigned i = 0; i < keys_of(host, agg) && !error; i++)
		if (host->rows[agg][i].is_there || !host->image->aggs[agg].keys_len)
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

/* Stack 4 is gone when it is looked for; 2 and 3 differ in their addresses alone. */
static const struct stack *find_stack(void *data, uint64_t number)
{
	static const struct stack_frame frames[STACKS][2] = {
		{{.pc = 0x1000, .module = "a.out", .function = "f", .offset = 4},
		 {.pc = 0x2000, .module = "a.out", .function = "main", .offset = 16}},
		{{.pc = 0x3000, .module = "a.out", .function = "g", .offset = 4}, {.pc = 0x2000}},
		{{.pc = 0x4000, .module = "a.out", .function = "g", .offset = 4}, {.pc = 0x2000}},
	};
	static const struct stack stacks[STACKS] = {
		{frames[0], 2, 7, NULL}, {frames[1], 2, 7, "the rest is not known"}, {frames[2], 2, 7, "the rest is not known"}};

	(void)data;
	return number >= 1 && number < STACKS ? &stacks[number - 1] : NULL;
}

static const struct stack_source stack_source = {NULL, find_stack};

/* ---- live, with a recorder ---- */

struct live {
	struct host host;
	struct report report;
	struct reader *reader;
	struct recorder *recorder;
	char *out, *err;
	size_t out_size, err_size;
	int fd;
	bool is_whole; /* every action of a clause does something */
};

/* As a live report: prints all of it, and starts anew. */
static int print_all(struct report *report, bool is_last, void *data)
{
	int error = reader_snapshot(report->reader);

	(void)data;
	shown_printf(&report->pending, "--- %s %llu\n", is_last ? "last" : "interval",
		   (unsigned long long)report_time_ns(report));
	for (unsigned i = 0; i < report->image->checked->aggs_len && !error; i++) {
		error = report->ops->table(report, report->reader, &i, 1);
		reader_agg_clear(report->reader, i);
	}
	return error;
}

static void live_start(struct live *live, struct setup *setup, const struct report_ops *ops, uint64_t seed)
{
	struct recorder_note notes[] = {{"hz", 97}};
	struct agg_source source = {&live->host, host_each, host_remove, host_zero, NULL};
	struct recorder_config config = {.report = "osd",
					 .notes = notes,
					 .notes_len = 1,
					 .sources = setup->sources,
					 .sources_len = 1};

	host_init(&live->host, setup->image, seed);
	live->fd = memfd_create("recording", 0);
	config.fd = dup(live->fd);
	live->report = (struct report){.ops = ops, .image = setup->image, .stacks = &stack_source};
	live->report.out = open_memstream(&live->out, &live->out_size);
	live->report.err = open_memstream(&live->err, &live->err_size);
	live->recorder = recorder_new(&config, setup->image, &stack_source);
	source = recorder_source(live->recorder, source);
	live->reader = reader_new(setup->image, source, &live->report);
	assert_int_equal(ops->begin(&live->report), 0);
	assert_int_equal(recorder_start(live->recorder), 0);
}

static void live_record(struct live *live, unsigned clause, unsigned probe)
{
	static _Alignas(8) unsigned char record[RECORD_MAX];
	const struct record_layout *layout = &live->report.image->clauses[clause];
	struct record_head head = {clause, probe, 1, 0};

	if (!layout->size) /* it records nothing */
		return;
	assert_true(layout->size <= RECORD_MAX);
	for (unsigned i = 0; i < layout->size; i++)
		record[i] = (unsigned char)(gen_random(&live->host.random) % 100);
	memcpy(record, &head, sizeof(head));
	for (unsigned i = 0; i < layout->actions_len; i++) {
		record[layout->actions[i].present] = live->is_whole || gen_random(&live->host.random) % 8 != 0;
		for (unsigned j = 0; j < layout->actions[i].fields_len; j++) {
			uint64_t number = gen_random(&live->host.random) % (STACKS + 1);

			if (layout->actions[i].fields[j].kind == FIELD_STACK)
				memcpy(record + layout->actions[i].fields[j].offset, &number, sizeof(number));
		}
	}
	assert_int_equal(reader_record(live->reader, record, layout->size), 0);
	assert_int_equal(recorder_record(live->recorder, record, layout->size), 0);
}

/* The first probe of a clause. */
static unsigned probe_of(const struct image *image, unsigned clause)
{
	for (unsigned i = 0; i < image->checked->probes_len; i++)
		if (image->checked->probes[i] == image->checked->clauses[clause].probes[0])
			return i;
	fail();
	return 0;
}

static void live_clause(struct live *live, unsigned clause)
{
	live_record(live, clause, probe_of(live->report.image, clause));
}

static void live_error(struct live *live)
{
	struct record_error error = {.head = {RECORD_ERROR, 0, 0, 0}, .clause = 1, .fault = FAULT_DIVZERO};

	assert_int_equal(reader_record(live->reader, &error, sizeof(error)), 0);
	assert_int_equal(recorder_record(live->recorder, &error, sizeof(error)), 0);
}

static void live_interval(struct live *live, bool is_last)
{
	live->report.wall_ns = 1000000000000000000u + gen_random(&live->host.random) % 1000000000;
	assert_int_equal(print_all(&live->report, is_last, NULL), 0);
	assert_int_equal(recorder_interval(live->recorder, live->report.wall_ns, is_last), 0);
	live->report.wall_ns = 0;
}

static void live_step(struct live *live)
{
	const struct checked *checked = live->report.image->checked;
	uint64_t what = gen_random(&live->host.random) % 16;

	for (unsigned n = (unsigned)(gen_random(&live->host.random) % 4); n; n--) {
		unsigned agg = (unsigned)(gen_random(&live->host.random) % checked->aggs_len);

		host_count(&live->host, agg, (unsigned)(gen_random(&live->host.random) % keys_of(&live->host, agg)),
			   gen_random(&live->host.random) % 5);
	}
	if (what == 0) {
		live_interval(live, false);
	} else if (what == 1) {
		live_error(live);
	} else if (what == 2) {
		assert_int_equal(live->report.ops->drop(&live->report, DROP_AGG, 3), 0);
		assert_int_equal(recorder_drop(live->recorder, DROP_AGG, 3), 0);
	} else {
		live_clause(live, (unsigned)(gen_random(&live->host.random) % checked->clauses_len));
	}
	if (what == 3)
		assert_int_equal(recorder_step(live->recorder), 0);
}

static void live_finish(struct live *live, bool with_interval)
{
	if (with_interval)
		live_interval(live, true);
	assert_int_equal(reader_finish(live->reader), 0);
	assert_int_equal(live->report.ops->end(&live->report), 0);
	assert_int_equal(recorder_end(live->recorder, 0), 0);
	fflush(live->report.err);
}

static void live_free(struct live *live)
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

/* ---- again ---- */

struct again {
	char *out, *err;
	size_t out_size, err_size;
	struct buf said; /* of the files, or why they cannot be read */
	bool is_read;
	int error;
};

static char *bytes_of(int fd, size_t *size)
{
	char *bytes;

	*size = (size_t)lseek(fd, 0, SEEK_END);
	bytes = malloc(*size + 1);
	assert_int_equal(pread(fd, bytes, *size, 0), *size);
	return bytes;
}

static void replay_inputs(struct again *again, const struct replay_input *inputs, unsigned len, const struct report_ops *ops,
			  bool with_interval)
{
	struct replay_config config = {.ops = ops, .interval = with_interval ? print_all : NULL};
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

static void replay_bytes(struct again *again, char *bytes, size_t size, const struct report_ops *ops, bool with_interval)
{
	struct replay_input input = {"x.rec", size ? fmemopen(bytes, size, "r") : fopen("/dev/null", "r")};

	replay_inputs(again, &input, 1, ops, with_interval);
	fclose(input.file);
}

static void again_free(struct again *again)
{
	free(again->out);
	free(again->err);
	buf_free(&again->said);
}

static void setup_free(struct setup *setup)
{
	arena_free(setup->arena);
}

/* ---- what was live is what comes again ---- */

static void check_same(const struct report_ops *ops, uint64_t seed)
{
	bool with_interval = seed & 1;
	struct setup setup;
	struct live live = {0};
	struct again again;
	char *bytes;
	size_t size;

	compile(&setup, everything);
	setup.options.quiet = seed & 2;
	setup.options.aggrate_ns = seed & 4 ? 0 : 1000000000; /* every action reads aggregations, or hardly one */
	live_start(&live, &setup, ops, seed);
	for (unsigned i = 0; i < STEPS; i++)
		live_step(&live);
	live_finish(&live, with_interval);
	bytes = bytes_of(live.fd, &size);
	setup.options.aggrate_ns = 1; /* it must not matter any more */
	replay_bytes(&again, bytes, size, ops, true);
	assert_int_equal(again.error, 0);
	assert_int_equal(again.said.size, 0);
	/* Without a last interval live, the replay makes one: what came before is the same. */
	if (with_interval)
		assert_string_equal(again.out, live.out);
	assert_true(strlen(live.out) > 200);
	assert_string_equal(again.err, live.err);
	again_free(&again);
	free(bytes);
	live_free(&live);
	setup_free(&setup);
}

static void test_same_text(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 400; seed++)
		check_same(&report_text, seed);
}

static void test_same_json(void **state)
{
	(void)state;
	for (uint64_t seed = 400; seed < 600; seed++)
		check_same(&report_json, seed);
}

/* Without intervals, to the end: what no printa() printed. */
static void test_same_script(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct setup setup;
		struct live live = {0};
		struct again again;
		char *bytes;
		size_t size;

		compile(&setup, everything);
		live_start(&live, &setup, &report_text, seed);
		for (unsigned i = 0; i < STEPS; i++) {
			for (unsigned j = 0; j < setup.image->checked->aggs_len; j++)
				host_count(&live.host, j, i % keys_of(&live.host, j), 1);
			live_clause(&live, (unsigned)(gen_random(&live.host.random) % (seed % setup.image->checked->clauses_len + 1)));
		}
		live_finish(&live, false);
		bytes = bytes_of(live.fd, &size);
		replay_bytes(&again, bytes, size, &report_text, false);
		assert_string_equal(again.out, live.out);
		assert_int_equal(again.said.size, 0);
		again_free(&again);
		free(bytes);
		live_free(&live);
		setup_free(&setup);
	}
}

/* ---- files that are not whole ---- */

static char *make_recording(size_t *size)
{
	struct setup setup;
	struct live live = {0};
	char *bytes;

	compile(&setup, everything);
	live_start(&live, &setup, &report_text, 5);
	for (unsigned i = 0; i < 12; i++)
		live_step(&live);
	live_interval(&live, false);
	recorder_drop(live.recorder, DROP_RECORD, 1);
	live_finish(&live, true);
	bytes = bytes_of(live.fd, size);
	live_free(&live);
	setup_free(&setup);
	return bytes;
}

static void test_cut(void **state)
{
	size_t size, read = 0, shown = 0;
	char *bytes = make_recording(&size);

	(void)state;
	for (size_t cut = 0; cut <= size; cut++) {
		char *copy = malloc(cut + 1); /* so that a sanitizer sees who reads on */
		struct again again;

		memcpy(copy, bytes, cut);
		replay_bytes(&again, copy, cut, &report_text, true);
		assert_int_equal(again.error, 0);
		assert_int_equal(again.said.size != 0, cut < size);
		if (cut < size && again.is_read)
			assert_non_null(strstr(again.said.data, "ends early"));
		read += again.is_read;
		shown += again.out_size > 200;
		again_free(&again);
		free(copy);
	}
	assert_true(read > 1000); /* whatever is behind the description is read */
	assert_true(shown > 500);
	free(bytes);
}

static void test_flipped(void **state)
{
	size_t size, read = 0;
	char *bytes = make_recording(&size);

	(void)state;
	for (size_t at = 0; at < size; at++) {
		struct again again;

		bytes[at] ^= (char)(1 << at % 8);
		replay_bytes(&again, bytes, size, &report_text, true);
		assert_int_equal(again.error, 0);
		assert_true(again.said.size);
		read += again.is_read;
		again_free(&again);
		bytes[at] ^= (char)(1 << at % 8);
	}
	assert_true(read > 1000);
	free(bytes);
}

static void expect_refused(char *bytes, size_t size, const char *why)
{
	struct again again;

	replay_bytes(&again, bytes, size, &report_text, false);
	assert_false(again.is_read);
	if (!strstr(again.said.data, why))
		fail_msg("`%s` does not say `%s`", again.said.data, why);
	again_free(&again);
}

static void test_no_recording(void **state)
{
	static char text[] = "#!/bin/sh\necho hello, world\n";
	size_t size;
	char *bytes = make_recording(&size);

	(void)state;
	expect_refused(text, 0, "x.rec is not a recording");
	expect_refused(text, sizeof(text), "x.rec is not a recording");
	expect_refused(bytes, CHUNK_FILE_HEAD, "x.rec ends before it says what was recorded");
	bytes[12]++;
	expect_refused(bytes, size, "x.rec is a recording in version 2 of the format; this cephtap");
	bytes[12]--;
	memcpy(bytes + 8, (char[]){1, 2, 3, 4}, 4);
	expect_refused(bytes, size, "byte order");
	free(bytes);
}

/* Chunks of a later cephtap, in the same version of the format, are passed over. */
static void test_unknown_chunk(void **state)
{
	static char text[] = "new";
	struct buf body = {.data = text, .size = 3};
	struct chunk_out out;
	size_t size, first;
	uint32_t length;
	char *bytes = make_recording(&size), *longer;
	struct again plain, with;
	int fd = memfd_create("recording", 0);

	(void)state;
	replay_bytes(&plain, bytes, size, &report_text, true);
	/* Behind the description, which is the second chunk. */
	memcpy(&length, bytes + CHUNK_FILE_HEAD + 4, 4);
	first = CHUNK_FILE_HEAD + CHUNK_HEAD + length + CHUNK_TAIL;
	memcpy(&length, bytes + first + 4, 4);
	first += CHUNK_HEAD + length + CHUNK_TAIL;
	chunk_out_open(&out, fd);
	buf_clear(&out.pending);
	buf_add(&out.pending, bytes, first);
	chunk_put(&out, (enum chunk_type)77, &body);
	buf_add(&out.pending, bytes + first, size - first);
	assert_int_equal(chunk_flush(&out), 0);
	longer = bytes_of(fd, &first);
	assert_int_equal(first, size + CHUNK_HEAD + 3 + CHUNK_TAIL);
	replay_bytes(&with, longer, first, &report_text, true);
	assert_int_equal(with.said.size, 0);
	assert_string_equal(with.out, plain.out);
	again_free(&plain);
	again_free(&with);
	chunk_out_free(&out);
	free(bytes);
	free(longer);
}

/* ---- a full disk ---- */

static void test_full_disk(void **state)
{
	char text[] = "abc";
	struct buf body = {.data = text, .size = 3};
	struct chunk_out out;

	(void)state;
	if (access("/dev/full", W_OK))
		skip();
	chunk_out_open(&out, open("/dev/full", O_WRONLY));
	chunk_put(&out, CHUNK_TIME, &body);
	assert_int_equal(chunk_flush(&out), -ENOSPC);
	chunk_put(&out, CHUNK_TIME, &body);
	assert_int_equal(chunk_flush(&out), -ENOSPC); /* and nothing behind the hole */
	assert_int_equal(out.written, 0);
	chunk_out_free(&out);
}

/* ---- several files ---- */

/* Two hosts' recordings of `text`: @c (the first aggregation) has `counts` of each key. */
static void replay_two(const char *text, const uint64_t counts[2][KEYS_MAX], unsigned rounds, unsigned last_clause, struct again *again)
{
	struct setup setups[2];
	struct live lives[2] = {{.is_whole = true}, {.is_whole = true}};
	struct replay_input inputs[2];
	char *bytes[2];
	size_t size;

	for (unsigned i = 0; i < 2; i++) {
		compile(&setups[i], text);
		setups[i].options.quiet = true;
		setups[i].options.aggrate_ns = 0;
		live_start(&lives[i], &setups[i], &report_text, i + 1);
		for (unsigned round = 0; round < rounds; round++) {
			for (unsigned key = 0; key < KEYS_MAX; key++)
				if (counts[i][key])
					host_count(&lives[i].host, 0, key, counts[i][key]);
			for (unsigned clause = 0; clause < setups[i].image->checked->clauses_len; clause++)
				if (clause != last_clause)
					live_clause(&lives[i], clause);
		}
		if (last_clause < setups[i].image->checked->clauses_len)
			live_clause(&lives[i], last_clause);
		live_finish(&lives[i], false);
		bytes[i] = bytes_of(lives[i].fd, &size);
		inputs[i] = (struct replay_input){i ? "b.rec" : "a.rec", fmemopen(bytes[i], size, "r")};
	}
	replay_inputs(again, inputs, 2, &report_text, false);
	for (unsigned i = 0; i < 2; i++) {
		fclose(inputs[i].file);
		free(bytes[i]);
		live_free(&lives[i]);
		setup_free(&setups[i]);
	}
}

static const uint64_t two[2][KEYS_MAX] = {{3, 5, 0, 0, 0}, {0, 7, 1, 0, 0}};

static void expect_two(const char *text, unsigned rounds, unsigned last_clause, const char *wanted)
{
	struct again again;

	replay_two(text, two, rounds, last_clause, &again);
	assert_int_equal(again.said.size, 0);
	assert_string_equal(again.out, wanted);
	again_free(&again);
}

static int add_count(void *data, const void *key, const void *values, unsigned values_len)
{
	(void)key;
	assert_int_equal(values_len, 1);
	*(uint64_t *)data += *(const uint64_t *)values;
	return 0;
}

/* The store by itself: each file only ever grows, the reader's view too. */
static void test_store(void **state)
{
	struct setup setup;
	struct store *store;
	struct agg_source source;
	uint64_t key = 1, value = 10;

	(void)state;
	compile(&setup, "test:lib.so:g:long { @c[args[0]] = count(); }");
	store = store_new(setup.image, 2);
	source = store_source(store);
	assert_false(source.is_due(store, 0));
	store_mark_due(store, 0);
	assert_true(source.is_due(store, 0));
	assert_true(store_set(store, 0, 0, &key, value, 1, 0, NULL));
	value = 7;
	assert_true(store_set(store, 1, 0, &key, value, 1, 0, NULL));
	assert_false(store_set(store, 1, 0, &key, value, 1, 1, &value)); /* a count has one word */
	assert_false(store_set(store, 1, 0, &key, value, 0, 0xffffffff, &value));
	store_remove(store, 0, 0, &key); /* its recorder begins at zero again; 10 stay counted */
	value = 2;
	assert_true(store_set(store, 0, 0, &key, value, 1, 0, NULL));
	value = 0;
	assert_int_equal(source.remove(store, 0, &key), 0); /* the reader has seen 19 */
	value = 5;
	assert_true(store_set(store, 0, 0, &key, value, 1, 0, NULL)); /* 3 more */
	value = 0;
	assert_int_equal(source.each(store, 0, add_count, &value), 0);
	assert_int_equal(value, 3);
	assert_int_equal(source.zero(store, 0, &key), 0);
	value = 4;
	assert_true(store_set(store, 1, 0, &key, value, 1, 0, NULL));
	value = 0;
	assert_int_equal(source.each(store, 0, add_count, &value), 0);
	assert_int_equal(value, 4);
	store_free(store);
	setup_free(&setup);
}

static void test_merge_at_end(void **state)
{
	(void)state;
	expect_two("test:lib.so:g:long { @c[args[0]] = count(); }", 1, 99,
		   "\n"
		   "                3                1\n"
		   "                1                3\n"
		   "                2               12\n");
}

/* END's printa() of both is one, for the sum; so is that of each round of a timer, and clear() clears both. */
static void test_merge_prints_once(void **state)
{
	(void)state;
	expect_two("test:lib.so:g:long { @c[args[0]] = count(); } END { printa(\"%d %@d\\n\", @c); }", 1, 1, "3 1\n1 3\n2 12\n");
	expect_two("tick-1s { @c[1] = count(); printa(\"%d %@d\\n\", @c); clear(@c); } END { printf(\"END\"); }", 2, 1,
		   "3 1\n1 3\n2 12\n3 1\n1 3\n2 12\nENDEND");
	expect_two("tick-1s { @c[1] = count(); printa(\"%d %@d\\n\", @c); trunc(@c); }", 3, 1,
		   "3 1\n1 3\n2 12\n3 1\n1 3\n2 12\n3 1\n1 3\n2 12\n");
}

/* What is no timer's is each file's own, at its time. */
static void test_merge_events(void **state)
{
	(void)state;
	expect_two("test:lib.so:g:long { @c[args[0]] = count(); printf(\"x\"); } test:lib.so:g:long { printf(\"y\"); trunc(@c); }", 2,
		   99, "xyxyxyxy");
}

/* Stacks of the same functions come together, one to one; two that are gone stay two. */
static void test_merge_stacks(void **state)
{
	static const uint64_t stacks[2][KEYS_MAX] = {{3, 5, 2, 1, 1}, {0, 7, 1, 0, 0}};
	struct again again;

	(void)state;
	replay_two("test:lib.so:g:long { @c[ustack()] = count(); } END { printa(\"%k %@d\\n\", @c); }", stacks, 1, 1, &again);
	assert_int_equal(again.said.size, 0);
	assert_non_null(strstr(again.out, "a.out`main+0x10\n 3\n"));
	assert_non_null(strstr(again.out, "a.out`g+0x4\n              0x2000\n"));
	assert_non_null(strstr(again.out, " 12\n"));
	assert_non_null(strstr(strstr(again.out, " 3\n") + 1, " 3\n"));
	assert_non_null(strstr(strstr(again.out, " 1\n") + 1, " 1\n"));
	again_free(&again);
}

static void test_other_script(void **state)
{
	size_t sizes[2];
	char *bytes[2];
	struct replay_input inputs[2];
	struct again again;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct setup setup;
		struct live live = {0};

		compile(&setup, i ? "test:lib.so:g:long { @c[args[0]] = count(); }" : "test:lib.so:g:long { @c[args[0]] = sum(1); }");
		live_start(&live, &setup, &report_text, 1);
		live_finish(&live, false);
		bytes[i] = bytes_of(live.fd, &sizes[i]);
		inputs[i] = (struct replay_input){i ? "b.rec" : "a.rec", fmemopen(bytes[i], sizes[i], "r")};
		live_free(&live);
		setup_free(&setup);
	}
	replay_inputs(&again, inputs, 2, &report_text, false);
	assert_false(again.is_read);
	assert_string_equal(again.said.data, "a.rec and b.rec cannot be one report: the second is a recording of another script");
	again_free(&again);
	for (unsigned i = 0; i < 2; i++) {
		fclose(inputs[i].file);
		free(bytes[i]);
	}
}

/* Any two of the random ones: nothing is lost, nothing fails. */
static void test_merge_random(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct setup setups[3];
		struct live lives[3] = {{.is_whole = true}, {.is_whole = false}, {.is_whole = true}};
		struct replay_input inputs[3];
		struct again again;
		char *bytes[3];
		size_t size;

		for (unsigned i = 0; i < 3; i++) {
			compile(&setups[i], everything);
			live_start(&lives[i], &setups[i], &report_text, seed * 3 + i);
			for (unsigned n = 0; n < STEPS; n++)
				live_step(&lives[i]);
			live_finish(&lives[i], true);
			bytes[i] = bytes_of(lives[i].fd, &size);
			inputs[i] = (struct replay_input){"x.rec", fmemopen(bytes[i], size, "r")};
		}
		replay_inputs(&again, inputs, 3, seed & 1 ? &report_json : &report_text, true);
		assert_int_equal(again.error, 0);
		assert_int_equal(again.said.size, 0);
		again_free(&again);
		for (unsigned i = 0; i < 3; i++) {
			fclose(inputs[i].file);
			free(bytes[i]);
			live_free(&lives[i]);
			setup_free(&setups[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_text),    cmocka_unit_test(test_same_json),	   cmocka_unit_test(test_same_script),
		cmocka_unit_test(test_cut),	     cmocka_unit_test(test_flipped),	   cmocka_unit_test(test_no_recording),
		cmocka_unit_test(test_unknown_chunk), cmocka_unit_test(test_full_disk),	   cmocka_unit_test(test_store),
		cmocka_unit_test(test_merge_at_end), cmocka_unit_test(test_other_script), cmocka_unit_test(test_merge_random),
		cmocka_unit_test(test_merge_prints_once), cmocka_unit_test(test_merge_events),
		cmocka_unit_test(test_merge_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
