/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A script at work: from loaded programs to the end of the report. In: a pipeline that ran to its end, and a report.
 * Out: the exit status. BEGIN, then whatever fires, then END when the script calls exit(), the time is over, the traced
 * processes are gone, a signal comes, or the output cannot be written. What was gathered is reported in every case.
 */
#ifndef CEPHTAP_RUN_TRACER_H
#define CEPHTAP_RUN_TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "run/target.h"
#include "run/pipeline.h"
#include "recording/recorder.h"
#include "report/report.h"

struct tracer_config {
	struct pipeline *pipeline;
	const struct report_ops *ops;
	void *report_data; /* report->data at first: for operations that have options; NULL: these have none */
	FILE *out;
	const char *out_name, *path; /* those of struct report */
	bool is_json;		     /* what is written are lines of JSON */
	bool has_rows;		     /* report->has_rows */
	bool is_bare;		     /* report->is_bare */
	const char *teller;	     /* report->teller */
	struct ctf *ctf;	     /* report->ctf */
	const char *name;	     /* what messages on stderr begin with: "cephtap" */
	struct target_list *targets; /* to be followed while they come and go; NULL: none */
	pid_t child;		     /* of -c: stopped, to be released once attached, or killed; 0: none */
	uint64_t seconds;	     /* stop after this long; 0: no limit */
	/* Called every interval_ns while it runs, if that is not 0, and once at the end: live reports. NULL: none. */
	uint64_t interval_ns;
	int (*interval)(struct report *report, bool is_last, void *data);
	/*
	 * Called in each round, that is at least every 100 ms: keys of a live view. Returns 0, 1 to end the run, or a
	 * negative errno. Once more with is_last when the run ends, before anything is taken down. NULL: none.
	 */
	int (*tick)(struct report *report, bool is_last, void *data);
	void *data;
	bool says_at_end;   /* which processes are left out: beside the numbers, not before them */
	bool names_refused; /* the report itself says which probes could not be attached: no warnings about them */
	const struct recorder_config *record; /* NULL: no recording is made. Its script is the pipeline's */
	bool awaits_markers; /* those of files that no process maps yet: the report must be one that can go over to
				another image */
	bool timing;	     /* print on stderr how long each step took */
	const struct pipeline_times *times;
	/* Everything is attached, probes fire from now on: report->now. NULL: none. */
	void (*on_start)(const struct report *report, void *data);
	/* What the report must know of the host, at the start and before each interval. NULL: nothing. */
	struct facts (*observe)(void *data);
};

int tracer_run(const struct tracer_config *config);

/* Names on stderr, each once, the processes that only look like Ceph's and that a report or script is not about. */
void tracer_say_left_out(const struct pipeline *pipeline, const char *name);

/* Signals that end a run (SIGINT, SIGTERM, SIGHUP unless ignored) are caught from here on; SIGPIPE is ignored. Call
 * early. */
void tracer_catch_signals(void);
bool tracer_was_interrupted(void);

#endif
