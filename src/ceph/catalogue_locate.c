/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A site's lines to located arguments, conditions and saved values. In: a site and a resolver. Out: struct cat_located.
 * What is evaluated at the entry may not use what is known at the return, nor the other way round.
 */
#include <errno.h>
#include <string.h>

#include "ceph/catalogue_expr.h"
#include "probe/probe.h"

/* libstdc++'s std::string: data pointer at 0, length at 8. */
enum { STD_STRING_SIZE = 32, STD_STRING_LENGTH = 8 };

/* Registers of the entry are gone at the return, and the other way round. */
static bool registers_fit(struct eval *e, const struct argloc *loc, bool at_return)
{
	unsigned i;

	for (i = 0; i < loc->n; i++) {
		if (loc->steps[i].op == STEP_REG && (loc->steps[i].reg == ARGREG_RAX) != at_return)
			return expr_fail(e, at_return ? "this register is gone at the return: `save` it at the entry"
						      : "$ret is only known at the return");
		if (loc->steps[i].op == STEP_SAVED && !at_return)
			return expr_fail(e, "a saved value is only known at the return");
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
	struct value v, saved = {0};
	bool ok;

	if (!is_return)
		return expr_fail(e, "`save` is for return sites only");
	e->is_saving = true;
	ok = expr_eval(e, stmt->expr, &v) && expr_load(e, &v) && registers_fit(e, &v.loc, false);
	e->is_saving = false;
	if (!ok)
		return false;
	saved.type = v.type;
	if (!expr_add_step(e, &saved, (struct argstep){.op = STEP_SAVED, .imm = out->saves_len}))
		return false;
	*arena_push(e->arena, out->saves, out->saves_len) = v.loc;
	bind(e, stmt->name, &saved, &v);
	return true;
}

/* `EXPR`, `EXPR == CONSTANT`: != < >= too; unsigned. */
static bool locate_cond(struct eval *e, bool is_return, struct argcond *cond)
{
	static const struct {
		const char *token;
		uint8_t op;
	} ops[] = {{"==", COND_EQ}, {"!=", COND_NE}, {"<", COND_LT}, {">=", COND_GE}};
	struct value v, right;
	unsigned i;

	*cond = (struct argcond){.op = COND_NE};
	if (!expr_eval_part(e, &v) || !expr_load(e, &v) || !registers_fit(e, &v.loc, is_return))
		return false;
	for (i = 0; i < 4 && !expr_take(e, ops[i].token); i++)
		;
	if (i < 4) {
		if (!expr_eval_part(e, &right))
			return false;
		if (right.loc.n != 1 || right.loc.steps[0].op != STEP_CONST)
			return expr_fail(e, "a condition compares with a constant");
		cond->op = ops[i].op;
		cond->imm = right.loc.steps[0].imm;
	}
	cond->loc = v.loc;
	return true;
}

static bool locate_when(struct eval *e, const struct cat_stmt *stmt, bool is_return, struct cat_located *out)
{
	struct argcond cond;

	e->at = stmt->expr;
	e->why = NULL;
	if (!locate_cond(e, is_return, &cond))
		return false;
	if (!expr_at_end(e))
		return expr_fail(e, "expected the end of the condition here");
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
		return expr_fail(e, "a string is a std::string's place or text(pointer, length)");
	v->member.size = len.member.size = 8;
	len.member.offset += STD_STRING_LENGTH;
	if (!expr_load(e, v) || !expr_load(e, &len))
		return false;
	v->len = len.loc;
	return true;
}

/* Extend or cut the raw value to what the argument is said to be. */
static bool finish_int(struct eval *e, const struct cat_type *type, struct value *v)
{
	struct argstep *last;

	if (!expr_load(e, v))
		return false;
	last = &v->loc.steps[v->loc.n - 1];
	if (last->op == STEP_LOAD && last->size <= type->size) {
		if (last->size == type->size)
			last->is_signed = type->is_signed;
		return true;
	}
	return type->size == 8 || last->op == STEP_CONST ||
	       expr_add_step(e, v, (struct argstep){.op = STEP_CAST, .size = type->size, .is_signed = type->is_signed});
}

static bool finish_arg(struct eval *e, const struct cat_type *type, struct value *v)
{
	if (type->type == ARGTYPE_STRING)
		return finish_string(e, v);
	if (v->len.n)
		return expr_fail(e, "text() is for arguments of type string");
	if (type->is_time)
		return expr_load(e, v) && expr_add_step(e, v, (struct argstep){.op = STEP_UTIME});
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
		return expr_fail(e, arena_printf(e->arena, "marker %s has no argument `%s`", marker->name, stmt->name));
	if (!strncmp(stmt->expr, "none ", 5)) {
		out->whys[i] = stmt->expr + 5;
		return true;
	}
	if (expr_eval(e, stmt->expr, &v) && finish_arg(e, marker->args[i].type, &v) &&
	    registers_fit(e, &v.loc, is_return) && registers_fit(e, &v.len, is_return)) {
		out->args[i] = v.loc;
		out->len_args[i] = v.len;
		out->whys[i] = NULL;
	} else {
		out->whys[i] = e->why;
	}
	return true;
}

static bool locate_expected(struct eval *e, int arg, bool is_return, struct argcheck *check)
{
	struct value v;

	*check = (struct argcheck){.kind = CHECK_SAME, .arg = (uint8_t)arg};
	if (!expr_eval_part(e, &v) || !expr_load(e, &v) || !registers_fit(e, &v.loc, is_return))
		return false;
	check->other = v.loc;
	while (expr_take(e, "if ")) {
		if (check->conds_len == CHECK_CONDS)
			return expr_fail(e, "too many conditions");
		if (!locate_cond(e, is_return, &check->conds[check->conds_len++]))
			return false;
	}
	return expr_at_end(e) || expr_fail(e, "expected `if`, or the end of what is expected, here");
}

/* `expect NAME = EXPR [if CONDITION]...`: what cannot be read cannot be expected. */
static bool locate_expect(struct eval *e, const struct cat_marker *marker, const struct cat_stmt *stmt, bool is_return,
			  struct cat_located *out)
{
	int arg = arg_index(marker, stmt->name);
	struct argcheck check;

	if (arg < 0)
		return expr_fail(e, arena_printf(e->arena, "marker %s has no argument `%s`", marker->name, stmt->name));
	e->at = stmt->expr;
	e->why = NULL;
	e->is_missing = false;
	if (locate_expected(e, arg, is_return, &check))
		*arena_push(e->arena, out->checks, out->checks_len) = check;
	else if (!e->is_missing)
		return false;
	e->is_missing = false;
	return true;
}

/* What this build lacks is lost with what needs it; the rest of the site stays. */
static bool bind_missing(struct eval *e, const char *name)
{
	struct binding *binding;

	if (!e->is_missing)
		return false;
	binding = arena_push(e->arena, e->bindings, e->bindings_len);
	binding->name = name;
	binding->why = e->why;
	e->is_missing = false;
	return true;
}

static bool locate_stmt(struct eval *e, const struct cat_marker *marker, const struct cat_site *site,
			const struct cat_stmt *stmt, struct cat_located *out)
{
	struct value v;

	switch (stmt->kind) {
	case CAT_LET:
		if (!expr_eval(e, stmt->expr, &v))
			return bind_missing(e, stmt->name);
		bind(e, stmt->name, &v, &v);
		return true;
	case CAT_SAVE:
		return locate_save(e, stmt, site->is_return, out) || bind_missing(e, stmt->name);
	case CAT_WHEN:
		return locate_when(e, stmt, site->is_return, out);
	case CAT_EXPECT:
		return locate_expect(e, marker, stmt, site->is_return, out);
	default:
		return locate_set(e, marker, stmt, site->is_return, out);
	}
}

/* What every argument of that name or type has to be. */
static bool common_check(const struct cat_arg *arg, struct argcheck *check)
{
	static const struct {
		const char *name;
		int64_t below; /* and above the same below 0 */
	} small[] = {{"pool", 1 << 24}, {"pg", 1 << 20}, {"client", 1ll << 44}, {"osd", 1 << 20}};
	const int64_t week_ns = 7 * 86400 * 1000000000ll; /* an op that hangs may be days old */
	const int64_t string_max = 1 << 16; /* names of objects end at 4096 bytes, of all that markers have far below */

	*check = (struct argcheck){0};
	if (arg->type->is_time)
		*check = (struct argcheck){.kind = CHECK_TIME, .imm = week_ns};
	else if (arg->type->type == ARGTYPE_STRING)
		*check = (struct argcheck){.kind = CHECK_STRING, .imm = string_max};
	for (unsigned i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		if (!strcmp(arg->name, small[i].name))
			*check = (struct argcheck){.kind = CHECK_SMALL, .imm = small[i].below};
	return check->imm;
}

static void add_checks(struct arena *arena, const struct cat_marker *marker, struct cat_located *out)
{
	struct argcheck check;
	unsigned n = 0;

	for (unsigned i = 0; i < out->checks_len; i++)
		if (out->args[out->checks[i].arg].n)
			out->checks[n++] = out->checks[i];
	out->checks_len = n;
	for (unsigned i = 0; i < marker->args_len; i++) {
		if (!out->args[i].n || !common_check(&marker->args[i], &check))
			continue;
		check.arg = (uint8_t)i;
		*arena_push(arena, out->checks, out->checks_len) = check;
	}
}

int catalogue_locate(const struct catalogue *cat, const struct cat_marker *marker, const struct cat_site *site,
		     const struct cat_resolver *resolver, struct arena *arena, struct cat_located *out,
		     const char **why, struct loc *where)
{
	struct eval e = {.cat = cat, .resolver = resolver, .arena = arena};
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
	add_checks(arena, marker, out);
	return 0;
}

unsigned catalogue_locate_witness(const struct catalogue *cat, const struct cat_witness *witness,
				  const struct cat_resolver *resolver, void **last, struct arena *arena,
				  struct cat_seen **out)
{
	struct eval e = {.cat = cat, .resolver = resolver, .arena = arena};
	unsigned i, n = 0;
	struct value v;

	*out = arena_new_array(arena, struct cat_seen, witness->stmts_len + 1);
	for (i = 0; i < witness->stmts_len; i++) {
		const struct cat_stmt *stmt = &witness->stmts[i];
		bool ok = expr_eval(&e, stmt->expr, &v);

		if (stmt->kind == CAT_LET && ok)
			bind(&e, stmt->name, &v, &v);
		else if (stmt->kind == CAT_LET)
			bind_missing(&e, stmt->name);
		else if (ok && v.is_place)
			(*out)[n++] = (struct cat_seen){v.loc, v.member, *last, stmt->kind == CAT_HINTS};
		else
			n++;
	}
	return n;
}
