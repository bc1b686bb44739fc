/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What describes a program's file: its symbols, those in .gnu_debugdata, a separate debug file that the build-id or
 * .gnu_debuglink (with its checksum) names, and what several debug files share (.gnu_debugaltlink). They are looked for
 * among the files of the process first, then among ours, and opened as files of others are: libdw sees our own memory
 * only, and opens nothing by itself.
 */
#ifndef CEPHTAP_LIB_DEBUG_H
#define CEPHTAP_LIB_DEBUG_H

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/elf.h"

struct debug {
	struct elf_file
		*info; /* with DWARF: another reading of the file itself, or a separate one; NULL: there is none */
	struct elf_file *shared;  /* NULL: it needs none, or it was not found */
	struct elf_file *symbols; /* not to be closed: `info` or the file itself, whichever has the fullest table */
	bool is_stripped;	  /* there is no .symtab anywhere */
};

/* `name` is the file's inside `root`, which is "" or as proc_root() has it. */
void debug_find(const struct elf_file *file, const char *name, const char *root, struct debug *out);
/* Of a debug file that a person named. 0, or a negative errno with a sentence in *why. */
int debug_open(struct arena *arena, const char *path, struct debug *out, const char **why);
void debug_close(struct debug *debug);
/* The build-id of what its debug file shares with others; "": it shares nothing. */
enum { DEBUG_ID_SIZE = 2 * 64 + 1 };
void debug_shared_id(const struct debug *debug, char id[DEBUG_ID_SIZE]);
/* Takes this file for it, if it has that build-id. */
void debug_add_shared(struct debug *debug, const char *path);

/* Every symbol of a table, by libdwfl, with its address in the file; stops when `each` returns false. */
void debug_symbols(const struct elf_file *file,
		   bool (*each)(void *data, const char *name, const GElf_Sym *sym, uint64_t vaddr), void *data);

#endif
