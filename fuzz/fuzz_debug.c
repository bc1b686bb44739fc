/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a program with debug information: its functions, their names, their parameters with types. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/debug.h"
#include "lib/dwarf.h"
#include "native_types.h"
#include "probe/functions.h"
#include "probe/params.h"

enum { FUNCTIONS_MAX = 64, MEMBERS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_type(struct native_types *types, const struct arg *arg)
{
	const struct type *type;
	unsigned i, depth;

	if (arg->type != ARGTYPE_NATIVE)
		return;
	type = native_type(types, arg->native);
	for (depth = 0; depth < 4 && type->kind == TYPE_PTR; depth++)
		type = type->to;
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_UNION)
		return;
	type_complete(type);
	for (i = 0; i < type->members_len && i < MEMBERS_MAX; i++)
		type_complete(type->members[i].type);
}

static void use_function(struct arena *arena, struct native_types *types, const struct dwarf_file *file, uint64_t vaddr)
{
	Dwarf_Die die;
	struct arg *args;
	unsigned len, i;

	if (!dwarf_function_at(file, vaddr, &die))
		return;
	params_of(arena, file, &die, &args, &len);
	for (i = 0; i < len; i++)
		use_type(types, &args[i]);
	params_return(arena, file, &die, &args, &len);
	for (i = 0; i < len; i++)
		use_type(types, &args[i]);
}

static void use_file(struct arena *arena, const char *path)
{
	struct debug debug;
	struct dwarf_file *file = NULL;
	const char *why;
	int n, i;

	if (debug_open(arena, path, "fuzz", NULL, &debug, &why))
		return;
	if (dwarf_file_open(arena, path, &file, &why))
		file = NULL;
	n = dwfl_module_getsymtab(debug.module);
	for (i = 1; i < n && i < FUNCTIONS_MAX; i++) {
		GElf_Sym sym;
		GElf_Addr address;
		const char *name = dwfl_module_getsym_info(debug.module, i, &sym, &address, NULL, NULL, NULL);

		if (!name)
			continue;
		function_name(arena, name, true);
		function_matches("main", name);
		function_matches("std::*", name);
		if (file)
			use_function(arena, native_types_new(arena), file, address - debug.bias);
	}
	dwarf_file_close(file);
	debug_close(&debug);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, data, size) == (ssize_t)size)
		use_file(arena, arena_printf(arena, "/proc/self/fd/%d", fd));
	if (fd >= 0)
		close(fd);
	arena_free(arena);
	return 0;
}
