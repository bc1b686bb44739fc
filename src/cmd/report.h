/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ready-made reports (views/views.c): live, and recorded. */
#ifndef CEPHTAP_CMD_REPORT_H
#define CEPHTAP_CMD_REPORT_H

#include "cmd/record.h"

/* cephtap report, into a recording. `argv` as for cmd_report(). */
int cmd_report_record(int argc, char **argv, struct record_request *record);

#endif
