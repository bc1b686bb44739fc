/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/shape.h"

#include <string.h>

/* A signed number holds an unsigned one of half its size. Of 64 bits there is no larger one: the bits are the same. */
static void widen(struct arg *arg, const struct arg *other)
{
	unsigned size = arg->size > other->size ? arg->size : other->size;

	if (arg->is_signed != other->is_signed) {
		unsigned plain = arg->is_signed ? other->size : arg->size,
			 with_sign = arg->is_signed ? arg->size : other->size;

		size = with_sign > 2 * plain ? with_sign : plain < 8 ? 2 * plain : 8;
	}
	arg->size = (uint8_t)size;
	arg->is_signed |= other->is_signed;
}

static void merge(struct shape *shape, unsigned i, const struct arg *other)
{
	struct arg *arg = &shape->args[i];

	if (!arg->name)
		arg->name = other->name;
	if (!arg->doc)
		arg->doc = other->doc;
	if (other->why)
		return; /* one that cannot be read decides nothing */
	if (arg->why) {
		const char *name = arg->name, *doc = arg->doc;

		*arg = *other;
		arg->name = name;
		arg->doc = doc;
	} else if (arg->type != other->type) {
		arg->type = ARGTYPE_INT;
		arg->size = 8;
		arg->is_signed = true;
		shape->raw |= 1u << i;
	} else if (arg->type == ARGTYPE_INT) {
		widen(arg, other);
	}
}

void shape_add(struct arena *arena, struct shape *shape, const struct arg *args, unsigned args_len)
{
	for (unsigned i = 0; i < args_len; i++) {
		if (i == shape->args_len)
			*arena_push(arena, shape->args, shape->args_len) = args[i];
		else
			merge(shape, i, &args[i]);
		shape->args[i].loc = shape->args[i].len_loc = (struct argloc){0};
	}
}

static bool holds(const struct arg *wanted, const struct arg *arg, bool is_raw)
{
	if (wanted->type != arg->type)
		return is_raw;
	if (wanted->type != ARGTYPE_INT)
		return true;
	if (arg->is_signed == wanted->is_signed)
		return arg->size <= wanted->size;
	return wanted->is_signed && (arg->size < wanted->size || wanted->size == 8);
}

static const char *kind_of(struct arena *arena, const struct arg *arg)
{
	if (arg->type == ARGTYPE_INT)
		return arena_printf(arena, "%s number of %u byte%s", arg->is_signed ? "a signed" : "an unsigned",
				    arg->size, arg->size == 1 ? "" : "s");
	return arg->type == ARGTYPE_PTR ? "an address" : "text";
}

static struct arg fit(struct arena *arena, const struct arg *wanted, const struct arg *arg, bool is_raw)
{
	struct arg out = *wanted;

	out.why = arg->why;
	if (!out.why && !holds(wanted, arg, is_raw))
		out.why = arena_printf(arena, "it is %s there, elsewhere %s", kind_of(arena, arg),
				       kind_of(arena, wanted));
	if (!out.why)
		out.loc = arg->loc;
	return out;
}

void shape_fit(struct arena *arena, const struct shape *shape, struct site *site, unsigned args_len)
{
	struct arg *args = arena_new_array(arena, struct arg, shape->args_len + 1);
	const char *few = NULL;

	for (unsigned i = 0; i < shape->args_len; i++) {
		if (i < args_len) {
			args[i] = fit(arena, &shape->args[i], &site->args[i], shape->raw >> i & 1);
			continue;
		}
		if (!few)
			few = args_len ? arena_printf(arena, "it has only %u argument%s there", args_len,
						      args_len == 1 ? "" : "s")
				       : "it has no arguments there";
		args[i] = shape->args[i];
		args[i].why = few;
	}
	site->args = args;
}
