/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names that scripts see as `daemon`, by process number, in a map of the script's. In: Ceph's processes
 * (ceph/daemons.h). A name is there as long as its process is: the next one with its number, which anybody can come by,
 * does not inherit it.
 */
#ifndef CEPHTAP_RUN_DAEMON_NAMES_H
#define CEPHTAP_RUN_DAEMON_NAMES_H

#include "run/pipeline.h"

struct daemon_names;
struct daemon_names *daemon_names_new(struct arena *arena);
/* Does the script ask for names? */
bool daemon_names_are_asked_for(const struct daemon_names *names);
/* Looks for the daemons and fills the map of this pipeline, from now on the one that counts. Nothing is done for
 * others. */
void daemon_names_fill(struct daemon_names *names, const struct pipeline *pipeline);
/* One that is traced from now on, unless it has a name. `label` is what it was chosen as: its name where nothing else
 * says one, unless it has no dot. */
void daemon_names_add(struct daemon_names *names, pid_t pid, const char *label);
/* A process has begun to run a program, or has mapped a file: looks whether it is a daemon that has no name yet. */
void daemon_names_look(struct daemon_names *names, pid_t pid);
/* Looks at all processes, once more. */
void daemon_names_again(struct daemon_names *names);
/* Takes away the names of those that have ended. */
void daemon_names_step(struct daemon_names *names);
void daemon_names_close(struct daemon_names *names);

#endif
