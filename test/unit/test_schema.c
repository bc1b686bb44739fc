/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The schema: what the compiler makes is sound; what a file may say instead is refused, whichever member it is; and two
 * that cannot be summed are told apart by any member that matters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agg/agg.h"
#include "recording_fixture.h"

static const char script[] = "test:lib.so:f:ints { printf(\"%d %s\", args[0], execname); trace(ustack()); @a[args[6], "
			     "usym(args[7])] = lquantize(args[4], 0, 100, 10); }\n"
			     "test:lib.so:f:ints, tick-1s { @b = max(arg0); trace(1); }\n"
			     "END { printa(@a); }\n";

/* Another copy each time, to be changed. */
static struct schema *copy_of(const struct schema *schema, struct arena *arena)
{
	struct schema *copy = arena_new_one(arena, struct schema);
	struct buf bytes = {0}, why = {0};
	struct members_out out = {.buf = &bytes};
	struct unpack body;
	struct members_in in = {.body = &body, .arena = arena};

	members_pack(&out, &schema_members, schema);
	members_out_free(&out);
	body = (struct unpack){.data = arena_memdup(arena, bytes.data, bytes.size), .size = bytes.size};
	assert_true(members_unpack(&in, &schema_members, copy));
	assert_int_equal(body.at, body.size);
	assert_null(members_difference(&schema_members, schema, copy));
	assert_true(schema_is_sound(copy, &why));
	buf_free(&bytes);
	return copy;
}

/* ---- what cannot be ---- */

static void far_field(struct schema *s)
{
	s->clauses[0].actions[0].fields[0].offset = s->clauses[0].size;
}
static void wide_field(struct schema *s)
{
	s->clauses[0].actions[0].fields[1].size = UINT32_MAX;
}
static void odd_int(struct schema *s)
{
	s->clauses[0].actions[0].fields[0].size = 3;
}
static void odd_stack(struct schema *s)
{
	s->clauses[0].actions[1].fields[0].offset += 4;
}
static void far_byte(struct schema *s)
{
	s->clauses[0].actions[1].present = s->clauses[0].size;
}
static void no_agg(struct schema *s)
{
	s->clauses[2].actions[0].aggs[0] = s->aggs_len;
}
static void no_probe(struct schema *s)
{
	s->clauses[1].probes[1] = s->probes_len;
}
static void far_time(struct schema *s)
{
	s->clauses[0].time = s->clauses[0].size - 4;
}
static void small_record(struct schema *s)
{
	s->clauses[0].size = sizeof(struct record_head) - 1;
}
static void huge_record(struct schema *s)
{
	s->clauses[0].size = 1 << 20;
}
static void far_key(struct schema *s)
{
	s->aggs[0].keys[1].offset = s->aggs[0].key_size;
}
static void huge_key(struct schema *s)
{
	s->aggs[0].key_size = 1 << 20;
}
static void no_key_name(struct schema *s)
{
	s->aggs[0].key_names_len--;
}
static void small_value(struct schema *s)
{
	s->aggs[0].value_size -= 8;
}
static void no_steps(struct schema *s)
{
	s->aggs[0].shape.params[2] = 0;
}
static void many_steps(struct schema *s)
{
	s->aggs[0].shape.params[1] = INT64_MAX;
}
static void bad_order(struct schema *s)
{
	s->options.aggsortkeypos = -1;
}
static void bad_indent(struct schema *s)
{
	s->options.stackindent = 1 << 20;
}
static void no_script(struct schema *s)
{
	s->scripts_len = s->sources_len + 1;
}

static const struct {
	void (*change)(struct schema *schema);
	const char *why;
} wrongs[] = {
	{far_field, "a value lies outside of its record"},
	{wide_field, "a value lies outside of its record"},
	{odd_int, "a value lies outside of its record"},
	{odd_stack, "a value lies outside of its record"},
	{far_byte, "a value lies outside of its record"},
	{no_agg, "an action is given an aggregation that is not there"},
	{no_probe, "a clause is for a probe that is not there"},
	{far_time, "a record's time lies outside of it"},
	{small_record, "a record has a size that it cannot have"},
	{huge_record, "a record has a size that it cannot have"},
	{far_key, "a key lies outside of its aggregation"},
	{huge_key, "a key lies outside of its aggregation"},
	{no_key_name, "a key lies outside of its aggregation"},
	{small_value, "an aggregation has values of a size that they cannot have"},
	{no_steps, "an aggregation has parameters that it cannot have"},
	{many_steps, "an aggregation has parameters that it cannot have"},
	{bad_order, "an option has a value that it cannot have"},
	{bad_indent, "an option has a value that it cannot have"},
	{no_script, "a text of the script is missing"},
};

static void test_unsound(void **state)
{
	struct setup setup;

	(void)state;
	setup_init(&setup, script);
	for (unsigned i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct schema *schema = copy_of(setup.schema, setup.arena);
		struct buf why = {0};

		wrongs[i].change(schema);
		if (schema_is_sound(schema, &why))
			fail_msg("number %u is taken for sound", i);
		assert_string_equal(why.data, wrongs[i].why);
		buf_free(&why);
	}
	setup_free(&setup);
}

/* ---- what cannot be summed ---- */

static void expect_apart(struct schema *a, struct schema *b, const char *why)
{
	const char *said = schema_why_not_merge(a, b);

	if (!why)
		assert_null(said);
	else if (!said || !strstr(said, why))
		fail_msg("`%s` is not `%s`", said ? said : "nothing", why);
}

/* Every member of an aggregation matters, and of its keys. */
static void test_apart(void **state)
{
	static const char *others[] = {"other", "other"};
	struct setup setup;

	(void)state;
	setup_init(&setup, script);
	for (unsigned i = 0; i < 10; i++) {
		struct schema *schema = copy_of(setup.schema, setup.arena);
		struct agg_layout *agg = &schema->aggs[0];

		switch (i) {
		case 0:
			agg->name = "other";
			break;
		case 1:
			agg->shape.agg = agg_find("count");
			break;
		case 2:
			agg->shape.params[2]++;
			break;
		case 3:
			agg->shape.is_unsigned ^= 1;
			break;
		case 4:
			agg->keys[0].is_signed ^= 1;
			break;
		case 5:
			agg->keys[0].offset += 8;
			break;
		case 6:
			agg->keys[1].form = SYMBOL_MODULE;
			break;
		case 7:
			agg->keys[0].kind = FIELD_STACK;
			break;
		case 8:
			agg->key_size += 8;
			break;
		case 9:
			agg->key_names = others;
			break;
		}
		expect_apart(setup.schema, schema, "has aggregations with keys or values of other types or sizes");
	}
	setup_free(&setup);
}

/* Hosts have other probes of the same script; their options may differ too. */
static void test_together(void **state)
{
	static const struct source other = {"x.d", "BEGIN { }", 9};
	static const char *args[] = {"5"};
	struct setup setup;
	struct schema *schema;

	(void)state;
	setup_init(&setup, script);
	schema = copy_of(setup.schema, setup.arena);
	schema->probes[0].pid = 7;
	schema->clauses[1].probes_len--;
	schema->options.quiet = true;
	expect_apart(setup.schema, schema, NULL);
	schema->args = args;
	schema->args_len = 1;
	expect_apart(setup.schema, schema, "is a recording with other arguments");
	schema->sources[0] = &other;
	expect_apart(setup.schema, schema, "is a recording of another script");
	setup_free(&setup);
}

/* What a person is told of an enumeration has a word for each of its values. */
static void test_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIELD_KINDS; i++)
		assert_non_null(field_kind_words[i]);
	for (unsigned i = 0; i < SYMBOL_FORMS; i++)
		assert_non_null(symbol_form_words[i]);
	for (unsigned i = 0; i < PROBE_MOMENTS; i++)
		assert_non_null(probe_moment_words[i]);
	for (unsigned i = 0; i < DROP_CAUSES; i++)
		assert_non_null(drop_cause_words[i]);
}

/* -Z: a clause without a probe makes no record, and its aggregation is there, with keys of some type. */
static void test_no_probe(void **state)
{
	struct setup setup;

	(void)state;
	setup_init(&setup, "#pragma D option zdefs\nnot:::there { @z[args[0]] = max(args[1]); trace(args[2]); "
			   "printf(\"%d\", args[3]); }\n"
			   "END { printa(\"%d %@d\\n\", @z); }");
	assert_int_equal(setup.schema->clauses[0].size, 0);
	assert_int_equal(setup.schema->aggs[0].keys[0].size, 8);
	copy_of(setup.schema, setup.arena);
	setup_free(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unsound), cmocka_unit_test(test_apart),	 cmocka_unit_test(test_together),
		cmocka_unit_test(test_words),	cmocka_unit_test(test_no_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
