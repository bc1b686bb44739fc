/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/kernel/bpf.h"
#include "lib/elf.h"
#include "prog.h"

static struct elf_file *open_prog(const char *name)
{
	struct elf_file *file;

	assert_int_equal(elf_file_open(prog_path(name), &file), 0);
	return file;
}

/* What is at a virtual address, according to the file. */
static void read_at(struct elf_file *file, uint64_t vaddr, void *out, size_t size)
{
	uint64_t offset;
	int fd = open(elf_file_path(file), O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(elf_vaddr_to_offset(file, vaddr, &offset), 0);
	assert_int_equal(pread(fd, out, size, (off_t)offset), size);
	close(fd);
}

static int count_note(const struct elf_sdt_note *note, void *data)
{
	assert_string_equal(note->provider, "fixture");
	assert_int_equal(note->semaphore, 0);
	(*(unsigned *)data)++;
	return 0;
}

/* Each marker of sys/sdt.h is a nop in the code. */
static int check_nop(const struct elf_sdt_note *note, void *data)
{
	unsigned char code;
	uint64_t size = 0;
	const uint8_t *same = elf_code(data, note->vaddr, UINT64_MAX, &size);

	read_at(data, note->vaddr, &code, 1);
	assert_int_equal(code, 0x90);
	assert_non_null(same);
	assert_int_equal(*same, 0x90);
	assert_true(size > 1);
	assert_non_null(elf_code(data, note->vaddr, 1, &size));
	assert_int_equal(size, 1);
	elf_code(data, note->vaddr, UINT64_MAX, &size);
	assert_non_null(elf_code(data, note->vaddr + size - 1, UINT64_MAX, &size));
	assert_int_equal(size, 1);
	assert_null(elf_code(data, UINT64_MAX, 1, &size));
	return 0;
}

static void test_notes(void **state)
{
	static const char *const names[] = {"marker_args", "marker_args_O0", "marker_args_nopie",
					    "marker_args_stripped"};
	struct elf_file *file;
	unsigned i, n;

	(void)state;
	for (i = 0; i < 4; i++) {
		file = open_prog(names[i]);
		n = 0;
		assert_true(elf_has_sdt(file));
		assert_int_equal(elf_file_machine(file), EM_X86_64);
		assert_int_equal(elf_file_is_pie(file), i != 2);
		assert_int_equal(elf_sdt_each(file, count_note, &n), 0);
		assert_int_equal(n, 13);
		assert_int_equal(elf_sdt_each(file, check_nop, file), 0);
		assert_int_equal(strlen(elf_build_id(file)), 40);
		elf_file_close(file);
	}
}

static int take_note(const struct elf_sdt_note *note, void *data)
{
	*(struct elf_sdt_note *)data = *note;
	return 7;
}

static void test_semaphore(void **state)
{
	struct elf_file *file = open_prog("marker_sem");
	struct elf_sdt_note note;
	struct elf_symbol symbol;
	uint16_t value = 1;

	(void)state;
	assert_int_equal(elf_sdt_each(file, take_note, &note), 7);
	assert_string_equal(note.provider, "guarded");
	assert_string_equal(note.name, "hit");
	assert_int_equal(elf_symbol_find(file, "guarded_hit_semaphore", &symbol), 0);
	assert_int_equal(symbol.vaddr, note.semaphore);
	read_at(file, note.semaphore, &value, 2);
	assert_int_equal(value, 0);
	elf_file_close(file);
}

static void test_symbols(void **state)
{
	struct elf_file *file = open_prog("marker_args");
	struct elf_symbol symbol;
	int64_t value = 0;
	int small = 0;

	(void)state;
	assert_int_equal(elf_symbol_find(file, "global_long", &symbol), 0);
	assert_int_equal(symbol.size, 8);
	assert_false(symbol.is_function);
	assert_false(symbol.is_local);
	read_at(file, symbol.vaddr, &value, 8);
	assert_int_equal(value, -1234567890123);
	assert_int_equal(elf_symbol_find(file, "static_int", &symbol), 0);
	assert_true(symbol.is_local);
	read_at(file, symbol.vaddr, &small, 4);
	assert_int_equal(small, -77);
	assert_int_equal(elf_symbol_find(file, "main", &symbol), 0);
	assert_true(symbol.is_function);
	assert_int_equal(elf_symbol_find(file, "global_lon", &symbol), -ENOENT);
	assert_non_null(strstr(elf_error(), "global_lon"));
	assert_int_equal(elf_symbol_find(file, "usleep", &symbol), -ENOENT); /* not defined here */
	assert_int_equal(elf_symbol_find(file, "", &symbol), -ENOENT);
	assert_false(elf_symbol_is_ambiguous(file, "global_long"));
	elf_file_close(file);

	file = open_prog("libmarkers.so"); /* by its .gnu.hash */
	assert_int_equal(elf_symbol_find(file, "library_work", &symbol), 0);
	assert_true(symbol.is_function);
	assert_int_equal(elf_symbol_find(file, "library_nothing", &symbol), -ENOENT);
	elf_file_close(file);
	file = open_prog("marker_args_stripped");
	assert_int_equal(elf_symbol_find(file, "global_long", &symbol), -ENOENT);
	elf_file_close(file);
}

struct seen {
	unsigned mains, works, all;
};

static int see_symbol(const struct elf_symbol *symbol, void *data)
{
	struct seen *seen = data;

	assert_true(symbol->is_function);
	seen->all++;
	seen->mains += !strcmp(symbol->name, "main");
	seen->works += !strcmp(symbol->name, "library_work");
	return 0;
}

static int stop_at_once(const struct elf_symbol *symbol, void *data)
{
	(void)symbol;
	(void)data;
	return 42;
}

static void test_each_symbol(void **state)
{
	struct elf_file *file = open_prog("marker_args");
	struct seen seen = {0};

	(void)state;
	assert_int_equal(elf_symbol_each(file, see_symbol, &seen), 0);
	assert_int_equal(seen.mains, 1);
	assert_true(seen.all > 5);
	assert_int_equal(elf_symbol_each(file, stop_at_once, NULL), 42);
	elf_file_close(file);
	file = open_prog("libmarkers.so"); /* in .dynsym and in .symtab, but told once */
	assert_int_equal(elf_symbol_each(file, see_symbol, &seen), 0);
	assert_int_equal(seen.works, 1);
	elf_file_close(file);
}

/* The C library is big and has names in several versions: each name that is told is also found. */
static int find_again(const struct elf_symbol *symbol, void *data)
{
	struct elf_symbol found;

	assert_int_equal(elf_symbol_find(data, symbol->name, &found), 0);
	assert_string_equal(found.name, symbol->name);
	return 0;
}

static void test_libc(void **state)
{
	static const char *const paths[] = {"/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6",
					    "/usr/lib/libc.so.6"};
	struct elf_file *file = NULL;
	unsigned i;

	(void)state;
	for (i = 0; i < 3 && !file; i++)
		elf_file_open(paths[i], &file);
	if (!file)
		skip();
	assert_int_equal(elf_symbol_each(file, find_again, file), 0);
	elf_file_close(file);
}

static void test_offsets(void **state)
{
	struct elf_file *file = open_prog("marker_args");
	uint64_t offset = 1;

	(void)state;
	assert_int_equal(elf_vaddr_to_offset(file, 0, &offset), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(elf_vaddr_to_offset(file, 1ull << 40, &offset), -ENOENT);
	assert_int_equal(elf_vaddr_to_offset(file, UINT64_MAX, &offset), -ENOENT);
	elf_file_close(file);
}

/* ---- files that are not what they should be ---- */

static int ignore_note(const struct elf_sdt_note *note, void *data)
{
	*(size_t *)data += strlen(note->provider) + strlen(note->name) + strlen(note->args);
	return 0;
}

static int ignore_symbol(const struct elf_symbol *symbol, void *data)
{
	*(size_t *)data += strlen(symbol->name);
	return 0;
}

/* Whatever the answers are: nothing is read that is not there (sanitizers watch). */
static void use_all(const char *path)
{
	struct elf_file *file;
	struct elf_symbol symbol;
	size_t sum = 0;
	uint64_t offset;

	if (elf_file_open(path, &file)) {
		assert_true(strlen(elf_error()) > 0);
		return;
	}
	if (elf_has_sdt(file))
		elf_sdt_each(file, ignore_note, &sum);
	elf_symbol_find(file, "global_long", &symbol);
	elf_symbol_find(file, "library_work", &symbol);
	elf_symbol_each(file, ignore_symbol, &sum);
	elf_vaddr_to_offset(file, 0x4000, &offset);
	elf_file_close(file);
}

static void test_truncated(void **state)
{
	const char *path = prog_path("libmarkers.so");
	struct stat st;
	size_t size;
	char *copy;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	copy = prog_copy(path, (size_t)st.st_size);
	for (size = (size_t)st.st_size; size > 0; size -= size > 70 ? 61 : 1) {
		assert_int_equal(truncate(copy, (off_t)size), 0);
		use_all(copy);
	}
	unlink(copy);
	free(copy);
}

/* Every word of the headers becomes huge, zero, and a little different, one after the other. */
static void mangle(const char *path, uint64_t offset, size_t size)
{
	static const uint64_t values[] = {0, 1, UINT64_MAX, 0x7fffffff, 0x8000000000000000};
	uint64_t at, old, value;
	unsigned i;
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	for (at = offset; at < offset + size; at += 8) {
		assert_int_equal(pread(fd, &old, 8, (off_t)at), 8);
		for (i = 0; i < 6; i++) {
			value = i < 5 ? values[i] : old + 16;
			assert_int_equal(pwrite(fd, &value, 8, (off_t)at), 8);
			use_all(path);
		}
		assert_int_equal(pwrite(fd, &old, 8, (off_t)at), 8);
	}
	close(fd);
}

static void test_mangled(void **state)
{
	char *copy = prog_copy(prog_path("libmarkers.so"), (size_t)-1);
	Elf64_Ehdr ehdr;
	int fd = open(copy, O_RDONLY);

	(void)state;
	assert_int_equal(read(fd, &ehdr, sizeof(ehdr)), sizeof(ehdr));
	close(fd);
	mangle(copy, 16, sizeof(ehdr) - 16);
	mangle(copy, ehdr.e_phoff, ehdr.e_phnum * sizeof(Elf64_Phdr));
	mangle(copy, ehdr.e_shoff, ehdr.e_shnum * sizeof(Elf64_Shdr));
	mangle(copy, 0x200, 0x400); /* .gnu.hash, .dynsym, .dynstr */
	unlink(copy);
	free(copy);
}

static void expect_refusal(const char *path, const char *sentence)
{
	struct elf_file *file = (struct elf_file *)1;

	assert_true(elf_file_open(path, &file) < 0);
	assert_null(file);
	if (!strstr(elf_error(), sentence))
		fail_msg("\"%s\" does not say \"%s\"", elf_error(), sentence);
}

static void write_byte(const char *path, off_t offset, unsigned char byte)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

static void test_refused(void **state)
{
	char *copy = prog_copy(prog_path("marker_sem"), (size_t)-1);

	(void)state;
	expect_refusal("/no/such/file", "No such file");
	expect_refusal("/tmp", "not a plain file");
	expect_refusal("/dev/null", "not a plain file");
	expect_refusal("/proc/self/maps", "not a plain file");
	write_byte(copy, EI_CLASS, ELFCLASS32);
	expect_refusal(copy, "32-bit");
	write_byte(copy, EI_CLASS, ELFCLASS64);
	write_byte(copy, EI_DATA, ELFDATA2MSB);
	expect_refusal(copy, "byte order");
	write_byte(copy, EI_DATA, ELFDATA2LSB);
	write_byte(copy, 16, ET_CORE);
	expect_refusal(copy, "neither an executable nor a shared library");
	write_byte(copy, 0, 0);
	expect_refusal(copy, "not an ELF file");
	assert_int_equal(truncate(copy, 0), 0);
	expect_refusal(copy, "not an ELF file");
	unlink(copy);
	assert_int_equal(mkfifo(copy, 0600), 0); /* must not wait for a writer */
	expect_refusal(copy, "not a plain file");
	unlink(copy);
	free(copy);
}

/* Another tracer's breakpoint, which the kernel also puts into pages that we map: the file's own instruction is what
 * counts. */
static void test_breakpoint(void **state)
{
	char *copy = prog_copy(prog_path("marker_sem"), (size_t)-1);
	struct perf_uprobe uprobe = {.path = copy};
	struct elf_symbol symbol;
	struct elf_file *file;
	uint8_t before;
	uint64_t size;
	int probe;

	(void)state;
	assert_int_equal(elf_file_open(copy, &file), 0);
	assert_int_equal(elf_symbol_find(file, "main", &symbol), 0);
	assert_int_equal(elf_vaddr_to_offset(file, symbol.vaddr, &uprobe.offset), 0);
	read_at(file, symbol.vaddr, &before, 1);
	elf_file_close(file);
	assert_int_not_equal(before, 0xcc);
	probe = perf_uprobe_open(&uprobe);
	if (probe >= 0) {
		assert_int_equal(elf_file_open(copy, &file), 0);
		assert_int_equal(*elf_code(file, symbol.vaddr, 1, &size), before);
		elf_file_close(file);
		close(probe);
	}
	unlink(copy);
	free(copy);
	if (probe < 0) /* not root, or no such kernel */
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_breakpoint), cmocka_unit_test(test_notes),       cmocka_unit_test(test_semaphore),
		cmocka_unit_test(test_symbols),	   cmocka_unit_test(test_each_symbol), cmocka_unit_test(test_libc),
		cmocka_unit_test(test_offsets),	   cmocka_unit_test(test_truncated),   cmocka_unit_test(test_mangled),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
