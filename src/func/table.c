/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "func/tables.h"
#include "schema/schema.h"

#define ROW(array) array,
static const struct func *const func_files[] = {FUNC_FILES(ROW)};
static const struct builtin *const builtin_files[] = {BUILTIN_FILES(ROW)};

enum {
	FUNC_FILES_LEN = sizeof(func_files) / sizeof(func_files[0]),
	BUILTIN_FILES_LEN = sizeof(builtin_files) / sizeof(builtin_files[0])
};

const struct func *func_at(unsigned i)
{
	const struct func *func;
	unsigned file;

	for (file = 0; file < FUNC_FILES_LEN; file++)
		for (func = func_files[file]; func->name; func++)
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
	unsigned file;

	for (file = 0; file < BUILTIN_FILES_LEN; file++)
		for (builtin = builtin_files[file]; builtin->name; builtin++)
			if (!i--)
				return builtin;
	return NULL;
}

const struct builtin *builtin_find(const char *name)
{
	const struct builtin *builtin;
	unsigned i;

	for (i = 0; (builtin = builtin_at(i)); i++)
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
