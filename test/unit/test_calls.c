/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report on calls, fed with records by hand: what opens and closes frames, and what makes a call one that is left
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/calls_script.h"
#include "views/calls.h"

/* Functions t (the trigger), a, b, and c, which has no return. */
enum { T, A, B, C, FUNCTIONS, RETURN = FUNCTIONS, PROBES = 2 * FUNCTIONS - 1 };

struct bench {
	struct schema_probe probes[PROBES];
	uint32_t trigger;
	struct record_layout clause;
	struct schema schema;
	struct report report;
	struct arena *arena;
	struct view *view;
	char *text;
	size_t size;
};

static void give(struct view *view, const char *name, const char *value)
{
	struct buf why = {0};

	assert_int_equal(view_take(view, name, name, value, &why), 1);
}

/* One of the probes may be one that the kernel has refused. */
static void bench_init_refused(struct bench *bench, unsigned slowest, unsigned refused)
{
	static const char *const names[] = {"t(int)", "a(int)", "a(long)", "c()"};

	*bench = (struct bench){.arena = arena_new()};
	bench->view = view_new(view_find("calls"), bench->arena);
	give(bench->view, "trigger", "t");
	give(bench->view, "folded", NULL);
	if (slowest)
		give(bench->view, "slowest", arena_printf(bench->arena, "%u", slowest));
	for (unsigned i = 0; i < PROBES; i++) {
		bench->probes[i] =
			(struct schema_probe){.prov = "pid7", .mod = "m", .func = names[i % FUNCTIONS], .pid = 7};
		bench->probes[i].name = i < FUNCTIONS ? "entry" : "return";
	}
	if (refused < PROBES)
		bench->probes[refused].is_refused = true;
	bench->trigger = T;
	bench->clause = (struct record_layout){.probes = &bench->trigger, .probes_len = 1};
	bench->schema = (struct schema){
		.clauses = &bench->clause, .clauses_len = 1, .probes = bench->probes, .probes_len = PROBES};
	bench->report = (struct report){.ops = &bench->view->records, .schema = &bench->schema};
	bench->report.out = open_memstream(&bench->text, &bench->size);
	bench->report.data = bench->view;
	bench->view->ops->begin(bench->view, &bench->report);
}

static void bench_init(struct bench *bench, unsigned slowest)
{
	bench_init_refused(bench, slowest, PROBES);
}

/* A record of trace()s: values of 8 bytes, and which of them are there. */
static void record(struct bench *bench, unsigned probe, const uint64_t *values, unsigned len)
{
	struct {
		struct record_head head;
		uint64_t values[8];
		uint8_t present;
	} data = {.head = {.probe = probe}, .present = 1};
	struct field fields[8];
	struct record_action actions[8];
	struct record_layout layout = {.actions = actions, .actions_len = len};

	for (unsigned i = 0; i < len; i++) {
		data.values[i] = values[i];
		fields[i] = (struct field){
			.kind = FIELD_INT, .size = 8, .offset = (uint32_t)offsetof(typeof(data), values[i])};
		actions[i] = (struct record_action){
			.fields = &fields[i], .fields_len = 1, .present = (uint32_t)offsetof(typeof(data), present)};
	}
	assert_int_equal(bench->report.ops->event_begin(&bench->report, &layout, &bench->probes[probe], &data.head), 0);
}

/* "+a TIME SP [CALL NUMBER [THROWN]]; -a ...": entries and returns. What is left out: the first call, the next number,
 * 0. */
static void feed(struct bench *bench, uint64_t tid, const char *steps)
{
	unsigned long long next = 1;

	for (const char *at = steps; at; at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL) {
		unsigned long long ns, sp, call = 1, number = next, thrown = 0;
		char sign, name;

		assert_true(sscanf(at, " %c%c %llu %llu %llu %llu %llu", &sign, &name, &ns, &sp, &call, &number,
				   &thrown) >= 4);
		record(bench, (unsigned)(strchr("tabc", name) - "tabc") + (sign == '-' ? RETURN : 0),
		       (const uint64_t[]){tid, ns, sp, call, number, thrown}, 6);
		next = number + 1;
	}
}

/* What was printed; the bench is done with. */
static void check(struct bench *bench, const char *expected)
{
	assert_int_equal(bench->report.ops->end(&bench->report), 0);
	fclose(bench->report.out);
	assert_string_equal(bench->text, expected);
	free(bench->text);
	view_free(bench->view);
	arena_free(bench->arena);
	report_free(&bench->report);
}

static void check_notes(struct bench *bench, const char *expected)
{
	((struct view_value *)view_value(bench->view, "folded"))->is_given = false;
	assert_int_equal(bench->report.ops->end(&bench->report), 0);
	fclose(bench->report.out);
	if (!strstr(bench->text, expected))
		fail_msg("no `%s` in: %s", expected, bench->text);
	free(bench->text);
	view_free(bench->view);
	arena_free(bench->arena);
	report_free(&bench->report);
}

static void test_nested(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1,
	     "+t 100 900; +a 110 800; +b 120 700; -b 150 690; -a 160 800; +b 170 800; -b 175 800; "
	     "-t 200 900");
	check(&bench, "t 45\nt;a(int) 20\nt;a(int);a(long) 30\nt;a(long) 5\n");
}

/* a calls b, which throws; the trigger catches, and calls b: b is not below a. Nothing but the stack pointer says so.
 */
static void test_exception(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +a 110 800; +b 120 700; +b 150 800; -b 160 800; -t 200 900");
	check(&bench, "t 50\nt;a(int) 10\nt;a(int);a(long) 30\nt;a(long) 10\n");

	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +a 110 800; +b 120 700; -t 200 900");
	check_notes(&bench, "a(long)  [1 left by an exception]");
}

static void test_tail_call(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +a 110 800; -a 120 800; +b 121 800; -b 140 800; -t 200 900");
	check(&bench, "t 71\nt;a(long) 19\nt;a(int) 10\n");
}

static void test_recursion(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +t 110 800; -t 120 800; -t 200 900");
	check(&bench, "t 90\nt;t 10\n");
}

static void test_thrown_trigger(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +a 110 800; +t 200 900 2 1 1; -t 210 900 2 2 1");
	check_notes(&bench, "t: 1 call in");
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +a 110 800; +t 200 900 2 1 1; -t 210 900 2 2 1");
	check_notes(&bench, "1 call is left out: no return was seen");
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +a 110 1000; -a 120 1000");
	check_notes(&bench, "1 call is left out: no return was seen");
}

/* In the middle; at the end of one and the beginning of the next; whole calls; the first records of all. */
static void test_lost(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900 1 1; -a 120 800 1 3; -t 130 900 1 4; +t 200 900 2 1; -t 207 900 2 2");
	check(&bench, "t 7\n");
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900 1 1; +a 110 800 2 2; -a 120 800 2 3; -t 130 900 2 4");
	check_notes(&bench, "2 calls are left out: not all records came");
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900 1 1; -t 110 900 1 2; +t 200 900 5 1; -t 210 900 5 2");
	check_notes(&bench, "3 calls are left out: not all records came");
	bench_init(&bench, 0);
	feed(&bench, 1, "+a 100 800 1 5; -t 110 900 1 6");
	check_notes(&bench, "1 call is left out: not all records came");
	bench_init(&bench, 0); /* the return of the trigger, which did not throw */
	feed(&bench, 1, "+t 100 900 1 1; +t 200 900 2 1");
	check_notes(&bench, "1 call is left out: not all records came\n1 call is left out: under way at the end");
}

/* A function of which no return can be seen is not there; a return without an entry changes nothing. */
static void test_one_end(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 100 900; +c 110 800; +a 120 700; -a 130 700; -b 140 800; -t 200 900");
	check(&bench, "t 90\nt;a(int) 10\n");
	bench_init(&bench, 0);
	check_notes(
		&bench,
		"; 3 functions probed\n1 function cannot be followed, as the entry or a return cannot be probed: c\n");
	bench_init_refused(&bench, 0, A);
	check_notes(&bench, "; 2 functions probed\n2 functions cannot be followed, as the entry or a return cannot be "
			    "probed: a(int), c\n");
	bench_init_refused(&bench, 0, T + RETURN);
	check_notes(&bench, "t itself cannot be followed");
}

static void test_threads(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0);
	for (uint64_t tid = 1; tid <= 200; tid += 2) {
		feed(&bench, tid, "+t 100 900; +a 110 800");
		feed(&bench, tid + 1, "+t 105 900; +b 115 800");
	}
	for (uint64_t tid = 1; tid <= 200; tid += 2) {
		feed(&bench, tid, "-a 120 800 1 3; -t 130 900 1 4");
		feed(&bench, tid + 1, "-b 135 800 1 3; -t 145 900 1 4");
	}
	check(&bench, "t 4000\nt;a(long) 2000\nt;a(int) 1000\n");
}

static void test_slowest(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 2);
	feed(&bench, 1,
	     "+t 100 900 1 1; -t 105 900 1 2; +t 200 900 2 1; -t 209 900 2 2; +t 300 900 3 1; "
	     "-t 307 900 3 2; +t 400 900 4 1; -t 401 900 4 2");
	check(&bench, "t 9\nt 7\n");
}

static void test_deep(void **state)
{
	struct bench bench;
	char step[64];

	(void)state;
	bench_init(&bench, 0);
	feed(&bench, 1, "+t 1 100000");
	for (unsigned i = 1; i < 1000; i++) {
		snprintf(step, sizeof(step), "+a %u %u 1 %u", 1 + i, 100000 - i, 1 + i);
		feed(&bench, 1, step);
	}
	feed(&bench, 1, "-t 2000 100000 1 1001");
	check_notes(&bench, "800 calls too deep to be shown");
}

static void test_class(void **state)
{
	static const char *const names[][2] = {
		{"f", ""},
		{"f(ns::type)", ""},
		{"ns::f", "ns::"},
		{"ns::cls::f(a::b, int) const", "ns::cls::"},
		{"std::vector<a::b, c>::push_back(a::b&&)", "std::vector<a::b, c>::"},
		{"int ns::twice<a::b>(int)", "ns::"},
		{"(anonymous namespace)::f(int)", "(anonymous namespace)::"},
		{"ns::(anonymous namespace)::cls::f()", "ns::(anonymous namespace)::cls::"},
		{"ns::cls::operator()(a::b) const", "ns::cls::"},
		{"ns::cls::operator<(a::b) const", "ns::cls::"},
		{"ns::cls::~cls()", "ns::cls::"},
	};
	struct arena *arena = arena_new();

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_string_equal(calls_class_of(arena, names[i][0]), names[i][1]);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nested),	       cmocka_unit_test(test_exception),
		cmocka_unit_test(test_tail_call),      cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_thrown_trigger), cmocka_unit_test(test_lost),
		cmocka_unit_test(test_one_end),	       cmocka_unit_test(test_threads),
		cmocka_unit_test(test_slowest),	       cmocka_unit_test(test_deep),
		cmocka_unit_test(test_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
