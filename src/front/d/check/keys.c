/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tuples: the keys of associative arrays and aggregations. The first use fixes what they are; later ones may widen
 * them. */
#include "front/d/check/ctx.h"

/* The type of a key that this value makes, or NULL when it cannot be one. */
static const struct type *key_type(struct check_ctx *ctx, struct node **slot)
{
	const struct type *type;

	if (type_is_bytes((*slot)->type))
		*slot = check_to_string(ctx, *slot);
	type = check_decay(ctx, *slot);
	return type_is_scalar(type) || type_is_string(type) || type_is_token(type) ? type : NULL;
}

/* Whether this has a value; a first use tells DTrace what keys there are, later ones are measured by it. */
static bool has_key_value(struct check_ctx *ctx, struct node *arg, unsigned n, const char *what, bool is_new)
{
	const char *why = check_why_no_value(arg);

	if (why && !check_failed(arg))
		check_error(ctx, arg, is_new ? "D_KEY_TYPE" : "D_PROTO_ARG",
			    "key #%u of `%s` must be an integer, a pointer or text: %s", n + 1, what, why);
	return !check_failed(arg);
}

/* Arrays have as few keys as DTrace lets them have; those of an aggregation are not limited by number. */
static bool has_few_keys(struct check_ctx *ctx, struct node *node, const char *what)
{
	if (*what == '@' || node->args_len <= CHECK_KEYS_MAX)
		return true;
	check_error(ctx, node, NULL, "`%s` has %u keys, and at most %d are possible", what, node->args_len,
		    CHECK_KEYS_MAX);
	return false;
}

/* One type that stands for both: keys are stored as 8 bytes, so this decides only how they are printed. */
static const struct type *widen_int(const struct type *a, const struct type *b)
{
	if (type_equal(a, b))
		return a;
	if ((a->size == 8 && !a->is_signed) || (b->size == 8 && !b->is_signed))
		return &type_uint64;
	return &type_int64;
}

/* A later use of a key: the type from now on, or NULL when the value does not fit. */
static const struct type *widen(struct check_ctx *ctx, const struct type *key, struct node **slot)
{
	const struct type *type;

	if (key->kind == TYPE_ERROR)
		return key;
	if (type_is_string(key)) {
		if (!type_is_text((*slot)->type))
			return NULL;
		*slot = check_to_string(ctx, *slot);
		return (*slot)->type->size > key->size ? (*slot)->type : key;
	}
	type = key_type(ctx, slot);
	if (!type || type->kind != key->kind || type->form != key->form)
		return NULL;
	return type_is_int(key) ? widen_int(key, type) : key;
}

static bool new_keys(struct check_ctx *ctx, struct node *node, const char *what, const struct type **keys)
{
	unsigned i;
	bool ok = true;

	for (i = 0; i < node->args_len; i++) {
		keys[i] = &type_error;
		if (!has_key_value(ctx, node->args[i], i, what, true)) {
			ok = false;
			continue;
		}
		keys[i] = key_type(ctx, &node->args[i]);
		if (keys[i])
			continue;
		check_error(ctx, node->args[i], "D_KEY_TYPE",
			    "key #%u of `%s` must be an integer, a pointer or text, not `%s`", i + 1, what,
			    check_type_text(ctx, node->args[i]->type));
		keys[i] = &type_error;
		ok = false;
	}
	return ok;
}

bool check_keys(struct check_ctx *ctx, struct node *node, const char *what, const struct type ***keys,
		unsigned *keys_len, bool is_new)
{
	const struct type *type;
	unsigned i;
	bool ok = true;

	if (!has_few_keys(ctx, node, what)) {
		if (is_new)
			*keys_len = 0;
		return false;
	}
	if (is_new) {
		*keys = arena_new_array(ctx->arena, const struct type *, node->args_len + 1);
		*keys_len = node->args_len;
		return new_keys(ctx, node, what, *keys);
	}
	if (node->args_len != *keys_len) {
		check_error(ctx, node, "D_PROTO_LEN", "`%s` has %u key%s, not %u", what, *keys_len,
			    *keys_len == 1 ? "" : "s", node->args_len);
		return false;
	}
	for (i = 0; i < node->args_len; i++) {
		if (!has_key_value(ctx, node->args[i], i, what, false)) {
			ok = false;
			continue;
		}
		type = widen(ctx, (*keys)[i], &node->args[i]);
		if (type) {
			(*keys)[i] = type;
			continue;
		}
		check_error(ctx, node->args[i], "D_PROTO_ARG", "key #%u of `%s` is `%s` elsewhere, here it is `%s`",
			    i + 1, what, check_type_text(ctx, (*keys)[i]), check_type_text(ctx, node->args[i]->type));
		ok = false;
	}
	return ok;
}

static uint64_t keys_size(const struct type *const *keys, unsigned keys_len)
{
	uint64_t size = 0;
	unsigned i;

	for (i = 0; i < keys_len; i++)
		size += keys[i]->kind == TYPE_STRING ? (keys[i]->size + 7u) / 8 * 8 : 8;
	return size;
}

static void check_key_size(struct check_ctx *ctx, const char *what, const struct type *const *keys, unsigned keys_len,
			   struct loc loc)
{
	uint64_t size = keys_size(keys, keys_len);

	if (size > CHECK_KEY_MAX)
		diag_hint(ctx->diags,
			  diag_error(ctx->diags, loc, NULL,
				     "the keys of `%s` take %llu bytes together, and %d are possible", what,
				     (unsigned long long)size, CHECK_KEY_MAX),
			  "use fewer strings, or shorter ones: -x strsize=64");
}

/* Objects are copied by way of scratch memory, of which there is as much as for this-> variables. */
static bool check_object_size(struct check_ctx *ctx, const struct var *var)
{
	if (!type_is_object(var->type) || var->type->size <= CHECK_THIS_MAX || var->scope == SCOPE_THIS ||
	    (!var->is_assoc && var->scope == SCOPE_GLOBAL))
		return true;
	diag_error(ctx->diags, var->loc, NULL, "`%s` takes %u bytes, and %d are possible", var->name, var->type->size,
		   CHECK_THIS_MAX);
	return false;
}

/* Sizes are known when the whole script was read. */
void check_vars_finish(struct check_ctx *ctx)
{
	uint64_t locals = 0, globals = 0, *sum;
	struct var *var;
	unsigned i;

	for (i = 0; i < ctx->out->vars_len; i++) {
		var = ctx->out->vars[i];
		if (!check_object_size(ctx, var))
			break;
		if (var->is_assoc)
			check_key_size(ctx, var->name, var->keys, var->keys_len, var->loc);
		if (var->is_assoc || var->scope == SCOPE_SELF)
			continue;
		sum = var->scope == SCOPE_THIS ? &locals : &globals;
		*sum += (var->type->size + 7u) / 8 * 8;
		if (*sum <= (var->scope == SCOPE_THIS ? CHECK_THIS_MAX : CHECK_GLOBALS_MAX))
			continue;
		diag_error(ctx->diags, var->loc, NULL, "the %s variables take more than %d bytes together",
			   var->scope == SCOPE_THIS ? "clause-local" : "global",
			   var->scope == SCOPE_THIS ? CHECK_THIS_MAX : CHECK_GLOBALS_MAX);
		break;
	}
	for (i = 0; i < ctx->out->aggs_len; i++)
		check_key_size(ctx, arena_printf(ctx->arena, "@%s", ctx->out->aggs[i]->name), ctx->out->aggs[i]->keys,
			       ctx->out->aggs[i]->keys_len, ctx->out->aggs[i]->loc);
}
