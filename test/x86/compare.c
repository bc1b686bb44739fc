/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decoder (src/lib/x86.h) against Zydis, another one: compare FILE... takes each instruction of these programs' and
 * libraries' code; compare --random N SEED takes N made up ones, of which every opcode has its share. Prints what the
 * two say differently, once for each kind of difference and opcode; the exit status says whether there was any.
 */
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <Zydis/Zydis.h>

#include "lib/x86.h"

enum { GENERAL = 16, SHOWN = 60 };

struct theirs {
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

struct difference {
	char text[160];
	unsigned long count;
};

static struct difference differences[4096];
static unsigned differences_len;
static unsigned long compared, ours_alone;

/* DWARF's number of a general register of any size, or X86_NO_REG. */
static unsigned number_of(ZydisRegister reg, bool *is_high)
{
	static const uint8_t dwarf[8] = {X86_RAX, X86_RCX, X86_RDX, X86_RBX, X86_RSP, X86_RBP, X86_RSI, X86_RDI};
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
	ZyanI8 id = ZydisRegisterGetId(whole);

	*is_high = reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
	if (reg == ZYDIS_REGISTER_RIP)
		return X86_RIP;
	if (ZydisRegisterGetClass(whole) != ZYDIS_REGCLASS_GPR64 || id < 0)
		return X86_NO_REG;
	return id < 8 ? dwarf[id] : (unsigned)id;
}

static void differ(const struct theirs *theirs, const uint8_t *code, const char *what, long long ours, long long them)
{
	char text[160], bytes[64] = "";
	ZydisFormatter formatter;
	char line[96] = "";
	unsigned i;

	snprintf(text, sizeof(text), "%-9s %-14s map %d op %02x", what, ZydisMnemonicGetString(theirs->insn.mnemonic),
		 (int)theirs->insn.encoding * 16 + (int)theirs->insn.opcode_map, theirs->insn.opcode);
	for (i = 0; i < differences_len; i++)
		if (!strcmp(differences[i].text, text))
			break;
	if (i == sizeof(differences) / sizeof(*differences))
		return;
	if (differences[i].count++)
		return;
	differences_len = i + 1;
	memcpy(differences[i].text, text, sizeof(text));
	if (i > SHOWN)
		return;
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterFormatInstruction(&formatter, &theirs->insn, theirs->operands, theirs->insn.operand_count_visible,
					line, sizeof(line), 0x1000, NULL);
	for (i = 0; i < theirs->insn.length; i++)
		snprintf(bytes + 3 * i, sizeof(bytes) - 3 * i, "%02x ", code[i]);
	printf("%s: %llx, Zydis says %llx: %s %s\n", text, ours, them, bytes, line);
}

static bool is_stack(const struct theirs *theirs, const ZydisDecodedOperand *operand)
{
	bool is_high;

	return operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
	       (number_of(operand->mem.base, &is_high) == X86_RSP || theirs->insn.mnemonic == ZYDIS_MNEMONIC_LEAVE);
}

/* Where they leave out effects: the result of a system call, the pointers of string instructions, memory of a device.
 */
static bool is_untold(const struct theirs *theirs)
{
	switch (theirs->insn.meta.category) {
	case ZYDIS_CATEGORY_STRINGOP:
	case ZYDIS_CATEGORY_IOSTRINGOP:
	case ZYDIS_CATEGORY_ENQCMD:
	case ZYDIS_CATEGORY_PADLOCK:
	case ZYDIS_CATEGORY_MOVDIR:
		return true;
	default:
		break;
	}
	switch (theirs->insn.mnemonic) {
	case ZYDIS_MNEMONIC_SYSCALL:
	case ZYDIS_MNEMONIC_CLZERO:
	case ZYDIS_MNEMONIC_PAUSE:
		return true;
	default:
		return false;
	}
}

/*
 * What we do not claim to know: jumps with a prefix about which processors disagree, moves of control registers that
 * look as if memory were meant, and Knights Corner, which uses VEX its own way.
 */
static bool is_left_out(const struct theirs *theirs)
{
	bool is_16 = theirs->insn.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE, is_w = theirs->insn.raw.rex.W;

	return (is_16 && !is_w &&
		(theirs->insn.meta.branch_type == ZYDIS_BRANCH_TYPE_NEAR ||
		 theirs->insn.mnemonic == ZYDIS_MNEMONIC_XBEGIN)) ||
	       (theirs->insn.opcode_map == ZYDIS_OPCODE_MAP_0F && theirs->insn.opcode >= 0x20 &&
		theirs->insn.opcode <= 0x23 && theirs->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY) ||
	       !strncmp(ZydisISASetGetString(theirs->insn.meta.isa_set), "KNC", 3);
}

/* Sizes that a prefix changes where nobody writes it. */
static bool has_odd_size(const struct theirs *theirs)
{
	return theirs->insn.attributes & ZYDIS_ATTRIB_HAS_ADDRESSSIZE ||
	       (theirs->insn.mnemonic == ZYDIS_MNEMONIC_MOVSXD && theirs->insn.operand_width == 16);
}

/* Registers and memory that it changes, those too that are not among the operands that one writes. */
static void compare_effects(const struct theirs *theirs, const uint8_t *code, const struct x86_insn *ours)
{
	uint32_t writes = 0;
	bool loads = false, stores = false, is_high;

	for (unsigned i = 0; i < theirs->insn.operand_count; i++) {
		const ZydisDecodedOperand *operand = &theirs->operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) {
			unsigned number = number_of(operand->reg.value, &is_high);

			if (number < GENERAL)
				writes |= UINT32_C(1) << number;
		} else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && !is_stack(theirs, operand)) {
			loads |= (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
			stores |= (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
		}
	}
	if (is_untold(theirs) || (ours->op == X86_TRAP && !(writes & ~ours->writes)))
		return;
	if (ours->writes != writes)
		differ(theirs, code, "writes", ours->writes, writes);
	if (ours->loads != loads && ours->op != X86_NOP) /* they say that a nop with an operand loads it */
		differ(theirs, code, "loads", ours->loads, loads);
	if (ours->stores != stores)
		differ(theirs, code, "stores", ours->stores, stores);
}

static void compare_memory(const struct theirs *theirs, const uint8_t *code, const ZydisDecodedOperand *operand,
			   const struct x86_insn *ours)
{
	const struct x86_mem *mem = &ours->mem;
	bool is_high;
	unsigned base = number_of(operand->mem.base, &is_high), index = number_of(operand->mem.index, &is_high);
	long long disp = operand->mem.disp.value + (base == X86_RIP ? (long long)(ours->address + ours->size) : 0);
	unsigned segment = operand->mem.segment == ZYDIS_REGISTER_FS   ? 0x64
			   : operand->mem.segment == ZYDIS_REGISTER_GS ? 0x65
								       : 0;

	if (!mem->is_known)
		return;
	if (mem->base != base || mem->index != index || (index != X86_NO_REG && mem->scale != operand->mem.scale))
		differ(theirs, code, "address", mem->base << 8 | mem->index, base << 8 | index);
	if (mem->disp != disp)
		differ(theirs, code, "disp", mem->disp, disp);
	if (mem->segment != segment && (ours->loads || ours->stores))
		differ(theirs, code, "segment", mem->segment, segment);
}

static const ZydisDecodedOperand *explicit_of(const struct theirs *theirs, ZydisOperandType type, unsigned which)
{
	for (unsigned i = 0; i < theirs->insn.operand_count; i++) {
		const ZydisDecodedOperand *operand = &theirs->operands[i];
		bool is_high, is_general = type != ZYDIS_OPERAND_TYPE_REGISTER ||
					   number_of(operand->reg.value, &is_high) < GENERAL;

		if (operand->type == type && operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT && is_general &&
		    !which--)
			return operand;
	}
	return NULL;
}

/* Each register that we name is there too, of the same size, and memory is where they say. */
static void compare_operands(const struct theirs *theirs, const uint8_t *code, const struct x86_insn *ours)
{
	unsigned regs = 0;

	if (ours->op == X86_NOP)
		return;

	for (unsigned i = 0; i < X86_OPERANDS; i++) {
		const struct x86_operand *operand = &ours->operands[i];
		const ZydisDecodedOperand *them = NULL;
		bool is_high = false;

		if (operand->kind == X86_MEM) {
			them = explicit_of(theirs, ZYDIS_OPERAND_TYPE_MEMORY, 0);
			if (them)
				compare_memory(theirs, code, them, ours);
		} else if (operand->kind == X86_REG) {
			them = explicit_of(theirs, ZYDIS_OPERAND_TYPE_REGISTER, regs++);
			if (them &&
			    (number_of(them->reg.value, &is_high) != operand->reg || is_high != operand->is_high))
				differ(theirs, code, "register", operand->reg, number_of(them->reg.value, &is_high));
		}
		if (them && operand->size && operand->size * 8 != them->size && !has_odd_size(theirs))
			differ(theirs, code, "size", operand->size * 8, them->size);
	}
}

static void compare_flow(const struct theirs *theirs, const uint8_t *code, const struct x86_insn *ours)
{
	ZydisInstructionCategory category = theirs->insn.meta.category;
	const ZydisDecodedOperand *imm = NULL;
	bool is_direct;
	ZyanU64 target = 0;

	for (unsigned i = 0; i < theirs->insn.operand_count_visible && !imm; i++)
		if (theirs->operands[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && theirs->operands[i].imm.is_relative)
			imm = &theirs->operands[i];
	is_direct = ours->op == X86_CALL || ours->op == X86_JUMP || ours->op == X86_BRANCH;
	if (is_direct != !!imm)
		differ(theirs, code, "direct", is_direct, !!imm);
	else if (imm && (ZydisCalcAbsoluteAddress(&theirs->insn, imm, ours->address, &target), target != ours->target))
		differ(theirs, code, "target", (long long)ours->target, (long long)target);
	if ((ours->op == X86_RETURN) !=
	    (category == ZYDIS_CATEGORY_RET && theirs->insn.mnemonic != ZYDIS_MNEMONIC_IRETQ &&
	     theirs->insn.mnemonic != ZYDIS_MNEMONIC_IRETD && theirs->insn.mnemonic != ZYDIS_MNEMONIC_IRET))
		differ(theirs, code, "return", ours->op, category);
	if ((ours->op == X86_CALL || ours->op == X86_CALL_ANYWHERE) != (category == ZYDIS_CATEGORY_CALL))
		differ(theirs, code, "call", ours->op, category);
	if ((ours->op == X86_JUMP) != (category == ZYDIS_CATEGORY_UNCOND_BR && imm))
		differ(theirs, code, "jump", ours->op, category);
}

static enum x86_op op_of(const struct theirs *theirs)
{
	switch (theirs->insn.mnemonic) {
	case ZYDIS_MNEMONIC_ADD:
		return X86_ADD;
	case ZYDIS_MNEMONIC_AND:
		return X86_AND;
	case ZYDIS_MNEMONIC_SUB:
		return X86_SUB;
	case ZYDIS_MNEMONIC_XOR:
		return X86_XOR;
	case ZYDIS_MNEMONIC_LEA:
		return X86_LEA;
	case ZYDIS_MNEMONIC_MOVZX:
		return X86_EXTEND;
	case ZYDIS_MNEMONIC_MOVSX:
	case ZYDIS_MNEMONIC_MOVSXD:
		return X86_EXTEND_SIGN;
	default:
		return theirs->insn.meta.category == ZYDIS_CATEGORY_CMOV ? X86_MOV_IF : X86_OTHER;
	}
}

/* Those that values are followed through. Of shifts only some are told. */
static void compare_op(const struct theirs *theirs, const uint8_t *code, const struct x86_insn *ours)
{
	enum x86_op op = op_of(theirs);
	bool is_told = ours->op == X86_ADD || ours->op == X86_AND || ours->op == X86_SUB || ours->op == X86_XOR ||
		       ours->op == X86_LEA || ours->op == X86_EXTEND || ours->op == X86_EXTEND_SIGN ||
		       ours->op == X86_MOV_IF;

	if ((is_told || op != X86_OTHER) && op != ours->op)
		differ(theirs, code, "op", ours->op, op);
	if (ours->op == X86_SHIFT_DOWN && theirs->insn.mnemonic != ZYDIS_MNEMONIC_SHR)
		differ(theirs, code, "shr", ours->op, op);
}

static void compare_one(const ZydisDecoder *decoder, const uint8_t *code, size_t size, uint64_t address,
			unsigned *length)
{
	struct theirs theirs;
	struct x86_insn ours;
	bool is_ours = x86_decode(code, size, address, &ours);

	*length = 1;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, code, size, &theirs.insn, theirs.operands))) {
		ours_alone += is_ours;
		return;
	}
	compared++;
	*length = theirs.insn.length;
	if (!is_ours) {
		if (!is_left_out(&theirs))
			differ(&theirs, code, "unknown", 0, theirs.insn.length);
	} else if (ours.size != theirs.insn.length) {
		differ(&theirs, code, "length", ours.size, theirs.insn.length);
	} else {
		compare_effects(&theirs, code, &ours);
		compare_operands(&theirs, code, &ours);
		compare_flow(&theirs, code, &ours);
		compare_op(&theirs, code, &ours);
	}
}

static void compare_code(const ZydisDecoder *decoder, const uint8_t *code, size_t size, uint64_t address)
{
	unsigned length;

	for (size_t at = 0; at < size; at += length)
		compare_one(decoder, code + at, size - at, address + at, &length);
}

static void compare_file(const ZydisDecoder *decoder, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		fprintf(stderr, "compare: %s is not a program or library\n", path);
		exit(2);
	}
	while ((section = elf_nextscn(elf, section)) != NULL) {
		Elf_Data *data = gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR
					 ? elf_rawdata(section, NULL)
					 : NULL;

		if (data && data->d_buf)
			compare_code(decoder, data->d_buf, data->d_size, header.sh_addr);
	}
	elf_end(elf);
	close(fd);
}

/* Prefixes, then an opcode of any map, then whatever; a third begins with VEX, EVEX or XOP. */
static void make_up(uint8_t *code, size_t size)
{
	static const uint8_t prefixes[] = {0x66, 0xf2, 0xf3, 0x48, 0x41, 0x4f, 0x40, 0x64, 0x67, 0xf0};
	static const uint8_t escapes[][2] = {{0x0f, 0}, {0x0f, 0x38}, {0x0f, 0x3a}};
	size_t at = 0;
	int kind = (int)(random() % 9);

	for (size_t i = 0; i < size; i++)
		code[i] = (uint8_t)random();
	if (kind < 6) {
		for (int n = (int)(random() % 3); n; n--)
			code[at++] = prefixes[random() % (long)sizeof(prefixes)];
		if (kind < 4) {
			code[at++] = escapes[kind % 3][0];
			if (escapes[kind % 3][1])
				code[at] = escapes[kind % 3][1];
		}
	} else if (kind == 6) {
		code[0] = 0xc4;
		code[1] = (uint8_t)((code[1] & 0xe0) | (1 + random() % 3));
	} else if (kind == 7) {
		code[0] = 0x62;
		code[1] = (uint8_t)((code[1] & 0xf0) | (1 + random() % 6));
		code[2] |= 4;
	} else {
		code[0] = random() % 2 ? 0xc5 : 0x8f;
		if (code[0] == 0x8f)
			code[1] = (uint8_t)((code[1] & 0xe0) | (8 + random() % 3));
	}
}

static void compare_random(const ZydisDecoder *decoder, unsigned long n, unsigned seed)
{
	uint8_t code[24];
	unsigned length;

	srandom(seed);
	while (n--) {
		make_up(code, sizeof(code));
		compare_one(decoder, code, sizeof(code), 0x401000, &length);
	}
}

int main(int argc, char **argv)
{
	ZydisDecoder decoder;

	elf_version(EV_CURRENT);
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (argc == 4 && !strcmp(argv[1], "--random"))
		compare_random(&decoder, strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
	else
		for (int i = 1; i < argc; i++)
			compare_file(&decoder, argv[i]);
	printf("%lu instructions compared, %u kinds of difference", compared, differences_len);
	printf(ours_alone ? "; %lu more that Zydis does not know\n" : "\n", ours_alone);
	return differences_len != 0 || !compared;
}
