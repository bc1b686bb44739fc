/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structures that know their members. A list of members is written once, as a macro; the C structure and the table by
 *which its objects are packed, read back, compared and printed are both made from it, so that no member can be in one
 *and not in the other:
 *
 *	#define POINT_MEMBERS(MEMBER, S) \
 *		MEMBER(S, TEXT, name) \
 *		MEMBER(S, U32, x) \
 *		MEMBER(S, LIST, neighbours, point)
 *	MEMBERS_STRUCT(point, POINT_MEMBERS);           in a header: struct point with name, x, neighbours and
 *neighbours_len extern const struct members point_members; MEMBERS_TABLE(point, POINT_MEMBERS);            in one file:
 *point_members
 *
 * Packed, members follow each other as lib/pack.h writes numbers and texts. Reading takes nothing for granted: what is
 *not there, an enumeration's value that does not exist, a name that nobody has, a place outside of its text are refused
 *with a sentence.
 */
#ifndef CEPHTAP_LIB_MEMBERS_H
#define CEPHTAP_LIB_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/pack.h"

enum member_kind {
	MEMBER_FLAG, /* bool */
	MEMBER_INT,  /* int */
	MEMBER_U32,
	MEMBER_U64,
	MEMBER_I64S, /* int64_t [N]: (name, N) */
	MEMBER_ENUM, /* one byte when packed: (name, tag, how many values it has), and a tag_words for people */
	MEMBER_TEXT, /* const char *, never NULL once read */
	MEMBER_TEXT_OR_NULL,
	MEMBER_NAME, /* the same, for texts that come again: packed once, then by number. In a stream of objects only */
	MEMBER_TEXTS,		      /* a list of const char * */
	MEMBER_NUMBERS,		      /* a list of uint32_t */
	MEMBER_PART,		      /* a structure with members, inside: (name, tag) */
	MEMBER_LIST,		      /* a list of them: (name, tag) */
	MEMBER_LIST_OF = MEMBER_LIST, /* one that nobody writes to, whose length has another name: (name, tag, len) */
	MEMBER_KNOWN,	/* a pointer to what both sides have, packed as its name: (name, tag), and a tag_names */
	MEMBER_SOURCES, /* a list of const struct source *, which the places behind it are in */
	MEMBER_PLACE,	/* struct loc */
	MEMBER_PLACES,	/* a list of them */
};

struct member_names {
	const char *what; /* for messages: "action" */
	const void *(*find)(const char *name);
	const char *(*name)(const void *thing);
};

struct member {
	const char *name;
	enum member_kind kind;
	uint32_t offset, len_offset;
	uint32_t limit; /* MEMBER_ENUM, MEMBER_I64S */
	const struct members *of;
	const struct member_names *names;
	const char *const *words; /* MEMBER_ENUM */
};

struct members {
	const char *name; /* the structure's tag */
	size_t size;
	const struct member *list;
	unsigned len;
};

struct known_text;

/* Where objects are packed to, one after another. {.buf = ...} is a new one. */
struct members_out {
	struct buf *buf;
	struct known_text *names;
	uint32_t names_len;
	const struct source *const *sources; /* of the MEMBER_SOURCES that was packed last */
	uint32_t sources_len;
};

/* Where they are read from, in the same order. What is read lives in the arena. */
struct members_in {
	struct unpack *body;
	struct arena *arena;
	const char **names;
	uint32_t names_len;
	const struct source **sources;
	uint32_t sources_len;
	struct buf why; /* the first thing that cannot be, as a sentence */
};

void members_pack(struct members_out *out, const struct members *members, const void *object);
void members_out_free(struct members_out *out); /* not its buf */
/* False: in->why says what cannot be; if it is empty, the bytes ended too early. */
bool members_unpack(struct members_in *in, const struct members *members, void *object);
void members_in_free(struct members_in *in);
/* NULL: both are the same; else the name of a member that differs. Sources are compared by their text alone. */
const char *members_difference(const struct members *members, const void *a, const void *b);
/* Line by line, for people. */
void members_print(const struct members *members, const void *object, struct buf *out);

/* --- From the list of members to the structure and the table --- */

#define MEMBERS_STRUCT(S, LIST)                                                                                        \
	struct S {                                                                                                     \
		LIST(MEMBERS_DECLARE, S)                                                                               \
	}

#define MEMBERS_TABLE(S, LIST)                                                                                         \
	static const struct member S##_list[] = {LIST(MEMBERS_ROW, S)};                                                \
	const struct members S##_members = {#S, sizeof(struct S), S##_list, sizeof(S##_list) / sizeof(*S##_list)}

#define MEMBERS_DECLARE(S, KIND, ...)	   MEMBERS_DECLARE_##KIND(__VA_ARGS__)
#define MEMBERS_DECLARE_FLAG(name)	   bool name;
#define MEMBERS_DECLARE_INT(name)	   int name;
#define MEMBERS_DECLARE_U32(name)	   uint32_t name;
#define MEMBERS_DECLARE_U64(name)	   uint64_t name;
#define MEMBERS_DECLARE_I64S(name, n)	   int64_t name[n];
#define MEMBERS_DECLARE_ENUM(name, tag, n) enum tag name;
#define MEMBERS_DECLARE_TEXT(name)	   const char *name;
#define MEMBERS_DECLARE_TEXT_OR_NULL(name) const char *name;
#define MEMBERS_DECLARE_NAME(name)	   const char *name;
#define MEMBERS_DECLARE_TEXTS(name)                                                                                    \
	const char **name;                                                                                             \
	uint32_t name##_len;
#define MEMBERS_DECLARE_NUMBERS(name)                                                                                  \
	uint32_t *name;                                                                                                \
	uint32_t name##_len;
#define MEMBERS_DECLARE_PART(name, tag) struct tag name;
#define MEMBERS_DECLARE_LIST(name, tag)                                                                                \
	struct tag *name;                                                                                              \
	uint32_t name##_len;
#define MEMBERS_DECLARE_LIST_OF(name, tag, len)                                                                        \
	const struct tag *name;                                                                                        \
	uint32_t len;
#define MEMBERS_DECLARE_KNOWN(name, tag) const struct tag *name;
#define MEMBERS_DECLARE_SOURCES(name)                                                                                  \
	const struct source **name;                                                                                    \
	uint32_t name##_len;
#define MEMBERS_DECLARE_PLACE(name) struct loc name;
#define MEMBERS_DECLARE_PLACES(name)                                                                                   \
	struct loc *name;                                                                                              \
	uint32_t name##_len;

#define MEMBERS_ROW(S, KIND, ...)	  {.kind = MEMBER_##KIND, MEMBERS_ROW_##KIND(S, __VA_ARGS__)},
#define MEMBERS_AT(S, member)		  .name = #member, .offset = offsetof(struct S, member)
#define MEMBERS_LEN(S, member)		  MEMBERS_AT(S, member), .len_offset = offsetof(struct S, member##_len)
#define MEMBERS_ROW_FLAG(S, name)	  MEMBERS_AT(S, name)
#define MEMBERS_ROW_INT(S, name)	  MEMBERS_AT(S, name)
#define MEMBERS_ROW_U32(S, name)	  MEMBERS_AT(S, name)
#define MEMBERS_ROW_U64(S, name)	  MEMBERS_AT(S, name)
#define MEMBERS_ROW_I64S(S, name, n)	  MEMBERS_AT(S, name), .limit = n
#define MEMBERS_ROW_ENUM(S, name, tag, n) MEMBERS_AT(S, name), .limit = n, .words = tag##_words
#define MEMBERS_ROW_TEXT(S, name)	  MEMBERS_AT(S, name)
#define MEMBERS_ROW_TEXT_OR_NULL(S, name) MEMBERS_AT(S, name)
#define MEMBERS_ROW_NAME(S, name)	  MEMBERS_AT(S, name)
#define MEMBERS_ROW_TEXTS(S, name)	  MEMBERS_LEN(S, name)
#define MEMBERS_ROW_NUMBERS(S, name)	  MEMBERS_LEN(S, name)
#define MEMBERS_ROW_PART(S, name, tag)	  MEMBERS_AT(S, name), .of = &tag##_members
#define MEMBERS_ROW_LIST(S, name, tag)	  MEMBERS_LEN(S, name), .of = &tag##_members
#define MEMBERS_ROW_LIST_OF(S, name, tag, n)                                                                           \
	MEMBERS_AT(S, name), .len_offset = offsetof(struct S, n), .of = &tag##_members
#define MEMBERS_ROW_KNOWN(S, name, tag) MEMBERS_AT(S, name), .names = &tag##_names
#define MEMBERS_ROW_SOURCES(S, name)	MEMBERS_LEN(S, name)
#define MEMBERS_ROW_PLACE(S, name)	MEMBERS_AT(S, name)
#define MEMBERS_ROW_PLACES(S, name)	MEMBERS_LEN(S, name)

#endif
