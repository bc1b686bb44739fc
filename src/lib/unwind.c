/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the instructions of the entries of .eh_frame and .debug_frame (eh_frame.c reads these) into rows. An entry that
 * makes no sense is left out and counted, so that one bad function does not hide the others.
 */
#include "lib/unwind.h"

#include <stdlib.h>
#include <string.h>

#include "lib/abi.h"
#include "lib/eh_frame.h"
#include "lib/elf_private.h"
#include "lib/memory.h"

enum { REMEMBER_MAX = 16, WORD = 8 };

/* Instructions (DWARF 4, 7.23), and two of GNU's. */
enum {
	CFA_SET_LOC = 0x01,
	CFA_ADVANCE1 = 0x02,
	CFA_ADVANCE2 = 0x03,
	CFA_ADVANCE4 = 0x04,
	CFA_OFFSET_EXTENDED = 0x05,
	CFA_RESTORE_EXTENDED = 0x06,
	CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08,
	CFA_REGISTER = 0x09,
	CFA_REMEMBER = 0x0a,
	CFA_RESTORE_STATE = 0x0b,
	CFA_DEF_CFA = 0x0c,
	CFA_DEF_CFA_REGISTER = 0x0d,
	CFA_DEF_CFA_OFFSET = 0x0e,
	CFA_DEF_CFA_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10,
	CFA_OFFSET_EXTENDED_SF = 0x11,
	CFA_DEF_CFA_SF = 0x12,
	CFA_DEF_CFA_OFFSET_SF = 0x13,
	CFA_VAL_OFFSET = 0x14,
	CFA_VAL_OFFSET_SF = 0x15,
	CFA_VAL_EXPRESSION = 0x16,
	CFA_GNU_ARGS_SIZE = 0x2e,
	CFA_GNU_NEGATIVE_OFFSET = 0x2f,
	CFA_ADVANCE = 0x40, /* the upper two bits; the operand is in the others */
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
};

enum where { WHERE_SAME, WHERE_CFA, WHERE_RBP, WHERE_UNKNOWN };

struct state {
	unsigned reg;
	int64_t offset;
	enum unwind_kind
		special; /* the CFA is an expression: of this kind; UNWIND_NONE: it is reg + offset, if is_plain */
	bool is_plain;
	enum where rbp;
	int64_t rbp_offset; /* bytes from the CFA */
	bool is_last;	    /* the return address is said not to exist */
};

struct reading {
	struct unwind *out;
	struct eh_frame frame;
	unsigned rows_room;
};

static bool is_block(struct cursor block, const char *bytes, size_t size)
{
	return (size_t)(block.end - block.at) == size && !memcmp(block.at, bytes, size);
}

/* The two expressions that compilers and linkers write for a CFA. */
static void cfa_expression(struct state *state, struct cursor block)
{
	enum { OP_BREG_RBP = 0x76, OP_DEREF = 0x06 };
	static const char plt[] = "\x77\x08\x80\x00\x3f\x1a\x3b\x2a\x33\x24\x22"; /* (%rip & 15) >= 11 */

	state->is_plain = false;
	state->special = UNWIND_NONE;
	if (is_block(block, plt, sizeof(plt) - 1)) {
		state->special = UNWIND_PLT;
		return;
	}
	if (cursor_take(&block, 1) != OP_BREG_RBP)
		return;
	state->offset = cursor_sleb(&block);
	if (cursor_take(&block, 1) == OP_DEREF && !block.bad && block.at == block.end)
		state->special = UNWIND_RBP_DEREF;
}

static void set_rule(struct state *state, uint64_t reg, enum where where, int64_t offset)
{
	if (reg == ABI_REG_FRAME) {
		state->rbp = where;
		state->rbp_offset = offset;
	}
	if (reg == ABI_REG_PC)
		state->is_last = where == WHERE_UNKNOWN;
}

static bool fits(int64_t bytes, int64_t min, int64_t max)
{
	return bytes % WORD == 0 && bytes / WORD >= min && bytes / WORD <= max;
}

static struct unwind_row row_of(const struct state *state, const struct cie *cie)
{
	struct unwind_row row = {.kind = UNWIND_NONE};

	if (cie->is_signal)
		return (struct unwind_row){.kind = UNWIND_SIGNAL};
	if (state->is_last)
		return (struct unwind_row){.kind = UNWIND_LAST};
	if (!state->is_plain && state->special == UNWIND_PLT)
		return (struct unwind_row){.kind = UNWIND_PLT};
	if (!fits(state->offset, INT16_MIN, INT16_MAX))
		return row;
	row.cfa = (int16_t)(state->offset / WORD);
	if (!state->is_plain) {
		if (state->special == UNWIND_RBP_DEREF && state->rbp == WHERE_RBP)
			row.kind = UNWIND_RBP_DEREF;
		return row;
	}
	if (state->rbp == WHERE_CFA) {
		if (!fits(state->rbp_offset, INT8_MIN, -1))
			return row;
		row.rbp = (int8_t)(state->rbp_offset / WORD);
	} else if (state->rbp != WHERE_SAME) {
		return row;
	}
	row.kind = state->reg == ABI_REG_SP ? UNWIND_RSP : state->reg == ABI_REG_FRAME ? UNWIND_RBP : UNWIND_NONE;
	return row;
}

static void add_row(struct reading *r, uint64_t pc, struct unwind_row row)
{
	struct unwind *out = r->out;
	struct unwind_row *last = out->rows_len ? &out->rows[out->rows_len - 1] : NULL;

	row.pc = (uint32_t)(pc - out->base);
	if (last && last->pc == row.pc) {
		row.pc = last->pc;
		*last = row;
		return;
	}
	if (last && last->kind == row.kind && last->cfa == row.cfa && last->rbp == row.rbp)
		return;
	out->rows = grow_array(out->rows, out->rows_len, &r->rows_room, sizeof(*out->rows));
	out->rows[out->rows_len++] = row;
}

/* The instructions of one entry. `initial` is what its CIE says, for DW_CFA_restore; NULL: this is the CIE. */
struct run {
	struct reading *r;
	const struct fde *fde;
	const struct state *initial;
	struct state state, kept[REMEMBER_MAX];
	unsigned kept_len;
	uint64_t pc;
	bool is_first_row_done;
};

static void finish_row(struct run *run)
{
	struct unwind_part *part = &run->r->out->parts[run->r->out->parts_len];

	if (!run->is_first_row_done)
		part->is_entry = run->state.is_plain && run->state.reg == ABI_REG_SP && run->state.offset == WORD;
	run->is_first_row_done = true;
	add_row(run->r, run->pc, row_of(&run->state, &run->fde->cie));
}

static bool advance(struct run *run, uint64_t to)
{
	if (!run->initial || to < run->pc || to - run->fde->pc > run->fde->size)
		return false;
	if (to == run->pc)
		return true;
	finish_row(run);
	run->pc = to;
	return true;
}

static bool restore_rule(struct run *run, uint64_t reg)
{
	if (!run->initial)
		return false;
	if (reg == ABI_REG_FRAME) {
		run->state.rbp = run->initial->rbp;
		run->state.rbp_offset = run->initial->rbp_offset;
	} else if (reg == ABI_REG_PC) {
		run->state.is_last = run->initial->is_last;
	}
	return true;
}

static void define_cfa(struct state *state, uint64_t reg, int64_t offset)
{
	state->is_plain = true;
	state->reg = reg < UINT16_MAX ? (unsigned)reg : UINT16_MAX;
	state->offset = offset;
}

/* rbp: *%rbp is how a realigned frame keeps it; anything else a row cannot say. */
static void expression_rule(struct run *run, struct cursor *c)
{
	uint64_t reg = cursor_uleb(c);
	struct cursor block = cursor_block(c);

	set_rule(&run->state, reg, is_block(block, "\x76\x00", 2) ? WHERE_RBP : WHERE_UNKNOWN, 0);
}

static int64_t scaled(int64_t factor, int64_t align)
{
	int64_t product;

	return __builtin_mul_overflow(factor, align, &product) ? INT64_MAX : product;
}

static bool run_extended(struct run *run, uint8_t op, struct cursor *c)
{
	const struct cie *cie = &run->fde->cie;
	struct state *state = &run->state;
	uint64_t reg;

	switch (op) {
	case 0: /* nop */
		return true;
	case CFA_SET_LOC:
		return advance(run, cursor_encoded(c, cie->encoding));
	case CFA_ADVANCE1:
		return advance(run, run->pc + cursor_take(c, 1) * cie->code_align);
	case CFA_ADVANCE2:
		return advance(run, run->pc + cursor_take(c, 2) * cie->code_align);
	case CFA_ADVANCE4:
		return advance(run, run->pc + cursor_take(c, 4) * cie->code_align);
	case CFA_OFFSET_EXTENDED:
		reg = cursor_uleb(c);
		set_rule(state, reg, WHERE_CFA, scaled((int64_t)cursor_uleb(c), cie->data_align));
		return true;
	case CFA_OFFSET_EXTENDED_SF:
		reg = cursor_uleb(c);
		set_rule(state, reg, WHERE_CFA, scaled(cursor_sleb(c), cie->data_align));
		return true;
	case CFA_GNU_NEGATIVE_OFFSET:
		reg = cursor_uleb(c);
		set_rule(state, reg, WHERE_CFA, scaled(scaled((int64_t)cursor_uleb(c), cie->data_align), -1));
		return true;
	case CFA_RESTORE_EXTENDED:
		return restore_rule(run, cursor_uleb(c));
	case CFA_UNDEFINED:
		set_rule(state, cursor_uleb(c), WHERE_UNKNOWN, 0);
		return true;
	case CFA_SAME_VALUE:
		set_rule(state, cursor_uleb(c), WHERE_SAME, 0);
		return true;
	case CFA_REGISTER:
	case CFA_VAL_OFFSET:
		set_rule(state, cursor_uleb(c), WHERE_UNKNOWN, 0);
		cursor_uleb(c);
		return true;
	case CFA_VAL_OFFSET_SF:
		set_rule(state, cursor_uleb(c), WHERE_UNKNOWN, 0);
		cursor_sleb(c);
		return true;
	case CFA_VAL_EXPRESSION:
		set_rule(state, cursor_uleb(c), WHERE_UNKNOWN, 0);
		cursor_block(c);
		return true;
	case CFA_EXPRESSION:
		expression_rule(run, c);
		return true;
	case CFA_REMEMBER:
		if (run->kept_len == REMEMBER_MAX)
			return false;
		run->kept[run->kept_len++] = *state;
		return true;
	case CFA_RESTORE_STATE:
		if (!run->kept_len)
			return false;
		*state = run->kept[--run->kept_len];
		return true;
	case CFA_DEF_CFA:
		reg = cursor_uleb(c);
		define_cfa(state, reg, (int64_t)cursor_uleb(c));
		return true;
	case CFA_DEF_CFA_SF:
		reg = cursor_uleb(c);
		define_cfa(state, reg, scaled(cursor_sleb(c), cie->data_align));
		return true;
	case CFA_DEF_CFA_REGISTER:
		define_cfa(state, cursor_uleb(c), state->offset);
		return true;
	case CFA_DEF_CFA_OFFSET:
		state->offset = (int64_t)cursor_uleb(c);
		return true;
	case CFA_DEF_CFA_OFFSET_SF:
		state->offset = scaled(cursor_sleb(c), cie->data_align);
		return true;
	case CFA_DEF_CFA_EXPRESSION:
		cfa_expression(state, cursor_block(c));
		return true;
	case CFA_GNU_ARGS_SIZE:
		cursor_uleb(c);
		return true;
	default:
		return false;
	}
}

static bool run_one(struct run *run, struct cursor *c)
{
	uint8_t op = (uint8_t)cursor_take(c, 1), operand = op & 0x3f;

	switch (op & 0xc0) {
	case CFA_ADVANCE:
		return advance(run, run->pc + operand * run->fde->cie.code_align);
	case CFA_OFFSET:
		set_rule(&run->state, operand, WHERE_CFA, scaled((int64_t)cursor_uleb(c), run->fde->cie.data_align));
		return true;
	case CFA_RESTORE:
		return restore_rule(run, operand);
	default:
		return run_extended(run, op, c);
	}
}

static bool run_all(struct run *run, struct cursor c)
{
	while (c.at < c.end)
		if (!run_one(run, &c) || c.bad)
			return false;
	return true;
}

static void read_rows(struct reading *r, const struct fde *fde)
{
	struct unwind_part *part = &r->out->parts[r->out->parts_len];
	struct run run = {.r = r, .fde = fde, .pc = fde->pc};
	struct state initial;

	*part = (struct unwind_part){.pc = (uint32_t)(fde->pc - r->out->base), .size = (uint32_t)fde->size};
	if (!run_all(&run, fde->cie.insns)) {
		r->out->bad++;
		return;
	}
	initial = run.state;
	run.initial = &initial;
	if (run_all(&run, fde->insns)) {
		finish_row(&run);
	} else {
		r->out->bad++;
		run.state = (struct state){0};
		finish_row(&run); /* from here on nothing is known */
	}
	r->out->parts_len++;
	add_row(r, fde->pc + fde->size, (struct unwind_row){.kind = UNWIND_NONE});
}

/* ---- the table ---- */

static int compare_fdes(const void *left, const void *right)
{
	const struct fde *a = left, *b = right;

	if (a->pc != b->pc)
		return a->pc < b->pc ? -1 : 1;
	return (int)a->is_debug - (int)b->is_debug;
}

/* Of .debug_frame counts what .eh_frame says nothing about. The entries are sorted. */
static void drop_described_twice(struct eh_frame *frame)
{
	uint64_t next = UINT64_MAX, end = 0;
	unsigned kept = 0;

	for (unsigned i = frame->fdes_len; i-- > 0;) {
		struct fde *fde = &frame->fdes[i];

		if (!fde->is_debug)
			next = fde->pc;
		else if (fde->pc + fde->size > next)
			fde->size = 0;
	}
	for (unsigned i = 0; i < frame->fdes_len; i++) {
		const struct fde *fde = &frame->fdes[i];

		if (!fde->is_debug)
			end = fde->pc + fde->size;
		if (fde->size && (!fde->is_debug || fde->pc >= end))
			frame->fdes[kept++] = *fde;
	}
	frame->fdes_len = kept;
}

/*
 * Where a program's first thread begins, nobody has called. That of the dynamic loader (_start, in assembler) does not
 * say so: it has no entry, and every stack through it would seem to end early.
 */
static void add_start(struct eh_frame *frame, uint64_t start)
{
	enum { START_MAX = 128 };
	static const uint8_t no_caller[] = {CFA_UNDEFINED, ABI_REG_PC};
	unsigned at = 0;

	while (at < frame->fdes_len && frame->fdes[at].pc + frame->fdes[at].size <= start)
		at++;
	if (!start || !frame->fdes_len || (at < frame->fdes_len && frame->fdes[at].pc <= start))
		return;
	frame->fdes = grow_array(frame->fdes, frame->fdes_len, &frame->fdes_room, sizeof(*frame->fdes));
	memmove(&frame->fdes[at + 1], &frame->fdes[at], (frame->fdes_len - at) * sizeof(*frame->fdes));
	frame->fdes_len++;
	frame->fdes[at] = (struct fde){
		.pc = start, .size = START_MAX, .insns = {no_caller, no_caller + sizeof(no_caller), 0, false}};
	if (at + 1 < frame->fdes_len && frame->fdes[at + 1].pc - start < START_MAX)
		frame->fdes[at].size = frame->fdes[at + 1].pc - start;
}

static void make_table(struct reading *r, uint64_t start)
{
	uint64_t end = 0;
	unsigned i;

	if (r->frame.fdes_len)
		qsort(r->frame.fdes, r->frame.fdes_len, sizeof(*r->frame.fdes), compare_fdes);
	drop_described_twice(&r->frame);
	add_start(&r->frame, start);
	r->out->base = r->frame.fdes_len ? r->frame.fdes[0].pc : 0;
	r->out->parts = calloc(r->frame.fdes_len + 1, sizeof(*r->out->parts));
	if (!r->out->parts)
		memory_end();
	for (i = 0; i < r->frame.fdes_len; i++) {
		const struct fde *fde = &r->frame.fdes[i];

		if (fde->pc < end || fde->pc + fde->size - r->out->base > UINT32_MAX) {
			r->out->bad++; /* it overlaps another, or is too far away */
			continue;
		}
		end = fde->pc + fde->size;
		read_rows(r, fde);
	}
}

struct unwind *unwind_read(const struct elf_file *file)
{
	struct unwind *out = calloc(1, sizeof(*out));
	struct reading r = {.out = out};

	if (!out)
		memory_end();
	eh_frame_read(&r.frame, file);
	out->bad = r.frame.bad;
	make_table(&r, file->ehdr.e_entry);
	eh_frame_free(&r.frame);
	return out;
}

void unwind_free(struct unwind *unwind)
{
	if (!unwind)
		return;
	free(unwind->rows);
	free(unwind->parts);
	free(unwind);
}

const struct unwind_row *unwind_row_at(const struct unwind *unwind, uint64_t vaddr)
{
	unsigned low = 0, high = unwind->rows_len;

	if (vaddr < unwind->base || vaddr - unwind->base > UINT32_MAX)
		return NULL;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (unwind->rows[middle].pc <= vaddr - unwind->base)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &unwind->rows[low - 1] : NULL;
}

const struct unwind_part *unwind_part_at(const struct unwind *unwind, uint64_t vaddr)
{
	unsigned low = 0, high = unwind->parts_len;

	if (vaddr < unwind->base || vaddr - unwind->base > UINT32_MAX)
		return NULL;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (unwind->parts[middle].pc <= vaddr - unwind->base)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || vaddr - unwind->base - unwind->parts[low - 1].pc >= unwind->parts[low - 1].size)
		return NULL;
	return &unwind->parts[low - 1];
}
