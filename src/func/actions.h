/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the reader does for each action of a record: the `report` member of their struct func. Fields of a record's
 * action are the call's recorded values in order: printf: those after the format; trace: the value (none: an
 * aggregation); exit: the status; trunc: the limit if given; normalize: the divisor; share: the whole; top: how many. Aggregations are in action->aggs.
 * All return 0, or a negative errno when output failed.
 */
#ifndef CEPHTAP_FUNC_ACTIONS_H
#define CEPHTAP_FUNC_ACTIONS_H

struct report;
struct record_action;

int report_printf(struct report *report, const struct record_action *action, const void *record);
int report_trace(struct report *report, const struct record_action *action, const void *record);
int report_printa(struct report *report, const struct record_action *action, const void *record);
int report_stack(struct report *report, const struct record_action *action, const void *record);
int report_exit(struct report *report, const struct record_action *action, const void *record);
int report_clear(struct report *report, const struct record_action *action, const void *record);
int report_trunc(struct report *report, const struct record_action *action, const void *record);
int report_normalize(struct report *report, const struct record_action *action, const void *record);
int report_share(struct report *report, const struct record_action *action, const void *record);
int report_top(struct report *report, const struct record_action *action, const void *record);
int report_denormalize(struct report *report, const struct record_action *action, const void *record);

#endif
