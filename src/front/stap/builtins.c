/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front/stap/builtins.h"

#include <string.h>

#include "front/stap/tree.h"

#define ROW(name, proto) {#name, proto, STAP_FN_##name},

const struct stap_builtin stap_builtins[] = {STAP_BUILTINS(ROW){NULL, NULL, 0}};

const struct stap_builtin *stap_builtin_find(const char *name)
{
	for (const struct stap_builtin *builtin = stap_builtins; builtin->name; builtin++)
		if (!strcmp(builtin->name, name))
			return builtin;
	return NULL;
}
