/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader's own state, for the files of src/record.
 */
#ifndef CEPHTAP_RECORD_READER_H
#define CEPHTAP_RECORD_READER_H

#include "record/aggtable.h"
#include "report/report.h"

struct reader_agg {
	struct agg_table *table;
	uint64_t normal;
	uint64_t whole; /* of share(); 0: values are shown themselves */
	uint64_t top;	/* of top(); 0: all rows are shown */
	bool is_printed;
	uint64_t snapshot_ns; /* when the last snapshot was taken; 0: never */
	bool is_shown;	      /* that snapshot was printed, by a record of probe `shown_by` */
	uint32_t shown_by;
	uint32_t record; /* for which record it was taken, so that all actions of one record see the same */
};

struct reader_clause {
	bool has_aggs;
	const struct format **formats; /* one for each action */
};

enum { READER_SPECULATIONS = 256 };

/* What waits with one number. */
struct waiting {
	uint32_t token, ended; /* of the use that it waits for, and of the last one that has ended */
	struct buf records;    /* each with its size in front, in steps of 8 bytes */
	uint64_t lost;
};

struct reader {
	const struct schema *schema;
	const struct schema_options *options;
	struct agg_source source;
	struct report *report;
	struct arena *arena;
	struct reader_agg *aggs;
	struct reader_clause *clauses;
	const struct record_layout *layout; /* of the record that is being read */
	uint32_t record;		    /* counts records that need aggregations */
	int error;			    /* of a clear() or trunc() that failed */
	int exit_status;
	bool has_exited;
	struct arena *join_arena; /* keys that an aggregation lacked */
	struct agg_row *joined;
	size_t joined_room;
	struct waiting waiting[READER_SPECULATIONS];
	struct buf committed; /* by the record that is being read */
	uint64_t committed_lost;
};

/* waiting.c */
void waiting_add(struct reader *reader, const struct record_head *head, size_t size);
int waiting_play(struct reader *reader);
void waiting_take_over(struct reader *reader, struct reader *before);
void waiting_free(struct reader *reader);

#endif
