/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small pictures of text, for terminals: a line of bars, a heat map. Without UTF-8 they are made of ASCII. */
#ifndef CEPHTAP_REPORT_SPARK_H
#define CEPHTAP_REPORT_SPARK_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/shown.h"
#include "report/heat.h"

struct spark_style {
	bool utf8, colour;
	unsigned width; /* characters in a line */
};

/*
 * What `out` can show: UTF-8 as the environment's locale says; colours when it is a terminal and NO_COLOR is unset or
 * empty (no-color.org); the terminal's width, else $COLUMNS, else 80.
 */
struct spark_style spark_style_of(FILE *out);

/* A character for each value, its height from 0 to the largest one; what is 0 or no number is a blank. No line break.
 */
void spark_line(struct shown *out, const struct spark_style *style, const double *values, unsigned len);
/* A line for each bucket, the highest first, then the axis of time and what the darkest shade means. */
void spark_heat(struct shown *out, const struct spark_style *style, const struct heat *heat, bool is_ns);
/* How many columns of a heat map fit the style's width. */
unsigned spark_heat_columns(const struct spark_style *style);

#endif
