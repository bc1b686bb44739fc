/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/writers.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/mounts.h"

enum writers writers_of(const struct held *held, const struct proc_file *file)
{
	const struct statx *stat = held_stat(held);
	uint64_t mount = stat->stx_mask & STATX_MNT_ID ? stat->stx_mnt_id : 0; /* from Linux 5.8 on */

	if ((stat->stx_uid && stat->stx_uid != geteuid()) || stat->stx_mode & (S_IWGRP | S_IWOTH))
		return WRITERS_OTHERS;
	return mounts_is_of_user(file->pid, mount, file->map_dev) ? WRITERS_MOUNT : WRITERS_ROOT;
}

/* A user's program answers for it, or does not: there is nothing to ask it. */
bool writers_are_known(const struct proc_file *file, enum writers *writers)
{
	*writers = WRITERS_MOUNT;
	return mounts_kind_of_dev(file->pid, file->map_dev) == FS_FOREIGN;
}
