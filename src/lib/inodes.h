/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which inode a mapping is of, by the kernel's own word. The numbers in /proc/PID/maps tell files apart on most file
 * systems, but two overlays (containers of one image) have two numbers for one file, and two subvolumes of btrfs one
 * number for two files. Probes go to the inode: what is to be probed once must be known by it.
 */
#ifndef CEPHTAP_LIB_INODES_H
#define CEPHTAP_LIB_INODES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"

struct inode_at {
	uint64_t start; /* of the mapping */
	uint64_t inode; /* where the kernel has it */
	/* Below an overlay those of the file system that the file is really on. */
	uint64_t magic;
	dev_t dev;
	ino_t ino;
};

/*
 * Of all mappings of a process with files, by address. False when the kernel does not tell: it is older than Linux 6.1,
 * has no BTF, or we may not load programs, and then nothing can be probed either.
 */
bool inodes_read(struct arena *arena, pid_t pid, struct inode_at **list, unsigned *len);

#endif
