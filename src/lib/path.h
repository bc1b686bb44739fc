/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a name leads, before something is written or removed there. We run as root, and a name that a person gives may
 * go through folders that others write to: each part is looked up by itself, and a symbolic link is followed only if
 * nobody could have laid it but root, ourselves, and the person who called sudo. What was found is a folder that is
 * held open, and a name in it: who exchanges a part afterwards leads us nowhere else.
 */
#ifndef CEPHTAP_LIB_PATH_H
#define CEPHTAP_LIB_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "lib/buf.h"

struct path {
	int dir;		 /* the folder (O_PATH) */
	char name[NAME_MAX + 1]; /* in it; never a symbolic link when it was looked at */
	struct stat in;		 /* about the folder */
	bool is_there;
	struct stat st; /* about what has the name, if it is there */
	int own_fd;	/* the name stands for this open descriptor of ours (/dev/stdout, /dev/fd/3); -1: it does not */
	int other;	/* a descriptor (O_PATH) of what has the name; -1: it is not there */
};

/* 0, or a negative errno with one sentence. Afterwards path_close() in both cases. */
int path_find(const char *text, struct path *path, struct buf *why);
/* The same for a folder: `dir` is the folder itself, made where it is missing, and those above it too if wanted; `name`
 * means nothing. */
int path_find_folder(const char *text, bool makes_all, struct path *path, struct buf *why);
void path_close(struct path *path);

/* Root, ourselves, or the person who called sudo. */
bool path_is_trusted(uid_t uid);
/* May others than those make, exchange or remove names in this folder? */
bool path_is_shared(const struct stat *folder);

/*
 * Is this a folder of our own that nobody else can write to or have put there: every folder above it is root's or ours,
 * and lets others write only where they cannot take away what is ours? Else a sentence.
 */
bool path_is_private(const char *text, struct buf *why);

#endif
