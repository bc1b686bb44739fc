/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work on files that may never end: on a file system that somebody else's program or host answers for (FUSE, NFS). It
 * is done by a helper, a process of ours, which is left behind when it does not answer in time: a process that waits in
 * the kernel for such an answer cannot be killed, nor can it exit, and a thread would keep us from exiting. What it was
 * asked then fails with -ETIMEDOUT, and the next question goes to a new helper.
 *
 * All descriptors that come out of here are O_PATH ones: to close one that is open for reading may never end either.
 * Every question takes the time that it needs from *patience_ns, and fails when nothing is left.
 */
#ifndef CEPHTAP_LIB_ASIDE_H
#define CEPHTAP_LIB_ASIDE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/proc.h"

/* What a file may take in all. */
#define ASIDE_PATIENCE_NS UINT64_C(2000000000)

/* An O_PATH descriptor of what the path leads to; `resolve`: RESOLVE_* of openat2(2), 0: as open(2) does. `dir` may be
 * AT_FDCWD. */
int aside_open(int dir, const char *path, uint64_t resolve, uint64_t *patience_ns);
int aside_stat(int fd, struct statx *out, uint64_t *patience_ns);
/* How many bytes there were, at most `size`. */
ssize_t aside_read(int fd, void *data, size_t size, uint64_t offset, uint64_t *patience_ns);
/* How /proc/PID/maps names the file. */
int aside_map(int fd, struct proc_file *out, uint64_t *patience_ns);

#endif
