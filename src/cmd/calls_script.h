/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The script of `cephtap report calls`. In: the trigger, which functions to follow below it, and processes. Out: D, as
 * src/views/calls.h wants it. Functions are looked up here, so that what does not exist is said in terms of the
 * options.
 */
#ifndef CEPHTAP_CMD_CALLS_SCRIPT_H
#define CEPHTAP_CMD_CALLS_SCRIPT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "probe/probe.h"

struct calls_request {
	const char *trigger;
	const char *functions; /* globs with commas between; NULL: the class of the trigger */
	const pid_t *pids;
	unsigned pids_len;
	unsigned long long bufsize; /* for records, in bytes */
};

/* False with one sentence in `why`. */
bool calls_script(struct arena *arena, const struct calls_request *request, struct probe_source *source,
		  struct buf *script, struct buf *why);

/* "ns::cls::" of "ns::cls::fn(int)"; "" of a function without a class or namespace. */
const char *calls_class_of(struct arena *arena, const char *function);

#endif
