/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Call-frame information against elfutils, row by row, on this program, its libraries and what is installed; and the
 * places where functions are left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/unwind.h"
#include "probe/leaving.h"

static bool is_reg_plus(const Dwarf_Op *ops, size_t len, unsigned reg, int64_t offset)
{
	if (len != 1)
		return false;
	if (ops[0].atom == DW_OP_bregx)
		return ops[0].number == reg && (int64_t)ops[0].number2 == offset;
	return ops[0].atom == DW_OP_breg0 + reg && (int64_t)ops[0].number == offset;
}

static bool is_same_rbp(Dwarf_Frame *frame, const struct unwind_row *row)
{
	Dwarf_Op memory[3], *ops;
	size_t len;

	if (dwarf_frame_register(frame, 6, memory, &ops, &len))
		return false;
	if (!row->rbp)
		return len == 0;
	return len == 2 && ops[0].atom == DW_OP_call_frame_cfa && (int64_t)ops[1].number == 8 * row->rbp;
}

/* How many rows were compared. */
static unsigned compare_file(const char *path, unsigned step)
{
	struct elf_file *file;
	struct unwind *unwind;
	unsigned compared = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Dwarf_CFI *cfi, *more; /* of .eh_frame, of .debug_frame */
	Dwarf *dwarf;
	Elf *elf;

	if (fd < 0)
		return 0;
	assert_int_equal(elf_file_open(path, &file), 0);
	unwind = unwind_read(file);
	assert_int_equal(unwind->bad, 0);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	cfi = dwarf_getcfi_elf(elf);
	assert_non_null(cfi);
	dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	more = dwarf ? dwarf_getcfi(dwarf) : NULL;
	for (unsigned i = 0; i < unwind->rows_len; i += step) {
		const struct unwind_row *row = &unwind->rows[i];
		Dwarf_Frame *frame;
		Dwarf_Op *ops;
		size_t len;

		assert_ptr_equal(unwind_row_at(unwind, unwind->base + row->pc), row);
		if (row->kind != UNWIND_RSP && row->kind != UNWIND_RBP)
			continue;
		if (dwarf_cfi_addrframe(cfi, unwind->base + row->pc, &frame)) {
			assert_non_null(more);
			assert_int_equal(dwarf_cfi_addrframe(more, unwind->base + row->pc, &frame), 0);
		}
		assert_int_equal(dwarf_frame_cfa(frame, &ops, &len), 0);
		assert_true(is_reg_plus(ops, len, row->kind == UNWIND_RSP ? 7 : 6, 8 * row->cfa));
		assert_true(is_same_rbp(frame, row));
		free(frame);
		compared++;
	}
	dwarf_end(dwarf);
	elf_end(elf);
	close(fd);
	unwind_free(unwind);
	elf_file_close(file);
	return compared;
}

static void rows(void **state)
{
	(void)state;
	assert_true(compare_file("/proc/self/exe", 1) > 20);
	assert_true(compare_file("/lib/x86_64-linux-gnu/libc.so.6", 7) > 2000);
	compare_file("/usr/bin/python3.11", 31);
	compare_file("/usr/bin/ceph-osd", 211);
}

#ifdef __clang__
#define AS_IT_STANDS __attribute__((noinline))
#else
#define AS_IT_STANDS __attribute__((noipa, optimize("O2")))
#endif

/* What the compiler has made of these, on x86_64: a leave at each way out, and at tail calls. */
int leaving_plain(int a);
int leaving_tail(int a);
int leaving_guarded(int a);
AS_IT_STANDS int leaving_plain(int a)
{
	return a > 3 ? a * 7 : a - 5;
}

AS_IT_STANDS int leaving_tail(int a)
{
	return leaving_plain(a + 1);
}

/* The end of a function with a stack protector, as gcc writes it. */
__asm__(".text\n"
	".globl leaving_guarded\n"
	".type leaving_guarded, @function\n"
	"leaving_guarded:\n"
	".cfi_startproc\n"
	"push %rbp\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset 6, -16\n"
	"mov %edi, %ebp\n"
	"sub $0x18, %rsp\n"
	".cfi_def_cfa_offset 40\n"
	"mov %fs:0x28, %rax\n"
	"mov %rax, 8(%rsp)\n"
	"mov 8(%rsp), %rax\n"
	"sub %fs:0x28, %rax\n"
	"jne 1f\n"
	"add $0x18, %rsp\n"
	".cfi_remember_state\n"
	".cfi_def_cfa_offset 16\n"
	"mov %ebp, %eax\n"
	"pop %rbp\n"
	".cfi_def_cfa_offset 8\n"
	"ret\n"
	"1:\n"
	".cfi_restore_state\n"
	"call abort\n"
	".cfi_endproc\n"
	".size leaving_guarded, . - leaving_guarded\n");

static struct leaving leaving_of(struct arena *arena, const char *name)
{
	struct elf_symbol symbol;
	struct leaving leaving;
	struct elf_file *file;
	struct unwind *unwind;

	assert_int_equal(elf_file_open("/proc/self/exe", &file), 0);
	unwind = unwind_read(file);
	assert_int_equal(elf_symbol_find(file, name, &symbol), 0);
	leaving_find(arena, file, unwind, symbol.vaddr, symbol.size, &leaving);
	unwind_free(unwind);
	elf_file_close(file);
	return leaving;
}

static void leaves(void **state)
{
	struct arena *arena = arena_new();
	struct leaving leaving = leaving_of(arena, "leaving_plain");

	(void)state;
	assert_null(leaving.why);
	assert_true(leaving.len >= 1);
	assert_int_equal(leaving.list[0].vaddr, leaving.list[0].exit);
	assert_false(leaving.list[0].is_tail_call);
	assert_int_equal(leaving.list[0].result.steps[0].reg, ARGREG_RAX);

	assert_int_equal(leaving_guarded(42), 42);
	leaving = leaving_of(arena, "leaving_guarded");
	assert_null(leaving.why);
	assert_int_equal(leaving.len, 1);
	assert_true(leaving.list[0].vaddr < leaving.list[0].exit);
	assert_int_equal(leaving.list[0].entry_sp.n, 2);
	assert_int_equal(leaving.list[0].entry_sp.steps[0].reg, ARGREG_RSP);
	assert_int_equal(leaving.list[0].entry_sp.steps[1].imm, 32);
	assert_int_equal(leaving.list[0].result.n, 2);
	assert_int_equal(leaving.list[0].result.steps[0].reg, ARGREG_RBP);
#ifdef __OPTIMIZE__
	leaving = leaving_of(arena, "leaving_tail");
	assert_int_equal(leaving.len, 1);
	assert_true(leaving.list[0].is_tail_call);
	assert_int_equal(leaving.list[0].result.n, 0);
#endif
	arena_free(arena);
}

static void replaced(void **state)
{
	const struct argloc by = {.n = 2, .steps = {{.op = STEP_REG, .reg = ARGREG_RBP}, {.op = STEP_CAST, .size = 4}}};
	struct argloc loc = {.n = 2,
			     .steps = {{.op = STEP_REG, .reg = ARGREG_RAX}, {.op = STEP_LOAD, .size = 8, .imm = 16}}};
	struct argloc other = {.n = 1, .steps = {{.op = STEP_SAVED, .imm = 3}}}, nothing = {0};

	(void)state;
	assert_true(argloc_replace(&loc, ARGREG_RAX, &by));
	assert_int_equal(loc.n, 3);
	assert_int_equal(loc.steps[0].reg, ARGREG_RBP);
	assert_int_equal(loc.steps[2].imm, 16);
	assert_true(argloc_replace(&other, ARGREG_RAX, &nothing));
	assert_int_equal(other.steps[0].imm, 3);
	loc.steps[0].reg = ARGREG_RAX;
	assert_false(argloc_replace(&loc, ARGREG_RAX, &nothing));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef __x86_64__
		cmocka_unit_test(rows),
		cmocka_unit_test(leaves),
#endif
		cmocka_unit_test(replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
