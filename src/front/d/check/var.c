/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identifiers: the script's variables, built-in ones, inlines and enumerators; members and elements. */
#include <ctype.h>
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/ctx.h"

static const char *scope_prefix(enum var_scope scope)
{
	return scope == SCOPE_SELF ? "self->" : scope == SCOPE_THIS ? "this->" : "";
}

/* Made when first used. */
static const struct type *type_of_builtin(struct check_ctx *ctx, const struct builtin *builtin)
{
	const struct type *type = nametab_find(&ctx->builtins, 0, builtin->name);

	if (type)
		return type;
	if (builtin->string_size)
		type = type_string(ctx->arena, builtin->string_size);
	else
		type = check_proto_type(ctx, builtin->type);
	nametab_add(&ctx->builtins, 0, builtin->name, (void *)type);
	return type;
}

struct var *check_var_find(struct check_ctx *ctx, enum var_scope scope, const char *name)
{
	return nametab_find(&ctx->vars, scope, name);
}

/* The built-in variable that an identifier names, where the script has none of this name; NULL: none. */
static const struct builtin *find_builtin(struct check_ctx *ctx, const struct node *node)
{
	if (node->kind != NODE_IDENT || node->scope != SCOPE_GLOBAL || check_var_find(ctx, SCOPE_GLOBAL, node->name))
		return NULL;
	return nametab_find(&ctx->constants, 0, node->name) ? NULL : builtin_find(node->name);
}

struct var *check_var_new(struct check_ctx *ctx, enum var_scope scope, const char *name, const struct type *type,
			  struct loc loc)
{
	struct var *var = arena_new_one(ctx->arena, struct var);

	var->name = name;
	var->scope = scope;
	var->type = type;
	var->loc = loc;
	var->id = ctx->out->vars_len;
	*arena_push(ctx->arena, ctx->out->vars, ctx->out->vars_len) = var;
	nametab_add(&ctx->vars, scope, name, var);
	return var;
}

/* Remembers, once for each clause, what needs a map of its own. */
void check_var_use(struct check_ctx *ctx, struct var *var)
{
	unsigned i;

	if (!var->is_assoc && var->scope != SCOPE_SELF)
		return;
	for (i = 0; i < ctx->used_len; i++)
		if (ctx->used[i] == var)
			return;
	*arena_push(ctx->arena, ctx->used, ctx->used_len) = var;
}

/* A name that the script itself brings up, on a left side or before a bracket, is known to D, but without a value. */
static const char *undefined_tag(const struct check_ctx *ctx, const struct node *node, bool is_array)
{
	bool is_known =
		is_array || node->scope != SCOPE_GLOBAL || (ctx->assigned && !strcmp(ctx->assigned, node->name));

	return is_known ? "D_VAR_UNDEF" : "D_IDENT_UNDEF";
}

/* What was missed once is not missed again. */
static void silence(struct check_ctx *ctx, const struct node *node)
{
	struct var *var = arena_new_one(ctx->arena, struct var);

	*var = (struct var){.name = node->name, .scope = node->scope, .type = &type_error, .loc = node->loc};
	nametab_add(&ctx->vars, node->scope, node->name, var);
}

/* Variables of DTrace's that are not here, and what to do instead. */
static const struct {
	const char *name, *hint;
} missing[] = {
	{"vtimestamp", "time on the processor is `curthread->se.sum_exec_runtime`; `timestamp` is time that passes"},
	{"zonename", "Linux has no zones; containers are chosen with --container or --cgroup"},
	{"root", "the kernel has it as `curthread->fs->root`"},
	{"cwd", "the kernel has it as `curthread->fs->pwd`"},
	{"uregs", "registers are not to be had by number; arguments are `arg0` to `arg9`, the stack pointer is `usp`"},
	{"fds", "the kernel has files as `curthread->files->fdt->fd`"},
};

static const char *missing_hint(const struct node *node)
{
	for (unsigned i = 0; node->scope == SCOPE_GLOBAL && i < sizeof(missing) / sizeof(missing[0]); i++)
		if (!strcmp(node->name, missing[i].name))
			return missing[i].hint;
	return NULL;
}

/* What the writer may have meant by a name that is not there. */
static void hint_name(struct check_ctx *ctx, const struct node *node, struct diag *diag)
{
	const char **list = NULL, *near;
	unsigned n = 0, kept = 0, i;
	const struct var *var;

	if (missing_hint(node)) {
		diag_hint(ctx->diags, diag, "DTrace has this variable, cephtap does not: %s", missing_hint(node));
		return;
	}
	nametab_list(&ctx->vars, node->scope, ctx->arena, &list, &n);
	for (i = 0; i < n; i++) {
		var = nametab_find(&ctx->vars, node->scope, list[i]);
		if (!var || var->type != &type_error)
			list[kept++] = list[i];
	}
	n = kept;
	if (node->scope == SCOPE_GLOBAL) {
		nametab_list(&ctx->constants, 0, ctx->arena, &list, &n);
		for (i = 0; builtin_at(i); i++)
			*arena_push(ctx->arena, list, n) = builtin_at(i)->name;
	}
	near = nearest_name(node->name, list, n);
	if (node->scope == SCOPE_GLOBAL && !strncmp(node->name, "arg", 3) && node->name[3] &&
	    !node->name[3 + strspn(node->name + 3, "0123456789")])
		diag_hint(ctx->diags, diag, "D has arg0 to arg9; beyond these it is `args[%s]`", node->name + 3);
	else if (near)
		diag_hint(ctx->diags, diag, "did you mean `%s%s`?", scope_prefix(node->scope), near);
	else
		diag_hint(ctx->diags, diag, "declare it at the start of the script, for example `%s%s%s;`",
			  node->scope == SCOPE_SELF   ? "self "
			  : node->scope == SCOPE_THIS ? "this "
						      : "",
			  "int64_t ", node->name);
}

static void undefined(struct check_ctx *ctx, struct node *node, bool is_array)
{
	struct diag *diag;

	diag = check_error(ctx, node, undefined_tag(ctx, node, is_array),
			   "`%s%s` has no value yet: nothing before this assigns or declares it",
			   scope_prefix(node->scope), node->name);
	if (diag) /* past the limit of messages, hints would cost a search each */
		hint_name(ctx, node, diag);
	silence(ctx, node);
}

struct node *check_clone(struct check_ctx *ctx, const struct node *node)
{
	struct node *copy;
	unsigned i;

	if (!node)
		return NULL;
	copy = arena_memdup(ctx->arena, node, sizeof(*node));
	copy->left = check_clone(ctx, node->left);
	copy->right = check_clone(ctx, node->right);
	copy->third = check_clone(ctx, node->third);
	if (node->args_len)
		copy->args = arena_new_array(ctx->arena, struct node *, node->args_len);
	for (i = 0; i < node->args_len; i++)
		copy->args[i] = check_clone(ctx, node->args[i]);
	return copy;
}

void check_set_loc(struct node *node, struct loc loc)
{
	unsigned i;

	if (!node)
		return;
	node->loc = node->op_loc = loc;
	check_set_loc(node->left, loc);
	check_set_loc(node->right, loc);
	check_set_loc(node->third, loc);
	for (i = 0; i < node->args_len; i++)
		check_set_loc(node->args[i], loc);
}

static struct node *cast_around(struct check_ctx *ctx, struct node *node, struct type_spec *tspec)
{
	struct node *cast = arena_new_one(ctx->arena, struct node);

	*cast = (struct node){.kind = NODE_CAST,
			      .loc = node->loc,
			      .op_loc = node->loc,
			      .left = node,
			      .tspec = tspec,
			      .arg_index = -1};
	return cast;
}

/* An inline stands for its value, cast to its type: so the node becomes that cast. */
static void use_constant(struct check_ctx *ctx, struct node *node, const struct constant *constant)
{
	if (!constant->decl) {
		node->type = constant->type;
		node->is_const = true;
		node->ival = (uint64_t)constant->value;
		return;
	}
	if (constant->type->kind == TYPE_ERROR) {
		node->type = &type_error;
		return;
	}
	if (constant->decl->keys_len) {
		check_error(ctx, node, "D_IDENT_BADREF", "`%s` is an array: it needs an index", node->name);
		return;
	}
	node->kind = NODE_CAST;
	node->tspec = constant->decl->tspec;
	node->left = check_clone(ctx, constant->decl->value);
	ctx->nodes--; /* it was counted as an identifier */
	check_expr(ctx, node);
}

/* A name that no script can write, so that one index is not put into another. */
static const char *parameter_name(struct check_ctx *ctx, unsigned i)
{
	return arena_printf(ctx->arena, "#%u", i);
}

static struct node *rename_parameters(struct check_ctx *ctx, const struct decl *decl)
{
	struct node *value = check_clone(ctx, decl->value);

	for (unsigned i = 0; i < decl->keys_len; i++) {
		struct node name = {.kind = NODE_IDENT, .name = parameter_name(ctx, i), .arg_index = -1};

		if (decl->key_names[i])
			value = check_put_in(ctx, value, decl->key_names[i], &name);
	}
	return value;
}

/* An inline with parameters: its value, with the indices put in, cast to its type. */
static void use_inline_array(struct check_ctx *ctx, struct node *node, const struct constant *constant)
{
	const struct decl *decl = constant->decl;
	struct node *value;

	if (node->args_len != decl->keys_len) {
		check_error(ctx, node, "D_PROTO_LEN", "`%s` has %u key%s, not %u", decl->name, decl->keys_len,
			    decl->keys_len == 1 ? "" : "s", node->args_len);
		return;
	}
	value = rename_parameters(ctx, decl);
	for (unsigned i = 0; i < decl->keys_len; i++) {
		const struct type *type = check_tspec(ctx, decl->keys[i]);
		struct node *given = check_clone(ctx, node->args[i]);

		check_expr(ctx, given);
		if (check_failed(given))
			return;
		if (check_why_no_value(given) || !check_convert(ctx, type, &given)) {
			check_error(ctx, node, "D_PROTO_ARG", "key #%u of `%s` is `%s`, here it is `%s`", i + 1,
				    decl->name, check_type_text(ctx, type),
				    check_type_text(ctx, check_operand(ctx, given)));
			return;
		}
		if (decl->key_names[i])
			value = check_put_in(ctx, value, parameter_name(ctx, i),
					     cast_around(ctx, node->args[i], decl->keys[i]));
	}
	node->kind = NODE_CAST;
	node->tspec = decl->tspec;
	node->left = value;
	node->args_len = 0;
	ctx->nodes--;
	check_expr(ctx, node);
}

/* arg0 to arg9: which; else -1. */
static int raw_arg(const char *name)
{
	return !strncmp(name, "arg", 3) && isdigit((unsigned char)name[3]) && !name[4] ? name[3] - '0' : -1;
}

static void use_builtin(struct check_ctx *ctx, struct node *node, const struct builtin *builtin)
{
	node->builtin = builtin;
	node->type = type_of_builtin(ctx, builtin);
	if (!strcmp(builtin->name, "args")) {
		check_error(ctx, node, "D_IDENT_BADREF", "`%s` is an array: it needs an index", node->name);
		return;
	}
	node->arg_index = raw_arg(builtin->name);
	if (node->arg_index >= 0)
		check_raw_arg(ctx, node);
}

/* DTrace's functions have names that no variable can take; ours do not get into a script's way. */
static bool refuse_function(struct check_ctx *ctx, struct node *node)
{
	const struct func *func = func_find(node->name);

	if (node->scope != SCOPE_GLOBAL || (!(func && !(func->flags & FUNC_OURS)) && !agg_find(node->name)))
		return false;
	diag_hint(ctx->diags,
		  check_error(ctx, node, "D_IDENT_BADREF", "`%s` is a function, not a variable", node->name),
		  "it is called as `%s(...)`", node->name);
	return true;
}

void check_ident(struct check_ctx *ctx, struct node *node)
{
	const struct builtin *builtin = find_builtin(ctx, node);
	const struct constant *constant = NULL;
	struct var *var;

	if (builtin) {
		ctx->out->has_stacks |= builtin->has_stack;
		use_builtin(ctx, node, builtin);
		return;
	}
	if (node->scope == SCOPE_GLOBAL)
		constant = nametab_find(&ctx->constants, 0, node->name);
	var = constant ? NULL : check_var_find(ctx, node->scope, node->name);
	if (!constant && !var && node->scope == SCOPE_GLOBAL && library_declare(ctx, node->name, false))
		constant = nametab_find(&ctx->constants, 0, node->name);
	if (constant) {
		use_constant(ctx, node, constant);
		return;
	}
	if (!var && refuse_function(ctx, node))
		return;
	if (!var) {
		undefined(ctx, node, false);
		return;
	}
	node->var = var;
	node->type = var->type;
	if (var->is_assoc) {
		check_error(ctx, node, node->scope == SCOPE_GLOBAL ? "D_IDENT_BADREF" : "D_PROTO_LEN",
			    "`%s%s` is an array: it needs an index", scope_prefix(node->scope), node->name);
		return;
	}
	check_var_use(ctx, var);
}

/* --- Members --- */

static const char *why_no_types(const struct check_ctx *ctx)
{
	const struct type_source *kernel = ctx->source->types;

	return kernel && kernel->why ? kernel->why(kernel) : NULL;
}

static void say_incomplete(struct check_ctx *ctx, struct node *node, const struct type *type)
{
	const char *text = check_type_text(ctx, type), *why = why_no_types(ctx);
	struct diag *diag = check_error_op(ctx, node, "D_OP_INCOMPLETE",
					   "`%s` is only named, not declared: its members are not known", text);

	if (why)
		diag_hint(ctx->diags, diag, "%s", why);
	else
		diag_hint(ctx->diags, diag, "declare it at the start of the script: `%s { ... };`", text);
}

void check_member(struct check_ctx *ctx, struct node *node)
{
	const struct type_member *member;
	const struct type *type;

	ctx->member_of = node->left;
	check_expr(ctx, node->left);
	node->type = &type_error;
	if (node->op == OP_DOT && check_is_object_arg(ctx, node->left))
		node->op = OP_ARROW; /* a structure is given by its address */
	if (node->left->kind == NODE_XLATE && !check_failed(node->left)) {
		check_translated(ctx, node);
		return;
	}
	if (check_failed(node->left))
		return;
	type = check_operand(ctx, node->left);
	if (node->op == OP_ARROW) {
		if (type->kind != TYPE_PTR) {
			check_error_op(ctx, node, "D_OP_PTR", "`->` needs a pointer, not `%s`",
				       check_type_text(ctx, type));
			return;
		}
		type = type->to;
	}
	if (type->kind == TYPE_VOID && node->op == OP_ARROW) {
		diag_hint(ctx->diags, check_error_op(ctx, node, "D_OP_SOU", "what this points at is not known"),
			  "declare the structure in the script and cast the pointer to it");
		return;
	}
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_UNION) {
		diag_hint(ctx->diags,
			  check_error_op(ctx, node, "D_OP_SOU", "`%s` needs a structure or union, not `%s`",
					 node_op_name(node->op), check_type_text(ctx, type)),
			  type->kind == TYPE_PTR ? "use `->` for a pointer"
						 : "only structures and unions have members");
		return;
	}
	member = type_find_member(type, node->name);
	if (check_is_incomplete(type)) {
		say_incomplete(ctx, node, type);
	} else if (!member) {
		check_no_member(ctx, node, "D_TYPE_MEMBER", type);
	} else if (member->why) {
		check_error(ctx, node, "D_TYPE_MEMBER", "`%s` of `%s` cannot be read: %s", node->name,
			    check_type_text(ctx, type), member->why);
	} else {
		node->type = check_loaded(ctx, node, member->type);
		check_pieces(ctx, node);
	}
}

/* --- Elements --- */

static void index_assoc(struct check_ctx *ctx, struct node *node, struct var *var)
{
	const char *what = arena_printf(ctx->arena, "%s%s", scope_prefix(var->scope), var->name);

	node->var = var;
	node->left->var = var;
	node->left->type = var->type;
	node->left->arg_index = -1;
	check_args(ctx, node);
	node->type = var->type;
	if (!check_keys(ctx, node, what, &var->keys, &var->keys_len, false))
		node->type = &type_error;
	check_var_use(ctx, var);
}

static void index_pointer(struct check_ctx *ctx, struct node *node)
{
	const struct type *type;
	struct node *index = node->args_len ? node->args[0] : NULL;

	check_expr(ctx, node->left);
	check_args(ctx, node);
	node->type = &type_error;
	if (check_failed(node->left) || !index || check_failed(index))
		return;
	type = check_is_dynamic(node->left) ? &type_agg : node->left->type;
	if (node->args_len != 1) {
		check_error(ctx, node, "D_ARR_BADREF", "this is not an array with several keys: it takes one index");
		return;
	}
	if (!type_is_int(check_operand(ctx, index))) {
		check_error(ctx, node, type_is_int(type) ? "D_DEREF_NONPTR" : "D_OP_INCOMPAT",
			    "the index of an array or pointer must be an integer, not `%s`",
			    check_type_text(ctx, check_operand(ctx, index)));
		return;
	}
	if (type->kind != TYPE_PTR && type->kind != TYPE_ARRAY) {
		check_error(ctx, node, type_is_int(type) ? "D_DEREF_NONPTR" : "D_OP_INCOMPAT",
			    "`[ ]` needs an array or a pointer, not `%s`", check_type_text(ctx, type));
		return;
	}
	if (type->kind == TYPE_ARRAY && type->count && index->is_const && index->ival >= type->count) {
		check_error(ctx, node, "D_ARR_BOUNDS", "index %lld is outside of the array: it has %u elements",
			    (long long)index->ival, type->count);
		return;
	}
	type_complete(type->to); /* a class that is only declared gets its size */
	if (!type->to->size) {
		check_error(ctx, node, type->to->kind == TYPE_VOID ? "D_OP_INCOMPAT" : "D_OP_INCOMPLETE",
			    "a pointer to `%s` cannot be followed", check_type_text(ctx, type->to));
		return;
	}
	node->type = check_loaded(ctx, node, type->to);
	check_pieces(ctx, node);
}

/* The array that `left [` names, if left is a plain identifier of the script. */
static struct var *indexed_var(struct check_ctx *ctx, const struct node *left)
{
	if (left->kind != NODE_IDENT || (left->scope == SCOPE_GLOBAL && nametab_find(&ctx->constants, 0, left->name)))
		return NULL;
	return check_var_find(ctx, left->scope, left->name);
}

static void no_local_array(struct check_ctx *ctx, struct node *node)
{
	check_error(ctx, node, "D_ARR_LOCAL", "there are no clause-local arrays: `this->%s` may only be a scalar",
		    node->left->name);
}

static bool is_plain(struct check_ctx *ctx, const struct node *node)
{
	return node->kind == NODE_IDENT &&
	       !(node->scope == SCOPE_GLOBAL && nametab_find(&ctx->constants, 0, node->name));
}

/* An array that nothing has put anything into. */
static bool is_unknown_name(struct check_ctx *ctx, const struct node *left)
{
	return left->kind == NODE_IDENT && left->scope == SCOPE_GLOBAL && is_plain(ctx, left) &&
	       !check_var_find(ctx, left->scope, left->name) && !find_builtin(ctx, left) && !func_find(left->name) &&
	       !agg_find(left->name) && !library_declare(ctx, left->name, false);
}

static const struct constant *inline_array(struct check_ctx *ctx, const struct node *left)
{
	const struct constant *constant = NULL;

	if (left->kind == NODE_IDENT && left->scope == SCOPE_GLOBAL)
		constant = nametab_find(&ctx->constants, 0, left->name);
	return constant && constant->decl && constant->decl->keys_len ? constant : NULL;
}

void check_index(struct check_ctx *ctx, struct node *node)
{
	const struct builtin *builtin = find_builtin(ctx, node->left);
	struct var *var = indexed_var(ctx, node->left);
	const struct constant *inlined = var ? NULL : inline_array(ctx, node->left);

	if (builtin && !strcmp(builtin->name, "args")) {
		node->left->builtin = builtin;
		node->left->type = type_of_builtin(ctx, builtin);
		node->left->arg_index = -1;
		check_probe_args(ctx, node);
	} else if (var && var->is_assoc) {
		index_assoc(ctx, node, var);
	} else if (inlined) {
		node->type = &type_error;
		use_inline_array(ctx, node, inlined);
	} else if (node->left->kind == NODE_AGG) {
		check_error(ctx, node, "D_AGG_MDIM", "`@%s` takes its keys in one pair of brackets", node->left->name);
	} else if (node->left->kind == NODE_IDENT && node->left->scope == SCOPE_THIS && !var) {
		no_local_array(ctx, node);
	} else if (is_unknown_name(ctx, node->left)) {
		undefined(ctx, node->left, true);
		node->type = &type_error;
	} else {
		index_pointer(ctx, node);
	}
}

/* --- Left sides --- */

static struct var *new_array(struct check_ctx *ctx, struct node *node, const struct type *type)
{
	struct node *left = node->left;
	struct var *var;

	if (left->scope == SCOPE_THIS) {
		no_local_array(ctx, node);
		return NULL;
	}
	check_args(ctx, node);
	var = check_var_new(ctx, left->scope, left->name, type, node->loc);
	var->is_assoc = true;
	check_keys(ctx, node, left->name, &var->keys, &var->keys_len, true);
	left->var = var;
	left->type = type;
	left->arg_index = -1;
	node->var = var;
	node->type = type;
	check_var_use(ctx, var);
	return var;
}

/* Can this be changed at all, if perhaps not by a script? */
static bool is_lvalue(const struct node *node)
{
	if (node->is_const)
		return false;
	return node->is_inlined || node->builtin || node->var || node->arg_index >= 0 || node->kind == NODE_MEMBER ||
	       node->kind == NODE_INDEX || (node->kind == NODE_UNARY && node->op == OP_DEREF);
}

const struct node *check_array_of(const struct node *node)
{
	const struct node *left = node->left;

	if (node->kind != NODE_UNARY || node->op != OP_DEREF)
		return NULL;
	if (left->type->kind == TYPE_ARRAY)
		return left;
	return left->kind == NODE_BINARY && left->op == OP_ADD && left->left->type->kind == TYPE_ARRAY ? left->left
												       : NULL;
}

/* The variable that holds the object which this is a part of: no pointer is followed on the way. */
static struct var *holder(const struct node *node)
{
	while (node && !node->var) {
		bool is_part =
			(node->kind == NODE_MEMBER && node->op == OP_DOT) ||
			(node->kind == NODE_INDEX && node->arg_index < 0 && node->left->type->kind == TYPE_ARRAY);

		node = is_part ? node->left : check_array_of(node);
	}
	return node && type_is_object(node->var->type) ? node->var : NULL;
}

/* Does a pointer of the script's own lead there? Whether it is one that alloca() gave is seen when the script runs. */
static bool is_own_memory(const struct node *node)
{
	const struct node *root = node;

	if (node->kind != NODE_MEMBER && node->kind != NODE_INDEX && (node->kind != NODE_UNARY || node->op != OP_DEREF))
		return false;
	if (node->type->kind == TYPE_ARRAY || check_is_userland(node))
		return false;
	while (root->left && root->kind != NODE_CALL)
		root = root->left;
	return !root->is_const && !root->builtin && root->arg_index < 0;
}

bool check_writable(struct check_ctx *ctx, struct node *node)
{
	if (node->var && (node->kind == NODE_IDENT || node->kind == NODE_INDEX)) {
		node->var->is_written = true;
		return true;
	}
	if (holder(node)) {
		holder(node)->is_written = true;
		return true;
	}
	if (is_own_memory(node))
		return true;
	if (node->builtin)
		check_error(ctx, node, "D_OP_WRITE", "`%s` is a built-in variable: it cannot be assigned",
			    node->builtin->name);
	else if (is_lvalue(node))
		check_error(ctx, node, "D_OP_WRITE",
			    "memory cannot be written: a script changes only its own variables");
	else
		check_error(ctx, node, "D_OP_LVAL", "this cannot be assigned: it is not a variable");
	return false;
}

/* A name that is there for the first time. */
static bool is_new_name(struct check_ctx *ctx, const struct node *node)
{
	return is_plain(ctx, node) && !check_var_find(ctx, node->scope, node->name) && !find_builtin(ctx, node);
}

bool check_left(struct check_ctx *ctx, struct node *node, const struct type *type)
{
	bool was_name;

	if (is_new_name(ctx, node)) {
		if (!check_count(ctx, node) || refuse_function(ctx, node))
			return false;
		node->var = check_var_new(ctx, node->scope, node->name, type, node->loc);
		node->type = type;
		check_var_use(ctx, node->var);
		return true;
	}
	if (node->kind == NODE_INDEX && is_new_name(ctx, node->left)) {
		node->type = &type_error;
		return check_count(ctx, node) && !refuse_function(ctx, node->left) && new_array(ctx, node, type);
	}
	was_name = node->kind == NODE_IDENT;
	check_expr(ctx, node);
	node->is_inlined = was_name && node->kind != NODE_IDENT;
	return !check_failed(node);
}
