/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * D's types: C's for LP64, and `string`, which is an array of characters with a size, handled by value. Types are
 * immutable; basic ones exist once, so that they compare by address; others by type_equal.
 */
#ifndef CEPHTAP_PLAN_TYPE_H
#define CEPHTAP_PLAN_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "schema/schema.h"

enum type_kind {
	TYPE_ERROR, /* of a node that already caused a diagnostic: silently fits everywhere */
	TYPE_VOID,
	TYPE_INT, /* size 1, 2, 4, 8; enums too */
	TYPE_STRING,
	TYPE_PTR,
	TYPE_ARRAY,
	TYPE_STRUCT,
	TYPE_UNION,
	TYPE_AGG,    /* an aggregation as an argument of printa() and the like */
	TYPE_STACK,  /* what stack() and ustack() give: a number that the reader resolves to addresses */
	TYPE_SYMBOL, /* what usym() and the like give: a number that the reader resolves to a text */
	TYPE_FLOAT,  /* float, double: members of structures for their layout; no value of it is ever computed */
};

/*
 * On the way to a member of a virtual base class (C++): the object's table of virtual functions, whose address is at
 * `from` in the object, has at -vtable_at how far the base is from there.
 */
struct type_hop {
	const struct type_hop *next;
	int64_t from;
	uint64_t vtable_at;
	const struct type *base; /* that is reached */
};

struct type_member {
	const char *name;
	const struct type *type;
	uint32_t offset;	      /* bytes; behind the hops */
	uint8_t bit_offset, bit_size; /* bit_size 0: no bit-field */
	uint8_t unit;		      /* of a bit-field: how many bytes are read; 0: as many as the type has */
	const struct type_hop *hops;  /* NULL: none */
	const char *why;	      /* why it cannot be read; NULL: it can */
};

struct type {
	enum type_kind kind;
	uint32_t size; /* bytes; TYPE_STRING: room with the final NUL, so the longest text is size - 1 */
	bool is_signed;
	bool userland;	       /* TYPE_PTR: an address in the traced process, not the kernel */
	const char *name;      /* as a person writes it: "uint64_t", "struct foo"; NULL where type_print makes it up */
	const struct type *to; /* TYPE_PTR, TYPE_ARRAY */
	uint32_t count;	       /* TYPE_ARRAY */
	struct type_member *members;
	uint32_t members_len;
	/* A structure whose members are read when somebody first asks for one: NULL once they are there. */
	void (*complete)(struct type *type);
	const void *source;    /* for complete() */
	enum symbol_form form; /* TYPE_SYMBOL */
	uint32_t source_id;
};

/* Types that scripts find declared: the kernel's. Each is always the same object. */
struct type_source {
	void *data;
	/* "struct task_struct", "union ...", "enum ...", or a typedef's name; NULL: there is none. */
	const struct type *(*find)(const struct type_source *source, const char *name);
	const char *(*why)(const struct type_source *source); /* it knows none, because ...; NULL: it knows some */
};

/* type_function: what a pointer to a function points at; nothing is known of it. */
extern const struct type type_error, type_void, type_function, type_agg, type_stack, type_symbol, type_symbol_module,
	type_symbol_address;
extern const struct type type_char, type_int8, type_uint8, type_int16, type_uint16, type_int32, type_uint32, type_int64,
	type_uint64, type_int, type_uint, type_long, type_ulong;

const struct type *type_string(struct arena *arena, uint32_t size);
bool type_is_object(const struct type *type); /* it is known by its place: a structure, a union or an array */
const struct type *type_pointer(struct arena *arena, const struct type *to, bool userland);
const struct type *type_int_of(uint32_t size, bool is_signed); /* intN_t */

const struct type *type_array(struct arena *arena, const struct type *of, uint32_t count);
const struct type_member *type_find_member(const struct type *type, const char *name); /* NULL: none of this name */
void type_complete(const struct type *type);					       /* before members are walked */
uint32_t type_align(const struct type *type);

bool type_is_int(const struct type *type);
bool type_is_scalar(const struct type *type); /* integer or pointer */
bool type_is_token(const struct type *type);  /* stack or symbol: a number that only the reader can make sense of */
bool type_is_string(const struct type *type);
bool type_is_text(const struct type *type); /* string, char *, char []: what stringof takes and a string is made from */
bool type_is_bytes(const struct type *type);		     /* char []: text of a fixed size, not always terminated */
bool type_equal(const struct type *a, const struct type *b); /* names and string sizes do not matter */
const struct type *type_promote(const struct type *type);    /* C11 6.3.1.1 */
const struct type *type_usual(const struct type *a, const struct type *b); /* C11 6.3.1.8 */
/* Are values of the one type values of the other as they are? Names, sizes of strings and what pointers point at do not
 * matter. */
bool type_is_alike(const struct type *a, const struct type *b);
/* Does a scalar of the one type have to change to be one of the other, when both are extended to 64 bits? */
bool type_needs_convert(const struct type *from, const struct type *to);
void type_print(const struct type *type, struct buf *out);

#endif
