/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of reports as CSV: the same names, units and numbers as their JSON. */
#ifndef CEPHTAP_REPORT_CSV_H
#define CEPHTAP_REPORT_CSV_H

#include <json-c/json.h>

#include "report/report.h"

/*
 * A row: of each column the object's member of that name, nothing where it has none. An array is a stack's frames, the
 * outermost first. The first row comes after a header.
 */
void csv_row_of(struct report *report, const char *const *columns, unsigned len, struct json_object *object);

#endif
