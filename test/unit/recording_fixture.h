/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A script, a made-up host on which it runs, a report that is printed live while a recorder writes, and the same report
 * from the file.
 */
#ifndef TEST_RECORDING_FIXTURE_H
#define TEST_RECORDING_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "front/d/lower.h"
#include "code/code.h"
#include "recording/recorder.h"
#include "recording/replay.h"
#include "report/stack.h"
#include "report/symbol.h"

enum { KEYS_MAX = 5, RECORD_MAX = 4096, STACKS = 5, SYMBOLS = 6, PROCESSORS = 2 };
#define FIXTURE_KERNEL 0xffffffff81000000u /* an address of the kernel, and so is the next one */

/* ---- a script, over the probes of fake_probes.h ---- */

struct setup {
	struct arena *arena;
	struct source source;
	struct script script;
	struct options options;
	struct diags diags;
	struct schema *schema;
};

/* Fails the test if it does not compile. */
void setup_init(struct setup *setup, const char *text);
void setup_free(struct setup *setup);

/* ---- what a kernel would have ---- */

struct host_row {
	unsigned char *key;
	uint64_t *values; /* one for each processor */
	bool is_there;
};

struct host {
	const struct schema *schema;
	uint64_t random;
	struct host_row (*rows)[KEYS_MAX]; /* of each aggregation */
};

unsigned host_keys(const struct host *host, unsigned agg); /* how many there may be */
/* `times` updates. */
void host_count(struct host *host, unsigned agg, unsigned key, uint64_t times);

/*
 * Number 1 ... of both: stacks in which each member says something, of the kernel, with inlined frames, with nothing
 * known; symbols some of which print the same. The last number of both is gone when it is looked for.
 */
extern const struct stack_source fixture_stacks;
extern const struct symbol_source fixture_symbols;
/* A number of a stack, or a symbol, or an address of the kernel; 0 too. */
uint64_t fixture_token(const struct field *field, uint64_t *random);

/* ---- live, with a recorder ---- */

struct live {
	struct host host;
	struct report report;
	struct reader *reader;
	struct recorder *recorder;
	struct zone_change changes[2];
	struct zone zone;
	char *out, *err;
	size_t out_size, err_size;
	int fd;
	bool is_whole; /* every action of a clause does something */
};

struct live_config {
	const struct report_ops *ops;
	uint64_t seed;
	void *data; /* report->data at first */
	struct ctf *ctf;
	const char *report_name; /* "": a script */
	struct facts facts;
};

void live_start(struct live *live, const struct schema *schema, const struct live_config *config);
void live_date(struct live *live); /* some time passes */
void live_send(struct live *live, const void *record, size_t size);
void live_record(struct live *live, unsigned clause, unsigned probe); /* with any values */
void live_clause(struct live *live, unsigned clause);		      /* of its first probe */
void live_error(struct live *live);
void live_drop(struct live *live);
/* A live report prints. */
void live_interval(struct live *live, bool is_last, int (*interval)(struct report *report, bool is_last, void *data),
		   void *data);
/* Any of these, after some updates. */
void live_step(struct live *live, int (*interval)(struct report *report, bool is_last, void *data));
void live_finish(struct live *live);
void live_free(struct live *live);
/* What the file holds so far; to be freed. */
char *live_bytes(const struct live *live, size_t *size);

/* A tracer_config::interval: prints all aggregations, and starts anew. */
int print_all(struct report *report, bool is_last, void *data);

/* ---- again ---- */

struct again {
	char *out, *err;
	size_t out_size, err_size;
	struct buf said; /* of the files, or why they cannot be read */
	bool is_read;
	int error;
};

/* `config` without its streams. */
void again_inputs(struct again *again, const struct replay_input *inputs, unsigned len, struct replay_config config);
void again_bytes(struct again *again, char *bytes, size_t size, struct replay_config config);
void again_free(struct again *again);

#endif
