/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/argloc.h"

#include <inttypes.h>
#include <string.h>

#include "lib/buf.h"

static const char *reg_name(uint8_t reg)
{
	return reg < ARGREG_COUNT ? abi_reg_names[reg] : "?";
}

static void print_type(const struct argstep *step, struct buf *out)
{
	buf_printf(out, " -> %c%u", step->is_signed ? 's' : 'u', step->size * 8u);
}

/* " + 0x18", " - 0x8", nothing for 0. */
static void print_offset(int64_t imm, struct buf *out)
{
	uint64_t size = imm < 0 ? -(uint64_t)imm : (uint64_t)imm;

	if (imm)
		buf_printf(out, " %c 0x%" PRIx64, imm < 0 ? '-' : '+', size);
}

static void print_step(const struct argstep *step, struct buf *out)
{
	switch ((enum argstep_op)step->op) {
	case STEP_CONST:
		buf_printf(out, "%" PRId64, step->imm);
		break;
	case STEP_REG:
		buf_puts(out, reg_name(step->reg));
		break;
	case STEP_SAVED:
		buf_printf(out, "saved[%" PRId64 "]", step->imm);
		break;
	case STEP_CTX:
		buf_printf(out, "ctx[%" PRId64 "]", step->imm);
		break;
	case STEP_FUNCTION_ARG:
		buf_printf(out, "argument %lld", (long long)step->imm);
		break;
	case STEP_FUNCTION_RESULT:
		buf_puts(out, "result");
		break;
	case STEP_PICK:
		buf_printf(out, " picks from 0x%" PRIx64, (uint64_t)step->imm);
		break;
	case STEP_EXTRA:
		buf_puts(out, "extra");
		break;
	case STEP_TASK:
		buf_puts(out, "task");
		break;
	case STEP_UID:
		buf_puts(out, "uid");
		break;
	case STEP_IMAGE:
		buf_printf(out, "image 0x%" PRIx64, (uint64_t)step->imm);
		break;
	case STEP_ADD:
		print_offset(step->imm, out);
		break;
	case STEP_ADD_REG:
		buf_printf(out, " + %s", reg_name(step->reg));
		if (step->imm != 1)
			buf_printf(out, " * %" PRId64, step->imm);
		break;
	case STEP_LOAD:
		print_offset(step->imm, out);
		print_type(step, out);
		break;
	case STEP_CAST:
		buf_printf(out, " as %c%u", step->is_signed ? 's' : 'u', step->size * 8u);
		break;
	case STEP_SHR:
		buf_printf(out, " >> %" PRId64, step->imm);
		break;
	case STEP_AND:
		buf_printf(out, " & 0x%" PRIx64, (uint64_t)step->imm);
		break;
	case STEP_UDIV:
		buf_printf(out, " / %" PRId64, step->imm);
		break;
	case STEP_UTIME:
		buf_puts(out, " as utime_t -> ns");
		break;
	case STEP_SPAN:
		print_offset(step->imm, out);
		buf_puts(out, " -> bytes in vector");
		break;
	}
}

void argloc_print(const struct argloc *loc, struct buf *out)
{
	unsigned i;

	if (!loc->n)
		buf_puts(out, "not available");
	for (i = 0; i < loc->n && i < ARGLOC_STEPS; i++)
		print_step(&loc->steps[i], out);
}

bool argloc_replace(struct argloc *loc, enum argreg reg, const struct argloc *by)
{
	struct argloc moved = *by;

	if (!loc->n || loc->steps[0].op != STEP_REG || loc->steps[0].reg != reg)
		return true;
	if (!by->n || by->n + loc->n - 1 > ARGLOC_STEPS)
		return false;
	memcpy(moved.steps + moved.n, loc->steps + 1, (loc->n - 1u) * sizeof(loc->steps[0]));
	moved.n = (uint8_t)(moved.n + loc->n - 1);
	*loc = moved;
	return true;
}

static bool reads_reg(const struct argstep *step)
{
	return (step->op == STEP_REG || step->op == STEP_ADD_REG) && step->reg < ARGREG_COUNT;
}

uint32_t argloc_regs(const struct argloc *loc)
{
	uint32_t regs = 0;
	unsigned i;

	for (i = 0; i < loc->n; i++)
		if (reads_reg(&loc->steps[i]))
			regs |= UINT32_C(1) << loc->steps[i].reg;
	return regs;
}

void argloc_move(struct argloc *loc, const uint8_t regs[ARGREG_COUNT])
{
	unsigned i;

	for (i = 0; i < loc->n; i++)
		if (reads_reg(&loc->steps[i]))
			loc->steps[i].reg = regs[loc->steps[i].reg];
}
