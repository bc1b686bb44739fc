/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model of `cephtap top` and its pages: rates and means from what was counted, order of rows, what fits a window.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top/top_page.h"

enum { MS = 1000000 };

/* Two seconds in which osd.2 did 400 reads and osd.10 200 writes, each written by osd.2 as a replica too. */
static void add_interval(struct top_model *model)
{
	top_begin(model);
	top_add_osd(model, "osd.1"); /* has nothing to do */
	top_add_stage(model, "osd.2", "read", "0 whole", 400, 400.0 * 3 * MS);
	top_add_stage(model, "osd.2", "read", "2 queue", 400, 400.0 * 1 * MS);
	top_add_bytes(model, "osd.2", "read", 400 * 4096);
	top_add_p99(model, "osd.2", 9 * MS);
	top_add_stage(model, "osd.10", "write", "0 whole", 200, 200.0 * 20 * MS);
	top_add_bytes(model, "osd.10", "write", 200 * 8192);
	top_add_stage(model, "osd.2", "replica", "0 whole", 200, 200.0 * 8 * MS);
	top_add_stage(model, "osd.2", "replica", "2 queue", 200, 200.0 * 2 * MS);
	top_add_bytes(model, "osd.2", "replica", 200 * 9000);
	top_add_client(model, 4100, "read", 400, 400.0 * 3 * MS);
	top_add_client(model, 4100, "write", 100, 100.0 * 8 * MS);
	top_add_client_bytes(model, 4100, "read", 400 * 4096);
	top_add_client(model, 77, "write", 100, 100.0 * 30 * MS);
	top_add_object(model, 1, "a", "read", 3, 3000);
	top_add_object(model, 1, "a", "write", 1, 500);
	top_add_object(model, 2, "a", "write", 9, 500);
	top_add_slow(model, &(struct top_slow_op){.daemon = "osd.10",
						  .class = "write",
						  .object = "a\033[2J",
						  .client = 77,
						  .tid = 5,
						  .stages = {1, 2, -1, -1, 3 * MS, 4 * MS},
						  .peer = 2,
						  .ns = 55 * MS});
	top_add_slow(model, &(struct top_slow_op){.daemon = "osd.2",
						  .class = "read",
						  .object = "",
						  .client = 77,
						  .tid = 6,
						  .stages = {-1, -1, -1, -1, -1, -1},
						  .peer = -1,
						  .ns = 66 * MS});
	top_add_slow_floor(model, 50 * MS);
	top_end(model, 2);
}

static int setup(void **state)
{
	struct top_model *model = top_new();

	add_interval(model);
	*state = model;
	return 0;
}

static int teardown(void **state)
{
	top_free(*state);
	return 0;
}

static unsigned column(const struct top_table *table, const char *name)
{
	for (unsigned i = 0; i < table->columns_len; i++)
		if (!strcmp(table->columns[i].name, name))
			return i;
	fail_msg("no column %s", name);
	return 0;
}

/* The cell in the row whose first text is `key` (of any text column). */
static const struct top_cell *cell(struct top_model *model, enum top_view view, const char *key, const char *name)
{
	struct top_table table = top_table(model, view);

	for (unsigned row = 0; row < table.rows_len; row++)
		for (unsigned i = 0; i < table.columns_len; i++)
			if (table.rows[row]->cells[i].text && !strcmp(table.rows[row]->cells[i].text, key))
				return &table.rows[row]->cells[column(&table, name)];
	fail_msg("no row %s", key);
	return NULL;
}

static void assert_number(double is, double should_be)
{
	if (is < should_be - 0.001 || is > should_be + 0.001)
		fail_msg("%f is not %f", is, should_be);
}

static void osds_have_rates(void **state)
{
	assert_number(cell(*state, TOP_OSDS, "osd.2", "OPS/S")->number, 200);
	assert_number(cell(*state, TOP_OSDS, "osd.2", "READ")->number, 200);
	assert_number(cell(*state, TOP_OSDS, "osd.2", "WRITE")->number, 0);
	assert_number(cell(*state, TOP_OSDS, "osd.2", "REPLICA")->number, 100);
	assert_number(cell(*state, TOP_OSDS, "osd.2", "MB/S")->number, 200 * 4096); /* of clients, not of replicas */
	assert_number(cell(*state, TOP_OSDS, "osd.2", "REPL MB")->number, 100 * 9000);
	assert_number(cell(*state, TOP_OSDS, "osd.10", "OPS/S")->number, 100);
	assert_number(cell(*state, TOP_OSDS, "osd.10", "MB/S")->number, 100 * 8192);
}

static void osds_have_means(void **state)
{
	assert_number(cell(*state, TOP_OSDS, "osd.2", "MEAN")->number, 3 * MS);
	assert_number(cell(*state, TOP_OSDS, "osd.2", "P99")->number, 9 * MS);
	assert_number(cell(*state, TOP_OSDS, "osd.2", "REPL MEAN")->number, 8 * MS);
	assert_number(cell(*state, TOP_OSDS, "osd.2", "QUEUE")->number, 0.4);  /* 800 ms of waiting in 2 s */
	assert_number(cell(*state, TOP_OSDS, "osd.2", "FLIGHT")->number, 0.6); /* 1200 ms of clients' ops */
	assert_number(cell(*state, TOP_OSDS, "osd.10", "FLIGHT")->number, 2);
}

static void an_idle_osd_has_a_row(void **state)
{
	assert_int_equal(top_summary(*state).osds, 3);
	assert_number(cell(*state, TOP_OSDS, "osd.1", "OPS/S")->number, 0);
	assert_true(cell(*state, TOP_OSDS, "osd.1", "OPS/S")->count);
	assert_false(cell(*state, TOP_OSDS, "osd.1", "MEAN")->count);
	top_begin(*state);
	top_end(*state, 1);
	assert_number(cell(*state, TOP_OSDS, "osd.10", "OPS/S")->number, 0); /* and who was seen once keeps it */
}

static void the_summary_adds_up(void **state)
{
	struct top_summary summary = top_summary(*state);

	assert_number(summary.ops, 300);
	assert_number(summary.reads, 200);
	assert_number(summary.writes, 100);
	assert_number(summary.bytes, 200 * 4096 + 100 * 8192);
	assert_number(summary.slow_floor_ns, 50 * MS);
}

static void stages_are_means(void **state)
{
	assert_number(cell(*state, TOP_STAGES, "replica", "QUEUE")->number, 2 * MS);
	assert_number(cell(*state, TOP_STAGES, "read", "QUEUE")->number, 1 * MS);
	assert_number(cell(*state, TOP_STAGES, "write", "WHOLE")->number, 20 * MS);
	assert_false(cell(*state, TOP_STAGES, "write", "STORE")->count);
	top_add_stage(*state, "osd.1", "write", "x", 1, 1); /* no stage of ours: nothing happens */
}

static void clients_and_objects(void **state)
{
	assert_number(cell(*state, TOP_CLIENTS, "client.4100", "OPS/S")->number, 250);
	assert_number(cell(*state, TOP_CLIENTS, "client.4100", "MEAN")->number, 4 * MS);
	assert_number(cell(*state, TOP_CLIENTS, "client.77", "READ")->number, 0);
	assert_number(cell(*state, TOP_OBJECTS, "1", "OPS")->number, 4);
	assert_number(cell(*state, TOP_OBJECTS, "1", "BYTES")->number, 3500);
	assert_number(cell(*state, TOP_OBJECTS, "2", "OPS")->number,
		      9); /* the same name in another pool is another object */
}

/* --- Order --- */

static const char *first(struct top_model *model, enum top_view view, unsigned row, const char *name)
{
	struct top_table table = top_table(model, view);

	assert_true(row < table.rows_len);
	return table.rows[row]->cells[column(&table, name)].text;
}

static void assert_osds(struct top_model *model, const char *a, const char *b, const char *c)
{
	assert_string_equal(first(model, TOP_OSDS, 0, "OSD"), a);
	assert_string_equal(first(model, TOP_OSDS, 1, "OSD"), b);
	assert_string_equal(first(model, TOP_OSDS, 2, "OSD"), c);
}

static void sort_to(struct top_model *model, enum top_view view, const char *name)
{
	struct top_table table = top_table(model, view);

	top_sort_step(model, view, (int)column(&table, name) - (int)table.sort);
	assert_int_equal(top_table(model, view).sort, column(&table, name));
}

static void numbers_are_sorted_from_the_largest(void **state)
{
	assert_osds(*state, "osd.2", "osd.10", "osd.1"); /* by ops/s, from the beginning */
	sort_to(*state, TOP_OSDS, "WRITE");
	assert_osds(*state, "osd.10", "osd.1", "osd.2"); /* equal ones by name */
	top_sort_reverse(*state, TOP_OSDS);
	assert_osds(*state, "osd.1", "osd.2", "osd.10");
}

static void names_are_sorted_as_people_do(void **state)
{
	sort_to(*state, TOP_OSDS, "OSD");
	assert_osds(*state, "osd.1", "osd.2", "osd.10");
	top_sort_reverse(*state, TOP_OSDS);
	assert_osds(*state, "osd.10", "osd.2", "osd.1");
}

static void what_is_not_known_comes_last(void **state)
{
	sort_to(*state, TOP_OSDS, "MEAN");
	assert_osds(*state, "osd.10", "osd.2", "osd.1");
	top_sort_reverse(*state, TOP_OSDS);
	assert_osds(*state, "osd.2", "osd.10", "osd.1");
}

static void the_order_stays(void **state)
{
	sort_to(*state, TOP_OSDS, "OSD");
	top_sort_reverse(*state, TOP_OSDS);
	add_interval(*state);
	assert_osds(*state, "osd.10", "osd.2", "osd.1");
	assert_string_equal(first(*state, TOP_SLOW, 0, "OSD"), "osd.2"); /* each table has its own: the slowest */
}

static void columns_go_round(void **state)
{
	unsigned n = top_table(*state, TOP_OSDS).columns_len, before = top_table(*state, TOP_OSDS).sort;

	for (unsigned i = 0; i < n; i++)
		top_sort_step(*state, TOP_OSDS, 1);
	assert_int_equal(top_table(*state, TOP_OSDS).sort, before);
	for (unsigned i = 0; i < n; i++)
		top_sort_step(*state, TOP_OSDS, -1);
	assert_int_equal(top_table(*state, TOP_OSDS).sort, before);
}

/* --- Pages --- */

static struct top_page page(struct arena *arena, struct top_model *model, struct top_look look)
{
	struct top_page made;

	look.interval = 2;
	look.time = "12:34:56";
	look.has_keys = true;
	top_page_make(arena, model, &look, &made);
	return made;
}

static bool has(const struct top_page *made, const char *text)
{
	for (unsigned i = 0; i < made->lines_len; i++)
		if (strstr(made->lines[i].text, text))
			return true;
	return false;
}

/* Nothing of ours is too long for 80 columns: what is shown there is whole. */
static void pages_fill_a_window(void **state)
{
	struct arena *arena = arena_new();

	for (enum top_view view = TOP_STAGES; view < TOP_VIEWS; view++) {
		struct top_page made = page(arena, *state, (struct top_look){.panel = view, .width = 80, .height = 24});

		assert_int_equal(made.lines_len, 24);
		for (unsigned i = 0; i < 24; i++)
			assert_true(strlen(made.lines[i].text) <= 80);
		assert_string_equal(made.lines[0].text,
				    "12:34:56  every 2 s  3 OSDs  300 ops/s (200 r, 100 w)  1.6 MB/s  0 lost");
		assert_string_equal(made.lines[1].text, "OSDs by OPS/S, largest first");
		assert_string_equal(made.lines[2].text,
				    "OSD       >OPS/S    READ   WRITE  REPLICA    MB/S    MEAN     P99  QUEUE  FLIGHT");
		assert_non_null(strstr(made.lines[23].text, "l slow"));
	}
	arena_free(arena);
}

static void the_help_fits(void **state)
{
	struct arena *arena = arena_new();
	struct top_look look = {.panel = TOP_SLOW, .width = 80, .height = 24, .is_help = true};
	struct top_page narrow = page(arena, *state, look), wide;

	look.width = 500;
	wide = page(arena, *state, look);
	assert_true(has(&narrow, "LAST: the replica"));
	for (unsigned i = 0; i < narrow.lines_len; i++)
		assert_string_equal(narrow.lines[i].text, wide.lines[i].text);
	arena_free(arena);
}

static void a_small_window_is_said(void **state)
{
	struct arena *arena = arena_new();
	struct top_page made = page(arena, *state, (struct top_look){.panel = TOP_SLOW, .width = 60, .height = 24});

	assert_int_equal(made.lines_len, 1);
	assert_string_equal(made.lines[0].text, "cephtap top needs 80 x 16, not 60 x 24");
	made = page(arena, *state, (struct top_look){.panel = TOP_SLOW, .width = 80, .height = 16});
	assert_int_equal(made.lines_len, 16);
	made = page(arena, *state, (struct top_look){.panel = TOP_SLOW, .width = 8, .height = 1});
	assert_string_equal(made.lines[0].text, "cephtap ");
	arena_free(arena);
}

static void wide_windows_show_more(void **state)
{
	struct arena *arena = arena_new();
	struct top_page made = page(arena, *state, (struct top_look){.panel = TOP_SLOW, .width = 80, .height = 24});

	assert_false(has(&made, "CLIENT.TID"));
	assert_true(has(&made, "all that took more than 50.0 ms"));
	made = page(arena, *state, (struct top_look){.panel = TOP_SLOW, .width = 150, .height = 24});
	assert_true(has(&made, "77.5"));
	assert_true(has(&made, "REPL MEAN"));
	arena_free(arena);
}

static void many_osds_are_scrolled(void **state)
{
	struct arena *arena = arena_new();
	struct top_page made;
	char name[16];

	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "osd.%u", i);
		top_add_osd(*state, name);
	}
	top_begin(*state);
	top_end(*state, 2);
	made = page(arena, *state, (struct top_look){.panel = TOP_STAGES, .width = 80, .height = 24});
	assert_int_equal(made.osds_shown, 8);
	assert_true(has(&made, "; 1 to 8 of 40"));
	made = page(arena, *state, (struct top_look){.panel = TOP_STAGES, .width = 80, .height = 24, .first = 99});
	assert_true(has(&made, "; 33 to 40 of 40"));
	assert_true(has(&made, "osd.39"));
	arena_free(arena);
}

static void a_terminal_gets_no_bytes_of_strangers(void **state)
{
	struct arena *arena = arena_new();
	struct top_page made = page(arena, *state, (struct top_look){.panel = TOP_SLOW, .width = 80, .height = 24});

	assert_true(has(&made, "a\\033[2J"));
	assert_false(has(&made, "\033"));
	arena_free(arena);
}

/* Columns are counted as a terminal fills them, and no character or escape is cut in two. */
static void wide_names_keep_their_columns(void **state)
{
	static const char *const names[] = {"\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4", "a\nb", "\xff\xfe", "e\xcc\x81"};
	struct arena *arena = arena_new();
	char daemon[64];
	struct top_page made;

	top_begin(*state);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(daemon, sizeof(daemon), "%s.%u", names[i], i);
		top_add_stage(*state, daemon, "read", "0 whole", 400, 400.0 * 3 * MS);
		top_add_object(*state, 1, names[i], "read", 3, 3000);
	}
	top_end(*state, 2);
	made = page(arena, *state, (struct top_look){.panel = TOP_OBJECTS, .width = 80, .height = 24});
	assert_true(has(&made, "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4.0     200     200"));
	assert_true(has(&made, "a\\nb.1       200     200"));
	assert_true(has(&made, "\\377\\376     200     200")); /* the rest does not fit */
	assert_true(has(&made, "e\xcc\x81.3          200     200"));
	assert_true(has(&made, " a\\nb"));
	assert_true(has(&made, " \\377\\376"));
	arena_free(arena);
}

static void long_names_lose_their_beginning(void **state)
{
	struct arena *arena = arena_new();
	char name[120];
	struct top_page made;

	memset(name, 'x', sizeof(name));
	strcpy(name + 100, "the-end");
	top_begin(*state);
	top_add_object(*state, 1, name, "read", 1, 1);
	top_end(*state, 1);
	made = page(arena, *state, (struct top_look){.panel = TOP_OBJECTS, .width = 80, .height = 24});
	assert_true(has(&made, " ~xxxx"));
	assert_true(has(&made, "the-end"));
	arena_free(arena);
}

static void messages_and_pauses_are_shown(void **state)
{
	struct arena *arena = arena_new();
	struct top_page made;

	top_add_lost(*state, 12);
	made = page(arena, *state,
		    (struct top_look){.panel = TOP_STAGES,
				      .width = 80,
				      .height = 24,
				      .is_paused = true,
				      .message = "12 records were lost"});
	assert_true(has(&made, "PAUSED"));
	assert_true(has(&made, "12 lost"));
	assert_string_equal(made.lines[22].text, "12 records were lost");
	assert_int_equal(made.lines[22].kind, TOP_LINE_WARNING);
	arena_free(arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(osds_have_rates),
		TEST(osds_have_means),
		TEST(an_idle_osd_has_a_row),
		TEST(the_summary_adds_up),
		TEST(stages_are_means),
		TEST(clients_and_objects),
		TEST(numbers_are_sorted_from_the_largest),
		TEST(names_are_sorted_as_people_do),
		TEST(what_is_not_known_comes_last),
		TEST(the_order_stays),
		TEST(columns_go_round),
		TEST(pages_fill_a_window),
		TEST(the_help_fits),
		TEST(a_small_window_is_said),
		TEST(wide_windows_show_more),
		TEST(many_osds_are_scrolled),
		TEST(a_terminal_gets_no_bytes_of_strangers),
		TEST(wide_names_keep_their_columns),
		TEST(long_names_lose_their_beginning),
		TEST(messages_and_pauses_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
