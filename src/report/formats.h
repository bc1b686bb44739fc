/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which formats a report can be written in: one row each, and the option that asks for it follows (cmd/option.h). Out:
 * the operations for any script's records and aggregations; reports of their own look at `form` alone.
 */
#ifndef CEPHTAP_REPORT_FORMATS_H
#define CEPHTAP_REPORT_FORMATS_H

#include "report/report.h"

enum report_form { FORM_TEXT, FORM_JSON, FORM_OPENMETRICS, FORM_CSV, FORMS };

struct report_format {
	const char *name; /* of the option too: "json" is --json */
	const char *arg;  /* what the option wants, such as DIR; NULL: nothing */
	const char *doc;
	const struct report_ops *ops;
	bool replaces; /* -o FILE is written anew each time, and takes the old one's place when it is whole */
};

extern const struct report_format report_formats[FORMS];

/*
 * The stream for -o `output`; NULL: `why` is a sentence. A file that is replaced is not touched yet: `path` is its
 * name, for struct report, and the stream is stdout. That its new one can be made is known at once.
 */
FILE *formats_open(enum report_form form, const char *output, const char **path, struct buf *why);

#endif
