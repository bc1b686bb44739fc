/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/debug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- where debug files are ---- */

static const char host_path[] = ":.debug:/usr/lib/debug";

static Dwfl *begin(struct arena *arena, const char *root)
{
	Dwfl_Callbacks *callbacks = arena_new_one(arena, Dwfl_Callbacks);
	char **path = arena_new_one(arena, char *);

	*path = root ? arena_printf(arena, ":.debug:%s/usr/lib/debug:/usr/lib/debug", root) : (char *)host_path;
	callbacks->find_debuginfo = dwfl_standard_find_debuginfo;
	callbacks->section_address = dwfl_offline_section_address;
	callbacks->debuginfo_path = path;
	unsetenv("DEBUGINFOD_URLS"); /* nothing is looked for on the network */
	return dwfl_begin(callbacks);
}

/* ---- what was found ---- */

static bool has_section(Elf *elf, GElf_Word type, const char *name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *text;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != type)
			continue;
		text = elf_strptr(elf, names, shdr.sh_name);
		if (!name || (text && !strcmp(text, name)))
			return true;
	}
	return false;
}

static bool file_has(const char *path, GElf_Word type, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bool has = has_section(elf, type, name);

	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return has;
}

static void look(struct arena *arena, const char *path, struct debug *debug)
{
	const char *main_file = NULL, *debug_file = NULL;

	dwfl_module_getsymtab(debug->module); /* looks for the debug file */
	dwfl_module_info(debug->module, NULL, NULL, NULL, NULL, NULL, &main_file, &debug_file);
	if (file_has(path, SHT_PROGBITS, ".debug_info"))
		debug->debug_path = arena_strdup(arena, path);
	else if (debug_file && file_has(debug_file, SHT_PROGBITS, ".debug_info"))
		debug->debug_path = arena_strdup(arena, debug_file);
	debug->is_stripped = !file_has(path, SHT_SYMTAB, NULL) &&
			     !(debug_file && file_has(debug_file, SHT_SYMTAB, NULL)) &&
			     !file_has(path, SHT_PROGBITS, ".gnu_debugdata");
}

int debug_open(struct arena *arena, const char *path, const char *name, const char *root, struct debug *out,
	       const char **why)
{
	*out = (struct debug){0};
	elf_version(EV_CURRENT);
	out->dwfl = begin(arena, root);
	out->module = out->dwfl ? dwfl_report_offline(out->dwfl, name, path, -1) : NULL;
	if (out->dwfl)
		dwfl_report_end(out->dwfl, NULL, NULL);
	if (!out->module || !dwfl_module_getelf(out->module, &out->bias)) {
		*why = arena_printf(arena, "%s cannot be read: %s", name, dwfl_errmsg(-1));
		debug_close(out);
		return -ENOEXEC;
	}
	look(arena, path, out);
	return 0;
}

void debug_close(struct debug *debug)
{
	if (debug->dwfl)
		dwfl_end(debug->dwfl);
	*debug = (struct debug){0};
}
