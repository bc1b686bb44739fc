/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ceph/stamp.h"

#include <inttypes.h>
#include <string.h>

#include "probe/host.h"

/* ---- one argument ---- */

/* Names of 8, 4, 2 and 1 bytes of each register, by enum argreg. */
static const char *const reg_names[ARGREG_COUNT][4] = {
	[ARGREG_RAX] = {"rax", "eax", "ax", "al"},	[ARGREG_RDX] = {"rdx", "edx", "dx", "dl"},
	[ARGREG_RCX] = {"rcx", "ecx", "cx", "cl"},	[ARGREG_RBX] = {"rbx", "ebx", "bx", "bl"},
	[ARGREG_RSI] = {"rsi", "esi", "si", "sil"},	[ARGREG_RDI] = {"rdi", "edi", "di", "dil"},
	[ARGREG_RBP] = {"rbp", "ebp", "bp", "bpl"},	[ARGREG_RSP] = {"rsp", "esp", "sp", "spl"},
	[ARGREG_R8] = {"r8", "r8d", "r8w", "r8b"},	[ARGREG_R9] = {"r9", "r9d", "r9w", "r9b"},
	[ARGREG_R10] = {"r10", "r10d", "r10w", "r10b"}, [ARGREG_R11] = {"r11", "r11d", "r11w", "r11b"},
	[ARGREG_R12] = {"r12", "r12d", "r12w", "r12b"}, [ARGREG_R13] = {"r13", "r13d", "r13w", "r13b"},
	[ARGREG_R14] = {"r14", "r14d", "r14w", "r14b"}, [ARGREG_R15] = {"r15", "r15d", "r15w", "r15b"},
};

static const char *reg_name(uint8_t reg, uint8_t size)
{
	unsigned row = size == 8 ? 0 : size == 4 ? 1 : size == 2 ? 2 : 3;

	return reg < ARGREG_COUNT ? reg_names[reg][row] : NULL;
}

/* A location in the only shapes that a note has. */
struct operand {
	enum { OPERAND_CONST, OPERAND_REG, OPERAND_MEMORY } kind;
	uint8_t reg, size;
	bool is_signed;
	int64_t imm; /* the constant, or the offset from reg */
};

static bool cannot(const char **why, const char *sentence)
{
	*why = sentence;
	return false;
}

/* A card may be anybody's: its offsets must not overflow. */
static int64_t add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static unsigned count_loads(const struct argloc *loc)
{
	unsigned i, n = 0;

	for (i = 0; i < loc->n; i++)
		n += loc->steps[i].op == STEP_LOAD || loc->steps[i].op == STEP_SPAN;
	return n;
}

static bool take_load(struct operand *op, const struct argstep *step, const char **why)
{
	if (op->kind == OPERAND_CONST)
		return cannot(why, "at a fixed address");
	op->kind = OPERAND_MEMORY;
	op->imm = add(op->imm, step->imm);
	op->size = step->size;
	op->is_signed = step->is_signed;
	return true;
}

/* The low bytes of a register have a name, and those of memory are at the same address. */
static bool take_cast(struct operand *op, const struct argstep *step, const char **why)
{
	if (step->size > op->size)
		return cannot(why, "has to be computed");
	op->size = step->size;
	op->is_signed = step->is_signed;
	return true;
}

static bool take_step(struct operand *op, const struct argstep *step, const char **why)
{
	switch ((enum argstep_op)step->op) {
	case STEP_ADD: /* an offset, if a load follows; finish() sees that one does */
		op->imm = add(op->imm, step->imm);
		return op->kind != OPERAND_MEMORY || cannot(why, "has to be computed");
	case STEP_LOAD:
		return take_load(op, step, why);
	case STEP_CAST:
		return take_cast(op, step, why);
	case STEP_UTIME:
		return cannot(why, "a time that has to be converted");
	default:
		return cannot(why, "has to be computed");
	}
}

static bool read_loc(const struct argloc *loc, struct operand *op, const char **why)
{
	const struct argstep *first = &loc->steps[0];
	unsigned i;

	*op = (struct operand){.size = 8};
	if (count_loads(loc) > 1)
		return cannot(why, "more than one dereference");
	if (!loc->n || (first->op != STEP_CONST && first->op != STEP_REG))
		return cannot(why, "has to be computed");
	op->kind = first->op == STEP_CONST ? OPERAND_CONST : OPERAND_REG;
	op->reg = first->reg;
	if (first->op == STEP_CONST)
		op->imm = first->imm;
	for (i = 1; i < loc->n; i++)
		if (!take_step(op, &loc->steps[i], why))
			return false;
	if (op->kind == OPERAND_REG && op->imm)
		return cannot(why, "an address that has to be computed");
	if (op->imm != (int32_t)op->imm)
		return cannot(why, "a number of more than 32 bits");
	return op->kind == OPERAND_CONST || reg_name(op->reg, op->size) || cannot(why, "in an unknown register");
}

/*
 * A text's address alone will do if a NUL ends it: a std::string's does. That has its address and its length side by
 * side, in this order; a string_view, whose text need not end so, in the other.
 */
static bool is_std_string(const struct operand *text, const struct argloc *len_loc)
{
	struct operand len;
	const char *why;

	return read_loc(len_loc, &len, &why) && text->kind == OPERAND_MEMORY && len.kind == OPERAND_MEMORY &&
	       text->reg == len.reg && text->imm + 8 == len.imm;
}

bool stamp_operand(const struct arg *arg, struct buf *out, const char **why)
{
	struct operand op;

	if (arg->why)
		return cannot(why, arg->why);
	if (!read_loc(&arg->loc, &op, why))
		return false;
	if (arg->type == ARGTYPE_STRING && !is_std_string(&op, &arg->len_loc))
		return cannot(why, "text without a NUL at its end");
	if (op.kind == OPERAND_REG && op.size == 8 && arg->type == ARGTYPE_INT)
		op.is_signed = arg->is_signed;
	buf_printf(out, "%s%u@", op.is_signed || op.kind == OPERAND_CONST ? "-" : "", op.size);
	if (op.kind == OPERAND_CONST)
		buf_printf(out, "$%" PRId64, op.imm);
	else if (op.kind == OPERAND_REG)
		buf_printf(out, "%%%s", reg_name(op.reg, op.size));
	else if (op.imm)
		buf_printf(out, "%" PRId64 "(%%%s)", op.imm, reg_name(op.reg, 8));
	else
		buf_printf(out, "(%%%s)", reg_name(op.reg, 8));
	return true;
}

/* ---- notes ---- */

static char *note_name(struct arena *arena, const char *name)
{
	char *text = arena_alloc(arena, 2 * strlen(name) + 1), *to = text;

	for (; *name; name++) {
		*to++ = *name == '-' ? '_' : *name;
		if (*name == '-')
			*to++ = '_';
	}
	return text;
}

static void add_args(struct arena *arena, const struct site *site, struct stamp_mark *mark)
{
	struct buf all = {0}, one = {0};
	unsigned i;

	mark->args_len = mark->probe->args_len;
	mark->args = arena_new_array(arena, struct stamp_arg, mark->args_len + 1);
	for (i = 0; i < mark->args_len; i++) {
		struct stamp_arg *arg = &mark->args[i];

		buf_clear(&one);
		arg->name = mark->probe->args[i].name;
		if (stamp_operand(&site->args[i], &one, &arg->why))
			mark->told_len++;
		else
			buf_printf(&one, "-8@$%d", STAMP_ABSENT);
		arg->text = arena_strdup(arena, one.data);
		buf_printf(&all, "%s%s", i ? " " : "", arg->text);
	}
	mark->note.args = arena_strdup(arena, all.data ? all.data : "");
	buf_free(&all);
	buf_free(&one);
}

static const char *why_no_note(const struct site *site)
{
	if (site_is_return(site))
		return "at a function's return, and a note is one address";
	if (site->conds_len)
		return "fires on a condition, and a note has none";
	return NULL;
}

static struct stamp_mark *add_mark(struct stamp *stamp, const struct probe *probe, const char *why)
{
	struct stamp_mark *mark = arena_push(stamp->arena, stamp->marks, stamp->marks_len);

	mark->probe = probe;
	mark->why = why;
	return mark;
}

static void add_site(struct stamp *stamp, const struct probe *probe, const struct site *site)
{
	struct stamp_mark *mark = add_mark(stamp, probe, why_no_note(site));

	if (mark->why)
		return;
	mark->note.provider = probe->prov;
	mark->note.name = note_name(stamp->arena, probe->name);
	mark->note.vaddr = site->vaddr;
	add_args(stamp->arena, site, mark);
	stamp->notes_len++;
}

void stamp_add(struct stamp *stamp, const struct probe_list *probes, dev_t dev, ino_t ino)
{
	const struct probe *probe;
	unsigned i, j;

	for (i = 0; i < probes->len; i++) {
		probe = probes->probes[i];
		if (probe->provider != &provider_ceph)
			continue;
		if (probe->why_not)
			add_mark(stamp, probe, probe->why_not);
		for (j = 0; j < probe->sites_len; j++)
			if (probe->sites[j].dev == dev && probe->sites[j].ino == ino)
				add_site(stamp, probe, &probe->sites[j]);
	}
}

const struct elf_sdt_note *stamp_notes(const struct stamp *stamp)
{
	struct elf_sdt_note *notes = arena_new_array(stamp->arena, struct elf_sdt_note, stamp->notes_len + 1);
	unsigned i, n = 0;

	for (i = 0; i < stamp->marks_len; i++)
		if (!stamp->marks[i].why)
			notes[n++] = stamp->marks[i].note;
	return notes;
}

/* ---- for people ---- */

static void print_mark(const struct stamp_mark *mark, struct buf *out)
{
	unsigned i;

	buf_printf(out, "%s:%s  at 0x%" PRIx64 ", %s\n", mark->note.provider, mark->note.name, mark->note.vaddr,
		   mark->probe->func);
	for (i = 0; i < mark->args_len; i++)
		buf_printf(out, "    arg%-2u %-16s %s%s\n", i, mark->args[i].name,
			   mark->args[i].why ? "absent: " : mark->args[i].text,
			   mark->args[i].why ? mark->args[i].why : "");
}

void stamp_print(const struct stamp *stamp, struct buf *out)
{
	const struct stamp_mark *mark;
	unsigned i;

	for (i = 0; i < stamp->marks_len; i++)
		if (!stamp->marks[i].why)
			print_mark(&stamp->marks[i], out);
	for (i = 0; i < stamp->marks_len; i++) {
		mark = &stamp->marks[i];
		if (mark->why)
			buf_printf(out, "%s:::%s  no note: %s\n", mark->probe->prov, mark->probe->name, mark->why);
	}
}
