/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/dwarf_location.h"

#include <dwarf.h>
#include <string.h>

#include "lib/dwarf_private.h"

enum { STACK_MAX = 16, NESTING_MAX = 4, RSP = 7 /* DWARF's number */ };

static const char is_unknown[] = "its place is given by an expression that cephtap does not know";
const char dwarf_is_left_out[] =
	"the compiler left it out: the debug information has no place for it when the function is entered";

/* An expression while it is evaluated: a stack of numbers. */
struct evaluation {
	const struct dwarf_function *function;
	uint64_t vaddr;
	struct dwarf_sum stack[STACK_MAX];
	unsigned len;
	unsigned depth;
	struct dwarf_piece piece; /* what has been found of the one that comes */
	bool has_piece;
	uint64_t done; /* bytes in pieces so far */
	struct dwarf_location *out;
};

static bool evaluate(struct evaluation *e, struct cursor c);

static bool fail(struct evaluation *e, const char *why)
{
	e->out->why = why;
	return false;
}

static bool push(struct evaluation *e, struct dwarf_sum sum)
{
	if (e->len == STACK_MAX)
		return fail(e, is_unknown);
	e->stack[e->len++] = sum;
	return true;
}

static bool push_number(struct evaluation *e, int64_t number)
{
	return push(e, (struct dwarf_sum){.base = DWARF_BASE_NUMBER, .offset = number});
}

static bool push_reg(struct evaluation *e, uint64_t reg, int64_t offset)
{
	return push(e, (struct dwarf_sum){.base = DWARF_BASE_REG, .reg = (unsigned)reg, .offset = offset});
}

static bool is_cut(const struct dwarf_sum *sum)
{
	return sum->shift || sum->size;
}

static bool add(struct evaluation *e, int64_t number)
{
	struct dwarf_sum *top = e->len ? &e->stack[e->len - 1] : NULL;

	if (!number && top)
		return true;
	if (!top || is_cut(top))
		return fail(e, is_unknown);
	if (top->is_loaded)
		top->after += number;
	else
		top->offset += number;
	return true;
}

static bool is_number(const struct dwarf_sum *sum)
{
	return sum->base == DWARF_BASE_NUMBER && !sum->is_loaded && !is_cut(sum);
}

/* The two upper ones, of which one has to be a constant. */
static bool add_two(struct evaluation *e, int sign)
{
	struct dwarf_sum second;

	if (e->len < 2)
		return fail(e, is_unknown);
	second = e->stack[--e->len];
	if (is_number(&second))
		return add(e, sign * second.offset);
	if (sign < 0 || !is_number(&e->stack[e->len - 1]) || is_cut(&second))
		return fail(e, is_unknown);
	second.offset += second.is_loaded ? 0 : e->stack[e->len - 1].offset;
	second.after += second.is_loaded ? e->stack[e->len - 1].offset : 0;
	e->stack[e->len - 1] = second;
	return true;
}

static bool load(struct evaluation *e)
{
	struct dwarf_sum *top = e->len ? &e->stack[e->len - 1] : NULL;

	if (!top || top->is_loaded || is_cut(top))
		return fail(e, is_unknown);
	top->is_loaded = true;
	return true;
}

/* Its lower bytes, and what they mean as a number of another size. */
static bool cut(struct evaluation *e, unsigned size, bool is_signed)
{
	struct dwarf_sum *top = e->len ? &e->stack[e->len - 1] : NULL;

	if (!top || (size != 1 && size != 2 && size != 4 && size != 8))
		return fail(e, is_unknown);
	if (size == 8 || (top->size && size >= top->size))
		return true;
	top->size = size;
	top->is_signed = is_signed;
	return true;
}

/* A bit-wise and with a number whose lowest bytes are all ones. */
static bool mask(struct evaluation *e)
{
	uint64_t number = e->len < 2 ? 0 : (uint64_t)e->stack[e->len - 1].offset;

	if (e->len < 2 || !is_number(&e->stack[e->len - 1]))
		return fail(e, is_unknown);
	e->len--;
	return cut(e,
		   number == UINT8_MAX	  ? 1
		   : number == UINT16_MAX ? 2
		   : number == UINT32_MAX ? 4
		   : number == UINT64_MAX ? 8
					  : 0,
		   false);
}

static bool shift_right(struct evaluation *e)
{
	uint64_t number = e->len < 2 ? 64 : (uint64_t)e->stack[e->len - 1].offset;

	if (e->len < 2 || !is_number(&e->stack[e->len - 1]) || is_cut(&e->stack[e->len - 2]) || number >= 64)
		return fail(e, is_unknown);
	e->len--;
	e->stack[e->len - 1].shift = (unsigned)number;
	return true;
}

/* To a type of the unit, by its offset there; 0: to an address. */
static bool convert(struct evaluation *e, uint64_t offset)
{
	Dwarf_Die unit = e->function->unit.die, type;
	Dwarf_Off start = dwarf_dieoffset(&unit) - dwarf_cuoffset(&unit);
	Dwarf_Word size;

	if (!offset)
		return cut(e, 8, false);
	if (!dwarf_offdie(dwarf_file_dwarf(e->function->unit.file), start + offset, &type) ||
	    dwarf_tag(&type) != DW_TAG_base_type || dwarf_aggregate_size(&type, &size) || size > 8)
		return fail(e, is_unknown);
	return cut(e, (unsigned)size, dwarf_is_signed(&type));
}

/* ---- the frame's base ---- */

struct pick {
	uint64_t vaddr, found_at;
	struct cursor found;
	bool is_found, may_be_later;
};

static bool pick_range(void *data, const struct dwarf_range *range)
{
	struct pick *pick = data;

	if (pick->vaddr >= range->low && pick->vaddr < range->high) {
		*pick = (struct pick){pick->vaddr, pick->vaddr, range->expression, true, pick->may_be_later};
		return false;
	}
	if (pick->may_be_later && range->low > pick->vaddr && range->low < range->high &&
	    (!pick->is_found || range->low < pick->found_at))
		*pick = (struct pick){pick->vaddr, range->low, range->expression, true, true};
	return true;
}

/*
 * The expression of an attribute at this address, or behind it, where *vaddr is set to. `is_list` says that it is one
 * of several.
 */
static bool expression_at(const struct dwarf_unit *unit, Dwarf_Attribute *attr, uint64_t *vaddr, bool may_be_later,
			  struct cursor *expression, bool *is_list)
{
	struct pick pick = {.vaddr = *vaddr, .may_be_later = may_be_later};
	Dwarf_Block block;

	*is_list = false;
	if (!dwarf_formblock(attr, &block)) {
		*expression = (struct cursor){.at = block.data, .end = block.data + block.length};
		return true;
	}
	*is_list = true;
	dwarf_locations_each(unit, attr, pick_range, &pick);
	*expression = pick.found;
	if (pick.is_found)
		*vaddr = pick.found_at;
	return pick.is_found;
}

static bool push_frame_base(struct evaluation *e, int64_t offset)
{
	struct evaluation inner = {.function = e->function, .vaddr = e->vaddr, .depth = e->depth + 1, .out = e->out};
	uint64_t vaddr = e->vaddr;
	Dwarf_Attribute attr;
	struct cursor expression;
	struct dwarf_sum base;
	bool is_list;

	if (e->depth > NESTING_MAX || !dwarf_attr_integrate((Dwarf_Die *)&e->function->die, DW_AT_frame_base, &attr) ||
	    !expression_at(&e->function->unit, &attr, &vaddr, false, &expression, &is_list))
		return fail(e, is_unknown);
	if (!evaluate(&inner, expression))
		return false;
	if (inner.has_piece && inner.piece.kind == DWARF_PIECE_REG)
		return push_reg(e, inner.piece.reg, offset);
	if (inner.has_piece || inner.len != 1)
		return fail(e, is_unknown);
	base = inner.stack[0];
	if (is_list && base.base == DWARF_BASE_REG && base.reg == RSP && e->vaddr == e->out->asked) {
		/* said of the entry's address: there the stack pointer is 8 below the CFA */
		base.base = DWARF_BASE_CFA;
		base.offset -= 8;
	}
	return push(e, base) && add(e, offset);
}

/* ---- pieces ---- */

static bool set_piece(struct evaluation *e, struct dwarf_piece piece)
{
	e->piece = piece;
	e->has_piece = true;
	return true;
}

/* What has been said so far is where the next `size` bytes are; 0: all that is left. */
static bool end_piece(struct evaluation *e, uint64_t size)
{
	struct dwarf_piece *piece;

	if (e->out->len == DWARF_PIECES_MAX)
		return fail(e, is_unknown);
	if (!e->has_piece)
		e->piece = e->len ? (struct dwarf_piece){.kind = DWARF_PIECE_MEMORY, .sum = e->stack[e->len - 1]}
				  : (struct dwarf_piece){.kind = DWARF_PIECE_NONE};
	piece = &e->out->pieces[e->out->len++];
	*piece = e->piece;
	piece->offset = e->done;
	piece->size = size;
	e->done += size;
	e->len = 0;
	e->has_piece = false;
	return true;
}

static bool implicit_value(struct evaluation *e, struct cursor bytes)
{
	uint64_t size = (uint64_t)(bytes.end - bytes.at);

	if (bytes.bad || !size || size > 8)
		return fail(e, "it is a constant of more than 8 bytes");
	return set_piece(e, (struct dwarf_piece){.kind = DWARF_PIECE_VALUE,
						 .sum = {.base = DWARF_BASE_NUMBER,
							 .offset = (int64_t)cursor_take(&bytes, (unsigned)size)}});
}

static bool stack_value(struct evaluation *e)
{
	if (!e->len)
		return fail(e, is_unknown);
	return set_piece(e, (struct dwarf_piece){.kind = DWARF_PIECE_VALUE, .sum = e->stack[e->len - 1]});
}

/* What a register held when the function was entered: at its entry, what it holds. */
static bool entry_value(struct evaluation *e, struct cursor bytes)
{
	struct evaluation inner = {.function = e->function, .vaddr = e->vaddr, .depth = e->depth + 1, .out = e->out};

	if (e->depth > NESTING_MAX || !evaluate(&inner, bytes))
		return fail(e, is_unknown);
	if (inner.has_piece && inner.piece.kind == DWARF_PIECE_REG)
		return push_reg(e, inner.piece.reg, 0);
	return !inner.has_piece && inner.len == 1 ? push(e, inner.stack[0]) : fail(e, is_unknown);
}

/* ---- operations ---- */

static bool constant_op(struct evaluation *e, uint8_t op, struct cursor *c)
{
	switch (op) {
	case DW_OP_const1u:
		return push_number(e, (int64_t)cursor_take(c, 1));
	case DW_OP_const1s:
		return push_number(e, cursor_signed(c, 1));
	case DW_OP_const2u:
		return push_number(e, (int64_t)cursor_take(c, 2));
	case DW_OP_const2s:
		return push_number(e, cursor_signed(c, 2));
	case DW_OP_const4u:
		return push_number(e, (int64_t)cursor_take(c, 4));
	case DW_OP_const4s:
		return push_number(e, cursor_signed(c, 4));
	case DW_OP_const8u:
	case DW_OP_const8s:
		return push_number(e, (int64_t)cursor_take(c, 8));
	case DW_OP_constu:
		return push_number(e, (int64_t)cursor_uleb(c));
	case DW_OP_consts:
		return push_number(e, cursor_sleb(c));
	default:
		return fail(e, is_unknown);
	}
}

static bool register_op(struct evaluation *e, uint8_t op, struct cursor *c)
{
	uint64_t reg;

	if (op >= DW_OP_reg0 && op <= DW_OP_reg31)
		return set_piece(e, (struct dwarf_piece){.kind = DWARF_PIECE_REG, .reg = op - DW_OP_reg0});
	if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		return push_reg(e, op - DW_OP_breg0, cursor_sleb(c));
	reg = cursor_uleb(c);
	if (op == DW_OP_regx)
		return set_piece(e, (struct dwarf_piece){.kind = DWARF_PIECE_REG, .reg = (unsigned)reg});
	return push_reg(e, reg, cursor_sleb(c));
}

static bool operate(struct evaluation *e, uint8_t op, struct cursor *c)
{
	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		return push_number(e, op - DW_OP_lit0);
	if ((op >= DW_OP_reg0 && op <= DW_OP_breg31) || op == DW_OP_regx || op == DW_OP_bregx)
		return register_op(e, op, c);
	switch (op) {
	case DW_OP_fbreg:
		return push_frame_base(e, cursor_sleb(c));
	case DW_OP_call_frame_cfa:
		return push(e, (struct dwarf_sum){.base = DWARF_BASE_CFA});
	case DW_OP_plus_uconst:
		return add(e, (int64_t)cursor_uleb(c));
	case DW_OP_plus:
		return add_two(e, 1);
	case DW_OP_minus:
		return add_two(e, -1);
	case DW_OP_deref:
		return load(e);
	case DW_OP_and:
		return mask(e);
	case DW_OP_shr:
		return shift_right(e);
	case DW_OP_convert:
	case DW_OP_GNU_convert:
		return convert(e, cursor_uleb(c));
	case DW_OP_nop:
	case DW_OP_GNU_uninit:
		return true;
	case DW_OP_stack_value:
		return stack_value(e);
	case DW_OP_implicit_value:
		return implicit_value(e, cursor_block(c));
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		return entry_value(e, cursor_block(c));
	case DW_OP_piece:
		return end_piece(e, cursor_uleb(c));
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return fail(e, "the compiler took the pointer out and kept only what it points at");
	default:
		return constant_op(e, op, c);
	}
}

static bool evaluate(struct evaluation *e, struct cursor c)
{
	while (c.at < c.end)
		if (!operate(e, (uint8_t)cursor_take(&c, 1), &c) || c.bad)
			return fail(e, e->out->why ? e->out->why : is_unknown);
	return true;
}

/* ---- the parameter ---- */

static bool constant_value(Dwarf_Die *parameter, struct dwarf_location *out)
{
	Dwarf_Attribute attr;
	Dwarf_Sword number;
	Dwarf_Word word;

	if (!dwarf_attr_integrate(parameter, DW_AT_const_value, &attr))
		return false;
	if (dwarf_formsdata(&attr, &number)) {
		if (dwarf_formudata(&attr, &word))
			return false;
		number = (Dwarf_Sword)word;
	}
	out->pieces[out->len++] =
		(struct dwarf_piece){.kind = DWARF_PIECE_VALUE, .sum = {.base = DWARF_BASE_NUMBER, .offset = number}};
	return true;
}

void dwarf_locate(const struct dwarf_function *function, Dwarf_Die *parameter, uint64_t vaddr,
		  struct dwarf_location *out)
{
	struct evaluation e = {.function = function, .vaddr = vaddr, .out = out};
	Dwarf_Attribute attr;
	struct cursor expression;

	*out = (struct dwarf_location){.asked = vaddr, .vaddr = vaddr};
	if (!dwarf_attr(parameter, DW_AT_location, &attr)) {
		out->is_there = constant_value(parameter, out);
	} else if (expression_at(&function->unit, &attr, &out->vaddr, true, &expression, &out->is_list) &&
		   expression.at < expression.end) {
		e.vaddr = out->vaddr;
		out->is_there = evaluate(&e, expression) && (out->len || end_piece(&e, 0));
		if (out->is_there && e.done && e.has_piece)
			out->is_there = fail(&e, is_unknown);
	}
	if (!out->is_there && !out->why)
		out->why = dwarf_is_left_out;
}
