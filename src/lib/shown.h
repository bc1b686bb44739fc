/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a string is shown. In: names and texts that anybody chose: of threads, files, functions, objects, in any bytes.
 * Out: text that a terminal does not obey, that does not break the format it stands in, that hides nothing, and that
 * differs where the strings differ. Whatever cephtap prints goes through here (test/shown.sh): a string of others gets
 * nowhere as it is but by SHOWN_BYTES.
 *
 * A character that can be seen is shown as it is. What cannot be is shown by its number: \n, \t, \r, \033 (octal, below
 * 128), \u202e, \U000e0001; so is a byte that is no part of UTF-8, \377. Backslashes before what would read as one of
 * these are doubled, others stay single. doc/formats.md says it to users.
 */
#ifndef CEPHTAP_LIB_SHOWN_H
#define CEPHTAP_LIB_SHOWN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/buf.h"

struct json_object;

enum shown_form {
	SHOWN_NAME,	/* one name, in a row or a sentence */
	SHOWN_LINES,	/* line breaks and tabs stay */
	SHOWN_SENTENCE, /* of ours, with names in it and perhaps a piece of a script, which has escapes of its own: no
			   backslash is doubled */
	SHOWN_SOURCE,	/* lines of a script: line breaks and tabs stay, and no backslash is doubled */
	SHOWN_BYTES,	/* as it is: where a script asks for it */
	SHOWN_FOLDED, /* a frame of a folded stack: no `;`, and no number at its end that would be taken for a count */
	SHOWN_QUOTED, /* what stands between quotes in OpenMetrics and TSDL, where \n, \" and \\ are escapes */
	SHOWN_CSV,    /* a field (RFC 4180), in which line breaks are text */
	SHOWN_CSV_LINE, /* the same without line breaks, for a terminal */
	SHOWN_JSON,	/* a string with its quotes, always ASCII where a terminal could obey or hide it */
	SHOWN_PAGE,	/* as SHOWN_NAME, as a string of JSON inside of HTML */
	SHOWN_WORD,	/* one word of a command line that is to be copied into a shell */
	SHOWN_FORMS,
};

/* For texts that are made to be shown later, by others: keys, fields, names in pictures. */
void shown_add(struct buf *out, enum shown_form form, const char *text, size_t size);
/* Of a text that is shown already as a name or as lines: what the format itself needs besides. */
void shown_add_quoted(struct buf *out, enum shown_form form, const char *text, size_t size);
/* As SHOWN_NAME, SHOWN_SENTENCE or the like, no wider than `columns`: returns how wide. */
size_t shown_add_cut(struct buf *out, enum shown_form form, const char *text, size_t size, size_t columns);
/* As SHOWN_NAME; of a text that is wider, its end, behind `mark`. */
void shown_add_end(struct buf *out, const char *text, size_t size, size_t columns, char mark);
/* What a name was that was shown as SHOWN_NAME or SHOWN_FOLDED, in its place; returns it. */
char *shown_read(char *text);
/* The columns of a text that was made by shown_add(); of another one, what is no character or cannot be seen counts as
 * one. */
size_t shown_columns(const char *text, size_t size);
/* How many bytes at `text` are one character that is shown as it is; 0: none are. */
size_t shown_plain_size(const char *text, size_t size);

/* --- Output --- */

/* On its way out. Only the functions below add to it, so that no string gets there without a form; `buf` is for those
 * that write it. */
struct shown {
	struct buf buf;
};

/*
 * As printf, but each %s is shown as SHOWN_NAME, its width and precision count columns, and no character is cut in two:
 * also with a precision the string ends in a NUL. The format is ours, and says its own line breaks.
 */
void shown_printf(struct shown *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void shown_vprintf(struct shown *out, const char *format, va_list args);
/* Words of our own: nothing but a literal is taken. */
#define shown_puts(out, literal) shown_literal(out, "" literal, sizeof(literal) - 1)
void shown_literal(struct shown *out, const char *text, size_t size);
#define SHOWN_CLEAR "\033[H\033[2J" /* an empty screen */
void shown_text(struct shown *out, enum shown_form form, const char *text, size_t size);
void shown_name(struct shown *out, const char *name);					   /* SHOWN_NAME */
void shown_quoted(struct shown *out, enum shown_form form, const char *text, size_t size); /* shown_add_quoted() */
void shown_join(struct shown *out, const struct shown *more);
void shown_putc(struct shown *out, char c);
/* Bytes that no name is in: numbers, binary formats, what was shown before. test/shown.sh lists who may call it. */
void shown_bytes(struct shown *out, const void *data, size_t size);
/* As json-c prints with these flags, but each string as SHOWN_JSON, whatever bytes it has. */
void shown_json(struct shown *out, struct json_object *object, int flags);
void shown_clear(struct shown *out);
void shown_free(struct shown *out);

/* --- Streams --- */

/* Writes it whole, and frees it. */
void say_shown(FILE *to, struct shown *text);
/* shown_printf(), and written at once. */
void say(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A text of several lines: help, a dump, a script (SHOWN_SOURCE). */
void say_lines(FILE *to, const char *text);
/* A file's content: as it is, but to a terminal as say_lines(). False: it could not be written; errno says why. */
bool say_content(FILE *to, const char *text, size_t size);
void say_json(FILE *to, struct json_object *object, int flags); /* and a line break */
bool say_is_seen(FILE *to);					/* it is a terminal */

#endif
