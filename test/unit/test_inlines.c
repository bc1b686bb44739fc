/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is inlined at an address, compared with addr2line (binutils) at the same addresses: of a test program, and of
 * ceph-osd. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/inlines.h"
#include "probe/functions.h"
#include "prog.h"

enum { ADDRESSES_MAX = 256, NO_ANSWER = -1 };

struct fixture {
	struct arena *arena;
	struct elf_file *elf;
	struct functions functions;
	struct dwarf_file *dwarf;
	struct inlines *inlines;
	uint64_t addresses[ADDRESSES_MAX];
	unsigned len;
};

static bool begin(struct fixture *fixture, const char *path)
{
	const char *why;

	*fixture = (struct fixture){.arena = arena_new()};
	if (!elf_file_open(path, &fixture->elf))
		functions_read(fixture->arena, fixture->elf, path, "", true, &fixture->functions);
	if (!fixture->functions.debug_path ||
	    dwarf_file_open(fixture->arena, &fixture->functions.debug, NULL, &fixture->dwarf, &why)) {
		functions_free(&fixture->functions);
		elf_file_close(fixture->elf);
		arena_free(fixture->arena);
		return false;
	}
	fixture->inlines = inlines_new(fixture->arena, fixture->dwarf);
	return true;
}

static void end(struct fixture *fixture)
{
	dwarf_file_close(fixture->dwarf);
	functions_free(&fixture->functions);
	elf_file_close(fixture->elf);
	arena_free(fixture->arena);
}

/* So many, evenly over the code of those functions that are long enough to have something in them. */
static void choose(struct fixture *fixture, unsigned want)
{
	const struct function *list = fixture->functions.list;
	uint64_t all = 0, at = 0, step;

	for (unsigned i = 0; i < fixture->functions.len; i++)
		all += list[i].size > 32 ? list[i].size : 0;
	step = all / want;
	for (unsigned i = 0; i < fixture->functions.len && fixture->len < want; i++) {
		if (list[i].size <= 32)
			continue;
		for (; at < list[i].size && fixture->len < want; at += step)
			fixture->addresses[fixture->len++] = list[i].vaddr + at;
		at -= list[i].size;
	}
}

static FILE *ask_addr2line(const struct fixture *fixture)
{
	char *command;
	size_t size;
	FILE *out = open_memstream(&command, &size), *answer;

	fprintf(out, "timeout 60 addr2line -a -i -f -e '%s'", fixture->functions.debug_path);
	for (unsigned i = 0; i < fixture->len; i++)
		fprintf(out, " %" PRIx64, fixture->addresses[i]);
	fclose(out);
	answer = popen(command, "r");
	free(command);
	return answer;
}

static bool next_line(FILE *file, char line[], int size)
{
	if (!fgets(line, size, file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* Without a mangled name binutils takes the symbol that is there, of the function around: then only we know better. */
static bool is_same(const char *ours, const char *theirs)
{
	return ours && (strncmp(ours, "_Z", 2) || !strcmp(ours, theirs));
}

/* "0x1234", then for each function its name and its line. The last function is the one that holds the others. */
static int compare(struct fixture *fixture, unsigned *inlined)
{
	static char line[1 << 16];
	FILE *file = ask_addr2line(fixture);
	int wrong = 0;
	bool more = next_line(file, line, sizeof(line));

	*inlined = 0;
	for (unsigned i = 0; i < fixture->len; i++) {
		const char *const *symbols;
		unsigned len = inlines_at(fixture->inlines, fixture->addresses[i], &symbols), theirs = 0;
		bool same = true;

		if (!more) {
			pclose(file);
			return NO_ANSWER;
		}
		assert_true(strtoull(line, NULL, 16) == fixture->addresses[i]);
		while ((more = next_line(file, line, sizeof(line))) && strncmp(line, "0x", 2)) {
			if (theirs < len && !is_same(symbols[theirs], line)) {
				printf("# %" PRIx64 ": %s, addr2line: %s\n", fixture->addresses[i], symbols[theirs],
				       line);
				same = false;
			}
			theirs++;
			next_line(file, line, sizeof(line));
		}
		if (theirs != len + 1) {
			printf("# %" PRIx64 ": %u inlined, addr2line: %u\n", fixture->addresses[i], len, theirs - 1);
			same = false;
		}
		*inlined += len;
		wrong += !same;
	}
	pclose(file);
	return wrong;
}

static void program(void **state)
{
	struct fixture fixture;
	unsigned inlined;

	(void)state;
	if (system("command -v addr2line >/dev/null"))
		skip();
	assert_true(begin(&fixture, prog_path("inline_target")));
	choose(&fixture, 200);
	assert_int_equal(fixture.len, 200);
	assert_int_equal(compare(&fixture, &inlined), 0);
	assert_true(inlined > 100);
	end(&fixture);
}

static void osd(void **state)
{
	struct fixture fixture;
	unsigned inlined;
	int wrong;

	(void)state;
	if (system("command -v addr2line >/dev/null") || !begin(&fixture, "/usr/bin/ceph-osd"))
		skip();
	choose(&fixture, 50);
	assert_int_equal(fixture.len, 50);
	wrong = compare(&fixture, &inlined);
	end(&fixture);
	if (wrong == NO_ANSWER) /* addr2line needs 10 s, and minutes beside other work */
		skip();
	assert_int_equal(wrong, 0);
	assert_true(inlined > 20);
}

/* The same answer twice, none where there is no code. */
static void again(void **state)
{
	struct fixture fixture;
	const char *const *first, *const *second;

	(void)state;
	assert_true(begin(&fixture, prog_path("inline_target")));
	choose(&fixture, 10);
	assert_int_equal(inlines_at(fixture.inlines, fixture.addresses[5], &first),
			 inlines_at(fixture.inlines, fixture.addresses[5], &second));
	assert_ptr_equal(first, second);
	assert_int_equal(inlines_at(fixture.inlines, 1, &first), 0);
	assert_int_equal(inlines_at(fixture.inlines, UINT64_MAX, &first), 0);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(program), cmocka_unit_test(again), cmocka_unit_test(osd)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
