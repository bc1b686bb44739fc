/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/elf_private.h"
#include "lib/held.h"
#include "prog.h"

static char folder[64];

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/cephtap-held.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void expect(int error, int wanted, struct buf *why, const char *sentence)
{
	assert_int_equal(error, wanted);
	if (!strstr(why->data, sentence))
		fail_msg("\"%s\" does not say \"%s\"", why->data, sentence);
	buf_free(why);
}

static void test_plain(void **state)
{
	struct buf why = {0};
	struct held *held;
	char text[8] = "";

	(void)state;
	write_file("plain", "hello");
	assert_int_equal(held_open(in_folder("plain"), &held, &why), 0);
	assert_int_equal(held_size(held), 5);
	assert_int_equal(held_read(held, text, sizeof(text), 1), 4);
	assert_string_equal(text, "ello");
	assert_int_equal(held_read(held, text, sizeof(text), 100), 0);
	unlink(in_folder("plain")); /* the file itself is held */
	assert_int_equal(held_read(held, text, 1, 0), 1);
	held_close(held_share(held));
	assert_int_equal(held_read(held, text, 1, 0), 1);
	held_close(held);
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	expect(held_open(in_folder("fifo"), &held, &why), -EINVAL, &why, "is not a plain file");
	expect(held_open("/dev/null", &held, &why), -EINVAL, &why, "/dev/null is not a plain file");
	expect(held_open("/proc/cpuinfo", &held, &why), -EINVAL, &why, "is not a plain file");
	expect(held_open("/tmp", &held, &why), -EINVAL, &why, "is not a plain file");
	expect(held_open(in_folder("nothing"), &held, &why), -ENOENT, &why, "No such file");
}

static const struct proc_file *own_program(struct arena *arena)
{
	struct proc_file *files;
	unsigned len;

	assert_int_equal(proc_files(arena, getpid(), &files, &len), 0);
	for (unsigned i = 0; i < len; i++)
		if (files[i].is_main)
			return &files[i];
	fail();
	return NULL;
}

static void test_mapped(void **state)
{
	struct arena *arena = arena_new();
	struct proc_file file = *own_program(arena);
	struct held *held, *other;
	struct buf why = {0};

	(void)state;
	assert_int_equal(held_open_mapped(&file, &held, &why), 0);
	assert_int_equal(held_open("/proc/self/exe", &other, &why), 0);
	assert_true(held_is_same(held, other));
	assert_int_equal(held_dev(held), held_dev(other));
	assert_int_equal(held_ino(held), held_ino(other));
	held_close(other);
	held_close(held);
	file.map_ino++; /* as if the mapping had gone, and another had come */
	expect(held_open_mapped(&file, &held, &why), -ESTALE, &why, "is not the file any more that process");
	arena_free(arena);
}

static void test_inside(void **state)
{
	struct held *held;
	struct buf why = {0};
	char text[8] = "";

	(void)state;
	write_file("outside", "out");
	assert_int_equal(mkdir(in_folder("root"), 0700), 0);
	assert_int_equal(mkdir(in_folder("root/sub"), 0700), 0);
	write_file("root/sub/file", "in");
	assert_int_equal(symlink("/sub/file", in_folder("root/absolute")), 0);
	assert_int_equal(symlink("../../../../sub/file", in_folder("root/sub/dots")), 0);
	assert_int_equal(symlink("/proc/self/exe", in_folder("root/magic")), 0);
	assert_int_equal(held_open_inside(in_folder("root"), "/absolute", &held, &why), 0);
	assert_int_equal(held_read(held, text, sizeof(text), 0), 2);
	assert_string_equal(text, "in");
	held_close(held);
	assert_int_equal(held_open_inside(in_folder("root"), "/sub/dots", &held, &why), 0);
	held_close(held);
	expect(held_open_inside(in_folder("root"), "/../outside", &held, &why), -ENOENT, &why, "No such file");
	expect(held_open_inside(in_folder("root"), "/magic", &held, &why), -ENOENT, &why, "No such file");
	assert_int_equal(held_open_inside("", "/proc/self/exe", &held, &why), -ELOOP);
	buf_free(&why);
}

/* What was read stays as it was; what was not is gone. */
static void test_changed(void **state)
{
	char *copy = prog_copy(prog_path("libmarkers.so"), (size_t)-1);
	struct elf_file *file;
	const uint8_t *data;
	char id[2 * BUILD_ID_MAX + 1];
	uint8_t before[64];
	uint64_t size;
	int fd;

	(void)state;
	assert_int_equal(elf_file_open(copy, &file), 0);
	strcpy(id, elf_build_id(file));
	data = elf_section_bytes(file, ".note.stapsdt", &size);
	assert_non_null(data);
	assert_true(size > sizeof(before));
	memcpy(before, data, sizeof(before));
	fd = open(copy, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_ptr_equal(elf_section_bytes(file, ".note.stapsdt", &size), data);
	assert_memory_equal(before, data, sizeof(before));
	assert_string_equal(elf_build_id(file), id);
	assert_null(elf_file_data(file, file->bytes->size / 2 & ~UINT64_C(4095), 1));
	close(fd);
	elf_file_close(file);
	unlink(copy);
	free(copy);
}

/* Terabytes of nothing, and tables of nothing that fill them. */
static void test_huge(void **state)
{
	char *copy = prog_copy(prog_path("libmarkers.so"), (size_t)-1);
	struct elf_file *file;
	Elf64_Ehdr ehdr;
	Elf64_Shdr first = {0};
	int fd = open(copy, O_RDWR);

	(void)state;
	assert_int_equal(pread(fd, &ehdr, sizeof(ehdr), 0), sizeof(ehdr));
	assert_int_equal(ftruncate(fd, INT64_C(1) << 33), 0);
	ehdr.e_shoff = 1 << 20;
	ehdr.e_shnum = 0;
	first.sh_size = 100000000;
	assert_int_equal(pwrite(fd, &ehdr, sizeof(ehdr), 0), sizeof(ehdr));
	assert_int_equal(pwrite(fd, &first, sizeof(first), 1 << 20), sizeof(first));
	assert_int_equal(elf_file_open(copy, &file), -EFBIG);
	assert_non_null(strstr(elf_error(), "has 100000000 sections, which is too many"));
	assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
	assert_int_equal(elf_file_open(copy, &file), -EFBIG);
	assert_non_null(strstr(elf_error(), "which is too much to be looked at"));
	close(fd);
	unlink(copy);
	free(copy);
}

static void test_places(void **state)
{
	struct elf_file *file;
	struct elf_symbol symbol;
	uint64_t offset, other;

	(void)state;
	assert_int_equal(elf_file_open(prog_path("marker_sem"), &file), 0);
	assert_int_equal(elf_symbol_find(file, "main", &symbol), 0);
	assert_int_equal(elf_code_offset(file, symbol.vaddr, &offset), 0);
	assert_int_equal(elf_vaddr_to_offset(file, symbol.vaddr, &other), 0);
	assert_int_equal(offset, other);
	assert_int_equal(elf_semaphore_offset(file, symbol.vaddr & ~UINT64_C(1), &offset), -EACCES);
	assert_false(elf_is_below_code(file, symbol.vaddr));
	assert_int_equal(elf_symbol_find(file, "guarded_hit_semaphore", &symbol), 0);
	assert_int_equal(elf_semaphore_offset(file, symbol.vaddr, &offset), 0);
	assert_int_equal(elf_semaphore_offset(file, symbol.vaddr + 1, &offset), -EACCES);
	assert_int_equal(elf_code_offset(file, symbol.vaddr, &offset), -EACCES);
	assert_int_equal(elf_code_offset(file, 0, &offset), elf_file_is_pie(file) ? -EACCES : -ENOENT);
	assert_true(elf_is_below_code(file, 0));
	assert_int_equal(elf_code_offset(file, UINT64_MAX, &offset), -ENOENT);
	elf_file_close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	cmocka_unit_test(test_mapped), cmocka_unit_test(test_inside),
		cmocka_unit_test(test_changed), cmocka_unit_test(test_huge),   cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
