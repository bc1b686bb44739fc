/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap list --functions`: what a script can call and read. In: the tables of src/func and src/agg. Out: a list,
 * JSON, or the reference in doc/.
 */
#include "cmd/list_functions.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/proto.h"
#include "func/func.h"
#include "lib/shown.h"

enum kind { KIND_FUNCTION, KIND_ACTION, KIND_AGGREGATION, KIND_VARIABLE, KINDS };

static const struct {
	const char *word, *title, *intro;
} kinds[KINDS] = {
	{"function", "Functions",
	 "They have a value, which may be used in any expression. Stacks and symbols, as statements, print it."},
	{"action", "Actions",
	 "Statements: what they print or do happens when the record is read, in the order of the script."},
	{"aggregation", "Aggregating functions",
	 "What an aggregation is given: `@name[keys] = count();`. The result is printed when tracing ends, or by "
	 "`printa`."},
	{"variable", "Built-in variables", "They are there at each probe, and cannot be assigned."},
};

/* A row of any of the tables. */
struct entry {
	enum kind kind;
	const char *name, *doc;
	struct buf proto;
	const struct example *example;
};

static void visit_proto(enum kind kind, const char *name, const struct proto *proto, const char *doc,
			const struct example *example, void (*visit)(void *data, const struct entry *entry), void *data)
{
	struct entry entry = {.kind = kind, .name = name, .doc = doc, .example = example};

	proto_print(name, proto, &entry.proto);
	visit(data, &entry);
	buf_free(&entry.proto);
}

static void visit_funcs(enum kind kind, void (*visit)(void *data, const struct entry *entry), void *data)
{
	const struct func *func;

	for (unsigned i = 0; (func = func_at(i)); i++)
		if (kind == (func->flags & FUNC_RECORDS ? KIND_ACTION : KIND_FUNCTION))
			visit_proto(kind, func->name, &func->proto, func->doc, &func->example, visit, data);
}

static void visit_aggs(void (*visit)(void *data, const struct entry *entry), void *data)
{
	const struct agg *agg;

	for (unsigned i = 0; (agg = agg_at(i)); i++)
		visit_proto(KIND_AGGREGATION, agg->name, &agg->proto, agg->doc, &agg->example, visit, data);
}

static void visit_builtins(void (*visit)(void *data, const struct entry *entry), void *data)
{
	const struct builtin *builtin;

	for (unsigned i = 0; (builtin = builtin_at(i)); i++) {
		struct entry entry = {KIND_VARIABLE, builtin->name, builtin->doc, {0}, &builtin->example};
		const char *type = proto_type_text(builtin->type);

		buf_printf(&entry.proto, "%s%s%s", type, builtin->type == PROTO_TASK ? "" : " ", builtin->name);
		visit(data, &entry);
		buf_free(&entry.proto);
	}
}

static void visit_kind(enum kind kind, void (*visit)(void *data, const struct entry *entry), void *data)
{
	if (kind == KIND_AGGREGATION)
		visit_aggs(visit, data);
	else if (kind == KIND_VARIABLE)
		visit_builtins(visit, data);
	else
		visit_funcs(kind, visit, data);
}

static void show_text(void *data, const struct entry *entry)
{
	(void)data;
	say(stdout, "%-11s  %s\n             %s\n", kinds[entry->kind].word, entry->proto.data, entry->doc);
}

void list_functions_text(void)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		visit_kind(kind, show_text, NULL);
}

static void add_json(void *data, const struct entry *entry)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(entry->name));
	json_object_object_add(object, "kind", json_object_new_string(kinds[entry->kind].word));
	json_object_object_add(object, "prototype", json_object_new_string(entry->proto.data));
	json_object_object_add(object, "doc", json_object_new_string(entry->doc));
	if (entry->example->script)
		json_object_object_add(object, "example", json_object_new_string(entry->example->script));
	if (entry->example->output)
		json_object_object_add(object, "output", json_object_new_string(entry->example->output));
	json_object_array_add(data, object);
}

void list_functions_json(void)
{
	struct json_object *array = json_object_new_array();

	for (enum kind kind = 0; kind < KINDS; kind++)
		visit_kind(kind, add_json, array);
	say_json(stdout, array, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	json_object_put(array);
}

static void add_markdown(void *data, const struct entry *entry)
{
	const char *output = entry->example->output ? entry->example->output : "";
	struct buf *out = data;

	buf_printf(out, "### %s\n\n`%s`: %s.\n\n", entry->name, entry->proto.data, entry->doc);
	if (!entry->example->script)
		return;
	buf_printf(out, "```\n# cephtap -q -n '%s'\n%s%s```\n\n", entry->example->script, output,
		   *output && output[strlen(output) - 1] != '\n' ? "\n" : "");
	if (!*output)
		buf_printf(out, "What that prints depends on the host and the moment.\n\n");
}

void list_functions_markdown(void)
{
	static const char head[] =
		"<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->\n<!-- Made by `make reference`. -->\n"
		"# Reference of the language\n\n"
		"After this page you can use any function, action, aggregating function and built-in variable of D, "
		"with an example that\n"
		"runs. [language.md](language.md) explains the language; `cephtap list --functions` prints this "
		"list.\n\n"
		"In a prototype, brackets mark what may be left out, `...` any number of further arguments, `@` an "
		"aggregation, and\n"
		"`any` a value of any type.\n";
	struct buf out = {0};

	buf_printf(&out, "%s", head);
	for (enum kind kind = 0; kind < KINDS; kind++) {
		buf_printf(&out, "\n## %s\n\n%s\n\n", kinds[kind].title, kinds[kind].intro);
		visit_kind(kind, add_markdown, &out);
	}
	out.size--; /* one empty line at the end is too many */
	out.data[out.size] = '\0';
	say_lines(stdout, out.data);
	buf_free(&out);
}
