/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/debug.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/held.h"
#include "lib/memory.h"

#define DEBUG_FOLDER "/usr/lib/debug"

/* ---- candidates ---- */

/* How a candidate shows that it belongs to the file. */
struct proof {
	const char *build_id; /* "": the file has none */
	const uint8_t *crc;   /* of the whole candidate, in .gnu_debuglink; NULL: only its build-id counts */
};

static struct elf_file *open_inside(const char *root, const char *path)
{
	struct buf why = {0}, name = {0};
	struct elf_file *file = NULL;
	struct held *held = NULL;

	buf_printf(&name, "%s%s", root, path);
	if (!held_open_inside(root, path, &held, &why) && elf_file_map(held, name.data, &file))
		file = NULL;
	held_close(held);
	buf_free(&name);
	buf_free(&why);
	return file;
}

static bool has_crc(const struct elf_file *file, const uint8_t *wanted)
{
	enum { STEP = 1 << 20 };
	struct held *held = elf_file_held(file);
	uint64_t size = held_size(held), at = 0;
	unsigned char *data = malloc(STEP);
	uLong crc = crc32(0, NULL, 0);
	uint32_t number;
	ssize_t got = 1;

	if (!data)
		memory_end();
	for (; at < size && got > 0; at += (uint64_t)got) {
		got = held_read(held, data, STEP, at);
		if (got > 0)
			crc = crc32(crc, data, (uInt)got);
	}
	free(data);
	memcpy(&number, wanted, sizeof(number));
	return got > 0 && number == crc;
}

static bool is_proved(const struct elf_file *file, const struct proof *proof)
{
	const char *id = elf_build_id(file);

	if (*proof->build_id && *id)
		return !strcmp(proof->build_id, id);
	return proof->crc && has_crc(file, proof->crc);
}

static struct elf_file *try(const char *root, const char *path, const struct proof *proof)
{
	struct elf_file *file = open_inside(root, path);

	if (file && !is_proved(file, proof)) {
		elf_file_close(file);
		file = NULL;
	}
	return file;
}

/* ---- places ---- */

static struct elf_file *find_by_build_id(const char *root, const char *id)
{
	const struct proof proof = {.build_id = id};
	struct elf_file *file = NULL;
	char path[256];

	if (strlen(id) < 3)
		return NULL;
	snprintf(path, sizeof(path), DEBUG_FOLDER "/.build-id/%.2s/%s.debug", id, id + 2);
	if (*root)
		file = try(root, path, &proof);
	return file ? file : try("", path, &proof);
}

/* A name of a file and nothing else: it stays in the folder that is looked into. */
static bool is_plain_name(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What .gnu_debuglink says; without one, the file's own name with .debug behind it. False: nothing that makes sense. */
static bool read_link(const struct elf_file *of, const char *base, struct buf *link, struct proof *proof)
{
	uint64_t size = 0;
	const char *data = (const char *)elf_section_bytes(of, ".gnu_debuglink", &size);
	size_t crc_at;

	if (!data) {
		buf_printf(link, "%s.debug", base);
		return true;
	}
	if (!memchr(data, '\0', size) || !is_plain_name(data))
		return false;
	crc_at = (strlen(data) + 4) & ~(size_t)3;
	if (crc_at + 4 <= size)
		proof->crc = (const uint8_t *)data + crc_at;
	buf_puts(link, data);
	return true;
}

/* As debuggers look for it: beside the file, in .debug/ there, in the same folder under /usr/lib/debug. */
static struct elf_file *find_by_link(const struct elf_file *of, const char *name, const char *root)
{
	static const struct {
		const char *before, *after;
		bool is_ours;
	} places[] = {{"", "/", false}, {"", "/.debug/", false}, {DEBUG_FOLDER, "/", false}, {DEBUG_FOLDER, "/", true}};
	struct proof proof = {.build_id = elf_build_id(of)};
	const char *slash = strrchr(name, '/');
	struct buf path = {0}, link = {0};
	struct elf_file *file = NULL;
	bool is_sane = slash && read_link(of, slash + 1, &link, &proof);

	for (unsigned i = 0; is_sane && i < sizeof(places) / sizeof(places[0]) && !file; i++) {
		if (places[i].is_ours && !*root)
			continue;
		buf_clear(&path);
		buf_printf(&path, "%s%.*s%s%s", places[i].before, (int)(slash - name), name, places[i].after,
			   link.data);
		file = try(places[i].is_ours ? "" : root, path.data, &proof);
	}
	buf_free(&path);
	buf_free(&link);
	return file;
}

/* What dwz has put together: named by a path, from the debug file's folder, and by its build-id, which is what counts.
 */
static const char *read_shared_link(const struct elf_file *info, char id[DEBUG_ID_SIZE])
{
	uint64_t size = 0;
	const char *link = (const char *)elf_section_bytes(info, ".gnu_debugaltlink", &size);
	size_t name_size;

	*id = '\0';
	if (!link || !memchr(link, '\0', size))
		return NULL;
	name_size = strlen(link) + 1;
	for (size_t i = 0; i < size - name_size && i < 64; i++)
		snprintf(id + 2 * i, 3, "%02x", (uint8_t)link[name_size + i]);
	return link;
}

static struct elf_file *find_shared(const struct elf_file *info, const char *name, const char *root)
{
	const char *link, *slash = strrchr(name, '/');
	char id[DEBUG_ID_SIZE];
	const struct proof proof = {.build_id = id};
	struct elf_file *file;
	struct buf path = {0};

	link = read_shared_link(info, id);
	if (!link)
		return NULL;
	file = find_by_build_id(root, id);
	if (file || !*id || !*link)
		return file;
	if (*link != '/')
		buf_printf(&path, "%.*s/", (int)(slash ? slash - name : 0), name);
	buf_puts(&path, link);
	file = try(root, path.data, &proof);
	buf_free(&path);
	return file;
}

/* ---- together ---- */

static bool has_info(const struct elf_file *file)
{
	return elf_has_section(file, ".debug_info");
}

static bool has_symtab(const struct elf_file *file)
{
	return elf_has_section(file, ".symtab");
}

/* Read once more: what is wanted of it now may be hundreds of megabytes, which need not be copied when only root can
 * write it. */
static struct elf_file *again(const struct elf_file *file)
{
	struct elf_file *whole;

	return elf_file_map(elf_file_held(file), elf_file_path(file), &whole) ? NULL : whole;
}

/* Of a file that was found inside a root: how much of its path the root is. */
static size_t root_size(const struct elf_file *file, const char *root)
{
	size_t size = strlen(root);

	return strncmp(elf_file_path(file), root, size) ? 0 : size;
}

void debug_find(const struct elf_file *file, const char *name, const char *root, struct debug *out)
{
	*out = (struct debug){0};
	if (has_info(file))
		out->info = again(file);
	if (!out->info)
		out->info = find_by_build_id(root, elf_build_id(file));
	if (!out->info)
		out->info = find_by_link(file, name, root);
	out->symbols = (struct elf_file *)file;
	if (!has_symtab(file) && out->info && has_symtab(out->info))
		out->symbols = out->info;
	out->is_stripped = !has_symtab(out->symbols) && !elf_has_section(file, ".gnu_debugdata");
	if (out->info && has_info(out->info))
		out->shared = find_shared(out->info, elf_file_path(out->info) + root_size(out->info, root), root);
}

int debug_open(struct arena *arena, const char *path, struct debug *out, const char **why)
{
	struct held *held = NULL;
	struct buf text = {0};
	int error = held_open(path, &held, &text);

	*out = (struct debug){0};
	if (!error) {
		error = elf_file_map(held, path, &out->info);
		if (error)
			buf_puts(&text, elf_error());
	}
	held_close(held);
	if (error)
		*why = arena_strdup(arena, text.data);
	else
		out->shared = find_shared(out->info, path, "");
	out->symbols = out->info;
	buf_free(&text);
	return error;
}

void debug_shared_id(const struct debug *debug, char id[DEBUG_ID_SIZE])
{
	read_shared_link(debug->info, id);
}

void debug_add_shared(struct debug *debug, const char *path)
{
	char id[DEBUG_ID_SIZE];

	debug_shared_id(debug, id);
	if (!debug->shared && *id)
		debug->shared = try("", path, &(struct proof){.build_id = id});
}

void debug_close(struct debug *debug)
{
	elf_file_close(debug->info);
	elf_file_close(debug->shared);
	*debug = (struct debug){0};
}

/* ---- symbols ---- */

static bool is_about_symbols(const char *section)
{
	static const char *const names[] = {".symtab",	".symtab_shndx", ".strtab", ".dynsym",	     ".dynstr",
					    ".dynamic", ".gnu.hash",	 ".hash",   ".gnu_debugdata"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(section, names[i]))
			return true;
	return !strncmp(section, ".note", 5);
}

static int find_nothing(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, const char *path,
			const char *link, GElf_Word crc, char **found)
{
	(void)module, (void)user, (void)name, (void)base, (void)path, (void)link, (void)crc, (void)found;
	return -1;
}

/* A file of little more than holes may have a table of billions. */
enum { LOOKED_AT_MAX = 8 * 1000 * 1000 };

static void each_symbol(Dwfl_Module *module, uint64_t bias,
			bool (*each)(void *data, const char *name, const GElf_Sym *sym, uint64_t vaddr), void *data)
{
	int n = dwfl_module_getsymtab(module);

	for (int i = 1; i < n && i < LOOKED_AT_MAX; i++) {
		GElf_Sym sym;
		GElf_Addr address;
		GElf_Word section;
		const char *name = dwfl_module_getsym_info(module, i, &sym, &address, &section, NULL, NULL);

		if (name && *name && section != SHN_UNDEF && !each(data, name, &sym, address - bias))
			break;
	}
}

void debug_symbols(const struct elf_file *file,
		   bool (*each)(void *data, const char *name, const GElf_Sym *sym, uint64_t vaddr), void *data)
{
	static char *no_path;
	const Dwfl_Callbacks callbacks = {.find_debuginfo = find_nothing,
					  .section_address = dwfl_offline_section_address,
					  .debuginfo_path = &no_path};
	uint64_t size = 0;
	const void *image = elf_file_image(file, is_about_symbols, &size);
	Dwfl *dwfl = image ? dwfl_begin(&callbacks) : NULL;
	Dwfl_Module *module = NULL;
	GElf_Addr bias;

	if (!dwfl)
		return;
	elf_version(EV_CURRENT);
	module = dwfl_report_offline_memory(dwfl, "file", elf_file_path(file), (char *)image, size);
	dwfl_report_end(dwfl, NULL, NULL);
	if (module && dwfl_module_getelf(module, &bias))
		each_symbol(module, bias, each, data);
	dwfl_end(dwfl);
}
