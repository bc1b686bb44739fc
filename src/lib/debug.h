/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program's file together with what describes it, by elfutils' libdwfl: its symbols, those in .gnu_debugdata, a separate
 * debug file that the build-id or .gnu_debuglink (with its checksum) names.
 */
#ifndef CEPHTAP_LIB_DEBUG_H
#define CEPHTAP_LIB_DEBUG_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"

struct debug {
	Dwfl *dwfl;
	Dwfl_Module *module;
	uint64_t bias;		/* libdwfl's addresses minus the file's own */
	const char *debug_path; /* of the file with DWARF; NULL: there is none */
	bool is_stripped;	/* there is no .symtab anywhere */
};

/*
 * `path` is how we open it, `name` what its process calls it, `root` where that process's files are ("/proc/123/root"; NULL:
 * where ours are): its own /usr/lib/debug is looked at before ours. 0, or a negative errno with a sentence in *why.
 */
int debug_open(struct arena *arena, const char *path, const char *name, const char *root, struct debug *out,
	       const char **why);
void debug_close(struct debug *debug);

#endif
