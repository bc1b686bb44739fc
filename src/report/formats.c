/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/formats.h"

#include "lib/write.h"

#include "lib/shown.h"

const struct report_format report_formats[FORMS] = {
	[FORM_TEXT] = {"text", NULL, "for people", &report_text, false},
	[FORM_JSON] = {"json", NULL, "one JSON object a line", &report_json, false},
	[FORM_OPENMETRICS] = {"openmetrics", NULL,
			      "aggregations as OpenMetrics, for Prometheus; -o FILE is replaced as a whole",
			      &report_openmetrics, true},
	[FORM_CSV] = {"csv", NULL, "aggregations as comma-separated values (RFC 4180) with a header", &report_csv,
		      false},
};

FILE *formats_open(enum report_form form, const char *output, const char **path, struct buf *why)
{
	bool replaces = report_formats[form].replaces;

	*path = replaces ? output : NULL;
	if (!replaces)
		return write_stream(output, why);
	return write_check(output, WRITE_OFTEN, why) ? NULL : stdout;
}
