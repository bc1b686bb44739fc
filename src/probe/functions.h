/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions of a program or library. In: a file, and what describes it: its own symbols, .gnu_debugdata, a separate
 * debug file (by build-id or debuglink). Out: their names as in the file, with what tells apart those that share one,
 * and addresses.
 */
#ifndef CEPHTAP_PROBE_FUNCTIONS_H
#define CEPHTAP_PROBE_FUNCTIONS_H

#include "lib/debug.h"
#include "probe/host.h"
#include "probe/name_pattern.h"

enum function_kind {
	FUNCTION_WHOLE,
	FUNCTION_CLONE,	   /* the compiler's copy for some of the calls: foo.isra.0, foo.constprop.1, foo.avx2 */
	FUNCTION_PIECE,	   /* what it took out of a function: foo.part.0, foo._omp_fn.0 */
	FUNCTION_INDIRECT, /* the address is of code that chooses one of several functions when the program starts */
	FUNCTION_LABEL,	   /* a name in the code: the file does not say that it is a function's */
};

struct function {
	const char *symbol;   /* as in the file: "_ZN12PrimaryLogPG5do_opEN5boost13intrusive_ptrI9OpRequestEE"; without
				 its version */
	uint64_t vaddr, size; /* size 0: the file does not say it */
	const char *version;  /* "GLIBC_2.34"; NULL: none */
	const char *source;   /* the file that a name is of which only that file can use: "a.c"; NULL: not known, or
				 everybody can */
	size_t base_size;     /* of a clone or piece: how much of `symbol` is the function's own name */
	enum function_kind kind;
	bool is_default; /* the version is what new programs get */
	bool is_local;	 /* only its own file knows the name */
};

struct functions {
	struct function
		*list; /* by address, of several names the plainest first; without .cold parts, which nobody calls */
	unsigned len;
	struct debug debug; /* where that was found: open until functions_free() */
	const char
		*debug_path; /* where debug information is: the file itself, or a separate one; NULL: none was found */
	bool is_stripped;    /* the symbols are only those that the dynamic linker needs */
	const char *why;     /* why there are none at all */
};

/* Read once for each file. `pid`: a process that has it. */
const struct functions *functions_of(struct probe_host *host, struct host_binary *binary, pid_t pid);

/*
 * The same without a host: of a file, which stays open as long as the functions; its name and root as debug_find()
 * takes them. To look addresses up: with the .cold parts, and without labels.
 */
void functions_read(struct arena *arena, const struct elf_file *file, const char *name, const char *root,
		    bool for_addresses, struct functions *out);
void functions_free(struct functions *functions);

/* Its debug information, which is opened once and stays open as long as the host; NULL with a sentence in *why. */
struct dwarf_file;
struct dwarf_file *functions_dwarf(struct probe_host *host, struct host_binary *binary, const char **why);
/* Closes what the host's functions have open. */
void functions_forget(struct probe_host *host);

struct name function_as_name(const struct function *function);
/*
 * As people write it: PrimaryLogPG::do_op, std::vector<int>::push_back, foo.isra.0; `with_params` tells overloads
 * apart: OSD::enqueue_op(spg_t, ...).
 */
const char *function_name(struct arena *arena, const struct function *function, bool with_params);

#endif
