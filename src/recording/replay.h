/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report again, from one or more recordings of the same script. In: files. Out: calls of a report's operations, as live. Needs
 * nothing of the host: no privilege, no types, no symbols.
 *
 * Several files become one stream by time. Where the script prints or resets aggregations at a timer, at BEGIN or END, and where a
 * live report printed, the files wait for each other: it is done once, for the sum of all.
 */
#ifndef CEPHTAP_RECORDING_REPLAY_H
#define CEPHTAP_RECORDING_REPLAY_H

#include <stdio.h>

#include "recording/schema.h"
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
	FILE *out, *err;
	bool has_rows; /* report->has_rows */
	/* As tracer_config::interval: where the live report printed, and at the end. NULL: none. */
	int (*interval)(struct report *report, bool is_last, void *data);
	void *data;
};

/* 0, or the negative errno of output that failed. What there is to say of the files is appended to *said, in lines, shown already. */
int replay_run(struct replay *replay, const struct replay_config *config, struct buf *said);

/* What file number `file` says of itself. */
struct replay_about {
	const char *name, *version, *host, *report;
	uint64_t start_ns; /* wall time */
	const struct schema *schema;
};
struct replay_about replay_about(const struct replay *replay, unsigned file);
/* When probes began to fire, in the first of them. Known once it runs. */
uint64_t replay_began(const struct replay *replay);
/* A number that the recorder noted by this name; `otherwise`: it did not. */
uint64_t replay_note(const struct replay *replay, unsigned file, const char *name, uint64_t otherwise);

#endif
