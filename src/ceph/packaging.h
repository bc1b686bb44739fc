/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a process's Ceph is from: its distribution, package, container image. In: what its own root folder and its
 * environment say, which may be anybody's. Out: names for people, to be shown as such; nothing is decided by them.
 */
#ifndef CEPHTAP_CEPH_PACKAGING_H
#define CEPHTAP_CEPH_PACKAGING_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"

struct packaging {
	bool is_contained;	  /* it sees other files than we do */
	const char *system;	  /* "CentOS Stream 9"; NULL: not told */
	const char *distribution; /* "debian", "ubuntu", "el8", "el9", as cards have it; NULL: another */
	const char *package;	  /* "ceph-osd 18.2.7-1"; NULL: not known */
	const char *image;	  /* as cephadm and Rook write it into a container's environment; NULL: not told */
};

/* `program` as the process sees it; `release` NULL: not known. */
void packaging_find(struct arena *arena, pid_t pid, const char *program, const char *release, struct packaging *out);
/* "ceph-osd-dbg" on Debian, "ceph-osd-debuginfo" on el9; NULL: unknown. */
const char *packaging_debug_package(struct arena *arena, const char *binary_name, const char *distribution);

#endif
