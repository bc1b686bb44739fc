/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan: what a front makes of a script, of whatever language, and all that code is made of. Variables,
 * aggregations, and clauses with their probes, statements and actions; every expression typed, every name resolved.
 * Nothing of a language's syntax, messages or rules of conversion is left in it, and nothing of registers or maps is in
 * it yet. Pure: it lives in an arena, and is not written to once it is made.
 *
 * What holds in every plan (plan_why_not() looks, and tests ask it of each script that they compile):
 * - Values are of three kinds. A scalar (TYPE_INT, TYPE_PTR, or a token: TYPE_STACK, TYPE_SYMBOL) is one number,
 * extended to 64 bits by its type's size and sign. A string is a text with a final NUL, at most type->size bytes. An
 * object (TYPE_STRUCT, TYPE_UNION, TYPE_ARRAY) is known by its place: it has an address (EXPR_ADDRESS), members and
 * elements; as a whole it is moved by EXPR_ASSIGN alone, from a place to one of the same type.
 * - A place is EXPR_VAR, EXPR_DEREF, EXPR_MEMBER or EXPR_ELEMENT, the right side of an EXPR_THEN that is one, or an
 * EXPR_ASSIGN of an object, which is where what was assigned lies. A scalar place in an operand's position stands for
 * what it holds.
 * - Conversions are explicit. The operands of arithmetic have the operator's type; those of a comparison have one type,
 * in which they are compared; what is assigned has the variable's type; keys have the types of the variable's or
 * aggregation's keys; a recorded value has the action's. Types are the same here when size and sign are; pointers are
 * all alike. Free of it are: a string's size (a text is cut where it has no room), the count of a shift (a promoted
 * integer), the step over a pointer, the arguments of functions, and the value of an aggregation, which are 64 bits
 * wide by their own type.
 * - Integers are C's for LP64: arithmetic wraps at its type's width, division truncates towards zero, and faults by
 * zero.
 * - What can be known beforehand is EXPR_CONST: no front leaves an operator with constant operands to the code
 * generator.
 *
 * Where there is to be more: a language with loops, `return`, `try` or functions of its own adds kinds of statements
 * (and a list of functions, each with parameters, variables and a body, called by EXPR_CALL's sister); NULL strings
 * have their constant already.
 */
#ifndef CEPHTAP_PLAN_PLAN_H
#define CEPHTAP_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/diag.h"
#include "plan/type.h"
#include "probe/probe.h"
#include "schema/schema.h"

struct builtin;
struct func;

/* ---- variables ---- */

/* Of all; of a thread, as long as it lives; of one firing of a probe. */
enum var_scope { SCOPE_GLOBAL, SCOPE_SELF, SCOPE_THIS };

struct var {
	const char *name;
	enum var_scope scope;
	const struct type *type; /* of the scalar or object, or of an element */
	bool is_assoc;
	const struct type **keys; /* as stored: integers and pointers 8 bytes, strings as large as the largest use */
	unsigned keys_len;
	unsigned id;	  /* dense over all variables */
	struct loc loc;	  /* first use or declaration */
	bool is_written;  /* assigned somewhere */
	bool is_userland; /* an object whose addresses are the traced process's */
};

struct aggvar {
	const char *name; /* "_": it has none */
	struct agg_shape shape;
	unsigned params_len; /* how many of shape.params its function has */
	const struct type **keys;
	const char **key_names; /* as agg_layout has them */
	unsigned keys_len;
	const struct type *value; /* type of the aggregated expression; NULL: it has none */
	unsigned id;		  /* dense; DTrace's aggregation id is id + 1 */
	struct loc loc;
};

/* ---- expressions ---- */

enum expr_kind {
	EXPR_CONST,   /* value: a scalar; of type string: no text at all (NULL) */
	EXPR_TEXT,    /* text, text_size */
	EXPR_VAR,     /* var, args: its keys */
	EXPR_ARG,     /* arg: one of the probe's arguments; from ARG_TYPED on one of a function's typed parameters */
	EXPR_BUILTIN, /* builtin */
	EXPR_CALL,    /* func, args */
	EXPR_DEREF,   /* what the pointer `left` points at */
	EXPR_MEMBER,  /* member of the object `left` */
	EXPR_ELEMENT, /* element `right` (64 bits) of the array `left`, or of the one whose first element `left` points
			 at */
	EXPR_ADDRESS, /* of the object `left`, as a pointer; of an array: to its first element */
	EXPR_CONVERT, /* left, to the expression's type: between scalars, between strings; to void: its value is not
			 needed */
	EXPR_STRING,  /* the text at the address `left` (a pointer or an integer), or in the array of bytes `left`, as a
			 string */
	EXPR_UNARY,   /* op left: PLAN_NEG PLAN_NOT PLAN_BITNOT */
	EXPR_BINARY,  /* left op right; with pointers PLAN_ADD and PLAN_SUB count elements; comparisons compare strings
			 too */
	EXPR_COND,    /* left ? right : third */
	EXPR_THEN,    /* left for its effect, and then right */
	EXPR_ASSIGN,  /* left = right, left being a place: of a variable, or in memory that the script has taken; also
			 its value */
	EXPR_UPDATE,  /* left = left op right, computed in the type `in` */
	EXPR_STEP,    /* left += step (in elements, where it is a pointer); its value is that before when is_post, else
			 that after */
};

enum plan_op {
	PLAN_ADD,
	PLAN_SUB,
	PLAN_MUL,
	PLAN_DIV,
	PLAN_MOD,
	PLAN_SHL,
	PLAN_SHR,
	PLAN_AND,
	PLAN_OR,
	PLAN_XOR,
	PLAN_EQ,
	PLAN_NE,
	PLAN_LT,
	PLAN_LE,
	PLAN_GT,
	PLAN_GE,
	PLAN_LAND,
	PLAN_LOR,
	PLAN_LXOR, /* of truths; the right side of the first two only where the left one does not decide */
	PLAN_NEG,
	PLAN_NOT,
	PLAN_BITNOT,
};

struct expr {
	enum expr_kind kind;
	enum plan_op op;
	const struct type *type; /* of the value */
	struct loc loc;	   /* in the script, for messages: the whole; without a source: of what the front put in */
	struct loc op_loc; /* the operator, where a fault of its own is said to be */
	struct expr *left, *right, *third;
	struct expr **args;
	unsigned args_len;
	union {
		uint64_t value; /* EXPR_CONST: extended to 64 bits by its type */
		struct {
			const char *text; /* may hold NULs; what follows one is not part of the string */
			size_t text_size; /* without the final NUL */
		};
		const struct var *var;
		unsigned arg;
		struct {
			const struct builtin *builtin;
			const char *name; /* the same, for reading */
		};
		const struct func *func;
		const struct type_member *member;
		const struct type *in; /* EXPR_UPDATE */
		struct {
			int step; /* 1, -1 */
			bool is_post;
		};
	};
};

/* ---- statements ---- */

/* One value that a record carries. Of an object `expr` is its address: a pointer or an integer. */
struct plan_value {
	struct expr *expr;
	const struct type *type;
};

/* A statement that leaves something in the clause's record. */
struct plan_action {
	const struct func *func;
	struct plan_value *values; /* what is recorded, in order */
	unsigned values_len;
	const char *format; /* of those that print by one; NULL: none */
	struct aggvar **aggs;
	unsigned aggs_len;
	unsigned index; /* in the clause, from 0 */
	struct loc loc;
};

/* A statement that updates an aggregation. */
struct plan_update {
	const struct aggvar *agg;
	struct expr **keys;  /* agg->keys_len */
	struct expr *value;  /* NULL: the function takes none */
	struct expr *weight; /* how much the value counts; NULL: 1 */
	struct loc loc;
};

enum plan_stmt_kind { DO_EXPR, DO_ACTION, DO_UPDATE, DO_IF, DO_BLOCK };

struct plan_stmt {
	struct plan_stmt *next;
	enum plan_stmt_kind kind;
	struct loc loc;
	union {
		struct expr *expr; /* DO_EXPR: for its effect; DO_IF: the condition */
		const struct plan_action *action;
		const struct plan_update *update;
	};
	struct plan_stmt *body, *other; /* DO_IF: then and else (NULL: none); DO_BLOCK: body */
};

/* ---- clauses ---- */

struct plan_clause {
	struct loc loc;
	struct loc probes_loc; /* where the script says, first, which probes it is for */
	struct probe **probes; /* matched and attachable, in the order of their ids */
	unsigned probes_len;
	struct expr *pred;	     /* NULL: always */
	struct plan_stmt *body;	     /* NULL too where there are no probes: nothing is made of the clause then */
	struct plan_action *actions; /* those of the statements, in the order of the script */
	unsigned actions_len;
	bool records_firing; /* without any action: that the probe fired is told itself */
};

/* Places that the script is not for, as they lack an argument that it asks for. */
struct left_places {
	const struct probe *probe;
	bool *sites;  /* of each of the probe's: is it left out? */
	unsigned len; /* how many are */
};

struct plan {
	struct plan_clause *clauses; /* in the order of the script */
	unsigned clauses_len;
	struct var **vars;
	unsigned vars_len;
	struct aggvar **aggs;
	unsigned aggs_len;
	struct probe **probes; /* every probe of any clause, once, in the order of their ids */
	unsigned probes_len;
	const struct probe_desc **unmatched; /* descriptions that no probe matches yet, where that is allowed */
	unsigned unmatched_len;
	const struct probe_desc **awaited; /* those, and others whose probes may be in files that come later */
	unsigned awaited_len;
	struct left_places *left;
	unsigned left_len;
	bool has_stacks;	       /* stacks or symbols are taken somewhere */
	bool has_loops;		       /* functions are called whose code has loops */
	const struct source **sources; /* the texts of the script */
	unsigned sources_len;
	char **args; /* what the script was called with */
	unsigned args_len;
};

/* Is the script for this place of the probe? */
bool left_has_site(const struct left_places *left, unsigned left_len, const struct probe *probe, unsigned site);
void plan_dump(const struct plan *plan, struct buf *out);
/* Which of the rules above does not hold, and where; NULL: all do. For tests: fronts are to make sound plans. */
const char *plan_why_not(const struct plan *plan, struct loc *where);

#endif
