/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/formats.h"

#include "lib/write.h"

#include "lib/shown.h"

const struct report_format report_formats[FORMS] = {
	[FORM_TEXT] = {"text", NULL, "for people", &report_text, false},
	[FORM_JSON] = {"json", NULL, "one JSON object a line", &report_json, false},
	[FORM_OPENMETRICS] = {"openmetrics", NULL, "aggregations as OpenMetrics, for Prometheus; -o FILE is replaced as a whole",
			      &report_openmetrics, true},
	[FORM_CSV] = {"csv", NULL, "aggregations as comma-separated values (RFC 4180) with a header", &report_csv, false},
};

const struct option *formats_options(struct arena *arena, const struct option *own)
{
	struct option *all = NULL;
	unsigned len = 0;

	for (; own->name; own++)
		*arena_push(arena, all, len) = *own;
	for (int form = FORM_TEXT + 1; form < FORMS; form++)
		*arena_push(arena, all, len) = (struct option){report_formats[form].name,
							       report_formats[form].arg ? required_argument : no_argument, NULL,
							       FORMATS_OPTION + form};
	*arena_push(arena, all, len) = (struct option){0};
	return all;
}

int formats_take(int option, enum report_form *form, struct buf *why)
{
	int taken = option - FORMATS_OPTION;

	if (taken <= FORM_TEXT || taken >= FORMS)
		return 0;
	if (*form != FORM_TEXT && *form != (enum report_form)taken) {
		buf_printf(why, "--%s and --%s exclude each other", report_formats[*form].name, report_formats[taken].name);
		return -1;
	}
	*form = (enum report_form)taken;
	return 1;
}

FILE *formats_open(enum report_form form, const char *output, const char **path, struct buf *why)
{
	bool replaces = report_formats[form].replaces;

	*path = replaces ? output : NULL;
	if (!replaces)
		return write_stream(output, why);
	return write_check(output, WRITE_OFTEN, why) ? NULL : stdout;
}

void formats_help(FILE *out)
{
	for (int form = FORM_TEXT + 1; form < FORMS; form++) {
		const struct report_format *format = &report_formats[form];
		struct buf option = {0};

		buf_printf(&option, "--%s%s%s", format->name, format->arg ? " " : "", format->arg ? format->arg : "");
		say(out, "  %-16s %s\n", option.data, format->doc);
		buf_free(&option);
	}
}
