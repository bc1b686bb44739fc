/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What to learn, and from where. The catalogue's expressions are evaluated once with a resolver that only notes what
 * they ask for; learn_dwarf.c then fills that in. So a card holds what its catalogue needs and nothing else.
 */
#include "ceph/learn.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/elf.h"

struct learn {
	struct arena *arena;
	const struct catalogue *cat;
	struct card *card;
};

const char *learn_debug_package(const char *binary_name)
{
	static const char *const packages[][2] = {
		{"ceph-osd", "ceph-osd-dbg"},	{"ceph-mon", "ceph-mon-dbg"},
		{"ceph-mgr", "ceph-mgr-dbg"},	{"ceph-mds", "ceph-mds-dbg"},
		{"radosgw", "radosgw-dbg"},	{"librados.so.2", "librados2-dbg"},
		{"librbd.so.1", "librbd1-dbg"}, {"libceph-common.so.2", "librados2-dbg"},
	};
	unsigned i;

	for (i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (cat_binary_matches(packages[i][0], binary_name))
			return packages[i][1];
	return NULL;
}

/* --- Collecting --- */

static struct card_type *want_type(struct learn *l, const char *name)
{
	struct card_type *type;
	unsigned i;

	for (i = 0; i < l->card->types_len; i++)
		if (!strcmp(l->card->types[i].name, name))
			return &l->card->types[i];
	type = arena_push(l->arena, l->card->types, l->card->types_len);
	type->name = name;
	return type;
}

static int want_member(void *data, const char *name, const char *path, struct cat_member *out, const char **why)
{
	struct learn *l = data;
	struct card_type *type = want_type(l, name);
	unsigned i;

	(void)why;
	*out = (struct cat_member){.size = 8, .is_any = true};
	for (i = 0; i < type->members_len; i++)
		if (!strcmp(type->members[i].path, path))
			return 0;
	arena_push(l->arena, type->members, type->members_len)->path = path;
	return 0;
}

static int want_size(void *data, const char *name, uint64_t *out, const char **why)
{
	(void)why;
	want_type(data, name);
	*out = 8;
	return 0;
}

static int want_constant(void *data, const char *name, int64_t *out, const char **why)
{
	struct learn *l = data;
	unsigned i;

	(void)why;
	*out = 1;
	for (i = 0; i < l->card->constants_len; i++)
		if (!strcmp(l->card->constants[i].name, name))
			return 0;
	arena_push(l->arena, l->card->constants, l->card->constants_len)->name = name;
	return 0;
}

static void collect_site(struct learn *l, const struct cat_marker *marker, const struct cat_site *site)
{
	struct cat_resolver resolver = {l, want_member, want_size, want_constant};
	struct cat_located located;
	const char *why;
	struct loc where;

	catalogue_locate(l->cat, marker, site, &resolver, l->arena, &located, &why, &where);
}

/* All that any release of the binary asks for: the release is only known once the debug information is open. */
static unsigned collect(struct learn *l, const char *name)
{
	unsigned i, j, sites = 0;

	for (i = 0; i < l->cat->markers_len; i++) {
		const struct cat_marker *marker = &l->cat->markers[i];

		for (j = 0; j < marker->sites_len; j++) {
			if (!cat_binary_matches(marker->sites[j].binary, name))
				continue;
			collect_site(l, marker, &marker->sites[j]);
			sites++;
		}
	}
	return sites;
}

/* --- Files --- */

/* What stands before /usr in the binary's path: packages may have been unpacked into a folder. */
static const char *root_of(struct arena *arena, const char *binary)
{
	const char *usr = strstr(binary, "/usr/");

	return usr ? arena_strndup(arena, binary, (size_t)(usr - binary)) : "";
}

static const char *debug_by_build_id(struct arena *arena, const char *root, const char *id)
{
	const char *path;

	if (strlen(id) < 3)
		return NULL;
	path = arena_printf(arena, "%s/usr/lib/debug/.build-id/%.2s/%s.debug", root, id, id + 2);
	if (!access(path, R_OK))
		return path;
	return *root ? debug_by_build_id(arena, "", id) : NULL;
}

/* As debuggers look for it: beside the binary, in .debug/ there, in the same folder under /usr/lib/debug. */
static const char *debug_by_name(struct arena *arena, const char *binary)
{
	const char *dir = dirname(arena_strdup(arena, binary)), *base = basename(arena_strdup(arena, binary));
	static const char *const formats[] = {"%s/%s.debug", "%s/.debug/%s.debug", "/usr/lib/debug%s/%s.debug",
					      "/usr/lib/debug%s/%s"};
	unsigned i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct buf path = {0};
		const char *percent = strchr(formats[i], '%');
		const char *found = NULL;

		buf_add(&path, formats[i], (size_t)(percent - formats[i]));
		buf_puts(&path, dir);
		percent += 2;
		buf_add(&path, percent, (size_t)(strchr(percent, '%') - percent));
		buf_printf(&path, "%s%s", base, strstr(percent, "%s") + 2);
		if (!access(path.data, R_OK))
			found = arena_strdup(arena, path.data);
		buf_free(&path);
		if (found)
			return found;
	}
	return NULL;
}

static int check_build_id(struct arena *arena, const char *debug, const char *build_id, const char **why)
{
	struct elf_file *file;
	int err = elf_file_open(debug, &file);

	if (err) {
		*why = arena_strdup(arena, elf_error());
		return err;
	}
	if (strcmp(elf_build_id(file), build_id)) {
		*why = arena_printf(arena, "%s is the debug file of another build (build-id %s)", debug,
				    elf_build_id(file));
		err = -EINVAL;
	}
	elf_file_close(file);
	return err;
}

static const char *find_debug(struct learn *l, const struct learn_request *request, const char *build_id)
{
	const char *debug = request->debug;

	if (!debug)
		debug = debug_by_build_id(l->arena, root_of(l->arena, request->binary), build_id);
	if (!debug)
		debug = debug_by_name(l->arena, request->binary);
	return debug ? debug : request->binary; /* not stripped, perhaps */
}

/* --- Putting the card together --- */

static const char *no_debug_info(struct learn *l, const char *binary, const char *name)
{
	const char *package = learn_debug_package(name);

	return package ? arena_printf(
				 l->arena,
				 "no debug information for %s: install %s (apt-get install %s), or give --debug FILE",
				 binary, package, package)
		       : arena_printf(l->arena,
				      "no debug information for %s: install its debug package, or give --debug FILE",
				      binary);
}

static void drop_missing(struct card *card, const bool *found_constants, struct buf *missing)
{
	unsigned i, j, types = 0, constants = 0;

	for (i = 0; i < card->types_len; i++) {
		struct card_type type = card->types[i];
		unsigned members = 0;

		for (j = 0; j < type.members_len; j++) {
			if (type.members[j].member.size || type.members[j].member.is_object)
				type.members[members++] = type.members[j];
			else
				buf_printf(missing, "%s %s\n", type.name, type.members[j].path);
		}
		type.members_len = members;
		if (type.size)
			card->types[types++] = type;
	}
	card->types_len = types;
	for (i = 0; i < card->constants_len; i++) {
		if (found_constants[i])
			card->constants[constants++] = card->constants[i];
		else
			buf_printf(missing, "%s\n", card->constants[i].name);
	}
	card->constants_len = constants;
}

/* Functions that the stripped binary does not name, but its debug file does. */
static void add_functions(struct learn *l, struct elf_file *binary, const char *debug, const char *name)
{
	struct elf_file *file = NULL;
	struct elf_symbol symbol;
	unsigned i, j;
	uint64_t vaddr;

	if (elf_file_open(debug, &file))
		return;
	for (i = 0; i < l->cat->markers_len; i++) {
		for (j = 0; j < l->cat->markers[i].sites_len; j++) {
			const struct cat_site *site = &l->cat->markers[i].sites[j];

			if (!cat_binary_matches(site->binary, name) ||
			    !elf_symbol_find(binary, site->symbol, &symbol) ||
			    card_function(l->card, site->symbol, &vaddr) ||
			    elf_symbol_find(file, site->symbol, &symbol))
				continue;
			*arena_push(l->arena, l->card->functions, l->card->functions_len) =
				(struct card_value){site->symbol, symbol.vaddr};
		}
	}
	elf_file_close(file);
}

/* Types that the program only declares are described in the library that it shares with the others. */
static void learn_from_library(struct learn *l, const char *binary, bool *found)
{
	static const char *const folders[] = {"/usr/lib/x86_64-linux-gnu/ceph", "/usr/lib/aarch64-linux-gnu/ceph",
					      "/usr/lib64/ceph", "/usr/lib/ceph"};
	const char *root = root_of(l->arena, binary), *path, *debug, *why;
	struct elf_file *file;
	unsigned i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		path = arena_printf(l->arena, "%s%s/libceph-common.so.2", root, folders[i]);
		if (access(path, R_OK) || elf_file_open(path, &file))
			continue;
		debug = debug_by_build_id(l->arena, root, elf_build_id(file));
		elf_file_close(file);
		if (debug)
			learn_dwarf(debug, l->card, found, l->arena, &why);
		return;
	}
}

static bool is_all_known(const struct card *card)
{
	unsigned i, j;

	for (i = 0; i < card->types_len; i++)
		for (j = 0; j < card->types[i].members_len; j++)
			if (!card->types[i].members[j].member.size)
				return false;
	return true;
}

static int learn_from(struct learn *l, const struct learn_request *request, struct elf_file *binary, const char *name,
		      struct buf *missing, const char **why)
{
	const char *debug = find_debug(l, request, l->card->build_id);
	bool *found = arena_new_array(l->arena, bool, l->card->constants_len + 1);
	int err = check_build_id(l->arena, debug, l->card->build_id, why);

	if (!err)
		err = learn_dwarf(debug, l->card, found, l->arena, why);
	if (err == -ENODATA && !request->debug)
		*why = no_debug_info(l, request->binary, name);
	if (err)
		return err;
	l->card->release = request->release ? request->release : learn_release(l->arena, request->binary);
	if (!l->card->release) {
		*why = arena_printf(l->arena,
				    "%s does not say which release of Ceph it is: give --release, e.g. 16.2.15",
				    request->binary);
		return -EINVAL;
	}
	if (!is_all_known(l->card))
		learn_from_library(l, request->binary, found);
	add_functions(l, binary, debug, name);
	drop_missing(l->card, found, missing);
	return 0;
}

int learn_card(struct arena *arena, const struct catalogue *cat, const struct learn_request *request, struct card *card,
	       struct buf *missing, const char **why)
{
	struct learn l = {.arena = arena, .cat = cat, .card = card};
	const char *name = basename(arena_strdup(arena, request->binary));
	struct elf_file *binary = NULL;
	int err = elf_file_open(request->binary, &binary);

	*card = (struct card){.binary = name};
	if (err) {
		*why = arena_strdup(arena, elf_error());
		return err;
	}
	card->build_id = arena_strdup(arena, elf_build_id(binary));
	if (!*card->build_id) {
		*why = arena_printf(arena, "%s has no build-id, so no card can be tied to it", request->binary);
		err = -EINVAL;
	} else if (!collect(&l, name)) {
		*why = arena_printf(arena, "the catalogue has no markers in a binary called %s", name);
		err = -ENOENT;
	} else {
		err = learn_from(&l, request, binary, name, missing, why);
	}
	elf_file_close(binary);
	return err;
}
