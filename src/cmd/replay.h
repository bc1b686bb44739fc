/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports from recordings: cephtap replay FILE..., cephtap report NAME FILE... */
#ifndef CEPHTAP_CMD_REPLAY_H
#define CEPHTAP_CMD_REPLAY_H

#include "cmd/report.h"
#include "report/formats.h"

struct replay_request {
	const char *command; /* what messages begin with */
	const char *report;  /* the recordings must be of this one; NULL: of any, or of a script */
	char **paths;
	unsigned paths_len;
	struct report_views views;
	enum report_form form;
	const char *output; /* the report goes to this file; NULL: to stdout */
	const char *ctf;    /* and its records to this folder; NULL: they do not */
	bool has_by, has_slowest; /* it was asked for; else it is as recorded */
};

/* The exit status; what went wrong was said on stderr. */
int replay_report(struct replay_request *request);

#endif
