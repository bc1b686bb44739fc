/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports: what a person or a program reads. The reader of records calls these operations; each output format is one
 * table of them. `drop` is mandatory, so that no format hides loss.
 */
#ifndef CEPHTAP_REPORT_REPORT_H
#define CEPHTAP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/moment.h"
#include "lib/shown.h"
#include "record/record.h"
#include "report/fact.h"
#include "schema/format.h"
#include "schema/schema.h"

struct report;

struct report_ops {
	const char *name; /* "text", "json" */
	const char *doc;
	bool wants_tables; /* for programs: printa() with a format calls `table` after `text`: so that a program need
			      not parse the text */
	int (*begin)(struct report *report); /* text: the heading, unless quiet */
	/*
	 * A clause fired and recorded something, or prints the default line. Actions follow, then event_end. `head` is
	 * the start of the whole record and stays valid until event_end.
	 */
	int (*event_begin)(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
			   const struct record_head *head);
	int (*event_end)(struct report *report);
	/* trace() and the like: one value of a record. */
	int (*value)(struct report *report, const struct field *field, const void *data);
	/* printf(), printa() with a format: text that is already formatted. `source` is the action. */
	int (*text)(struct report *report, const struct record_action *action, const char *text, size_t size);
	/* An aggregation as a table, sorted; several of the same keys side by side. */
	int (*table)(struct report *report, struct reader *reader, const unsigned *aggs, unsigned aggs_len);
	/* Tables that are no part of an event, but of one moment (report_tables), are over. NULL: nothing is to be
	 * done. */
	int (*tables_end)(struct report *report);
	int (*error)(struct report *report, const struct record_error *error, const struct schema_probe *probe,
		     struct loc loc);
	/* Tracing is over: tables that no action has printed follow. NULL: nothing is to be done. */
	int (*over)(struct report *report);
	/* count events were lost by this cause since the last call. Goes to stderr in text. */
	int (*drop)(struct report *report, enum drop_cause cause, uint64_t count);
	int (*end)(struct report *report);
};

struct flow;
struct stack_source;
struct symbol_source;
struct ctf;

struct report {
	const struct report_ops *ops;
	const struct stack_source *stacks;   /* NULL: the script has none */
	const struct symbol_source *symbols; /* NULL: there are none */
	const struct schema *schema;
	struct schema_options *options; /* the schema's, which setopt() changes */
	struct reader *reader;
	FILE *out;	      /* where the report goes; written in whole events */
	FILE *first_out;      /* where it went before freopen(); NULL: `out` is that */
	FILE *err;	      /* drops and errors of the text format */
	const char *out_name; /* of the file that `out` is: when it cannot be written, the rest goes to standard output;
				 NULL: no file */
	bool has_failed;  /* something could not be written where it was meant to be; it was said, and written elsewhere
			     if possible */
	const char *path; /* to be replaced as a whole by what is printed, instead of `out`; NULL: `out` it is */
	void *data;	  /* the format's own */
	struct moment now;	 /* when what is printed now was so: nothing here looks at a clock */
	const struct zone *zone; /* how local time is shown; NULL: as this host's */
	struct facts facts;	 /* what the command has observed, as of `now` */
	struct ctf *ctf;	 /* a trace that is written beside it; NULL: none */
	uint64_t left_out;	 /* what actions recorded and the format has no place for */
	bool has_heading;	 /* of a table whose columns are named once */
	const char *teller;	 /* what its messages begin with; NULL: "cephtap" */
	bool is_bare;		 /* text without the heading and the columns of processors and probes' numbers */
	bool is_seen;		 /* `out` is a terminal: what a script prints is shown, not printed as it is */
	bool has_rows; /* the script is a report of ours: what it prints are rows of tables, and a name keeps to its row
			*/
	bool is_over;  /* tracing is: what is printed is what was left */
	struct flow *flow;    /* how deep the functions are that print; NULL: nobody has asked yet */
	bool is_foreign;      /* the script is a recording's: nor may what it says itself do anything to a terminal */
	struct shown pending; /* whole events that were not written yet, and the one that is being made */
	struct shown text;    /* room for actions to format in; freed by report_free() */
};

/*
 * Writes what is pending and flushes: to be called at the end of each batch of records. Returns 0 or a negative errno
 * (full disk, closed pipe). The operations call it themselves when much is pending, but only between events; `end`
 * calls it last.
 */
int report_flush(struct report *report);
/* What was printed goes where it was meant for; the rest behind what is in this file, "": where it went at first. */
int report_redirect(struct report *report, const char *path);
/* Empties the file that it goes to, when that is one. */
int report_cut(struct report *report);
/* Reads all aggregations and prints them: what --every does. Returns 0 or a negative errno. */
int report_tables(struct report *report);
/* After `end`: frees what the structure holds. */
void report_free(struct report *report);
/* report->now, in ns since 1970. */
uint64_t report_time_ns(const struct report *report);
/* "2026-11-25 22:10:02", local time. */
void report_date(const struct report *report, uint64_t wall_ns, struct shown *out);
/* "prov:mod:func:name" */
void report_probe_name(const struct schema_probe *probe, struct buf *out);

/* A line of JSON beside what the format itself writes. */
void report_put_json(struct report *report, struct json_object *line);
extern const struct report_ops report_text, report_json, report_openmetrics, report_csv;
/* Nothing is printed; what went wrong is said as in text. */
extern const struct report_ops report_nothing;

/* "12 records were lost: the ring buffer was full; give -x bufsize=16m or record less" */
void drop_sentence(enum drop_cause cause, uint64_t count, struct buf *out);
/* "12 drops", as the command dtrace says it. */
void drop_as_dtrace(enum drop_cause cause, uint64_t count, struct buf *out);
const char *drop_name(enum drop_cause cause); /* "record" */

/* D's printf: recorded fields by a parsed format. `report` is asked for stacks; NULL: there are none. */
void format_print(const struct report *report, const struct format *format, const struct field *fields,
		  unsigned fields_len, const void *record, struct shown *out);
/* How a value of an aggregation is shown: divided by `normal`, or, with a `whole`, as that part of it which the value
 * is of `total`. */
struct agg_scale {
	uint64_t normal, whole, total;
};

/*
 * printa: one row of each aggregation, all with the same key: keys come from rows[0], %@ conversions from the
 * aggregations in turn (from the only one, when there is one).
 */
void format_print_agg(const struct report *report, const struct format *format, const struct agg_layout *const *aggs,
		      const struct agg_row *rows, const struct agg_scale *scales, unsigned aggs_len, struct shown *out);

/* Of the numbers of a FIELD_SYMBOL that print the same, the one that stands for all. */
uint64_t report_symbol_same(const struct report *report, const struct field *field, uint64_t number);

/* How a text is shown that a script prints by %s or trace(), from the report's flags; NULL: as it is. */
enum shown_form report_value_form(const struct report *report);

/* The value of a FIELD_INT, extended by its sign to 64 bits. */
uint64_t field_int(const struct field *field, const void *data);
/* A FIELD_STRING's or FIELD_BYTES's text: up to the first NUL or the end of the field. */
size_t field_text_size(const struct field *field, const void *data);

#endif
