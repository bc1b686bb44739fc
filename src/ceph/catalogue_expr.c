/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions of the catalogue: from `op->reqid.tid` to the steps that read it. In: a site's lines and a resolver that knows
 * layouts. Out: struct argloc. One recursive parser that emits as it goes; it has no types of its own but the one that a cast
 * gives to a pointer, so every offset comes from the resolver.
 *
 *   expr   := unary { ('+' | '-' | '/' | '&' | '>>') constant }          from left to right, all of one rank
 *   unary  := '*' unary | '&' unary | '(' TYPE '*' ')' unary | primary { '->' MEMBER { '.' MEMBER } }
 *   primary:= '(' expr ')' | '$1'..'$6' | '$ret' | '$sp' | number | NAME
 *           | 'size(' TYPE ')' | 'constant(' NAME ')' | 'count(' expr ',' TYPE ')' | 'text(' expr ',' expr ')'
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/catalogue.h"
#include "probe/probe.h"

enum {
	EXPR_DEPTH = 40,       /* hostile text shall not use up the stack */
	STD_STRING_SIZE = 32,  /* libstdc++: data pointer at 0, length at 8 */
	STD_STRING_LENGTH = 8,
};

/* What an expression has come to: a 64-bit value, or a place in memory that is loaded when its value is wanted. */
struct value {
	struct argloc loc;
	struct argloc len; /* n > 0: of text(pointer, length) */
	bool is_place;
	struct cat_member member; /* of a place: which bytes at loc's value */
	const char *type;	  /* what the value points to, by a cast; NULL: unknown */
};

struct binding {
	const char *name;
	struct value value;
	struct value at_entry; /* of a saved one: what another `save` sees */
};

struct eval {
	const struct catalogue *cat;
	const struct cat_resolver *resolver;
	struct arena *arena;
	const char *at; /* the rest of the expression */
	const char *why; /* the first failure */
	struct binding *bindings;
	unsigned bindings_len, depth;
	bool is_saving;
};

static bool eval_expr(struct eval *e, struct value *v);
static bool eval_unary(struct eval *e, struct value *v);

static bool fail(struct eval *e, const char *why)
{
	if (!e->why)
		e->why = why;
	return false;
}

static bool add_step(struct eval *e, struct value *v, struct argstep step)
{
	if (v->loc.n == ARGLOC_STEPS)
		return fail(e, arena_printf(e->arena, "the expression takes more than %d steps", ARGLOC_STEPS));
	v->loc.steps[v->loc.n++] = step;
	return true;
}

static bool is_word_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A place becomes the value in it. */
static bool load(struct eval *e, struct value *v)
{
	struct argstep step = { .op = STEP_LOAD, .size = (uint8_t)v->member.size, .imm = v->member.offset };

	if (v->len.n)
		return fail(e, "text() is a whole argument, not part of an expression");
	if (!v->is_place)
		return true;
	if (!is_word_size(v->member.size))
		return fail(e, arena_printf(e->arena, "a class of %u bytes is no value: name a member, or take its address",
					    v->member.size));
	step.is_signed = v->member.is_signed;
	v->is_place = false;
	return add_step(e, v, step);
}

/* A place becomes its address. */
static bool take_address(struct eval *e, struct value *v)
{
	if (!v->is_place)
		return fail(e, "only a place in memory has an address");
	v->is_place = false;
	v->type = NULL;
	return !v->member.offset || add_step(e, v, (struct argstep){ .op = STEP_ADD, .imm = v->member.offset });
}

static void skip_space(struct eval *e)
{
	while (isspace((unsigned char)*e->at))
		e->at++;
}

static bool take(struct eval *e, const char *token)
{
	skip_space(e);
	if (strncmp(e->at, token, strlen(token)))
		return false;
	e->at += strlen(token);
	return true;
}

static bool expect(struct eval *e, const char *token)
{
	return take(e, token) ||
	       fail(e, arena_printf(e->arena, "expected `%s` %s%.20s", token, *e->at ? "before " : "at the end", e->at));
}

/* Letters, digits and what else may be in the word. */
static char *take_word(struct eval *e, const char *also)
{
	const char *start;

	skip_space(e);
	start = e->at;
	while (isalnum((unsigned char)*e->at) || (*e->at && strchr(also, *e->at)))
		e->at++;
	return arena_strndup(e->arena, start, (size_t)(e->at - start));
}

/* The text up to a closing parenthesis that is not inside another pair, e.g. a type. */
static char *take_until_close(struct eval *e)
{
	const char *start, *end;
	unsigned depth = 0;

	skip_space(e);
	for (start = e->at; *e->at && (depth || *e->at != ')'); e->at++)
		depth += *e->at == '(' ? 1 : *e->at == ')' ? -1u : 0;
	for (end = e->at; end > start && isspace((unsigned char)end[-1]); end--)
		;
	return arena_strndup(e->arena, start, (size_t)(end - start));
}

static const char *full_type(const struct eval *e, const char *name)
{
	unsigned i;

	for (i = 0; i < e->cat->aliases_len; i++)
		if (!strcmp(e->cat->aliases[i].name, name))
			return e->cat->aliases[i].type;
	return name;
}

static bool constant_value(struct eval *e, struct value *v, int64_t imm)
{
	*v = (struct value){ 0 };
	return add_step(e, v, (struct argstep){ .op = STEP_CONST, .imm = imm });
}

/* `$3` and friends: integer arguments by position, in System V's order of registers. */
static bool eval_register(struct eval *e, struct value *v)
{
	static const uint8_t positions[] = { ARGREG_RDI, ARGREG_RSI, ARGREG_RDX, ARGREG_RCX, ARGREG_R8, ARGREG_R9 };
	char *name = take_word(e, "");
	struct argstep step = { .op = STEP_REG };

	if (!strcmp(name, "ret"))
		step.reg = ARGREG_RAX;
	else if (!strcmp(name, "sp"))
		step.reg = ARGREG_RSP;
	else if (name[0] >= '1' && name[0] <= '6' && !name[1])
		step.reg = positions[name[0] - '1'];
	else
		return fail(e, arena_printf(e->arena, "no register `$%s`: there are $1 to $6, $ret and $sp", name));
	*v = (struct value){ 0 };
	return add_step(e, v, step);
}

static bool eval_number(struct eval *e, struct value *v)
{
	char *end;
	int64_t imm = (int64_t)strtoull(e->at, &end, 0);

	e->at = end;
	return constant_value(e, v, imm);
}

static bool eval_size(struct eval *e, struct value *v)
{
	const char *type = full_type(e, take_until_close(e)), *why = NULL;
	uint64_t size;

	if (!expect(e, ")"))
		return false;
	if (e->resolver->size(e->resolver->data, type, &size, &why))
		return fail(e, why);
	return constant_value(e, v, (int64_t)size);
}

static bool eval_constant(struct eval *e, struct value *v)
{
	const char *name = take_word(e, "_:"), *why = NULL;
	int64_t imm;

	if (!expect(e, ")"))
		return false;
	if (e->resolver->constant(e->resolver->data, name, &imm, &why))
		return fail(e, why);
	return constant_value(e, v, imm);
}

/* count(v, T): elements of a std::vector<T>, by its begin and end pointers. v is the vector itself, or its address. */
static bool eval_count(struct eval *e, struct value *v)
{
	struct value size;
	int64_t offset;

	if (!eval_expr(e, v) || !expect(e, ",") || !eval_size(e, &size))
		return false;
	if (v->is_place && !v->member.is_object && !load(e, v))
		return false;
	offset = v->is_place ? v->member.offset : 0;
	v->is_place = false;
	v->type = NULL;
	return add_step(e, v, (struct argstep){ .op = STEP_SPAN, .imm = offset }) &&
	       (size.loc.steps[0].imm > 0 || fail(e, "the vector's element has no size")) &&
	       add_step(e, v, (struct argstep){ .op = STEP_UDIV, .imm = size.loc.steps[0].imm });
}

static bool eval_text(struct eval *e, struct value *v)
{
	struct value len;

	if (!eval_expr(e, v) || !load(e, v) || !expect(e, ",") || !eval_expr(e, &len) || !load(e, &len) || !expect(e, ")"))
		return false;
	v->len = len.loc;
	return true;
}

static bool eval_name(struct eval *e, struct value *v)
{
	char *name = take_word(e, "_");
	unsigned i;

	if (take(e, "(")) {
		if (!strcmp(name, "size"))
			return eval_size(e, v);
		if (!strcmp(name, "constant"))
			return eval_constant(e, v);
		if (!strcmp(name, "count"))
			return eval_count(e, v);
		if (!strcmp(name, "text"))
			return eval_text(e, v);
		return fail(e, arena_printf(e->arena, "no such function `%s`", name));
	}
	for (i = e->bindings_len; i-- > 0;) {
		if (!strcmp(e->bindings[i].name, name)) {
			*v = e->is_saving ? e->bindings[i].at_entry : e->bindings[i].value;
			return true;
		}
	}
	return fail(e, *name ? arena_printf(e->arena, "`%s` is neither bound by `let` nor by `save`", name)
			     : arena_printf(e->arena, "expected a value %s%.20s", *e->at ? "before " : "at the end", e->at));
}

static bool eval_primary(struct eval *e, struct value *v)
{
	skip_space(e);
	if (take(e, "("))
		return eval_expr(e, v) && expect(e, ")");
	if (take(e, "$"))
		return eval_register(e, v);
	if (isdigit((unsigned char)*e->at))
		return eval_number(e, v);
	return eval_name(e, v);
}

/* `->a.b.c`: one look-up of the whole path, so that a card holds one line for it. */
static bool eval_member(struct eval *e, struct value *v)
{
	const char *path, *why = NULL;

	if (!load(e, v))
		return false;
	path = take_word(e, "_.");
	if (!v->type)
		return fail(e, arena_printf(e->arena, "`->%s` needs a type: cast the pointer", path));
	if (!*path || *path == '.')
		return fail(e, "expected a member's name after `->`");
	if (e->resolver->member(e->resolver->data, v->type, path, &v->member, &why))
		return fail(e, why);
	v->is_place = true;
	v->type = NULL;
	return true;
}

/* `(TYPE *)`: true when it is one and was taken; *type is its full name. */
static bool take_cast(struct eval *e, const char **type)
{
	const char *start;
	char *text;
	size_t n;

	skip_space(e);
	start = e->at;
	if (!take(e, "("))
		return false;
	text = take_until_close(e);
	n = strlen(text);
	if (n < 2 || text[n - 1] != '*' || !(isalpha((unsigned char)text[0]) || text[0] == '_') || !take(e, ")")) {
		e->at = start;
		return false;
	}
	for (n--; n > 0 && isspace((unsigned char)text[n - 1]); n--)
		;
	text[n] = '\0';
	*type = full_type(e, text);
	return true;
}

static bool eval_unary_op(struct eval *e, struct value *v)
{
	const char *type;

	if (take_cast(e, &type)) {
		if (!eval_unary(e, v) || !load(e, v))
			return false;
		v->type = type;
		return true;
	}
	if (take(e, "&"))
		return eval_unary(e, v) && take_address(e, v);
	if (take(e, "*")) {
		if (!eval_unary(e, v) || !load(e, v))
			return false;
		v->is_place = true;
		v->type = NULL;
		v->member = (struct cat_member){ .size = 8 };
		return true;
	}
	if (!eval_primary(e, v))
		return false;
	while (take(e, "->"))
		if (!eval_member(e, v))
			return false;
	return true;
}

static bool eval_unary(struct eval *e, struct value *v)
{
	bool ok;

	if (e->depth == EXPR_DEPTH)
		return fail(e, "the expression is nested too deeply");
	e->depth++;
	ok = eval_unary_op(e, v);
	e->depth--;
	return ok;
}

/* One operator with a constant on its right. */
static bool eval_binary(struct eval *e, struct value *v, uint8_t op, int sign)
{
	struct value right;

	if (!load(e, v) || !eval_primary(e, &right))
		return false;
	if (right.loc.n != 1 || right.loc.steps[0].op != STEP_CONST)
		return fail(e, "only a constant can be on the right of an operator");
	if (op == STEP_UDIV && right.loc.steps[0].imm <= 0)
		return fail(e, "division needs a positive constant");
	if (op == STEP_AND && right.loc.steps[0].imm != (int32_t)right.loc.steps[0].imm)
		return fail(e, "`&` takes a constant of 32 bits");
	return add_step(e, v, (struct argstep){ .op = op, .imm = sign * right.loc.steps[0].imm });
}

static bool eval_rest(struct eval *e, struct value *v)
{
	for (;;) {
		bool ok = true;

		if (take(e, ">>"))
			ok = eval_binary(e, v, STEP_SHR, 1);
		else if (take(e, "+"))
			ok = eval_binary(e, v, STEP_ADD, 1);
		else if (take(e, "-"))
			ok = eval_binary(e, v, STEP_ADD, -1);
		else if (take(e, "/"))
			ok = eval_binary(e, v, STEP_UDIV, 1);
		else if (take(e, "&"))
			ok = eval_binary(e, v, STEP_AND, 1);
		else
			return true;
		if (!ok)
			return false;
	}
}

static bool eval_expr(struct eval *e, struct value *v)
{
	return eval_unary(e, v) && eval_rest(e, v);
}

/* A whole expression, to the end of its text. */
static bool eval_text_of(struct eval *e, const char *text, struct value *v)
{
	e->at = text;
	e->why = NULL;
	if (!eval_expr(e, v))
		return false;
	skip_space(e);
	return !*e->at || fail(e, arena_printf(e->arena, "expected the end of the expression before `%.20s`", e->at));
}

/* Registers of the entry are gone at the return, and the other way round. */
static bool registers_fit(struct eval *e, const struct argloc *loc, bool at_return)
{
	unsigned i;

	for (i = 0; i < loc->n; i++) {
		if (loc->steps[i].op == STEP_REG && (loc->steps[i].reg == ARGREG_RAX) != at_return)
			return fail(e, at_return ? "this register is gone at the return: `save` it at the entry"
						 : "$ret is only known at the return");
		if (loc->steps[i].op == STEP_SAVED && !at_return)
			return fail(e, "a saved value is only known at the return");
	}
	return true;
}

static void bind(struct eval *e, const char *name, const struct value *value, const struct value *at_entry)
{
	struct binding *binding = arena_push(e->arena, e->bindings, e->bindings_len);

	binding->name = name;
	binding->value = *value;
	binding->at_entry = *at_entry;
}

static bool locate_save(struct eval *e, const struct cat_stmt *stmt, bool is_return, struct cat_located *out)
{
	struct value v, saved = { 0 };
	bool ok;

	if (!is_return)
		return fail(e, "`save` is for return sites only");
	e->is_saving = true;
	ok = eval_text_of(e, stmt->expr, &v) && load(e, &v) && registers_fit(e, &v.loc, false);
	e->is_saving = false;
	if (!ok)
		return false;
	saved.type = v.type;
	if (!add_step(e, &saved, (struct argstep){ .op = STEP_SAVED, .imm = out->saves_len }))
		return false;
	*arena_push(e->arena, out->saves, out->saves_len) = v.loc;
	bind(e, stmt->name, &saved, &v);
	return true;
}

/* `when EXPR`, `when EXPR == CONSTANT`: != < >= too; unsigned. */
static bool locate_when(struct eval *e, const struct cat_stmt *stmt, bool is_return, struct cat_located *out)
{
	static const struct {
		const char *token;
		uint8_t op;
	} ops[] = { { "==", COND_EQ }, { "!=", COND_NE }, { "<", COND_LT }, { ">=", COND_GE } };
	struct argcond cond = { .op = COND_NE };
	struct value v, right;
	unsigned i;

	e->at = stmt->expr;
	e->why = NULL;
	if (!eval_expr(e, &v) || !load(e, &v) || !registers_fit(e, &v.loc, is_return))
		return false;
	for (i = 0; i < 4 && !take(e, ops[i].token); i++)
		;
	if (i < 4) {
		if (!eval_expr(e, &right))
			return false;
		if (right.loc.n != 1 || right.loc.steps[0].op != STEP_CONST)
			return fail(e, "a condition compares with a constant");
		cond.op = ops[i].op;
		cond.imm = right.loc.steps[0].imm;
	}
	skip_space(e);
	if (*e->at)
		return fail(e, "expected the end of the condition here");
	cond.loc = v.loc;
	*arena_push(e->arena, out->conds, out->conds_len) = cond;
	return true;
}

/* A std::string: its place becomes where the text is, and how long it is. */
static bool finish_string(struct eval *e, struct value *v)
{
	struct value len = *v;

	if (v->len.n)
		return true;
	if (!v->is_place || (v->member.size != STD_STRING_SIZE && !v->member.is_any))
		return fail(e, "a string is a std::string's place or text(pointer, length)");
	v->member.size = len.member.size = 8;
	len.member.offset += STD_STRING_LENGTH;
	if (!load(e, v) || !load(e, &len))
		return false;
	v->len = len.loc;
	return true;
}

/* Extend or cut the raw value to what the argument is said to be. */
static bool finish_int(struct eval *e, const struct cat_type *type, struct value *v)
{
	struct argstep *last;

	if (!load(e, v))
		return false;
	last = &v->loc.steps[v->loc.n - 1];
	if (last->op == STEP_LOAD && last->size <= type->size) {
		if (last->size == type->size)
			last->is_signed = type->is_signed;
		return true;
	}
	return type->size == 8 || last->op == STEP_CONST ||
	       add_step(e, v, (struct argstep){ .op = STEP_CAST, .size = type->size, .is_signed = type->is_signed });
}

static bool finish_arg(struct eval *e, const struct cat_type *type, struct value *v)
{
	if (type->type == ARGTYPE_STRING)
		return finish_string(e, v);
	if (v->len.n)
		return fail(e, "text() is for arguments of type string");
	if (type->is_time)
		return load(e, v) && add_step(e, v, (struct argstep){ .op = STEP_UTIME });
	return finish_int(e, type, v);
}

static int arg_index(const struct cat_marker *marker, const char *name)
{
	unsigned i;

	for (i = 0; i < marker->args_len; i++)
		if (!strcmp(marker->args[i].name, name))
			return (int)i;
	return -1;
}

/* `NAME = EXPR`, or `NAME = none WHY`: only the argument is lost when it cannot be had. */
static bool locate_set(struct eval *e, const struct cat_marker *marker, const struct cat_stmt *stmt, bool is_return,
		       struct cat_located *out)
{
	int i = arg_index(marker, stmt->name);
	struct value v;

	if (i < 0)
		return fail(e, arena_printf(e->arena, "marker %s has no argument `%s`", marker->name, stmt->name));
	if (!strncmp(stmt->expr, "none ", 5)) {
		out->whys[i] = stmt->expr + 5;
		return true;
	}
	if (eval_text_of(e, stmt->expr, &v) && finish_arg(e, marker->args[i].type, &v) &&
	    registers_fit(e, &v.loc, is_return) && registers_fit(e, &v.len, is_return)) {
		out->args[i] = v.loc;
		out->len_args[i] = v.len;
		out->whys[i] = NULL;
	} else {
		out->whys[i] = e->why;
	}
	return true;
}

static bool locate_stmt(struct eval *e, const struct cat_marker *marker, const struct cat_site *site,
			const struct cat_stmt *stmt, struct cat_located *out)
{
	struct value v;

	switch (stmt->kind) {
	case CAT_LET:
		if (!eval_text_of(e, stmt->expr, &v))
			return false;
		bind(e, stmt->name, &v, &v);
		return true;
	case CAT_SAVE:
		return locate_save(e, stmt, site->is_return, out);
	case CAT_WHEN:
		return locate_when(e, stmt, site->is_return, out);
	default:
		return locate_set(e, marker, stmt, site->is_return, out);
	}
}

int catalogue_locate(const struct catalogue *cat, const struct cat_marker *marker, const struct cat_site *site,
		     const struct cat_resolver *resolver, struct arena *arena, struct cat_located *out,
		     const char **why, struct loc *where)
{
	struct eval e = { .cat = cat, .resolver = resolver, .arena = arena };
	unsigned i;

	*out = (struct cat_located){
		.args = arena_new_array(arena, struct argloc, marker->args_len + 1),
		.len_args = arena_new_array(arena, struct argloc, marker->args_len + 1),
		.whys = arena_new_array(arena, const char *, marker->args_len + 1),
	};
	for (i = 0; i < marker->args_len; i++)
		out->whys[i] = "the catalogue does not say where it is at this site";
	for (i = 0; i < site->stmts_len; i++) {
		if (locate_stmt(&e, marker, site, &site->stmts[i], out))
			continue;
		*why = e.why;
		*where = site->stmts[i].loc;
		return -EINVAL;
	}
	return 0;
}
