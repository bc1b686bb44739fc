/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model of `cephtap top`: tables of one interval. In: what was counted in it, piece by piece between top_begin()
 * and top_end(). Out: rows with rates and means, sorted. Pure: neither a terminal nor the kernel is known here. The
 * rows of an interval stay until the next begins; how each table is sorted stays for good, and OSDs that were seen once
 * keep their row.
 */
#ifndef CEPHTAP_TOP_TOP_H
#define CEPHTAP_TOP_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "report/report.h"

/* The OSDs, and the panels that are shown below them in turn. */
enum top_view { TOP_OSDS, TOP_STAGES, TOP_OBJECTS, TOP_CLIENTS, TOP_SLOW, TOP_VIEWS };

enum top_unit {
	TOP_TEXT,   /* to the left, sorted from the smallest; all others to the right, from the largest */
	TOP_NUMBER, /* a rate or a mean number */
	TOP_COUNT,
	TOP_MEGA, /* bytes each second, shown in 10^6 */
	TOP_SIZE, /* bytes */
	TOP_TIME, /* ns */
};

struct top_column {
	const char *name;
	enum top_unit unit;
	unsigned width; /* with the blank that parts it from the column before; 0: what is left of the line */
	bool is_extra;	/* only in windows with room for it */
};

struct top_cell {
	const char *text; /* as it is: the page shows it */
	double number;
	double count; /* how much is in it; 0: nothing, it is shown as "-" and sorted last */
};

struct top_row {
	struct top_cell cells[0]; /* as many as its table has columns */
};

struct top_table {
	const char *title;
	const struct top_column *columns;
	unsigned columns_len;
	const struct top_row *const *rows; /* sorted */
	unsigned rows_len;
	unsigned sort; /* the column */
	bool is_reversed;
};

struct top_summary {
	unsigned osds;
	double seconds;			  /* how long the interval was; 0: there was none yet */
	double ops, reads, writes, bytes; /* of clients, each second */
	double slow_floor_ns;		  /* ops that took longer than this are in TOP_SLOW, all of them */
	uint64_t lost;			  /* events since the beginning */
};

struct top_model;
struct top_model *top_new(void);
void top_free(struct top_model *model);

void top_begin(struct top_model *model);
void top_end(struct top_model *model, double seconds);

/* An OSD that is there, whether it has ops or not. */
void top_add_osd(struct top_model *model, const char *daemon);
/* `count` ops of a class ("read", "write", "replica") went through a stage ("0 whole", "2 queue"), in `ns` together. */
void top_add_stage(struct top_model *model, const char *daemon, const char *class, const char *stage, double count,
		   double ns);
void top_add_bytes(struct top_model *model, const char *daemon, const char *class, double bytes);
void top_add_p99(struct top_model *model, const char *daemon, double ns);
void top_add_client(struct top_model *model, int64_t client, const char *class, double count, double ns);
void top_add_client_bytes(struct top_model *model, int64_t client, const char *class, double bytes);
void top_add_object(struct top_model *model, int64_t pool, const char *name, const char *class, double count,
		    double bytes);

/* Times of the stages from receive to replicas; -1: not known. */
enum top_slow_stage {
	TOP_SLOW_RECEIVE,
	TOP_SLOW_QUEUE,
	TOP_SLOW_PREPARE,
	TOP_SLOW_EXECUTE,
	TOP_SLOW_STORE,
	TOP_SLOW_REPLICAS,
	TOP_SLOW_STAGES
};
struct top_slow_op {
	const char *daemon, *class, *object;
	int64_t client, tid, stages[TOP_SLOW_STAGES];
	int64_t peer; /* the OSD that was waited for; -1: none */
	double ns;
};
void top_add_slow(struct top_model *model, const struct top_slow_op *op);
void top_add_slow_floor(struct top_model *model, double ns);
void top_add_lost(struct top_model *model, uint64_t count);

struct top_table top_table(const struct top_model *model, enum top_view view);
struct top_summary top_summary(const struct top_model *model);

/* The column that many further on, round about. */
void top_sort_step(struct top_model *model, enum top_view view, int step);
void top_sort_reverse(struct top_model *model, enum top_view view);

/* Fills a model from the aggregations of scripts/top.d, and starts these anew; NULL: only starts them anew. */
int top_read(struct top_model *model, struct report *report, double seconds);

#endif
