/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ready-made reports: live, recorded, and made from recordings. */
#ifndef CEPHTAP_CMD_REPORT_H
#define CEPHTAP_CMD_REPORT_H

#include "cmd/record.h"
#include "views/offcpu.h"
#include "views/op.h"
#include "views/profile.h"
#include "views/sched.h"
#include "views/stages.h"

/* What $1 of a report's script is. */
enum first_arg { ARG_NONE, ARG_INTERVAL, ARG_OVER, ARG_HZ };

struct report_kind {
	const char *name, *script, *doc;
	int (*print)(struct report *report, bool is_last, void *data); /* lays its aggregations out; NULL: the script prints */
	enum first_arg arg;
	unsigned forms; /* a bit 1 << enum report_form for each; 0: all, as of any script */
};

/* What the layouts of reports are told, and what they keep from one interval to the next. */
struct report_views {
	struct stages_options layout;
	struct profile_options profile;
	struct op_view op;
	struct sched_view sched;
	struct offcpu_view offcpu;
};

/* The one that goes with the kind's `print`. */
void *report_view(const struct report_kind *kind, struct report_views *views);
/* Probes fire from now on. */
void report_views_start(struct report_views *views, const struct report *report);

const struct report_kind *report_kind_find(const char *name); /* NULL: there is none */

/* Options that live reports and replays share. */
bool report_take_by(const char *text, enum profile_by *by, struct buf *why);
bool report_read_before(struct arena *arena, const char *path, const char **text, struct buf *why);

/* cephtap report, into a recording. `argv` as for cmd_report() and cmd_report_calls(). */
int cmd_report_record(int argc, char **argv, struct record_request *record);
int cmd_calls_record(int argc, char **argv, struct record_request *record);

#endif
