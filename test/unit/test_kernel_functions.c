/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of the kernel's functions, of the kernel that runs: against /proc/kallsyms and what is known of vfs_read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/kernel.h"
#include "lib/kernel_functions.h"

static const struct kernel_function *find(const struct kernel_functions *functions, const char *name)
{
	for (unsigned i = 0; i < functions->len; i++)
		if (!strcmp(functions->list[i].name, name))
			return &functions->list[i];
	return NULL;
}

static uint64_t address_of(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[1024], symbol[512];
	unsigned long long address, found = 0;

	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %511s", &address, symbol) == 2 && !strcmp(symbol, name))
			found = address;
	if (file)
		fclose(file);
	return found;
}

static void test_list(void **state)
{
	struct arena *arena = arena_new();
	const struct kernel_functions *functions = kernel_functions_read(arena);
	const struct kernel_function *read = find(functions, "vfs_read");

	(void)state;
	if (functions->why) { /* not for whom we are, or on no such kernel: then that is said */
		assert_int_equal(functions->len, 0);
		arena_free(arena);
		skip();
	}
	assert_non_null(read);
	assert_string_equal(read->module, kernel_module);
	assert_false(read->has_namesakes);
	if (address_of("vfs_read")) {
		assert_int_equal(read->addresses_len, 1);
		assert_int_equal(read->addresses[0], address_of("vfs_read"));
	}
	if (kernel_btf()) {
		assert_int_not_equal(read->btf_id, 0);
		assert_int_equal(read->args_len, 4);
		assert_true(read->is_plain);
	}
	assert_true(kernel_has_symbol("vfs_read"));
	assert_false(kernel_has_symbol("no_such_function_of_any_kernel"));
	arena_free(arena);
}

/* Names that several functions have are told, and so are functions that take structures: every kernel has some of both.
 */
static void test_kinds(void **state)
{
	struct arena *arena = arena_new();
	const struct kernel_functions *functions = kernel_functions_read(arena);
	unsigned namesakes = 0, places = 0, structures = 0, plain = 0;

	(void)state;
	for (unsigned i = 0; i < functions->len; i++) {
		const struct kernel_function *function = &functions->list[i];

		namesakes += function->has_namesakes;
		places += function->has_namesakes && function->addresses_len > 1;
		structures += function->btf_id && !function->is_plain;
		plain += function->is_plain;
	}
	if (!functions->len || !kernel_btf() || !address_of("vfs_read")) {
		arena_free(arena);
		skip();
	}
	assert_true(namesakes > 0 && places > 0);
	assert_true(structures > 0);
	assert_true(plain > functions->len / 2);
	if (find(functions, "_printk") && find(functions, "_printk")->btf_id) /* takes whatever number of arguments */
		assert_false(find(functions, "_printk")->is_plain);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
