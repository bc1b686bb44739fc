/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/limits.h"

#include <sys/resource.h>

enum { SPARE = 128 };

static struct rlimit before;

void limits_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &before))
		return;
	limit = before;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void limits_restore_files(void)
{
	if (before.rlim_cur)
		setrlimit(RLIMIT_NOFILE, &before);
}

bool limits_is_scarce(int fd)
{
	struct rlimit limit;

	return !getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur > 2 * SPARE && (rlim_t)fd > limit.rlim_cur - SPARE;
}
