/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arithmetic: what eBPF says of it, division by zero and long shifts included. */
#include "private.h"

static uint64_t alu32(unsigned op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return (uint32_t)(a << (b & 31));
	case BPF_RSH:
		return a >> (b & 31);
	case BPF_ARSH:
		return (uint32_t)((int32_t)a >> (b & 31));
	default: /* BPF_MOV */
		return b;
	}
}

static uint64_t alu64(unsigned op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 63);
	case BPF_RSH:
		return a >> (b & 63);
	case BPF_ARSH:
		return (uint64_t)((int64_t)a >> (b & 63));
	default: /* BPF_MOV */
		return b;
	}
}

static bool run_swap(struct run *run, const struct bpf_insn *insn)
{
	bool is_big = BPF_SRC(insn->code) == BPF_TO_BE;
	uint64_t value = run->regs[insn->dst_reg];

	switch (insn->imm) {
	case 16:
		return run_set_reg(run, insn->dst_reg, is_big ? __builtin_bswap16((uint16_t)value) : (uint16_t)value);
	case 32:
		return run_set_reg(run, insn->dst_reg, is_big ? __builtin_bswap32((uint32_t)value) : (uint32_t)value);
	case 64:
		return run_set_reg(run, insn->dst_reg, is_big ? __builtin_bswap64(value) : value);
	default:
		return run_fail(run, "swaps %d bits", insn->imm);
	}
}

/* What the verifier refuses at sight: constants that make no sense. */
static bool alu_constant_ok(struct run *run, const struct bpf_insn *insn, unsigned op, unsigned bits)
{
	if ((op == BPF_DIV || op == BPF_MOD) && insn->imm == 0)
		return run_fail(run, "divides by the constant zero");
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && (uint32_t)insn->imm >= bits)
		return run_fail(run, "shifts by the constant %d", insn->imm);
	return true;
}

bool run_alu(struct run *run, const struct bpf_insn *insn)
{
	bool is_64 = BPF_CLASS(insn->code) == BPF_ALU64, is_reg = BPF_SRC(insn->code) == BPF_X;
	unsigned op = BPF_OP(insn->code);
	uint64_t value;

	if (op > BPF_END || (op == BPF_END && is_64) || insn->off)
		return run_fail(run, "unknown instruction");
	if (op != BPF_MOV && !run_reg_valid(run, insn->dst_reg))
		return false;
	if (op == BPF_END)
		return run_swap(run, insn);
	if (op == BPF_NEG) {
		value = -run->regs[insn->dst_reg];
		return run_set_reg(run, insn->dst_reg, is_64 ? value : (uint32_t)value);
	}
	if (is_reg && !run_reg_valid(run, insn->src_reg))
		return false;
	if (!is_reg && !alu_constant_ok(run, insn, op, is_64 ? 64 : 32))
		return false;
	value = is_reg ? run->regs[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
	value = is_64 ? alu64(op, run->regs[insn->dst_reg], value)
		      : (uint32_t)alu32(op, (uint32_t)run->regs[insn->dst_reg], (uint32_t)value);
	return run_set_reg(run, insn->dst_reg, value);
}
