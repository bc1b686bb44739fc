/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of D that are not names. */
#include "front/d/ast/lex.h"

#include <stdlib.h>
#include <string.h>

struct row {
	const char *name;
	enum keyword keyword;
};

/* Sorted by strcmp: searched by halves. */
static const struct row rows[] = {
	{"auto", KW_AUTO},
	{"break", KW_RESERVED},
	{"case", KW_RESERVED},
	{"char", KW_CHAR},
	{"const", KW_CONST},
	{"continue", KW_RESERVED},
	{"counter", KW_RESERVED},
	{"default", KW_RESERVED},
	{"do", KW_RESERVED},
	{"double", KW_DOUBLE},
	{"else", KW_ELSE},
	{"enum", KW_ENUM},
	{"extern", KW_EXTERN},
	{"float", KW_FLOAT},
	{"for", KW_RESERVED},
	{"goto", KW_RESERVED},
	{"if", KW_IF},
	{"import", KW_RESERVED},
	{"inline", KW_INLINE},
	{"int", KW_INT},
	{"long", KW_LONG},
	{"offsetof", KW_OFFSETOF},
	{"probe", KW_RESERVED},
	{"provider", KW_PROVIDER},
	{"register", KW_REGISTER},
	{"restrict", KW_RESTRICT},
	{"return", KW_RESERVED},
	{"self", KW_SELF},
	{"short", KW_SHORT},
	{"signed", KW_SIGNED},
	{"sizeof", KW_SIZEOF},
	{"static", KW_STATIC},
	{"string", KW_STRING},
	{"stringof", KW_STRINGOF},
	{"struct", KW_STRUCT},
	{"switch", KW_RESERVED},
	{"this", KW_THIS},
	{"translator", KW_TRANSLATOR},
	{"typedef", KW_TYPEDEF},
	{"union", KW_UNION},
	{"unsigned", KW_UNSIGNED},
	{"userland", KW_USERLAND},
	{"void", KW_VOID},
	{"volatile", KW_VOLATILE},
	{"while", KW_RESERVED},
	{"xlate", KW_XLATE},
};

struct wanted {
	const char *text;
	size_t size;
};

static int compare(const void *key, const void *elem)
{
	const struct wanted *wanted = key;
	const struct row *row = elem;
	int diff = strncmp(wanted->text, row->name, wanted->size);

	return diff ? diff : -(int)(row->name[wanted->size] != '\0');
}

enum keyword keyword_find(const char *text, size_t size)
{
	const struct wanted wanted = {text, size};
	const struct row *row = bsearch(&wanted, rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), compare);

	return row ? row->keyword : KW_NONE;
}
