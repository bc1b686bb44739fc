/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of lib/dwarf share: the open file, the bytes of its sections, forms that libdw does not give as they
 * are. */
#ifndef CEPHTAP_LIB_DWARF_PRIVATE_H
#define CEPHTAP_LIB_DWARF_PRIVATE_H

#include "lib/dwarf.h"
#include "lib/cursor.h"

struct dwarf_split;

/* The functions of one unit that have code, by where that is: read when somebody first asks for one. */
struct dwarf_index {
	struct dwarf_index *next;
	const void *unit; /* the unit's DIE */
	struct dwarf_code {
		uint64_t low, high;
		Dwarf_Die die;
	} * list;
	unsigned len;
};

struct dwarf_file {
	struct arena *arena;
	Elf *elf;
	Dwarf *dwarf;
	const char *path; /* for messages */
	struct dwarf_origin origin;
	struct elf_file *own; /* closed with it; NULL: somebody else's, or `image` */
	char *image;	      /* made in memory; NULL: none was */
	size_t size;
	struct dwarf_file *alt;	     /* what dwz moved there; NULL: none */
	const char *missing;	     /* a sentence: what the file refers to and what is not here; NULL: nothing */
	struct dwarf_split *splits;  /* those that were looked for */
	struct dwarf_index *indexes; /* of units */
	struct dwarf_file *package;  /* .dwp; NULL: none, or not looked for */
	bool has_package;	     /* it was looked for */
	bool has_skeletons;	     /* of units that are in other files */
};

/* For its sections alone, without libdw; NULL with a sentence in *why. */
struct dwarf_file *dwarf_sections_open(struct arena *arena, struct elf_file *elf_file, const char **why);
int dwarf_elf_open(struct arena *arena, struct elf_file *elf_file, struct dwarf_file **out, const char **why);
/* An ELF file that was made in memory (mmap), which is taken over also when it fails. */
int dwarf_image_open(struct arena *arena, const char *path, char *image, size_t size, struct dwarf_file **out,
		     const char **why);

/* The bytes of a section, inflated; of one with ".dwo" behind its name, if there is none without. Bad when it is not
 * there. */
struct cursor dwarf_section(const struct dwarf_file *file, const char *name);

/*
 * Of a file that libdw has begun: from now on libdw knows no names of .dwo files, each of which it would open as soon
 * as much is asked of a unit. False: there is one that is not understood.
 */
bool dwarf_split_hide(struct dwarf_file *file);
bool dwarf_is_skeleton(Dwarf_Die *unit);
void dwarf_unit_init(struct dwarf_unit *unit, const struct dwarf_file *file, Dwarf_Die *die);
/* Of the skeleton of a unit whose rest is in another file. False with a sentence in *why: it is not here. */
bool dwarf_split_find(struct dwarf_file *file, Dwarf_Die *skeleton, struct dwarf_unit *unit, const char **why);
void dwarf_split_close(struct dwarf_file *file);

/* The address that an attribute is, or is the number of in .debug_addr. */
bool dwarf_attr_address(const struct dwarf_unit *unit, Dwarf_Attribute *attr, uint64_t *address);
/* An offset into a section, or a number of an entry there, as it is written. */
bool dwarf_attr_raw(const struct dwarf_unit *unit, Dwarf_Attribute *attr, uint64_t *value);
bool dwarf_address_at(const struct dwarf_unit *unit, uint64_t index, uint64_t *address);

/* One entry of a list of ranges or locations. */
struct dwarf_range {
	uint64_t low, high;
	struct cursor expression; /* of a location */
};

/* Calls `each` for each entry of the list that the attribute names, until that returns false. False: there is no such
 * list. */
bool dwarf_ranges_each(const struct dwarf_unit *unit, Dwarf_Attribute *attr,
		       bool (*each)(void *data, const struct dwarf_range *range), void *data);
bool dwarf_locations_each(const struct dwarf_unit *unit, Dwarf_Attribute *attr,
			  bool (*each)(void *data, const struct dwarf_range *range), void *data);
/* Each range of addresses of a function or unit. */
void dwarf_code_each(const struct dwarf_unit *unit, Dwarf_Die *die,
		     bool (*each)(void *data, const struct dwarf_range *range), void *data);

#endif
