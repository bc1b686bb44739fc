/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions, actions and built-in variables of the language. Each family is one file in src/func, with all about it:
 * rows, checks, code, what the reader does; and one row in src/func/tables.h.
 */
#ifndef CEPHTAP_FUNC_FUNC_H
#define CEPHTAP_FUNC_FUNC_H

#include <stdbool.h>
#include <stddef.h>

#include "func/entry.h"

struct call;
struct expr;
struct gen;
struct value;
struct report;
struct record_action;

enum func_flags {
	FUNC_RECORDS = 1,	  /* leaves data in the record; only as a statement */
	FUNC_DESTRUCTIVE = 2,	  /* refused without -w */
	FUNC_NO_ARGS_CHECK = 4,	  /* `check` does all of it: printf, printa, ... */
	FUNC_IS_SPECIAL_TIME = 8, /* handled when records are read although it prints nothing: clear, trunc, exit */
	FUNC_RECORDS_ITSELF = 16, /* has a value, and as a statement leaves that in the record */
	FUNC_ENDS = 32,		  /* after it no probe fires but END */
	FUNC_OURS = 64,		  /* DTrace has none of this name: scripts may have variables called so */
	FUNC_LOOPS = 128,	  /* its code has loops (code/text.c) */
};

struct func {
	const char *name;
	struct proto proto;
	const char *doc; /* one sentence, for --help and the reference */
	struct example example;
	unsigned flags;
	/* After the prototype was checked (or instead, see FUNC_NO_ARGS_CHECK): further rules, and for actions the
	 * recorded values. NULL: nothing to add. */
	void (*check)(struct call *call);
	/* Emits code for a function's value (not for actions: their recorded values are ordinary expressions). */
	void (*gen)(struct gen *gen, const struct expr *call, struct value *result);
	/* What the reader of a record does for this action. Returns 0, or a negative errno when output failed. */
	int (*report)(struct report *report, const struct record_action *action, const void *record);
};

struct builtin {
	const char *name;
	enum proto_type type;
	bool has_stack;	      /* it is taken from a stack */
	unsigned string_size; /* room of a string built-in, bytes; 0: strsize */
	const char *doc;
	struct example example;
	/* NULL: it is an argument of the probe, which a plan has an expression of its own for. */
	void (*gen)(struct gen *gen, const struct expr *node, struct value *result);
};

const struct func *func_find(const char *name);
const struct builtin *builtin_find(const char *name);
/* For docs, --help and nearest-name hints: every one, in the order of the tables; NULL at the end. */
const struct func *func_at(unsigned i);
const struct builtin *builtin_at(unsigned i);

#endif
