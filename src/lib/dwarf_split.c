/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Split DWARF: a file has skeletons of its units, and what they describe is in .dwo files beside the objects that it
 * was linked from, or all together in a package, FILE.dwp. libdw would open whatever path a skeleton names; here the
 * process's own root is looked into, for plain files, and what is found must have the skeleton's id.
 */
#include "lib/dwarf_private.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/abi.h"
#include "lib/elf_bytes.h"
#include "lib/held.h"

enum { UNITS_MAX = 4096 };

struct dwarf_split {
	struct dwarf_split *next;
	Dwarf_Off skeleton;
	struct dwarf_file *file; /* NULL: it was not found */
	const char *why;	 /* a sentence, then */
	Dwarf_Die die;
};

/* ---- libdw opens nothing ---- */

/* The attribute by which a skeleton names its .dwo, as libdw sees it: numbers that nobody uses, as long as the real
 * ones. */
enum { HIDDEN_NAME = 0x75, HIDDEN_GNU_NAME = 0x3f30 };

/* The bytes of a section are in our own memory. */
static void hide_name(uint8_t *at, const uint8_t *end, uint64_t attribute)
{
	if (attribute == DW_AT_dwo_name && end - at == 1) {
		at[0] = HIDDEN_NAME;
	} else if (attribute == DW_AT_GNU_dwo_name && end - at == 2) {
		at[0] = (HIDDEN_GNU_NAME & 0x7f) | 0x80;
		at[1] = HIDDEN_GNU_NAME >> 7;
	}
}

static void hide_names(struct cursor c)
{
	while (!c.bad && c.at < c.end) {
		uint64_t attribute, form;

		if (!cursor_uleb(&c)) /* the end of a table */
			continue;
		cursor_uleb(&c);
		cursor_take(&c, 1);
		do {
			const uint8_t *at = c.at;

			attribute = cursor_uleb(&c);
			hide_name((uint8_t *)at, c.at, attribute);
			form = cursor_uleb(&c);
			if (form == DW_FORM_implicit_const)
				cursor_sleb(&c);
		} while (!c.bad && (attribute || form));
	}
}

static bool names_a_file(Dwarf_Die *unit)
{
	return dwarf_hasattr(unit, DW_AT_dwo_name) || dwarf_hasattr(unit, DW_AT_GNU_dwo_name);
}

bool dwarf_split_hide(struct dwarf_file *file)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	int end;

	hide_names(dwarf_section(file, ".debug_abbrev"));
	while ((end = dwarf_get_units(file->dwarf, cu, &cu, NULL, NULL, &unit, NULL)) == 0) {
		if (names_a_file(&unit))
			return false;
		file->has_skeletons |= dwarf_is_skeleton(&unit);
	}
	return end == 1; /* else libdw may yet come to units that were not looked at */
}

bool dwarf_is_skeleton(Dwarf_Die *unit)
{
	return dwarf_hasattr(unit, HIDDEN_NAME) || dwarf_hasattr(unit, HIDDEN_GNU_NAME);
}

/* ---- units ---- */

static const char *text_of(Dwarf_Die *die, unsigned name, unsigned other_name)
{
	Dwarf_Attribute attr;

	if (!dwarf_attr(die, name, &attr) && !dwarf_attr(die, other_name, &attr))
		return NULL;
	return dwarf_formstring(&attr);
}

static uint64_t id_of(Dwarf_Die *die)
{
	uint64_t id = 0;

	dwarf_cu_info(die->cu, NULL, NULL, NULL, NULL, &id, NULL, NULL);
	return id;
}

/* The unit of this id; a .dwo has one, and units of types before it. */
static bool find_unit(struct dwarf_file *file, uint64_t id, Dwarf_Die *die)
{
	Dwarf_CU *cu = NULL;
	uint8_t kind;

	for (unsigned n = 0; n < UNITS_MAX && dwarf_get_units(file->dwarf, cu, &cu, NULL, &kind, die, NULL) == 0; n++)
		if (kind == DW_UT_split_compile && id_of(die) == id)
			return true;
	return false;
}

/* ---- a file made of sections ---- */

enum { SECTIONS_MAX = 16 };

/* Bytes for a section; those of one name are behind each other. */
struct share {
	const char *name;
	struct cursor bytes;
};

/* The file while it is put together. */
struct making {
	char *image;
	size_t size, at;
	Elf64_Shdr sections[SECTIONS_MAX + 2];
	unsigned sections_len;
	char names[32 * (SECTIONS_MAX + 2)];
	size_t names_size;
};

static void put(struct making *making, const void *data, size_t size)
{
	memcpy(making->image + making->at, data, size);
	making->at += size;
}

static void align(struct making *making)
{
	making->at = (making->at + 7) & ~(size_t)7;
}

static void begin_section(struct making *making, unsigned type, const char *name, const char *suffix)
{
	size_t room = sizeof(making->names) - making->names_size;

	align(making);
	making->sections[making->sections_len++] = (Elf64_Shdr){
		.sh_name = (Elf64_Word)making->names_size, .sh_type = type, .sh_addralign = 1, .sh_offset = making->at};
	making->names_size += (size_t)snprintf(making->names + making->names_size, room, "%s%s", name, suffix) + 1;
}

static void end_section(struct making *making)
{
	Elf64_Shdr *section = &making->sections[making->sections_len - 1];

	section->sh_size = making->at - section->sh_offset;
}

static void put_sections(struct making *making, const struct share *shares, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!i || shares[i].name != shares[i - 1].name)
			begin_section(making, SHT_PROGBITS, shares[i].name, ".dwo");
		put(making, shares[i].bytes.at, (size_t)(shares[i].bytes.end - shares[i].bytes.at));
		end_section(making);
	}
	begin_section(making, SHT_STRTAB, ".shstrtab", "");
	put(making, making->names, making->names_size);
	end_section(making);
	align(making);
}

static void put_header(struct making *making)
{
	Elf64_Ehdr ehdr = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_REL,
			   .e_machine = ABI_MACHINE,
			   .e_version = EV_CURRENT,
			   .e_shoff = making->at,
			   .e_ehsize = sizeof(ehdr),
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = (Elf64_Half)making->sections_len,
			   .e_shstrndx = (Elf64_Half)(making->sections_len - 1)};

	put(making, making->sections, making->sections_len * sizeof(*making->sections));
	making->at = 0;
	put(making, &ehdr, sizeof(ehdr));
}

/* A .dwo of its own, of these sections. NULL with a sentence in *why. */
static struct dwarf_file *file_of_shares(struct arena *arena, const char *path, const struct share *shares, unsigned n,
					 const char **why)
{
	struct making making = {.at = sizeof(Elf64_Ehdr), .sections_len = 1, .names_size = 1};
	struct dwarf_file *file;

	making.size = sizeof(Elf64_Ehdr) + sizeof(making.sections) + sizeof(making.names) + 8 * (SECTIONS_MAX + 4);
	for (unsigned i = 0; i < n; i++)
		making.size += (size_t)(shares[i].bytes.end - shares[i].bytes.at);
	*why = arena_printf(arena, "%s is too big to be read beside what else is open", path);
	if (!elf_bytes_claim(making.size))
		return NULL;
	making.image = mmap(NULL, making.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (making.image == MAP_FAILED) {
		elf_bytes_release(making.size);
		return NULL;
	}
	put_sections(&making, shares, n);
	put_header(&making);
	return dwarf_image_open(arena, path, making.image, making.size, &file, why) ? NULL : file;
}

/* Inside of a root, or NULL: it is not there. */
static struct elf_file *open_inside(const char *root, const char *path)
{
	struct held *held = NULL;
	struct buf why = {0};
	struct elf_file *file;

	if (held_open_inside(root, path, &held, &why) || elf_object_map(held, path, &file))
		file = NULL;
	held_close(held);
	buf_free(&why);
	return file;
}

static const char *root_of(const struct dwarf_file *file)
{
	return file->origin.root ? file->origin.root : "";
}

/* The file with the skeletons, by a name in our own root or the process's: which of them is told by its beginning. */
static const char *path_inside(const struct dwarf_file *file)
{
	size_t size = strlen(root_of(file));

	return strncmp(file->path, root_of(file), size) ? file->path : file->path + size;
}

/* ---- .dwp ---- */

/* Sections of a package, by their numbers in its index (DWARF 5, 7.3.5.3; version 2 is GNU's for DWARF 4). */
enum {
	SECTION_INFO = 1,
	SECTION_ABBREV = 3,
	SECTION_LOCATIONS = 5,
	SECTION_STR_OFFSETS = 6,
	SECTION_RANGES = 8,
	COLUMNS_MAX = SECTIONS_MAX - 2
};

static struct cursor part_of(const struct dwarf_file *package, const char *name, uint64_t offset, uint64_t size)
{
	struct cursor bytes = dwarf_section(package, name);

	cursor_part(&bytes, offset);
	return cursor_part(&bytes, size);
}

static const char *section_name(uint64_t number, bool is_old)
{
	switch (number) {
	case SECTION_INFO:
		return ".debug_info";
	case SECTION_ABBREV:
		return ".debug_abbrev";
	case SECTION_LOCATIONS:
		return is_old ? ".debug_loc" : ".debug_loclists";
	case SECTION_STR_OFFSETS:
		return ".debug_str_offsets";
	case SECTION_RANGES:
		return is_old ? NULL : ".debug_rnglists";
	default:
		return NULL;
	}
}

/* What the package has of the unit, section by section. */
static unsigned find_shares(const struct dwarf_file *package, uint64_t id, struct share *shares)
{
	struct cursor c = dwarf_section(package, ".debug_cu_index"), ids, rows, columns, offsets, sizes;
	bool is_old = cursor_take(&c, 4) == 2;
	uint64_t columns_len = cursor_take(&c, 4), units = cursor_take(&c, 4), slots = cursor_take(&c, 4), row = 0;
	unsigned n = 0;

	if (c.bad || !columns_len || columns_len > COLUMNS_MAX || units > UINT32_MAX / 64 || slots > UINT32_MAX / 64)
		return 0;
	ids = cursor_part(&c, 8 * slots);
	rows = cursor_part(&c, 4 * slots);
	columns = cursor_part(&c, 4 * columns_len);
	offsets = cursor_part(&c, 4 * columns_len * units);
	sizes = cursor_part(&c, 4 * columns_len * units);
	for (uint64_t i = 0; i < slots && !c.bad && !row; i++) {
		uint64_t this_id = cursor_take(&ids, 8), this_row = cursor_take(&rows, 4);

		row = this_id == id ? this_row : 0;
	}
	if (c.bad || !row || row > units)
		return 0;
	cursor_part(&offsets, 4 * columns_len * (row - 1));
	cursor_part(&sizes, 4 * columns_len * (row - 1));
	for (uint64_t i = 0; i < columns_len; i++) {
		const char *name = section_name(cursor_take(&columns, 4), is_old);
		uint64_t offset = cursor_take(&offsets, 4), size = cursor_take(&sizes, 4);

		if (name)
			shares[n++] = (struct share){name, part_of(package, name, offset, size)};
	}
	shares[n++] = (struct share){".debug_str", dwarf_section(package, ".debug_str")};
	return n;
}

/* libdw takes a package for one unit: it is asked for the parts that are put together here. */
static struct dwarf_file *open_package(struct arena *arena, const char *root, const char *path)
{
	struct elf_file *elf_file = open_inside(root, path);
	const char *why;
	struct dwarf_file *package = elf_file ? dwarf_sections_open(arena, elf_file, &why) : NULL;

	if (package)
		package->own = elf_file;
	else
		elf_file_close(elf_file);
	return package;
}

/* Beside the program: FILE.dwp. */
static struct dwarf_file *package_of(struct dwarf_file *file)
{
	struct arena *arena = file->arena;

	if (file->has_package)
		return file->package;
	file->has_package = true;
	if (file->origin.name)
		file->package = open_package(arena, root_of(file), arena_printf(arena, "%s.dwp", file->origin.name));
	if (!file->package)
		file->package = open_package(arena, root_of(file), arena_printf(arena, "%s.dwp", path_inside(file)));
	return file->package;
}

static struct dwarf_file *open_in_package(struct dwarf_file *file, uint64_t id, const char **why)
{
	struct dwarf_file *package = package_of(file);
	struct share shares[SECTIONS_MAX];
	unsigned n = package ? find_shares(package, id, shares) : 0;

	for (unsigned i = 0; i < n; i++)
		if (shares[i].bytes.bad)
			return NULL;
	return n ? file_of_shares(file->arena, package->path, shares, n, why) : NULL;
}

/* ---- .dwo ---- */

/*
 * GCC leaves each type that it describes apart (-fdebug-types-section) in a section of its own, and all of these have
 * one name: libdw would see one of them. Here they become one section.
 */
static const char *const sections[] = {".debug_info", ".debug_types", ".debug_abbrev",	 ".debug_str_offsets",
				       ".debug_str",  ".debug_loc",   ".debug_loclists", ".debug_rnglists"};

/* The next section of this name behind `scn`, inflated. */
static Elf_Scn *next_section(const struct dwarf_file *file, const char *name, Elf_Scn *scn, Elf_Data **data)
{
	size_t names, size = strlen(name);
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(file->elf, &names))
		return NULL;
	while ((scn = elf_nextscn(file->elf, scn))) {
		const char *text = gelf_getshdr(scn, &shdr) && shdr.sh_type != SHT_NOBITS
					   ? elf_strptr(file->elf, names, shdr.sh_name)
					   : NULL;

		if (!text || strncmp(text, name, size) != 0 || strcmp(text + size, ".dwo") != 0)
			continue;
		if (shdr.sh_flags & SHF_COMPRESSED && elf_compress(scn, 0, 0) < 0)
			continue;
		*data = elf_getdata(scn, NULL);
		if (*data && (*data)->d_buf)
			return scn;
	}
	return NULL;
}

static struct dwarf_file *with_joined_sections(struct dwarf_file *file)
{
	struct share *shares = NULL;
	struct dwarf_file *joined;
	unsigned n = 0, before;
	bool has_several = false;
	const char *why;
	Elf_Data *data;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		before = n;
		for (Elf_Scn *scn = NULL; (scn = next_section(file, sections[i], scn, &data));)
			*arena_push(file->arena, shares, n) = (struct share){
				sections[i], {.at = data->d_buf, .end = (const uint8_t *)data->d_buf + data->d_size}};
		has_several |= n > before + 1;
	}
	joined = has_several ? file_of_shares(file->arena, file->path, shares, n, &why) : NULL;
	if (!joined)
		return file;
	dwarf_file_close(file);
	return joined;
}

/* What is at this path, if it has the unit. */
static bool try_path(struct dwarf_file *file, struct dwarf_split *split, uint64_t id, const char *root,
		     const char *path)
{
	struct elf_file *elf_file = open_inside(root, path);
	struct dwarf_file *found;

	if (!elf_file || dwarf_elf_open(file->arena, elf_file, &found, &split->why)) {
		elf_file_close(elf_file);
		return false;
	}
	found->own = elf_file;
	found = with_joined_sections(found);
	if (find_unit(found, id, &split->die)) {
		split->file = found;
		return true;
	}
	split->why = arena_printf(file->arena, "%s is of another build", path);
	dwarf_file_close(found);
	return false;
}

static const char *folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
}

static void look(struct dwarf_file *file, Dwarf_Die *skeleton, const char *name, struct dwarf_split *split)
{
	struct arena *arena = file->arena;
	const char *folder = text_of(skeleton, DW_AT_comp_dir, DW_AT_comp_dir), *root = root_of(file);
	const char *whole = *name == '/' ? name : arena_printf(arena, "%s/%s", folder ? folder : "", name);
	uint64_t id = id_of(skeleton);

	split->file = open_in_package(file, id, &split->why);
	if (split->file && find_unit(split->file, id, &split->die))
		return;
	dwarf_file_close(split->file);
	split->file = NULL;
	if (try_path(file, split, id, root, whole) || (*root && try_path(file, split, id, "", whole)))
		return;
	/* beside the program, when the folder was moved */
	if (file->origin.name &&
	    try_path(file, split, id, root, arena_printf(arena, "%s/%s", folder_of(arena, file->origin.name), name)))
		return;
	try_path(file, split, id, root, arena_printf(arena, "%s/%s", folder_of(arena, path_inside(file)), name));
}

bool dwarf_split_find(struct dwarf_file *file, Dwarf_Die *skeleton, struct dwarf_unit *unit, const char **why)
{
	const char *name = text_of(skeleton, HIDDEN_NAME, HIDDEN_GNU_NAME);
	Dwarf_Off offset = dwarf_dieoffset(skeleton);
	struct dwarf_unit own;
	struct dwarf_split *split;

	for (split = file->splits; split && split->skeleton != offset;)
		split = split->next;
	if (!split) {
		split = arena_new_one(file->arena, struct dwarf_split);
		*split = (struct dwarf_split){.next = file->splits, .skeleton = offset};
		file->splits = split;
		if (name)
			look(file, skeleton, name, split);
	}
	if (!split->file && split->why)
		*why = arena_printf(file->arena, "its debug information is in %s, which cannot be used: %s", name,
				    split->why);
	else if (!split->file)
		*why = arena_printf(file->arena,
				    "its debug information is in %s, which is not here, nor in a .dwp file",
				    name ? name : "another file");
	if (!split->file)
		return false;
	dwarf_unit_init(&own, file, skeleton);
	dwarf_unit_init(unit, split->file, &split->die);
	unit->main = file;
	unit->base = own.base;
	unit->addr_base = own.addr_base;
	unit->ranges_base = own.ranges_base;
	return true;
}

void dwarf_split_close(struct dwarf_file *file)
{
	for (struct dwarf_split *split = file->splits; split; split = split->next)
		dwarf_file_close(split->file);
	dwarf_file_close(file->package);
	file->splits = NULL;
	file->package = NULL;
}
