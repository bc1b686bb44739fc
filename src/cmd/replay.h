/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports from recordings: cephtap replay FILE..., cephtap report NAME FILE... */
#ifndef CEPHTAP_CMD_REPLAY_H
#define CEPHTAP_CMD_REPLAY_H

#include "cmd/view_setup.h"

struct replay_request {
	const char *command; /* what messages begin with */
	const char *report;  /* the recordings must be of this one; NULL: of any, or of a script */
	char **paths;
	unsigned paths_len;
	const struct given_options *given; /* those of reports are taken when it is known what was recorded */
	enum report_form form;
	const char *output; /* the report goes to this file; NULL: to stdout */
	const char *ctf;    /* and its records to this folder; NULL: they do not */
};

/* The exit status; what went wrong was said on stderr. */
int replay_report(struct replay_request *request);

#endif
