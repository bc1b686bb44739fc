/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "front/front.h"

static const struct front_ops *const fronts[] = {&front_d};

enum { FRONTS_LEN = sizeof(fronts) / sizeof(fronts[0]) };

const struct front_ops *front_for(const char *path)
{
	const char *suffix = path ? strrchr(path, '.') : NULL;

	for (unsigned i = 0; suffix && i < FRONTS_LEN; i++)
		if (!strcmp(fronts[i]->suffix, suffix))
			return fronts[i];
	return fronts[0];
}
