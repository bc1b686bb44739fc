/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which probes a clause is for, and what args[N] is at all of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "front/d/check/ctx.h"
#include "lib/markers.h"

enum { WARNINGS_MAX = 3 };

const char *check_probe_text(struct check_ctx *ctx, const struct probe *probe)
{
	return arena_printf(ctx->arena, "%s:%s:%s:%s", probe->prov, probe->mod, probe->func, probe->name);
}

static int by_id(const void *a, const void *b)
{
	const struct probe *x = *(struct probe *const *)a, *y = *(struct probe *const *)b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x > y) - (x < y);
}

static unsigned sort_unique(struct probe **probes, unsigned len)
{
	unsigned i, n = 0;

	if (len)
		qsort(probes, len, sizeof(*probes), by_id);
	for (i = 0; i < len; i++)
		if (!n || probes[n - 1] != probes[i])
			probes[n++] = probes[i];
	return n;
}

static void none_matches(struct check_ctx *ctx, const struct desc_list *item, const char *why)
{
	const struct probe_desc *desc = &item->desc;

	if (why)
		diag_error(ctx->diags, item->loc, "D_PDESC_ZERO", "%s", why);
	else if (desc->id)
		diag_error(ctx->diags, item->loc, "D_PDESC_INVAL", "there is no probe with the id %u", desc->id);
	else
		diag_hint(ctx->diags,
			  diag_error(ctx->diags, item->loc, "D_PDESC_ZERO", "no probe matches `%s:%s:%s:%s`",
				     desc->prov, desc->mod, desc->func, desc->name),
			  "`cephtap list` shows what there is");
}

static bool has_marker(const struct checked_clause *clause, const struct probe *probe)
{
	for (unsigned i = 0; i < clause->probes_len; i++)
		if (!strcmp(clause->probes[i]->prov, probe->prov) && !strcmp(clause->probes[i]->name, probe->name))
			return true;
	return false;
}

/* Of markers that the script may lack: those that are nowhere else. Returns how many are something else. */
static unsigned lack_blocked(struct check_ctx *ctx, struct loc loc, struct probe **blocked, unsigned blocked_len)
{
	unsigned n = 0;

	for (unsigned i = 0; i < blocked_len; i++) {
		if (check_may_lack(ctx, blocked[i]->prov, blocked[i]->name) && !has_marker(ctx->clause, blocked[i]))
			check_lack(ctx, loc, blocked[i]->prov, blocked[i]->name, blocked[i]->why_not);
		else
			n++;
	}
	return n;
}

/* Matched, but not to be attached. An error when the clause has no other probe. */
static void say_blocked(struct check_ctx *ctx, const struct clause *clause, struct probe **blocked,
			unsigned blocked_len)
{
	struct loc loc = clause->descs_len ? clause->descs[0].loc : clause->loc;
	unsigned i;

	for (i = 0; mark_is_on(probe__refused) && i < blocked_len; i++)
		mark_probe_refused(check_probe_text(ctx, blocked[i]), blocked[i]->id, blocked[i]->why_not);
	if (!lack_blocked(ctx, loc, blocked, blocked_len))
		return;
	if (!ctx->clause->probes_len && !ctx->options->zdefs) {
		diag_error(ctx->diags, loc, "D_PDESC_ZERO", "%s cannot be traced: %s",
			   check_probe_text(ctx, blocked[0]), blocked[0]->why_not);
		return;
	}
	for (i = 0; i < blocked_len && i < WARNINGS_MAX; i++)
		diag_warning(ctx->diags, loc, NULL, "%s is left out: %s", check_probe_text(ctx, blocked[i]),
			     blocked[i]->why_not);
	if (blocked_len > i)
		diag_warning(ctx->diags, loc, NULL, "%u more probes are left out; `cephtap list -v` says why",
			     blocked_len - i);
}

/* What a person might not expect of the clause's probes, each thing once. */
static void say_cautions(struct check_ctx *ctx, const struct clause *clause)
{
	const struct checked_clause *checked = ctx->clause;
	const char *said[WARNINGS_MAX];
	unsigned n = 0, i, j;

	for (i = 0; i < checked->probes_len && n < WARNINGS_MAX; i++) {
		const char *caution = checked->probes[i]->caution;

		for (j = 0; caution && j < n && strcmp(said[j], caution) != 0;)
			j++;
		if (!caution || j < n)
			continue;
		said[n++] = caution;
		diag_warning(ctx->diags, clause->descs_len ? clause->descs[0].loc : clause->loc, NULL, "%s", caution);
	}
}

/* What it means may be in files that come later, too. */
static bool is_awaited(const struct probe_list *list)
{
	for (unsigned i = 0; i < list->len; i++)
		if (list->probes[i]->kind == PROBE_UPROBE)
			return true;
	return !list->len;
}

void check_probes(struct check_ctx *ctx, struct clause *clause)
{
	struct checked_clause *out = ctx->clause;
	struct probe **blocked = NULL;
	unsigned blocked_len = 0, i, j;
	struct probe_list list;
	const char *why;

	for (i = 0; i < clause->descs_len; i++) {
		if (ctx->matched > CHECK_MATCHES_MAX)
			break;
		why = NULL;
		list = ctx->source->find(ctx->source, &clause->descs[i].desc, &why);
		ctx->matched += list.len;
		if (ctx->matched > CHECK_MATCHES_MAX)
			diag_error(ctx->diags, clause->descs[i].loc, NULL,
				   "the clauses match more than %d probes together", CHECK_MATCHES_MAX);
		if (!list.len && check_may_lack(ctx, clause->descs[i].desc.prov, clause->descs[i].desc.name))
			check_lack(ctx, clause->descs[i].loc, clause->descs[i].desc.prov, clause->descs[i].desc.name,
				   why ? why : "nothing here has it");
		else if (!list.len && !ctx->options->zdefs)
			none_matches(ctx, &clause->descs[i], why);
		else if (!list.len)
			*arena_push(ctx->arena, ctx->out->unmatched, ctx->out->unmatched_len) = &clause->descs[i].desc;
		if (ctx->options->zdefs && is_awaited(&list))
			*arena_push(ctx->arena, ctx->out->awaited, ctx->out->awaited_len) = &clause->descs[i].desc;
		for (j = 0; j < list.len; j++) {
			if (list.probes[j]->why_not)
				*arena_push(ctx->arena, blocked, blocked_len) = list.probes[j];
			else
				*arena_push(ctx->arena, out->probes, out->probes_len) = list.probes[j];
			check_sound_places(ctx, clause->descs[i].loc, list.probes[j]);
		}
	}
	out->probes_len = sort_unique(out->probes, out->probes_len);
	blocked_len = sort_unique(blocked, blocked_len);
	if (blocked_len)
		say_blocked(ctx, clause, blocked, blocked_len);
	say_cautions(ctx, clause);
}

/* Every probe of any clause, once. */
void check_all_probes(struct check_ctx *ctx)
{
	struct checked *out = ctx->out;
	unsigned i, j;

	for (i = 0; i < out->clauses_len; i++)
		for (j = 0; j < out->clauses[i].probes_len; j++)
			*arena_push(ctx->arena, out->probes, out->probes_len) = out->clauses[i].probes[j];
	out->probes_len = sort_unique(out->probes, out->probes_len);
}

/* --- args[N] --- */

/* What args[N] of a probe are: the parameters of a function, else the arguments that argN are too. */
static const struct arg *args_of(const struct probe *probe, unsigned *len)
{
	*len = probe->has_typed ? probe->typed_len : probe->args_len;
	return probe->has_typed ? probe->typed : probe->args;
}

static const struct type *arg_type(struct check_ctx *ctx, const struct arg *arg)
{
	switch (arg->type) {
	case ARGTYPE_INT:
		return type_int_of(arg->size, arg->is_signed);
	case ARGTYPE_PTR:
		return type_pointer(ctx->arena, &type_void, true);
	case ARGTYPE_NATIVE: {
		const struct type *type = ctx->source->native_type(ctx->source, arg->native);

		/* what is in registers is put together in memory of the program's own */
		return arg->pieces_len && type->kind == TYPE_PTR ? type_pointer(ctx->arena, type->to, false) : type;
	}
	default:
		return ctx->string;
	}
}

/* "`op-start` has args[0] to args[2]: client, tid, size" */
static void hint_args(struct check_ctx *ctx, struct diag *diag, const struct probe *probe)
{
	struct buf buf = {0};
	unsigned len, i;
	const struct arg *args = args_of(probe, &len);

	if (!len)
		return;
	for (i = 0; i < len; i++) {
		buf_puts(&buf, i ? ", " : "");
		if (args[i].name)
			buf_puts(&buf, args[i].name);
		else
			buf_printf(&buf, "args[%u]", i);
	}
	if (len == 1)
		diag_hint(ctx->diags, diag, "`%s` has only args[0]: %s", probe->name, buf.data);
	else
		diag_hint(ctx->diags, diag, "`%s` has args[0] to args[%u]: %s", probe->name, len - 1, buf.data);
	buf_free(&buf);
}

/* Why the argument is not there at this site; NULL: it is. */
static const char *why_not_here(const struct probe *probe, unsigned site, unsigned n)
{
	const struct arg *args = probe->has_typed ? probe->sites[site].typed : probe->sites[site].args;

	return args ? args[n].why : NULL;
}

/* A marker's places stand for themselves; some of the ways out of a function, or of the kernel's places, would be half
 * of it. */
static bool has_own_places(const struct probe *probe)
{
	return probe->kind == PROBE_UPROBE && !probe->has_typed;
}

/* Why the probe cannot have the argument; NULL: it can, at one place at least. */
static const char *why_nowhere(const struct probe *probe, unsigned n)
{
	unsigned len, i;
	const char *first = args_of(probe, &len)[n].why;
	bool is_anywhere = false;

	for (i = 0; i < probe->sites_len; i++) {
		const char *here = why_not_here(probe, i, n);

		is_anywhere |= !here;
		if (!first)
			first = here;
	}
	return is_anywhere && has_own_places(probe) ? NULL : first;
}

/* The same marker, or function, in another file: what one of them lacks is no mistake of the script. */
static bool is_same_marker(const struct probe *a, const struct probe *b)
{
	return a->kind == PROBE_UPROBE && b->kind == PROBE_UPROBE && !strcmp(a->name, b->name) &&
	       !strcmp(a->prov, b->prov) && (!a->has_typed || !strcmp(a->func, b->func));
}

/* Has any probe of the clause this argument of the same marker? */
static bool is_elsewhere(const struct checked_clause *clause, const struct probe *probe, unsigned n)
{
	unsigned i, len;

	for (i = 0; i < clause->probes_len; i++) {
		args_of(clause->probes[i], &len);
		if (clause->probes[i] != probe && n < len && is_same_marker(probe, clause->probes[i]) &&
		    !why_nowhere(clause->probes[i], n))
			return true;
	}
	return false;
}

static void leave_out_without(struct check_ctx *ctx, const struct node *node, const struct probe *probe, unsigned n,
			      const char *what)
{
	unsigned i;

	for (i = 0; i < probe->sites_len; i++) {
		const char *why = why_not_here(probe, i, n);

		if (why)
			check_leave_out(ctx, node->loc, probe, i, what, why);
	}
}

/* Where it is missing, the place is left out; where it is missing everywhere, that is the answer. */
static bool arg_is_available(struct check_ctx *ctx, struct node *node, const struct probe *probe, unsigned n)
{
	unsigned len;
	const struct arg *arg = &args_of(probe, &len)[n];
	const char *why = why_nowhere(probe, n);

	const char *what = arena_printf(ctx->arena, "args[%u]", n);

	if (!why) {
		leave_out_without(ctx, node, probe, n, what);
		return true;
	}
	if (is_elsewhere(ctx->clause, probe, n)) {
		check_leave_out(ctx, node->loc, probe, PLACES_ALL, what, why);
		return true;
	}
	if (check_may_lack(ctx, probe->prov, probe->name)) {
		check_lack(ctx, node->loc, probe->prov, probe->name,
			   arena_printf(ctx->arena, "its argument `%s` cannot be had: %s", arg->name, why));
		return true;
	}
	check_error(ctx, node, "D_ARGS_IDX", "args[%u] (%s) is not available at %s: %s", n,
		    arg->name ? arg->name : "no name", check_probe_text(ctx, probe), why);
	return false;
}

/* The one that decides: which has the argument somewhere; else one that has any. */
static const struct probe *first_with_args(const struct checked_clause *clause, uint64_t n)
{
	const struct probe *any = NULL;
	unsigned i, len;

	for (i = 0; i < clause->probes_len; i++) {
		args_of(clause->probes[i], &len);
		if (n < len && !why_nowhere(clause->probes[i], (unsigned)n))
			return clause->probes[i];
		if (len && !any)
			any = clause->probes[i];
	}
	return any;
}

/* Two arguments that D makes: the same when they are made in the same way. */
static bool is_same_expr(const struct arg *a, const struct arg *b)
{
	return a->type == b->type && !strcmp(a->expr, b->expr);
}

static const char *arg_d_type(struct check_ctx *ctx, const struct arg *arg)
{
	return arg->type == ARGTYPE_D ? arg->d_type : check_type_text(ctx, arg_type(ctx, arg));
}

static bool args_differ(struct check_ctx *ctx, struct node *node, uint64_t n, const struct probe *first,
			const char *text, const struct probe *probe, const char *other)
{
	diag_hint(ctx->diags,
		  check_error(ctx, node, "D_ARGS_MULTI", "args[%" PRIu64 "] is `%s` at %s but `%s` at %s", n, text,
			      check_probe_text(ctx, first), other, check_probe_text(ctx, probe)),
		  "write a clause for each");
	return false;
}

static void no_such_arg(struct check_ctx *ctx, struct node *node, const struct probe *probe, uint64_t n)
{
	unsigned len;

	args_of(probe, &len);
	if (len)
		hint_args(ctx,
			  check_error(ctx, node, "D_ARGS_IDX", "%s has no args[%" PRId64 "]",
				      check_probe_text(ctx, probe), (int64_t)n),
			  probe);
	else
		diag_hint(ctx->diags,
			  check_error(ctx, node, "D_ARGS_MULTI",
				      "%s has no typed arguments, but this clause is also for it",
				      check_probe_text(ctx, probe)),
			  "write a clause of its own for it");
}

/* One probe of the clause against the type that the first one gave. */
static bool arg_agrees(struct check_ctx *ctx, struct node *node, const struct probe *first, const struct probe *probe,
		       uint64_t n)
{
	unsigned first_len, len;
	const struct arg *one = args_of(first, &first_len), *other = args_of(probe, &len);
	const struct type *type, *here;

	if (n >= len && n < first_len && is_same_marker(first, probe)) {
		check_leave_out(ctx, node->loc, probe, PLACES_ALL, arena_printf(ctx->arena, "args[%u]", (unsigned)n),
				probe->typed_why ? probe->typed_why : "it has no such argument there");
		return true;
	}
	if (n >= len) {
		no_such_arg(ctx, node, probe, n);
		return false;
	}
	if (n >= first_len) {
		no_such_arg(ctx, node, first, n);
		return false;
	}
	one += n;
	other += n;
	if (one->type == ARGTYPE_D || other->type == ARGTYPE_D) {
		if (is_same_expr(one, other))
			return arg_is_available(ctx, node, probe, (unsigned)n);
		return args_differ(ctx, node, n, first, arg_d_type(ctx, one), probe, arg_d_type(ctx, other));
	}
	type = arg_type(ctx, one);
	here = arg_type(ctx, other);
	if (!type_equal(type, here))
		return args_differ(ctx, node, n, first, check_type_text(ctx, type), probe, check_type_text(ctx, here));
	return arg_is_available(ctx, node, probe, (unsigned)n);
}

static bool arg_number(struct check_ctx *ctx, struct node *node, uint64_t *n)
{
	check_args(ctx, node);
	if (node->args_len == 1 && check_failed(node->args[0]))
		return false;
	if (node->args_len == 1 && node->args[0]->is_const && type_is_int(node->args[0]->type)) {
		*n = node->args[0]->ival;
		return true;
	}
	check_error(ctx, node, node->args_len == 1 ? "D_PROTO_ARG" : "D_PROTO_LEN",
		    "the index of `args` must be one integer constant");
	return false;
}

/* The node becomes what the provider wrote for the argument, at its own place in the script. */
static void use_expr(struct check_ctx *ctx, struct node *node, const struct arg *arg)
{
	struct node *expr = nametab_find(&ctx->exprs, 0, arg->expr);
	struct loc loc = node->loc;
	struct source *source;

	if (!expr) {
		source = arena_new_one(ctx->arena, struct source);
		*source = (struct source){"an argument", arg->expr, strlen(arg->expr)};
		expr = ast_parse_expr(ctx->arena, source, ctx->diags);
		if (!expr)
			return; /* a provider is wrong; it is said */
		nametab_add(&ctx->exprs, 0, arg->expr, expr);
	}
	*node = *check_clone(ctx, expr);
	check_set_loc(node, loc);
	ctx->nodes--;
	check_expr(ctx, node);
}

static void no_typed_args(struct check_ctx *ctx, struct node *node, const struct probe *probe)
{
	struct diag *diag =
		check_error(ctx, node, "D_ARGS_IDX", "%s has no typed arguments%s%s", check_probe_text(ctx, probe),
			    probe->typed_why ? ": " : "", probe->typed_why ? probe->typed_why : "");

	if (probe->has_typed)
		diag_hint(ctx->diags, diag,
			  "arg0, arg1 ... are the registers that integers and addresses are passed in");
}

/* Why a number is nowhere at a place of a probe whose places are one thing: a function's, the kernel's. NULL: it is
 * everywhere. */
static const char *raw_arg_why(const struct probe *probe, unsigned n)
{
	if (!probe->args[n].loc.n && probe->args[n].why)
		return probe->args[n].why;
	for (unsigned i = 0; i < probe->sites_len; i++)
		if (probe->sites[i].args && probe->sites[i].args[n].why)
			return probe->sites[i].args[n].why;
	return NULL;
}

static void no_raw_arg(struct check_ctx *ctx, struct node *node, const struct probe *probe, unsigned n, const char *why)
{
	check_error(ctx, node, "D_ARGS_IDX", "arg%u (%s) is not available at %s: %s", n,
		    probe->args[n].name ? probe->args[n].name : "no name", check_probe_text(ctx, probe), why);
}

/* False: that is the answer, and it is said. */
static bool raw_arg_is_available(struct check_ctx *ctx, struct node *node, const struct probe *probe, unsigned n)
{
	const char *why = has_own_places(probe) ? why_nowhere(probe, n) : raw_arg_why(probe, n);

	if (has_own_places(probe) && (!why || is_elsewhere(ctx->clause, probe, n))) {
		leave_out_without(ctx, node, probe, n, arena_printf(ctx->arena, "arg%u", n));
		return true;
	}
	if (why && !has_own_places(probe) && !probe->args[n].why) {
		diag_warning(ctx->diags, node->loc, NULL, "arg%u is 0 in some places of %s: %s", n,
			     check_probe_text(ctx, probe), why);
		return false;
	}
	if (why)
		no_raw_arg(ctx, node, probe, n, why);
	return !why;
}

/*
 * A number that is not to be had here is an error rather than 0. Where only some places of a marker lack it, they are
 * left out; where some ways out of a function do, it is 0 there, which is said.
 */
void check_raw_arg(struct check_ctx *ctx, struct node *node)
{
	unsigned n = (unsigned)node->arg_index;

	for (unsigned i = 0; ctx->clause && i < ctx->clause->probes_len; i++)
		if (n < ctx->clause->probes[i]->args_len && !raw_arg_is_available(ctx, node, ctx->clause->probes[i], n))
			return;
}

void check_probe_args(struct check_ctx *ctx, struct node *node)
{
	const struct checked_clause *clause = ctx->clause;
	const struct probe *first;
	const struct arg *arg;
	uint64_t n = 0;
	unsigned i, len;

	node->type = &type_error;
	if (!arg_number(ctx, node, &n))
		return;
	if (!clause) {
		check_error(ctx, node, "D_ARGS_NONE", "args[] is of a probe: there is none outside of clauses");
		return;
	}
	if (!clause->probes_len)
		return;
	for (i = 0; i < clause->probes_len; i++)
		if (clause->probes[i]->has_typed)
			ctx->source->load_args(ctx->source, clause->probes[i]);
	first = first_with_args(clause, n);
	if (!first) {
		no_typed_args(ctx, node, clause->probes[0]);
		return;
	}
	for (i = 0; i < clause->probes_len; i++)
		if (!arg_agrees(ctx, node, first, clause->probes[i], n))
			return;
	arg = &args_of(first, &len)[n];
	if (arg->type == ARGTYPE_D) {
		use_expr(ctx, node, arg);
		return;
	}
	node->arg_index = (int)n + (first->has_typed ? ARG_TYPED : 0);
	node->type = arg_type(ctx, arg);
	if (ctx->member_of != node)
		check_whole(ctx, node);
}
