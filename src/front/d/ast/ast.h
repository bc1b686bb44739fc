/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The syntax tree of a D script. In: source text and macro arguments. Out: clauses, declarations and pragmas, every
 * node with its location. Pure: no files, no host. The checker later fills the members marked "check:" in place, which
 * is what "typed AST" means; nobody else writes them.
 */
#ifndef CEPHTAP_D_AST_AST_H
#define CEPHTAP_D_AST_AST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "front/front.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/diag.h"
#include "plan/plan.h"
#include "probe/probe.h"

struct action;
struct translator;

enum node_kind {
	NODE_INT,      /* ival, int_* : a constant, also 'c' and sizeof after checking */
	NODE_STRING,   /* text, text_size */
	NODE_IDENT,    /* name: a global, a built-in variable or an inline; scope tells self-> and this-> */
	NODE_INDEX,    /* left [ args ]: associative array, args[], arg array, pointer or array index */
	NODE_MEMBER,   /* left -> name (op OP_ARROW) or left . name (op OP_DOT) */
	NODE_CALL,     /* name ( args ): function, action */
	NODE_AGG,      /* @name [ args ]: as a statement's left side or as an argument; name "_" for a bare @ */
	NODE_UNARY,    /* op left: OP_NEG OP_PLUS OP_NOT OP_BITNOT OP_DEREF OP_ADDROF OP_PREINC OP_PREDEC OP_POSTINC
			  OP_POSTDEC OP_STRINGOF */
	NODE_BINARY,   /* left op right: arithmetic, comparison, logic (OP_LAND OP_LOR OP_LXOR), comma (OP_COMMA) */
	NODE_ASSIGN,   /* left op right: OP_ASSIGN or OP_ADD_ASSIGN ... ; for aggregations left is NODE_AGG, right
			  NODE_CALL */
	NODE_COND,     /* left ? right : third */
	NODE_CAST,     /* (tspec) left */
	NODE_SIZEOF,   /* of left, or of tspec when left is NULL */
	NODE_OFFSETOF, /* tspec, name */
	NODE_XLATE,    /* xlate <tspec> (left) */
};

enum node_op {
	OP_NONE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_SHL,
	OP_SHR,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_LAND,
	OP_LOR,
	OP_LXOR,
	OP_COMMA,
	OP_ASSIGN,
	OP_ADD_ASSIGN,
	OP_SUB_ASSIGN,
	OP_MUL_ASSIGN,
	OP_DIV_ASSIGN,
	OP_MOD_ASSIGN,
	OP_SHL_ASSIGN,
	OP_SHR_ASSIGN,
	OP_AND_ASSIGN,
	OP_OR_ASSIGN,
	OP_XOR_ASSIGN,
	OP_NEG,
	OP_PLUS,
	OP_NOT,
	OP_BITNOT,
	OP_DEREF,
	OP_ADDROF,
	OP_PREINC,
	OP_PREDEC,
	OP_POSTINC,
	OP_POSTDEC,
	OP_STRINGOF,
	OP_ARROW,
	OP_DOT,
};

/* A type as it is written: `unsigned long *`, `struct foo`, `string`, `int [4]`. */
struct type_spec {
	struct loc loc;
	/* NULL, or the type that this is a pointer to, or an array of: `int (*)[3]`. Then the name says nothing. */
	const struct type_spec *of;
	bool is_function;   /* a function that gives this type: nothing else is known of it */
	const char *name;   /* normalised base: "int", "unsigned long", "uint64_t", "string", "struct foo", "void" */
	unsigned pointers;  /* number of * */
	bool userland;	    /* D's `userland` qualifier: pointers are into the traced process */
	struct node **dims; /* array dimensions, outermost first */
	unsigned dims_len;
	struct decl *members; /* a struct, union or enum body written in place; NULL otherwise */
	bool has_body;	      /* members were written */
	bool is_guess;	      /* its name is not known; it can be nothing but a type by what follows */
};

struct node {
	enum node_kind kind;
	enum node_op op;
	struct loc loc; /* the whole expression; for binary operators diagnostics point at op_loc */
	struct loc op_loc;
	enum var_scope scope; /* NODE_IDENT */
	struct node *left, *right, *third;
	struct node **args;
	unsigned args_len;
	const char *name;
	const char *text; /* NODE_STRING: after escapes; may hold NULs */
	size_t text_size; /* without the final NUL */
	uint64_t ival;
	bool int_unsigned, int_long; /* NODE_INT: by suffix, base and size, C's rule (6.4.4.1); 'c' is int */
	struct type_spec *tspec;
	bool in_parens;	 /* it is written in brackets of its own */
	unsigned height; /* of the tree below, this node included: at most AST_DEPTH_MAX */

	const struct type *type;       /* check: of the value */
	struct var *var;	       /* check: NODE_IDENT, and NODE_INDEX on an associative array: the script's own */
	const struct builtin *builtin; /* check: NODE_IDENT: of the language */
	const struct func *func;       /* check: NODE_CALL; for the right side of an aggregation NULL */
	struct aggvar *agg;	       /* check: NODE_AGG */
	struct action *action;	       /* check: NODE_CALL that records data */
	const struct translator *translator; /* check: NODE_XLATE */
	int arg_index;			     /* check: argN, args[N]: which argument; else -1 */
	bool is_const;			     /* check: value known now, in ival */
	bool is_inlined;		     /* check: an inline stood here, and was put in */
};

enum stmt_kind { STMT_EXPR, STMT_IF, STMT_BLOCK };

struct stmt {
	struct stmt *next;
	enum stmt_kind kind;
	struct loc loc;
	struct node *expr;	   /* STMT_EXPR; condition of STMT_IF */
	struct stmt *body, *other; /* STMT_IF: then and else (NULL: none), STMT_BLOCK: body */
};

struct desc_list {
	struct probe_desc desc;
	struct loc loc;
};

struct clause {
	struct clause *next;
	unsigned id; /* from 0, in the order of the script */
	struct loc loc;
	struct desc_list *descs;
	unsigned descs_len;
	struct node *pred; /* NULL: always */
	struct stmt *body; /* NULL with has_body: an empty pair of braces */
	bool has_body;	   /* false: a probe description alone, default action */
};

enum decl_kind {
	DECL_VAR,
	DECL_TYPEDEF,
	DECL_INLINE,
	DECL_STRUCT,
	DECL_UNION,
	DECL_ENUM,
	DECL_MEMBER,
	DECL_TRANSLATOR,
	DECL_EXTERN,
	DECL_PROVIDER,
	DECL_PROBE
};

struct decl {
	struct decl *next;
	enum decl_kind kind;
	struct loc loc;
	enum var_scope scope;
	const char *name;
	struct type_spec *tspec;
	struct type_spec **keys; /* DECL_VAR, DECL_INLINE: associative array's key types; keys_len 0: scalar */
	const char **key_names;	 /* DECL_INLINE: as its value calls them; NULL elements: not at all */
	unsigned keys_len;
	struct node *value; /* DECL_INLINE, enum values, members of a translator */
	/* DECL_TRANSLATOR: from `input`, under the decl's name, to tspec; what each member is made of. */
	struct type_spec *input;
	struct decl *members;
	struct decl *outputs; /* DECL_PROBE: what its arguments (members) are translated to; NULL: not said */
	struct loc whole;     /* DECL_TRANSLATOR, DECL_PROVIDER, DECL_PROBE: up to its end */
	bool is_declared;     /* check: of the library, where only what is used is looked at */
	struct node *bits;    /* DECL_MEMBER: width of a bit-field; NULL: none */
};

/*
 * `#pragma D option name=value`, in order; value NULL: none given. Of the others the name is that of the thing that is
 * meant, and the value what is said of it.
 */
enum pragma_kind { PRAGMA_OPTION, PRAGMA_ATTRIBUTES, PRAGMA_BINDING, PRAGMA_DEPENDS_ON };

struct pragma {
	struct pragma *next;
	enum pragma_kind kind;
	struct loc loc;
	const char *name, *value;
	const char *of; /* `provider foo module`: which provider's; depends_on: the class of thing. NULL: a name of the
			   script */
};

struct script {
	struct clause *clauses;
	struct decl *decls;
	struct pragma *pragmas;
	unsigned clauses_len;
	unsigned anons_len;	       /* structures without a tag so far: they are named "struct #1", ... */
	const struct source **sources; /* the texts that it was read from */
	unsigned sources_len;
	char **args; /* $1 ... */
	unsigned args_len;
};

enum { AST_DEPTH_MAX = 250 }; /* nesting of expressions, statements and declarators: deeper input is refused */

/*
 * Parses one source and appends to the script (several -n arguments and files make one script). Syntax errors are
 * collected in `diags`; returns false when there were any.
 */
bool ast_parse(struct arena *arena, const struct source *source, const struct macros *macros, struct diags *diags,
	       struct script *script);
/*
 * One probe description as on the command line or in `list`: "osd.3", "ceph_osd:::op-*", "BEGIN", "7". Empty fields for
 * what is left out, as dtrace -n: from the right, name first.
 */
bool ast_parse_desc(struct arena *arena, const struct source *source, struct diags *diags, struct probe_desc *desc);
/* One expression and nothing else, as providers write arguments; NULL after a diagnostic. */
struct node *ast_parse_expr(struct arena *arena, const struct source *source, struct diags *diags);

void ast_dump_tokens(const struct source *source, struct buf *out);
void ast_dump(const struct script *script, struct buf *out);
/* An expression written back as D, fully bracketed: for messages, dumps and printa headings. */
void ast_print_node(const struct node *node, struct buf *out);
/* A type as D writes it: "char *", "int [4]"; a body written in place is left out. */
void ast_print_type(const struct type_spec *tspec, struct buf *out);
const char *node_op_name(enum node_op op); /* "+", "+=", "->" ... */

#endif
