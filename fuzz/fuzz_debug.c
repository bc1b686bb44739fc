/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a program with debug information: its functions, their names, their parameters with types, their instructions. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/debug.h"
#include "lib/dwarf.h"
#include "lib/held.h"
#include "lib/x86.h"
#include "native_types.h"
#include "probe/functions.h"
#include "probe/params.h"

enum { FUNCTIONS_MAX = 64, MEMBERS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool count(void *data, const struct x86_code *code)
{
	*(uint64_t *)data += code->size;
	return true;
}

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

struct use {
	struct arena *arena;
	struct dwarf_file *file; /* NULL: it has no debug information */
	unsigned functions_left;
};

static bool use_symbol(void *data, const char *name, const GElf_Sym *sym, uint64_t vaddr)
{
	struct use *use = data;

	(void)sym;
	function_name(use->arena, name, true);
	function_matches("main", name);
	function_matches("std::*", name);
	if (use->file)
		use_function(use->arena, native_types_new(use->arena), use->file, vaddr);
	return --use->functions_left;
}

/* As if it were the debug file, so that nothing is looked for. */
static void use_file(struct arena *arena, struct held *held)
{
	struct use use = {.arena = arena, .functions_left = FUNCTIONS_MAX};
	struct debug debug = {0};
	const char *why;

	if (elf_file_read(held, "fuzz", &debug.info))
		return;
	dwarf_file_open(arena, &debug, &use.file, &why);
	debug_symbols(debug.info, use_symbol, &use);
	dwarf_file_close(use.file);
	debug_close(&debug);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct held *held = fd >= 0 && write(fd, data, size) == (ssize_t)size ? held_take(fd) : NULL;
	uint64_t bytes = 0;

	if (held)
		use_file(arena, held);
	else if (fd >= 0)
		close(fd);
	held_close(held);
	x86_each(data, size < 4096 ? size : 4096, 0x1000, count, &bytes);
	arena_free(arena);
	return bytes > 1u << 20;
}
