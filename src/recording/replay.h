/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report again, from one or more recordings of the same script. In: files. Out: calls of a report's operations, as
 * live. Needs nothing of the host: no privilege, no types, no symbols, no clock, no time zone.
 *
 * Several files become one stream by time. Where the script prints or resets aggregations at a timer, at BEGIN or END,
 * and where a live report printed, the files wait for each other: it is done once, for the sum of all.
 */
#ifndef CEPHTAP_RECORDING_REPLAY_H
#define CEPHTAP_RECORDING_REPLAY_H

#include <stdio.h>

#include "recording/parts.h"
#include "report/report.h"

struct replay;

struct replay_input {
	const char *name;
	FILE *file;
};

/* NULL: one of them cannot be read, or they do not go together; a sentence in *why. The files stay the caller's. */
struct replay *replay_open(const struct replay_input *inputs, unsigned inputs_len, struct buf *why);
void replay_free(struct replay *replay);

struct replay_config {
	const struct report_ops *ops;
	void *report_data; /* report->data at first */
	struct ctf *ctf;   /* report->ctf */
	FILE *out, *err;
	const char *out_name, *path; /* those of struct report */
	bool has_rows;		     /* report->has_rows */
	/* As in struct tracer_config: probes fire from now on; where the live report printed, and at the end. NULL:
	 * none. */
	void (*on_start)(const struct report *report, void *data);
	int (*interval)(struct report *report, bool is_last, void *data);
	void *data;
};

/* 0, or the negative errno of output that failed. What there is to say of the files is appended to *said, in lines,
 * shown already. */
int replay_run(struct replay *replay, const struct replay_config *config, struct buf *said);
bool replay_has_failed(const struct replay *replay); /* report->has_failed, afterwards */

/* What file number `file` says of itself. */
const struct recorded_host *replay_host(const struct replay *replay, unsigned file);
const struct schema *replay_schema(const struct replay *replay, unsigned file);
/* Of the first file; a number is the sum of those of all files. */
uint64_t replay_fact(const struct replay *replay, const char *name, uint64_t otherwise);
uint64_t replay_fact_sum(const struct replay *replay, const char *name);

#endif
