/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comma-separated values (RFC 4180): fields may stand in "quotes", in which "" is a quote and commas and line breaks
 * are text. Rows are read in place, so the text is changed. Lines without anything are left out. Fields are written by
 * SHOWN_CSV.
 */
#ifndef CEPHTAP_LIB_CSV_H
#define CEPHTAP_LIB_CSV_H

#include <stddef.h>

struct csv {
	char *at, *end;
	unsigned line; /* of the row that was read last: 1 for the first */
	unsigned next_line;
};

/* `text` has a NUL at `size`, as file_read leaves it. */
void csv_open(struct csv *csv, char *text, size_t size);
/* The number of fields, of which `fields` gets the first `max`; 0 at the end; -1: `wrong` is a sentence. */
int csv_row(struct csv *csv, char **fields, unsigned max, const char **wrong);

#endif
