/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Constants: integers by C's rules (6.4.4.1), character constants of up to eight bytes, strings. */
#include "front/d/ast/lex.h"

#include <string.h>

static int digit_value(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* u, l, ul, lu, ll, ull, llu in either case; false for anything else. */
static bool suffix_parse(const char *text, size_t size, struct token *token)
{
	char lower[4] = "";

	if (size > 3)
		return false;
	for (size_t i = 0; i < size; i++)
		lower[i] = (char)(text[i] | 0x20);
	token->int_unsigned = strchr(lower, 'u') != NULL;
	token->int_long = strchr(lower, 'l') != NULL;
	return !strcmp(lower, "") || !strcmp(lower, "u") || !strcmp(lower, "l") || !strcmp(lower, "ul") ||
	       !strcmp(lower, "lu") || !strcmp(lower, "ll") || !strcmp(lower, "ull") || !strcmp(lower, "llu");
}

/* The first type that holds the value. Decimal ones become unsigned only where no signed type is large enough. */
static void int_classify(struct token *token, bool decimal)
{
	uint64_t value = token->ival;

	if (!token->int_unsigned && !token->int_long && !decimal && value > INT32_MAX && value <= UINT32_MAX)
		token->int_unsigned = true;
	if (value > (token->int_unsigned ? (uint64_t)UINT32_MAX : (uint64_t)INT32_MAX))
		token->int_long = true;
	if (value > INT64_MAX)
		token->int_unsigned = true;
}

const char *int_parse(struct arena *arena, const char *text, size_t size, struct token *token, const char **tag)
{
	unsigned base = 10;
	size_t i = 0, end = size;

	*tag = "D_SYNTAX";
	token->kind = TOK_INT;
	token->ival = 0;
	while (end && strchr("uUlL", text[end - 1]))
		end--;
	if (!suffix_parse(text + end, size - end, token))
		return arena_printf(arena, "`%.*s` is not a suffix of an integer",
				    size - end > 20 ? 20 : (int)(size - end), text + end);
	if (end > 1 && text[0] == '0') {
		base = (text[1] | 0x20) == 'x' ? 16 : 8;
		i = base == 16 ? 2 : 1;
	}
	if (i == end)
		return "an integer without digits";
	for (; i < end; i++) {
		unsigned digit = (unsigned)digit_value((unsigned char)text[i]);

		if (digit >= base && base == 8 && digit < 10)
			*tag = "D_INT_DIGIT";
		if (digit >= base)
			return arena_printf(arena, "`%c` is not a digit of %s integer", text[i],
					    base == 8	 ? "an octal"
					    : base == 16 ? "a hexadecimal"
							 : "a decimal");
		*tag = "D_INT_OFLOW";
		if (token->ival > (UINT64_MAX - digit) / base) {
			token->ival = 0;
			return "this integer needs more than 64 bits";
		}
		*tag = "D_SYNTAX";
		token->ival = token->ival * base + digit;
	}
	int_classify(token, base == 10);
	return NULL;
}

static size_t skip_digits(const struct lex *lex, size_t pos)
{
	while (lex_peek(lex, pos) >= '0' && lex_peek(lex, pos) <= '9')
		pos++;
	return pos;
}

static size_t skip_word(const struct lex *lex, size_t pos)
{
	while (lex_is_word_char(lex_peek(lex, pos)))
		pos++;
	return pos;
}

/* Behind a floating-point constant, or 0 when it is not one. */
static size_t float_end(const struct lex *lex, size_t pos)
{
	size_t end = skip_digits(lex, pos), sign;
	bool is_float = lex_peek(lex, end) == '.';

	if (is_float)
		end = skip_digits(lex, end + 1);
	if ((lex_peek(lex, end) | 0x20) == 'e') {
		sign = end + 1 + (lex_peek(lex, end + 1) == '-' || lex_peek(lex, end + 1) == '+');
		if (skip_digits(lex, sign) > sign) {
			is_float = true;
			end = skip_digits(lex, sign);
		}
	}
	return is_float ? skip_word(lex, end) : 0;
}

void lex_number(struct lex *lex, struct token *token)
{
	const char *text = lex->source->text + lex->pos, *problem, *tag;
	size_t from = lex->pos, end = float_end(lex, from);
	struct diag *diag;

	token->kind = TOK_INT;
	if (end) {
		lex->pos = end;
		diag = diag_error(lex->diags, lex_loc(lex, from, end), "D_SYNTAX",
				  "D computes with integers: a floating-point constant cannot be used");
		diag_hint(lex->diags, diag, "choose a smaller unit, for example microseconds instead of seconds");
		return;
	}
	end = lex->pos = skip_word(lex, from);
	problem = int_parse(lex->arena, text, end - from, token, &tag);
	if (problem)
		diag_error(lex->diags, lex_loc(lex, from, end), tag, "%s", problem);
	else if (text[0] != '0' && token->ival > INT64_MAX && !memchr(text, 'u', end - from) &&
		 !memchr(text, 'U', end - from))
		diag_hint(lex->diags,
			  diag_error(lex->diags, lex_loc(lex, from, end), "D_INT_OFLOW",
				     "no signed type holds this integer"),
			  "write a `u` behind it");
}

static unsigned char escape_octal(struct lex *lex)
{
	unsigned value = 0;

	for (unsigned n = 0; n < 3 && digit_value(lex_peek(lex, lex->pos)) < 8; n++)
		value = value * 8 + (unsigned)digit_value(lex_peek(lex, lex->pos++));
	return (unsigned char)value;
}

static unsigned char escape_hex(struct lex *lex)
{
	unsigned value = 0;
	size_t from = lex->pos;

	for (; digit_value(lex_peek(lex, lex->pos)) < 16; lex->pos++)
		value = value > 0xff ? value : value * 16 + (unsigned)digit_value(lex_peek(lex, lex->pos));
	if (lex->pos == from || value > 0xff)
		diag_error(lex->diags, lex_loc(lex, from - 2, lex->pos), "D_SYNTAX",
			   lex->pos == from ? "`\\x` needs hexadecimal digits after it"
					    : "this escape is more than one byte");
	return (unsigned char)value;
}

/* Behind a backslash that is not before a newline or the end. */
static char escape(struct lex *lex)
{
	static const char names[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
	int c = lex_peek(lex, lex->pos);
	const char *name = strchr(names, c);

	if (digit_value(c) < 8)
		return (char)escape_octal(lex);
	lex->pos++;
	if (c == 'x')
		return (char)escape_hex(lex);
	if (name)
		return values[name - names];
	if (!strchr("\\'\"?", c))
		diag_warning(lex->diags, lex_loc(lex, lex->pos - 2, lex->pos), NULL,
			     "D has no such escape: the backslash is ignored");
	return (char)c;
}

/*
 * From the opening quote to behind the closing one; the bytes go to `out`, which has room for them all (escapes only
 * shrink). False: the quote is not closed on this line.
 */
static bool quoted(struct lex *lex, char *out, size_t *out_size)
{
	int quote = lex_peek(lex, lex->pos++);

	*out_size = 0;
	for (;;) {
		int c = lex_peek(lex, lex->pos);

		if (c == -1 || c == '\n')
			return false;
		lex->pos++;
		if (c == quote)
			return true;
		if (c != '\\') {
			out[(*out_size)++] = (char)c;
		} else if (lex_peek(lex, lex->pos) == '\n') {
			lex->pos++; /* lines are joined, as in C */
		} else if (lex_peek(lex, lex->pos) != -1) {
			out[(*out_size)++] = escape(lex);
		}
	}
}

/* Room that quoted() may need: up to the closing quote or the line's end. */
static size_t quoted_room(const struct lex *lex)
{
	int quote = lex_peek(lex, lex->pos);
	size_t pos = lex->pos + 1;

	for (;; pos++) {
		int c = lex_peek(lex, pos);

		if (c == -1 || c == '\n' || c == quote)
			return pos - lex->pos;
		if (c == '\\' && lex_peek(lex, pos + 1) != -1)
			pos++;
	}
}

/* DTrace has read the end of the line when it says so. */
static void say_open(struct lex *lex, size_t from, const char *tag, const char *sentence)
{
	bool is_end = lex_peek(lex, lex->pos) == -1;
	struct diag *diag =
		diag_error(lex->diags, lex_loc(lex, from, lex->pos), is_end ? "D_SYNTAX" : tag, "%s", sentence);

	if (!is_end)
		diag_set_line(diag, (struct loc){lex->source, (uint32_t)lex->pos + 1, 1});
}

void lex_string(struct lex *lex, struct token *token)
{
	size_t from = lex->pos;
	char *out = arena_alloc(lex->arena, quoted_room(lex) + 1);

	token->kind = TOK_STRING;
	token->text = out;
	if (!quoted(lex, out, &token->size)) {
		say_open(lex, from, "D_STR_NL", "this string is not closed on its line: `\"` is missing");
		token->kind = TOK_BAD;
	}
	out[token->size] = '\0';
}

/* As C's compilers, and DTrace, have it: the first character is the highest of the bytes that are given, and none is
 * signed. */
static void char_value(struct token *token, const char *bytes, size_t size)
{
	token->ival = 0;
	for (size_t i = 0; i < size; i++)
		token->ival = token->ival << 8 | (unsigned char)bytes[i];
	int_classify(token, true);
}

void lex_char(struct lex *lex, struct token *token)
{
	size_t from = lex->pos, size;
	char *out = arena_alloc(lex->arena, quoted_room(lex) + 1);

	token->kind = TOK_INT;
	if (!quoted(lex, out, &size)) {
		token->kind = TOK_BAD;
		say_open(lex, from, "D_CHR_NL", "this character constant is not closed on its line: `'` is missing");
	} else if (!size) {
		diag_error(lex->diags, lex_loc(lex, from, lex->pos), "D_CHR_NULL", "a character constant is not empty");
	} else if (size > 8) {
		diag_hint(lex->diags,
			  diag_error(lex->diags, lex_loc(lex, from, lex->pos), "D_CHR_OFLOW",
				     "a character constant has at most eight characters"),
			  "strings are written with double quotes");
	} else {
		char_value(token, out, size);
	}
}
