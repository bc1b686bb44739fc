/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug information of other people's files, by libdw. In: what debug.h found. Out: libdw's handle, and the function at
 * an address. Only what describes types, functions and where their parameters are is inflated: lines and frames are
 * not.
 */
#ifndef CEPHTAP_LIB_DWARF_H
#define CEPHTAP_LIB_DWARF_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/debug.h"

struct dwarf_file;

/* Where what a file refers to is looked for: split DWARF (.dwo, .dwp), what dwz took out of it. */
struct dwarf_origin {
	const char *name; /* of the program: what its process calls it; NULL: not known */
	const char *root; /* where that process's files are, "/proc/123/root", or "", where ours are; NULL: the same */
};

/*
 * Of debug->info, which stays open as long as this. 0, or a negative errno with a sentence in *why. `origin` may be
 * NULL; its texts live as long as the file.
 */
int dwarf_file_open(struct arena *arena, const struct debug *debug, const struct dwarf_origin *origin,
		    struct dwarf_file **out, const char **why);
void dwarf_file_close(struct dwarf_file *file); /* NULL is allowed; every Dwarf_Die of it ends */
Dwarf *dwarf_file_dwarf(const struct dwarf_file *file);
bool dwarf_file_is_split(const struct dwarf_file *file); /* units of it are in other files, -gsplit-dwarf */

/* A unit with what its addresses are relative to. */
struct dwarf_unit {
	const struct dwarf_file *file; /* in whose sections it is */
	const struct dwarf_file
		*main; /* whose code it describes: the same, or of split DWARF the one with the addresses */
	Dwarf_Die die;
	unsigned version, offset_size;
	uint64_t base;	      /* what ranges are relative to */
	uint64_t addr_base;   /* of its addresses in .debug_addr of `main` */
	uint64_t ranges_base; /* the same in .debug_ranges, of split DWARF 4 */
};

struct dwarf_function {
	Dwarf_Die die;
	struct dwarf_unit unit;
};

/*
 * The concrete function whose code holds this address of the file: not one that was inlined there. False, with a
 * sentence in *why: none is described, or what describes it is not here.
 */
bool dwarf_function_at(struct dwarf_file *file, uint64_t vaddr, struct dwarf_function *function, const char **why);

/* Children, one after the other; *started is false at first. */
bool dwarf_next_child(Dwarf_Die *die, bool *started, Dwarf_Die *child);
/* The type of a member, a parameter, a pointer; typedefs and qualifiers are seen through. False: void. */
bool dwarf_type_of(Dwarf_Die *die, Dwarf_Die *type);
bool dwarf_is_class(Dwarf_Die *die);	    /* struct, class, union */
bool dwarf_is_data_child(Dwarf_Die *child); /* a base class, or a member that takes room in the object */

enum dwarf_member_kind {
	DWARF_MEMBER_PLAIN,
	DWARF_MEMBER_BITS,    /* a bit-field */
	DWARF_MEMBER_VIRTUAL, /* a virtual base: at which offset, the object's table of virtual functions says at
				 -vtable_at */
	DWARF_MEMBER_OTHER,   /* its place is said in a way that is not understood here */
};

/* Where a member or base class is in its class. */
struct dwarf_member {
	enum dwarf_member_kind kind;
	int64_t offset;	     /* bytes */
	uint64_t bit_offset; /* from the class's begin: of the lowest bit */
	uint64_t bit_size;
	uint64_t vtable_at;
};

void dwarf_member_place(Dwarf_Die *die, struct dwarf_member *out);
/* The same for who knows plain members only; false: it is none. */
bool dwarf_member_offset(Dwarf_Die *die, int64_t *offset);
bool dwarf_is_signed(Dwarf_Die *type);

/* A type of a file. */
struct dwarf_type {
	const struct dwarf_file *file;
	Dwarf_Die die;
};
/*
 * A class that is only declared here, or described without its members (GCC describes a class with virtual functions in
 * full in one unit): finds the full one in the file's other units, in about a second for a file of 400 MB. False: there
 * is none.
 */
bool dwarf_find_class(const struct dwarf_file *file, Dwarf_Die *declaration, Dwarf_Die *full);

#endif
