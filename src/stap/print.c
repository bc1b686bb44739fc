/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* printf and its kin. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "stap/run.h"

enum { WIDTH_MAX = 8192 };

void stap_escape(const char *text, size_t most, bool is_quoted, struct buf *out)
{
	static const char codes[] = "\a\b\f\n\r\t\v\"\\", letters[] = "abfnrtv\"\\";
	size_t begin = out->size, size = strlen(text), room = most ? most : 511;

	if (is_quoted)
		buf_putc(out, '"');
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		const char *code = memchr(codes, c, sizeof(codes) - 1);
		char shown[8];

		if (code)
			snprintf(shown, sizeof(shown), "\\%c", letters[code - codes]);
		else if (c < 128 && isprint(c))
			snprintf(shown, sizeof(shown), "%c", c);
		else
			snprintf(shown, sizeof(shown), "\\%03o", c);
		if (out->size - begin + strlen(shown) + is_quoted > room + is_quoted)
			break;
		buf_puts(out, shown);
	}
	if (is_quoted)
		buf_putc(out, '"');
}

static void pad(struct buf *out, int n, char c)
{
	while (n-- > 0)
		buf_putc(out, c);
}

static void put_padded(const struct stap_piece *piece, int width, const char *text, size_t size, struct buf *out)
{
	int blanks = width > (int)size ? width - (int)size : 0;

	if (!piece->is_left)
		pad(out, blanks, ' ');
	buf_add(out, text, size);
	if (piece->is_left)
		pad(out, blanks, ' ');
}

/* Digits, then zeros up to the precision, then sign or base, then zeros or blanks up to the width. */
static void put_number(const struct stap_piece *piece, int width, int precision, int64_t number, struct buf *out)
{
	char text[80];
	const char *sign = "";
	bool is_signed = piece->conversion == 'd' || piece->conversion == 'i', is_large = piece->conversion == 'X';
	bool is_hex = is_large || piece->conversion == 'x' || piece->conversion == 'p';
	bool is_octal = piece->conversion == 'o';
	uint64_t size = is_signed && number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	int digits, zeros, blanks;

	if (is_signed)
		sign = number < 0 ? "-" : piece->has_plus ? "+" : piece->has_space ? " " : "";
	else if (piece->is_special || piece->conversion == 'p')
		sign = is_large ? "0X" : is_hex ? "0x" : is_octal ? "0" : "";
	digits = snprintf(text, sizeof(text),
			  is_large   ? "%llX"
			  : is_hex   ? "%llx"
			  : is_octal ? "%llo"
				     : "%llu",
			  (unsigned long long)size);
	zeros = precision > digits ? precision - digits : 0;
	blanks = width - digits - zeros - (int)strlen(sign);
	if (piece->is_zero_padded && !piece->is_left && blanks > 0) {
		zeros += blanks;
		blanks = 0;
	}
	if (!piece->is_left)
		pad(out, blanks, ' ');
	buf_puts(out, sign);
	pad(out, zeros, '0');
	buf_add(out, text, (size_t)digits);
	if (piece->is_left)
		pad(out, blanks, ' ');
}

static void put_text(const struct stap_piece *piece, int width, int precision, const char *text, struct buf *out)
{
	struct buf escaped = {0};
	size_t size;

	if (piece->is_special) {
		stap_escape(text, 0, false, &escaped);
		text = escaped.data ? escaped.data : "";
	}
	size = precision >= 0 ? strnlen(text, (size_t)precision) : strlen(text);
	put_padded(piece, width, text, size, out);
	buf_free(&escaped);
}

static void put_char(const struct stap_piece *piece, int width, char c, struct buf *out)
{
	char text[2] = {c, 0};

	if (piece->is_special)
		put_text(piece, width, -1, text, out);
	else
		put_padded(piece, width, text, 1, out);
}

/* The number's own bytes, of the size that width or precision give. */
static void put_bytes(int width, int precision, int64_t number, struct buf *out)
{
	int wanted = precision >= 0 ? precision : width, size = wanted == 1 || wanted == 2 || wanted == 4 ? wanted : 8;

	for (int i = size; precision >= 0 && i < width; i++)
		buf_putc(out, 0);
	buf_add(out, &number, (size_t)size);
}

static int take_size(int size, const struct stap_value *args, unsigned *n)
{
	int64_t number = size == -2 ? args[(*n)++].number : size;

	return number > WIDTH_MAX ? WIDTH_MAX : number < -WIDTH_MAX ? -WIDTH_MAX : (int)number;
}

static void put(struct stap_run *run, const struct stap_node *node, struct stap_piece piece,
		const struct stap_value *args, unsigned *n, struct buf *out)
{
	bool has_width = piece.width == -2;
	int width = take_size(piece.width, args, n), precision = take_size(piece.precision, args, n);
	struct stap_value value = args[(*n)++];

	if (has_width && width < 0) {
		piece.is_left = true;
		width = -width;
	}
	switch (piece.conversion) {
	case 's':
		put_text(&piece, width, precision, value.text ? value.text : "", out);
		break;
	case 'c':
		put_char(&piece, width, (char)value.number, out);
		break;
	case 'b':
		put_bytes(width, precision, value.number, out);
		break;
	case 'm':
	case 'M':
		stap_fail(run, node, "invalid address 0x%llx: this handler runs in cephtap, beside no process",
			  (unsigned long long)value.number);
		break;
	default:
		put_number(&piece, width, precision, value.number, out);
	}
}

void stap_format(struct stap_run *run, const struct stap_node *node, const struct stap_value *args, struct buf *out)
{
	const struct stap_format *format = node->format;
	unsigned n = 0;

	for (unsigned i = 0; i < format->pieces_len && run->leave != LEAVE_ERROR; i++) {
		if (format->pieces[i].conversion)
			put(run, node, format->pieces[i], args, &n, out);
		else
			buf_add(out, format->pieces[i].text, format->pieces[i].size);
	}
}
