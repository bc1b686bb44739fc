/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports: what a person or a program reads. The reader of records calls these operations; each output format is one table
 * of them. `drop` is mandatory, so that no format hides loss.
 */
#ifndef CEPHTAP_REPORT_REPORT_H
#define CEPHTAP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ebpf/image.h"
#include "record/record.h"

struct report;

struct report_ops {
	const char *name; /* "text", "json" */
	const char *doc;
	int (*begin)(struct report *report); /* text: the heading, unless quiet */
	/* A clause fired and recorded something, or prints the default line. Actions follow, then event_end. */
	int (*event_begin)(struct report *report, const struct record_layout *layout, const struct probe *probe,
			   const struct record_head *head);
	int (*event_end)(struct report *report);
	/* trace() and the like: one value of a record. */
	int (*value)(struct report *report, const struct field *field, const void *data);
	/* printf(), printa() with a format: text that is already formatted. `source` is the action. */
	int (*text)(struct report *report, const struct record_action *action, const char *text, size_t size);
	/* An aggregation as a table, sorted; several of the same keys side by side. */
	int (*table)(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len);
	int (*error)(struct report *report, const struct record_error *error, const struct probe *probe, struct loc loc);
	/* count events were lost by this cause since the last call. Goes to stderr in text. */
	int (*drop)(struct report *report, enum drop_cause cause, uint64_t count);
	int (*end)(struct report *report);
};

struct report {
	const struct report_ops *ops;
	const struct image *image;
	struct reader *reader;
	FILE *out;   /* where the report goes; written in whole events, flushed at the end of each batch */
	FILE *err;
	void *data;  /* the format's own */
};

extern const struct report_ops report_text, report_json;

/* "12 records were lost: the ring buffer was full; give -x bufsize=16m or record less" */
void drop_sentence(enum drop_cause cause, uint64_t count, struct buf *out);

/*
 * D's printf. `format_check` parses once and says what is wrong (tags D_PRINTF_*); `format_print` prints recorded fields.
 */
struct format;
struct format *format_parse(struct arena *arena, const char *text, size_t size, struct loc loc, struct diags *diags);
/* The conversions that take an argument, in order: for checking arguments one by one ('*' counts as one of type int). */
unsigned format_args_len(const struct format *format);
/* Does the argument's type fit conversion i? Otherwise a diagnostic (D_PRINTF_ARG_TYPE) at `loc`. */
bool format_check_arg(const struct format *format, unsigned i, const struct type *type, bool is_agg, const char *func_name,
		      struct loc loc, struct diags *diags);
void format_print(const struct format *format, const struct field *fields, unsigned fields_len, const void *record,
		  struct buf *out);
/* printa: keys from `row`, %@ conversions from the aggregations' values. */
void format_print_agg(const struct format *format, const struct agg_layout *const *aggs, const struct agg_row *rows,
		      const uint64_t *normals, unsigned aggs_len, struct buf *out);

#endif
