/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a note can say of an argument, and that an ELF file gets notes without anything else changing, or is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceph/stamp.h"
#include "lib/elf_sdt_write.h"

#define REG(r)                                                                                                         \
	{                                                                                                              \
		.op = STEP_REG, .reg = ARGREG_##r                                                                      \
	}
#define LOAD(at, bytes, sign)                                                                                          \
	{                                                                                                              \
		.op = STEP_LOAD, .size = (bytes), .is_signed = (sign), .imm = (at)                                     \
	}
#define CAST(bytes, sign)                                                                                              \
	{                                                                                                              \
		.op = STEP_CAST, .size = (bytes), .is_signed = (sign)                                                  \
	}
#define ADD(n)                                                                                                         \
	{                                                                                                              \
		.op = STEP_ADD, .imm = (n)                                                                             \
	}
#define CONST(n)                                                                                                       \
	{                                                                                                              \
		.op = STEP_CONST, .imm = (n)                                                                           \
	}
#define STEPS(...)                                                                                                     \
	steps_of((struct argstep[]){__VA_ARGS__}, sizeof((struct argstep[]){__VA_ARGS__}) / sizeof(struct argstep))

static struct argloc steps_of(const struct argstep *steps, size_t n)
{
	struct argloc loc = {.n = (uint8_t)n};

	memcpy(loc.steps, steps, n * sizeof(*steps));
	return loc;
}

static void expect(const struct arg *arg, const char *text, const char *sentence)
{
	struct buf out = {0};
	const char *why = NULL;
	bool is_told = stamp_operand(arg, &out, &why);

	assert_int_equal(is_told, text != NULL);
	if (text)
		assert_string_equal(out.data, text);
	else
		assert_non_null(strstr(why, sentence));
	buf_free(&out);
}

static void expect_int(struct argloc loc, const char *text, const char *sentence)
{
	expect(&(struct arg){.type = ARGTYPE_INT, .size = 8, .loc = loc}, text, sentence);
}

static void test_told(void **state)
{
	(void)state;
	expect_int(STEPS(REG(RDI)), "8@%rdi", NULL);
	expect_int(STEPS(REG(RDX), CAST(4, false)), "4@%edx", NULL);
	expect_int(STEPS(REG(R8), CAST(1, true)), "-1@%r8b", NULL);
	expect_int(STEPS(REG(RSI), LOAD(0, 8, false)), "8@(%rsi)", NULL);
	expect_int(STEPS(REG(RDI), ADD(8), LOAD(-24, 4, true)), "-4@-16(%rdi)", NULL);
	expect_int(STEPS(REG(RSP), LOAD(8, 8, false), CAST(2, false)), "2@8(%rsp)", NULL);
	expect_int(STEPS(CONST(-5)), "-8@$-5", NULL);
	expect(&(struct arg){.type = ARGTYPE_INT, .size = 8, .is_signed = true, .loc = STEPS(REG(RCX))}, "-8@%rcx",
	       NULL);
}

static void test_not_told(void **state)
{
	(void)state;
	expect_int(STEPS(REG(RSI), LOAD(0, 8, false), LOAD(8, 8, false)), NULL, "more than one dereference");
	expect_int(STEPS(REG(RSI), ADD(8)), NULL, "has to be computed");
	expect_int(STEPS(REG(RSI), LOAD(0, 8, false), ADD(8)), NULL, "has to be computed");
	expect_int(STEPS(REG(RSI), LOAD(0, 4, false), CAST(8, true)), NULL, "has to be computed");
	expect_int(STEPS(REG(RSI), LOAD(0, 8, false), {.op = STEP_UTIME}), NULL, "a time");
	expect_int(STEPS(REG(RSI), {.op = STEP_SHR, .imm = 4}), NULL, "has to be computed");
	expect_int(STEPS({.op = STEP_SAVED}), NULL, "has to be computed");
	expect_int(STEPS(CONST(16), LOAD(0, 8, false)), NULL, "fixed address");
	expect_int(STEPS(CONST(1ll << 40)), NULL, "32 bits");
	expect_int(STEPS(REG(RSI), ADD(INT64_MAX), LOAD(INT64_MAX, 8, false)), "8@-2(%rsi)", NULL);
	expect_int(STEPS(REG(RIP), CAST(4, false)), NULL, "register");
	expect_int((struct argloc){0}, NULL, "computed");
	expect(&(struct arg){.why = "it is gone"}, NULL, "it is gone");
}

static void expect_text(struct argloc loc, struct argloc len, const char *text)
{
	expect(&(struct arg){.type = ARGTYPE_STRING, .loc = loc, .len_loc = len}, text, "NUL");
}

static void test_text(void **state)
{
	(void)state;
	expect_text(STEPS(REG(RDX), LOAD(16, 8, false)), STEPS(REG(RDX), LOAD(24, 8, false)), "8@16(%rdx)");
	expect_text(STEPS(REG(RDX), LOAD(0, 8, false)), STEPS(REG(RDX), ADD(8), LOAD(0, 8, false)), "8@(%rdx)");
	expect_text(STEPS(REG(RDX), LOAD(24, 8, false)), STEPS(REG(RDX), LOAD(16, 8, false)), NULL); /* a string_view */
	expect_text(STEPS(REG(RDX)), STEPS(REG(RSI)), NULL);
	expect_text(STEPS(REG(RDX), LOAD(0, 8, false)), STEPS(REG(RCX), LOAD(8, 8, false)), NULL);
}

/* ---- files ---- */

struct image {
	Elf64_Ehdr ehdr;
	Elf64_Shdr sections[2];
	char names[16];
};

static struct image sound_image(void)
{
	struct image image = {
		.ehdr = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_DYN,
			 .e_machine = EM_X86_64,
			 .e_shoff = offsetof(struct image, sections),
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 2,
			 .e_shstrndx = 1},
		.names = "\0.shstrtab"};

	image.sections[1] = (Elf64_Shdr){.sh_name = 1,
					 .sh_type = SHT_STRTAB,
					 .sh_offset = offsetof(struct image, names),
					 .sh_size = sizeof(image.names)};
	return image;
}

static const struct elf_sdt_note notes[] = {{"p", "first__one", "8@%rdi -4@16(%rsi)", 0x1234, 0},
					    {"pp", "x", "", 1, 0}};

static int seen_note(const struct elf_sdt_note *note, void *data)
{
	unsigned *n = data;

	assert_string_equal(note->provider, notes[*n].provider);
	assert_string_equal(note->name, notes[*n].name);
	assert_string_equal(note->args, notes[*n].args);
	assert_int_equal(note->vaddr, notes[*n].vaddr);
	assert_int_equal(note->semaphore, 0);
	(*n)++;
	return 0;
}

/* 0 and the copy in `out`, or the sentence in `why`. */
static int copy(const struct image *image, size_t size, FILE *out, struct buf *why)
{
	FILE *in = tmpfile();
	int error;

	assert_int_equal(fwrite(image, 1, size, in), size);
	fflush(in);
	error = elf_sdt_copy(fileno(in), fileno(out), notes, 2, why);
	if (!error)
		assert_int_equal(elf_sdt_compare(fileno(in), fileno(out), why), 0);
	fclose(in);
	return error;
}

static void test_copy(void **state)
{
	struct image image = sound_image();
	struct buf why = {0};
	FILE *out = tmpfile();
	struct elf_file *elf;
	char path[64];
	unsigned n = 0;

	(void)state;
	assert_int_equal(copy(&image, sizeof(image), out, &why), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(out));
	assert_int_equal(elf_file_open(path, &elf), 0);
	assert_true(elf_has_sdt(elf));
	assert_int_equal(elf_sdt_each(elf, seen_note, &n), 0);
	assert_int_equal(n, 2);
	elf_file_close(elf);
	fclose(out);
	buf_free(&why);
}

static void refuse(const struct image *image, size_t size, const char *sentence)
{
	struct buf why = {0};
	FILE *out = tmpfile();

	assert_true(copy(image, size, out, &why) < 0);
	assert_non_null(strstr(why.data, sentence));
	fclose(out);
	buf_free(&why);
}

static void test_refused(void **state)
{
	struct image image = sound_image();

	(void)state;
	refuse(&image, 10, "cannot be read");
	refuse(&image, sizeof(image.ehdr) + 70, "section names");
	refuse(&image, sizeof(image) - 8, "end past the file");
	image.ehdr.e_ident[EI_DATA] = ELFDATA2MSB;
	refuse(&image, sizeof(image), "little-endian");
	image.ehdr.e_ident[0] = 0;
	refuse(&image, sizeof(image), "not an ELF file");
	image = sound_image();
	image.ehdr.e_shnum = 0;
	refuse(&image, sizeof(image), "section headers");
	image = sound_image();
	image.ehdr.e_shstrndx = 7;
	refuse(&image, sizeof(image), "section headers");
	image = sound_image();
	image.ehdr.e_shoff = UINT64_MAX - 20;
	refuse(&image, sizeof(image), "section names");
	image = sound_image();
	image.sections[1].sh_size = UINT64_MAX;
	refuse(&image, sizeof(image), "section names");
}

static void test_changed(void **state)
{
	struct image image = sound_image();
	FILE *in = tmpfile(), *out = tmpfile();
	struct buf why = {0};

	(void)state;
	assert_int_equal(fwrite(&image, 1, sizeof(image), in), sizeof(image));
	image.names[15] = 1;
	assert_int_equal(fwrite(&image, 1, sizeof(image), out), sizeof(image));
	fflush(in);
	fflush(out);
	assert_true(elf_sdt_compare(fileno(in), fileno(out), &why) < 0);
	assert_string_equal(why.data, "its copy is not the same byte for byte");
	fclose(in);
	fclose(out);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told), cmocka_unit_test(test_not_told), cmocka_unit_test(test_text),
		cmocka_unit_test(test_copy), cmocka_unit_test(test_refused),  cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
