/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A parsed format of D's printf: format.c makes it, the checker compares it with the values, print.c prints by it.
 */
#ifndef CEPHTAP_SCHEMA_FORMAT_H
#define CEPHTAP_SCHEMA_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/diag.h"

enum conv_flag {
	CONV_LEFT = 1,	 /* - */
	CONV_PLUS = 2,	 /* + */
	CONV_SPACE = 4,	 /* blank */
	CONV_ZERO = 8,	 /* 0 */
	CONV_ALT = 16,	 /* # */
	CONV_GROUP = 32, /* ' */
	CONV_PTR = 64,	 /* ?: as wide as a pointer in hexadecimal */
	CONV_AGG = 128,	 /* @ */
};

enum { CONV_NONE = -1, CONV_STAR = -2, CONV_WIDTH_MAX = 65535 };

/* Literal text, then one conversion. */
struct conv {
	const char *text;
	uint32_t text_size;
	uint8_t flags;
	char letter;		  /* '\0': text alone */
	int32_t width, precision; /* CONV_NONE, CONV_STAR or a number */
};

/* One value that is taken: of conversion `conv` itself, or for a '*' of it. */
struct conv_arg {
	uint32_t conv;
	bool is_star;
};

struct format {
	struct conv *convs;
	unsigned convs_len;
	struct conv_arg *args;
	unsigned args_len; /* the values that conversions take, in order ('*' is one of type int before the conversion's own) */
};

/*
 * Parses once and says what is wrong (tags D_PRINTF_*); NULL when there were errors. `loc` is where the text stands in the script.
 */
struct format *format_parse(struct arena *arena, const char *text, size_t size, struct loc loc, struct diags *diags);
/* Is value i, among those that are no aggregations, printed by %a, as an address? */
bool format_prints_address(const struct format *format, unsigned i);

#endif
