/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug information of other people's files, by libdw. In: what debug.h found. Out: libdw's handle, and the function at an address.
 * Only what describes types and functions is inflated: lines, locations and frames, most of a file of 600 MB, are not.
 */
#ifndef CEPHTAP_LIB_DWARF_H
#define CEPHTAP_LIB_DWARF_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/debug.h"

struct dwarf_file;

/* Of debug->info, which stays open as long as this. 0, or a negative errno with a sentence in *why. */
int dwarf_file_open(struct arena *arena, const struct debug *debug, struct dwarf_file **out, const char **why);
void dwarf_file_close(struct dwarf_file *file); /* NULL is allowed; every Dwarf_Die of it ends */
Dwarf *dwarf_file_dwarf(const struct dwarf_file *file);
/* The concrete function whose code holds this address of the file: not one that was inlined there. */
bool dwarf_function_at(const struct dwarf_file *file, uint64_t vaddr, Dwarf_Die *function);

/* Children, one after the other; *started is false at first. */
bool dwarf_next_child(Dwarf_Die *die, bool *started, Dwarf_Die *child);
/* The type of a member, a parameter, a pointer; typedefs and qualifiers are seen through. False: void. */
bool dwarf_type_of(Dwarf_Die *die, Dwarf_Die *type);
bool dwarf_is_class(Dwarf_Die *die);	   /* struct, class, union */
bool dwarf_is_data_child(Dwarf_Die *child); /* a base class, or a member that takes room in the object */
/* Of a member or base class in its class; false for what is no constant: a virtual base, a bit field. */
bool dwarf_member_offset(Dwarf_Die *die, int64_t *offset);
bool dwarf_is_signed(Dwarf_Die *type);

/* A type of a file. */
struct dwarf_type {
	const struct dwarf_file *file;
	Dwarf_Die die;
};
/*
 * A class that is only declared here, or described without its members (GCC describes a class with virtual functions in full
 * in one unit): finds the full one in the file's other units, in about a second for a file of 400 MB. False: there is none.
 */
bool dwarf_find_class(const struct dwarf_file *file, Dwarf_Die *declaration, Dwarf_Die *full);

#endif
