/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report with the options that were given: live, while it is recorded, and of a recording. In: the options, as the
 * loop gave them. Out: the view with their values, files read that are to be read, and names proved that are to be
 * written.
 */
#ifndef CEPHTAP_CMD_VIEW_SETUP_H
#define CEPHTAP_CMD_VIEW_SETUP_H

#include "cmd/option.h"

struct options;

struct given_option {
	const struct cmd_option *option;
	const char *text;
};

struct given_options {
	struct given_option *list;
	unsigned len;
};

struct view_setup {
	struct view *view;
	struct options *options; /* of the script, which some of the report's set; NULL: it is there already */
	const char *html;	 /* --html; NULL: no picture is wanted */
	char *picture;		 /* in memory until it is whole */
	size_t picture_size;
};

/* Takes what is the report's own, --html among it, and leaves the rest; refuses what the report does not have.
 * view->form is set. */
enum outcome view_setup(struct view_setup *setup, const struct given_options *given, struct buf *why);
/* Writes the picture, if there is one. False: a sentence. Call it also after a failure. */
bool view_finish(struct view_setup *setup, struct buf *why);

#endif
