/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Do the values that printf() and printa() are given fit their format? */
#include "front/d/check/format.h"

#include <string.h>

struct format *check_format(struct arena *arena, const char *text, size_t size, struct loc loc, struct diags *diags)
{
	static const char *const tags[] = {
		[FORMAT_EMPTY] = "D_PRINTF_FMT_EMPTY", [FORMAT_CUT_SHORT] = "D_SYNTAX",
		[FORMAT_LETTER] = "D_SYNTAX",	       [FORMAT_WIDE] = "D_PRINTF_ARG_FMT",
		[FORMAT_FLOAT] = "D_PRINTF_ARG_TYPE",  [FORMAT_TWICE] = "D_SYNTAX",
	};
	struct format_error error;
	struct format *format = format_parse(arena, text, size, &error);

	if (!format)
		diag_error(diags, loc, tags[error.fault], "%s", error.text);
	return format;
}

static bool arg_is_agg(const struct format *format, unsigned i)
{
	return !format->args[i].is_star && (format->convs[format->args[i].conv].flags & CONV_AGG);
}

static bool is_text(const struct type *type)
{
	return type->kind == TYPE_STRING ||
	       (type->kind == TYPE_ARRAY && type->to->kind == TYPE_INT && type->to->size == 1);
}

static bool is_integer(const struct conv *conv, const struct type *type)
{
	return type->kind == TYPE_INT && (!conv->size || conv->size == type->size);
}

static const char *wants_integer(const struct conv *conv)
{
	switch (conv->size) {
	case 1:
		return "a char";
	case 2:
		return "a short";
	case 8:
		return "a long";
	default:
		return "an integer";
	}
}

/* NULL when a value of this type can be printed so; else what the conversion is for. */
static const char *wants(const struct conv *conv, const struct type *type)
{
	bool is_int = type->kind == TYPE_INT;

	switch (conv->letter) {
	case 'a':
	case 'A':
		if (type->kind == TYPE_SYMBOL)
			return NULL;
		/* fall through */
	case 'p':
		return is_int || type->kind == TYPE_PTR ? NULL : "an address or an integer";
	case 'c':
	case 'C':
		return is_int && type->size <= 4 ? NULL : "a char, a short or an int";
	case 'k':
		return type->kind == TYPE_STACK ? NULL : "a stack";
	case 's':
	case 'S':
		return is_text(type) || type->kind == TYPE_SYMBOL ? NULL : "a string or an array of char";
	case 'T':
	case 'Y':
		return is_int && type->size == 8 ? NULL : "a time in nanoseconds (64 bits, such as walltimestamp)";
	default:
		return is_integer(conv, type) ? NULL : wants_integer(conv);
	}
}

static const char *advice(const struct conv *conv, const struct type *type)
{
	if (type->kind == TYPE_PTR && strchr("sS", conv->letter))
		return "stringof(), or copyinstr() for an address in the traced process, makes a string of it";
	if (type->kind == TYPE_PTR)
		return "%p prints an address";
	if (is_text(type))
		return "%s prints a string";
	if (type->kind == TYPE_STACK)
		return "%k prints a stack";
	if (type->kind == TYPE_SYMBOL)
		return "%A prints a symbol";
	if (type->kind == TYPE_INT && strchr("sS", conv->letter))
		return "%d and %x print an integer";
	if (type->kind == TYPE_INT && conv->size)
		return "%d, %u and %x print an integer of any size";
	return NULL;
}

static void type_error_at(const struct format *format, unsigned i, const struct type *type, const char *wanted,
			  const char *func_name, struct loc loc, struct diags *diags)
{
	const struct conv *conv = &format->convs[format->args[i].conv];
	struct buf name = {0};
	struct diag *diag;
	const char *hint;

	type_print(type, &name);
	diag = diag_error(diags, loc, "D_PRINTF_ARG_TYPE",
			  "%s() conversion #%u (%%%c) is for %s, but its value is of type %s", func_name,
			  format->args[i].conv + 1, conv->letter, wanted, name.data ? name.data : "?");
	hint = advice(conv, type);
	if (hint)
		diag_hint(diags, diag, "%s", hint);
	buf_free(&name);
}

static bool check_arg(const struct format *format, unsigned i, const struct type *type, bool is_agg,
		      const char *func_name, struct loc loc, struct diags *diags)
{
	const struct conv *conv = &format->convs[format->args[i].conv];
	const char *wanted;

	if (type && type->kind == TYPE_ERROR)
		return true;
	if (arg_is_agg(format, i) || is_agg) {
		if (arg_is_agg(format, i) && is_agg)
			return true;
		diag_error(diags, loc, "D_PRINTF_AGG_CONV",
			   "%s() conversion #%u: %%@ is for aggregations, and they need it", func_name,
			   format->args[i].conv + 1);
		return false;
	}
	if (format->args[i].is_star) {
		if (type->kind == TYPE_INT)
			return true;
		diag_error(diags, loc, "D_PRINTF_DYN_TYPE", "%s() conversion #%u: the value for * must be an integer",
			   func_name, format->args[i].conv + 1);
		return false;
	}
	wanted = wants(conv, type);
	if (wanted)
		type_error_at(format, i, type, wanted, func_name, loc, diags);
	return !wanted;
}

static void say_missing(const struct format *format, unsigned i, const char *func_name, const char *what,
			struct loc call, struct diags *diags)
{
	const struct conv_arg *arg = &format->args[i];

	diag_error(diags, call, arg->is_star ? "D_PRINTF_DYN_PROTO" : "D_PRINTF_ARG_PROTO",
		   "%s() conversion #%u (%%%s%c) has no %s", func_name, arg->conv + 1, arg->is_star ? "*" : "",
		   format->convs[arg->conv].letter, what);
}

bool check_format_args(const struct format *format, const char *func_name, const struct type *const *types,
		       const struct loc *locs, unsigned args_len, struct loc call, struct diags *diags)
{
	unsigned i;

	for (i = 0; i < format->args_len && i < args_len; i++)
		if (!check_arg(format, i, types[i], types[i]->kind == TYPE_AGG, func_name, locs[i], diags))
			return false;
	if (i < format->args_len) {
		say_missing(format, i, func_name, "argument", call, diags);
		return false;
	}
	if (i < args_len) {
		diag_error(diags, locs[i], "D_PRINTF_ARG_EXTRA", "%s() has %u values for a format string that takes %u",
			   func_name, args_len, format->args_len);
		return false;
	}
	return true;
}

/* An aggregation's value is a number of 64 bits, whatever function it has. */
static bool check_agg_arg(const struct format *format, unsigned i, const char *func_name, struct loc call,
			  struct diags *diags)
{
	const char *wanted = wants(&format->convs[format->args[i].conv], &type_int64);

	if (wanted)
		type_error_at(format, i, &type_int64, wanted, func_name, call, diags);
	return !wanted;
}

bool check_format_keys(const struct format *format, const char *func_name, const struct type *const *keys,
		       unsigned keys_len, unsigned aggs_len, struct loc call, struct diags *diags)
{
	unsigned i, key = 0;

	(void)aggs_len; /* where there are less than conversions, the last one is printed again */
	for (i = 0; i < format->args_len; i++) {
		bool good;

		if (!arg_is_agg(format, i) && key == keys_len) {
			say_missing(format, i, func_name, "key: the aggregation does not have that many", call, diags);
			return false;
		}
		if (arg_is_agg(format, i))
			good = check_agg_arg(format, i, func_name, call, diags);
		else
			good = check_arg(format, i, keys[key++], false, func_name, call, diags);
		if (!good)
			return false;
	}
	return true;
}
