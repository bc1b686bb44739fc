/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading what programs sent: raw records become actions in order, snapshots of aggregations become sorted tables, and
 * clear(), trunc(), normalize(), share() and top() take effect here. In: a schema and bytes (from the engine, later
 * from a file). Out: calls of a report's operations. Knows nothing of the kernel: a test hands it bytes.
 */
#ifndef CEPHTAP_RECORD_RECORD_H
#define CEPHTAP_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/schema.h"

/* A key of an aggregation with its merged value. */
struct agg_row {
	const void *key;       /* laid out as agg_layout::keys says */
	const uint64_t *value; /* shape.agg->words() words, merged over processors, less what was cleared */
};

/* The state of one aggregation as the reader sees it. */
struct agg_table;

/*
 * Where snapshots come from. `each` calls `row` for every key: `values` holds one value of agg_layout::value_size bytes
 * for each of values_len processors, aligned to 8 bytes; `key` has agg_layout::key_size bytes (not looked at when
 * keys_len is 0). What `row` returns, if not 0, `each` returns at once. `remove` and `zero` are never called while
 * `each` runs. All return 0 or a negative errno; -ENOENT from `remove` and `zero` (the key is gone) is no error.
 * `is_due`, where it is not NULL, says whether an action needs a new snapshot; else the age of the last one does. (A
 * recording is to be read at the moments at which it was made.)
 */
struct agg_source {
	void *data;
	int (*each)(void *data, unsigned agg,
		    int (*row)(void *row_data, const void *key, const void *values, unsigned values_len),
		    void *row_data);
	int (*remove)(void *data, unsigned agg, const void *key);
	int (*zero)(void *data, unsigned agg, const void *key);
	bool (*is_due)(void *data, unsigned agg);
};

struct reader;
struct report;

/*
 * Makes a reader and sets report->reader. The schema must stay, and be sound (schema_is_sound()): then no record of at
 * least its clause's size can lead outside of itself.
 */
struct reader *reader_new(const struct schema *schema, struct agg_source source, struct report *report);
/* Goes on where the reader of another schema of the same script was, which is only to be freed then. */
void reader_take_over(struct reader *reader, struct reader *before);
void reader_free(struct reader *reader);
/*
 * One record as the engine gives it, aligned to 8 bytes. Returns 0, -EBADMSG for bytes that are no record of this
 * schema (nothing was printed then), or what a report's operation returned (negative errno: output failed).
 */
int reader_record(struct reader *reader, const void *record, size_t size);
/* Reads all aggregations now (done by itself before each record that needs one, if the last is older than aggrate). */
int reader_snapshot(struct reader *reader);
/* At the end: every aggregation that no printa() printed, in the order of their ids, as dtrace does. */
int reader_finish(struct reader *reader);
/* The status that exit() gave. */
int reader_exit_status(const struct reader *reader);

/* exit() was called (or a record of it came from a file). */
bool reader_has_exited(const struct reader *reader);

/* For actions (src/func) and reports: rows of an aggregation sorted by the aggsort* options; valid until the next
 * snapshot. */
const struct agg_row *reader_agg_rows(struct reader *reader, unsigned agg, unsigned *rows_len);
/*
 * Several aggregations with the same keys, joined: *rows_len times aggs_len rows, one after another; a key that an
 * aggregation lacks has a value of zeros. Sorted by the values of number aggsortpos; valid until the next snapshot or
 * join.
 */
const struct agg_row *reader_agg_join(struct reader *reader, const unsigned *aggs, unsigned aggs_len,
				      unsigned *rows_len);
uint64_t reader_agg_normal(const struct reader *reader, unsigned agg); /* 1: not normalised */
void reader_agg_clear(struct reader *reader, unsigned agg);
void reader_agg_trunc(struct reader *reader, unsigned agg, bool has_limit,
		      int64_t limit); /* limit < 0: keep the smallest */
void reader_agg_normalize(struct reader *reader, unsigned agg, uint64_t normal);
void reader_agg_set_share(struct reader *reader, unsigned agg, uint64_t whole); /* 0: no shares */
uint64_t reader_agg_share(const struct reader *reader, unsigned agg);
void reader_agg_set_top(struct reader *reader, unsigned agg, uint64_t rows); /* 0: all */
uint64_t reader_agg_top(const struct reader *reader, unsigned agg);
void reader_agg_mark_printed(struct reader *reader, unsigned agg);
/* The parsed format of a printf() or printa() of the record that is being read; NULL: it has none. */
struct format;
const struct format *reader_format(const struct reader *reader, const struct record_action *action);
/* What waits with this token, which commit() or discard() left in its record; 0: nothing does. */
void reader_commit(struct reader *reader, uint32_t token);
int reader_discard(struct reader *reader, uint32_t token);
void reader_set_exit(struct reader *reader, int status);

#endif
