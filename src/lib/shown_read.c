/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back, for names that come from a text of ours, such as folded stacks. */
#include <string.h>

#include "lib/shown.h"
#include "lib/shown_private.h"

static size_t put_utf8(uint32_t code, char *to)
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i; i--, code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(n == 1 ? code : (0xf00u >> n & 0xf0) | code);
	return n;
}

static size_t put_unit(const struct unit *unit, char *to)
{
	if (!unit->code) { /* no name has a NUL */
		memcpy(to, "\\000", 4);
		return 4;
	}
	if (!unit->is_byte)
		return put_utf8(unit->code, to);
	*to = (char)unit->code;
	return 1;
}

/* It only gets shorter, so that it is read where it stands. */
char *shown_read(char *text)
{
	char *to = text;
	struct unit unit;

	for (const char *at = text; *at;) {
		size_t run = strspn(at, "\\"), escape = run ? shown_unescape(at + run, strlen(at + run), &unit) : 0;

		memset(to, '\\', escape ? run / 2 : run);
		to += escape ? run / 2 : run;
		at += run;
		if (escape && run % 2) {
			to += put_unit(&unit, to);
			at += escape;
		} else if (*at && !run) {
			*to++ = *at++;
		}
	}
	*to = '\0';
	return text;
}
