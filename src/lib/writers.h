/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who can have written a file: root alone, or somebody else too. In: a descriptor, and a process that sees the file's mount.
 * What a file says (its notes, symbols, build-id) is worth as much as whoever can write it.
 */
#ifndef CEPHTAP_LIB_WRITERS_H
#define CEPHTAP_LIB_WRITERS_H

#include <sys/types.h>

enum writers {
	WRITERS_ROOT,	 /* root alone, or the user that we run as */
	WRITERS_OTHERS,	 /* its owner, who is neither; or a group, or everybody */
	WRITERS_MOUNT,	 /* whoever is the master of its file system: a user who has mounted it, so that the owner means nothing */
	WRITERS_UNKNOWN, /* it cannot be looked at */
};

/* The mount of the file before, as most of a process's files are on one. All zero at first. */
struct writers_mount {
	unsigned long long id;
	enum writers writers;
};

/*
 * Nothing is asked of the file's own file system, which may not answer: the kernel knows it from the file's opening. `device` is
 * the file's as a process's maps show it, which on btrfs is another one than stat() tells.
 */
enum writers writers_of_fd(int fd, pid_t pid, dev_t device, struct writers_mount *last);

#endif
