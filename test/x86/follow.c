/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the functions of a file touch by way of their arguments, for scripts/witnesses.py. In: an ELF file. Out: for
 * each function of C++ that it names a line `F SYMBOL SIZE`, then a line `t CHAIN OFFSET SIZE ACCESS WIDE` for each
 * place. CHAIN is `r5>264`: the 8 bytes at 264 from what register 5 (by DWARF's number) held at entry.
 */
#include <stdio.h>
#include <string.h>

#include "lib/elf.h"
#include "lib/x86_follow.h"

static void print_chain(const struct x86_follow *follow, uint32_t node)
{
	if (node < X86_FOLLOW_ROOTS) {
		printf("r%u", node);
		return;
	}
	print_chain(follow, follow->nodes[node].parent);
	printf(">%lld", (long long)follow->nodes[node].offset);
}

static int print_function(const struct elf_symbol *symbol, void *data)
{
	struct arena *arena;
	struct x86_follow follow;
	uint64_t size = 0;
	const uint8_t *code = elf_code(data, symbol->vaddr, symbol->size, &size);

	if (!symbol->size || strncmp(symbol->name, "_ZN", 3) != 0 || !code || size < symbol->size)
		return 0;
	arena = arena_new();
	x86_follow(arena, code, size, symbol->vaddr, &follow);
	printf("F %s %llu\n", symbol->name, (unsigned long long)symbol->size);
	for (unsigned i = 0; i < follow.touches_len; i++) {
		const struct x86_touch *touch = &follow.touches[i];

		printf("t ");
		print_chain(&follow, touch->node);
		printf(" %lld %u %u %d\n", (long long)touch->offset, touch->size, touch->access, touch->is_wide);
	}
	arena_free(arena);
	return 0;
}

int main(int argc, char **argv)
{
	struct elf_file *elf;

	if (argc != 2 || elf_file_open(argv[1], &elf)) {
		fprintf(stderr, "%s\n", argc == 2 ? elf_error() : "usage: follow FILE");
		return 1;
	}
	elf_symbol_each(elf, print_function, elf);
	elf_file_close(elf);
	return 0;
}
