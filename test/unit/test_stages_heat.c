/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The heat map of `report osd`: each look at the histograms is a column, and columns follow each other without a gap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "agg/buckets.h"
#include "views/stages_heat.h"

enum { WORDS = 1 + QUANTIZE_BUCKETS };

static const uint64_t second = 1000000000, start = 1795647436000000000;

struct drawing {
	struct arena *arena;
	struct agg_shape shape;
	struct stages_heat *heat;
	FILE *file;
	char *page;
	size_t size;
	uint64_t value[WORDS];
};

static void begin(struct drawing *drawing)
{
	*drawing = (struct drawing){.arena = arena_new()};
	drawing->shape.agg = agg_find("quantize");
	drawing->file = open_memstream(&drawing->page, &drawing->size);
	drawing->heat = stages_heat_new(drawing->arena, drawing->file);
}

/* Ops of 1 us that are done by `time_ns`. */
static void look(struct drawing *drawing, uint64_t time_ns, unsigned ops)
{
	drawing->value[0] += ops;
	drawing->value[1 + quantize_bucket(1000)] += ops;
	stages_heat_look(drawing->heat, time_ns);
	stages_heat_add(drawing->heat, &drawing->shape, "osd.0 write", drawing->value, WORDS);
}

static void assert_columns(struct drawing *drawing, const char *step, const char *columns)
{
	char wanted[64];

	assert_int_equal(stages_heat_draw(drawing->heat), 0);
	fclose(drawing->file);
	snprintf(wanted, sizeof(wanted), "\"step_ns\":%s,", step);
	assert_non_null(strstr(drawing->page, wanted));
	assert_non_null(strstr(drawing->page, columns));
	arena_free(drawing->arena);
	free(drawing->page);
}

/* Looks are never exactly a second apart; what comes after the last whole one belongs to it. */
static void test_columns(void **state)
{
	struct drawing drawing;

	(void)state;
	begin(&drawing);
	look(&drawing, start + second, 5);
	look(&drawing, start + 2 * second + 3000000, 7);
	look(&drawing, start + 3 * second + 1000000, 9);
	look(&drawing, start + 3 * second + 20000000, 2);
	assert_columns(&drawing, "1000500000", "[\n[5],\n[7],\n[11]]");
}

static void test_nothing_done(void **state)
{
	struct drawing drawing;

	(void)state;
	begin(&drawing);
	look(&drawing, start + second, 5);
	stages_heat_look(drawing.heat, start + 2 * second);
	look(&drawing, start + 3 * second, 1);
	assert_columns(&drawing, "1000000000", "[\n[5],\n[0],\n[1]]");
}

/* Hours make several looks a column. */
static void test_long(void **state)
{
	struct drawing drawing;

	(void)state;
	begin(&drawing);
	for (unsigned i = 1; i <= 1000; i++)
		look(&drawing, start + i * second, 1);
	assert_columns(&drawing, "5000000000", "[\n[5],\n[5],");
}

static void test_one_look(void **state)
{
	struct drawing drawing;

	(void)state;
	begin(&drawing);
	look(&drawing, start + second, 3);
	assert_columns(&drawing, "1000000000", "[\n[3]]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_nothing_done),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_one_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
