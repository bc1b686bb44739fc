/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What kind of file system is behind a file, found out without asking that file system: from /proc/PID/mountinfo. One
 * that runs elsewhere, on another host or as somebody's program (NFS, FUSE), may never answer.
 */
#ifndef CEPHTAP_LIB_MOUNTS_H
#define CEPHTAP_LIB_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum fs_kind {
	FS_UNKNOWN,    /* in no list of mounts: may be anything */
	FS_LOCAL,      /* the kernel alone answers */
	FS_OVERLAY,    /* the same, but files show numbers of the overlay's own, which several overlays may have for one
			  file */
	FS_SUBVOLUMES, /* the same, but files of several subvolumes show the same numbers (btrfs) */
	FS_REMOTE,     /* may never answer: another host, or a program that root runs */
	FS_FOREIGN,    /* may never answer, and perhaps on purpose: a program of somebody else */
	FS_PSEUDO, /* the kernel's own (proc, sysfs, tracefs): what looks like a file there is none, and to open one may
		      do something */
};

/* Has this device one number for each file, and nobody else the same? What is said of it is the same for all processes.
 */
bool mounts_tells_files_apart(dev_t dev);
/* By the device that /proc/PID/maps shows, among the mounts that this process sees. */
enum fs_kind mounts_kind_of_dev(pid_t pid, dev_t dev);
/* By the number that statx() gives for an open file (STATX_MNT_ID); `pid`: whose mounts it may be among. */
enum fs_kind mounts_kind_of_id(pid_t pid, uint64_t id);
/*
 * Is a user the master of that mount, so that it means nothing whom a file there belongs to? FUSE that a user serves,
 * or what a user has mounted: an image, a stick. One that is in no list is somebody's; by `dev` it is found when its
 * process cannot see it.
 */
bool mounts_is_of_user(pid_t pid, uint64_t id, dev_t dev);
/* Is it among our own mounts, and local? */
bool mounts_is_ours(uint64_t id);

/* By the number in the file system's superblock. */
enum fs_kind mounts_kind_of_magic(uint64_t magic);

static inline bool fs_answers(enum fs_kind kind)
{
	return kind == FS_LOCAL || kind == FS_OVERLAY || kind == FS_SUBVOLUMES;
}

#endif
