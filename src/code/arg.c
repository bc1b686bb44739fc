/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of probes: the steps that a provider wrote, as instructions. */
#include "code/gen.h"
#include "lib/kernel_functions.h"

static void emit_reg(struct gen *gen, int dst, unsigned reg)
{
	emit(gen, INSN_LOAD(BPF_DW, dst, REG_CTX, abi_regs_offset[reg < ARGREG_COUNT ? reg : 0]));
}

static void emit_add_imm(struct gen *gen, int reg, int64_t imm)
{
	if (!imm)
		return;
	if (imm == (int32_t)imm) {
		emit(gen, INSN_ALU_IMM(BPF_ADD, reg, imm));
		return;
	}
	emit_imm64(gen, R1, imm);
	emit(gen, INSN_ALU_REG(BPF_ADD, reg, R1));
}

static bool in_kernel(const struct gen *gen)
{
	return gen->ctx == CTX_TRACEPOINT || gen->ctx == CTX_FUNCTION || gen->ctx == CTX_KPROBE;
}

/*
 * Word n of what the kernel gives a program around its function, or the register. The word is read as memory: loaded
 * from the context it would be a typed pointer to the verifier, which lets no script reckon with it.
 */
static void emit_function_value(struct gen *gen, unsigned n, enum argreg reg, struct loc where)
{
	if (gen->ctx == CTX_KPROBE) {
		emit_reg(gen, R0, reg);
		return;
	}
	emit(gen, INSN_MOV_REG(R0, REG_CTX));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 8 * (int)n));
	emit_deref(gen, 8, false, false, where);
}

/* {begin, end} at R0 + imm: R0 = end - begin. */
static void step_span(struct gen *gen, const struct argstep *step, struct loc where)
{
	struct slot base = slot_new(gen), end;

	emit_add_imm(gen, R0, step->imm);
	slot_store(gen, base, R0);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 8));
	emit_deref(gen, 8, false, !in_kernel(gen), where);
	end = slot_new(gen);
	slot_store(gen, end, R0);
	slot_load(gen, R0, base);
	emit_deref(gen, 8, false, !in_kernel(gen), where);
	slot_load(gen, R1, end);
	emit(gen, INSN_ALU_REG(BPF_SUB, R1, R0));
	emit(gen, INSN_MOV_REG(R0, R1));
	slot_release(gen, end);
	slot_release(gen, base);
}

static void gen_step(struct gen *gen, const struct argstep *step, struct loc where)
{
	switch ((enum argstep_op)step->op) {
	case STEP_CONST:
		emit_imm64(gen, R0, step->imm);
		break;
	case STEP_REG:
		emit_reg(gen, R0, step->reg);
		break;
	case STEP_SAVED:
		gen->needs_saved = true;
		slot_load(gen, R0, gen->saved[step->imm]);
		break;
	case STEP_CTX:
		emit(gen, INSN_LOAD(BPF_DW, R0, REG_CTX, step->imm));
		break;
	case STEP_FUNCTION_ARG:
		emit_function_value(gen, (unsigned)step->imm, abi_arg_regs[step->imm % ABI_ARG_REGS], where);
		break;
	case STEP_FUNCTION_RESULT:
		emit_function_value(gen, gen->site->function->args_len, ABI_REG_RESULT, where);
		break;
	case STEP_EXTRA: /* the upper 16 bits of the attach cookie */
		emit(gen, INSN_MOV_REG(R1, REG_CTX));
		emit_call(gen, HELPER_COOKIE);
		emit(gen, INSN_ALU_IMM(BPF_RSH, R0, 48));
		break;
	case STEP_TASK:
		emit_call(gen, HELPER_TASK);
		break;
	case STEP_UID: /* the lower half; the upper one is the group */
		emit_call(gen, HELPER_UID_GID);
		emit(gen, INSN_MOV32_REG(R0, R0));
		break;
	case STEP_IMAGE:
		emit_reg(gen, R0, ABI_REG_PC);
		emit_add_imm(gen, R0, step->imm - (int64_t)gen->site->vaddr);
		break;
	case STEP_ADD:
		emit_add_imm(gen, R0, step->imm);
		break;
	case STEP_ADD_REG:
		emit_reg(gen, R1, step->reg);
		if (step->imm != 1)
			emit(gen, INSN_ALU_IMM(BPF_MUL, R1, step->imm));
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
		break;
	case STEP_SPAN:
		step_span(gen, step, where);
		break;
	case STEP_LOAD:
		emit_add_imm(gen, R0, step->imm);
		emit_deref(gen, step->size, step->is_signed, !in_kernel(gen), where);
		break;
	case STEP_CAST:
		emit_extend(gen, R0, step->size, step->is_signed);
		break;
	case STEP_SHR:
		emit(gen, INSN_ALU_IMM(BPF_RSH, R0, step->imm));
		break;
	case STEP_AND:
		emit(gen, INSN_ALU_IMM(BPF_AND, R0, step->imm));
		break;
	case STEP_UDIV:
		emit(gen, INSN_ALU_IMM(BPF_DIV, R0, step->imm));
		break;
	case STEP_PICK: {
		struct label known = {0}, end = {0};

		emit_jump_imm(gen, BPF_JLT, R0, 16, &known); /* unsigned */
		emit(gen, INSN_MOV_IMM(R0, 0));
		emit_jump(gen, &end);
		label_bind(gen, &known);
		emit(gen, INSN_MOV_REG(R1, R0));
		emit(gen, INSN_ALU_IMM(BPF_LSH, R1, 2));
		emit_imm64(gen, R0, step->imm);
		emit(gen, INSN_ALU_REG(BPF_RSH, R0, R1));
		emit(gen, INSN_ALU_IMM(BPF_AND, R0, 15));
		label_bind(gen, &end);
		break;
	}
	case STEP_UTIME: /* seconds in the low half, nanoseconds in the high one */
		emit(gen, INSN_MOV_REG(R2, R0));
		emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 32));
		emit(gen, INSN_MOV32_REG(R0, R0));
		emit(gen, INSN_ALU_IMM(BPF_MUL, R0, 1000000000));
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R2));
		break;
	}
}

/* Step i gives a pointer out of the process's memory, and a later one reads there: where it is null the value is 0. */
static bool is_pointer_to_read(const struct argloc *loc, unsigned i)
{
	if (loc->steps[i].op != STEP_SAVED && (loc->steps[i].op != STEP_LOAD || loc->steps[i].size != 8))
		return false;
	while (++i < loc->n)
		if (loc->steps[i].op == STEP_LOAD || loc->steps[i].op == STEP_SPAN)
			return true;
	return false;
}

void gen_argloc(struct gen *gen, const struct argloc *loc, struct loc where)
{
	bool may_wait = gen->may_wait;

	struct label null = {0};

	gen->may_wait = gen->site && gen->site->may_be_absent;
	if (!loc->n)
		emit(gen, INSN_MOV_IMM(R0, 0));
	for (unsigned i = 0; i < loc->n; i++) {
		gen_step(gen, &loc->steps[i], where);
		if (is_pointer_to_read(loc, i))
			emit_jump_imm(gen, BPF_JEQ, R0, 0, &null);
	}
	label_bind(gen, &null);
	gen->may_wait = may_wait;
}

static const struct arg *arg_at(struct gen *gen, unsigned index)
{
	if (index >= ARG_TYPED)
		return &gen->site->typed[index - ARG_TYPED];
	if (index >= gen->probe->args_len)
		return NULL;
	return gen->site ? &gen->site->args[index] : &gen->probe->args[index];
}

/* Timers: arg0 is the program counter when it was in the kernel, arg1 when it was in a process. */
static void gen_timer_arg(struct gen *gen, unsigned index)
{
	struct label keep = {0};

	if (index > 1) {
		emit(gen, INSN_MOV_IMM(R0, 0));
		return;
	}
	emit_reg(gen, R0, ABI_REG_PC);
	emit_jump_imm(gen, index == 0 ? BPF_JSLT : BPF_JSGE, R0, 0, &keep);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &keep);
}

/* A structure in registers is put together in scratch memory. R0: its address there. */
static void gen_pieces(struct gen *gen, const struct arg *arg, struct loc where)
{
	const struct arg_piece *last = &arg->pieces[arg->pieces_len - 1];
	struct place place = place_scratch(gen, last->offset + 8);

	gen->keeps_scratch = true; /* the pointer may be kept in a variable */
	emit_place_zero(gen, place);
	for (unsigned i = 0; i < arg->pieces_len; i++) {
		const struct arg_piece *piece = &arg->pieces[i];
		int size = piece->size > 4 ? BPF_DW : piece->size > 2 ? BPF_W : piece->size > 1 ? BPF_H : BPF_B;

		if (piece->why)
			continue;
		gen_argloc(gen, &piece->loc, where);
		emit(gen, INSN_STORE(size, REG_SCRATCH, (int32_t)(place.offset + piece->offset), R0));
	}
	emit_place_address(gen, R0, place);
	emit_launder(gen);
}

void gen_probe_arg(struct gen *gen, unsigned index, struct loc where)
{
	const struct arg *arg = arg_at(gen, index);

	if (gen->ctx == CTX_TIMER)
		gen_timer_arg(gen, index);
	else if (!arg)
		emit(gen, INSN_MOV_IMM(R0, 0));
	else if (arg->pieces_len)
		gen_pieces(gen, arg, where);
	else
		gen_argloc(gen, &arg->loc, where);
}

/* Text of a known length: at most room - 1 bytes of it. */
static void gen_counted_string(struct gen *gen, const struct arg *arg, struct place to, struct loc where)
{
	struct slot length = slot_new(gen);

	gen_argloc(gen, &arg->len_loc, where);
	slot_store(gen, length, R0);
	gen_argloc(gen, &arg->loc, where);
	emit_read_bytes(gen, to, length, to.room - 1, where);
	slot_release(gen, length);
}

void gen_probe_arg_string(struct gen *gen, unsigned index, struct place to, struct loc where)
{
	const struct arg *arg = arg_at(gen, index);
	bool may_wait = gen->may_wait;

	gen->may_wait = gen->site && gen->site->may_be_absent;
	if (!arg || !arg->loc.n) {
		emit_place_zero(gen, to);
	} else if (arg->type == ARGTYPE_STRING) {
		gen_counted_string(gen, arg, to, where);
	} else {
		gen_argloc(gen, &arg->loc, where);
		emit_read_string(gen, to, to.room, true, where);
	}
	gen->may_wait = may_wait;
}

void gen_conditions(struct gen *gen, const struct argcond *conds, unsigned conds_len, struct label *no)
{
	static const int jump_if_not[] = {
		[COND_EQ] = BPF_JNE,
		[COND_NE] = BPF_JEQ,
		[COND_LT] = BPF_JGE,
		[COND_GE] = BPF_JLT,
	};

	for (unsigned i = 0; i < conds_len; i++) {
		const struct argcond *cond = &conds[i];
		struct label yes = {0};

		gen_argloc(gen, &cond->loc, (struct loc){0});
		emit_imm64(gen, R1, cond->imm);
		if (cond->op == COND_MASK) {
			emit_jump_reg(gen, BPF_JSET, R0, R1, &yes);
			emit_jump(gen, no);
			label_bind(gen, &yes);
		} else {
			emit_jump_reg(gen, jump_if_not[cond->op], R0, R1, no);
		}
	}
}
