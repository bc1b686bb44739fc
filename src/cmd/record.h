/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cephtap record: what a script or a report gathers goes to a file. */
#ifndef CEPHTAP_CMD_RECORD_H
#define CEPHTAP_CMD_RECORD_H

#include <stdbool.h>
#include <stdio.h>

#include "recording/recorder.h"

struct record_request {
	const char *path;
	bool tee; /* the report is printed as well */
	struct recorder_config config;
};

/* Opens the file; its name it gets when tracing begins. False: it cannot be written, which was said on stderr. */
bool record_open(struct record_request *record);
/* What has that name stays when nothing could be traced. Else it is on the disk; false: it may not be, which was said.
 */
bool record_close(struct record_request *record);
/* Where the report goes meanwhile: standard output, or nowhere. NULL: it cannot be opened. */
FILE *record_output(const struct record_request *record);

/* cephtap SCRIPT.d and cephtap -n, into a recording. `argv` as for cmd_run(). */
int cmd_run_record(int argc, char **argv, struct record_request *record);

#endif
