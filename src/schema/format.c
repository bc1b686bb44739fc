/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing formats of printf() and printa(). In: the text. Out: a struct format by which print.c prints, or what is
 * wrong. Size prefixes are not needed, since types are known: h and l are compared with them, others are ignored.
 */
#include "schema/format.h"

#include <string.h>

struct parser {
	struct arena *arena;
	struct format_error *error; /* NULL: nobody asks */
	struct format *format;
	const char *at, *end;
};

static uint8_t flag_of(char c)
{
	static const char letters[] = "-+ 0#'?@";
	const char *found = c ? strchr(letters, c) : NULL;

	return found ? (uint8_t)(1u << (found - letters)) : 0;
}

static bool fail(struct parser *parser, enum format_fault fault, const char *what)
{
	if (parser->error)
		*parser->error =
			(struct format_error){fault, arena_printf(parser->arena, "format string conversion #%u%s",
								  parser->format->convs_len, what)};
	return false;
}

static void add_arg(struct parser *parser, bool is_star)
{
	struct format *format = parser->format;
	struct conv_arg *arg = arena_push(parser->arena, format->args, format->args_len);

	arg->conv = format->convs_len - 1;
	arg->is_star = is_star;
}

static bool parse_star(struct parser *parser, int32_t *size, bool is_precision)
{
	if (*size == CONV_STAR)
		return fail(parser, FORMAT_TWICE,
			    is_precision ? " has two '*' for the precision" : " has two '*' for the width");
	*size = CONV_STAR;
	add_arg(parser, true);
	return true;
}

/* The first digit was `c`. */
static bool parse_number(struct parser *parser, char c, int32_t *size)
{
	int32_t number = c - '0';

	for (; parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9' && number <= CONV_WIDTH_MAX;
	     parser->at++)
		number = number * 10 + (*parser->at - '0');
	if (number > CONV_WIDTH_MAX)
		return fail(parser, FORMAT_WIDE, " asks for more than 65535 columns");
	*size = number;
	return true;
}

/* Bytes of the type that a size asks for: h, hh, l, ll. */
static void take_size_prefix(struct conv *conv, char c)
{
	if (c == 'h')
		conv->size = conv->size == 2 ? 1 : 2;
	else if (c == 'l')
		conv->size = 8;
}

static bool is_at_start(const struct parser *parser)
{
	return parser->at[-2] == '%';
}

static bool check_letter(struct parser *parser, const struct conv *conv)
{
	if (conv->letter == '%' && is_at_start(parser))
		return true;
	if (conv->letter == '%')
		return fail(parser, FORMAT_LETTER, ": between the signs of %% nothing may stand");
	if (conv->letter == '$')
		return fail(parser, FORMAT_LETTER, ": positions (%1$d) cannot be given: values are taken in order");
	if (!conv->letter || !strchr("aAcCdeEfgGikopsSTuxXY", conv->letter)) {
		unsigned char c = (unsigned char)conv->letter;

		return fail(parser, FORMAT_LETTER,
			    arena_printf(parser->arena, ": %%%.*s is not a conversion", c >= ' ' && c < 0x7f,
					 &conv->letter));
	}
	if (strchr("eEfgG", conv->letter))
		return fail(parser, FORMAT_FLOAT,
			    " is for floating-point numbers, which scripts have no values of: use %d");
	return true;
}

/* One character of it that is no letter; false after a mistake. Flags, sizes and the rest come in any order. */
static bool parse_mark(struct parser *parser, struct conv *conv, char c, bool *has_dot)
{
	int32_t *size = *has_dot ? &conv->precision : &conv->width;

	if (c == '*')
		return parse_star(parser, size, *has_dot);
	if (c == '.') {
		if (*has_dot)
			return fail(parser, FORMAT_TWICE, " has two points");
		*has_dot = true;
		conv->precision = 0;
		return true;
	}
	if (c >= '1' && c <= '9')
		return parse_number(parser, c, size);
	if (c == '0' && *has_dot)
		return parse_number(parser, c, size);
	if (flag_of(c))
		conv->flags |= flag_of(c);
	else
		take_size_prefix(conv, c);
	return true;
}

static bool is_mark(char c)
{
	return c && strchr("-+ 0#'?@*.123456789hlLqwjzt", c);
}

static bool parse_conv(struct parser *parser, struct conv *conv)
{
	bool has_dot = false;

	while (parser->at < parser->end && is_mark(*parser->at)) {
		char c = *parser->at++;

		if (!parse_mark(parser, conv, c, &has_dot))
			return false;
	}
	if (parser->at == parser->end)
		return fail(parser, FORMAT_CUT_SHORT, " ends before its letter");
	conv->letter = *parser->at++;
	if (!check_letter(parser, conv))
		return false;
	if (conv->letter != '%')
		add_arg(parser, false);
	return true;
}

struct format *format_parse(struct arena *arena, const char *text, size_t size, struct format_error *error)
{
	struct parser parser = {arena, error, arena_new_one(arena, struct format), text, text + size};
	struct format *format = parser.format;

	if (!size) {
		if (error)
			*error = (struct format_error){FORMAT_EMPTY, "format string is empty"};
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

bool format_prints_address(const struct format *format, unsigned i)
{
	for (unsigned arg = 0; arg < format->args_len; arg++) {
		const struct conv *conv = &format->convs[format->args[arg].conv];
		bool is_star = format->args[arg].is_star;

		if ((is_star || !(conv->flags & CONV_AGG)) && !i--)
			return !is_star && conv->letter == 'a';
	}
	return false;
}
