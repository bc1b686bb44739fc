/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a program with debug information: its functions, their names, their parameters with types. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/dwarf.h"
#include "lib/held.h"
#include "types/native_types.h"
#include "probe/functions.h"
#include "probe/indirect.h"
#include "probe/params.h"

enum { FUNCTIONS_MAX = 64, MEMBERS_MAX = 64, CODE_MAX = 4096 };

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

static void use_function(struct arena *arena, struct native_types *types, struct dwarf_file *file,
			 const struct elf_file *elf, uint64_t vaddr)
{
	struct dwarf_function function;
	struct params_function from = {.file = file, .function = &function, .vaddr = vaddr};
	struct arg *args;
	unsigned len, i;
	const char *why;

	if (!dwarf_function_at(file, vaddr, &function, &why))
		return;
	from.code = elf ? elf_code(elf, vaddr, CODE_MAX, &from.size) : NULL;
	params_of(arena, &from, &args, &len);
	for (i = 0; i < len; i++)
		use_type(types, &args[i]);
	params_return(arena, &from, &args, &len);
	for (i = 0; i < len; i++)
		use_type(types, &args[i]);
}

static void use_file(struct arena *arena, struct held *held)
{
	struct name_pattern *plain = name_pattern_new(arena, "main"), *glob = name_pattern_new(arena, "std::*(*)");
	struct functions functions;
	struct dwarf_file *file = NULL;
	struct elf_file *elf;
	struct unwind *unwind;
	struct indirect indirect;
	const char *why;
	unsigned i;

	if (elf_file_read(held, "fuzz", &elf))
		return;
	functions_read(arena, elf, "fuzz", "", false, &functions);
	if (functions.debug_path && dwarf_file_open(arena, &functions.debug, NULL, &file, &why))
		file = NULL;
	unwind = unwind_read(elf);
	for (i = 0; i < functions.len && i < FUNCTIONS_MAX; i++) {
		const struct function *function = &functions.list[i];
		struct name name = function_as_name(function);

		function_name(arena, function, true);
		name_pattern_fits(plain, &name);
		name_pattern_fits(glob, &name);
		if (file)
			use_function(arena, native_types_new(arena), file, elf, function->vaddr);
		indirect_find(arena, elf, unwind, function->vaddr, function->size, &indirect);
	}
	name_pattern_free(plain);
	name_pattern_free(glob);
	unwind_free(unwind);
	dwarf_file_close(file);
	functions_free(&functions);
	elf_file_close(elf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct held *held = fd >= 0 && write(fd, data, size) == (ssize_t)size ? held_take(fd) : NULL;

	if (held)
		use_file(arena, held);
	else if (fd >= 0)
		close(fd);
	held_close(held);
	arena_free(arena);
	return 0;
}
