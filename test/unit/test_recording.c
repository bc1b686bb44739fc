/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recording says what was live: scripts compiled over made-up probes, records, aggregations and stacks made at
 * random, read live while a recorder writes, and again from the file. Files that are cut anywhere, or have any bit
 * changed. Several files.
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

#include "gen_script.h"
#include "recording/chunk.h"
#include "recording/store.h"
#include "recording_fixture.h"

enum { STEPS = 60 };

/* ---- a script ---- */

static const char everything[] =
	"test:lib.so:f:ints { printf(\"%d %s %x|\", args[0], \"text\", args[7]); trace(args[6]); @c[args[0]] = "
	"count(); "
	"@s[\"x\", args[6]] = sum(args[6]); @st[ustack(), stack()] = count(); }\n"
	"test:lib.so:f:ints { ustack(); printf(\"%k\", stack()); @m[args[4]] = max(args[4]); @all = quantize(args[4]); "
	"}\n"
	"tick-1s { printa(@c); printa(\"%d %@d\\n\", @c); clear(@c); trunc(@m); trunc(@st, 2); }\n"
	"tick-1s { printa(@m); printa(@all); normalize(@s, 10); printa(@st); }\n"
	"tick-1s { trunc(@c); printa(@s); clear(@all); clear(@m); }\n"
	"tick-1s { trunc(@all); trunc(@s); denormalize(@s); }\n"
	"test:lib.so:g:long { @l[args[0]] = lquantize(args[0], 0, 100, 10); @v[args[0]] = avg(args[0]); @w = "
	"min(args[0]); trace(1); }\n"
	"test:lib.so:g:long { printa(@v); trunc(@v, 1); printa(@w); clear(@w); }\n"
	"END { printa(@c); exit(2); }\n";

static void start(struct live *live, const struct setup *setup, const struct report_ops *ops, uint64_t seed)
{
	struct fact fact = {"hz", 97, ""};

	live_start(live, setup->schema,
		   &(struct live_config){.ops = ops, .seed = seed, .report_name = "osd", .facts = {&fact, 1}});
}

static void finish(struct live *live, bool with_interval)
{
	if (with_interval)
		live_interval(live, true, print_all, NULL);
	live_finish(live);
}

static void replay_bytes(struct again *again, char *bytes, size_t size, const struct report_ops *ops,
			 bool with_interval)
{
	again_bytes(again, bytes, size,
		    (struct replay_config){.ops = ops, .interval = with_interval ? print_all : NULL});
}

static void replay_inputs(struct again *again, const struct replay_input *inputs, unsigned len,
			  const struct report_ops *ops, bool with_interval)
{
	again_inputs(again, inputs, len,
		     (struct replay_config){.ops = ops, .interval = with_interval ? print_all : NULL});
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

	setup_init(&setup, everything);
	setup.schema->options.quiet = seed & 2;
	setup.schema->options.aggrate_ns =
		seed & 4 ? 0 : 1000000000; /* every action reads aggregations, or hardly one */
	start(&live, &setup, ops, seed);
	for (unsigned i = 0; i < STEPS; i++)
		live_step(&live, print_all);
	finish(&live, with_interval);
	bytes = live_bytes(&live, &size);
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

		setup_init(&setup, everything);
		start(&live, &setup, &report_text, seed);
		for (unsigned i = 0; i < STEPS; i++) {
			for (unsigned j = 0; j < setup.schema->aggs_len; j++)
				host_count(&live.host, j, i % host_keys(&live.host, j), 1);
			live_clause(&live,
				    (unsigned)(gen_random(&live.host.random) % (seed % setup.schema->clauses_len + 1)));
		}
		finish(&live, false);
		bytes = live_bytes(&live, &size);
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

	setup_init(&setup, everything);
	start(&live, &setup, &report_text, 5);
	for (unsigned i = 0; i < 12; i++)
		live_step(&live, print_all);
	live_interval(&live, false, print_all, NULL);
	recorder_drop(live.recorder, DROP_RECORD, 1);
	finish(&live, true);
	bytes = live_bytes(&live, size);
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
	expect_refused(bytes, size, "x.rec is a recording in version 4 of the format; this cephtap");
	bytes[12] = 1;
	expect_refused(bytes, size, "x.rec is a recording in version 1 of the format; this cephtap");
	bytes[12] = CHUNK_VERSION;
	memcpy(bytes + 8, (char[]){1, 2, 3, 4}, 4);
	expect_refused(bytes, size, "byte order");
	free(bytes);
}

static char *bytes_in(int fd, size_t *size)
{
	return live_bytes(&(struct live){.fd = fd}, size);
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
	longer = bytes_in(fd, &first);
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
static void replay_two(const char *text, const uint64_t counts[2][KEYS_MAX], unsigned rounds, unsigned last_clause,
		       struct again *again)
{
	struct setup setups[2];
	struct live lives[2] = {{.is_whole = true}, {.is_whole = true}};
	struct replay_input inputs[2];
	char *bytes[2];
	size_t size;

	for (unsigned i = 0; i < 2; i++) {
		setup_init(&setups[i], text);
		setups[i].schema->options.quiet = true;
		setups[i].schema->options.aggrate_ns = 0;
		start(&lives[i], &setups[i], &report_text, i + 1);
		for (unsigned round = 0; round < rounds; round++) {
			for (unsigned key = 0; key < KEYS_MAX; key++)
				if (counts[i][key])
					host_count(&lives[i].host, 0, key, counts[i][key]);
			for (unsigned clause = 0; clause < setups[i].schema->clauses_len; clause++)
				if (clause != last_clause)
					live_clause(&lives[i], clause);
		}
		if (last_clause < setups[i].schema->clauses_len)
			live_clause(&lives[i], last_clause);
		finish(&lives[i], false);
		bytes[i] = live_bytes(&lives[i], &size);
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
	setup_init(&setup, "test:lib.so:g:long { @c[args[0]] = count(); }");
	store = store_new(setup.schema, 2);
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
	expect_two("test:lib.so:g:long { @c[args[0]] = count(); } END { printa(\"%d %@d\\n\", @c); }", 1, 1,
		   "3 1\n1 3\n2 12\n");
	expect_two("tick-1s { @c[1] = count(); printa(\"%d %@d\\n\", @c); clear(@c); } END { printf(\"END\"); }", 2, 1,
		   "3 1\n1 3\n2 12\n3 1\n1 3\n2 12\nENDEND");
	expect_two("tick-1s { @c[1] = count(); printa(\"%d %@d\\n\", @c); trunc(@c); }", 3, 1,
		   "3 1\n1 3\n2 12\n3 1\n1 3\n2 12\n3 1\n1 3\n2 12\n");
}

/* What is no timer's is each file's own, at its time. */
static void test_merge_events(void **state)
{
	(void)state;
	expect_two("test:lib.so:g:long { @c[args[0]] = count(); printf(\"x\"); } test:lib.so:g:long { printf(\"y\"); "
		   "trunc(@c); }",
		   2, 99, "xyxyxyxy");
}

/* Stacks of the same functions come together, one to one; two that are gone stay two. */
static void test_merge_stacks(void **state)
{
	static const uint64_t stacks[2][KEYS_MAX] = {{3, 5, 2, 1, 1}, {0, 7, 1, 0, 0}};
	struct again again;

	(void)state;
	replay_two("test:lib.so:g:long { @c[ustack()] = count(); } END { printa(\"%k %@d\\n\", @c); }", stacks, 1, 1,
		   &again);
	assert_int_equal(again.said.size, 0);
	assert_non_null(strstr(again.out, "a.out`main+0x10\n 3\n"));
	assert_non_null(strstr(again.out, "a.out`g+0x4\n0x2000\n"));
	assert_non_null(strstr(again.out, " 12\n"));
	assert_non_null(strstr(strstr(again.out, " 3\n") + 1, " 3\n"));
	assert_non_null(strstr(strstr(again.out, " 1\n") + 1, " 1\n"));
	again_free(&again);
}

/* Symbols that print the same are one key, whatever their numbers; one that is gone is one for each file. */
static void test_merge_symbols(void **state)
{
	static const uint64_t counts[2][KEYS_MAX] = {{3, 5, 2, 0, 0}, {1, 0, 4, 1, 0}};
	struct again again;

	(void)state;
	replay_two("test:lib.so:g:long { @c[usym(args[0])] = count(); } END { printa(\"%A %@d\\n\", @c); }", counts, 1,
		   1, &again);
	assert_int_equal(again.said.size, 0);
	assert_string_equal(again.out, "0x7f12 1\nl.so`malloc 4\na.out`main 11\n");
	again_free(&again);
	replay_two("test:lib.so:g:long { @c[umod(args[0])] = count(); } END { printa(\"%A %@d\\n\", @c); }", counts, 1,
		   1, &again);
	assert_string_equal(again.out, "0x7f12 1\nl.so 4\na.out 11\n");
	again_free(&again);
	/* An address of the kernel that %a prints: the files agree on its name. */
	replay_two("test:lib.so:g:long { @c[args[0]] = count(); } END { printa(\"%a %@d\\n\", @c); }",
		   (const uint64_t[2][KEYS_MAX]){{1, 0, 0, 0, 2}, {0, 0, 0, 0, 3}}, 1, 1, &again);
	assert_string_equal(again.out, "0x1 1\nvmlinux`read+0x1 5\n");
	again_free(&again);
}

/* What went wrong while it was recorded is said when it is read. */
static void test_said(void **state)
{
	struct setup setup;
	struct live live = {0};
	struct again again;
	char *bytes;
	size_t size;

	(void)state;
	setup_init(&setup, "test:lib.so:g:long { trace(1); }");
	start(&live, &setup, &report_text, 1);
	live_clause(&live, 0);
	assert_int_equal(recorder_say(live.recorder, "process 7 was killed by signal 9 (Killed)"), 0);
	assert_int_equal(recorder_say(live.recorder, "\033[2J\ncephtap: all is well"),
			 0); /* of a recording that anybody may have made */
	finish(&live, false);
	bytes = live_bytes(&live, &size);
	replay_bytes(&again, bytes, size, &report_text, false);
	assert_string_equal(again.said.data, "x.rec: process 7 was killed by signal 9 (Killed)\n"
					     "x.rec: \\033[2J\\ncephtap: all is well\n");
	assert_string_equal(again.out, live.out);
	again_free(&again);
	free(bytes);
	live_free(&live);
	setup_free(&setup);
}

/* The place of an error may be in a text that is not the script's own: D's library. */
static void test_error_elsewhere(void **state)
{
	static const struct source library = {"library.d", "line one\nline two", 17};
	struct loc places[] = {{&library, 9, 4}};
	const struct source *sources[2];
	struct setup setup;
	struct live live = {0};
	struct again again;
	char *bytes;
	size_t size;

	(void)state;
	setup_init(&setup, "test:lib.so:g:long { trace(1); } test:lib.so:g:long { trace(2); trace(3); }");
	sources[0] = setup.schema->sources[0];
	sources[1] = &library;
	setup.schema->sources = sources;
	setup.schema->sources_len = 2;
	setup.schema->error_locs = places;
	setup.schema->error_locs_len = 1;
	start(&live, &setup, &report_text, 1);
	live_error(&live);
	places[0] = (struct loc){&setup.source, 57, 3}; /* the file has what it was given */
	finish(&live, false);
	bytes = live_bytes(&live, &size);
	replay_bytes(&again, bytes, size, &report_text, false);
	assert_non_null(strstr(again.err, "divide-by-zero in predicate at library.d:2:1"));
	assert_string_equal(again.err, live.err);
	again_free(&again);
	free(bytes);
	live_free(&live);
	setup_free(&setup);
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

		setup_init(&setup, i ? "test:lib.so:g:long { @c[args[0]] = count(); }"
				     : "test:lib.so:g:long { @c[args[0]] = sum(1); }");
		start(&live, &setup, &report_text, 1);
		finish(&live, false);
		bytes[i] = live_bytes(&live, &sizes[i]);
		inputs[i] = (struct replay_input){i ? "b.rec" : "a.rec", fmemopen(bytes[i], sizes[i], "r")};
		live_free(&live);
		setup_free(&setup);
	}
	replay_inputs(&again, inputs, 2, &report_text, false);
	assert_false(again.is_read);
	assert_string_equal(again.said.data,
			    "a.rec and b.rec cannot be one report: the second is a recording of another script");
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
			setup_init(&setups[i], everything);
			start(&lives[i], &setups[i], &report_text, seed * 3 + i);
			for (unsigned n = 0; n < STEPS; n++)
				live_step(&lives[i], print_all);
			finish(&lives[i], true);
			bytes[i] = live_bytes(&lives[i], &size);
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
		cmocka_unit_test(test_same_text),
		cmocka_unit_test(test_same_json),
		cmocka_unit_test(test_same_script),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_no_recording),
		cmocka_unit_test(test_unknown_chunk),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_merge_at_end),
		cmocka_unit_test(test_other_script),
		cmocka_unit_test(test_merge_random),
		cmocka_unit_test(test_merge_prints_once),
		cmocka_unit_test(test_merge_events),
		cmocka_unit_test(test_merge_stacks),
		cmocka_unit_test(test_merge_symbols),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_error_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
