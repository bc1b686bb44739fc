/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/argtext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct reg {
	enum argreg reg;
	uint8_t size;
	bool is_high; /* %ah: the second byte */
};

/* One argument's text while it is read. */
struct operand {
	struct arena *arena;
	struct elf_file *file;
	const char *text, *at, *end; /* the whole argument, for messages; what is left of it */
	struct arg *arg;
	bool has_size;
};

static bool cannot(struct operand *op, const char *reason)
{
	op->arg->loc.n = 0;
	op->arg->why =
		arena_printf(op->arena, "`%.*s` in the marker's note: %s", (int)(op->end - op->text), op->text, reason);
	return false;
}

static void add_step(struct arg *arg, enum argstep_op op, enum argreg reg, int64_t imm)
{
	arg->loc.steps[arg->loc.n++] = (struct argstep){.op = (uint8_t)op, .reg = (uint8_t)reg, .imm = imm};
}

static void step_sized(struct arg *arg, enum argstep_op op, uint8_t size, int64_t imm)
{
	arg->loc.steps[arg->loc.n++] =
		(struct argstep){.op = (uint8_t)op, .size = size, .is_signed = arg->is_signed, .imm = imm};
}

/* ---- registers ---- */

static const struct {
	const char *names[4]; /* of 8, 4, 2 and 1 bytes */
	const char *high;
	enum argreg reg;
} old_regs[] = {
	{{"rax", "eax", "ax", "al"}, "ah", ARGREG_RAX},	 {{"rbx", "ebx", "bx", "bl"}, "bh", ARGREG_RBX},
	{{"rcx", "ecx", "cx", "cl"}, "ch", ARGREG_RCX},	 {{"rdx", "edx", "dx", "dl"}, "dh", ARGREG_RDX},
	{{"rsi", "esi", "si", "sil"}, NULL, ARGREG_RSI}, {{"rdi", "edi", "di", "dil"}, NULL, ARGREG_RDI},
	{{"rbp", "ebp", "bp", "bpl"}, NULL, ARGREG_RBP}, {{"rsp", "esp", "sp", "spl"}, NULL, ARGREG_RSP},
	{{"rip", NULL, NULL, NULL}, NULL, ARGREG_RIP},
};

/* r8 ... r15, with d, w or b (some assemblers: l) behind it for its low bytes. */
static bool find_new_reg(const char *name, struct reg *out)
{
	char *end;
	long n;

	if (name[0] != 'r' || !isdigit((unsigned char)name[1]))
		return false;
	n = strtol(name + 1, &end, 10);
	if (n < 8 || n > 15 || (end[0] && end[1]))
		return false;
	out->reg = (enum argreg)(ARGREG_R8 + n - 8);
	out->is_high = false;
	switch (*end) {
	case '\0':
		out->size = 8;
		return true;
	case 'd':
		out->size = 4;
		return true;
	case 'w':
		out->size = 2;
		return true;
	case 'b':
	case 'l':
		out->size = 1;
		return true;
	}
	return false;
}

static bool find_reg(const char *name, struct reg *out)
{
	size_t i, k;

	for (i = 0; i < sizeof(old_regs) / sizeof(old_regs[0]); i++) {
		out->reg = old_regs[i].reg;
		out->is_high = old_regs[i].high && !strcmp(name, old_regs[i].high);
		out->size = 1;
		if (out->is_high)
			return true;
		for (k = 0; k < 4; k++) {
			out->size = (uint8_t)(8 >> k);
			if (old_regs[i].names[k] && !strcmp(name, old_regs[i].names[k]))
				return true;
		}
	}
	return find_new_reg(name, out);
}

static bool take_char(struct operand *op, char c)
{
	if (op->at == op->end || *op->at != c)
		return false;
	op->at++;
	return true;
}

/* The register's name, without its %: cut to `name`. */
static bool take_reg(struct operand *op, struct reg *out)
{
	char name[8];
	size_t n = 0;

	if (!take_char(op, '%'))
		return cannot(op, "a register was expected");
	while (op->at < op->end && isalnum((unsigned char)*op->at) && n < sizeof(name) - 1)
		name[n++] = *op->at++;
	name[n] = '\0';
	if (op->at < op->end && *op->at == ':')
		return cannot(op, "it is relative to a segment (thread-local storage), which a tracer cannot follow");
	if (!strncmp(name, "xmm", 3) || !strncmp(name, "ymm", 3) || !strncmp(name, "zmm", 3) ||
	    !strncmp(name, "mm", 2) || !strncmp(name, "st", 2) || (name[0] == 'k' && isdigit((unsigned char)name[1])))
		return cannot(
			op, "it is in a floating-point or vector register, which the kernel does not show to a probe");
	if (!find_reg(name, out))
		return cannot(op, "no such register");
	return true;
}

/* ---- symbols, numbers and their sums ---- */

struct sum {
	char symbol[512]; /* "" when there is none */
	uint64_t number;
	bool is_empty;
};

static bool is_symbol_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$' || c == '@' || (unsigned char)c >= 0x80;
}

static bool take_number(struct operand *op, uint64_t *out)
{
	unsigned base = 10, digit;
	uint64_t value = 0;

	if (op->end - op->at > 2 && op->at[0] == '0' && (op->at[1] == 'x' || op->at[1] == 'X')) {
		base = 16;
		op->at += 2;
	} else if (op->end - op->at > 1 && op->at[0] == '0') {
		base = 8;
	}
	for (; op->at < op->end && isxdigit((unsigned char)*op->at); op->at++) {
		digit = isdigit((unsigned char)*op->at) ? (unsigned)(*op->at - '0')
							: (unsigned)(tolower((unsigned char)*op->at) - 'a') + 10;
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return cannot(op, "not a number of 64 bits");
		value = value * base + digit;
	}
	*out = value;
	return true;
}

static bool take_symbol(struct operand *op, struct sum *sum)
{
	bool is_quoted = take_char(op, '"'); /* clang quotes names with odd characters */
	size_t n = 0;

	if (sum->symbol[0])
		return cannot(op, "a sum of two symbols");
	while (op->at < op->end && n < sizeof(sum->symbol) - 1 &&
	       (is_quoted ? *op->at != '"' : is_symbol_char(*op->at)))
		sum->symbol[n++] = *op->at++;
	sum->symbol[n] = '\0';
	if (is_quoted && !take_char(op, '"'))
		return cannot(op, "a quote does not end");
	if (!n)
		return cannot(op, "a number or a symbol was expected");
	if (!is_quoted && strchr(sum->symbol, '@'))
		return cannot(op, "it is reached through a table of the linker, which is not followed");
	return true;
}

/* number, symbol, and + and - between them; may be empty, as in "(%rax)". */
static bool take_sum(struct operand *op, struct sum *sum)
{
	uint64_t number;
	bool is_minus;

	*sum = (struct sum){.is_empty = true};
	while (op->at < op->end && *op->at != '(') {
		is_minus = take_char(op, '-');
		if (!is_minus && !take_char(op, '+') && !sum->is_empty)
			return cannot(op, "not in a form that is known");
		if (op->at < op->end && isdigit((unsigned char)*op->at)) {
			if (!take_number(op, &number))
				return false;
			sum->number += is_minus ? -number : number;
		} else if (is_minus) {
			return cannot(op, "a symbol is subtracted");
		} else if (!take_symbol(op, sum)) {
			return false;
		}
		sum->is_empty = false;
	}
	return true;
}

/* value = the run-time address of the symbol plus number */
static bool step_symbol(struct operand *op, const struct sum *sum)
{
	struct elf_symbol symbol;

	if (!op->file || elf_symbol_find(op->file, sum->symbol, &symbol))
		return cannot(op, "the file's symbol tables do not have this symbol (the file is stripped)");
	if (elf_symbol_is_ambiguous(op->file, sum->symbol))
		return cannot(op, "the file has several symbols of this name");
	add_step(op->arg, STEP_IMAGE, 0, (int64_t)(symbol.vaddr + sum->number));
	return true;
}

/* ---- the three kinds of operands ---- */

static bool parse_constant(struct operand *op)
{
	struct arg *arg = op->arg;
	unsigned shift = 64 - 8u * arg->size;
	uint64_t value;
	struct sum sum;

	if (!take_sum(op, &sum))
		return false;
	if (sum.is_empty || op->at != op->end)
		return cannot(op, "not in a form that is known");
	if (sum.symbol[0]) {
		if (!step_symbol(op, &sum))
			return false;
		if (arg->size < 8)
			step_sized(arg, STEP_CAST, arg->size, 0);
		return true;
	}
	value = sum.number << shift;
	add_step(arg, STEP_CONST, 0, arg->is_signed ? (int64_t)value >> shift : (int64_t)(value >> shift));
	return true;
}

static bool parse_register(struct operand *op)
{
	struct arg *arg = op->arg;
	struct reg reg;
	uint8_t size;

	if (!take_reg(op, &reg))
		return false;
	if (op->at != op->end || reg.reg == ARGREG_RIP)
		return cannot(op, "not in a form that is known");
	if (!op->has_size)
		arg->size = reg.size;
	size = reg.size < arg->size ? reg.size : arg->size;
	add_step(arg, STEP_REG, reg.reg, 0);
	if (reg.is_high)
		add_step(arg, STEP_SHR, 0, 8);
	if (size < 8)
		step_sized(arg, STEP_CAST, size, 0);
	return true;
}

struct memory {
	struct reg base, index;
	bool has_base, has_index;
	uint64_t scale;
};

static bool take_index(struct operand *op, struct memory *mem)
{
	if (!take_reg(op, &mem->index))
		return false;
	if (mem->index.size != 8 || mem->index.reg == ARGREG_RSP || mem->index.reg == ARGREG_RIP)
		return cannot(op, "this register cannot be an index");
	mem->has_index = true;
	mem->scale = 1;
	if (!take_char(op, ','))
		return true;
	if (op->at == op->end || !isdigit((unsigned char)*op->at) || !take_number(op, &mem->scale) ||
	    (mem->scale != 1 && mem->scale != 2 && mem->scale != 4 && mem->scale != 8))
		return cannot(op, "an index is scaled by 1, 2, 4 or 8");
	return true;
}

/* "(base)", "(base,index)", "(base,index,scale)", "(,index,scale)" */
static bool take_parentheses(struct operand *op, struct memory *mem)
{
	*mem = (struct memory){0};
	if (!take_char(op, '('))
		return true;
	if (op->at < op->end && *op->at == '%') {
		if (!take_reg(op, &mem->base))
			return false;
		if (mem->base.size != 8)
			return cannot(op, "an address of 32 bits");
		mem->has_base = true;
	}
	if (take_char(op, ',') && !take_index(op, mem))
		return false;
	if (!take_char(op, ')') || (!mem->has_base && !mem->has_index))
		return cannot(op, "not in a form that is known");
	return true;
}

static bool parse_memory(struct operand *op)
{
	struct arg *arg = op->arg;
	struct memory mem;
	struct sum sum;
	bool is_rip;

	if (!take_sum(op, &sum) || !take_parentheses(op, &mem))
		return false;
	is_rip = mem.has_base && mem.base.reg == ARGREG_RIP;
	if (op->at != op->end || (is_rip && mem.has_index) || (sum.is_empty && !mem.has_base && !mem.has_index))
		return cannot(op, "not in a form that is known");
	if (is_rip && !sum.symbol[0])
		return cannot(op, "it is relative to an instruction that is not known");
	if (sum.symbol[0] && !step_symbol(op, &sum))
		return false;
	if (mem.has_base && !is_rip)
		add_step(arg, arg->loc.n ? STEP_ADD_REG : STEP_REG, mem.base.reg, arg->loc.n ? 1 : 0);
	else if (!arg->loc.n)
		add_step(arg, STEP_CONST, 0, 0);
	if (mem.has_index)
		add_step(arg, STEP_ADD_REG, mem.index.reg, (int64_t)mem.scale);
	step_sized(arg, STEP_LOAD, arg->size, sum.symbol[0] ? 0 : (int64_t)sum.number);
	return true;
}

/* ---- one argument, all arguments ---- */

/* Length of "[-]N[f]@" at the start of the text, 0 when it is not there. */
static size_t size_prefix(const char *text, const char *end)
{
	const char *at = text;

	if (at < end && *at == '-')
		at++;
	if (at == end || !isdigit((unsigned char)*at))
		return 0;
	while (at < end && isdigit((unsigned char)*at))
		at++;
	if (at < end && *at == 'f')
		at++;
	return at < end && *at == '@' ? (size_t)(at + 1 - text) : 0;
}

static bool parse_size(struct operand *op)
{
	size_t prefix = size_prefix(op->text, op->end);
	struct arg *arg = op->arg;
	unsigned long size;

	arg->size = 8; /* without a size it is a word of the machine, as SystemTap has it */
	arg->is_signed = true;
	if (!prefix)
		return true;
	op->has_size = true;
	op->at += prefix;
	arg->is_signed = op->text[0] == '-';
	size = strtoul(op->text + arg->is_signed, NULL, 10);
	if (size == 1 || size == 2 || size == 4 || size == 8)
		arg->size = (uint8_t)size;
	if (op->text[prefix - 2] == 'f')
		return cannot(op, "a floating-point number, which D has no arithmetic for");
	if (size != arg->size)
		return cannot(op, "its size is not 1, 2, 4 or 8 bytes");
	return true;
}

static void parse_operand(struct operand *op)
{
	struct arg *arg = op->arg;

	arg->type = ARGTYPE_INT;
	if (!parse_size(op))
		return;
	if (take_char(op, '$'))
		parse_constant(op);
	else if (op->at < op->end && *op->at == '%')
		parse_register(op);
	else
		parse_memory(op);
}

/*
 * Arguments are separated by spaces; but compilers told to use Intel syntax write "4@DWORD PTR -8[rbp]". That is not
 * read, but must not be counted as three arguments.
 */
static const char *operand_end(const char *text)
{
	const char *end = text + strcspn(text, " "), *next;

	while (*end == ' ' && end - text >= 4 &&
	       (!strncmp(end - 4, "BYTE", 4) || !strncmp(end - 4, "WORD", 4) || !strncmp(end - 3, "PTR", 3))) {
		next = end + strspn(end, " ");
		if (size_prefix(next, next + strlen(next)))
			break;
		end = next + strcspn(next, " ");
	}
	return end;
}

void argtext_parse(struct arena *arena, struct elf_file *file, const char *text, struct arg **args, unsigned *args_len)
{
	struct operand op;
	const char *end;

	*args = NULL;
	*args_len = 0;
	for (text += strspn(text, " "); *text && *args_len < PROBE_ARGS_MAX; text = end + strspn(end, " ")) {
		end = operand_end(text);
		op = (struct operand){.arena = arena, .file = file, .text = text, .at = text, .end = end};
		op.arg = arena_push(arena, *args, *args_len);
		parse_operand(&op);
	}
}
