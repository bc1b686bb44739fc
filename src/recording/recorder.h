/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a recording while a script runs: what the reader of records is given, in the order in which it is given, so
 * that another reader can be given the same later. In: records, snapshots of aggregations (it stands between the reader
 * and their source), losses, the moments at which a live report prints; of the report what it is given besides: its
 * schema, stacks, symbols, facts, and report->now, which is the time of all that is written. Out: a file that is whole
 * up to at most a second ago.
 */
#ifndef CEPHTAP_RECORDING_RECORDER_H
#define CEPHTAP_RECORDING_RECORDER_H

#include "record/record.h"
#include "report/report.h"

struct recorder;

struct recorder_config {
	int fd;			 /* of an empty file; the recorder closes it */
	struct write_file *file; /* the same, to be published before the first byte is written; NULL: it has its name */
	const char *report;	 /* "osd"; "" for a script */
	struct facts facts;	 /* what the report must know of its command line */
};

struct recorder *recorder_new(const struct recorder_config *config, const struct report *report);
void recorder_free(struct recorder *recorder);
/* The source that the reader is to read, which hands on what `inner` gives. */
struct agg_source recorder_source(struct recorder *recorder, struct agg_source inner);

/*
 * These return 0 or the negative errno of the first write that failed; nothing more is written then, and what is there
 * can be read.
 */
int recorder_start(struct recorder *recorder);					 /* probes fire from now on */
int recorder_record(struct recorder *recorder, const void *record, size_t size); /* after the reader has taken it */
int recorder_drop(struct recorder *recorder, enum drop_cause cause, uint64_t count);
int recorder_say(struct recorder *recorder, const char *text);	/* what the report misses */
int recorder_interval(struct recorder *recorder, bool is_last); /* after the report has printed */
/* To be called often: writes what is due, looks at aggregations once a second. */
int recorder_step(struct recorder *recorder);
int recorder_end(struct recorder *recorder, int exit_status);

struct recorder_counts {
	uint64_t records, bytes;
};
struct recorder_counts recorder_counts(const struct recorder *recorder);

#endif
