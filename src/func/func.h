/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions, actions and built-in variables of the language: one family per file in src/func, each a table of these
 * structures, all of them listed in src/func/table.c. The prototype is D, and checks, messages and docs come from it.
 */
#ifndef CEPHTAP_FUNC_FUNC_H
#define CEPHTAP_FUNC_FUNC_H

#include <stdbool.h>
#include <stddef.h>

struct node;
struct expr;
struct gen;
struct value;
struct report;
struct record_action;
struct check_ctx;

enum func_flags {
	FUNC_RECORDS = 1,     /* leaves data in the record; only as a statement */
	FUNC_DESTRUCTIVE = 2, /* refused without -w */
	FUNC_NO_ARGS_CHECK = 4, /* `check` does all of it: printf, printa, ... */
	FUNC_IS_SPECIAL_TIME = 8, /* handled when records are read although it prints nothing: clear, trunc, exit */
};

struct func {
	const char *name;
	const char *proto; /* in D, "string substr(string, int, [int])": brackets mark optional ones, ... any more, @ an aggregation */
	const char *doc;   /* one sentence, for --help and the manual */
	unsigned flags;
	/* After the prototype was checked (or instead, see FUNC_NO_ARGS_CHECK): further rules, the result's type, and for actions
	 * the recorded values. NULL: nothing to add; the result's type is the prototype's. */
	void (*check)(struct check_ctx *ctx, struct node *call);
	/* Emits code for a function's value (not for actions: their recorded values are ordinary expressions). */
	void (*gen)(struct gen *gen, const struct expr *call, struct value *result);
	/* What the reader of a record does for this action. Returns 0, or a negative errno when output failed. */
	int (*report)(struct report *report, const struct record_action *action, const void *record);
};

struct builtin {
	const char *name;
	const char *type; /* in D: "uint64_t", "string" */
	unsigned string_size; /* room of a string built-in, bytes; 0: strsize */
	const char *doc;
	void (*gen)(struct gen *gen, const struct expr *node, struct value *result);
};

const struct func *func_find(const char *name);
const struct builtin *builtin_find(const char *name);
/* For docs, --help and nearest-name hints: every one, in the order of the tables; NULL at the end. */
const struct func *func_at(unsigned i);
const struct builtin *builtin_at(unsigned i);

#endif
