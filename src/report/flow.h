/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * -F: lines are indented by how deep the functions are whose entry and return were traced, on each processor by itself.
 * In: the records, one after the other. Out: what stands in front of a name.
 */
#ifndef CEPHTAP_REPORT_FLOW_H
#define CEPHTAP_REPORT_FLOW_H

#include "report/report.h"

struct flow;

/* Indents and marks the line of a record. False: it is an entry or a return, which the function's name says enough of.
 */
bool flow_print(struct report *report, const struct record_head *head, const struct schema_probe *probe,
		struct shown *out);
void flow_free(struct flow *flow);

#endif
