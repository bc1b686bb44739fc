/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider of Ceph's markers. In: the catalogue, and the files in scope. Out: one probe per marker, binary name and
 * function. A binary that was built with the markers has them as SDT notes: those are its sites, the catalogue gives
 * names and meaning. A stock binary has them by the catalogue's sites and the layout card of its build.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ceph/card.h"
#include "ceph/family.h"
#include "ceph/identity.h"
#include "ceph/learn.h"
#include "lib/diag.h"
#include "probe/ceph_files.h"
#include "probe/leaving.h"
#include "probe/prologue.h"
#include "probe/sdt.h"
#include "probe/shape.h"

/* One file in scope that the catalogue knows by name. */
struct ceph_binary {
	struct host_binary *binary;
	struct elf_file *elf; /* NULL: cannot be read, see why */
	struct card *card;    /* NULL: none */
	const char *why;      /* why there is no card, and what to do */
	struct elf_sdt_note *notes;
	unsigned notes_len;
	bool is_opened;
};

struct ceph_index {
	struct probe_host *host;
	struct arena *arena;
	struct catalogue *cat;
	struct ceph_binary *binaries;
	unsigned binaries_len;
	bool is_scanned;
	struct probe_list *probes; /* of each marker, in the catalogue's order */
	bool *is_made;
};

static struct ceph_index *index_of(struct probe_host *host)
{
	void **slot = host_slot(host, &provider_ceph);
	struct ceph_index *index = *slot;
	unsigned i;

	if (index)
		return index;
	index = arena_new_one(host_arena(host), struct ceph_index);
	index->host = host;
	index->arena = host_arena(host);
	index->cat = identity_catalogue(host_identity(host));
	index->probes = arena_new_array(index->arena, struct probe_list, index->cat->markers_len + 1);
	index->is_made = arena_new_array(index->arena, bool, index->cat->markers_len + 1);
	for (i = 0; i < index->cat->markers_len; i++)
		index->probes[i].arena = index->arena;
	*slot = index;
	return index;
}

/* ---- binaries ---- */

static const struct cat_site *site_at(const struct catalogue *cat, unsigned *marker, unsigned *site)
{
	for (; *marker < cat->markers_len; (*marker)++, *site = 0)
		if (*site < cat->markers[*marker].sites_len)
			return &cat->markers[*marker].sites[(*site)++];
	return NULL;
}

/* Those of stock sites, and other daemons: built with markers, a monitor has those of its key-value store. */
static bool is_known_binary(const struct catalogue *cat, const char *base)
{
	const struct cat_site *site;
	unsigned i = 0, j = 0;

	if (!strncmp(base, "ceph-", 5))
		return true;
	while ((site = site_at(cat, &i, &j)))
		if (cat_binary_matches(site->binary, base))
			return true;
	return false;
}

static bool is_in_scope(const struct ceph_index *index, const char *pattern)
{
	unsigned i;

	for (i = 0; i < index->binaries_len; i++)
		if (cat_binary_matches(pattern, index->binaries[i].binary->base))
			return true;
	return false;
}

static void take_binaries(struct ceph_index *index)
{
	struct host_binary **binaries;
	unsigned n, i;

	index->binaries_len = 0;
	host_binaries(index->host, &binaries, &n);
	for (i = 0; i < n; i++)
		if (is_known_binary(index->cat, binaries[i]->base) &&
		    !ceph_judge_file(index->host, binaries[i])->is_left_out)
			arena_push(index->arena, index->binaries, index->binaries_len)->binary = binaries[i];
}

/* Where the file is that processes would run it from; NULL: it is not installed here. */
static const char *installed_path(struct ceph_index *index, const char *name)
{
	static const char *const folders[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/ceph",
					      "/usr/lib64", "/usr/lib64/ceph"};
	const char *path = arena_printf(index->arena, "/usr/bin/%s", name);

	for (unsigned i = 0; strstr(name, ".so") && i < sizeof(folders) / sizeof(folders[0]); i++) {
		path = arena_printf(index->arena, "%s/%s", folders[i], name);
		if (!access(path, R_OK))
			break;
	}
	return access(path, R_OK) ? NULL : path;
}

/*
 * What is installed but not running is in scope too: a probe in it fires in whatever process runs it later. Of chosen
 * processes that is libraries alone, which a program may load at any time.
 */
static void add_installed(struct ceph_index *index)
{
	const struct target *target = host_target(index->host);
	bool is_chosen = target->pids_len || target->main_pid;
	const struct cat_site *site;
	unsigned i = 0, j = 0, added = 0;

	while ((site = site_at(index->cat, &i, &j))) {
		const char *path = installed_path(index, site->binary);
		struct buf why = {0};

		if ((is_chosen && !strstr(site->binary, ".so")) || !path || is_in_scope(index, site->binary))
			continue;
		added += host_add_file(index->host, path, &why) == 0;
		buf_free(&why); /* without it there is none, which is said where one is looked for */
		take_binaries(index);
	}
	if (added)
		take_binaries(index);
}

static void scan(struct ceph_index *index)
{
	if (index->is_scanned)
		return;
	index->is_scanned = true;
	take_binaries(index);
	add_installed(index);
}

static const char *no_card(struct ceph_index *index, const struct ceph_binary *cb, const char *build_id,
			   const char *family_why)
{
	const char *package = learn_debug_package(cb->binary->base);

	if (!*build_id)
		return arena_printf(index->arena, "%s has no build-id, so no layout card can be tied to it",
				    cb->binary->path);
	return arena_printf(index->arena, "no layout card for build-id %s%s%s: run `cephtap learn %s`%s%s%s", build_id,
			    family_why ? ", and " : "", family_why ? family_why : "", cb->binary->name,
			    package ? " (needs " : "", package ? package : "", package ? ")" : "");
}

static int take_note(const struct elf_sdt_note *note, void *data)
{
	void **both = data;
	struct ceph_index *index = both[0];
	struct ceph_binary *cb = both[1];
	struct elf_sdt_note *copy = arena_push(index->arena, cb->notes, cb->notes_len);

	*copy = *note;
	copy->name = sdt_name(index->arena, note->name);
	return 0;
}

static void open_binary(struct ceph_index *index, struct ceph_binary *cb)
{
	void *both[] = {index, cb};
	const char *why = NULL, *family_why = NULL;

	if (cb->is_opened)
		return;
	cb->is_opened = true;
	cb->elf = host_binary_elf(index->host, cb->binary);
	if (!cb->elf) {
		cb->why = cb->binary->why;
		return;
	}
	if (elf_has_sdt(cb->elf))
		elf_sdt_each(cb->elf, take_note, both);
	if (card_find_of(index->arena, cb->elf, &cb->card, &why) == -ENOENT && !why)
		family_choose(index->arena, index->cat, cb->elf, cb->binary->base, NULL, NULL, &cb->card, &family_why);
	if (!cb->card)
		cb->why = why ? why : no_card(index, cb, elf_build_id(cb->elf), family_why);
}

/* ---- sites ---- */

/* Where there is no card: whatever asks for a layout is told so. */
static int no_member(void *data, const char *type, const char *path, struct cat_member *out, const char **why)
{
	(void)type, (void)path, (void)out;
	*why = ((const struct ceph_binary *)data)->why;
	return -ENOENT;
}

static int no_size(void *data, const char *type, uint64_t *out, const char **why)
{
	(void)type, (void)out;
	*why = ((const struct ceph_binary *)data)->why;
	return -ENOENT;
}

static int no_constant(void *data, const char *name, int64_t *out, const char **why)
{
	(void)name, (void)out;
	*why = ((const struct ceph_binary *)data)->why;
	return -ENOENT;
}

static void make_args(struct arena *arena, const struct cat_marker *marker, const struct cat_located *located,
		      struct arg **args)
{
	unsigned i;

	*args = arena_new_array(arena, struct arg, marker->args_len + 1);
	for (i = 0; i < marker->args_len; i++) {
		const struct cat_arg *from = &marker->args[i];
		struct arg *arg = &(*args)[i];

		arg->name = from->name;
		arg->doc =
			from->unit ? arena_printf(arena, "%s (%s)", from->doc ? from->doc : "", from->unit) : from->doc;
		arg->type = from->type->type;
		arg->size = from->type->size;
		arg->is_signed = from->type->is_signed;
		if (!located)
			continue;
		arg->loc = located->args[i];
		arg->len_loc = located->len_args[i];
		arg->why = located->whys[i];
	}
}

/* size: 0 when only its address is known. */
static bool find_function(struct ceph_binary *cb, const char *symbol, uint64_t *vaddr, uint64_t *size)
{
	struct elf_symbol found;

	*size = 0;
	if (!elf_symbol_find(cb->elf, symbol, &found)) {
		*vaddr = found.vaddr;
		*size = found.size;
		return true;
	}
	return cb->card && card_function(cb->card, symbol, vaddr);
}

static bool has_function(struct ceph_binary *cb, const char *symbol)
{
	uint64_t vaddr, size;

	return cb->elf && find_function(cb, symbol, &vaddr, &size);
}

/* Registers that programs read when the function is entered. At its return there is only the result, which no entry
 * has. */
static uint32_t entry_regs(const struct cat_located *located, unsigned args_len, bool is_return)
{
	uint32_t regs = 0;
	unsigned i;

	for (i = 0; i < located->saves_len; i++)
		regs |= argloc_regs(&located->saves[i]);
	for (i = 0; !is_return && i < args_len; i++)
		regs |= argloc_regs(&located->args[i]) | argloc_regs(&located->len_args[i]);
	for (i = 0; !is_return && i < located->conds_len; i++)
		regs |= argloc_regs(&located->conds[i].loc);
	for (i = 0; !is_return && i < located->checks_len; i++) {
		regs |= argloc_regs(&located->checks[i].other);
		for (unsigned c = 0; c < located->checks[i].conds_len; c++)
			regs |= argloc_regs(&located->checks[i].conds[c].loc);
	}
	return regs;
}

static void move_locations(struct cat_located *located, unsigned args_len, bool is_return, const uint8_t *regs)
{
	unsigned i;

	for (i = 0; i < located->saves_len; i++)
		argloc_move(&located->saves[i], regs);
	for (i = 0; !is_return && i < args_len; i++) {
		argloc_move(&located->args[i], regs);
		argloc_move(&located->len_args[i], regs);
	}
	for (i = 0; !is_return && i < located->conds_len; i++)
		argloc_move(&located->conds[i].loc, regs);
	for (i = 0; !is_return && i < located->checks_len; i++) {
		argloc_move(&located->checks[i].other, regs);
		for (unsigned c = 0; c < located->checks[i].conds_len; c++)
			argloc_move(&located->checks[i].conds[c].loc, regs);
	}
}

/* Put the site on a cheaper instruction of the same function, where there is one. */
static void shift_site(const struct ceph_binary *cb, uint64_t function_size, struct cat_located *located,
		       unsigned args_len, struct site *site)
{
	enum { PROLOGUE_SIZE = 128 }; /* what is looked at of a function whose size is not known */
	struct prologue place;
	uint64_t size = 0;
	const uint8_t *code = elf_code(cb->elf, site->vaddr, function_size ? function_size : PROLOGUE_SIZE, &size);
	bool is_whole = function_size && function_size == size;

	if (!code || elf_file_machine(cb->elf) != EM_X86_64)
		return;
	if (!is_whole && size > PROLOGUE_SIZE)
		size = PROLOGUE_SIZE;
	prologue_find(code, size, is_whole, entry_regs(located, args_len, site_is_return(site)), &place);
	move_locations(located, args_len, site_is_return(site), place.regs);
	site->shift = place.offset;
	site->vaddr += place.offset;
	site->offset += place.offset;
}

/* Fill in a stock binary's site. NULL, or why it cannot be attached. */
static const char *locate_site(struct ceph_index *index, struct ceph_binary *cb, const struct cat_marker *marker,
			       const struct cat_site *from, struct site *site)
{
	struct cat_resolver resolver = {cb, no_member, no_size, no_constant};
	struct cat_located located;
	const char *why = NULL;
	struct card_use use = {0};
	uint64_t size;
	struct loc where;
	unsigned i;

	if (!cb->elf)
		return cb->why;
	*site = host_binary_site(cb->binary, 0);
	site->kind = from->is_return ? SITE_RETURN : SITE_ENTRY;
	if (!find_function(cb, from->symbol, &site->vaddr, &size) ||
	    elf_code_offset(cb->elf, site->vaddr, &site->offset))
		return arena_printf(index->arena,
				    "%s has no function %s: this build has it inlined, or is of another release",
				    cb->binary->name, cat_function_name(index->arena, from->symbol));
	if (cb->card)
		resolver = card_use_resolver(&use, cb->card);
	if (catalogue_locate(index->cat, marker, from, &resolver, index->arena, &located, &why, &where))
		return why;
	for (i = 0; !cb->card && i < marker->args_len; i++)
		if (located.whys[i] == cb->why)
			return cb->why;
	site->evidence = cb->card ? card_use_text(index->arena, &use) : NULL;
	site->doubt = cb->card ? card_use_doubt(&use) : NULL;
	if (!site->doubt)
		located.checks_len = 0;
	shift_site(cb, size, &located, marker->args_len, site);
	make_args(index->arena, marker, &located, &site->args);
	site->saves = located.saves;
	site->saves_len = located.saves_len;
	site->conds = located.conds;
	site->conds_len = located.conds_len;
	site->checks = located.checks;
	site->checks_len = located.checks_len;
	return NULL;
}

/* A function's size, where only its address is known: what its call-frame information covers. */
static uint64_t size_of_function(struct ceph_index *index, struct ceph_binary *cb, uint64_t vaddr, uint64_t size)
{
	const struct unwind_part *part = unwind_part_at(host_binary_unwind(index->host, cb->binary), vaddr);

	return size ? size : part ? part->size : 0;
}

/* The site where the function is left here. NULL, or why it cannot be. */
static const char *locate_return(struct ceph_index *index, const struct site *entry, const struct leave *leave,
				 unsigned args_len, struct ceph_binary *cb, struct site *site)
{
	unsigned i;

	*site = *entry;
	site->vaddr = leave->vaddr;
	site->shift = 0;
	site->entry_offset = entry->offset;
	site->entry_sp = leave->entry_sp;
	site->result = leave->result;
	if (elf_code_offset(cb->elf, leave->vaddr, &site->offset))
		return "where the function is left is not in the file";
	site->args = arena_memdup(index->arena, entry->args, args_len * sizeof(*site->args));
	site->conds = arena_memdup(index->arena, entry->conds, entry->conds_len * sizeof(*site->conds));
	for (i = 0; i < args_len; i++)
		if (!argloc_replace(&site->args[i].loc, ARGREG_RAX, &leave->result) ||
		    !argloc_replace(&site->args[i].len_loc, ARGREG_RAX, &leave->result))
			return "the function ends by calling another, whose result is not seen";
	for (i = 0; i < site->conds_len; i++)
		if (!argloc_replace(&site->conds[i].loc, ARGREG_RAX, &leave->result))
			return "the function ends by calling another, whose result is not seen";
	return NULL;
}

/*
 * The catalogue's site for this file: the first whose function it has and whose conditions can be read in this build;
 * else the first whose function it has; else the first. A release counts only where the catalogue says that the meaning
 * changed.
 */
static const struct cat_site *choose_site(struct ceph_index *index, const struct cat_marker *marker,
					  struct ceph_binary *cb, bool *is_known)
{
	const struct cat_site *first = NULL, *there = NULL;
	struct site scratch;
	unsigned i;

	*is_known = false;
	for (i = 0; i < marker->sites_len; i++) {
		const struct cat_site *site = &marker->sites[i];

		if (site->is_also || !cat_binary_matches(site->binary, cb->binary->base))
			continue;
		*is_known = true;
		if (cb->card && !cat_release_matches(site->release, cb->card->release))
			continue;
		first = first ? first : site;
		if (!has_function(cb, site->symbol))
			continue;
		there = there ? there : site;
		if (!locate_site(index, cb, marker, site, &scratch))
			return site;
	}
	return there ? there : first;
}

/* ---- probes ---- */

static struct probe *probe_of(struct ceph_index *index, unsigned m, const char *mod, const char *func)
{
	const struct cat_marker *marker = &index->cat->markers[m];
	struct probe_list *list = &index->probes[m];
	struct probe *probe;
	unsigned i;

	for (i = 0; i < list->len; i++)
		if (!strcmp(list->probes[i]->mod, mod) && !strcmp(list->probes[i]->func, func))
			return list->probes[i];
	probe = host_probe_new(index->host, &provider_ceph, marker->provider, mod, func, marker->name);
	probe->kind = PROBE_UPROBE;
	probe->ctx = CTX_UPROBE;
	probe->doc = marker->doc;
	probe->args_len = marker->args_len;
	make_args(index->arena, marker, NULL, &probe->args);
	probe_list_add(list, probe);
	return probe;
}

static bool has_site(const struct probe *probe, const struct site *site)
{
	unsigned i;

	for (i = 0; i < probe->sites_len; i++)
		if (probe->sites[i].offset == site->offset && probe->sites[i].ino == site->ino &&
		    probe->sites[i].dev == site->dev)
			return true;
	return false;
}

/*
 * One sound site makes a probe usable; the first reason counts while there is none. A place is taken once: a compiler
 * may repeat a note.
 */
static void add_site(struct ceph_index *index, struct probe *probe, const struct ceph_binary *cb,
		     const struct site *site, const char *why)
{
	struct site *added;

	if (!why && has_site(probe, site))
		return;
	if (!why) {
		added = arena_push(index->arena, probe->sites, probe->sites_len);
		*added = *site;
		ceph_add_conds(index->host, ceph_judge_file(index->host, cb->binary), added);
		probe->why_not = NULL;
	} else if (!probe->sites_len && !probe->why_not) {
		probe->why_not = why;
	}
}

/* One for each place where the function is left, or none at all: half of the returns would be worse than a reason. */
static void add_returns(struct ceph_index *index, struct probe *probe, struct ceph_binary *cb, const char *symbol,
			const struct site *entry)
{
	const char *why = NULL;
	struct leaving leaving;
	struct site *sites;
	uint64_t vaddr = 0, size = 0;
	unsigned i;

	find_function(cb, symbol, &vaddr, &size);
	leaving_find(index->arena, cb->elf, host_binary_unwind(index->host, cb->binary), vaddr,
		     size_of_function(index, cb, vaddr, size), &leaving);
	sites = arena_new_array(index->arena, struct site, leaving.len + 1);
	why = leaving.why;
	for (i = 0; i < leaving.len && !why; i++)
		why = locate_return(index, entry, &leaving.list[i], probe->args_len, cb, &sites[i]);
	for (i = 0; i < leaving.len && !why; i++)
		add_site(index, probe, cb, &sites[i], NULL);
	if (why)
		add_site(index, probe, cb, NULL, why);
}

/*
 * Weaving gives each argument the catalogue's type. Who makes markers by other means may pass a longer integer, or one
 * of the other sign: the catalogue says what the marker's argument is. An address has 8 bytes.
 */
static void take_note_arg(struct arg *arg, const struct arg *wanted)
{
	bool is_cast = arg->size > wanted->size || (arg->size == wanted->size && arg->is_signed != wanted->is_signed);

	if (arg->why || (wanted->type != ARGTYPE_INT && arg->size != 8) || (is_cast && arg->loc.n == ARGLOC_STEPS))
		return;
	arg->type = wanted->type;
	arg->size = wanted->size;
	arg->is_signed = wanted->is_signed;
	if (is_cast && arg->size < 8)
		arg->loc.steps[arg->loc.n++] =
			(struct argstep){.op = STEP_CAST, .size = arg->size, .is_signed = arg->is_signed};
}

/* Where an argument is the note says; its name, its meaning and what it must be, the catalogue. */
static void take_note_args(struct ceph_index *index, struct site *site, unsigned args_len, struct probe *probe)
{
	struct shape shape = {.args = probe->args, .args_len = probe->args_len};
	unsigned i;

	for (i = 0; i < probe->args_len; i++) {
		if (probe->args[i].type == ARGTYPE_STRING)
			probe->args[i].type = ARGTYPE_CSTRING;
		if (i < args_len)
			take_note_arg(&site->args[i], &probe->args[i]);
	}
	shape_fit(index->arena, &shape, site, args_len);
}

/*
 * Is this note at the catalogue's own site of a stock binary, as in a copy that `cephtap stamp` made? Then the card
 * tells more than the note can.
 */
static bool is_stamped(struct ceph_index *index, const struct cat_marker *marker, struct ceph_binary *cb,
		       uint64_t vaddr, struct site *site)
{
	const struct cat_site *from;
	bool is_known;

	from = cb->card ? choose_site(index, marker, cb, &is_known) : NULL;
	return from && !from->is_return && !locate_site(index, cb, marker, from, site) && site->vaddr == vaddr;
}

static bool is_note_of(const struct elf_sdt_note *note, const struct cat_marker *marker)
{
	return !strcmp(note->name, marker->name) && !strcmp(note->provider, marker->provider);
}

static unsigned count_notes(const struct ceph_binary *cb, const struct cat_marker *marker)
{
	unsigned i, n = 0;

	for (i = 0; i < cb->notes_len; i++)
		n += is_note_of(&cb->notes[i], marker);
	return n;
}

static void add_notes(struct ceph_index *index, unsigned m, struct ceph_binary *cb)
{
	const struct cat_marker *marker = &index->cat->markers[m];
	const char *crowd = sdt_crowd_text(index->host, count_notes(cb, marker));
	unsigned i, j, args_len;
	struct probe *probe;
	struct site site;
	const char *why;

	for (i = 0; i < cb->notes_len; i++) {
		if (!is_note_of(&cb->notes[i], marker))
			continue;
		probe = probe_of(index, m, cb->binary->base, "");
		if (is_stamped(index, marker, cb, cb->notes[i].vaddr, &site)) {
			for (j = 0; j < probe->args_len; j++)
				site.args[j].type = probe->args[j].type; /* of its other sites */
			add_site(index, probe, cb, &site, NULL);
			continue;
		}
		why = sdt_site(index->host, cb->binary, &cb->notes[i], &site, &args_len);
		if (why) {
			host_leave_out(index->host, cb->binary, probe, why);
			add_site(index, probe, cb, NULL,
				 arena_printf(index->arena, "its note in %s is wrong: %s", cb->binary->path, why));
			continue;
		}
		take_note_args(index, &site, args_len, probe);
		site.why_not = crowd;
		add_site(index, probe, cb, &site, NULL);
		if (crowd) /* one stands for all */
			break;
	}
}

static void add_stock_site(struct ceph_index *index, unsigned m, struct ceph_binary *cb, const struct cat_site *from)
{
	struct probe *probe = probe_of(index, m, cb->binary->base, cat_function_name(index->arena, from->symbol));
	struct site site;
	const char *why = locate_site(index, cb, &index->cat->markers[m], from, &site);

	if (why || !from->is_return)
		add_site(index, probe, cb, &site, why);
	else
		add_returns(index, probe, cb, from->symbol, &site);
}

static void add_binary(struct ceph_index *index, unsigned m, struct ceph_binary *cb)
{
	const struct cat_marker *marker = &index->cat->markers[m];
	const struct cat_site *from;
	const char *why;
	bool is_known;

	open_binary(index, cb);
	if (count_notes(cb, marker)) {
		add_notes(index, m, cb);
		return;
	}
	from = choose_site(index, marker, cb, &is_known);
	if (from) {
		add_stock_site(index, m, cb, from);
		for (from++; from < marker->sites + marker->sites_len && from->is_also; from++)
			if (cat_binary_matches(from->binary, cb->binary->base) && has_function(cb, from->symbol))
				add_stock_site(index, m, cb, from);
	} else if (is_known) {
		why = arena_printf(index->arena, "the catalogue does not know where this marker is in release %s of %s",
				   cb->card->release, cb->binary->base);
		add_site(index, probe_of(index, m, cb->binary->base, ""), cb, NULL, why);
	}
}

static void make_probes(struct ceph_index *index, unsigned m)
{
	unsigned i;

	if (index->is_made[m])
		return;
	index->is_made[m] = true;
	for (i = 0; i < index->binaries_len; i++)
		add_binary(index, m, &index->binaries[i]);
}

static int ceph_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list, const char **why)
{
	struct ceph_index *index = index_of(host);
	unsigned m, i;

	(void)why;
	for (m = 0; m < index->cat->markers_len; m++) {
		const struct cat_marker *marker = &index->cat->markers[m];

		if (!probe_desc_may_match(desc, marker->provider, NULL, NULL, marker->name))
			continue;
		scan(index);
		make_probes(index, m);
		for (i = 0; i < index->probes[m].len; i++)
			probe_list_add(list, index->probes[m].probes[i]);
	}
	return 0;
}

/* ---- why not ---- */

/* The nearest of all markers' names (of one provider; "" means all), or of all providers' names. */
static const char *nearest_marker(const struct ceph_index *index, const char *provider, const char *wanted)
{
	const char **names = NULL;
	unsigned n = 0, i;

	for (i = 0; i < index->cat->markers_len; i++)
		if (probe_glob_match(provider, index->cat->markers[i].provider))
			*arena_push(index->arena, names, n) = index->cat->markers[i].name;
	return nearest_name(wanted, names, n);
}

static const char *unknown_provider(struct ceph_index *index, const char *wanted)
{
	const char **names = NULL, *nearest;
	unsigned n = 0, i;

	for (i = 0; i < index->cat->providers_len; i++) {
		if (probe_glob_match(wanted, index->cat->providers[i].name))
			return NULL;
		*arena_push(index->arena, names, n) = index->cat->providers[i].name;
	}
	nearest = nearest_name(wanted, names, n);
	if (strncmp(wanted, "ceph", 4) && !nearest)
		return NULL;
	return nearest ? arena_printf(index->arena, "no provider `%s`; did you mean `%s`?", wanted, nearest)
		       : arena_printf(index->arena, "no provider `%s`; `cephtap list` shows what there is", wanted);
}

static const struct cat_marker *marker_of(const struct ceph_index *index, const char *provider, const char *name)
{
	unsigned i;

	for (i = 0; i < index->cat->markers_len; i++)
		if (probe_glob_match(provider, index->cat->markers[i].provider) &&
		    probe_glob_match(name, index->cat->markers[i].name))
			return &index->cat->markers[i];
	return NULL;
}

static const char *unknown_marker(struct ceph_index *index, const struct probe_desc *desc)
{
	const struct cat_marker *other = marker_of(index, "", desc->name);
	const char *nearest = nearest_marker(index, desc->prov, desc->name);

	if (other)
		return arena_printf(index->arena, "no marker `%s` in %s; did you mean `%s:::%s`?", desc->name,
				    desc->prov, other->provider, other->name);
	if (nearest)
		return arena_printf(index->arena, "no marker `%s` in %s; did you mean `%s`?", desc->name,
				    *desc->prov ? desc->prov : "Ceph", nearest);
	return *desc->prov ? arena_printf(index->arena, "no marker `%s` in %s; `cephtap list %s` shows them",
					  desc->name, desc->prov, desc->prov)
			   : NULL;
}

/* The marker exists; then it is the processes, or the middle fields of the description. */
static const char *no_place(struct ceph_index *index, const struct cat_marker *marker, const struct probe_desc *desc)
{
	const struct target *target = host_target(index->host);
	const struct probe_list *probes = &index->probes[marker - index->cat->markers];

	if (probes->len)
		return arena_printf(index->arena, "marker `%s` is in module `%s`, function `%s`, not in `%s:%s`",
				    marker->name, probes->probes[0]->mod, probes->probes[0]->func, desc->mod,
				    desc->func);
	if (!marker->sites_len)
		return arena_printf(index->arena,
				    "marker `%s` is only in a Ceph that was built with markers, and none runs here",
				    marker->name);
	if (target->pids_len || target->main_pid)
		return arena_printf(index->arena, "marker `%s` is in %s, which none of the chosen processes runs",
				    marker->name, marker->sites[0].binary);
	return arena_printf(index->arena, "marker `%s` is in %s, which is neither running nor installed on this host",
			    marker->name, marker->sites[0].binary);
}

static const char *ceph_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	struct ceph_index *index = index_of(host);
	const char *why = *desc->prov ? unknown_provider(index, desc->prov) : NULL;
	const struct cat_marker *marker = marker_of(index, desc->prov, desc->name);

	if (why)
		return why;
	if (*desc->prov && !marker_of(index, desc->prov, ""))
		return NULL; /* some other provider */
	if (marker && (*desc->prov || *desc->name))
		return no_place(index, marker, desc);
	return *desc->name ? unknown_marker(index, desc) : NULL;
}

const struct provider provider_ceph = {
	.name = "ceph",
	.doc = "Ceph's markers, in stock binaries and in those that were built with them",
	.claims = PROVIDER_CLAIMS_PROV,
	.match = ceph_match,
	.why_not = ceph_why_not,
};
