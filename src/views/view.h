/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports: `cephtap report NAME`. Each is a script, and one row of the table in views.c; what a script cannot lay out
 * is a view, a file of this folder. In: what the user asked for, as values of the options that the row lists; a
 * script's aggregations, or its records. Out: tables, or the same as JSON, CSV or OpenMetrics; a picture.
 *
 * A recording keeps the options' values as facts, so that its report is made as it would have been live.
 */
#ifndef CEPHTAP_VIEWS_VIEW_H
#define CEPHTAP_VIEWS_VIEW_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "report/formats.h"
#include "views/tables.h"

enum view_kind {
	VIEW_FLAG,
	VIEW_NUMBER,
	VIEW_TIME, /* "20ms": the number is ns */
	VIEW_WORD, /* one of `words`: the number is its index */
	VIEW_TEXT,
	VIEW_CONTENT, /* the name of a file that is read: the text is what it holds */
	VIEW_FILE,    /* the name of a file that is written at the end */
};

struct view_option {
	char letter; /* 0: it has none */
	const char *name, *arg,
		*help; /* name: of one letter if it has no long one; arg: as in "--hz N"; NULL for a flag */
	enum view_kind kind;
	uint64_t least, most, otherwise; /* of a number; `otherwise`: unless it is given */
	const char *of;			 /* "samples per second": what is counted; NULL: numbers as they are */
	const char *const *words;	 /* ended by NULL */
	const char *sets;		 /* this option of the script; "": the text is NAME[=VALUE], any of them */
	bool is_form;			 /* a form as --json is one: they exclude each other */
	bool is_argument;		 /* $1 of the script is its number */
	bool is_gathered; /* says what is gathered, not how it is shown: it has no meaning for a recording */
};

struct view_value {
	bool is_given;
	uint64_t number;
	const char *text; /* NULL unless it is given */
};

enum view_needs {
	VIEW_INTERVAL = 1,  /* $1 of the script is the seconds between its tables */
	VIEW_LOOKS = 2,	    /* interval() is to be called each second even if there is one table, at the end: a picture
			       shows time */
	VIEW_HOST_LOAD = 4, /* facts of the host: views/sched.h */
	VIEW_TELLS_START = 8,	 /* with -v it is said when the tracing begins, for programs that wait for it */
	VIEW_PROCESSES = 16,	 /* it is about chosen processes only */
	VIEW_ONE_HOST = 32,	 /* records of several hosts cannot be told apart: one recording at a time */
	VIEW_NAMES_REFUSED = 64, /* it says itself which probes could not be attached */
	VIEW_HOST_OPS = 128,	 /* what OSDs tell of their ops in flight: views/inflight.h */
	VIEW_LINES = 256,	 /* it prints lines as they come: an interval is for OpenMetrics alone */
};

#define VIEW_FORM(name) (1u << FORM_##name)

struct view;

struct view_ops {
	const char *name, *doc;
	const char *script; /* NULL: it depends on the options, and cmd/ makes it */
	const struct view_option *options;
	unsigned options_len;
	unsigned forms;			 /* a bit VIEW_FORM() for each; 0: all, as of any script */
	unsigned needs;			 /* bits of enum view_needs */
	const struct view_table *tables; /* what the script prints, for programs; ended by one without a name; NULL: as
					    of any script */
	const char *picture;		 /* what --html FILE makes, as a sentence for its help; NULL: there is none */
	size_t size;			 /* of view->own */
	/* A second script that the values ask for; NULL: none. */
	const char *(*more)(const struct view *view);
	/*
	 * Whether the values make sense together, and with a recording's, which are `facts`; NULL: it is live. False: a
	 * sentence; of a recording, one that continues its name. NULL: they always do.
	 */
	bool (*check)(const struct view *view, const struct facts *facts, struct buf *why);
	/* Probes fire from now on. NULL: nothing is to be done. */
	void (*begin)(struct view *view, const struct report *report);
	/* A record that the script sent. NULL: the view reads aggregations. */
	int (*event)(struct view *view, const struct record_layout *layout, const struct schema_probe *probe,
		     const struct record_head *head);
	/* Records were lost. NULL: it is said as in text. */
	void (*lost)(struct view *view, uint64_t count);
	/* view->interval seconds are over; also of a view that reads records. NULL: there is one table, at the end. */
	int (*interval)(struct view *view, struct report *report);
	/* The end; what came since the last interval is reported. NULL: there is no view, the script prints. */
	int (*end)(struct view *view, struct report *report);
	void (*free)(struct view *view); /* what `own` holds beside the arena; NULL: nothing */
};

struct view {
	const struct view_ops *ops;
	struct arena *arena;
	struct view_value *values; /* of ops->options, in their order */
	void *own;		   /* ops->size bytes, zero at first */
	struct report_ops
		records; /* how they reach the view: for a report whose data is the view, if it has ops->end */
	enum report_form form;
	unsigned interval;		/* seconds that a table is of; 0: there is one, at the end */
	unsigned processors;		/* of the hosts that it is of */
	struct report *report;		/* while a record is taken */
	struct tables_metrics *metrics; /* of ops->tables, as OpenMetrics */
	bool is_on_terminal;		/* live: each table takes the place of the one before */
	FILE *picture;			/* where its page of HTML goes; NULL: none is wanted */
};

/* The table; ended by NULL. */
extern const struct view_ops *const views[];
const struct view_ops *view_find(const char *name); /* NULL: there is none */

struct view *view_new(const struct view_ops *ops, struct arena *arena);
void view_free(struct view *view); /* NULL is allowed; the arena stays */
/* The value of the option of this name; one that is not given if the view does not have it. */
const struct view_value *view_value(const struct view *view, const char *name);

/*
 * Takes an option. 1: it was taken; 0: the view does not have it; -1: the value is wrong, a sentence in *why that
 * begins with `written`, the option as it was written ("-x", "--hz").
 */
int view_take(struct view *view, const char *name, const char *written, const char *text, struct buf *why);
/* The values as facts for a recording, and back: what was given stays as it was given. */
struct facts view_facts(const struct view *view);
void view_take_facts(struct view *view, const struct facts *facts);

/*
 * Who reads what the script gathers: the view, its tables, or the format that is asked for. *data is what the
 * operations have as their own.
 */
const struct report_ops *view_reader(struct view *view, void **data);
bool view_reads_records(const struct view *view);
/* Is it called for each table, by view_tables()? One that reads records prints its last table when all have come. */
bool view_has_tables(const struct view *view);
int view_tables(struct view *view, struct report *report, bool is_last);

/* For views: "2026-11-25 22:10:02, the last 5.0 s"; on a terminal the table before is wiped away. */
void view_heading(const struct view *view, struct report *report, double elapsed_ns, bool is_last);

#endif
