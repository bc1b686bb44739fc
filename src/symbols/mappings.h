/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What processes have mapped to run it, kept from the first time that it was seen: an address of a process that has
 * ended, or of a file that was replaced, still means something. Of very many processes those are forgotten that nobody
 * has looked at for longest.
 */
#ifndef CEPHTAP_SYMBOLS_MAPPINGS_H
#define CEPHTAP_SYMBOLS_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/elf.h"
#include "lib/inlines.h"
#include "lib/proc.h"
#include "probe/functions.h"

/* A file that code was run from. */
struct mapped_file {
	dev_t dev;
	ino_t ino;
	const char *name, *base;   /* as its process calls it; the last part of that */
	char root[PROC_ROOT_SIZE]; /* of the process: where its debug file is looked for first */
	struct elf_file *elf;	   /* NULL: it cannot be read */
	bool has_functions;	   /* `functions` was filled */
	struct functions functions;
	bool has_inlines;	       /* it was tried to open them */
	struct dwarf_file *dwarf;      /* open as long as this; in functions.debug */
	struct inlines *inlines;       /* NULL: there is no debug information */
	uint32_t rows_first, rows_len; /* for unwinder.c */
	uint64_t rows_base;
	const void *rows_of; /* whose they are: each unwinder has maps of its own */
};

struct code_mapping {
	uint64_t start, end;
	uint64_t bias; /* an address minus this is the file's own */
	struct mapped_file *file;
};

struct mapped_process {
	pid_t pid;
	struct code_mapping *maps; /* the newest look, by address, then what was there before it */
	unsigned maps_len;
	unsigned newest_len; /* so many are of the newest look */
};

struct mappings;

struct mappings *mappings_new(struct arena *arena);
void mappings_free(struct mappings *mappings);
/* Looks at what the process has mapped now. NULL: it is gone, and never seen or forgotten. The result is good until the
 * next look. */
struct mapped_process *mappings_look(struct mappings *mappings, pid_t pid);
/* What is known of it, without a look. */
struct mapped_process *mappings_process(struct mappings *mappings, pid_t pid);
/* NULL: it is in no file. */
const struct code_mapping *mappings_find(const struct mapped_process *process, uint64_t address);

#endif
