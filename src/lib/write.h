/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that we write, all of them: a result takes the old file's place when it is whole, so that nobody ever reads
 * half of one, nothing is written through a link or a second name that somebody else has made (lib/path.h), and what
 * fails is said in one sentence. Terminals, pipes, /dev/null and /dev/stdout are written to; a disk is not.
 */
#ifndef CEPHTAP_LIB_WRITE_H
#define CEPHTAP_LIB_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/buf.h"

enum write_kind {
	WRITE_RESULT,	 /* takes its name when it is whole, and is on the disk then */
	WRITE_OFTEN,	 /* takes its name when it is whole; it is not waited for the disk, as it is written anew in a
			    moment */
	WRITE_APPEND,	 /* goes behind what is there */
	WRITE_RECORDING, /* takes its name at write_publish(), and is written on: readable by its owner alone */
};

struct write_file;

/* NULL: `why` is a sentence. Until it is committed or published nothing has changed under this name. */
struct write_file *write_open(const char *path, enum write_kind kind, struct buf *why);
/* The same for WRITE_APPEND, as a stream. */
FILE *write_stream(const char *path, struct buf *why);
int write_fd(const struct write_file *file); /* for reading too, where it is a new file */
/* Mode bits for a result, instead of those of the file that it replaces, or of the umask. */
void write_set_mode(struct write_file *file, mode_t mode);
/* 0, or a negative errno with a sentence. */
int write_data(struct write_file *file, const void *data, size_t size, struct buf *why);
int write_publish(struct write_file *file, struct buf *why);
int write_commit(struct write_file *file, struct buf *why); /* frees it, whatever comes */
/* Nothing of it stays: but for what is appended or recorded. */
void write_abandon(struct write_file *file);

/* A whole file at once. */
int write_whole(const char *path, enum write_kind kind, const void *data, size_t size, struct buf *why);
/* A result that took time to gather: when it cannot be written there, `why` says in which file in $TMPDIR it is
 * instead. */
int write_gathered(const char *path, const void *data, size_t size, struct buf *why);
/* Could it be written now? Leaves nothing behind. Not for WRITE_APPEND. */
int write_check(const char *path, enum write_kind kind, struct buf *why);

/* A new file in a folder, which may be there and is made otherwise: -EEXIST when the file is there. A descriptor, or a
 * negative errno. */
int write_new_in(const char *folder, const char *name, struct buf *why);

/* Removes a file, or an empty folder. 0, or a negative errno with a sentence. */
int write_remove(const char *path, bool is_folder, struct buf *why);

/* All of it to a descriptor. 0, or a negative errno; what was written is counted in `done`, which may be NULL. */
int write_bytes(int fd, const void *data, size_t size, size_t *done);

#endif
