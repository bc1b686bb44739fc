/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What actions share on the side of the reader. All return 0, or a negative errno when output failed. */
#ifndef CEPHTAP_FUNC_PRINT_H
#define CEPHTAP_FUNC_PRINT_H

#include <stdint.h>

struct call;
struct report;
struct record_action;

/* The check of printf(), and of actions that take a format as it does. */
void check_formatted(struct call *call);
/* Prints what the action recorded, one value after the other. */
int report_values(struct report *report, const struct record_action *action, const void *record);
/* The first value that it recorded, where that is an integer. */
int64_t recorded_int(const struct record_action *action, const void *record, int64_t otherwise);

#endif
