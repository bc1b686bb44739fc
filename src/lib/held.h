/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of others. A name that a process or a container controls leads to one file now and to another a moment later.
 * So it is resolved once, to a descriptor; the descriptor is checked to be a plain file and, for a file that a process
 * is said to run code from, to be the very one that the process has mapped; from then on it is read and probed through
 * the descriptor alone. Nothing but plain files is opened: a device or a FIFO may do anything when it is.
 *
 * A file on a file system that may never answer is read by a helper (lib/aside.h), within two seconds for all of it.
 */
#ifndef CEPHTAP_LIB_HELD_H
#define CEPHTAP_LIB_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/proc.h"

struct held;

/*
 * Each returns 0, or a negative errno with a sentence in *why.
 *
 * By a name that a person gave, or one of our own: resolved as by any program.
 */
int held_open(const char *path, struct held **out, struct buf *why);
/* What a process has mapped: -ESTALE when it is another file by now. */
int held_open_mapped(const struct proc_file *file, struct held **out, struct buf *why);
/*
 * By a name inside a folder, "" being "/": the root of a process (/proc/123/root), or where packages were unpacked.
 * Links lead nowhere else, however they are written.
 */
int held_open_inside(const char *root, const char *path, struct held **out, struct buf *why);
/* A descriptor of our own making, such as a memfd: taken over. */
struct held *held_take(int fd);

/* Held by one more; each lets go of it by held_close() (NULL is allowed). */
struct held *held_share(struct held *held);
void held_close(struct held *held);

/* For the kernel to attach to: /proc/self/fd/N, good in us and in what we fork. */
const char *held_path(const struct held *held);
bool held_name(const struct held *held, char *out, size_t out_size); /* where it is now, links resolved */
/* Which file it is, as in struct proc_file. */
dev_t held_dev(const struct held *held);
ino_t held_ino(const struct held *held);
uint64_t held_size(const struct held *held); /* when it was opened */
struct statx;
const struct statx *held_stat(const struct held *held); /* then, too: owner, mode, times, the number of its mount */
/* One inode, also where maps gives several the same numbers. */
bool held_is_same(const struct held *a, const struct held *b);
/* May its file system never answer? */
bool held_may_hang(const struct held *held);
bool held_is_foreign(const struct held *held); /* because somebody else's program answers for it */
/* Root's own on one of our own file systems, which nobody else can write: it does not change while we look. */
bool held_is_settled(const struct held *held);
/* How many bytes there were, at most `size`, or a negative errno; -ETIMEDOUT: its file system does not answer. */
ssize_t held_read(struct held *held, void *data, size_t size, uint64_t offset);
/* Maps the whole of a settled file, to be read and, in our memory alone, written; NULL: it cannot be. */
void *held_map(struct held *held);

#endif
