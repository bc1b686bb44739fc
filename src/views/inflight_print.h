/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CEPHTAP_VIEWS_INFLIGHT_PRINT_H
#define CEPHTAP_VIEWS_INFLIGHT_PRINT_H

#include "views/inflight.h"
#include "views/view.h"

enum { INFLIGHT_OVER, INFLIGHT_MOST, INFLIGHT_OPTIONS };

struct inflight {
	struct flights *flights;
	int64_t begin_ns; /* when the tracing began */
	uint64_t lost;	  /* records */
};

/* A table of now, and an op that no OSD has any more is forgotten. */
void inflight_print(struct view *view, struct report *report, bool is_last);

#endif
