/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `cephtap top` shows, as lines of text: for the screen and for --once. In: the model, how it is looked at, the
 * size of the window. Out: at most that many lines of at most that many columns, in UTF-8 and harmless to a terminal,
 * each with what it is. Pure.
 */
#ifndef CEPHTAP_TOP_TOP_PAGE_H
#define CEPHTAP_TOP_TOP_PAGE_H

#include "lib/arena.h"
#include "top/top.h"

enum { TOP_WIDTH_MIN = 80, TOP_HEIGHT_MIN = 16 };

struct top_look {
	enum top_view panel; /* the lower one */
	double interval;     /* seconds */
	unsigned first;	     /* the OSD at the top of their table */
	bool is_paused, is_help;
	bool has_keys;	     /* someone can press keys: say which */
	const char *time;    /* of day, when the interval ended */
	const char *message; /* the newest warning; "" or NULL: none */
	unsigned width, height;
};

enum top_line_kind { TOP_LINE_PLAIN, TOP_LINE_TITLE, TOP_LINE_HEADING, TOP_LINE_WARNING, TOP_LINE_KEYS };

struct top_line {
	enum top_line_kind kind;
	const char *text;
};

struct top_page {
	struct arena *arena;
	struct top_line *lines;
	unsigned lines_len;
	unsigned osds_shown; /* rows of their table that there was room for */
};

void top_page_make(struct arena *arena, const struct top_model *model, const struct top_look *look,
		   struct top_page *page);

#endif
