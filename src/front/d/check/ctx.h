/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the checker share. One context lives for one
 * check_script(); the members from `clause` on are of the clause that is being checked.
 *
 * What lowering (front/d/lower.c) may rely on in an accepted script:
 * - Every node of an expression has a type; where is_const holds, ival is the value extended to 64 bits by that type,
 * and the operands need not be looked at. In a clause without a probe (zdefs) a type may be TYPE_ERROR.
 * - Where text is needed and a char * or char [] was given, a NODE_UNARY OP_STRINGOF was put in between: strings meet
 * strings.
 * - Integers are not cast explicitly: operands of arithmetic are to be converted to the node's type, of comparisons to
 * type_usual() of both, of assignments to the type of the left side, keys to the types of the variable's keys.
 * - The constant 0 assigned to a string variable empties it (and frees a thread-local variable or an array's element).
 */
#ifndef CEPHTAP_D_CHECK_CTX_H
#define CEPHTAP_D_CHECK_CTX_H

#include "front/d/check/check.h"
#include "func/func.h"

/* Names to things, by scope: declarations, variables, aggregations. */
struct nametab_entry {
	struct nametab_entry *next, *newer;
	const char *name;
	unsigned scope;
	void *value;
};

enum { NAMETAB_BUCKETS = 512 };

struct nametab {
	struct arena *arena;
	struct nametab_entry *buckets[NAMETAB_BUCKETS];
	struct nametab_entry *first, **last; /* in the order of addition */
	unsigned len;
};

void nametab_init(struct nametab *tab, struct arena *arena);
void *nametab_find(const struct nametab *tab, unsigned scope, const char *name);
void nametab_add(struct nametab *tab, unsigned scope, const char *name, void *value);
/* Appends the names of this scope to a list for nearest_name(). */
void nametab_list(const struct nametab *tab, unsigned scope, struct arena *arena, const char ***list,
		  unsigned *list_len);

/* An `inline` of the script, an enumerator, or NULL. */
struct constant {
	const struct decl *decl; /* an inline: its value is put in place of each use; NULL: an enumerator */
	const struct type *type;
	int64_t value; /* an enumerator's */
};

struct left_group;
/* A marker that cannot be had here; why is NULL for one that only goes with another. */
struct lost_marker {
	const char *marker, *why; /* "ceph_osd:::op-start" */
	struct loc loc;
};

struct check_ctx {
	struct arena *arena;
	struct diags *diags;
	const struct options *options;
	struct probe_source *source;
	struct checked *out;
	struct nametab types;	   /* "struct foo", "foo" of a typedef: const struct type * */
	struct nametab constants;  /* struct constant * */
	struct nametab vars;	   /* by scope: struct var * */
	struct nametab builtins;   /* const struct type * of built-in variables */
	struct nametab externs;	   /* const struct type * of what programs are said to have */
	struct nametab aggs;	   /* struct aggvar * */
	struct nametab exprs;	   /* struct node *, by the text of an argument that D makes */
	const struct type *string; /* string of strsize */
	struct script *library;	   /* NULL: not needed yet */
	bool in_library;	   /* a declaration of the library is looked at */
	struct translator **translators;
	unsigned translators_len;

	struct left_group *left_groups; /* of places.c */
	unsigned left_groups_len;
	struct lost_marker *lost; /* that the script may lack, and does */
	unsigned lost_len;

	struct checked_clause *clause;
	struct action **actions; /* of the clause: pointers, until their number is known */
	unsigned actions_len;
	unsigned nodes;	      /* visited in this clause */
	unsigned depth;	      /* of the expression that is being visited */
	uint64_t matched;     /* probes of all clauses so far */
	uint64_t record_size; /* sum of the recorded values */
	unsigned values;      /* number of recorded values */
	struct var **used;    /* variables and aggregations that need a map of their own, used in this clause */
	unsigned used_len;
	struct aggvar **used_aggs;
	unsigned used_aggs_len;
	bool in_expr;		      /* inside an expression: actions are refused */
	const struct node *member_of; /* of this node a member is read */
	const char *assigned;	      /* the variable on the left of the assignment that is being looked at */
	struct node *stray;	      /* an action in the expression that is being looked at */
	bool is_full;		      /* CHECK_NODES_MAX was exceeded and said */
};

/* --- Messages --- */

/* Says that the node is wrong, gives it TYPE_ERROR, and returns the diagnostic for a hint. */
struct diag *check_error(struct check_ctx *ctx, struct node *node, const char *tag, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same, pointing at the operator. */
struct diag *check_error_op(struct check_ctx *ctx, struct node *node, const char *tag, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
const char *check_type_text(struct check_ctx *ctx, const struct type *type);
bool check_failed(const struct node *node); /* already said */

/* --- Types (tspec.c, layout.c) --- */

/* Resolves a type as written; type_error after a diagnostic. */
const struct type *check_tspec(struct check_ctx *ctx, const struct type_spec *spec);
const struct type *check_type_name(struct check_ctx *ctx, const char *name,
				   struct loc loc); /* without pointers, dims */
/* The same, or NULL and no diagnostic: the library's and the kernel's too. */
const struct type *check_type_known(struct check_ctx *ctx, const char *name);
const struct type *check_layout(struct check_ctx *ctx, const struct type_spec *spec); /* a body in place */
void check_enum(struct check_ctx *ctx, struct decl *members);
void check_decl(struct check_ctx *ctx, struct decl *decl);
/* A structure or union that was named, but not declared. */
bool check_is_incomplete(const struct type *type);
bool check_object_type(struct check_ctx *ctx, const struct type *type, struct loc loc, const char *what);

/* --- Expressions --- */

void check_expr(struct check_ctx *ctx, struct node *node);
void check_args(struct check_ctx *ctx, struct node *node);
/*
 * What an operand is to an operator: an array is a pointer to its first element. What has no value, because it is an
 * aggregation or a translated structure, is of type_agg, which no operator takes.
 */
const struct type *check_operand(struct check_ctx *ctx, const struct node *node);
bool check_is_dynamic(const struct node *node); /* an aggregation, a translated structure */
bool check_is_action(const struct node *node);
const char *check_why_no_value(const struct node *node); /* NULL: it has one */
/* Text as a string: the node itself, or an OP_STRINGOF around it. */
struct node *check_to_string(struct check_ctx *ctx, struct node *node);
/* Can a value of this node be given to something of that type (an argument, an assignment)? Converts text in *slot. */
bool check_convert(struct check_ctx *ctx, const struct type *to, struct node **slot);
/* The type of an operand, arrays as pointers to their first element. */
const struct type *check_decay(struct check_ctx *ctx, const struct node *node);
/* Is the object that this names in the traced process? The pointer that was followed last says so. */
bool check_is_userland(const struct node *node);
/* ... or was it copied from there, so that addresses in it are the process's? */
bool check_is_of_user(const struct node *node);
/* The array whose element `*a` or `*(a + i)` is; NULL: there is none, a pointer is followed. */
const struct node *check_array_of(const struct node *node);
const struct type *check_loaded(struct check_ctx *ctx, const struct node *node, const struct type *type);
bool check_is_bit_field(const struct node *node);
bool check_count(struct check_ctx *ctx, struct node *node);
struct diag *check_no_member(struct check_ctx *ctx, struct node *node, const char *tag, const struct type *type);
void check_ident(struct check_ctx *ctx, struct node *node);
void check_index(struct check_ctx *ctx, struct node *node);
void check_member(struct check_ctx *ctx, struct node *node);
void check_unary(struct check_ctx *ctx, struct node *node);
void check_binary(struct check_ctx *ctx, struct node *node);
void check_assign(struct check_ctx *ctx, struct node *node);
void check_sizeof(struct check_ctx *ctx, struct node *node);
void check_fold(struct check_ctx *ctx, struct node *node);
int64_t fold_extend(uint64_t value, const struct type *type); /* to 64 bits, by size and sign */
struct node *check_clone(struct check_ctx *ctx, const struct node *node);
/* What is put in for something in the script is at its place: for messages, and for faults when it runs. */
void check_set_loc(struct node *node, struct loc loc);

/* What pragmas say of names, when all of the script's are known. */
void check_pragma_names(struct check_ctx *ctx, const struct script *script);

/* --- Variables --- */

/* The script's variable of this name; NULL: none yet. */
struct var *check_var_find(struct check_ctx *ctx, enum var_scope scope, const char *name);
struct var *check_var_new(struct check_ctx *ctx, enum var_scope scope, const char *name, const struct type *type,
			  struct loc loc);
/* The left side of an assignment or ++: a variable is declared by this, of the type, if it is new. False: said. */
bool check_left(struct check_ctx *ctx, struct node *node, const struct type *type);
/* ... and whether it may be written, which is looked at after its type. */
bool check_writable(struct check_ctx *ctx, struct node *node);
void check_var_use(struct check_ctx *ctx, struct var *var);
/* Tuple keys: fixes *keys at first use, compares and widens later. `what` names the owner: "@a", "x". */
bool check_keys(struct check_ctx *ctx, struct node *node, const char *what, const struct type ***keys,
		unsigned *keys_len, bool is_new);
void check_vars_finish(struct check_ctx *ctx);

/* --- Translators (xlate.c), D's library (library.c) --- */

void check_translator(struct check_ctx *ctx, const struct decl *decl);
/* Is there a translator to the type that `spec` writes? */
bool check_has_translator(struct check_ctx *ctx, const struct type_spec *spec, const struct type *to,
			  const struct type *from);
/* The operand wherever the name stands. */
struct node *check_put_in(struct check_ctx *ctx, struct node *node, const char *name, const struct node *operand);
/* Any value of the type, to look at an expression that has a parameter before it is known what that is. */
struct node *check_value_of(struct check_ctx *ctx, const struct type *type, struct loc loc);
void check_xlate(struct check_ctx *ctx, struct node *node);
void check_translated(struct check_ctx *ctx, struct node *node); /* a member of what xlate gives */
/* Declares what the library has of this name: a type or a constant. False: nothing. */
bool library_declare(struct check_ctx *ctx, const char *name, bool is_type);
/* Declares the library's translators to the type of this name. */
void library_translators(struct check_ctx *ctx, const char *out);

/* --- Places that lack an argument (places.c) --- */

/*
 * Leaves a place of the probe out, or all of them (PLACES_ALL); the sentence comes at the end, with others of its kind.
 * `what` is what the script asks for there; NULL: the place itself is no good.
 */
enum { PLACES_ALL = ~0u };
void check_leave_out(struct check_ctx *ctx, struct loc loc, const struct probe *probe, unsigned site, const char *what,
		     const char *why);
/* Those that the provider says are no good. */
void check_sound_places(struct check_ctx *ctx, struct loc loc, const struct probe *probe);
/* When all clauses are checked: says what is left out, and takes probes without a place out of the clauses. */
void check_places_finish(struct check_ctx *ctx);

/* --- What a report may lack (lacks.c) --- */

bool check_may_lack(struct check_ctx *ctx, const char *prov, const char *name);
/* It does: said at the end. */
void check_lack(struct check_ctx *ctx, struct loc loc, const char *prov, const char *name, const char *why);
/* When all clauses are checked: takes away what goes with it. */
void check_lacks_finish(struct check_ctx *ctx);

/* --- Arguments of probes (probe.c) --- */

void check_probes(struct check_ctx *ctx, struct clause *clause);
void check_all_probes(struct check_ctx *ctx);
void check_raw_arg(struct check_ctx *ctx, struct node *node);	 /* argN */
void check_probe_args(struct check_ctx *ctx, struct node *node); /* args[N] */
const char *check_probe_text(struct check_ctx *ctx, const struct probe *probe);

/* --- Parameters that are structures (pieces.c) --- */

/* Is it args[N] where that is a structure itself, not a pointer to one? */
bool check_is_object_arg(const struct check_ctx *ctx, const struct node *node);
/* A member or element of a structure that is in registers: says so when a part of it is nowhere. */
void check_pieces(struct check_ctx *ctx, struct node *node);
/* args[N] that is used as a whole: says so when a part of it is nowhere. */
void check_whole(struct check_ctx *ctx, struct node *node);

/* --- Calls --- */

/* The type that a prototype means; NULL: any, or an aggregation. */
const struct type *check_proto_type(struct check_ctx *ctx, enum proto_type type);
const char *check_proto_text(struct check_ctx *ctx, const char *name, const struct proto *proto);
/* Arguments against a prototype, when they have been checked: their number, and their types. */
bool check_args_len(struct check_ctx *ctx, const struct proto *proto, struct node *call);
bool check_args_types(struct check_ctx *ctx, const struct proto *proto, struct node *call);
bool check_arg_type(struct check_ctx *ctx, const struct proto *proto, struct node *call, unsigned i);
/* The tag of a mistake in a call; `arg` from 0, or CALL_ITSELF. */
const char *check_tag(const struct node *call, enum call_fault fault, unsigned arg);
/* What the function itself has to say, and what it records. */
/* order.c: what may follow what in a clause; false after a message */
bool check_order(struct check_ctx *ctx, struct node *call);
bool check_order_agg(struct check_ctx *ctx, struct node *node);
void check_plugin(struct check_ctx *ctx, struct node *node);
void check_call(struct check_ctx *ctx, struct node *node);
/* A statement: records its action, or updates an aggregation, or evaluates. */
void check_statement(struct check_ctx *ctx, struct node *node);
void check_aggs_finish(struct check_ctx *ctx);
void check_agg_assign(struct check_ctx *ctx, struct node *node);
/* Says that nothing before this assigns the aggregation. */
void check_agg_unknown(struct check_ctx *ctx, struct node *node, const char *tag);
/* The aggregation that an argument names; NULL after a diagnostic. */
struct aggvar *check_agg_arg(struct check_ctx *ctx, struct node *call, unsigned i);

/* A new action for this call, with nothing recorded yet. */
struct action *check_action_new(struct check_ctx *ctx, struct node *call);
void check_action_record(struct check_ctx *ctx, struct action *action, struct node *expr);
/* The same, of that type: of an object, the node may be its address. */
void check_action_record_as(struct check_ctx *ctx, struct action *action, struct node *expr, const struct type *type);
void check_action_agg(struct check_ctx *ctx, struct action *action, struct aggvar *agg);

#endif
