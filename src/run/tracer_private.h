/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the tracer share: tracer.c has a run from its begin to its end, tracer_read.c the way from the
 * engine to the reader (and to another engine), tracer_arrivals.c processes that begin, tracer_say.c what is said on
 * stderr beside the report, tracer_signals.c what ends a run from outside.
 */
#ifndef CEPHTAP_RUN_TRACER_PRIVATE_H
#define CEPHTAP_RUN_TRACER_PRIVATE_H

#include "report/stack.h"
#include "report/symbol.h"
#include "run/daemon_names.h"
#include "run/doubts.h"
#include "run/follow.h"
#include "run/guard.h"
#include "run/late.h"
#include "run/tracer.h"

struct tracer {
	const struct tracer_config *config;
	struct pipeline *pipeline; /* config's, or one that came later */
	struct late *late;	   /* NULL: nothing is waited for */
	struct engine *engine;
	struct reader *reader;
	struct report report;
	uint64_t reported[DROP_CAUSES];
	uint64_t next_drops_ns, next_interval_ns, end_ns;
	int output_error; /* negative errno of the first write that failed */
	int engine_error; /* negative errno of what the kernel refused us last */
	uint64_t foreign; /* records that are none of this script's */
	bool has_lost;	  /* what fires from now on: probes, with the process that held them, or memory to read it */
	bool is_asked;	  /* to end, by tick() */
	struct follow *follow;
	struct guard *guard;
	struct doubts doubts;
	struct daemon_names *names;
	bool has_missed;	   /* processes that began */
	uint64_t next_look_ns;	   /* at all of them */
	struct arrivals *arrivals; /* NULL: it does not matter what begins, or the kernel does not tell */
	struct stack_source stacks;
	struct recorder *recorder; /* NULL: no recording is made */
	int record_error;	   /* negative errno: the recording ends early */
	bool is_said;		   /* why it ended was told already */
	struct symbol_source symbols;
	bool is_dated; /* report.now is of this round */
	bool has_said; /* what is missing in the report */
};

/* ---- tracer_say.c ---- */

/* What the report misses, and does not say itself: on stderr, and in the recording, whose readers must know it too. */
void tracer_tell(struct tracer *tracer, const char *text);
void tracer_tell_said(void *data, const char *text);	  /* the same, for callbacks: `data` is the tracer */
void tracer_tell_named(void *data, const char *sentence); /* with the names of files, which are anybody's */
void tracer_say_strangers(struct tracer *tracer);
/* Once: before the recording ends, and in any case. */
void tracer_say_missing(struct tracer *tracer);
/* What probes cost, as lines of a report in JSON, when a limit was given; in a recording there are sentences. */
void tracer_put_costs(struct tracer *tracer);
void tracer_say_recorded(const struct tracer *tracer);
void tracer_say_timing(const struct tracer *tracer);
void tracer_say_error(const struct tracer *tracer, int error);

/* ---- tracer_arrivals.c ---- */

/* From here on, daemons that begin have their names at once. */
void tracer_expect_arrivals(struct tracer *tracer);
void tracer_take_arrivals(struct tracer *tracer);

/* ---- tracer_read.c ---- */

/* When its file fails, the recording ends there; what is printed beside it goes on to its end. */
bool tracer_is_recording(const struct tracer *tracer);
/* Both note a negative errno, of the recording or of the engine, and return it. */
int tracer_recorded(struct tracer *tracer, int error);
int tracer_engine_said(struct tracer *tracer, int error);
/* What is printed from here on is of this moment. */
void tracer_date(struct tracer *tracer);
void tracer_begin_reading(struct tracer *tracer);
/* What was said before there was a recording: of places that could not be probed, of processes that are left out. */
void tracer_record_said(struct tracer *tracer);
int tracer_poll(struct tracer *tracer, int timeout_ms);
int tracer_drain(struct tracer *tracer); /* what is in the ring now */
int tracer_report_drops(struct tracer *tracer);
/*
 * To the same script with more probes. Both are attached: the one stops firing at the moment at which the other begins,
 * and what it has recorded is read before it goes.
 */
int tracer_go_over(struct tracer *tracer, struct pipeline *next);

#endif
