/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "code/disasm.h"

#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"

/* One program on its way to text. `image` and `program` are NULL for a lone instruction. */
struct disasm {
	const struct image *image;
	const struct image_program *program;
	const struct bpf_insn *insns;
	unsigned len;
	bool *targets; /* insns_len: is jumped to or called; NULL: jumps are printed as distances */
	struct buf *out;
};

const char *disasm_helper_name(int32_t helper)
{
#define HELPER(name) [BPF_FUNC_##name] = "bpf_" #name
	static const char *const names[] = {__BPF_FUNC_MAPPER(HELPER)};
#undef HELPER
	return helper > 0 && helper < (int32_t)(sizeof(names) / sizeof(*names)) ? names[helper] : NULL;
}

static bool is_load64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static bool is_jump(const struct bpf_insn *insn)
{
	unsigned class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static bool is_local_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static const char *size_name(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return "u8";
	case BPF_H:
		return "u16";
	case BPF_W:
		return "u32";
	default:
		return "u64";
	}
}

static void put_unknown(struct disasm *d, const struct bpf_insn *insn)
{
	buf_printf(d->out, "unknown instruction code 0x%02x dst r%u src r%u off %d imm %d", insn->code, insn->dst_reg,
		   insn->src_reg, insn->off, insn->imm);
}

static void put_alu(struct disasm *d, const struct bpf_insn *insn)
{
	static const char *const ops[16] = {
		[BPF_ADD >> 4] = "+=", [BPF_SUB >> 4] = "-=", [BPF_MUL >> 4] = "*=",  [BPF_DIV >> 4] = "/=",
		[BPF_OR >> 4] = "|=",  [BPF_AND >> 4] = "&=", [BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=",
		[BPF_MOD >> 4] = "%=", [BPF_XOR >> 4] = "^=", [BPF_MOV >> 4] = "=",   [BPF_ARSH >> 4] = "s>>=",
	};
	char reg = BPF_CLASS(insn->code) == BPF_ALU64 ? 'r' : 'w';
	unsigned op = BPF_OP(insn->code);

	if (op == BPF_NEG)
		buf_printf(d->out, "%c%u = -%c%u", reg, insn->dst_reg, reg, insn->dst_reg);
	else if (op == BPF_END && reg == 'w')
		buf_printf(d->out, "r%u = %s%d r%u", insn->dst_reg, BPF_SRC(insn->code) == BPF_TO_BE ? "be" : "le",
			   insn->imm, insn->dst_reg);
	else if (!ops[op >> 4])
		put_unknown(d, insn);
	else if (BPF_SRC(insn->code) == BPF_X)
		buf_printf(d->out, "%c%u %s %c%u", reg, insn->dst_reg, ops[op >> 4], reg, insn->src_reg);
	else
		buf_printf(d->out, "%c%u %s %d", reg, insn->dst_reg, ops[op >> 4], insn->imm);
}

static void put_atomic(struct disasm *d, const struct bpf_insn *insn)
{
	static const char *const ops[16] = {
		[BPF_ADD >> 4] = "add", [BPF_OR >> 4] = "or", [BPF_AND >> 4] = "and", [BPF_XOR >> 4] = "xor"};
	static const char *const signs[16] = {
		[BPF_ADD >> 4] = "+=", [BPF_OR >> 4] = "|=", [BPF_AND >> 4] = "&=", [BPF_XOR >> 4] = "^="};
	const char *bits = BPF_SIZE(insn->code) == BPF_DW ? "64" : "", *size = size_name(insn->code);
	unsigned op = (uint32_t)insn->imm >> 4 & 15;
	unsigned dst = insn->dst_reg, src = insn->src_reg;
	int off = insn->off;

	if (insn->imm == BPF_CMPXCHG)
		buf_printf(d->out, "r0 = atomic%s_cmpxchg((%s *)(r%u %+d), r0, r%u)", bits, size, dst, off, src);
	else if (insn->imm == BPF_XCHG)
		buf_printf(d->out, "r%u = atomic%s_xchg((%s *)(r%u %+d), r%u)", src, bits, size, dst, off, src);
	else if (!ops[op] || (insn->imm & ~(0xf0 | BPF_FETCH)) != 0)
		put_unknown(d, insn);
	else if (insn->imm & BPF_FETCH)
		buf_printf(d->out, "r%u = atomic%s_fetch_%s((%s *)(r%u %+d), r%u)", src, bits, ops[op], size, dst, off,
			   src);
	else
		buf_printf(d->out, "lock *(%s *)(r%u %+d) %s r%u", size, dst, off, signs[op], src);
}

static void put_store(struct disasm *d, const struct bpf_insn *insn)
{
	const char *size = size_name(insn->code);
	unsigned mode = BPF_MODE(insn->code);

	if (BPF_CLASS(insn->code) == BPF_STX && mode == BPF_ATOMIC)
		put_atomic(d, insn);
	else if (mode != BPF_MEM)
		put_unknown(d, insn);
	else if (BPF_CLASS(insn->code) == BPF_STX)
		buf_printf(d->out, "*(%s *)(r%u %+d) = r%u", size, insn->dst_reg, insn->off, insn->src_reg);
	else
		buf_printf(d->out, "*(%s *)(r%u %+d) = %d", size, insn->dst_reg, insn->off, insn->imm);
}

/* `insn` is at index `at`; a jump of `distance` instructions from the next one. */
static void put_target(struct disasm *d, unsigned at, int64_t distance)
{
	int64_t target = (int64_t)at + 1 + distance;

	if (d->targets && target >= 0 && target < d->len)
		buf_printf(d->out, "L%d", (int)target);
	else
		buf_printf(d->out, "%+d%s", (int)distance, d->targets ? " (outside of the program)" : "");
}

static void put_call(struct disasm *d, unsigned at)
{
	const struct bpf_insn *insn = &d->insns[at];
	const char *name = disasm_helper_name(insn->imm);

	buf_puts(d->out, "call ");
	if (insn->src_reg == BPF_PSEUDO_CALL)
		put_target(d, at, insn->imm);
	else
		buf_printf(d->out, "%s#%d", name ? name : "unknown", insn->imm);
}

static void put_jump(struct disasm *d, unsigned at)
{
	static const char *const ops[16] = {
		[BPF_JEQ >> 4] = "==",	[BPF_JNE >> 4] = "!=",	 [BPF_JGT >> 4] = ">",	 [BPF_JGE >> 4] = ">=",
		[BPF_JLT >> 4] = "<",	[BPF_JLE >> 4] = "<=",	 [BPF_JSGT >> 4] = "s>", [BPF_JSGE >> 4] = "s>=",
		[BPF_JSLT >> 4] = "s<", [BPF_JSLE >> 4] = "s<=", [BPF_JSET >> 4] = "&",
	};
	const struct bpf_insn *insn = &d->insns[at];
	char reg = BPF_CLASS(insn->code) == BPF_JMP ? 'r' : 'w';
	unsigned op = BPF_OP(insn->code);

	if (op == BPF_CALL && reg == 'r') {
		put_call(d, at);
		return;
	}
	if (op == BPF_EXIT && reg == 'r') {
		buf_puts(d->out, "exit");
		return;
	}
	if (op != BPF_JA && !ops[op >> 4]) {
		put_unknown(d, insn);
		return;
	}
	if (op != BPF_JA) {
		buf_printf(d->out, "if %c%u %s ", reg, insn->dst_reg, ops[op >> 4]);
		if (BPF_SRC(insn->code) == BPF_X)
			buf_printf(d->out, "%c%u ", reg, insn->src_reg);
		else
			buf_printf(d->out, "%d ", insn->imm);
	}
	buf_puts(d->out, "goto ");
	put_target(d, at, insn->off);
}

static const struct image_reloc *find_reloc(const struct disasm *d, unsigned at)
{
	for (unsigned i = 0; d->program && i < d->program->relocs_len; i++)
		if (d->program->relocs[i].insn == at)
			return &d->program->relocs[i];
	return NULL;
}

static void put_load64(struct disasm *d, unsigned at)
{
	const struct image_reloc *reloc = find_reloc(d, at);
	const struct bpf_insn *insn = &d->insns[at];

	buf_printf(d->out, "r%u = ", insn->dst_reg);
	if (reloc) {
		bool is_known = d->image && reloc->map < d->image->maps_len;

		buf_printf(d->out, "map[%s]", is_known ? d->image->maps[reloc->map].name : "unknown");
		if (reloc->kind == RELOC_MAP_VALUE)
			buf_printf(d->out, "[0]+%u", reloc->offset);
	} else if (at + 1 >= d->len) {
		buf_puts(d->out, "half of a 16-byte load");
	} else {
		uint64_t value = (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;

		buf_printf(d->out, "0x%llx ll", (unsigned long long)value);
	}
}

static void put_insn(struct disasm *d, unsigned at)
{
	const struct bpf_insn *insn = &d->insns[at];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		put_alu(d, insn);
		break;
	case BPF_ST:
	case BPF_STX:
		put_store(d, insn);
		break;
	case BPF_LDX:
		if (BPF_MODE(insn->code) == BPF_MEM)
			buf_printf(d->out, "r%u = *(%s *)(r%u %+d)", insn->dst_reg, size_name(insn->code),
				   insn->src_reg, insn->off);
		else
			put_unknown(d, insn);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		put_jump(d, at);
		break;
	default:
		if (is_load64(insn))
			put_load64(d, at);
		else
			put_unknown(d, insn);
	}
}

static void mark_targets(struct disasm *d)
{
	for (unsigned i = 0; i < d->len; i++) {
		const struct bpf_insn *insn = &d->insns[i];
		int64_t target = -1;

		if (is_jump(insn))
			target = (int64_t)i + 1 + insn->off;
		else if (is_local_call(insn))
			target = (int64_t)i + 1 + insn->imm;
		if (target >= 0 && target < d->len)
			d->targets[target] = true;
		if (is_load64(insn))
			i++;
	}
}

/* The part of the script that `loc` means, on one line and not too long. */
static void put_excerpt(struct loc loc, struct buf *out)
{
	enum { LONGEST = 72 };
	const struct source *source = loc.source;
	bool had_space = false;
	size_t start = out->size;

	for (uint32_t i = 0; i < loc.size && loc.offset + (size_t)i < source->size; i++) {
		unsigned char c = source->text[loc.offset + (size_t)i];

		if (out->size - start >= LONGEST) {
			buf_puts(out, "...");
			return;
		}
		if (c <= ' ' || c == 127) {
			had_space = true;
			continue;
		}
		if (had_space && out->size > start)
			buf_putc(out, ' ');
		had_space = false;
		buf_putc(out, c);
	}
}

static void put_line(struct loc loc, struct buf *out)
{
	unsigned line, column;

	if (!loc.source)
		return;
	loc_position(loc, &line, &column);
	buf_printf(out, "; %s:%u: ", loc.source->name, line);
	put_excerpt(loc, out);
	buf_putc(out, '\n');
}

static void put_lines_at(struct disasm *d, unsigned at)
{
	for (unsigned i = 0; i < d->program->lines_len; i++)
		if (d->program->lines[i].insn == at)
			put_line(d->program->lines[i].loc, d->out);
}

void disasm_program(const struct image *image, const struct image_program *program, struct buf *out)
{
	struct disasm d = {image, program, program->insns, program->insns_len, NULL, out};

	d.targets = calloc(d.len + 1, sizeof(*d.targets));
	if (!d.targets)
		memory_end();
	mark_targets(&d);
	for (unsigned i = 0; i < d.len; i++) {
		put_lines_at(&d, i);
		if (d.targets[i])
			buf_printf(out, "L%u:\n", i);
		buf_printf(out, "%5u: ", i);
		put_insn(&d, i);
		buf_putc(out, '\n');
		if (is_load64(&d.insns[i]))
			i++;
	}
	free(d.targets);
}

void disasm_insn(const struct bpf_insn *insns, unsigned insns_len, struct buf *out)
{
	struct disasm d = {NULL, NULL, insns, insns_len, NULL, out};

	if (insns_len > 0)
		put_insn(&d, 0);
}
