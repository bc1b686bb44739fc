/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk through a process's stack, as most programs keep no frame pointers: for each frame, which file is it in
 * (map_processes), which row of the file's table says how to get to the caller (map_rows), and two reads of the stack.
 * Where no row does, a frame pointer is tried, and the frame that it leads to says so. The walk is a function behind
 * the program, called by every ustack() in it, a frame a function that the kernel calls back.
 */
#include "code/stack_private.h"
#include "lib/abi.h"
#include "lib/unwind.h"

enum { ROW_STEPS = 24 };

/* Frames on a thread's stack are no larger than this: what lies further away is not the caller's. */
enum { GUESSED_FRAME_MAX = 1 << 23 };

static const int64_t multiplier = (int64_t)0x9e3779b97f4a7c15ull;

void emit_hash(struct gen *gen, int area, int reg)
{
	emit(gen, INSN_LOAD(BPF_DW, R1, area, AREA_HASH));
	emit(gen, INSN_ALU_REG(BPF_XOR, R1, reg));
	emit_imm64(gen, R2, multiplier);
	emit(gen, INSN_ALU_REG(BPF_MUL, R1, R2));
	emit(gen, INSN_MOV_REG(R3, R1));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R3, 29));
	emit(gen, INSN_ALU_REG(BPF_XOR, R1, R3));
	emit(gen, INSN_STORE(BPF_DW, area, AREA_HASH, R1));
}

static void emit_flag(struct gen *gen, int area, enum stack_flag flag)
{
	emit(gen, INSN_STORE_IMM(BPF_W, area, AREA_FLAGS, flag));
}

void emit_want(struct gen *gen, int area)
{
	struct label end = {0};

	if (gen->rules->pid_ns_ino) {
		emit(gen, INSN_LOAD(BPF_W, R1, area, AREA_PID));
		emit_jump_imm(gen, BPF_JGT, R1, INT32_MAX, &end); /* STACK_FOREIGN */
	}
	emit_map(gen, R1, gen->image->map_wanted);
	emit(gen, INSN_MOV_REG(R2, area));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, AREA_PID));
	emit(gen, INSN_MOV_REG(R3, R2));
	emit(gen, INSN_MOV_IMM(R4, BPF_NOEXIST));
	emit_call(gen, HELPER_MAP_UPDATE);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &end);
	emit_map(gen, R1, gen->image->map_ring);
	emit(gen, INSN_MOV_IMM(R2, sizeof(struct record_head)));
	emit(gen, INSN_MOV_IMM(R3, 0));
	emit_call(gen, HELPER_RING_RESERVE);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &end);
	emit(gen, INSN_STORE_IMM(BPF_W, R0, offsetof(struct record_head, clause), (int32_t)RECORD_WAKE));
	emit(gen, INSN_STORE_IMM(BPF_W, R0, offsetof(struct record_head, probe), 0));
	emit(gen, INSN_STORE_IMM(BPF_DW, R0, offsetof(struct record_head, cpu), 0));
	emit(gen, INSN_MOV_REG(R1, R0));
	emit(gen, INSN_MOV_IMM(R2, BPF_RB_FORCE_WAKEUP));
	emit_call(gen, HELPER_RING_SUBMIT);
	label_bind(gen, &end);
}

/* Puts the pc in `reg` behind the frames there are. R1 to R3 are lost. */
static void emit_push(struct gen *gen, int area, int reg)
{
	emit(gen, INSN_LOAD(BPF_W, R1, area, AREA_LEN));
	emit(gen, INSN_MOV_REG(R2, R1));
	emit(gen, INSN_ALU_IMM(BPF_AND, R2, STACK_FRAMES - 1));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R2, 3));
	emit(gen, INSN_MOV_REG(R3, area));
	emit(gen, INSN_ALU_REG(BPF_ADD, R3, R2));
	emit(gen, INSN_STORE(BPF_DW, R3, AREA_PCS, reg));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, 1));
	emit(gen, INSN_STORE(BPF_W, area, AREA_LEN, R1));
	emit_hash(gen, area, reg);
}

/* 8 bytes of the process at the address in `from` + offset, into the area; without them: `failed`. */
static void emit_read_word(struct gen *gen, int area, int32_t to, int from, int32_t offset, struct label *failed)
{
	emit(gen, INSN_MOV_REG(R1, area));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, to));
	emit(gen, INSN_MOV_IMM(R2, 8));
	emit(gen, INSN_MOV_REG(R3, from));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R3, offset));
	emit_call(gen, HELPER_READ_USER);
	emit_jump_imm(gen, BPF_JNE, R0, 0, failed);
}

static void emit_return(struct gen *gen, int32_t value)
{
	emit(gen, INSN_MOV_IMM(R0, value));
	emit(gen, INSN_EXIT());
}

/*
 * R7: the process's files. R8: an address. Afterwards R9: the address as in the file's rows, R7: the first of these,
 * R8: how many. Without branches but for one per step: as many steps as 256 needs, since entries not in use lie behind
 * every address.
 */
static void emit_find_mapping(struct gen *gen, struct label *none)
{
	const int32_t first = offsetof(struct unwind_process, maps), size = sizeof(struct unwind_mapping);

	emit(gen, INSN_MOV_IMM(R9, 0));
	for (int32_t step = UNWIND_MAPPINGS / 2; step; step /= 2) {
		struct label skip = {0};

		emit(gen, INSN_MOV_REG(R1, R9));
		emit(gen, INSN_ALU_IMM(BPF_ADD, R1, step));
		emit(gen, INSN_ALU_IMM(BPF_AND, R1, UNWIND_MAPPINGS - 1));
		emit(gen, INSN_MOV_REG(R2, R1));
		emit(gen, INSN_ALU_IMM(BPF_MUL, R2, size));
		emit(gen, INSN_MOV_REG(R3, R7));
		emit(gen, INSN_ALU_REG(BPF_ADD, R3, R2));
		emit(gen, INSN_LOAD(BPF_DW, R3, R3, first + (int32_t)offsetof(struct unwind_mapping, start)));
		emit_jump_reg(gen, BPF_JGT, R3, R8, &skip);
		emit(gen, INSN_MOV_REG(R9, R1));
		label_bind(gen, &skip);
	}
	emit(gen, INSN_ALU_IMM(BPF_AND, R9, UNWIND_MAPPINGS - 1));
	emit(gen, INSN_ALU_IMM(BPF_MUL, R9, size));
	emit(gen, INSN_ALU_REG(BPF_ADD, R7, R9));
	emit(gen, INSN_LOAD(BPF_DW, R1, R7, first + (int32_t)offsetof(struct unwind_mapping, start)));
	emit_jump_reg(gen, BPF_JGT, R1, R8, none);
	emit(gen, INSN_LOAD(BPF_DW, R1, R7, first + (int32_t)offsetof(struct unwind_mapping, end)));
	emit_jump_reg(gen, BPF_JLE, R1, R8, none);
	emit(gen, INSN_MOV_REG(R9, R8));
	emit(gen, INSN_LOAD(BPF_DW, R1, R7, first + (int32_t)offsetof(struct unwind_mapping, delta)));
	emit(gen, INSN_ALU_REG(BPF_SUB, R9, R1));
	emit(gen, INSN_LOAD(BPF_W, R8, R7, first + (int32_t)offsetof(struct unwind_mapping, len)));
	emit(gen, INSN_LOAD(BPF_W, R7, R7, first + (int32_t)offsetof(struct unwind_mapping, first)));
}

/* R0: the row whose number is in `reg`. */
static void emit_row(struct gen *gen, int reg, struct label *none)
{
	emit(gen, INSN_STORE(BPF_W, R10, -4, reg));
	emit_map(gen, R1, gen->image->map_rows);
	emit(gen, INSN_MOV_REG(R2, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, -4));
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, none);
}

/* What emit_find_mapping left, to R7: the row as a number. */
static void emit_find_row(struct gen *gen, struct label *none)
{
	struct label found = {0};

	emit_jump_imm(gen, BPF_JEQ, R8, 0, none);
	for (int step = 0; step < ROW_STEPS; step++) {
		struct label left = {0}, next = {0};

		emit_jump_imm(gen, BPF_JLE, R8, 1, &found);
		emit(gen, INSN_MOV_REG(R2, R8));
		emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 1));
		emit(gen, INSN_ALU_REG(BPF_ADD, R2, R7));
		emit_row(gen, R2, none);
		emit(gen, INSN_LOAD(BPF_W, R3, R0, offsetof(struct unwind_row, pc)));
		emit(gen, INSN_MOV_REG(R1, R8));
		emit(gen, INSN_ALU_IMM(BPF_RSH, R1, 1));
		emit_jump_reg(gen, BPF_JGT, R3, R9, &left);
		emit(gen, INSN_ALU_REG(BPF_ADD, R7, R1));
		emit(gen, INSN_ALU_REG(BPF_SUB, R8, R1));
		emit_jump(gen, &next);
		label_bind(gen, &left);
		emit(gen, INSN_MOV_REG(R8, R1));
		label_bind(gen, &next);
	}
	label_bind(gen, &found);
	emit_row(gen, R7, none);
	emit(gen, INSN_LOAD(BPF_DW, R7, R0, 0));
	emit(gen, INSN_MOV32_REG(R1, R7));
	emit_jump_reg(gen, BPF_JGT, R1, R9, none);
}

/* R7: a row. Afterwards R9: the CFA, R7: where the caller's %rbp is from there, 0: in its place. */
static void emit_cfa(struct gen *gen, struct label *signal, struct label *last, struct label *none,
		     struct label *unreadable)
{
	struct label by_bp = {0}, plt = {0}, deref = {0}, have = {0};

	emit(gen, INSN_MOV_REG(R8, R7));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R8, 56)); /* its kind */
	emit_jump_imm(gen, BPF_JEQ, R8, UNWIND_LAST, last);
	emit_jump_imm(gen, BPF_JEQ, R8, UNWIND_SIGNAL, signal);
	emit(gen, INSN_MOV_REG(R9, R7));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R9, 16));
	emit(gen, INSN_ALU_IMM(BPF_ARSH, R9, 48));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R9, 3));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R7, 8));
	emit(gen, INSN_ALU_IMM(BPF_ARSH, R7, 56));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R7, 3));
	emit_jump_imm(gen, BPF_JEQ, R8, UNWIND_RBP, &by_bp);
	emit_jump_imm(gen, BPF_JEQ, R8, UNWIND_PLT, &plt);
	emit_jump_imm(gen, BPF_JEQ, R8, UNWIND_RBP_DEREF, &deref);
	emit_jump_imm(gen, BPF_JNE, R8, UNWIND_RSP, none);
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_SP));
	emit(gen, INSN_ALU_REG(BPF_ADD, R9, R1));
	emit_jump(gen, &have);
	label_bind(gen, &by_bp);
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_BP));
	emit(gen, INSN_ALU_REG(BPF_ADD, R9, R1));
	emit_jump(gen, &have);
	label_bind(gen, &plt);
	emit(gen, INSN_LOAD(BPF_DW, R9, R6, AREA_SP));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R9, 8));
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_PC));
	emit(gen, INSN_ALU_IMM(BPF_AND, R1, 15));
	emit_jump_imm(gen, BPF_JLT, R1, 11, &have);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R9, 8));
	emit_jump(gen, &have);
	label_bind(gen, &deref);
	emit(gen, INSN_LOAD(BPF_DW, R7, R6, AREA_BP));
	emit(gen, INSN_ALU_REG(BPF_ADD, R9, R7));
	emit_read_word(gen, R6, AREA_READ, R9, 0, unreadable);
	emit_read_word(gen, R6, AREA_BP, R7, 0, unreadable);
	emit(gen, INSN_LOAD(BPF_DW, R9, R6, AREA_READ));
	emit(gen, INSN_MOV_IMM(R7, 0));
	label_bind(gen, &have);
}

/* The frame that is looked at goes to the others. R1 to R4 are lost. */
static void emit_push_frame(struct gen *gen)
{
	struct label sure = {0};

	emit(gen, INSN_LOAD(BPF_DW, R4, R6, AREA_PC));
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_FOUND));
	emit_jump_imm(gen, BPF_JNE, R1, FOUND_GUESSED, &sure);
	emit_imm64(gen, R1, (int64_t)STACK_GUESSED);
	emit(gen, INSN_ALU_REG(BPF_OR, R4, R1));
	label_bind(gen, &sure);
	emit_push(gen, R6, R4);
}

/*
 * Nothing describes the frame: if its function keeps a frame pointer, the caller is found by it. What the caller's
 * frame says of itself shows whether that can be (see also is_behind_call() of the reader).
 */
static void emit_guess(struct gen *gen, struct label *last, struct label *none)
{
	emit(gen, INSN_LOAD(BPF_DW, R7, R6, AREA_BP));
	emit_jump_imm(gen, BPF_JEQ, R7, 0, last); /* so the outermost frame is marked */
	emit(gen, INSN_MOV_REG(R1, R7));
	emit(gen, INSN_ALU_IMM(BPF_AND, R1, 7));
	emit_jump_imm(gen, BPF_JNE, R1, 0, none);
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_SP));
	emit_jump_reg(gen, BPF_JLT, R7, R1, none);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, GUESSED_FRAME_MAX));
	emit_jump_reg(gen, BPF_JGT, R7, R1, none);
	emit_read_word(gen, R6, AREA_READ, R7, 8, none);
	emit_read_word(gen, R6, AREA_BP, R7, 0, none);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R7, 16));
	emit(gen, INSN_STORE(BPF_DW, R6, AREA_SP, R7));
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_READ));
	emit_jump_imm(gen, BPF_JEQ, R1, 0, last);
	emit(gen, INSN_STORE(BPF_DW, R6, AREA_PC, R1));
	emit(gen, INSN_STORE_IMM(BPF_DW, R6, AREA_FOUND, FOUND_GUESSED));
	emit_return(gen, 0);
}

/* One frame: R1 is its number, R2 points to the area's address and the process's. R0: 0 goes on, 1 ends the walk. */
static void gen_unwind_frame(struct gen *gen)
{
	struct label exact = {0}, none = {0}, no_row = {0}, no_mapping = {0}, unreadable = {0}, signal = {0},
		     last = {0}, kept = {0}, no_entry = {0}, have_cfa = {0};

	emit(gen, INSN_LOAD(BPF_DW, R6, R2, 0));
	emit(gen, INSN_LOAD(BPF_DW, R7, R2, 8));
	emit(gen, INSN_LOAD(BPF_DW, R8, R6, AREA_PC));
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_FOUND));
	emit_jump_imm(gen, BPF_JEQ, R1, FOUND_EXACT, &exact);
	emit_jump_imm(gen, BPF_JEQ, R1, FOUND_ENTRY, &exact);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R8, 1));
	label_bind(gen, &exact);
	emit_find_mapping(gen, &no_mapping);
	emit_push_frame(gen);
	emit_find_row(gen, &no_row);
	emit_cfa(gen, &signal, &last, &no_row, &unreadable);
	label_bind(gen, &have_cfa);
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_SP));
	emit_jump_reg(gen, BPF_JLE, R9, R1, &none); /* stacks grow down: this is none */
	emit_read_word(gen, R6, AREA_READ, R9, -8, &unreadable);
	emit_jump_imm(gen, BPF_JEQ, R7, 0, &kept);
	emit(gen, INSN_ALU_REG(BPF_ADD, R7, R9));
	emit_read_word(gen, R6, AREA_BP, R7, 0, &unreadable);
	label_bind(gen, &kept);
	emit(gen, INSN_STORE(BPF_DW, R6, AREA_SP, R9));
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_READ));
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &last);
	emit(gen, INSN_STORE(BPF_DW, R6, AREA_PC, R1));
	emit(gen, INSN_STORE_IMM(BPF_DW, R6, AREA_FOUND, FOUND_CALLER));
	emit_return(gen, 0);

	label_bind(gen, &signal);
	emit(gen, INSN_LOAD(BPF_DW, R9, R6, AREA_SP));
	emit_read_word(gen, R6, AREA_PC, R9, ABI_SIGNAL_PC, &unreadable);
	emit_read_word(gen, R6, AREA_BP, R9, ABI_SIGNAL_FRAME, &unreadable);
	emit_read_word(gen, R6, AREA_SP, R9, ABI_SIGNAL_SP, &unreadable);
	emit(gen, INSN_STORE_IMM(BPF_DW, R6, AREA_FOUND, FOUND_EXACT));
	emit_return(gen, 0);

	label_bind(gen, &no_row);
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_FOUND));
	emit_jump_imm(gen, BPF_JNE, R1, FOUND_ENTRY, &no_entry);
	emit(gen, INSN_LOAD(BPF_DW, R9, R6, AREA_SP));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R9, ABI_ENTRY_CFA));
	emit(gen, INSN_MOV_IMM(R7, 0));
	emit_jump(gen, &have_cfa);
	label_bind(gen, &no_entry);
	emit_guess(gen, &last, &none);
	label_bind(gen, &no_mapping);
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_FOUND));
	emit_jump_imm(gen, BPF_JEQ, R1, FOUND_GUESSED, &none); /* it was no return address */
	emit_push_frame(gen);
	emit_flag(gen, R6, STACK_NO_MAPPING);
	emit_want(gen, R6);
	emit_return(gen, 1);
	label_bind(gen, &none);
	emit_flag(gen, R6, STACK_NO_ROW);
	emit_return(gen, 1);
	label_bind(gen, &unreadable);
	emit_flag(gen, R6, STACK_UNREADABLE);
	label_bind(gen, &last);
	emit_return(gen, 1);
}

/* R1: an area with pc, sp, bp, limit and pid. */
static void gen_unwind(struct gen *gen)
{
	enum { FRAME_CONTEXT = -16, KEY = -20 };
	struct label unknown = {0};

	emit(gen, INSN_MOV_REG(R6, R1));
	emit(gen, INSN_STORE(BPF_DW, R10, FRAME_CONTEXT, R6));
	emit(gen, INSN_LOAD(BPF_W, R1, R6, AREA_PID));
	emit(gen, INSN_STORE(BPF_W, R10, KEY, R1));
	emit_map(gen, R1, gen->image->map_processes);
	emit(gen, INSN_MOV_REG(R2, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R2, KEY));
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &unknown);
	emit(gen, INSN_STORE(BPF_DW, R10, FRAME_CONTEXT + 8, R0));
	emit(gen, INSN_LOAD(BPF_DW, R1, R6, AREA_LIMIT));
	emit_function_address(gen, R2, &gen->unwind_frame);
	emit(gen, INSN_MOV_REG(R3, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R3, FRAME_CONTEXT));
	emit(gen, INSN_MOV_IMM(R4, 0));
	emit_call(gen, HELPER_LOOP);
	emit_return(gen, 0);
	label_bind(gen, &unknown);
	emit(gen, INSN_LOAD(BPF_DW, R8, R6, AREA_PC));
	emit_push(gen, R6, R8);
	emit_flag(gen, R6, STACK_NO_PROCESS);
	emit_want(gen, R6);
	emit_return(gen, 0);
}

/* R1: an area with the kernel's stack in it. A loop that the verifier follows to its end, which is never far. */
static void gen_hash(struct gen *gen)
{
	struct label next = {0}, end = {0};

	emit(gen, INSN_MOV_REG(R6, R1));
	emit(gen, INSN_MOV_IMM(R7, 0));
	label_bind(gen, &next);
	gen->is_dead = false;
	emit_jump_imm(gen, BPF_JGE, R7, STACK_FRAMES, &end);
	emit(gen, INSN_LOAD(BPF_W, R1, R6, AREA_LEN));
	emit_jump_reg(gen, BPF_JGE, R7, R1, &end);
	emit(gen, INSN_MOV_REG(R2, R7));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R2, 3));
	emit(gen, INSN_ALU_REG(BPF_ADD, R2, R6));
	emit(gen, INSN_LOAD(BPF_DW, R8, R2, AREA_PCS));
	emit_hash(gen, R6, R8);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R7, 1));
	emit_jump(gen, &next);
	label_bind(gen, &end);
	emit_return(gen, 0);
}

void gen_stack_functions(struct gen *gen)
{
	gen_behind(gen, &gen->unwind_entry, gen_unwind);
	gen_behind(gen, &gen->unwind_frame, gen_unwind_frame);
	gen_behind(gen, &gen->hash_entry, gen_hash);
}
