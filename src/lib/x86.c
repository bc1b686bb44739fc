/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/x86.h"

#include <string.h>

#include "lib/x86_rows.h"

/* An instruction while it is taken apart. */
struct decoder {
	const uint8_t *at, *end;
	uint8_t opcode, modrm;
	enum x86_map map;
	uint8_t prefix;		     /* PREFIX_*: the one that counts as a part of the opcode */
	bool is_w, is_r, is_x, is_b; /* the bits of REX, or of what stands for it */
	bool has_rex, is_vector;     /* is_vector: VEX, EVEX or XOP */
	bool is_evex, is_16, is_repeated, has_lock, is_address_32;
	uint8_t vvvv;
	struct x86_insn *insn;
};

static bool take(struct decoder *d, uint8_t *byte)
{
	if (d->at == d->end)
		return false;
	*byte = *d->at++;
	return true;
}

/* A number of this many bytes, with its sign. */
static bool take_number(struct decoder *d, unsigned size, int64_t *value)
{
	uint64_t bits = 0;

	if ((size_t)(d->end - d->at) < size)
		return false;
	memcpy(&bits, d->at, size);
	d->at += size;
	*value = size ? (int64_t)(bits << (64 - 8 * size)) >> (64 - 8 * size) : 0;
	return true;
}

/* From the processor's numbers to DWARF's. */
static uint8_t reg_of(unsigned number)
{
	static const uint8_t map[8] = {X86_RAX, X86_RCX, X86_RDX, X86_RBX, X86_RSP, X86_RBP, X86_RSI, X86_RDI};

	return number < 8 ? map[number] : (uint8_t)number;
}

/* ---- prefixes ---- */

static bool note_prefix(struct decoder *d, uint8_t byte)
{
	switch (byte) {
	case 0x26: /* segments that do nothing in this mode */
	case 0x2e:
	case 0x36:
	case 0x3e:
		break;
	case 0x64:
	case 0x65:
		d->insn->mem.segment = byte;
		break;
	case 0x66:
		d->is_16 = true;
		break;
	case 0x67:
		d->is_address_32 = true;
		break;
	case 0xf0:
		d->has_lock = true;
		break;
	case 0xf2:
	case 0xf3:
		d->is_repeated = true;
		d->prefix = byte == 0xf2 ? PREFIX_F2 : PREFIX_F3;
		break;
	default:
		return false;
	}
	return d->insn->is_prefixed = true;
}

/* REX counts only right before the opcode. */
static bool take_prefixes(struct decoder *d)
{
	uint8_t rex = 0;

	for (;;) {
		if (!take(d, &d->opcode))
			return false;
		if ((d->opcode & 0xf0) == 0x40)
			rex = d->opcode;
		else if (note_prefix(d, d->opcode))
			rex = 0;
		else
			break;
	}
	d->has_rex = rex;
	d->is_w = rex & 8;
	d->is_r = rex & 4;
	d->is_x = rex & 2;
	d->is_b = rex & 1;
	return true;
}

/* The last byte of VEX, EVEX or XOP that they have in common: W vvvv x pp. */
static void note_vector(struct decoder *d, uint8_t byte)
{
	static const uint8_t prefixes[4] = {PREFIX_NONE, PREFIX_66, PREFIX_F3, PREFIX_F2};

	d->is_vector = d->insn->is_prefixed = true;
	d->vvvv = ~byte >> 3 & 15;
	d->prefix = prefixes[byte & 3];
	d->insn->vector_size = byte & 4 ? 32 : 16;
}

static void note_rxb(struct decoder *d, uint8_t byte)
{
	d->is_r = !(byte & 0x80);
	d->is_x = !(byte & 0x40);
	d->is_b = !(byte & 0x20);
}

static bool take_vex2(struct decoder *d)
{
	uint8_t byte;

	if (!take(d, &byte))
		return false;
	d->is_r = !(byte & 0x80);
	d->map = MAP_VEX_0F;
	note_vector(d, byte);
	return take(d, &d->opcode);
}

/* VEX in three bytes, and XOP, which is like it: `first` is the number of the map `to`. */
static bool take_vex3(struct decoder *d, unsigned first, enum x86_map to)
{
	uint8_t rxb, byte;

	if (!take(d, &rxb) || !take(d, &byte) || (rxb & 31) < first || (rxb & 31) > first + 2)
		return false;
	note_rxb(d, rxb);
	d->is_w = byte & 0x80;
	d->map = (enum x86_map)(to + (rxb & 31) - first);
	note_vector(d, byte);
	return take(d, &d->opcode);
}

static bool take_evex(struct decoder *d)
{
	static const uint8_t maps[8] = {
		[1] = MAP_EVEX_0F, [2] = MAP_EVEX_0F38, [3] = MAP_EVEX_0F3A, [5] = MAP_EVEX_5, [6] = MAP_EVEX_6};
	uint8_t rxb, byte, rest;

	if (!take(d, &rxb) || !take(d, &byte) || !take(d, &rest))
		return false;
	if (rxb & 8 || !(byte & 4) || !maps[rxb & 7])
		return false; /* APX */
	note_rxb(d, rxb);
	d->is_w = byte & 0x80;
	d->is_evex = true;
	d->map = (enum x86_map)maps[rxb & 7];
	note_vector(d, byte);
	d->insn->vector_size = rest & 0x40 ? 64 : rest & 0x20 ? 32 : 16;
	return take(d, &d->opcode);
}

static bool is_xop(const struct decoder *d)
{
	return d->at < d->end && (*d->at & 31) >= 8;
}

static bool take_vector_prefix(struct decoder *d)
{
	bool may_be = !d->has_rex && !d->is_16 && !d->is_repeated && !d->has_lock;

	switch (d->opcode) {
	case 0x62:
		return may_be && take_evex(d);
	case 0xc4:
		return may_be && take_vex3(d, 1, MAP_VEX_0F);
	case 0xc5:
		return may_be && take_vex2(d);
	default:
		return may_be && take_vex3(d, 8, MAP_XOP_8);
	}
}

static bool take_escapes(struct decoder *d)
{
	if (!take(d, &d->opcode))
		return false;
	d->map = MAP_0F;
	if (d->opcode != 0x38 && d->opcode != 0x3a)
		return true;
	d->map = d->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
	return take(d, &d->opcode);
}

/* All up to the opcode. */
static bool take_opcode(struct decoder *d)
{
	if (!take_prefixes(d))
		return false;
	if (!d->prefix)
		d->prefix = d->is_16 ? PREFIX_66 : PREFIX_NONE;
	if (d->opcode == 0x62 || d->opcode == 0xc4 || d->opcode == 0xc5 || (d->opcode == 0x8f && is_xop(d)))
		return take_vector_prefix(d);
	return d->opcode != 0x0f || take_escapes(d);
}

/* ---- the row ---- */

static const struct x86_row *find_rule(const struct decoder *d)
{
	const struct x86_rule *rule = x86_rules[d->map];

	for (; rule->prefixes; rule++)
		if (d->opcode >= rule->from && d->opcode <= rule->to && d->prefix & rule->prefixes &&
		    (!rule->mask || (d->at < d->end && (*d->at & rule->mask) == rule->value)))
			return &rule->row;
	return NULL;
}

static const struct x86_row *find_row(const struct decoder *d)
{
	const struct x86_row *row = NULL, *ruled = NULL;

	if (d->map == MAP_ONE)
		row = &x86_rows_one[d->opcode == 0x90 && d->is_b ? 0x91 : d->opcode]; /* with %r8, nop is the xchg that
											 it was */
	else if (d->map == MAP_0F)
		row = &x86_rows_0f[d->opcode];
	if (!row || row->flags & HAS_RULES)
		ruled = find_rule(d);
	row = ruled ? ruled : row;
	return row && row->flags & IS_KNOWN ? row : NULL;
}

/* ---- operands ---- */

static unsigned place_of(unsigned operand)
{
	return operand & PLACE_BITS;
}

static bool is_in_modrm(unsigned operand)
{
	switch (place_of(operand)) {
	case IN_MODRM_RM:
	case IN_MODRM_REG:
	case ELSE_REG:
	case ELSE_RM:
	case VECTOR_OF:
	case MODRM_ALONE:
		return true;
	default:
		return false;
	}
}

static bool is_register(const struct decoder *d)
{
	return d->modrm >= 0xc0;
}

static uint8_t size_of(const struct decoder *d, unsigned operand, bool is_reg)
{
	uint8_t y = d->is_w ? 8 : 4, z = d->is_16 && !d->is_w ? 2 : 4, v = d->is_w ? 8 : z;

	switch (operand & SIZE_BITS) {
	case SIZE_B:
		return 1;
	case SIZE_W:
		return 2;
	case SIZE_D:
		return 4;
	case SIZE_Q:
		return 8;
	case SIZE_V:
		return v;
	case SIZE_Y:
		return y;
	case SIZE_Z:
		return z;
	case SIZE_K:
		return z == 2 ? 2 : 8;
	case SIZE_2Y:
		return (uint8_t)(2 * y);
	case SIZE_S:
		return d->prefix == PREFIX_F3 ? 4 : d->prefix == PREFIX_F2 ? 8 : 0;
	case SIZE_VW:
		return is_reg ? v : 2;
	case SIZE_YW:
		return is_reg ? y : 2;
	case SIZE_DW:
		return is_reg ? 4 : 2;
	case SIZE_DB:
		return is_reg ? 4 : 1;
	default:
		return 0;
	}
}

static void take_sib(struct decoder *d, uint8_t sib, uint8_t *base)
{
	struct x86_mem *mem = &d->insn->mem;
	unsigned index = (sib >> 3 & 7) | (d->is_x ? 8 : 0);

	*base = sib & 7;
	if (index != 4) {
		mem->index = reg_of(index);
		mem->scale = (uint8_t)(1 << (sib >> 6));
	}
}

/* Behind modrm: where memory is. */
static bool take_address(struct decoder *d, const struct x86_row *row)
{
	struct x86_mem *mem = &d->insn->mem;
	uint8_t mod = d->modrm >> 6, base = d->modrm & 7, sib;
	bool is_rip = mod == 0 && base == 5;

	mem->is_known = !d->is_address_32 && !(d->is_evex && mod == 1) && !(row->flags & BIT_STRING);
	if (base == 4) {
		if (!take(d, &sib))
			return false;
		take_sib(d, sib, &base);
	}
	if (is_rip)
		mem->base = X86_RIP;
	else if (mod != 0 || base != 5)
		mem->base = reg_of(base | (d->is_b ? 8u : 0));
	return take_number(d, mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0, &mem->disp);
}

static bool take_modrm(struct decoder *d, const struct x86_row *row)
{
	bool is_there = false;

	for (unsigned i = 0; i < X86_OPERANDS; i++)
		is_there |= is_in_modrm(row->operands[i]);
	if (!is_there)
		return true;
	if (!take(d, &d->modrm) || row->flags & (is_register(d) ? ONLY_MEM : ONLY_REG))
		return false;
	return is_register(d) || take_address(d, row);
}

static void set_reg(struct decoder *d, struct x86_operand *out, unsigned number)
{
	out->kind = X86_REG;
	/* without REX, numbers 4 to 7 of one byte are %ah, %ch, %dh, %bh */
	out->is_high = out->size == 1 && !d->has_rex && !d->is_vector && number >= 4 && number < 8;
	out->reg = reg_of(out->is_high ? number - 4 : number);
	if (out->access & X86_WRITE)
		d->insn->writes |= UINT32_C(1) << out->reg;
}

static void set_mem(struct decoder *d, struct x86_operand *out)
{
	out->kind = X86_MEM;
	d->insn->loads |= out->access & X86_READ;
	d->insn->stores |= (out->access & X86_WRITE) != 0;
}

static bool take_target(struct decoder *d, struct x86_operand *out)
{
	int64_t distance;

	/* with 0x66, processors disagree on how long it is */
	if (out->size == 2 || !take_number(d, out->size, &distance))
		return false;
	out->kind = X86_IMM;
	d->insn->target = (uint64_t)distance;
	return true;
}

static bool take_at_number(struct decoder *d, struct x86_operand *out)
{
	d->insn->mem.is_known = !d->is_address_32;
	set_mem(d, out);
	return take_number(d, d->is_address_32 ? 4 : 8, &d->insn->mem.disp);
}

static bool take_imm(struct decoder *d, struct x86_operand *out)
{
	out->kind = X86_IMM;
	return take_number(d, out->size, &d->insn->imm);
}

static bool take_operand(struct decoder *d, unsigned operand, struct x86_operand *out)
{
	bool is_reg = is_register(d);

	out->size = size_of(d, operand, is_reg);
	out->access = (uint8_t)(operand >> ACCESS_SHIFT);
	switch (place_of(operand)) {
	case IS_IMM:
		return take_imm(d, out);
	case IS_TARGET:
		return take_target(d, out);
	case AT_NUMBER:
		return take_at_number(d, out);
	case IN_MODRM_REG:
		set_reg(d, out, (d->modrm >> 3 & 7) | (d->is_r ? 8u : 0));
		break;
	case IN_OPCODE:
		set_reg(d, out, (d->opcode & 7) | (d->is_b ? 8u : 0));
		break;
	case IS_RAX:
		set_reg(d, out, 0);
		break;
	case IN_VVVV:
		set_reg(d, out, d->vvvv);
		break;
	case IN_MODRM_RM:
		if (is_reg)
			set_reg(d, out, (d->modrm & 7) | (d->is_b ? 8u : 0));
		else
			set_mem(d, out);
		break;
	case ELSE_RM:
		out->kind = X86_ELSE;
		if (!is_reg)
			set_mem(d, out);
		break;
	case VECTOR_OF:
		d->insn->mem.is_known = false;
		set_mem(d, out);
		break;
	case ELSE_REG:
		out->kind = X86_ELSE;
		break;
	}
	return true;
}

/* ---- the whole ---- */

static void note_effects(struct decoder *d, const struct x86_row *row)
{
	struct x86_insn *insn = d->insn;

	insn->op = row->op;
	insn->writes |= row->writes;
	if (row->flags & COUNTS && d->is_repeated)
		insn->writes |= UINT32_C(1) << X86_RCX;
	insn->loads |= (row->flags & LOADS) != 0;
	insn->stores |= (row->flags & STORES) != 0;
}

bool x86_decode(const uint8_t *code, size_t size, uint64_t address, struct x86_insn *insn)
{
	struct decoder d = {.at = code, .end = code + (size < X86_SIZE_MAX ? size : X86_SIZE_MAX), .insn = insn};
	const struct x86_row *row;

	*insn = (struct x86_insn){
		.address = address, .vector_size = 16, .mem = {.base = X86_NO_REG, .index = X86_NO_REG}};
	if (!take_opcode(&d))
		return false;
	row = find_row(&d);
	if (!row || !take_modrm(&d, row))
		return false;
	for (unsigned i = 0; i < X86_OPERANDS && row->operands[i]; i++)
		if (!take_operand(&d, row->operands[i], &insn->operands[i]))
			return false;
	note_effects(&d, row);
	insn->size = (uint8_t)(d.at - code);
	address += insn->size;
	if (insn->op == X86_JUMP || insn->op == X86_BRANCH || insn->op == X86_CALL)
		insn->target += address;
	if (insn->mem.base == X86_RIP)
		insn->mem.disp += (int64_t)address;
	return true;
}
