/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs of test/prog: where they are, and running one in the background. */
#ifndef CEPHTAP_TEST_PROG_H
#define CEPHTAP_TEST_PROG_H

#include <sys/types.h>

struct probe_host;

const char *prog_path(const char *name); /* valid until the next call */
/* Runs until it is stopped; has reached its main() when this returns. */
pid_t prog_start(const char *path);
void prog_stop(pid_t pid);
/* A copy of a file's first `size` bytes (all, when that is more) under a new name, for the caller to unlink and free.
 */
char *prog_copy(const char *path, size_t size);

/* host_add_file(), without its sentence. */
int prog_add(struct probe_host *host, const char *path);

#endif
