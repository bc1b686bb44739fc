/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An engine of the test's own, with the fewest operations: calls reach it, and what watches costs does without a meter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "lib/arena.h"
#include "lib/moment.h"
#include "run/guard.h"
#include "run/stack_store.h"

struct made_up {
	struct engine base;
	enum image_run run;
	unsigned freed;
	unsigned last_map;
	uint64_t last_key;
};

static struct made_up made_up;

static int load(const struct image *image, const struct engine_config *config, struct diags *diags, struct engine **out)
{
	(void)diags;
	made_up = (struct made_up){.base = {config->ops, image}};
	*out = &made_up.base;
	return 0;
}

static void set_run(struct engine *engine, enum image_run run)
{
	((struct made_up *)engine)->run = run;
}

static enum image_run get_run(const struct engine *engine)
{
	return ((const struct made_up *)engine)->run;
}

static void free_engine(struct engine *engine)
{
	((struct made_up *)engine)->freed++;
}

static int map_lookup(struct engine *engine, unsigned map, const void *key, void *value)
{
	struct made_up *own = (struct made_up *)engine;

	own->last_map = map;
	memcpy(&own->last_key, key, sizeof(own->last_key));
	((struct stack_value *)value)->len = 3;
	return 0;
}

static const struct engine_ops ops = {
	.name = "made-up",
	.load = load,
	.set_run = set_run,
	.get_run = get_run,
	.free = free_engine,
	.map_lookup = map_lookup,
};

static struct engine *start(const struct image *image)
{
	const struct engine_config config = {.ops = &ops};
	struct engine *engine = NULL;
	struct diags diags = {0};

	assert_int_equal(engine_load(image, &config, &diags, &engine), 0);
	assert_ptr_equal(engine->ops, &ops);
	assert_ptr_equal(engine->image, image);
	return engine;
}

static void test_calls(void **state)
{
	static const struct image image;
	struct engine *engine = start(&image);

	(void)state;
	engine_set_run(engine, RUN_ON);
	assert_int_equal(made_up.run, RUN_ON);
	assert_int_equal(engine_get_run(engine), RUN_ON);
	engine_free(engine);
	assert_int_equal(made_up.freed, 1);
	engine_free(NULL);
}

/* Stacks are looked up in the map that the image says, by their number. */
static void test_stacks(void **state)
{
	static const struct image image = {.map_stacks = 7};
	const struct stack_store store = stack_store_of(start(&image));
	struct stack_value stack = {0};

	(void)state;
	assert_int_equal(store.find_stack(store.data, 0x1234567890, &stack), 0);
	assert_int_equal(made_up.last_map, 7);
	assert_int_equal(made_up.last_key, 0x1234567890);
	assert_int_equal(stack.len, 3);
}

static void on_said(void *data, const char *sentence)
{
	*(const char **)data = strdup(sentence);
}

static void test_no_meter(void **state)
{
	static const struct image image;
	struct engine *engine = start(&image);
	struct arena *arena = arena_new();
	struct target target = {0};
	char *said = NULL;
	const struct guard_config config = {
		.arena = arena, .engine = engine, .target = &target, .percent = 5, .say = on_said, .data = &said};
	struct guard *guard = guard_new(&config);
	const struct moment now = moment_now();

	(void)state;
	assert_false(engine_has_meter(engine));
	assert_string_equal(said, "maxcost has no effect: this engine does not count what probes cost");
	free(said);
	guard_step(guard, &now);
	guard_go_over(guard, engine);
	guard_close(guard);
	guard_end(guard, false);
	guard_free(guard);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_no_meter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
