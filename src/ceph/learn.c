/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What to learn, and from where. The catalogue's expressions are evaluated once with a resolver that only notes what
 * they ask for; learn_dwarf.c then fills that in. So a card holds what its catalogue needs and nothing else.
 */
#include "ceph/learn.h"

#include <elf.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/elf.h"
#include "lib/held.h"

struct learn {
	struct arena *arena;
	const struct learn_request *request;
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

bool learn_is_known(const struct catalogue *cat, const char *name)
{
	for (unsigned i = 0; i < cat->markers_len; i++)
		for (unsigned j = 0; j < cat->markers[i].sites_len; j++)
			if (cat_binary_matches(cat->markers[i].sites[j].binary, name))
				return true;
	return false;
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

/* A binary, and where its other files are: packages may have been unpacked into a folder, which stands before /usr. */
struct place {
	const char *root; /* "" */
	const char *path; /* inside it */
	struct held *held;
	struct elf_file *elf;
};

/* Its file, held by `place->held`. */
static int place_read(struct arena *arena, const char *path, struct place *place, const char **why)
{
	int err = elf_file_read(place->held, path, &place->elf);

	if (err)
		*why = arena_strdup(arena, elf_error());
	return err;
}

static int place_open(struct arena *arena, const char *path, struct place *place, const char **why)
{
	const char *usr = strstr(path, "/usr/");
	struct buf text = {0};
	char real[PATH_MAX];
	int err;

	*place = (struct place){.root = usr ? arena_strndup(arena, path, (size_t)(usr - path)) : "",
				.path = usr ? usr : path};
	err = *place->root ? held_open_inside(place->root, place->path, &place->held, &text)
			   : held_open(path, &place->held, &text);
	if (!err && !*place->root && held_name(place->held, real, sizeof(real)))
		place->path = arena_strdup(arena, real);
	if (err)
		*why = arena_strdup(arena, text.data);
	buf_free(&text);
	return err ? err : place_read(arena, path, place, why);
}

static int place_of_request(struct learn *l, struct place *place, const char **why)
{
	const struct learn_request *request = l->request;

	if (!request->held)
		return place_open(l->arena, request->binary, place, why);
	*place = (struct place){request->root, request->path, held_share(request->held), NULL};
	return place_read(l->arena, request->binary, place, why);
}

static void place_close(struct place *place)
{
	elf_file_close(place->elf);
	held_close(place->held);
}

static int check_build_id(struct arena *arena, const struct elf_file *debug, const char *build_id, const char **why)
{
	if (!strcmp(elf_build_id(debug), build_id))
		return 0;
	*why = arena_printf(arena, "%s is the debug file of another build (build-id %s)", elf_file_path(debug),
			    elf_build_id(debug));
	return -EINVAL;
}

/* From elsewhere, with what it shares with others. */
static int fetch_debug(struct learn *l, const struct place *place, struct debug *debug, const char **why)
{
	const struct learn_request *request = l->request;
	const char *path = request->fetch(request->data, elf_build_id(place->elf), why), *shared_why;
	char id[DEBUG_ID_SIZE];
	int err = path ? debug_open(l->arena, path, debug, why) : -ENOENT;

	if (err)
		return err;
	err = check_build_id(l->arena, debug->info, elf_build_id(place->elf), why);
	debug_shared_id(debug, id);
	if (!err && *id && !debug->shared && (path = request->fetch(request->data, id, &shared_why)))
		debug_add_shared(debug, path);
	return err;
}

/* Where the file is, and in the other folders; then elsewhere. */
static int look_for_debug(struct learn *l, const struct place *place, struct debug *debug, const char **why)
{
	const char *const *roots = l->request->roots;

	debug_find(place->elf, place->path, place->root, debug);
	for (unsigned i = 0; !debug->info && roots && roots[i]; i++) {
		debug_close(debug);
		debug_find(place->elf, place->path, roots[i], debug);
	}
	if (debug->info)
		return 0;
	return l->request->fetch ? fetch_debug(l, place, debug, why) : -ENODATA;
}

static int find_debug(struct learn *l, const struct place *place, struct debug *debug, const char **why)
{
	int err = l->request->debug ? debug_open(l->arena, l->request->debug, debug, why)
				    : look_for_debug(l, place, debug, why);

	return err ? err : check_build_id(l->arena, debug->info, l->card->build_id, why);
}

/* --- Putting the card together --- */

static const char *no_debug_info(struct learn *l, const char *binary, const char *name)
{
	const char *package = learn_debug_package(name);

	return arena_printf(
		l->arena,
		"no debug information for %s: install %s, or say where it is: --from DIR, a folder of unpacked "
		"packages; --debug FILE; --debuginfod=URL, a server",
		binary, package ? package : "its package of debug symbols");
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
static void add_functions(struct learn *l, struct elf_file *binary, struct elf_file *file, const char *name)
{
	struct elf_symbol symbol;
	unsigned i, j;
	uint64_t vaddr;

	for (i = 0; i < l->cat->markers_len; i++) {
		for (j = 0; j < l->cat->markers[i].sites_len; j++) {
			const struct cat_site *site = &l->cat->markers[i].sites[j];

			if (!cat_binary_matches(site->binary, name) ||
			    !elf_symbol_find(binary, site->symbol, &symbol) ||
			    card_function(l->card, site->symbol, &vaddr) ||
			    elf_symbol_find(file, site->symbol, &symbol))
				continue;
			*arena_push(l->arena, l->card->functions, l->card->functions_len) =
				(struct card_value){.name = site->symbol, .value = symbol.vaddr};
		}
	}
}

/* The first of the folders, and of the system's in it, where the library is. */
static bool find_library(struct learn *l, const char *root, struct place *place)
{
	static const char *const folders[] = {"/usr/lib/x86_64-linux-gnu/ceph", "/usr/lib/aarch64-linux-gnu/ceph",
					      "/usr/lib64/ceph", "/usr/lib/ceph"};
	const char *const *roots = l->request->roots, *why;

	for (unsigned i = 0;; i++) {
		for (unsigned j = 0; j < sizeof(folders) / sizeof(folders[0]); j++) {
			*place = (struct place){root, arena_printf(l->arena, "%s/libceph-common.so.2", folders[j]),
						NULL, NULL};
			struct buf text = {0};
			bool is_there = !held_open_inside(root, place->path, &place->held, &text) &&
					!place_read(l->arena, place->path, place, &why);

			buf_free(&text);
			if (is_there)
				return true;
			place_close(place);
		}
		if (!roots || !roots[i])
			return false;
		root = roots[i];
	}
}

/* Types that the program only declares are described in the library that it shares with the others. */
static void learn_from_library(struct learn *l, const char *root, bool *found)
{
	struct place place;
	struct debug debug = {0};
	const char *why;

	if (!find_library(l, root, &place))
		return;
	if (!look_for_debug(l, &place, &debug, &why))
		learn_dwarf(&debug, l->card, found, l->arena, l->request, &why);
	debug_close(&debug);
	place_close(&place);
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

static const char *find_release(struct learn *l, const struct place *place)
{
	const char *release = l->request->release;
	struct place library;

	if (!release)
		release = learn_release(l->arena, place->elf, place->root, place->path);
	if (!release && find_library(l, place->root, &library)) {
		release = learn_release(l->arena, library.elf, library.root, library.path);
		place_close(&library);
	}
	return release;
}

static int learn_from(struct learn *l, const struct place *place, const struct debug *debug, const char *name,
		      struct buf *missing, const char **why)
{
	bool *found = arena_new_array(l->arena, bool, l->card->constants_len + 1);
	int err = learn_dwarf(debug, l->card, found, l->arena, l->request, why);

	if (err)
		return err;
	l->card->release = find_release(l, place);
	if (!l->card->release) {
		*why = arena_printf(l->arena,
				    "%s does not say which release of Ceph it is: give --release, e.g. 16.2.15",
				    l->request->binary);
		return -EINVAL;
	}
	if (!is_all_known(l->card))
		learn_from_library(l, place->root, found);
	add_functions(l, place->elf, debug->info, name);
	drop_missing(l->card, found, missing);
	return 0;
}

static int learn_with_debug(struct learn *l, const struct place *place, const char *name, struct buf *missing,
			    const char **why)
{
	struct debug debug = {0};
	int err = find_debug(l, place, &debug, why);

	if (!err)
		err = learn_from(l, place, &debug, name, missing, why);
	if (err == -ENODATA && !l->request->debug)
		*why = no_debug_info(l, l->request->binary, name);
	debug_close(&debug);
	return err;
}

int learn_card(struct arena *arena, const struct catalogue *cat, const struct learn_request *request, struct card *card,
	       struct buf *missing, const char **why)
{
	struct learn l = {.arena = arena, .request = request, .cat = cat, .card = card};
	const char *name = basename(arena_strdup(arena, request->binary));
	struct place place;
	int err = place_of_request(&l, &place, why);

	*card = (struct card){.arena = arena, .binary = name};
	if (!err) {
		card->build_id = arena_strdup(arena, elf_build_id(place.elf));
		if (elf_file_machine(place.elf) != EM_X86_64)
			card->architecture = card_architecture(arena, elf_file_machine(place.elf));
		if (!*card->build_id) {
			*why = arena_printf(arena, "%s has no build-id, so no card can be tied to it", request->binary);
			err = -EINVAL;
		} else if (!collect(&l, name)) {
			*why = arena_printf(arena, "the catalogue has no markers in a binary called %s", name);
			err = -ENOENT;
		} else {
			err = learn_with_debug(&l, &place, name, missing, why);
		}
	}
	place_close(&place);
	return err;
}
