/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of `report op`: ops from end to end. In: the lines of scripts/op.d, one for each step of any op. Out: for one op, or for
 * the slowest ones, its steps in order on all daemons of this host, joined by the op's key: client and tid.
 */
#ifndef CEPHTAP_VIEWS_OP_H
#define CEPHTAP_VIEWS_OP_H

#include "report/formats.h"

struct op_view {
	enum report_form form; /* FORM_TEXT or FORM_JSON */
	bool has_client, has_tid; /* only ops of this client, with this tid */
	uint64_t client, tid;
	uint64_t slowest_asked; /* so many of those that took longest */
	const char *chrome; /* the file for Chrome's trace events of the same ops; NULL: none is wanted */
	FILE *html;	  /* a time line of the same ops; NULL: none is wanted */
	struct op_store *store; /* its own: op_begin() makes it, op_free() ends it */
};

/* report->data is a struct op_view. */
extern const struct report_ops report_op;

/* tracer_config::interval; prints at the end. `data` is a struct op_view. */
int op_print(struct report *report, bool is_last, void *data);
void op_begin(struct op_view *view);
void op_free(struct op_view *view);

/* For layouts of their own: a step as a sentence; the first `len` ops as Chrome's trace events, into view->chrome. */
struct op_step;
void op_say_step(const struct op_step *step, struct buf *out);
int op_chrome(struct report *report, const struct op_view *view, unsigned len);

#endif
