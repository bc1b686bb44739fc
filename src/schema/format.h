/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A parsed format of printf() and printa(): format.c makes it, the checker compares it with the values, print.c prints
 * by it.
 */
#ifndef CEPHTAP_SCHEMA_FORMAT_H
#define CEPHTAP_SCHEMA_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"

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
	uint8_t size;		  /* bytes of the integer that h, hh, l or ll asks for; 0: any */
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
	unsigned args_len; /* the values that conversions take, in order ('*' is one of type int before the conversion's
			      own) */
};

enum format_fault {
	FORMAT_EMPTY,
	FORMAT_CUT_SHORT, /* it ends within a conversion */
	FORMAT_LETTER,	  /* there is no such conversion */
	FORMAT_WIDE,	  /* a width past CONV_WIDTH_MAX */
	FORMAT_FLOAT,	  /* for values that scripts do not have */
	FORMAT_TWICE,	  /* a width or precision that is given twice */
};

struct format_error {
	enum format_fault fault;
	const char *text; /* a sentence */
};

/* NULL when it is none; why, is in `error`, which may be NULL. */
struct format *format_parse(struct arena *arena, const char *text, size_t size, struct format_error *error);
/* Is value i, among those that are no aggregations, printed by %a, as an address? */
bool format_prints_address(const struct format *format, unsigned i);

#endif
