/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions of the catalogue: from `op->reqid.tid` to the steps that read it. In: a site's lines and a resolver that
 * knows layouts. Out: struct argloc. One recursive parser that emits as it goes; it has no types of its own but the one
 * that a cast gives to a pointer, so every offset comes from the resolver.
 *
 *   expr   := unary { ('+' | '-' | '/' | '&' | '>>') constant }          from left to right, all of one rank
 *   unary  := '*' unary | '&' unary | '(' TYPE '*' ')' unary | primary { '->' MEMBER { '.' MEMBER } }
 *   primary:= '(' expr ')' | '$1'..'$6' | '$ret' | '$sp' | number | NAME
 *           | 'size(' TYPE ')' | 'constant(' NAME ')' | 'count(' expr ',' TYPE ')' | 'text(' expr ',' expr ')'
 *           | 'rank(' expr ',' NAME NAME ... ')'
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/catalogue_expr.h"

enum {
	EXPR_DEPTH = 40, /* hostile text shall not use up the stack */
};

static bool eval_unary(struct eval *e, struct value *v);

bool expr_fail(struct eval *e, const char *why)
{
	if (!e->why)
		e->why = why;
	return false;
}

/* What the resolver lacks. */
static bool missing(struct eval *e, const char *why)
{
	e->is_missing = true;
	return expr_fail(e, why);
}

bool expr_add_step(struct eval *e, struct value *v, struct argstep step)
{
	if (v->loc.n == ARGLOC_STEPS)
		return expr_fail(e, arena_printf(e->arena, "the expression takes more than %d steps", ARGLOC_STEPS));
	v->loc.steps[v->loc.n++] = step;
	return true;
}

static bool is_word_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A place becomes the value in it. */
bool expr_load(struct eval *e, struct value *v)
{
	struct argstep step = {.op = STEP_LOAD, .size = (uint8_t)v->member.size, .imm = v->member.offset};

	if (v->len.n)
		return expr_fail(e, "text() is a whole argument, not part of an expression");
	if (!v->is_place)
		return true;
	if (!is_word_size(v->member.size))
		return expr_fail(e, arena_printf(e->arena,
						 "a class of %u bytes is no value: name a member, or take its address",
						 v->member.size));
	step.is_signed = v->member.is_signed;
	v->is_place = false;
	return expr_add_step(e, v, step);
}

/* A place becomes its address. */
static bool take_address(struct eval *e, struct value *v)
{
	if (!v->is_place)
		return expr_fail(e, "only a place in memory has an address");
	v->is_place = false;
	v->type = NULL;
	return !v->member.offset || expr_add_step(e, v, (struct argstep){.op = STEP_ADD, .imm = v->member.offset});
}

static void skip_space(struct eval *e)
{
	while (isspace((unsigned char)*e->at))
		e->at++;
}

bool expr_take(struct eval *e, const char *token)
{
	skip_space(e);
	if (strncmp(e->at, token, strlen(token)))
		return false;
	e->at += strlen(token);
	return true;
}

static bool expect(struct eval *e, const char *token)
{
	return expr_take(e, token) || expr_fail(e, arena_printf(e->arena, "expected `%s` %s%.20s", token,
								*e->at ? "before " : "at the end", e->at));
}

bool expr_at_end(struct eval *e)
{
	skip_space(e);
	return !*e->at;
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

static bool constant_value(struct eval *e, struct value *v, int64_t imm)
{
	*v = (struct value){0};
	return expr_add_step(e, v, (struct argstep){.op = STEP_CONST, .imm = imm});
}

/* `$3` and friends: integer arguments by position, in System V's order of registers. */
static bool eval_register(struct eval *e, struct value *v)
{
	static const uint8_t positions[] = {ARGREG_RDI, ARGREG_RSI, ARGREG_RDX, ARGREG_RCX, ARGREG_R8, ARGREG_R9};
	char *name = take_word(e, "");
	struct argstep step = {.op = STEP_REG};

	if (!strcmp(name, "ret"))
		step.reg = ARGREG_RAX;
	else if (!strcmp(name, "sp"))
		step.reg = ARGREG_RSP;
	else if (name[0] >= '1' && name[0] <= '6' && !name[1])
		step.reg = positions[name[0] - '1'];
	else
		return expr_fail(e,
				 arena_printf(e->arena, "no register `$%s`: there are $1 to $6, $ret and $sp", name));
	*v = (struct value){0};
	return expr_add_step(e, v, step);
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
	const char *type = catalogue_type(e->cat, take_until_close(e)), *why = NULL;
	uint64_t size;

	if (!expect(e, ")"))
		return false;
	if (e->resolver->size(e->resolver->data, type, &size, &why))
		return missing(e, why);
	return constant_value(e, v, (int64_t)size);
}

/* The value of an enumerator by its name, which is at e->at. */
static bool take_constant(struct eval *e, int64_t *imm)
{
	const char *name = take_word(e, "_:"), *why = NULL;

	return !e->resolver->constant(e->resolver->data, name, imm, &why) || missing(e, why);
}

static bool eval_constant(struct eval *e, struct value *v)
{
	int64_t imm;

	return take_constant(e, &imm) && expect(e, ")") && constant_value(e, v, imm);
}

/* count(v, T): elements of a std::vector<T>, by its begin and end pointers. v is the vector itself, or its address. */
static bool eval_count(struct eval *e, struct value *v)
{
	struct value size;
	int64_t offset;

	if (!expr_eval_part(e, v) || !expect(e, ",") || !eval_size(e, &size))
		return false;
	if (v->is_place && !v->member.is_object && !expr_load(e, v))
		return false;
	offset = v->is_place ? v->member.offset : 0;
	v->is_place = false;
	v->type = NULL;
	return expr_add_step(e, v, (struct argstep){.op = STEP_SPAN, .imm = offset}) &&
	       (size.loc.steps[0].imm > 0 || expr_fail(e, "the vector's element has no size")) &&
	       expr_add_step(e, v, (struct argstep){.op = STEP_UDIV, .imm = size.loc.steps[0].imm});
}

static bool eval_text(struct eval *e, struct value *v)
{
	struct value len;

	if (!expr_eval_part(e, v) || !expr_load(e, v) || !expect(e, ",") || !expr_eval_part(e, &len) ||
	    !expr_load(e, &len) || !expect(e, ")"))
		return false;
	v->len = len.loc;
	return true;
}

/* rank(e, A B C): 0 when e is the enumerator A, 1 when it is B ...: a number that means the same in releases that count
 * otherwise. */
static bool eval_rank(struct eval *e, struct value *v)
{
	int64_t values[16], least = INT64_MAX;
	uint64_t numbers = 0;
	unsigned n = 0, i;

	if (!expr_eval_part(e, v) || !expr_load(e, v) || !expect(e, ","))
		return false;
	for (; n < 16 && !expr_take(e, ")"); n++) {
		if (!take_constant(e, &values[n]))
			return false;
		least = values[n] < least ? values[n] : least;
	}
	if ((n == 16 && !expect(e, ")")) || !n)
		return expr_fail(e, "`rank` takes 1 to 16 enumerators");
	for (i = 0; i < n; i++) {
		if (values[i] - least >= 16)
			return expr_fail(e, "the enumerators of `rank` lie too far apart in this build");
		numbers |= (uint64_t)i << 4 * (values[i] - least);
	}
	return expr_add_step(e, v, (struct argstep){.op = STEP_ADD, .imm = -least}) &&
	       expr_add_step(e, v, (struct argstep){.op = STEP_PICK, .imm = (int64_t)numbers});
}

static bool eval_name(struct eval *e, struct value *v)
{
	char *name = take_word(e, "_");
	unsigned i;

	if (expr_take(e, "(")) {
		if (!strcmp(name, "size"))
			return eval_size(e, v);
		if (!strcmp(name, "constant"))
			return eval_constant(e, v);
		if (!strcmp(name, "count"))
			return eval_count(e, v);
		if (!strcmp(name, "text"))
			return eval_text(e, v);
		if (!strcmp(name, "rank"))
			return eval_rank(e, v);
		return expr_fail(e, arena_printf(e->arena, "no such function `%s`", name));
	}
	for (i = e->bindings_len; i-- > 0;) {
		if (!strcmp(e->bindings[i].name, name)) {
			if (e->bindings[i].why)
				return missing(e, e->bindings[i].why);
			*v = e->is_saving ? e->bindings[i].at_entry : e->bindings[i].value;
			return true;
		}
	}
	return expr_fail(e, *name ? arena_printf(e->arena, "`%s` is neither bound by `let` nor by `save`", name)
				  : arena_printf(e->arena, "expected a value %s%.20s",
						 *e->at ? "before " : "at the end", e->at));
}

static bool eval_primary(struct eval *e, struct value *v)
{
	skip_space(e);
	if (expr_take(e, "("))
		return expr_eval_part(e, v) && expect(e, ")");
	if (expr_take(e, "$"))
		return eval_register(e, v);
	if (isdigit((unsigned char)*e->at))
		return eval_number(e, v);
	return eval_name(e, v);
}

/* `->a.b.c`: one look-up of the whole path, so that a card holds one line for it. */
static bool eval_member(struct eval *e, struct value *v)
{
	const char *path, *why = NULL;

	if (!expr_load(e, v))
		return false;
	path = take_word(e, "_.");
	if (!v->type)
		return expr_fail(e, arena_printf(e->arena, "`->%s` needs a type: cast the pointer", path));
	if (!*path || *path == '.')
		return expr_fail(e, "expected a member's name after `->`");
	if (e->resolver->member(e->resolver->data, v->type, path, &v->member, &why))
		return missing(e, why);
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
	if (!expr_take(e, "("))
		return false;
	text = take_until_close(e);
	n = strlen(text);
	if (n < 2 || text[n - 1] != '*' || !(isalpha((unsigned char)text[0]) || text[0] == '_') || !expr_take(e, ")")) {
		e->at = start;
		return false;
	}
	for (n--; n > 0 && isspace((unsigned char)text[n - 1]); n--)
		;
	text[n] = '\0';
	*type = catalogue_type(e->cat, text);
	return true;
}

static bool eval_unary_op(struct eval *e, struct value *v)
{
	const char *type;

	if (take_cast(e, &type)) {
		if (!eval_unary(e, v) || !expr_load(e, v))
			return false;
		v->type = type;
		return true;
	}
	if (expr_take(e, "&"))
		return eval_unary(e, v) && take_address(e, v);
	if (expr_take(e, "*")) {
		if (!eval_unary(e, v) || !expr_load(e, v))
			return false;
		v->is_place = true;
		v->type = NULL;
		v->member = (struct cat_member){.size = 8};
		return true;
	}
	if (!eval_primary(e, v))
		return false;
	while (expr_take(e, "->"))
		if (!eval_member(e, v))
			return false;
	return true;
}

static bool eval_unary(struct eval *e, struct value *v)
{
	bool ok;

	if (e->depth == EXPR_DEPTH)
		return expr_fail(e, "the expression is nested too deeply");
	e->depth++;
	ok = eval_unary_op(e, v);
	e->depth--;
	return ok;
}

/* One operator with a constant on its right. */
static bool eval_binary(struct eval *e, struct value *v, uint8_t op, int sign)
{
	struct value right;

	if (!expr_load(e, v) || !eval_primary(e, &right))
		return false;
	if (right.loc.n != 1 || right.loc.steps[0].op != STEP_CONST)
		return expr_fail(e, "only a constant can be on the right of an operator");
	if (op == STEP_UDIV && right.loc.steps[0].imm <= 0)
		return expr_fail(e, "division needs a positive constant");
	if (op == STEP_AND && right.loc.steps[0].imm != (int32_t)right.loc.steps[0].imm)
		return expr_fail(e, "`&` takes a constant of 32 bits");
	return expr_add_step(e, v, (struct argstep){.op = op, .imm = sign * right.loc.steps[0].imm});
}

static bool eval_rest(struct eval *e, struct value *v)
{
	for (;;) {
		bool ok = true;

		if (expr_take(e, ">>"))
			ok = eval_binary(e, v, STEP_SHR, 1);
		else if (expr_take(e, "+"))
			ok = eval_binary(e, v, STEP_ADD, 1);
		else if (expr_take(e, "-"))
			ok = eval_binary(e, v, STEP_ADD, -1);
		else if (expr_take(e, "/"))
			ok = eval_binary(e, v, STEP_UDIV, 1);
		else if (expr_take(e, "&"))
			ok = eval_binary(e, v, STEP_AND, 1);
		else
			return true;
		if (!ok)
			return false;
	}
}

bool expr_eval_part(struct eval *e, struct value *v)
{
	return eval_unary(e, v) && eval_rest(e, v);
}

/* A whole expression, to the end of its text. */
bool expr_eval(struct eval *e, const char *text, struct value *v)
{
	e->at = text;
	e->why = NULL;
	e->is_missing = false;
	if (!expr_eval_part(e, v))
		return false;
	return expr_at_end(e) ||
	       expr_fail(e, arena_printf(e->arena, "expected the end of the expression before `%.20s`", e->at));
}
