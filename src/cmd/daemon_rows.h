/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be traced of each of Ceph's processes on this host, those in containers included, on what evidence, and what
 * to do for the rest: for `cephtap list --daemons` and `doctor`. All names in it may be anybody's.
 */
#ifndef CEPHTAP_CMD_DAEMON_ROWS_H
#define CEPHTAP_CMD_DAEMON_ROWS_H

#include "ceph/daemons.h"
#include "ceph/packaging.h"

/* How many markers stand on the same evidence. */
struct evidence_row {
	const char *text; /* "from debug information of this build" */
	unsigned markers;
};

struct daemon_row {
	const struct daemon *daemon;
	const char *program; /* as it sees it; for clients of a library, the library; NULL: it cannot be looked at */
	const char *build_id, *release; /* NULL: not known */
	const char *why;		/* of the first marker that cannot be used; NULL: there is none */
	const char *partly_why;		/* of the first argument that cannot be had */
	const char *advice;		/* NULL: nothing to do */
	struct packaging packaging;
	bool has_card;	/* one of this very build: what is missing the build does not have */
	bool has_debug; /* its debug information is here */
	unsigned markers, usable, partly;
	struct evidence_row *evidence; /* the most frequent first */
	unsigned evidence_len;
};

struct daemon_rows {
	struct daemon_row *rows;
	unsigned len;
	unsigned more_clients;	/* that were not looked at: anybody may start thousands */
	struct daemon *daemons; /* all, those in doubt too */
	unsigned daemons_len;
};

void daemon_rows_find(struct arena *arena, struct daemon_rows *out);
/* Whatever is true of its markers: "97 of 97 markers", "96 of 97 markers, 3 without some arguments". */
const char *daemon_row_count(struct arena *arena, const struct daemon_row *row);

/* `cephtap list --daemons` */
int list_daemons(bool is_json);

#endif
