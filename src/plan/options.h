/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `-x name=value` and `#pragma D option name=value` set: DTrace's option names, one table in options.c.
 */
#ifndef CEPHTAP_PLAN_OPTIONS_H
#define CEPHTAP_PLAN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "plan/lacks.h"

struct options {
	uint64_t aggrate_ns;	/* how often aggregations are read, ns */
	uint64_t aggsize;	/* memory for one aggregation on one processor, bytes */
	uint64_t bufsize;	/* ring buffer, bytes */
	uint64_t dynvarsize;	/* memory for one thread-local variable or associative array, bytes */
	uint64_t scratchsize;	/* memory of alloca(), bytes */
	uint64_t specsize;	/* what may wait in one speculation, bytes */
	uint64_t specrate_ns;	/* accepted for DTrace's scripts; means nothing */
	uint64_t strsize;	/* room of a string, bytes with the final NUL */
	uint64_t switchrate_ns; /* how often records are read, ns */
	int aggsortkey, aggsortrev, aggsortkeypos, aggsortpos; /* as DTrace documents them */
	int nspec;					       /* speculations at a time */
	int maxcost;	    /* of a process's processor time, percent; 0: nothing is taken away */
	const char *engine; /* the name of one of engine/engine.h */
	int stackframes, ustackframes, jstackframes, stackindent;
	bool record_time; /* each record has the time of its firing; no option of scripts: a report's format asks for it
			   */
	bool argref, empty; /* DTrace's */
	bool quiet, destructive, defaultargs, errtags, zdefs, inlines, shortnames, flowindent, rawbytes;
	const struct may_lack *may_lack; /* NULL: a script needs all that it names; no option of scripts: a report's */
	bool asdtrace;			 /* errors, drops and the end of the report as the command dtrace has them */
};

void options_default(struct options *options);
/*
 * Sets one option; value NULL: given without one. Returns NULL, or one sentence why not ("unknown option `foo`",
 * "strsize must be 8 to 65536 bytes").
 */
const char *options_set(struct options *options, const char *name, const char *value, struct buf *why);
/* Prints name, meaning, unit, range and default of each option, for --help and the man page. */
void options_list(struct buf *out);

#endif
