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
/*
 * What is pending becomes the whole of report->path, at once: whoever reads it sees the old text or the new one.
 * Without a path it is written as usual.
 */
int report_replace(struct report *report);
/* What is pending becomes a file that is written once, at the end. */
int report_write(struct report *report, const char *path);
/* A key of an aggregation as text: numbers in decimal, strings as they are, stacks as outermost;...;innermost (folded,
 * so shown already). */
void report_key_text(const struct report *report, const struct field *field, const void *key, struct buf *out);
/* The same in a form of output. */
void report_key_show(const struct report *report, const struct field *field, const void *key, enum shown_form form,
		     struct shown *out);
/* On stderr, at the end: what actions recorded and the format has no place for. */
void report_say_left_out(const struct report *report);
/* The part of an error's sentence that says what happened: "invalid address (0x10)". */
void report_fault(const struct record_error *error, struct buf *out);
/* Which action of the failing clause holds `loc`, from 1; 0: none, it is the predicate. */
unsigned report_action_number(const struct record_layout *clause, struct loc loc);

/* Operations of reports that look at something else: this is left out. What went wrong is said as in text. */
int report_leave_out(struct report *report);
int report_leave_event(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
		       const struct record_head *head);
int report_leave_value(struct report *report, const struct field *field, const void *value);
int report_leave_text(struct report *report, const struct record_action *action, const char *text, size_t size);
int report_leave_table(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len);
int report_say_error(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		     struct loc loc);
int report_say_drop(struct report *report, enum drop_cause cause, uint64_t count);

#endif
