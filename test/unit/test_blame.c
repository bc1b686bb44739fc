/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which OSD and cause the time of ops is put down to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "views/blame.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define PRIMARY(name, kv)                                                                                              \
	{name, "write", "0 whole", 100}, {name, "write", "2 queue", 5}, {name, "write", "5 store", kv},                \
	{                                                                                                              \
		name, "write", "5g kv commit", kv                                                                      \
	}
#define REPLICA(name, ns)                                                                                              \
	{name, "replica", "0 whole", ns}, {name, "replica", "5 store", ns},                                            \
	{                                                                                                              \
		name, "replica", "5f kv queue", ns                                                                     \
	}

static void expect(const struct blame_input *input, const char *const *texts, unsigned texts_len)
{
	struct arena *arena = arena_new();
	struct shown out = {0};

	blame_print(arena, input, &out);
	for (unsigned i = 0; i < texts_len; i++)
		if (!strstr(out.buf.data, texts[i]))
			fail_msg("no `%s` in:\n%s", texts[i], out.buf.data);
	shown_free(&out);
	arena_free(arena);
}

#define EXPECT(input, ...) expect(input, (const char *const[]){__VA_ARGS__}, LEN(((const char *const[]){__VA_ARGS__})))

/* The primary's time is short; the replica, whose own account says so, had the rest. */
static void test_replica(void **state)
{
	const struct blame_stage stages[] = {
		PRIMARY("osd.0", 5), {"osd.0", "write", "6 replicas", 90}, REPLICA("osd.1", 120)};
	const struct blame_wait waits[] = {{"osd.1", "write", 90}};

	(void)state;
	EXPECT(&((struct blame_input){.stages = stages, .stages_len = LEN(stages), .waits = waits, .waits_len = 1}),
	       "osd.1                 90.0 %       0.0 %           90.0 %   kv 100 %",
	       "osd.0                 10.0 %      10.0 %            0.0 %",
	       "90 % is kv of osd.1: ", "next: cephtap report sched --seconds 5 --daemon osd.1\n");
}

/* Of some of a replica's parts only the end was seen, and not what was before it. */
static void test_partly_seen(void **state)
{
	const struct blame_stage stages[] = {PRIMARY("osd.0", 5),
					     {"osd.1", "replica", "0 whole", 120},
					     {"osd.1", "replica", "5 store", 40},
					     {"osd.1", "replica", "5g kv commit", 40}};
	const struct blame_wait waits[] = {{"osd.1", "write", 90}};

	(void)state;
	EXPECT(&((struct blame_input){.stages = stages, .stages_len = LEN(stages), .waits = waits, .waits_len = 1}),
	       "osd.1                 90.0 %       0.0 %           90.0 %   kv 100 %",
	       "osd.0                 10.0 %      10.0 %            0.0 %", "90 % is kv of osd.1: ");
}

/* What its own account has not was on the way; an OSD that no stage is known of is not traced. */
static void test_outside(void **state)
{
	const struct blame_stage stages[] = {PRIMARY("osd.0", 5), REPLICA("osd.1", 10)};
	const struct blame_wait one[] = {{"osd.1", "write", 90}}, other[] = {{"osd.7", "write", 90}};

	(void)state;
	EXPECT(&((struct blame_input){.stages = stages, .stages_len = LEN(stages), .waits = one, .waits_len = 1}),
	       "80 % is on the way of osd.1: ");
	EXPECT(&((struct blame_input){.stages = stages, .stages_len = LEN(stages), .waits = other, .waits_len = 1}),
	       "90 % is not traced of osd.7: ");
}

/* Parts that are longer than their stage are cut down to it. */
static void test_alike(void **state)
{
	const struct blame_stage stages[] = {
		PRIMARY("osd.0", 45), PRIMARY("osd.1", 45), {"osd.1", "write", "5e data write", 45}};

	(void)state;
	EXPECT(&((struct blame_input){.stages = stages, .stages_len = LEN(stages)}), "osd.0                 50.0 %",
	       "osd.1                 50.0 %      50.0 %            0.0 %   data write 45 %, kv 45 %",
	       "68 % is kv of all together: ");
}

/* Reads and writes wait for different parts of an OSD; the PGs' own work is nobody's time. */
static void test_shards(void **state)
{
	const struct blame_stage stages[] = {
		{"osd.0", "ec read", "0 whole", 100},	   {"osd.0", "ec read", "4 execute", 2},
		{"osd.0", "ec read", "5 own shard", 5},	   {"osd.0", "ec read", "6 other shards", 90},
		{"osd.0", "ec read", "7 decode", 3},	   {"osd.0", "shard read", "0 whole", 50},
		{"osd.0", "shard read", "2 queue", 50},	   {"osd.1", "shard read", "0 whole", 100},
		{"osd.1", "shard read", "4 execute", 100}, {"osd.1", "shard read", "4a store read", 100},
		{"osd.1", "shard write", "0 whole", 900},  {"osd.1", "shard write", "5 store", 900},
		{"osd.1", "trim", "0 whole", 5000},	   {"osd.1", "trim", "5 store", 5000},
		{"osd.1", "scrub", "4 execute", 5000},
	};
	const struct blame_wait waits[] = {{"osd.1", "ec read", 90}};

	(void)state;
	EXPECT(&((struct blame_input){.stages = stages, .stages_len = LEN(stages), .waits = waits, .waits_len = 1}),
	       "osd.1                 90.0 %       0.0 %           90.0 %   store read 100 %",
	       "osd.0                 10.0 %      10.0 %            0.0 %   queue 50 %, coding 30 %",
	       "90 % is store read of osd.1: ");
}

static void test_no_cause(void **state)
{
	const struct blame_stage stages[] = {PRIMARY("osd.0", 4), {"osd.0", "write", "3 prepare", 4}};
	const struct blame_stage none[] = {REPLICA("osd.0", 10)};
	struct blame_input nothing = {.stages = none, .stages_len = LEN(none)};
	struct arena *arena = arena_new();
	struct shown out = {0};

	(void)state;
	EXPECT(&((struct blame_input){.stages = stages, .stages_len = LEN(stages)}),
	       "no single cause takes half of the time\n");
	blame_print(arena, &nothing, &out); /* nobody waited */
	assert_int_equal(out.buf.size, 0);
	shown_free(&out);
	arena_free(arena);
}

static void test_one_pg(void **state)
{
	const struct blame_stage stages[] = {{"osd.2", "read", "0 whole", 100}, {"osd.2", "read", "2 queue", 90}};
	const struct blame_pg pgs[] = {{"osd.2", 2, 26, 85}, {"osd.2", 2, 3, 5}, {"osd.1", 2, 4, 800}};
	struct blame_input input = {.stages = stages, .stages_len = LEN(stages), .pgs = pgs, .pgs_len = LEN(pgs)};

	(void)state;
	EXPECT(&input, "100 % is queue of osd.2: ", "94 % of that for one placement group, 2.1a, ",
	       "next: ceph osd pool ls detail; ");
	input.pgs = &pgs[1];
	input.pgs_len = 0;
	EXPECT(&input, "next: cephtap report sched --seconds 5 --daemon osd.2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replica), cmocka_unit_test(test_partly_seen), cmocka_unit_test(test_outside),
		cmocka_unit_test(test_alike),	cmocka_unit_test(test_no_cause),    cmocka_unit_test(test_one_pg),
		cmocka_unit_test(test_shards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
