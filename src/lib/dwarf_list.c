/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of address ranges and of locations, DWARF 2 to 5 and GNU's split DWARF 4, and the forms that lead to them.
 * libdw reads them too, but not those of a split unit, whose addresses are in another file.
 */
#include "lib/dwarf_private.h"

#include <dwarf.h>
#include <string.h>

/* Kinds of entries, DWARF 5, 7.25 and 7.7.3; lists of locations have one more, so that the numbers differ from there
 * on. */
enum kind {
	END,
	BASE_INDEX,
	INDEX_INDEX,
	INDEX_LENGTH,
	OFFSETS,
	DEFAULT,
	BASE,
	START_END,
	START_LENGTH,
	VIEWS,
	UNKNOWN
};

/* ---- bytes ---- */

static struct cursor bytes_of(Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);

	if (!data || !data->d_buf)
		return (struct cursor){.bad = true};
	return (struct cursor){.at = data->d_buf, .end = (const uint8_t *)data->d_buf + data->d_size};
}

static Elf_Scn *find_section(const struct dwarf_file *file, const char *name, const char *suffix)
{
	size_t names, size = strlen(name);
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(file->elf, &names))
		return NULL;
	while ((scn = elf_nextscn(file->elf, scn))) {
		const char *text = gelf_getshdr(scn, &shdr) && shdr.sh_type != SHT_NOBITS
					   ? elf_strptr(file->elf, names, shdr.sh_name)
					   : NULL;

		if (text && !strncmp(text, name, size) && !strcmp(text + size, suffix))
			return shdr.sh_flags & SHF_COMPRESSED && elf_compress(scn, 0, 0) < 0 ? NULL : scn;
	}
	return NULL;
}

struct cursor dwarf_section(const struct dwarf_file *file, const char *name)
{
	Elf_Scn *scn = find_section(file, name, "");

	if (!scn)
		scn = find_section(file, name, ".dwo");
	return scn ? bytes_of(scn) : (struct cursor){.bad = true};
}

/* What is left of the section that this place is in. */
static struct cursor bytes_at(const struct dwarf_file *file, const uint8_t *at)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(file->elf, scn))) {
		struct cursor c;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		c = bytes_of(scn);
		if (!c.bad && at >= c.at && at < c.end) {
			c.at = at;
			return c;
		}
	}
	return (struct cursor){.bad = true};
}

static struct cursor at_offset(struct cursor section, uint64_t offset)
{
	cursor_part(&section, offset);
	return section;
}

/* ---- forms ---- */

bool dwarf_attr_raw(const struct dwarf_unit *unit, Dwarf_Attribute *attr, uint64_t *value)
{
	struct cursor c = bytes_at(unit->file, attr->valp);

	switch (dwarf_whatform(attr)) {
	case DW_FORM_sec_offset:
		*value = cursor_take(&c, unit->offset_size);
		break;
	case DW_FORM_data4:
	case DW_FORM_addrx4:
		*value = cursor_take(&c, 4);
		break;
	case DW_FORM_data8:
	case DW_FORM_addr:
		*value = cursor_take(&c, 8);
		break;
	case DW_FORM_addrx1:
		*value = cursor_take(&c, 1);
		break;
	case DW_FORM_addrx2:
		*value = cursor_take(&c, 2);
		break;
	case DW_FORM_addrx3:
		*value = cursor_take(&c, 3);
		break;
	case DW_FORM_addrx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
		*value = cursor_uleb(&c);
		break;
	default:
		return false;
	}
	return !c.bad;
}

bool dwarf_address_at(const struct dwarf_unit *unit, uint64_t index, uint64_t *address)
{
	struct cursor c = at_offset(dwarf_section(unit->main, ".debug_addr"), unit->addr_base);

	if (c.bad || index > (uint64_t)(c.end - c.at) / 8)
		return false;
	c.at += 8 * index;
	*address = cursor_take(&c, 8);
	return !c.bad;
}

bool dwarf_attr_address(const struct dwarf_unit *unit, Dwarf_Attribute *attr, uint64_t *address)
{
	uint64_t value;

	if (!dwarf_attr_raw(unit, attr, &value))
		return false;
	*address = value;
	switch (dwarf_whatform(attr)) {
	case DW_FORM_addr:
		return true;
	case DW_FORM_addrx:
	case DW_FORM_addrx1:
	case DW_FORM_addrx2:
	case DW_FORM_addrx3:
	case DW_FORM_addrx4:
	case DW_FORM_GNU_addr_index:
		return dwarf_address_at(unit, value, address);
	default:
		return false;
	}
}

/* ---- lists ---- */

struct list {
	const struct dwarf_unit *unit;
	struct cursor c;
	bool is_locations;
	uint64_t base;
	bool (*each)(void *data, const struct dwarf_range *range);
	void *data;
};

static enum kind kind_of(const struct list *list, uint64_t code)
{
	static const enum kind ranges[] = {END,	    BASE_INDEX, INDEX_INDEX, INDEX_LENGTH,
					   OFFSETS, BASE,	START_END,   START_LENGTH},
			       locations[] = {END,     BASE_INDEX, INDEX_INDEX, INDEX_LENGTH, OFFSETS,
					      DEFAULT, BASE,	   START_END,	START_LENGTH, VIEWS};

	if (list->is_locations)
		return code < sizeof(locations) / sizeof(locations[0]) ? locations[code] : UNKNOWN;
	return code < sizeof(ranges) / sizeof(ranges[0]) ? ranges[code] : UNKNOWN;
}

/* One entry of DWARF 5. `is_range` is false for one that only says how to read the next ones. */
static bool next_entry(struct list *list, struct dwarf_range *range, bool *is_range)
{
	struct cursor *c = &list->c;
	enum kind kind = kind_of(list, cursor_take(c, 1));
	bool good = true;

	*is_range = kind != BASE_INDEX && kind != BASE && kind != VIEWS;
	*range = (struct dwarf_range){0};
	switch (kind) {
	case BASE_INDEX:
		good = dwarf_address_at(list->unit, cursor_uleb(c), &list->base);
		break;
	case BASE:
		list->base = cursor_take(c, 8);
		break;
	case VIEWS:
		cursor_uleb(c);
		cursor_uleb(c);
		break;
	case INDEX_INDEX:
		good = dwarf_address_at(list->unit, cursor_uleb(c), &range->low) &&
		       dwarf_address_at(list->unit, cursor_uleb(c), &range->high);
		break;
	case INDEX_LENGTH:
		good = dwarf_address_at(list->unit, cursor_uleb(c), &range->low);
		range->high = range->low + cursor_uleb(c);
		break;
	case OFFSETS:
		range->low = list->base + cursor_uleb(c);
		range->high = list->base + cursor_uleb(c);
		break;
	case START_END:
		range->low = cursor_take(c, 8);
		range->high = cursor_take(c, 8);
		break;
	case START_LENGTH:
		range->low = cursor_take(c, 8);
		range->high = range->low + cursor_uleb(c);
		break;
	case DEFAULT:
		range->high = UINT64_MAX;
		break;
	default:
		return false;
	}
	if (*is_range && list->is_locations)
		range->expression = cursor_block(c);
	return good && !c->bad;
}

/* One of DWARF 2 to 4: two addresses, or the highest one and a base. */
static bool next_old_entry(struct list *list, struct dwarf_range *range, bool *is_range)
{
	struct cursor *c = &list->c;

	*range = (struct dwarf_range){.low = cursor_take(c, 8), .high = cursor_take(c, 8)};
	*is_range = range->low != UINT64_MAX;
	if (c->bad || (!range->low && !range->high))
		return false;
	if (!*is_range) {
		list->base = range->high;
		return true;
	}
	range->low += list->base;
	range->high += list->base;
	if (list->is_locations)
		range->expression = cursor_part(c, cursor_take(c, 2));
	return !c->bad;
}

/* Of split DWARF 4: addresses are numbers of entries; a length has 4 bytes, an expression's size 2. */
static bool next_split_entry(struct list *list, struct dwarf_range *range, bool *is_range)
{
	struct cursor *c = &list->c;
	uint64_t code = cursor_take(c, 1);
	bool good = true;

	*is_range = code == 2 || code == 3;
	*range = (struct dwarf_range){0};
	if (code == 1)
		return dwarf_address_at(list->unit, cursor_uleb(c), &list->base);
	if (code == 4) {
		range->low = list->base + cursor_take(c, 4);
		range->high = list->base + cursor_take(c, 4);
		*is_range = true;
	} else if (*is_range) {
		good = dwarf_address_at(list->unit, cursor_uleb(c), &range->low);
		if (code == 3)
			range->high = range->low + cursor_take(c, 4);
		else
			good = good && dwarf_address_at(list->unit, cursor_uleb(c), &range->high);
	} else {
		return false;
	}
	range->expression = cursor_part(c, cursor_take(c, 2));
	return good && !c->bad;
}

static void read_list(struct list *list, bool (*next)(struct list *list, struct dwarf_range *range, bool *is_range))
{
	struct dwarf_range range;
	bool is_range;

	while (next(list, &range, &is_range))
		if (is_range && !list->each(list->data, &range))
			return;
}

/* Where the list begins. With DW_FORM_loclistx, a table of offsets stands at its section's base. */
static bool find_list(struct list *list, Dwarf_Attribute *attr, struct cursor bytes, unsigned base_name)
{
	enum { HEADER_SIZE = 12, HEADER_SIZE_64 = 20 };
	const struct dwarf_unit *unit = list->unit;
	unsigned form = dwarf_whatform(attr);
	uint64_t value, base = unit->offset_size == 8 ? HEADER_SIZE_64 : HEADER_SIZE;
	struct cursor table;
	Dwarf_Attribute base_attr;

	if (bytes.bad || !dwarf_attr_raw(unit, attr, &value))
		return false;
	if (form != DW_FORM_loclistx && form != DW_FORM_rnglistx) {
		list->c = at_offset(bytes, value);
		return !list->c.bad;
	}
	if (dwarf_attr((Dwarf_Die *)&unit->die, base_name, &base_attr))
		dwarf_attr_raw(unit, &base_attr, &base);
	table = at_offset(bytes, base);
	if (table.bad || value > (uint64_t)(table.end - table.at) / unit->offset_size)
		return false;
	table.at += value * unit->offset_size;
	list->c = at_offset(bytes, base + cursor_take(&table, unit->offset_size));
	return !table.bad && !list->c.bad;
}

bool dwarf_locations_each(const struct dwarf_unit *unit, Dwarf_Attribute *attr,
			  bool (*each)(void *data, const struct dwarf_range *range), void *data)
{
	struct list list = {.unit = unit, .is_locations = true, .base = unit->base, .each = each, .data = data};

	if (!find_list(&list, attr, dwarf_section(unit->file, unit->version >= 5 ? ".debug_loclists" : ".debug_loc"),
		       DW_AT_loclists_base))
		return false;
	read_list(&list, unit->version >= 5	    ? next_entry
			 : unit->file != unit->main ? next_split_entry
						    : next_old_entry);
	return true;
}

bool dwarf_ranges_each(const struct dwarf_unit *unit, Dwarf_Attribute *attr,
		       bool (*each)(void *data, const struct dwarf_range *range), void *data)
{
	struct list list = {.unit = unit, .base = unit->base, .each = each, .data = data};
	struct cursor bytes = unit->version >= 5
				      ? dwarf_section(unit->file, ".debug_rnglists")
				      : at_offset(dwarf_section(unit->main, ".debug_ranges"), unit->ranges_base);

	if (!find_list(&list, attr, bytes, DW_AT_rnglists_base))
		return false;
	read_list(&list, unit->version >= 5 ? next_entry : next_old_entry);
	return true;
}

/* ---- which code ---- */

/* libdw knows the addresses. */
static void each_known(Dwarf_Die *die, bool (*each)(void *data, const struct dwarf_range *range), void *data)
{
	struct dwarf_range range = {0};
	Dwarf_Addr base;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &range.low, &range.high)) > 0)
		if (!each(data, &range))
			return;
}

void dwarf_code_each(const struct dwarf_unit *unit, Dwarf_Die *die,
		     bool (*each)(void *data, const struct dwarf_range *range), void *data)
{
	struct dwarf_range range = {0};
	Dwarf_Attribute attr;
	Dwarf_Word size;

	if (unit->file == unit->main) {
		each_known(die, each, data);
		return;
	}
	if (dwarf_attr(die, DW_AT_ranges, &attr)) {
		dwarf_ranges_each(unit, &attr, each, data);
		return;
	}
	if (!dwarf_attr(die, DW_AT_low_pc, &attr) || !dwarf_attr_address(unit, &attr, &range.low) ||
	    !dwarf_attr(die, DW_AT_high_pc, &attr))
		return;
	if (!dwarf_attr_address(unit, &attr, &range.high)) {
		if (dwarf_formudata(&attr, &size))
			return;
		range.high = range.low + size;
	}
	each(data, &range);
}
