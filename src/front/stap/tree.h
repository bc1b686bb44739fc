/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A script in SystemTap's language as a tree. Made by the parser, completed in place by the checks: names get their
 * variable or function, expressions and variables their type. Lives in an arena.
 */
#ifndef CEPHTAP_FRONT_STAP_TREE_H
#define CEPHTAP_FRONT_STAP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/diag.h"

enum {
	STAP_DEPTH_MAX = 400,	   /* of expressions and statements within one another */
	STAP_TOKENS_MAX = 2000000, /* after macros */
	STAP_KEYS_MAX = 32,
};

enum stap_type { STAP_UNKNOWN, STAP_LONG, STAP_STRING, STAP_STATS, STAP_VOID };

/* Statistics' operators: what is asked of one, and which words ask it. */
enum stap_stat_op {
	STAT_COUNT,
	STAT_SUM,
	STAT_MIN,
	STAT_MAX,
	STAT_AVG,
	STAT_VARIANCE,
	STAT_LOG,
	STAT_LINEAR,
	STAT_NONE
};

enum stap_op {
	OP_NONE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_SHL,
	OP_SHR,
	OP_SHRU,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_CONCAT,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_LAND,
	OP_LOR,
	OP_NEG,
	OP_PLUS,
	OP_NOT,
	OP_BITNOT,
	OP_MATCH,
	OP_NOMATCH,
	OP_RECORD, /* <<< */
};

enum stap_kind {
	S_NUMBER,
	S_TEXT,
	S_NAME,	   /* name, then var */
	S_INDEX,   /* name, then var; args: the keys, of which NULL is `*` in a slice */
	S_CALL,	   /* name, args, then function or builtin */
	S_PRINT,   /* printing: args */
	S_UNARY,   /* op, left */
	S_BINARY,  /* op, left, right */
	S_COND,	   /* left ? right : third */
	S_ASSIGN,  /* left op= right; OP_NONE: plain; OP_RECORD */
	S_STEP,	   /* left, step, is_post */
	S_IN,	   /* args in left, which is an S_NAME or, as a slice, S_INDEX */
	S_STAT,	   /* stat of left, params */
	S_BUCKET,  /* left, an S_STAT of a histogram, at right */
	S_TARGET,  /* $name, @var, or a member or element of `left`: what only probes of programs have */
	S_DEFINED, /* @defined(left) */
	S_ENTRY,   /* @entry(left) */
};

struct stap_var {
	const char *name;
	struct loc loc;
	enum stap_type type;
	struct loc type_loc; /* where its type was first seen */
	bool is_global, is_private, is_library, is_array, wraps;
	unsigned keys_len; /* once it is known to be an array */
	enum stap_type *keys;
	struct loc *key_locs;
	int64_t size;		/* of the array; 0: as all */
	struct stap_node *init; /* a literal; NULL: 0 or "" */
	unsigned slot;		/* among globals, or among the locals of its handler or function */
	bool is_read, is_written, is_param;
	bool wants_log, wants_linear;
	int64_t linear[3]; /* low, high, width */
	int shift;	   /* of @variance */
};

struct stap_node {
	enum stap_kind kind;
	enum stap_op op;
	enum stap_stat_op stat;
	enum stap_type type;
	struct loc loc;
	const char *name; /* a text's content too */
	size_t size;	  /* of a text */
	int64_t number;
	struct stap_node *left, *right, *third;
	struct stap_node **args;
	unsigned args_len;
	int64_t params[3]; /* of a statistic's operator */
	unsigned params_len;
	int step;
	bool is_post, in_parentheses;
	bool is_decided; /* a number by @defined: what it leaves out is not checked */
	struct stap_var *var;
	struct stap_function *function; /* the first of the overloads that take as many arguments */
	const struct stap_builtin *builtin;
	const struct stap_print *print;
	struct stap_format *format; /* of printf and sprintf */
	void *regex;		    /* of OP_MATCH: compiled once by what runs it */
};

enum stap_do {
	SDO_NOTHING,
	SDO_EXPR,
	SDO_BLOCK,
	SDO_IF,
	SDO_FOR, /* also while: init, expr, step */
	SDO_FOREACH,
	SDO_BREAK,
	SDO_CONTINUE,
	SDO_NEXT,
	SDO_RETURN,
	SDO_DELETE,
	SDO_TRY,
};

struct stap_foreach {
	struct stap_node **keys; /* S_NAME */
	unsigned keys_len;
	struct stap_node *value; /* NULL: not asked for */
	struct stap_node *array; /* S_NAME, S_INDEX (a slice), or S_STAT: a histogram */
	struct stap_node *limit;
	int direction;	      /* 0: any order; 1: rising; -1: falling */
	unsigned sort_column; /* 0: by value; n: by the nth key */
	enum stap_stat_op sort_stat;
};

struct stap_stmt {
	struct stap_stmt *next;
	enum stap_do kind;
	struct loc loc;
	struct stap_node *expr, *init, *step;
	struct stap_stmt *body, *other;
	struct stap_foreach *each;
};

/* What a handler or function is, to which locals belong. */
struct stap_scope {
	struct stap_var **locals;
	unsigned locals_len;
	struct stap_function *function; /* NULL: a handler */
};

struct stap_function {
	struct stap_function *next, *next_overload;
	const char *name;
	struct loc loc;
	struct stap_scope scope;
	unsigned params_len;
	enum stap_type type;
	struct loc type_loc;
	int64_t priority;
	struct stap_stmt *body;
	bool is_private, is_library, is_used, returns_value;
	const struct source *source;
	unsigned looked_at;
};

/* One component: `function("x")`. */
struct stap_component {
	const char *name;
	struct stap_node *arg; /* S_NUMBER or S_TEXT; NULL: none */
	struct loc loc;
};

struct stap_point {
	struct stap_component *parts;
	unsigned parts_len;
	struct loc loc;
	bool is_optional, is_sufficient;
	struct stap_node *condition;
};

enum stap_event {
	EVENT_BEGIN,
	EVENT_END,
	EVENT_ERROR,
	EVENT_NEVER,
	EVENT_TIMER,
	EVENTS,
};

/* A handler bound to one place. */
struct stap_site {
	struct stap_site *next;
	struct stap_probe *probe;
	const struct stap_point *point;
	enum stap_event event;
	int64_t priority;
	uint64_t period_ns, spread_ns;
	const char *name; /* as pp() tells it */
	struct stap_node *condition;
};

struct stap_probe {
	struct stap_probe *next;
	struct loc loc;
	const char *alias; /* `probe ALIAS = ...`; NULL: it is none */
	struct loc alias_loc;
	bool is_epilogue, is_library;
	struct stap_point *points;
	unsigned points_len;
	struct stap_stmt *body;
	struct stap_scope scope;
};

struct stap_script {
	struct arena *arena;
	struct stap_probe *probes, **probes_last;
	struct stap_probe *aliases, **aliases_last;
	struct stap_function *functions, **functions_last;
	struct stap_var **globals;
	unsigned globals_len;
	struct stap_site *sites, **sites_last;
	struct stap_macro *macros;
	const struct stap_call *call;
};

/* What the command line gives. */
struct stap_call {
	char **args;
	unsigned args_len;
	bool *args_used;
	const char *kernel, *arch; /* uname -r, uname -m */
	bool is_guru;
	int64_t target; /* 0: none */
};

/* One conversion of a format, or a text between two. */
struct stap_piece {
	char conversion; /* 0: text */
	bool is_left, has_plus, has_space, is_special, is_zero_padded;
	int width, precision; /* -1: none; -2: an argument */
	unsigned bytes;	      /* of %b, %m, %M */
	const char *text;
	size_t size;
};

struct stap_format {
	struct stap_piece *pieces;
	unsigned pieces_len;
};

/* The words that print: `printf`, `sprintdln` and so on. */
struct stap_print {
	const char *name;
	bool is_string, has_format, has_delimiter, has_newline;
};

struct stap_run;
struct stap_value;

/* A function that is not written in the language. */
struct stap_builtin {
	const char *name;
	const char *proto; /* its result, then its parameters: l long, s string, v nothing; behind `|` those that may
			      lack */
	int id;
};

const struct stap_builtin *stap_builtin_find(const char *name);
extern const struct stap_builtin stap_builtins[];
extern const char *const stap_stat_names[];
extern const char *const stap_type_names[];

/* Adds a text's probes, functions and globals. */
bool stap_parse(struct stap_script *script, const struct source *source, bool is_library, struct diags *diags);
void stap_begin(struct stap_script *script, struct arena *arena, const struct stap_call *call);
/* Names, types and probe points of all that was added. */
bool stap_check(struct stap_script *script, struct diags *diags);
void stap_dump(const struct stap_script *script, struct buf *out);
void stap_dump_checked(const struct stap_script *script, struct buf *out);
void stap_print_node(const struct stap_node *node, struct buf *out);
/* In SystemTap's shape. Tags: "parse" or "semantic". */
void stap_print_diags(const struct diags *diags, struct buf *out);

#endif
