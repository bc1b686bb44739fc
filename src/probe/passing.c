/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/passing.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 16, PASS_BY_REFERENCE = 4 /* DW_CC_pass_by_reference, DWARF 5 */ };

/* What an eightbyte of a value travels in. */
enum class { CLASS_NONE, CLASS_SSE, CLASS_INTEGER, CLASS_MEMORY };

static const char is_vector[] = "it is in a floating-point register, which a probe cannot read";

/* ---- classes of types ---- */

static bool is_reference(int tag)
{
	return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type ||
	       tag == DW_TAG_ptr_to_member_type;
}

uint64_t passing_size(Dwarf_Die *type)
{
	Dwarf_Word size;

	if (is_reference(dwarf_tag(type)) && dwarf_tag(type) != DW_TAG_ptr_to_member_type)
		return 8;
	return dwarf_aggregate_size(type, &size) ? 0 : size;
}

static uint64_t encoding_of(Dwarf_Die *type)
{
	Dwarf_Attribute attr;
	Dwarf_Word encoding = 0;

	if (dwarf_tag(type) == DW_TAG_base_type && dwarf_attr(type, DW_AT_encoding, &attr))
		dwarf_formudata(&attr, &encoding);
	return encoding;
}

bool passing_is_float(Dwarf_Die *type)
{
	uint64_t encoding = encoding_of(type);

	return encoding == DW_ATE_float || encoding == DW_ATE_complex_float || encoding == DW_ATE_decimal_float;
}

/* long double has 80 bits and the old floating-point unit's stack; other numbers of 16 bytes are in vector registers.
 */
static bool is_long_double(Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);
	uint64_t size = passing_size(type);

	return (encoding_of(type) == DW_ATE_float && size == 16 && !(name && strstr(name, "loat128"))) ||
	       (encoding_of(type) == DW_ATE_complex_float && size == 32);
}

static bool is_vector_type(Dwarf_Die *type)
{
	return dwarf_tag(type) == DW_TAG_array_type && dwarf_hasattr(type, DW_AT_GNU_vector);
}

static void classify(Dwarf_Die *type, uint64_t offset, unsigned depth, enum class classes[2]);

static void take_class(enum class classes[2], enum class class, uint64_t from, uint64_t to)
{
	for (uint64_t at = from / 8; at < 2 && at <= to / 8; at++)
		if (class > classes[at])
			classes[at] = class;
}

static void classify_members(Dwarf_Die *class, uint64_t offset, unsigned depth, enum class classes[2])
{
	Dwarf_Die child, inner;
	bool started = false;

	while (dwarf_next_child(class, &started, &child)) {
		struct dwarf_member member;

		if (!dwarf_is_data_child(&child) || !dwarf_type_of(&child, &inner))
			continue;
		dwarf_member_place(&child, &member);
		if (member.kind == DWARF_MEMBER_PLAIN)
			classify(&inner, offset + (uint64_t)member.offset, depth + 1, classes);
		else if (member.kind == DWARF_MEMBER_BITS && member.bit_size)
			take_class(classes, CLASS_INTEGER, offset + member.bit_offset / 8,
				   offset + (member.bit_offset + member.bit_size - 1) / 8);
	}
}

static void classify_elements(Dwarf_Die *array, uint64_t offset, unsigned depth, enum class classes[2])
{
	uint64_t size = passing_size(array), step;
	Dwarf_Die element;

	if (!dwarf_type_of(array, &element))
		return;
	step = passing_size(&element);
	for (uint64_t at = 0; step && at < size && at < 16; at += step)
		classify(&element, offset + at, depth + 1, classes);
}

/* Merges the classes of what lies at `offset` of a value of at most 16 bytes. */
static void classify(Dwarf_Die *type, uint64_t offset, unsigned depth, enum class classes[2])
{
	uint64_t size = passing_size(type);
	enum class class = passing_is_float(type) || is_vector_type(type) ? CLASS_SSE : CLASS_INTEGER;

	if (depth > NESTING_MAX || !size) {
		return;
	} else if (dwarf_is_class(type)) {
		classify_members(type, offset, depth, classes);
		return;
	} else if (dwarf_tag(type) == DW_TAG_array_type && !is_vector_type(type)) {
		classify_elements(type, offset, depth, classes);
		return;
	}
	if (is_long_double(type) ||
	    (size <= 16 && !(size & (size - 1)) && offset % size && encoding_of(type) != DW_ATE_complex_float))
		class = CLASS_MEMORY; /* the latter: a structure whose members are not aligned */
	take_class(classes, class, offset, offset + size - 1);
}

/* ---- alignment, where it is more than a word's ---- */

static bool is_aligned_to_16(Dwarf_Die *type, unsigned depth)
{
	Dwarf_Die child, inner;
	Dwarf_Attribute attr;
	Dwarf_Word align;
	bool started = false;

	if (depth > NESTING_MAX)
		return false;
	if (dwarf_attr(type, DW_AT_alignment, &attr) && !dwarf_formudata(&attr, &align))
		return align >= 16;
	if (dwarf_tag(type) == DW_TAG_array_type && !is_vector_type(type))
		return dwarf_type_of(type, &inner) && is_aligned_to_16(&inner, depth + 1);
	if (!dwarf_is_class(type))
		return passing_size(type) >= 16 &&
		       !(encoding_of(type) == DW_ATE_complex_float && passing_size(type) == 16);
	while (dwarf_next_child(type, &started, &child))
		if (dwarf_is_data_child(&child) &&
		    ((dwarf_attr(&child, DW_AT_alignment, &attr) && !dwarf_formudata(&attr, &align) && align >= 16) ||
		     (dwarf_type_of(&child, &inner) && is_aligned_to_16(&inner, depth + 1))))
			return true;
	return false;
}

/* ---- what is passed by the address of a copy ---- */

static bool has_value(Dwarf_Die *die, unsigned name, Dwarf_Word value)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	return dwarf_attr(die, name, &attr) && !dwarf_formudata(&attr, &word) && word == value;
}

/* Is it a constructor whose one argument is a reference to the class: for copies and moves? */
static bool is_copying(Dwarf_Die *constructor, Dwarf_Die *class)
{
	Dwarf_Die param, type, to;
	bool started = false;
	unsigned n = 0;

	while (dwarf_next_child(constructor, &started, &param)) {
		int tag;

		if (dwarf_tag(&param) != DW_TAG_formal_parameter || dwarf_hasattr(&param, DW_AT_artificial))
			continue;
		if (n++ || !dwarf_type_of(&param, &type))
			return false;
		tag = dwarf_tag(&type);
		if ((tag != DW_TAG_reference_type && tag != DW_TAG_rvalue_reference_type) ||
		    !dwarf_type_of(&type, &to) || to.addr != class->addr)
			return false;
	}
	return n == 1;
}

/* A function of the class that makes its copies more than bytes: one that the compiler made follows from the members.
 */
static bool is_special(Dwarf_Die *function, Dwarf_Die *class)
{
	const char *name = dwarf_diename(function), *own = dwarf_diename(class);
	size_t size = own ? strcspn(own, "<") : 0;

	if (!name || !own || dwarf_hasattr(function, DW_AT_artificial) || has_value(function, DW_AT_defaulted, 1) ||
	    has_value(function, DW_AT_deleted, 1))
		return false;
	if (*name == '~')
		return true;
	return !strncmp(name, own, size) && (!name[size] || name[size] == '<') && is_copying(function, class);
}

/*
 * Does the class have a copy constructor, a move constructor or a destructor that does something (Itanium C++ ABI,
 * "non-trivial for the purposes of calls")? GCC does not say it in so many words, clang does.
 */
static bool is_by_address_at(Dwarf_Die *type, unsigned depth)
{
	Dwarf_Die child, inner;
	bool started = false;

	if (!dwarf_is_class(type) || depth > NESTING_MAX)
		return false;
	if (dwarf_hasattr(type, DW_AT_calling_convention))
		return has_value(type, DW_AT_calling_convention, PASS_BY_REFERENCE);
	while (dwarf_next_child(type, &started, &child)) {
		if (dwarf_tag(&child) == DW_TAG_subprogram &&
		    (is_special(&child, type) || dwarf_hasattr(&child, DW_AT_virtuality)))
			return true;
		if (dwarf_is_data_child(&child) &&
		    (dwarf_hasattr(&child, DW_AT_virtuality) ||
		     (dwarf_type_of(&child, &inner) && is_by_address_at(&inner, depth + 1))))
			return true;
	}
	return false;
}

bool passing_is_by_address(Dwarf_Die *type)
{
	return is_by_address_at(type, 0);
}

bool passing_is_object(Dwarf_Die *type)
{
	return dwarf_is_class(type) || dwarf_tag(type) == DW_TAG_array_type || passing_size(type) > 8;
}

/* What the eightbytes travel in; false: the whole is in memory. */
static bool classes_of(Dwarf_Die *type, enum class classes[2])
{
	classes[0] = classes[1] = CLASS_NONE;
	if (is_vector_type(type)) {
		classes[0] = CLASS_SSE; /* one register, however wide */
		return true;
	}
	if (passing_size(type) > 16)
		return false;
	classify(type, 0, 0, classes);
	if (encoding_of(type) == DW_ATE_float && passing_size(type) == 16)
		classes[1] = classes[0] == CLASS_MEMORY ? CLASS_MEMORY : CLASS_NONE;
	return classes[0] != CLASS_MEMORY && classes[1] != CLASS_MEMORY;
}

/* ---- places ---- */

static struct argloc in_reg(unsigned reg)
{
	return (struct argloc){.n = 1, .steps = {{.op = STEP_REG, .reg = (uint8_t)reg}}};
}

static struct argloc stack_address(uint64_t offset)
{
	struct argloc loc = in_reg(ABI_REG_SP);

	loc.steps[loc.n++] = (struct argstep){.op = STEP_ADD, .imm = 8 + (int64_t)offset};
	return loc;
}

static void add_step(struct argloc *loc, struct argstep step)
{
	loc->steps[loc->n++] = step;
}

void passing_cast(struct argloc *loc, uint64_t size, bool is_signed)
{
	if (size == 1 || size == 2 || size == 4)
		add_step(loc, (struct argstep){.op = STEP_CAST, .size = (uint8_t)size, .is_signed = is_signed});
}

/* The next integer register, or the next word of the stack: the address of something, or a number. */
static struct argloc next_word(struct passing *passing)
{
	struct argloc loc;

	if (passing->regs < ABI_ARG_REGS)
		return in_reg(abi_arg_regs[passing->regs++]);
	loc = in_reg(ABI_REG_SP);
	add_step(&loc, (struct argstep){.op = STEP_LOAD, .size = 8, .imm = 8 + (int64_t)passing->stack});
	passing->stack += 8;
	return loc;
}

static void place_on_stack(struct passing *passing, Dwarf_Die *type, uint64_t size, struct arg *arg)
{
	if (is_aligned_to_16(type, 0))
		passing->stack = (passing->stack + 15) & ~15ull;
	arg->loc = stack_address(passing->stack);
	passing->stack += (size + 7) & ~7ull;
}

/* The bytes of a structure of one or two eightbytes, each in the next register of its class. */
static void put_pieces(struct arena *arena, const enum class classes[2], uint64_t size, const uint8_t *regs,
		       struct arg *arg)
{
	for (unsigned i = 0; 8 * i < size; i++) {
		struct arg_piece *piece = arena_push(arena, arg->pieces, arg->pieces_len);

		*piece = (struct arg_piece){.offset = 8 * i, .size = size - 8 * i < 8 ? (uint32_t)(size - 8 * i) : 8};
		if (classes[i] == CLASS_INTEGER)
			piece->loc = in_reg(*regs++);
		else
			piece->why = classes[i] == CLASS_SSE ? is_vector : "nothing is passed of it: it has no members";
	}
}

static bool is_int128(Dwarf_Die *type)
{
	int tag = dwarf_tag(type);

	return (tag == DW_TAG_base_type || tag == DW_TAG_enumeration_type) && passing_size(type) == 16 &&
	       !passing_is_float(type);
}

/* There is one register left, or none. */
static void place_as_words(struct arena *arena, struct passing *passing, uint64_t size, struct arg *arg)
{
	if (passing->regs == ABI_ARG_REGS) {
		arg->loc = stack_address(passing->stack);
		passing->stack += size;
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		*arena_push(arena, arg->pieces, arg->pieces_len) =
			(struct arg_piece){.offset = 8 * i, .size = 8, .loc = next_word(passing)};
}

static void place_small(struct arena *arena, struct passing *passing, Dwarf_Die *type, uint64_t size, struct arg *arg)
{
	enum class classes[2];
	bool is_in_regs = classes_of(type, classes);
	unsigned ints = (classes[0] == CLASS_INTEGER) + (classes[1] == CLASS_INTEGER),
		 sses = (classes[0] == CLASS_SSE) + (classes[1] == CLASS_SSE);

	if (is_int128(type) && passing->regs + ints > ABI_ARG_REGS) {
		if (passing->int128 == INT128_IS_WORDS) {
			place_as_words(arena, passing, size, arg);
			return;
		}
		if (passing->int128 == INT128_ENDS_REGS)
			passing->regs = ABI_ARG_REGS;
	}
	if (!is_in_regs || passing->regs + ints > ABI_ARG_REGS || passing->sse + sses > 8) {
		place_on_stack(passing, type, size, arg);
		if (passing_is_float(type))
			arg->why = "it is a floating-point number";
		return;
	}
	if (passing_is_float(type) || is_vector_type(type))
		arg->why = is_vector;
	else
		put_pieces(arena, classes, size, abi_arg_regs + passing->regs, arg);
	passing->regs += ints;
	passing->sse += sses;
}

static void place_scalar(struct passing *passing, Dwarf_Die *type, uint64_t size, struct arg *arg)
{
	if (passing_is_float(type)) {
		arg->why = is_vector;
		if (passing->sse++ >= 8)
			passing->stack += 8;
		return;
	}
	arg->is_signed = dwarf_is_signed(type);
	arg->loc = next_word(passing);
	passing_cast(&arg->loc, size, arg->is_signed);
}

void passing_next(struct arena *arena, struct passing *passing, Dwarf_Die *type, struct arg *arg)
{
	uint64_t size = passing_size(type);

	if (passing_is_by_address(type))
		arg->loc = next_word(passing);
	else if (!size)
		arg->why = dwarf_hasattr(type, DW_AT_declaration) ? "its type is only declared here" : "it is empty";
	else if (passing_is_object(type))
		place_small(arena, passing, type, size, arg);
	else
		place_scalar(passing, type, size, arg);
}

/* ---- functions ---- */

/* Does the caller hand over where the result goes, as a hidden first parameter? Of languages other than C it may be an
 * array, too. */
static bool returns_by_address(Dwarf_Die *function)
{
	enum class classes[2];
	Dwarf_Die type;

	return dwarf_type_of(function, &type) &&
	       (passing_is_by_address(&type) || (passing_is_object(&type) && !passing_is_float(&type) &&
						 passing_size(&type) && !classes_of(&type, classes)));
}

unsigned passing_clang(const struct dwarf_unit *unit)
{
	static const char before[] = "clang version ";
	Dwarf_Attribute attr;
	const char *producer =
		dwarf_attr((Dwarf_Die *)&unit->die, DW_AT_producer, &attr) ? dwarf_formstring(&attr) : NULL;
	const char *clang = producer ? strstr(producer, before) : NULL;

	return clang ? (unsigned)strtoul(clang + strlen(before), NULL, 10) : 0;
}

static enum passing_int128 int128_of(unsigned clang)
{
	if (!clang)
		return INT128_BY_ABI;
	return clang < 18 ? INT128_IS_WORDS : INT128_ENDS_REGS;
}

struct passing passing_begin(const struct dwarf_function *function)
{
	return (struct passing){.regs = returns_by_address((Dwarf_Die *)&function->die),
				.int128 = int128_of(passing_clang(&function->unit))};
}

void passing_return(struct arena *arena, Dwarf_Die *function, Dwarf_Die *type, struct arg *arg)
{
	static const uint8_t result_regs[] = {ABI_REG_RESULT, ABI_REG_RESULT_HIGH};
	uint64_t size = passing_size(type);
	enum class classes[2];

	if (returns_by_address(function)) {
		arg->loc = in_reg(ABI_REG_RESULT); /* the callee gives the address back */
	} else if (!size) {
		arg->why = dwarf_hasattr(type, DW_AT_declaration) ? "its type is only declared here" : "it is empty";
	} else if (passing_is_float(type) || is_vector_type(type)) {
		arg->why = is_vector;
	} else if (passing_is_object(type)) {
		classes_of(type, classes);
		put_pieces(arena, classes, size, result_regs, arg);
	} else {
		arg->is_signed = dwarf_is_signed(type);
		arg->loc = in_reg(ABI_REG_RESULT);
		passing_cast(&arg->loc, size, arg->is_signed);
	}
}
