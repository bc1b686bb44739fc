/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What layouts of aggregations share: to find them by their names, and to read keys and values. */
#ifndef CEPHTAP_REPORT_ROWS_H
#define CEPHTAP_REPORT_ROWS_H

#include "report/report.h"
#include "report/stack.h"

enum { ROWS_NONE = ~0u };

/* ROWS_NONE: the script has no such aggregation. */
unsigned rows_find(const struct report *report, const char *name);
/* Keys and words of values that an aggregation does not have are empty, NULL, 0. */
const char *rows_text(const struct report *report, struct arena *arena, unsigned agg, const struct agg_row *row,
		      unsigned key);
const struct stack *rows_stack(const struct report *report, unsigned agg, const struct agg_row *row, unsigned key);
uint64_t rows_word(const struct report *report, unsigned agg, const struct agg_row *row, unsigned word);
double rows_number(const struct report *report, unsigned agg, const struct agg_row *row);
/*
 * Aggregations of these names side by side: rows[i * len] is the first one's row i, `aggs` are their numbers. NULL and
 * 0 rows: the script has not all of them.
 */
const struct agg_row *rows_join(const struct report *report, const char *const *names, unsigned len, unsigned *aggs,
				unsigned *rows_len);
/* The next interval begins: without the rows of this one, as processes end and theirs would stay for ever. */
void rows_restart(struct report *report);

#endif
