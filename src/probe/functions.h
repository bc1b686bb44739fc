/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions of a program or library. In: a file, and what describes it: its own symbols, .gnu_debugdata, a separate
 * debug file (by build-id or debuglink). Out: names, as they are and as people write them, and addresses.
 */
#ifndef CEPHTAP_PROBE_FUNCTIONS_H
#define CEPHTAP_PROBE_FUNCTIONS_H

#include "lib/debug.h"
#include "probe/host.h"

struct function {
	const char *symbol; /* as in the file: "_ZN12PrimaryLogPG5do_opEN5boost13intrusive_ptrI9OpRequestEE" */
	uint64_t vaddr, size;
};

struct functions {
	struct function *list; /* by address, of several names the plainest first; without .cold parts, which nobody calls */
	unsigned len;
	struct debug debug;	/* where that was found: open until functions_free() */
	const char *debug_path; /* where debug information is: the file itself, or a separate one; NULL: none was found */
	bool is_stripped;	/* the symbols are only those that the dynamic linker needs */
	const char *why;	/* why there are none at all */
};

/* Read once for each file. `pid`: a process that has it. */
const struct functions *functions_of(struct probe_host *host, struct host_binary *binary, pid_t pid);

/*
 * The same without a host: of a file, which stays open as long as the functions; its name and root as debug_find() takes
 * them. With the .cold parts, for who looks an address up.
 */
void functions_read(struct arena *arena, const struct elf_file *file, const char *name, const char *root, bool with_colds,
		    struct functions *out);
void functions_free(struct functions *functions);

/* Its debug information, which is opened once and stays open as long as the host; NULL with a sentence in *why. */
struct dwarf_file;
struct dwarf_file *functions_dwarf(struct probe_host *host, struct host_binary *binary, const char **why);
/* Closes what the host's functions have open. */
void functions_forget(struct probe_host *host);

/*
 * As people write it: PrimaryLogPG::do_op, std::vector<int>::push_back, foo.isra.0; `with_params` tells overloads apart:
 * OSD::enqueue_op(spg_t, ...).
 */
const char *function_name(struct arena *arena, const char *symbol, bool with_params);
/* Does the pattern mean this function, by any of these names? A plain name means its clones too. */
bool function_matches(const char *pattern, const char *symbol);

#endif
