/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types as they are written. In D as in C a name must be known as a type before an expression can be read: these are
 * the words of C, the names that D brings, and what the script declares with typedef.
 */
#include "front/d/ast/parse.h"

#include <string.h>

/* What has been read of `unsigned long int` and the like, in any order. */
struct words {
	unsigned chars, shorts, ints, longs, is_signed, is_unsigned, voids, floats, doubles;
	const char *name; /* a typedef, string, struct ... */
	unsigned names;
	struct loc last;
	bool any, userland;
	bool late_string; /* `string` behind another type */
};

/* Typedefs that D brings: those of src/front/d/check/tspec.c and src/front/d/library.d. Sorted. */
static const char *const known[] = {
	"_Bool",     "bool",	      "boolean_t",    "bufinfo_t",  "caddr_t",	  "clock_t",  "cpuinfo_t", "dev_t",
	"devinfo_t", "fileinfo_t",    "gid_t",	      "hrtime_t",   "id_t",	  "ino_t",    "int16_t",   "int32_t",
	"int64_t",   "int8_t",	      "intptr_t",     "longlong_t", "lwpsinfo_t", "mode_t",   "nlink_t",   "off_t",
	"pid_t",     "processorid_t", "psinfo_t",     "ptrdiff_t",  "size_t",	  "ssize_t",  "time_t",	   "u_char",
	"u_int",     "u_long",	      "u_longlong_t", "u_short",    "uchar_t",	  "uid_t",    "uint16_t",  "uint32_t",
	"uint64_t",  "uint8_t",	      "uint_t",	      "uintptr_t",  "ulong_t",	  "ushort_t",
};

bool is_known_type(const char *text, size_t size)
{
	size_t low = 0, high = sizeof(known) / sizeof(known[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int diff = strncmp(text, known[middle], size);

		if (!diff && !known[middle][size])
			return true;
		if (diff > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool is_type_name(const struct parser *p, const char *text, size_t size)
{
	return is_known_type(text, size) || names_has(p->types, text, size);
}

bool keyword_in_type(enum keyword keyword)
{
	return keyword >= KW_CHAR && keyword <= KW_ENUM;
}

bool at_type(const struct parser *p)
{
	if (p->tok.kind != TOK_IDENT)
		return false;
	return keyword_in_type(p->tok.keyword) ||
	       (p->tok.keyword == KW_NONE && is_type_name(p, p->tok.text, p->tok.size));
}

/* struct TAG, struct TAG { ... }, struct { ... } */
static void parse_tagged(struct parser *p, struct words *words, struct type_spec *tspec)
{
	bool is_enum = p->tok.keyword == KW_ENUM;
	const char *word = token_text(p), *tag = NULL;

	advance(p);
	if (p->tok.kind == TOK_IDENT) {
		tag = token_text(p);
		advance(p);
	}
	if (at_punct(p, '{')) {
		tspec->has_body = true;
		tspec->members = enter(p) ? parse_body(p, is_enum) : NULL;
		leave(p);
	} else if (!tag) {
		expected(p, "a name or `{` after `struct`, `union` or `enum`");
	}
	if (!tag && p->script)
		tag = arena_printf(p->arena, "#%u", ++p->script->anons_len);
	words->name = arena_printf(p->arena, "%s %s", word, tag ? tag : "?");
	words->names++;
}

/* One word; false: it does not belong to a type. */
static bool take_word(struct parser *p, struct words *words, struct type_spec *tspec)
{
	unsigned *const counts[] = {
		[KW_CHAR] = &words->chars, [KW_SHORT] = &words->shorts,	    [KW_INT] = &words->ints,
		[KW_LONG] = &words->longs, [KW_SIGNED] = &words->is_signed, [KW_UNSIGNED] = &words->is_unsigned,
		[KW_VOID] = &words->voids, [KW_FLOAT] = &words->floats,	    [KW_DOUBLE] = &words->doubles,
	};
	enum keyword keyword = p->tok.keyword;
	bool has_base = words->names || words->chars || words->shorts || words->ints || words->longs ||
			words->is_signed || words->is_unsigned || words->voids || words->floats || words->doubles;

	if (p->tok.kind != TOK_IDENT)
		return false;
	if (keyword >= KW_CHAR && keyword <= KW_DOUBLE) {
		(*counts[keyword])++;
	} else if (keyword == KW_STRUCT || keyword == KW_UNION || keyword == KW_ENUM) {
		parse_tagged(p, words, tspec);
		return !p->failed;
	} else if (keyword == KW_STRING &&
		   words->names + words->chars + words->ints + words->voids + words->floats + words->doubles) {
		words->late_string = true;
	} else if (keyword == KW_STRING || (keyword == KW_NONE && !has_base)) {
		/* After `(name *` a name that is not known is a type too: at_unknown_type has seen to it. */
		words->name = token_text(p);
		words->names++;
		tspec->is_guess = keyword == KW_NONE && !is_type_name(p, p->tok.text, p->tok.size);
	} else if (keyword == KW_USERLAND) {
		words->userland = true;
	} else if (keyword != KW_CONST && keyword != KW_VOLATILE && keyword != KW_RESTRICT) {
		return false;
	}
	words->last = p->tok.loc;
	advance(p);
	return true;
}

/* C's sentence about a combination that makes no type; NULL: it makes one. */
static const char *bad_combination(const struct words *w, const char **tag)
{
	unsigned attributes = w->shorts + w->longs + w->is_signed + w->is_unsigned;
	unsigned bases = w->chars + w->ints + w->voids + w->floats + w->doubles + w->names;

	*tag = "D_DECL_COMBO";
	if (w->late_string) { /* `int string x;`: DTrace takes `string` for a name */
		*tag = "D_DECL_IDENT";
		return "`string` cannot follow another type";
	}
	if (bases > 1)
		return "two types in one declaration";
	if (w->voids && attributes) {
		*tag = "D_DECL_VOIDATTR";
		return "`void` has no sign and no length";
	}
	if (w->chars && (w->shorts || w->longs)) {
		*tag = "D_DECL_CHARATTR";
		return "`char` is neither short nor long";
	}
	if ((w->names || w->floats || w->doubles) && (w->is_signed || w->is_unsigned)) {
		*tag = "D_DECL_SIGNINT";
		return "`signed` and `unsigned` go with char and int only";
	}
	if (w->names && (w->shorts || w->longs)) {
		*tag = "D_DECL_LONGINT";
		return "`short` and `long` go with int only";
	}
	*tag = "D_UNKNOWN";
	if ((w->is_signed && w->is_unsigned) || w->longs > 2 || (w->shorts && w->longs))
		return "these words contradict each other";
	if ((w->floats && (w->shorts || w->longs)) || (w->doubles && (w->shorts || w->longs > 1)))
		return "there is no such floating-point type";
	return NULL;
}

static const char *normal_name(const struct words *w)
{
	if (w->names)
		return w->name;
	if (w->voids)
		return "void";
	if (w->floats)
		return "float";
	if (w->doubles)
		return w->longs ? "long double" : "double";
	if (w->chars)
		return w->is_unsigned ? "unsigned char" : w->is_signed ? "signed char" : "char";
	if (w->shorts)
		return w->is_unsigned ? "unsigned short" : "short";
	if (w->longs > 1)
		return w->is_unsigned ? "unsigned long long" : "long long";
	if (w->longs)
		return w->is_unsigned ? "unsigned long" : "long";
	return w->is_unsigned ? "unsigned int" : "int";
}

struct type_spec *parse_base_type(struct parser *p)
{
	struct type_spec *tspec = arena_new_one(p->arena, struct type_spec);
	struct words words = {0};
	const char *problem, *tag;

	tspec->loc = p->tok.loc;
	while (!p->failed && take_word(p, &words, tspec))
		words.any = true;
	if (!words.any)
		expected(p, "a type");
	if (p->failed)
		return NULL;
	tspec->loc = loc_span(tspec->loc, p->prev);
	problem = bad_combination(&words, &tag);
	if (problem)
		fail(p, tspec->loc, tag, "%s", problem);
	tspec->name = normal_name(&words);
	tspec->userland = words.userland;
	return tspec;
}

/* The base with the stars that follow: declarators share the base but not these. */
struct type_spec *parse_pointers(struct parser *p, const struct type_spec *base)
{
	struct type_spec *tspec;

	if (!base)
		return NULL;
	tspec = arena_memdup(p->arena, base, sizeof(*base));
	while (at_punct(p, '*') || at_keyword(p, KW_CONST) || at_keyword(p, KW_VOLATILE) ||
	       at_keyword(p, KW_RESTRICT)) {
		tspec->pointers += p->tok.kind == TOK_PUNCT;
		if (tspec->pointers > AST_DEPTH_MAX)
			fail(p, p->tok.loc, "D_SYNTAX", "a pointer of more than %d levels", AST_DEPTH_MAX);
		advance(p);
	}
	tspec->loc = loc_span(tspec->loc, p->prev);
	return tspec;
}

/* 4]: behind the bracket. */
void parse_dim(struct parser *p, struct type_spec *tspec)
{
	struct node *dim;

	if (at_punct(p, ']')) {
		fail(p, p->tok.loc, "D_DECL_ARRNULL", "the size of the array is missing");
		return;
	}
	dim = parse_assign(p);
	expect(p, ']', "`]` after the size of the array");
	if (p->failed)
		return;
	*arena_push(p->arena, tspec->dims, tspec->dims_len) = dim;
	if (tspec->dims_len > AST_DEPTH_MAX)
		fail(p, p->prev, "D_SYNTAX", "an array of more than %d dimensions", AST_DEPTH_MAX);
}

struct type_spec *parse_type(struct parser *p)
{
	struct declarator declarator;
	struct type_spec *tspec = parse_declarator(p, parse_base_type(p), NAME_NONE, &declarator);

	if (declarator.has_keys)
		fail(p, tspec->loc, "D_DECL_DYNOBJ", "an associative array cannot be part of a type");
	return tspec;
}
