/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checking: from AST to typed AST. In: a script, a source of probes, options. Out: every node typed, every variable,
 * aggregation and recorded action listed. Pure: probes come from an argument. What is accepted here compiles, and the
 * kernel's verifier accepts it.
 */
#ifndef CEPHTAP_D_CHECK_CHECK_H
#define CEPHTAP_D_CHECK_CHECK_H

#include "front/d/ast/ast.h"
#include "plan/options.h"
#include "plan/plan.h"

/* One value that a record carries. */
struct recorded {
	struct node *expr;
	const struct type *type;
};

/* A statement that leaves something in the clause's record: printf, trace, printa, exit, clear, ... */
struct action {
	const struct func *func;
	struct node *call;
	struct recorded *values; /* what is recorded, in order */
	unsigned values_len;
	const char *format;   /* printf, printa: as written after escapes; NULL: none */
	struct aggvar **aggs; /* printa, clear, trunc, normalize, denormalize */
	unsigned aggs_len;
	unsigned index; /* in the clause, from 0 */
};

/* Which arguments of the probe a clause reads: what must exist at each matched probe. */
struct checked_clause {
	struct clause *clause;
	struct probe **probes; /* matched and attachable, in the order of their ids */
	unsigned probes_len;
	struct action *actions;
	unsigned actions_len;
	bool has_agg;	 /* updates an aggregation or does anything but record: no default line is printed */
	bool is_default; /* no body, or an empty one: prints the default line */
};

struct checked {
	struct script *script;
	struct checked_clause *clauses;
	unsigned clauses_len;
	struct var **vars;
	unsigned vars_len;
	struct aggvar **aggs;
	unsigned aggs_len;
	struct probe **probes; /* every probe of any clause, once */
	unsigned probes_len;
	const struct probe_desc **unmatched; /* with -Z: descriptions that no probe matches */
	unsigned unmatched_len;
	const struct probe_desc **awaited; /* with -Z: those, and those that match something in files of processes */
	unsigned awaited_len;
	struct left_places *left;
	unsigned left_len;
	bool has_stacks; /* stack() or ustack() is called somewhere */
	bool has_loops;	 /* a function with a loop is */
};

/*
 * Limits that keep programs within what the kernel's verifier and maps take; each is said with the script's line.
 */
enum {
	CHECK_RECORD_MAX = 32 * 1024,	     /* bytes that one firing of a clause records */
	CHECK_VALUES_MAX = 512,		     /* values in them */
	CHECK_ACTIONS_MAX = 256,	     /* actions of a clause */
	CHECK_KEYS_MAX = 10,		     /* keys of one array */
	CHECK_KEY_MAX = 4096,		     /* bytes of one key of an array or aggregation */
	CHECK_THIS_MAX = 32 * 1024,	     /* bytes of all this-> variables */
	CHECK_GLOBALS_MAX = 1024 * 1024,     /* bytes of all global scalars */
	CHECK_NODES_MAX = 4000,		     /* operators and operands of a clause, after inlines */
	CHECK_DEPTH_MAX = 2 * AST_DEPTH_MAX, /* nesting of an expression, after inlines */
	CHECK_MATCHES_MAX = 1 << 20,	     /* probes of all clauses together */
	CHECK_MAPS_MAX = 40, /* aggregations, arrays and self-> variables of one clause: the kernel allows 64 maps */
};

/* What the script's `#pragma D option` say, in order. False after a diagnostic (D_PRAGMA_OPTSET) at each bad one. */
bool check_pragmas(const struct script *script, struct options *options, struct diags *diags);
/* Returns NULL when there were errors; they are in `diags`. Pragmas must have been applied to `options` before. */
struct checked *check_script(struct arena *arena, struct script *script, struct probe_source *probes,
			     const struct options *options, struct diags *diags);
void check_dump(const struct checked *checked, struct buf *out);

#endif
