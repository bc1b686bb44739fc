/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of a printa() with a format. */
#ifndef CEPHTAP_FUNC_ROWS_H
#define CEPHTAP_FUNC_ROWS_H

struct report;
struct format;

/* Appends them to report->text. */
void rows_print(struct report *report, const struct format *format, const unsigned *aggs, unsigned aggs_len);

#endif
