/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chrome's trace events, as Perfetto and chrome://tracing read them. In: spans of threads, arrows between them. Out:
 * one JSON object. A thread's track may hold spans inside one another, but none that cross: those that would get a
 * track beside it.
 */
#ifndef CEPHTAP_REPORT_CHROME_H
#define CEPHTAP_REPORT_CHROME_H

#include <json-c/json.h>
#include <stdint.h>

#include "lib/shown.h"

struct chrome;

struct chrome_span {
	const char *process, *thread; /* names */
	int32_t pid, tid;
	int64_t begin_ns, end_ns; /* wall time */
	const char *name;
	struct json_object *args; /* becomes chrome's; NULL: none */
};

struct chrome *chrome_new(void);
/* A number for chrome_arrow(). */
unsigned chrome_add(struct chrome *chrome, const struct chrome_span *span);
/* From the begin of one span to the begin of another one. */
void chrome_arrow(struct chrome *chrome, const char *name, unsigned from, unsigned to);
/* Appends the whole file to `out` and frees. */
void chrome_end(struct chrome *chrome, struct shown *out);

#endif
