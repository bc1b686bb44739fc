/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process of -c: started, and held at its entry point, where the dynamic linker has mapped its libraries and none
 * of its own code has run, until everything is attached.
 */
#ifndef CEPHTAP_RUN_CHILD_H
#define CEPHTAP_RUN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"

/* `command` is split into words as a shell does, without command substitution. 0, or a negative errno with a sentence.
 */
int child_start(const char *command, pid_t *pid, struct buf *why);
int child_release(pid_t pid); /* a negative errno: it is held yet, or was killed */
/* Is then reaped, and *status is what wait(2) says of it. */
bool child_has_ended(pid_t pid, int *status);
void child_kill(pid_t pid); /* one that was never released */

#endif
