/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing formats of printf() and printa(). In: the text. Out: a struct format by which print.c prints, or what is wrong. Size
 * prefixes are not needed, since types are known; they are accepted and ignored.
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
		*parser->error = (struct format_error){
			fault, arena_printf(parser->arena, "format string conversion #%u%s", parser->format->convs_len, what)};
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
			return fail(parser, FORMAT_WIDE, " asks for more than 65535 columns");
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
	if (!conv->letter || !strchr("aAcCdeEfgGikopsSuxXY", conv->letter)) {
		unsigned char c = (unsigned char)conv->letter;

		return fail(parser, FORMAT_LETTER,
			    arena_printf(parser->arena, ": %%%.*s is not a conversion", c >= ' ' && c < 0x7f, &conv->letter));
	}
	if (strchr("eEfgG", conv->letter))
		return fail(parser, FORMAT_FLOAT,
			    " is for floating-point numbers, which scripts have no values of: use %d");
	if ((conv->flags & CONV_AGG) && !strchr("diouxX", conv->letter))
		return fail(parser, FORMAT_AGG_LETTER,
			    " prints an aggregation: after %@ only d, i, u, o, x and X can stand");
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
		return fail(parser, FORMAT_CUT_SHORT, " ends before its letter");
	conv->letter = *parser->at++;
	if (conv->letter == '%')
		return true;
	if (!check_letter(parser, conv))
		return false;
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
