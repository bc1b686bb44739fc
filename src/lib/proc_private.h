/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What proc.c (processes) and proc_maps.c (what they have mapped) share. */
#ifndef CEPHTAP_LIB_PROC_PRIVATE_H
#define CEPHTAP_LIB_PROC_PRIVATE_H

#include "lib/buf.h"
#include "lib/proc.h"

/* A file of /proc may vanish at each step; all ways to say so become -ESRCH. */
int proc_error(int error);
/* What /proc/PID/NAME holds, about `max` bytes of it at most. */
int proc_read(pid_t pid, const char *name, size_t max, struct buf *out);
/* The text of a link of a process, "" when it cannot be read; returns 0 or a negative errno. */
int proc_read_link(pid_t pid, const char *name, char *out, size_t out_size);

#endif
