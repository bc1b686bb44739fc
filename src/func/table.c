/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "func/tables.h"
#include "schema/schema.h"

static const struct func *const families[] = {funcs_action, funcs_memory, funcs_string, funcs_stack, funcs_symbol};

enum { FAMILIES_LEN = sizeof(families) / sizeof(families[0]) };

const struct func *func_at(unsigned i)
{
	const struct func *func;
	unsigned family;

	for (family = 0; family < FAMILIES_LEN; family++)
		for (func = families[family]; func->name; func++)
			if (!i--)
				return func;
	return NULL;
}

const struct func *func_find(const char *name)
{
	const struct func *func;
	unsigned i;

	for (i = 0; (func = func_at(i)); i++)
		if (!strcmp(func->name, name))
			return func;
	return NULL;
}

const struct builtin *builtin_at(unsigned i)
{
	const struct builtin *builtin;

	for (builtin = builtins; builtin->name; builtin++)
		if (!i--)
			return builtin;
	return NULL;
}

const struct builtin *builtin_find(const char *name)
{
	const struct builtin *builtin;

	for (builtin = builtins; builtin->name; builtin++)
		if (!strcmp(builtin->name, name))
			return builtin;
	return NULL;
}

static const void *find(const char *name)
{
	return func_find(name);
}

static const char *name_of(const void *func)
{
	return ((const struct func *)func)->name;
}

const struct member_names func_names = {"action", find, name_of};
