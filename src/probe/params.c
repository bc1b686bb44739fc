/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/params.h"

#include <dwarf.h>
#include <string.h>

enum { REGS = 6, NESTING_MAX = 16, PASS_BY_REFERENCE = 4 /* DW_CC_pass_by_reference, DWARF 5 */ };

/* What an eightbyte of a value travels in. */
enum class { CLASS_NONE, CLASS_SSE, CLASS_INTEGER, CLASS_MEMORY };

/* Where the next parameter goes. */
struct passing {
	unsigned regs, sse;
	uint64_t stack; /* bytes above the return address */
};

static const uint8_t integer_regs[REGS] = {ARGREG_RDI, ARGREG_RSI, ARGREG_RDX, ARGREG_RCX, ARGREG_R8, ARGREG_R9};

/* ---- classes of types ---- */

static bool is_reference(int tag)
{
	return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type ||
	       tag == DW_TAG_ptr_to_member_type;
}

static uint64_t size_of(Dwarf_Die *type)
{
	Dwarf_Word size;

	if (is_reference(dwarf_tag(type)) && dwarf_tag(type) != DW_TAG_ptr_to_member_type)
		return 8;
	return dwarf_aggregate_size(type, &size) ? 0 : size;
}

static bool is_float(Dwarf_Die *type)
{
	Dwarf_Attribute attr;
	Dwarf_Word encoding;

	return dwarf_tag(type) == DW_TAG_base_type && dwarf_attr(type, DW_AT_encoding, &attr) &&
	       !dwarf_formudata(&attr, &encoding) && (encoding == DW_ATE_float || encoding == DW_ATE_complex_float);
}

static void classify(Dwarf_Die *type, uint64_t offset, unsigned depth, enum class classes[2]);

static void classify_members(Dwarf_Die *class, uint64_t offset, unsigned depth, enum class classes[2])
{
	Dwarf_Die child, inner;
	bool started = false;
	int64_t at;

	while (depth < NESTING_MAX && dwarf_next_child(class, &started, &child)) {
		if (!dwarf_is_data_child(&child) || !dwarf_type_of(&child, &inner))
			continue;
		if (!dwarf_member_offset(&child, &at))
			at = 0; /* a bit field is an integer, wherever it lies */
		classify(&inner, offset + (uint64_t)at, depth + 1, classes);
	}
}

/* Merges the classes of what lies at `offset` of a value of at most 16 bytes. */
static void classify(Dwarf_Die *type, uint64_t offset, unsigned depth, enum class classes[2])
{
	uint64_t size = size_of(type);
	enum class class = is_float(type) ? CLASS_SSE : CLASS_INTEGER;
	Dwarf_Die element;

	if (dwarf_is_class(type)) {
		classify_members(type, offset, depth, classes);
		return;
	}
	if (dwarf_tag(type) == DW_TAG_array_type && dwarf_type_of(type, &element))
		class = is_float(&element) ? CLASS_SSE : CLASS_INTEGER;
	for (uint64_t at = offset; at < offset + (size ? size : 1); at = (at | 7) + 1)
		if (at < 16 && class > classes[at / 8])
			classes[at / 8] = class;
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

static bool is_by_address(Dwarf_Die *type)
{
	return is_by_address_at(type, 0);
}

/* A long double and anything above 16 bytes is on the stack. */
static bool is_in_memory(Dwarf_Die *type, uint64_t size)
{
	return size > 16 || (is_float(type) && size > 8);
}

/* ---- places ---- */

static struct argloc in_reg(unsigned reg)
{
	return (struct argloc){.n = 1, .steps = {{.op = STEP_REG, .reg = (uint8_t)reg}}};
}

static struct argloc stack_address(uint64_t offset)
{
	struct argloc loc = in_reg(ARGREG_RSP);

	loc.steps[loc.n++] = (struct argstep){.op = STEP_ADD, .imm = 8 + (int64_t)offset};
	return loc;
}

static void add_step(struct argloc *loc, struct argstep step)
{
	loc->steps[loc->n++] = step;
}

/* The next integer register, or the next word of the stack: the address of something, or a number. */
static struct argloc next_word(struct passing *passing)
{
	struct argloc loc;

	if (passing->regs < REGS)
		return in_reg(integer_regs[passing->regs++]);
	loc = in_reg(ARGREG_RSP);
	add_step(&loc, (struct argstep){.op = STEP_LOAD, .size = 8, .imm = 8 + (int64_t)passing->stack});
	passing->stack += 8;
	return loc;
}

static void place_on_stack(struct passing *passing, uint64_t size, struct arg *arg)
{
	arg->loc = stack_address(passing->stack);
	passing->stack += (size + 7) & ~7ull;
}

/* A structure of one or two eightbytes in registers has no address. */
static void place_small(struct passing *passing, Dwarf_Die *type, uint64_t size, struct arg *arg)
{
	enum class classes[2] = {CLASS_NONE, CLASS_NONE};
	unsigned ints, sses;

	classify(type, 0, 0, classes);
	ints = (classes[0] == CLASS_INTEGER) + (classes[1] == CLASS_INTEGER);
	sses = (classes[0] == CLASS_SSE) + (classes[1] == CLASS_SSE);
	if (passing->regs + ints > REGS || passing->sse + sses > 8) {
		place_on_stack(passing, size, arg);
		return;
	}
	arg->why = "it is a structure in registers, which has no address; arg0, arg1 ... are the registers";
	passing->regs += ints;
	passing->sse += sses;
}

static void place_scalar(struct passing *passing, Dwarf_Die *type, uint64_t size, struct arg *arg)
{
	if (is_float(type)) {
		arg->why = "it is in a floating-point register";
		if (passing->sse++ >= 8)
			passing->stack += 8;
		return;
	}
	arg->loc = next_word(passing);
	arg->is_signed = dwarf_is_signed(type);
	if (size == 1 || size == 2 || size == 4)
		add_step(&arg->loc,
			 (struct argstep){.op = STEP_CAST, .size = (uint8_t)size, .is_signed = arg->is_signed});
}

static void place(struct passing *passing, Dwarf_Die *type, struct arg *arg)
{
	uint64_t size = size_of(type);

	if (is_by_address(type)) {
		arg->loc = next_word(passing);
	} else if (dwarf_is_class(type) && !size) {
		arg->why = "its type is only declared here";
	} else if (is_in_memory(type, size)) {
		if (is_float(type))
			passing->stack = (passing->stack + 15) & ~15ull;
		place_on_stack(passing, size, arg);
		if (is_float(type))
			arg->why = "it is a floating-point number";
	} else if (dwarf_is_class(type) || size > 8) {
		place_small(passing, type, size, arg);
	} else {
		place_scalar(passing, type, size, arg);
	}
}

static const void *keep(struct arena *arena, const struct dwarf_file *file, const Dwarf_Die *die)
{
	const struct dwarf_type type = {file, *die};

	return arena_memdup(arena, &type, sizeof(type));
}

/* ---- functions ---- */

/* Does the caller hand over where the result goes, as a hidden first parameter? */
static bool returns_by_address(Dwarf_Die *function)
{
	Dwarf_Die type;

	return dwarf_type_of(function, &type) &&
	       (is_by_address(&type) || (dwarf_is_class(&type) && is_in_memory(&type, size_of(&type))));
}

void params_of(struct arena *arena, const struct dwarf_file *file, Dwarf_Die *function, struct arg **args,
	       unsigned *args_len)
{
	struct passing passing = {.regs = returns_by_address(function)};
	Dwarf_Die child, type;
	bool started = false;

	*args = NULL;
	*args_len = 0;
	while (*args_len < PROBE_ARGS_MAX && dwarf_next_child(function, &started, &child)) {
		struct arg *arg;

		if (dwarf_tag(&child) != DW_TAG_formal_parameter || !dwarf_type_of(&child, &type))
			continue;
		arg = arena_push(arena, *args, *args_len);
		*arg = (struct arg){.name = dwarf_diename(&child), .type = ARGTYPE_NATIVE, .size = 8};
		arg->native = keep(arena, file, &type);
		place(&passing, &type, arg);
	}
}

void params_return(struct arena *arena, const struct dwarf_file *file, Dwarf_Die *function, struct arg **args,
		   unsigned *args_len)
{
	struct arg *arg;
	Dwarf_Die type;

	*args_len = 0;
	*args = arena_new_array(arena, struct arg, 2);
	arg = *args;
	*arg = (struct arg){.name = "offset",
			    .type = ARGTYPE_INT,
			    .size = 8,
			    .is_signed = true,
			    .loc = {.n = 1, .steps = {{.op = STEP_EXTRA}}}};
	(*args_len)++;
	if (!dwarf_type_of(function, &type))
		return;
	arg++;
	*arg = (struct arg){.name = "result", .type = ARGTYPE_NATIVE, .size = 8, .native = keep(arena, file, &type)};
	(*args_len)++;
	if (returns_by_address(function)) {
		arg->loc = in_reg(ARGREG_RAX); /* the callee gives the address back */
	} else if (dwarf_is_class(&type)) {
		arg->why = "it is a structure in registers, which has no address; arg1 is the first register";
	} else if (is_float(&type)) {
		arg->why = "it is in a floating-point register";
	} else {
		arg->loc = in_reg(ARGREG_RAX);
		arg->is_signed = dwarf_is_signed(&type);
		if (size_of(&type) < 8 && size_of(&type))
			add_step(&arg->loc, (struct argstep){.op = STEP_CAST,
							     .size = (uint8_t)size_of(&type),
							     .is_signed = arg->is_signed});
	}
}
