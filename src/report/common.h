/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What formats of reports share.
 */
#ifndef CEPHTAP_REPORT_COMMON_H
#define CEPHTAP_REPORT_COMMON_H

#include "report/report.h"

/* First thing in `begin`: we buffer ourselves. */
void report_open(struct report *report);
/* An event is whole: writes what is pending once that is much. */
int report_event_done(struct report *report);
/* The part of an error's sentence that says what happened: "invalid address (0x10)". */
void report_fault(const struct record_error *error, struct buf *out);
/* Which action of the failing clause holds `loc`, from 1; 0: none, it is the predicate. */
unsigned report_action_number(const struct clause *clause, struct loc loc);

#endif
