/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that one call makes: what a thread does from the entry of one function, the trigger, to its return. In: records of
 * the script that src/cmd/calls.c writes. Out: trees of calls with their times, as text, JSON or folded stacks.
 *
 * The contract with the script: its first clause is for the entry of the trigger, and each record is six values of trace(): the
 * thread, the time, the stack pointer, the number of the thread's trigger call, the number of the record in that call (both from
 * 1), and how many of the thread's trigger calls have ended without a return. The record's number makes sure that none is missing;
 * a call that misses one is left out and counted.
 *
 * The stack pointer says which functions are still there: one that was entered further down the stack than where the thread is
 * now was left without a return, as an exception does.
 */
#ifndef CEPHTAP_VIEWS_CALLS_H
#define CEPHTAP_VIEWS_CALLS_H

#include <stdbool.h>

#include "report/report.h"

enum calls_form { CALLS_TEXT, CALLS_JSON, CALLS_FOLDED };

struct calls_options {
	const char *trigger; /* as the user wrote it */
	enum calls_form form;
	unsigned slowest; /* so many calls one at a time; 0: the sum of all */
};

/* The fact that a recording has of it. */
#define CALLS_TRIGGER "trigger"

/* What report->data has to be; `options` must stay. */
struct calls;
struct calls *calls_new(const struct calls_options *options);
void calls_free(struct calls *calls);

extern const struct report_ops report_calls;

#endif
