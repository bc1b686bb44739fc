/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/shown_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"

static const char controls[] = "\n\t\r", letters[] = "ntr";

size_t shown_simple_size(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && text[n] >= ' ' && text[n] < 0x7f && text[n] != '\\' && text[n] != '"')
		n++;
	return n;
}

struct unit shown_unit(const char *text, size_t size)
{
	struct unit unit = {0};

	unit.size = utf8_decode(text, size, &unit.code);
	unit.is_byte = !unit.size;
	unit.size += unit.is_byte;
	unit.columns = unit.is_byte ? UTF8_HIDDEN : utf8_columns(unit.code);
	return unit;
}

void shown_escape(const struct unit *unit, char text[SHOWN_ESCAPE_SIZE])
{
	const char *found = unit->code && unit->code < ' ' ? strchr(controls, (int)unit->code) : NULL;

	if (found)
		snprintf(text, SHOWN_ESCAPE_SIZE, "\\%c", letters[found - controls]);
	else if (unit->is_byte || unit->code < 0x80)
		snprintf(text, SHOWN_ESCAPE_SIZE, "\\%03o", unit->code & 0xffu);
	else if (unit->code < 0x10000)
		snprintf(text, SHOWN_ESCAPE_SIZE, "\\u%04x", unit->code);
	else
		snprintf(text, SHOWN_ESCAPE_SIZE, "\\U%08x", unit->code);
}

/* What the text may stand for: whether it is written so is another question. */
static uint32_t read_code(const char *text, size_t size)
{
	char digits[9] = "";
	size_t n = *text == 'U' ? 8 : *text == 'u' ? 4 : 3;
	bool is_octal = n == 3;

	if (size < n + !is_octal)
		return 0;
	memcpy(digits, text + !is_octal, n);
	return (uint32_t)strtoul(digits, NULL, is_octal ? 8 : 16);
}

/* Not of characters that are shown as they are, but for those two that folded stacks need. */
static bool is_escaped(const struct unit *unit)
{
	return unit->is_byte || unit->columns <= 0 || unit->code == ';' || unit->code == ' ';
}

size_t shown_unescape(const char *text, size_t size, struct unit *unit)
{
	const char *found = size && *text ? strchr(letters, *text) : NULL;
	char written[SHOWN_ESCAPE_SIZE];
	size_t n;

	if (!size)
		return 0;
	unit->code = found ? (uint32_t)controls[found - letters] : read_code(text, size);
	unit->is_byte = *text >= '0' && *text <= '9' && unit->code >= 0x80;
	unit->columns = unit->is_byte ? UTF8_HIDDEN : utf8_columns(unit->code);
	shown_escape(unit, written);
	n = strlen(written) - 1;
	return is_escaped(unit) && n <= size && !memcmp(written + 1, text, n) ? n : 0;
}
