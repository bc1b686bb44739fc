/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/csv.h"

#include <stdbool.h>

void csv_open(struct csv *csv, char *text, size_t size)
{
	*csv = (struct csv){.at = text, .end = text + size, .next_line = 1};
}

static void skip_empty_lines(struct csv *csv)
{
	for (; csv->at < csv->end && (*csv->at == '\n' || (*csv->at == '\r' && csv->at[1] == '\n')); csv->at++)
		csv->next_line += *csv->at == '\n';
}

/* The field behind an opening quote, taken together at its beginning; NULL: the text ends before the quote does. */
static char *take_quoted(struct csv *csv)
{
	char *to = csv->at;

	for (; csv->at < csv->end; csv->at++) {
		if (*csv->at == '"' && csv->at[1] != '"') {
			csv->at++;
			return to;
		}
		if (*csv->at == '"')
			csv->at++;
		csv->next_line += *csv->at == '\n';
		*to++ = *csv->at;
	}
	return NULL;
}

static void take_plain(struct csv *csv)
{
	while (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n')
		csv->at++;
}

static void cut(char *field, char *end)
{
	if (end > field && end[-1] == '\r')
		end--;
	*end = '\0';
}

/* One field and what ends it: ',', '\n' or 0 for the text's end; -1: `wrong` is a sentence. */
static int take_field(struct csv *csv, char **field, const char **wrong)
{
	char *end;
	int mark;

	*field = csv->at;
	if (csv->at < csv->end && *csv->at == '"') {
		*field = ++csv->at;
		end = take_quoted(csv);
		if (!end)
			return *wrong = "a quote that nothing closes", -1;
		if (*csv->at == '\r')
			csv->at++;
		if (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n')
			return *wrong = "behind a closing quote, a comma or the line's end was expected", -1;
	} else {
		take_plain(csv);
		end = csv->at;
	}
	mark = csv->at < csv->end ? (unsigned char)*csv->at : 0;
	csv->next_line += mark == '\n';
	if (mark == ',')
		*end = '\0';
	else
		cut(*field, end);
	csv->at += csv->at < csv->end;
	return mark;
}

int csv_row(struct csv *csv, char **fields, unsigned max, const char **wrong)
{
	int mark = ',', len = 0;
	char *field;

	skip_empty_lines(csv);
	csv->line = csv->next_line;
	if (csv->at >= csv->end)
		return 0;
	while (mark == ',') {
		mark = take_field(csv, &field, wrong);
		if (mark < 0)
			return -1;
		if ((unsigned)len < max)
			fields[len] = field;
		len++;
	}
	return len;
}
