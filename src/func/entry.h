/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each entry of the language says of itself: its prototype, a sentence, an example; and what can be wrong with a
 * call of it. All of it is data, and of no language: how a prototype is written, and what a mistake is tagged with, is
 * the front's to say (src/front/d/check/proto.c, src/front/d/check/tag.c).
 */
#ifndef CEPHTAP_FUNC_ENTRY_H
#define CEPHTAP_FUNC_ENTRY_H

#include <stdbool.h>

enum proto_type {
	PROTO_END, /* no further parameter */
	PROTO_VOID,
	PROTO_ANY, /* the entry's own check says what it takes */
	PROTO_AGG, /* an aggregation, by its name */
	PROTO_CHAR,
	PROTO_INT,
	PROTO_INT64,
	PROTO_UINT16,
	PROTO_UINT32,
	PROTO_UINT64,
	PROTO_SIZE,
	PROTO_ADDRESS, /* a pointer of any kind, or a number of 64 bits */
	PROTO_POINTER,
	PROTO_STRING,
	PROTO_TEXT_OR_NULL, /* a string, or no text at all */
	PROTO_PID,	    /* of a process or a thread */
	PROTO_UID,
	PROTO_GID,
	PROTO_PROCESSOR,
	PROTO_TASK,  /* a pointer to the kernel's description of a thread */
	PROTO_STACK, /* a number that the reader turns into addresses */
	/* A number that the reader turns into the name of a function, a file, or a function with an offset. */
	PROTO_SYMBOL,
	PROTO_SYMBOL_MODULE,
	PROTO_SYMBOL_ADDRESS,
	PROTO_TYPES
};

enum { PROTO_PARAMS_MAX = 7 };

struct proto_param {
	enum proto_type type;
	bool is_optional;
};

struct proto {
	enum proto_type result;
	struct proto_param params[PROTO_PARAMS_MAX + 1]; /* up to PROTO_END */
	bool is_variadic;				 /* any more arguments may follow */
};

/* A script that runs, and what it prints with -q; NULL: that differs from one run to the next. Tests run all of them.
 */
struct example {
	const char *script;
	const char *output;
};

/* What is wrong with a call, or with one of its arguments. */
enum call_fault {
	CALL_COUNT,	   /* too few arguments, or too many */
	CALL_TYPE,	   /* an argument of another type */
	CALL_VOID,	   /* an argument without a value */
	CALL_NOT_FORMAT,   /* no format in quotes */
	CALL_FORMAT_ALONE, /* a format, and nothing to be printed by it */
	CALL_NOT_CONSTANT, /* not known before the script runs */
	CALL_NOT_AGG,	   /* no aggregation */
	CALL_UNKNOWN_AGG,  /* an aggregation that nothing assigns */
	CALL_KEYS_COUNT,   /* aggregations side by side have keys of different number */
	CALL_KEYS_TYPE,	   /* ... or type */
	CALL_RANGE,	   /* a constant that this argument cannot be */
	CALL_ZERO,	   /* a constant divisor of zero */
	CALL_ORDER,	   /* constants in the wrong order */
	CALL_TOO_LARGE,	   /* a constant too large for the others */
	CALL_TOO_SMALL,
	CALL_WIDE,	   /* a constant that DTrace has no room for */
	CALL_OTHER_BEFORE, /* another constant than in an earlier use of the same aggregation */
};

#endif
