/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handlers of SystemTap's language, run in the tracer over the checked tree. In: a checked script, and what the host
 * tells. Out: text that handlers print, sentences, an exit status. All is bounded: by statements of a handler, by
 * nested calls, by elements of an array, by bytes of a string.
 */
#ifndef CEPHTAP_STAP_RUN_H
#define CEPHTAP_STAP_RUN_H

#include <stdarg.h>

#include <uthash.h>

#include "front/stap/tree.h"

enum { STAP_LOG_BUCKETS = 128, STAP_LOG_ZERO = 64 };

struct stap_value {
	int64_t number;
	const char *text; /* NULL: a number, or no text yet */
};

struct stap_stat {
	int64_t count, sum, min, max;
	int64_t mean, squares; /* of values shifted by the variable's shift */
	int64_t *log, *linear; /* buckets; NULL: nobody asks */
};

/* Of an array. The keys' bytes are what it is found by. */
struct stap_element {
	UT_hash_handle hh; /* in the order of arrival */
	struct stap_value *keys;
	struct stap_value value;
	struct stap_stat *stat;
	size_t key_size;
	char key[];
};

struct stap_global {
	const struct stap_var *var;
	struct stap_value value;
	struct stap_stat *stat;
	struct stap_element *elements;
	unsigned len;
};

struct stap_limits {
	int64_t actions, long_actions, nesting, entries, string_size, errors, skipped;
};

enum stap_leave { LEAVE_NOT, LEAVE_BREAK, LEAVE_CONTINUE, LEAVE_NEXT, LEAVE_RETURN, LEAVE_ERROR };

struct stap_frame {
	struct stap_value *slots;
	struct stap_value result;
};

struct stap_run {
	struct stap_script *script;
	struct stap_limits limits;
	struct stap_global *globals;
	struct stap_frame *frame;
	const struct stap_site *site; /* whose handler runs */
	struct buf out;		      /* what it has printed */
	struct buf warnings;
	enum stap_leave leave;
	char error[512];
	const struct stap_node *error_node;
	struct loc error_loc;
	int64_t actions;
	unsigned depth;
	bool is_exiting, is_failed, has_aborted;
	unsigned errors;
	struct stap_chunk *chunk; /* of texts that live until their statement ends */
	size_t chunk_used;
	char *tokens, *tokens_at; /* of tokenize() */
	char *match[10];	  /* of the last =~ */
	unsigned matches;
	int64_t target;
	uint64_t seed;
	const char *command; /* the module's name in messages */
};

/* --- values.c --- */

struct stap_chunk *stap_chunk_new(void);
struct stap_mark {
	struct stap_chunk *chunk;
	size_t used;
};
struct stap_mark stap_mark(const struct stap_run *run);
void stap_release(struct stap_run *run, struct stap_mark mark);
/* Room for a text until the statement ends. */
char *stap_room(struct stap_run *run, size_t size);
/* A text that lives as long, cut to the size that strings have. */
struct stap_value stap_text(struct stap_run *run, const char *text, size_t size);
struct stap_value stap_textf(struct stap_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Keeps a value in a place of its own. */
void stap_store(struct stap_value *place, struct stap_value value);
void stap_fail(struct stap_run *run, const struct stap_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void stap_globals_new(struct stap_run *run);
void stap_globals_free(struct stap_run *run);

/* --- arrays.c --- */

/* NULL: it is not there; with `make`, after an error. */
struct stap_element *stap_find(struct stap_run *run, struct stap_global *global, const struct stap_node *node,
			       const struct stap_value *keys, bool make);
void stap_remove(struct stap_global *global, struct stap_element *element);
void stap_clear(struct stap_global *global);

/* --- stats.c --- */

struct stap_stat *stap_stat_new(const struct stap_var *var);
void stap_stat_free(struct stap_stat *stat);
void stap_stat_add(struct stap_stat *stat, const struct stap_var *var, int64_t value);
int64_t stap_stat_read(const struct stap_stat *stat, const struct stap_var *var, enum stap_stat_op what);
unsigned stap_stat_buckets(const struct stap_var *var, enum stap_stat_op what);
void stap_stat_print(const struct stap_stat *stat, const struct stap_var *var, enum stap_stat_op what, struct buf *out);

/* --- print.c --- */

void stap_format(struct stap_run *run, const struct stap_node *node, const struct stap_value *args, struct buf *out);
void stap_escape(const char *text, size_t most, bool is_quoted, struct buf *out);

/* --- eval.c, stmts.c, calls.c --- */

struct stap_value stap_eval(struct stap_run *run, const struct stap_node *node);
struct stap_value stap_call_builtin(struct stap_run *run, const struct stap_node *node, const struct stap_value *args);
struct stap_value stap_call_function(struct stap_run *run, const struct stap_node *node, struct stap_value *args);
struct stap_stat *stap_stat_at(struct stap_run *run, const struct stap_node *place, bool make);
/* Merges what a slice names: NULL: nothing. */
bool stap_keys(struct stap_run *run, const struct stap_node *node, struct stap_value *keys);
bool stap_fits_slice(const struct stap_var *var, const struct stap_element *element, struct stap_node *const *slice,
		     const struct stap_value *keys);
void stap_exec(struct stap_run *run, const struct stap_stmt *stmt);

/* --- session.c --- */

/* What is done with text, at once. */
struct stap_output {
	void (*text)(void *data, const char *text, size_t size);
	void (*message)(void *data, const char *sentence);
	/* Waits until `deadline_ns` (of the clock that stap_now() reads); false: the session is to end. */
	bool (*wait)(void *data, uint64_t deadline_ns);
	uint64_t (*now)(void *data);
	void *data;
};

void stap_run_limits(struct stap_limits *limits);
/* The whole session. The exit status. */
int stap_session(struct stap_run *run, const struct stap_output *output);

#endif
