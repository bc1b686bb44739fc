/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agg/agg.h"

const char *const field_kind_words[FIELD_KINDS] = {[FIELD_INT] = "integer",
						   [FIELD_STRING] = "string",
						   [FIELD_BYTES] = "bytes",
						   [FIELD_STACK] = "stack",
						   [FIELD_SYMBOL] = "symbol"};
const char *const symbol_form_words[SYMBOL_FORMS] = {
	[SYMBOL_FUNCTION] = "function", [SYMBOL_MODULE] = "module", [SYMBOL_ADDRESS] = "address"};
const char *const probe_moment_words[PROBE_MOMENTS] = {
	[MOMENT_EVENT] = "event", [MOMENT_BEGIN] = "begin", [MOMENT_TIMER] = "timer", [MOMENT_END] = "end"};
const char *const drop_cause_words[DROP_CAUSES] = {[DROP_RECORD] = "record",
						   [DROP_AGG] = "aggregation",
						   [DROP_DYNVAR] = "variable",
						   [DROP_SAVE] = "save",
						   [DROP_BUSY] = "busy",
						   [DROP_STACK] = "stack",
						   [DROP_SPECULATION] = "speculation",
						   [DROP_SPECULATIVE] = "speculative",
						   [DROP_SYSTEM] = "system"};

MEMBERS_TABLE(field, FIELD_MEMBERS);
MEMBERS_TABLE(record_action, ACTION_MEMBERS);
MEMBERS_TABLE(record_layout, CLAUSE_MEMBERS);
MEMBERS_TABLE(agg_shape, AGG_SHAPE_MEMBERS);
MEMBERS_TABLE(agg_layout, AGG_MEMBERS);
MEMBERS_TABLE(schema_probe, PROBE_MEMBERS);
MEMBERS_TABLE(schema_options, OPTIONS_MEMBERS);
MEMBERS_TABLE(schema, SCHEMA_MEMBERS);

/* More than the compiler ever lays out: a file may say anything. */
enum { RECORD_MAX = 64 * 1024, KEY_MAX = 8 * 1024, INDENT_MAX = 1024 };

/* ---- is it sound? ---- */

static bool refuse(struct buf *why, const char *what)
{
	buf_puts(why, what);
	return false;
}

static bool inside(uint64_t offset, uint64_t size, uint64_t whole)
{
	return size <= whole && offset <= whole - size;
}

static bool field_is_sound(const struct field *field, uint32_t whole)
{
	if (!inside(field->offset, field->size, whole))
		return false;
	if (field->kind == FIELD_INT)
		return field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
	if (field->kind == FIELD_STACK || field->kind == FIELD_SYMBOL)
		return field->size == 8 && field->offset % 8 == 0;
	return true;
}

static bool fields_are_sound(const struct field *fields, unsigned len, uint32_t whole)
{
	for (unsigned i = 0; i < len; i++)
		if (!field_is_sound(&fields[i], whole))
			return false;
	return true;
}

static bool shape_is_sound(const struct agg_shape *shape)
{
	struct buf ignored = {0};
	enum call_fault fault;
	bool good = true;

	for (unsigned i = 0; i < shape->agg->params_len && good && shape->agg->param_check; i++)
		good = shape->agg->param_check(shape, i, &fault, &ignored);

	buf_free(&ignored);
	return good;
}

static bool agg_is_sound(const struct agg_layout *agg, struct buf *why)
{
	if (!shape_is_sound(&agg->shape))
		return refuse(why, "an aggregation has parameters that it cannot have");
	if (agg->value_size != sizeof(uint64_t) * agg->shape.agg->words(&agg->shape))
		return refuse(why, "an aggregation has values of a size that they cannot have");
	if (agg->key_size > KEY_MAX || agg->key_names_len != agg->keys_len ||
	    !fields_are_sound(agg->keys, agg->keys_len, agg->key_size))
		return refuse(why, "a key lies outside of its aggregation");
	return true;
}

static bool numbers_are_sound(const uint32_t *numbers, unsigned len, unsigned limit)
{
	for (unsigned i = 0; i < len; i++)
		if (numbers[i] >= limit)
			return false;
	return true;
}

static bool action_is_sound(const struct schema *schema, const struct record_layout *layout,
			    const struct record_action *action, struct buf *why)
{
	if (!inside(action->present, 1, layout->size) ||
	    !fields_are_sound(action->fields, action->fields_len, layout->size))
		return refuse(why, "a value lies outside of its record");
	if (!numbers_are_sound(action->aggs, action->aggs_len, schema->aggs_len))
		return refuse(why, "an action is given an aggregation that is not there");
	return true;
}

static bool clause_is_sound(const struct schema *schema, const struct record_layout *layout, struct buf *why)
{
	if (layout->size && (layout->size < sizeof(struct record_head) || layout->size > RECORD_MAX))
		return refuse(why, "a record has a size that it cannot have");
	if (layout->time && !inside(layout->time, sizeof(uint64_t), layout->size))
		return refuse(why, "a record's time lies outside of it");
	if (!numbers_are_sound(layout->probes, layout->probes_len, schema->probes_len))
		return refuse(why, "a clause is for a probe that is not there");
	for (unsigned i = 0; i < layout->actions_len; i++)
		if (!action_is_sound(schema, layout, &layout->actions[i], why))
			return false;
	return true;
}

static bool options_are_sound(const struct schema_options *options)
{
	return options->aggsortkeypos >= 0 && options->aggsortpos >= 0 && options->stackindent >= 0 &&
	       options->stackindent <= INDENT_MAX && options->strsize <= RECORD_MAX;
}

bool schema_is_sound(const struct schema *schema, struct buf *why)
{
	if (!options_are_sound(&schema->options))
		return refuse(why, "an option has a value that it cannot have");
	if (schema->scripts_len > schema->sources_len)
		return refuse(why, "a text of the script is missing");
	for (unsigned i = 0; i < schema->aggs_len; i++)
		if (!agg_is_sound(&schema->aggs[i], why))
			return false;
	for (unsigned i = 0; i < schema->clauses_len; i++)
		if (!clause_is_sound(schema, &schema->clauses[i], why))
			return false;
	return true;
}

/* ---- several hosts ---- */

static bool same_scripts(const struct schema *a, const struct schema *b)
{
	if (a->scripts_len != b->scripts_len || a->clauses_len != b->clauses_len)
		return false;
	for (unsigned i = 0; i < a->scripts_len; i++)
		if (a->sources[i]->size != b->sources[i]->size ||
		    memcmp(a->sources[i]->text, b->sources[i]->text, a->sources[i]->size))
			return false;
	return true;
}

static bool same_args(const struct schema *a, const struct schema *b)
{
	if (a->args_len != b->args_len)
		return false;
	for (unsigned i = 0; i < a->args_len; i++)
		if (strcmp(a->args[i], b->args[i]))
			return false;
	return true;
}

/* Records are each host's own, and read by its own layout; what is summed must be alike. */
const char *schema_why_not_merge(const struct schema *a, const struct schema *b)
{
	if (!same_scripts(a, b))
		return "is a recording of another script";
	if (!same_args(a, b))
		return "is a recording with other arguments of the script, such as another interval";
	if (a->aggs_len != b->aggs_len)
		return "has other aggregations";
	for (unsigned i = 0; i < a->aggs_len; i++)
		if (members_difference(&agg_layout_members, &a->aggs[i], &b->aggs[i]))
			return "has aggregations with keys or values of other types or sizes (-x strsize?)";
	return NULL;
}

/* ---- setopt() ---- */

static bool parse_option(const char *value, uint64_t most, uint64_t *number)
{
	static const char *const words[] = {"no",      "yes",	 "off",	     "on",	"false", "true",
					    "disable", "enable", "disabled", "enabled", "unset", "set"};
	char *end;

	*number = 1;
	if (!value)
		return true;
	*number = 0;
	if (!*value)
		return true;
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(value, words[i])) {
			*number = i % 2;
			return true;
		}
	errno = 0;
	*number = strtoull(value, &end, 0);
	return *value >= '0' && *value <= '9' && !*end && !errno && *number <= most;
}

bool schema_set_option(struct schema_options *options, const char *name, const char *value, struct buf *why)
{
	static const char *const other[] = {"aggrate", "switchrate", "quietresize", "printsize"};
	const struct {
		const char *name;
		bool *flag;
		int *number;
		int most;
	} list[] = {
		{"quiet", &options->quiet, NULL, 1},
		{"flowindent", &options->flowindent, NULL, 1},
		{"rawbytes", &options->rawbytes, NULL, 1},
		{"aggsortkey", NULL, &options->aggsortkey, 1},
		{"aggsortrev", NULL, &options->aggsortrev, 1},
		{"aggsortkeypos", NULL, &options->aggsortkeypos, 255},
		{"aggsortpos", NULL, &options->aggsortpos, 255},
		{"stackindent", NULL, &options->stackindent, INDENT_MAX},
	};
	uint64_t number;

	for (unsigned i = 0; i < sizeof(list) / sizeof(*list); i++) {
		if (strcmp(name, list[i].name))
			continue;
		if (!parse_option(value, (uint64_t)list[i].most, &number)) {
			buf_puts(why, "Invalid value for specified option");
			return false;
		}
		if (list[i].flag)
			*list[i].flag = number;
		else
			*list[i].number = (int)number;
		return true;
	}
	for (unsigned i = 0; i < sizeof(other) / sizeof(*other); i++)
		if (!strcmp(name, other[i])) /* how often things are looked at is as it was at the begin */
			return true;
	buf_puts(why, "it cannot be changed while the script runs, or there is none of this name");
	return false;
}
