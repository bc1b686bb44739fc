/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing and checking formats of printf() and printa(). In: the text and the types of the arguments. Out: a struct
 * format by which print.c prints, or diagnostics. D needs no size prefixes, since types are known; they are accepted
 * and ignored.
 */
#include "report/format.h"

#include <inttypes.h>
#include <string.h>

#include "check/type.h"

struct parser {
	struct arena *arena;
	struct diags *diags;
	struct loc loc;
	struct format *format;
	const char *at, *end;
};

static uint8_t flag_of(char c)
{
	static const char letters[] = "-+ 0#'?@";
	const char *found = c ? strchr(letters, c) : NULL;

	return found ? (uint8_t)(1u << (found - letters)) : 0;
}

static bool fail(struct parser *parser, const char *tag, const char *what)
{
	diag_error(parser->diags, parser->loc, tag, "format string conversion #%u %s", parser->format->convs_len, what);
	return false;
}

static void add_arg(struct parser *parser, bool is_star)
{
	struct format *format = parser->format;
	struct conv_arg *arg = arena_push(parser->arena, format->args, format->args_len);

	arg->conv = format->convs_len - 1;
	arg->is_star = is_star;
}

/* A number or '*'; nothing there: `none`. */
static bool parse_size(struct parser *parser, int32_t none, int32_t *size)
{
	*size = none;
	if (parser->at < parser->end && *parser->at == '*') {
		parser->at++;
		*size = CONV_STAR;
		add_arg(parser, true);
		return true;
	}
	for (; parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9'; parser->at++) {
		*size = (*size < 0 ? 0 : *size) * 10 + (*parser->at - '0');
		if (*size > CONV_WIDTH_MAX)
			return fail(parser, "D_PRINTF_ARG_FMT", "asks for more than 65535 columns");
	}
	return true;
}

static void skip_size_prefix(struct parser *parser)
{
	while (parser->at < parser->end && *parser->at && strchr("hlLqwjzt", *parser->at))
		parser->at++;
}

static bool check_letter(struct parser *parser, const struct conv *conv)
{
	struct format *format = parser->format;

	if (!conv->letter || !strchr("aAcCdeEfgGikopsSuxXY", conv->letter)) {
		unsigned char c = (unsigned char)conv->letter;

		diag_error(parser->diags, parser->loc, "D_SYNTAX",
			   "format string conversion #%u: %%%.*s is not a conversion", format->convs_len,
			   c >= ' ' && c < 0x7f, &conv->letter);
		return false;
	}
	if (strchr("eEfgG", conv->letter))
		return fail(parser, "D_PRINTF_ARG_TYPE",
			    "is for floating-point numbers, which D has no values of: use %d");
	if ((conv->flags & CONV_AGG) && !strchr("diouxX", conv->letter))
		return fail(parser, "D_PRINTF_AGG_CONV",
			    "prints an aggregation: after %@ only d, i, u, o, x and X can stand");
	return true;
}

static bool parse_conv(struct parser *parser, struct conv *conv)
{
	uint8_t flag;

	for (; parser->at < parser->end && (flag = flag_of(*parser->at)) != 0; parser->at++)
		conv->flags |= flag;
	if (!parse_size(parser, CONV_NONE, &conv->width))
		return false;
	if (parser->at < parser->end && *parser->at == '.') {
		parser->at++;
		if (!parse_size(parser, 0, &conv->precision))
			return false;
	}
	skip_size_prefix(parser);
	if (parser->at == parser->end)
		return fail(parser, "D_SYNTAX", "ends before its letter");
	conv->letter = *parser->at++;
	if (conv->letter == '%')
		return true;
	if (!check_letter(parser, conv))
		return false;
	add_arg(parser, false);
	return true;
}

struct format *format_parse(struct arena *arena, const char *text, size_t size, struct loc loc, struct diags *diags)
{
	struct parser parser = {arena, diags, loc, arena_new_one(arena, struct format), text, text + size};
	struct format *format = parser.format;

	if (!size) {
		diag_error(diags, loc, "D_PRINTF_FMT_EMPTY", "format string is empty");
		return NULL;
	}
	while (parser.at < parser.end) {
		struct conv *conv = arena_push(arena, format->convs, format->convs_len);
		const char *percent = memchr(parser.at, '%', (size_t)(parser.end - parser.at));

		conv->width = conv->precision = CONV_NONE;
		conv->text = parser.at;
		parser.at = percent ? percent + 1 : parser.end;
		conv->text_size = (uint32_t)((percent ? percent : parser.end) - conv->text);
		if (percent && !parse_conv(&parser, conv))
			return NULL;
	}
	return format;
}

unsigned format_args_len(const struct format *format)
{
	return format->args_len;
}

bool format_arg_is_agg(const struct format *format, unsigned i)
{
	return !format->args[i].is_star && (format->convs[format->args[i].conv].flags & CONV_AGG);
}

static bool is_text(const struct type *type)
{
	return type->kind == TYPE_STRING ||
	       (type->kind == TYPE_ARRAY && type->to->kind == TYPE_INT && type->to->size == 1);
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
	case 'k':
		return type->kind == TYPE_STACK ? NULL : "a stack";
	case 's':
	case 'S':
		return is_text(type) || type->kind == TYPE_SYMBOL ? NULL : "a string or an array of char";
	case 'Y':
		return is_int && type->size == 8 ? NULL : "a time in nanoseconds (64 bits, such as walltimestamp)";
	default:
		return is_int ? NULL : "an integer";
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

bool format_check_arg(const struct format *format, unsigned i, const struct type *type, bool is_agg,
		      const char *func_name, struct loc loc, struct diags *diags)
{
	const struct conv *conv = &format->convs[format->args[i].conv];
	const char *wanted;

	if (type && type->kind == TYPE_ERROR)
		return true;
	if (format_arg_is_agg(format, i) || is_agg) {
		if (format_arg_is_agg(format, i) && is_agg)
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

static void missing(const struct format *format, unsigned i, const char *func_name, const char *what, struct loc call,
		    struct diags *diags)
{
	const struct conv_arg *arg = &format->args[i];

	diag_error(diags, call, arg->is_star ? "D_PRINTF_DYN_PROTO" : "D_PRINTF_ARG_PROTO",
		   "%s() conversion #%u (%%%s%c) has no %s", func_name, arg->conv + 1, arg->is_star ? "*" : "",
		   format->convs[arg->conv].letter, what);
}

bool format_check_args(const struct format *format, const char *func_name, const struct type *const *types,
		       const struct loc *locs, unsigned args_len, struct loc call, struct diags *diags)
{
	bool good = true;
	unsigned i;

	for (i = 0; i < format->args_len && i < args_len; i++)
		good &= format_check_arg(format, i, types[i], types[i]->kind == TYPE_AGG, func_name, locs[i], diags);
	if (i < format->args_len) {
		missing(format, i, func_name, "argument", call, diags);
		return false;
	}
	if (i < args_len) {
		diag_error(diags, locs[i], "D_PRINTF_ARG_EXTRA", "%s() has %u values for a format string that takes %u",
			   func_name, args_len, format->args_len);
		return false;
	}
	return good;
}

bool format_check_keys(const struct format *format, const char *func_name, const struct type *const *keys,
		       unsigned keys_len, unsigned aggs_len, struct loc call, struct diags *diags)
{
	unsigned i, key = 0, agg = 0;
	bool good = true;

	for (i = 0; i < format->args_len; i++) {
		if (format_arg_is_agg(format, i)) {
			if (++agg > aggs_len && aggs_len != 1) {
				missing(format, i, func_name, "aggregation", call, diags);
				return false;
			}
			continue;
		}
		if (key == keys_len) {
			missing(format, i, func_name, "key: the aggregation has not as many", call, diags);
			return false;
		}
		good &= format_check_arg(format, i, keys[key++], false, func_name, call, diags);
	}
	return good;
}
