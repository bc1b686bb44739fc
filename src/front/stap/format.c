/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The formats of printf and sprintf, as pieces. */
#include <ctype.h>
#include <string.h>

#include "front/stap/parse.h"

static int read_number(const char **at, const char *end)
{
	int number = 0;

	while (*at < end && isdigit((unsigned char)**at))
		number = number > 100000 ? number : number * 10 + *(*at)++ - '0';
	return number;
}

static int read_size(const char **at, const char *end)
{
	if (*at < end && **at == '*') {
		++*at;
		return -2;
	}
	return read_number(at, end);
}

static void read_flags(const char **at, const char *end, struct stap_piece *piece)
{
	for (; *at < end; ++*at) {
		switch (**at) {
		case '-':
			piece->is_left = true;
			break;
		case '+':
			piece->has_plus = true;
			break;
		case ' ':
			piece->has_space = true;
			break;
		case '#':
			piece->is_special = true;
			break;
		case '0':
			piece->is_zero_padded = true;
			break;
		default:
			return;
		}
	}
}

/* Behind the %. */
static bool read_conversion(const char **at, const char *end, struct stap_piece *piece)
{
	piece->width = piece->precision = -1;
	read_flags(at, end, piece);
	if (*at < end && (isdigit((unsigned char)**at) || **at == '*'))
		piece->width = read_size(at, end);
	if (*at < end && **at == '.') {
		++*at;
		piece->precision = read_size(at, end);
	}
	while (*at < end && (**at == 'l' || **at == 'h' || **at == 'L')) /* all numbers have 64 bits */
		++*at;
	if (*at >= end || !strchr("bcdiopsuxXmMn", **at))
		return false;
	piece->conversion = *(*at)++;
	return piece->conversion != 'n';
}

bool stap_parse_format(struct arena *arena, const char *text, size_t size, struct stap_format *format, const char **why)
{
	const char *at = text, *end = text + size, *begin;
	struct stap_piece *piece;

	while (at < end) {
		piece = arena_push(arena, format->pieces, format->pieces_len);
		if (*at != '%' || (at + 1 < end && at[1] == '%')) {
			at += *at == '%';
			begin = at++;
			while (at < end && *at != '%')
				at++;
			piece->text = begin;
			piece->size = (size_t)(at - begin);
			continue;
		}
		at++;
		if (!read_conversion(&at, end, piece)) {
			*why = "invalid or missing conversion specifier";
			return false;
		}
	}
	return true;
}
