/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which probes are of the same function, and what it is called. The same function of several processes is one. */
#include <stdlib.h>
#include <string.h>

#include "views/calls_private.h"

struct named {
	const char *name;
	unsigned probe;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->probe > y->probe) - (x->probe < y->probe);
}

/* Where the parameters begin, which are the last thing in parentheses; NULL: there are none. */
static const char *params_of(const char *name)
{
	const char *end = strrchr(name, ')');
	int depth = 0;

	for (const char *at = end; at && at > name; at--) {
		depth += *at == ')';
		depth -= *at == '(';
		if (!depth)
			return at;
	}
	return NULL;
}

/* foo(int) const is foo, foo(int).isra.0 is foo.isra.0; what follows parameters in another way (a lambda in them) is
 * the name. */
static const char *without_params(struct arena *arena, const char *name)
{
	const char *params = params_of(name), *end = params ? strrchr(name, ')') + 1 : NULL;

	if (!end || (*end && *end != ' ' && *end != '.'))
		return name;
	return arena_printf(arena, "%.*s%s", (int)(params - name), name, *end == '.' ? end : "");
}

static int compare_shown(const void *a, const void *b)
{
	return strcmp((*(struct call_function *const *)a)->shown, (*(struct call_function *const *)b)->shown);
}

static void tell_apart(struct call_names *names)
{
	unsigned n = names->functions_len;
	struct call_function **sorted = arena_new_array(names->arena, struct call_function *, n + 1);

	for (unsigned i = 0; i < n; i++) {
		sorted[i] = &names->functions[i];
		sorted[i]->shown = without_params(names->arena, sorted[i]->name);
	}
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_shown);
	for (unsigned i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !strcmp(sorted[i]->shown, sorted[end]->shown);)
			end++;
		for (unsigned j = i; j < end && end - i > 1; j++)
			sorted[j]->shown = sorted[j]->name;
	}
}

static void note(struct call_names *names, unsigned index, const struct schema_probe *probe)
{
	struct call_function *function = &names->functions[names->functions_len - 1];

	names->of_probe[index] = names->functions_len - 1;
	names->is_entry[index] = !strcmp(probe->name, "entry");
	function->has_entry |= names->is_entry[index];
	function->has_return |= !names->is_entry[index];
	function->is_refused |= probe->is_refused;
}

/* The first clause is the trigger's. */
static void mark_triggers(struct call_names *names, const struct schema *schema)
{
	for (unsigned i = 0; schema->clauses_len && i < schema->clauses[0].probes_len; i++)
		names->functions[names->of_probe[schema->clauses[0].probes[i]]].is_trigger = true;
}

void call_names_init(struct call_names *names, const struct schema *schema)
{
	unsigned n = schema->probes_len;
	struct named *sorted;

	names->arena = arena_new();
	sorted = arena_new_array(names->arena, struct named, n + 1);
	names->of_probe = arena_new_array(names->arena, unsigned, n + 1);
	names->is_entry = arena_new_array(names->arena, bool, n + 1);
	for (unsigned i = 0; i < n; i++)
		sorted[i] = (struct named){schema->probes[i].func, i};
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_name);
	for (unsigned i = 0; i < n; i++) {
		if (!i || strcmp(sorted[i].name, sorted[i - 1].name))
			*arena_push(names->arena, names->functions, names->functions_len) =
				(struct call_function){.name = sorted[i].name};
		note(names, sorted[i].probe, &schema->probes[sorted[i].probe]);
	}
	mark_triggers(names, schema);
	tell_apart(names);
	for (unsigned i = 0; i < names->functions_len; i++) {
		struct call_function *function = &names->functions[i];

		function->is_followed = function->has_entry && function->has_return && !function->is_refused;
		names->probed += function->is_followed;
	}
}

void call_names_free(struct call_names *names)
{
	arena_free(names->arena);
}
