/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions whose code the compiler put into others. In: a file's debug information and an address of the file. Out:
 * the symbols of the functions that are inlined there, or their full names. Of a unit only where its functions are is
 * read, when an address of it is first asked for; what was answered is kept.
 */
#ifndef CEPHTAP_LIB_INLINES_H
#define CEPHTAP_LIB_INLINES_H

#include "lib/dwarf.h"

struct inlines;

struct inlines *inlines_new(struct arena *arena, const struct dwarf_file *file);
/*
 * How many functions are inlined at the address, the innermost first in *symbols: as the file names them
 * ("_ZN3foo3barEi"; without such a name "foo::bar"). The function that holds them all is none of these. Valid as long
 * as the file is open.
 */
unsigned inlines_at(struct inlines *inlines, uint64_t vaddr, const char *const **symbols);

#endif
