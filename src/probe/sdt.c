/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider of the SDT markers of any program. The notes of all files in scope are read once into an index; a probe with
 * its sites is made when a description first matches it.
 *
 * A probe is one marker in one file's name: PROVIDER:FILE::NAME. All places of it are its sites, in whichever function
 * they are and in however many files of that name (two containers, two versions), so that a script gets all of them.
 * The function is left empty: a compiler copies a marker into many functions, and a stripped file does not tell.
 */
#include "probe/sdt.h"

#include <ctype.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cephtap/marker.h>

#include "lib/diag.h"
#include "lib/shown.h"
#include "probe/argtext.h"
#include "probe/ceph_files.h"
#include "probe/shape.h"

struct sdt_place {
	struct host_binary *binary;
	struct elf_sdt_note note;	      /* its texts are those of the open file */
	const struct elf_marker_names *names; /* NULL: the file does not tell the names of arguments */
	struct site *site; /* with the arguments as the note has them; NULL: not looked at, wrong, or in a file that
			      nobody believes */
	unsigned args_len;
	unsigned crowd;	 /* not 0: it stands for so many places, too many to be a compiler's */
	const char *why; /* not NULL: the note is wrong */
};

/* A provider's marker of one name, whichever files it is in: its arguments are of the same types everywhere. */
struct marker_group {
	struct marker_group *next; /* in its chain of `groups` */
	const char *prov, *name;
	struct marker **markers;
	unsigned markers_len;
	struct shape *shape; /* NULL: not made yet */
};

struct marker {
	struct marker *next; /* in its chain of `heads` */
	const char *prov, *mod, *name;
	struct marker_group *group;
	struct sdt_place *places; /* those of one file side by side */
	unsigned places_len;
	unsigned here;	       /* how many of them are in the file that is being read, or was last */
	struct probe *probe;   /* of all processes; made at the first match */
	struct probe **of_pid; /* those that were asked for by pid */
	unsigned of_pid_len;
};

enum { MARKER_HEADS = 1024, NAME_SIZE = 128 };

struct sdt_index {
	struct probe_host *host;
	struct host_binary *binary;	/* the one whose notes are being read */
	struct elf_file *elf;		/* its file */
	struct elf_marker_names *names; /* its names of arguments, by address */
	unsigned names_len;
	struct marker **markers; /* in the order of files, then of notes */
	unsigned markers_len;
	struct marker *heads[MARKER_HEADS];
	struct marker_group *groups[MARKER_HEADS];
};

char *sdt_name(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, name), *from = copy, *to = copy;

	while (*from) {
		bool is_two = from[0] == '_' && from[1] == '_';

		*to++ = is_two ? '-' : *from;
		from += is_two ? 2 : 1;
	}
	*to = '\0';
	return copy;
}

/* ---- the index ---- */

static unsigned marker_hash(const char *prov, const char *mod, const char *name)
{
	const char *const texts[] = {prov, mod, name};
	uint32_t hash = 2166136261u;
	const char *p;
	unsigned i;

	for (i = 0; i < 3; i++) {
		for (p = texts[i]; *p; p++)
			hash = (hash ^ (uint8_t)*p) * 16777619;
	}
	return hash % MARKER_HEADS;
}

static struct marker_group *index_group(struct sdt_index *index, const char *prov, const char *name)
{
	struct marker_group **head = &index->groups[marker_hash(prov, "", name)], *group;

	for (group = *head; group; group = group->next) {
		if (!strcmp(group->name, name) && !strcmp(group->prov, prov))
			return group;
	}
	group = arena_new_one(host_arena(index->host), struct marker_group);
	group->prov = prov;
	group->name = name;
	group->next = *head;
	*head = group;
	return group;
}

static struct marker *index_marker(struct sdt_index *index, const char *prov, const char *mod, const char *name)
{
	struct arena *arena = host_arena(index->host);
	struct marker **head = &index->heads[marker_hash(prov, mod, name)], *marker;

	for (marker = *head; marker; marker = marker->next) {
		if (!strcmp(marker->name, name) && !strcmp(marker->prov, prov) && !strcmp(marker->mod, mod))
			return marker;
	}
	marker = arena_new_one(arena, struct marker);
	marker->prov = prov;
	marker->mod = mod;
	marker->name = name;
	marker->next = *head;
	*head = marker;
	*arena_push(arena, index->markers, index->markers_len) = marker;
	marker->group = index_group(index, prov, name);
	*arena_push(arena, marker->group->markers, marker->group->markers_len) = marker;
	return marker;
}

/* A name that can be written in a script. */
static bool is_sane_name(const char *name)
{
	size_t size = strlen(name), i, n;

	for (i = 0; i < size; i += n) {
		n = shown_plain_size(name + i, size - i);
		if (!n || name[i] == ' ' || name[i] == ':')
			return false;
	}
	return size && size < NAME_SIZE;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int names_compare(const void *a, const void *b)
{
	const struct elf_marker_names *x = a, *y = b;

	return compare(x->vaddr, y->vaddr);
}

static int index_names(const struct elf_marker_names *names, void *data)
{
	struct sdt_index *index = data;

	*arena_push(host_arena(index->host), index->names, index->names_len) = *names;
	return 0;
}

static const struct elf_marker_names *find_names(const struct sdt_index *index, const struct elf_sdt_note *note)
{
	const struct elf_marker_names key = {.vaddr = note->vaddr};

	if (!index->names_len)
		return NULL;
	return bsearch(&key, index->names, index->names_len, sizeof(key), names_compare);
}

/* One more in this file. False: its places have become one that stands for all, and is left out by name. */
static bool count_place(struct marker *marker, const struct host_binary *binary)
{
	struct sdt_place *last = marker->places_len ? &marker->places[marker->places_len - 1] : NULL;

	if (!last || last->binary != binary)
		marker->here = 0;
	if (++marker->here <= PROBE_PLACES_MAX)
		return true;
	if (!last->crowd)
		marker->places_len -= PROBE_PLACES_MAX - 1;
	marker->places[marker->places_len - 1].crowd = marker->here;
	return false;
}

static int index_note(const struct elf_sdt_note *note, void *data)
{
	struct sdt_index *index = data;
	struct arena *arena = host_arena(index->host);
	struct marker *marker;
	struct sdt_place *place;

	if (!is_sane_name(note->provider) || !is_sane_name(note->name) || elf_is_below_code(index->elf, note->vaddr))
		return 0;
	marker = index_marker(index, note->provider, index->binary->base, sdt_name(arena, note->name));
	if (!count_place(marker, index->binary))
		return 0;
	place = arena_push(arena, marker->places, marker->places_len);
	*place = (struct sdt_place){0};
	place->binary = index->binary;
	place->note = *note;
	place->names = find_names(index, note);
	return 0;
}

static void index_binary(struct sdt_index *index, struct host_binary *binary, struct elf_file *elf)
{
	index->binary = binary;
	index->elf = elf;
	index->names = NULL;
	index->names_len = 0;
	elf_marker_names_each(elf, index_names, index);
	if (index->names_len)
		qsort(index->names, index->names_len, sizeof(*index->names), names_compare);
	elf_sdt_each(elf, index_note, index); /* notes before a broken one count */
}

static struct sdt_index *index_of(struct probe_host *host)
{
	void **slot = host_slot(host, &provider_sdt);
	struct host_binary **binaries;
	unsigned binaries_len, i;
	struct sdt_index *index = *slot;
	struct elf_file *elf;

	if (index)
		return index;
	*slot = index = arena_new_one(host_arena(host), struct sdt_index);
	index->host = host;
	host_binaries(host, &binaries, &binaries_len);
	for (i = 0; i < binaries_len; i++) {
		bool was_opened = binaries[i]->is_opened;

		elf = host_binary_elf(host, binaries[i]);
		if (elf && elf_file_machine(elf) == ABI_MACHINE && elf_has_sdt(elf)) {
			index_binary(index, binaries[i], elf);
		} else if (!was_opened) {
			host_binary_close(binaries[i]);
		}
	}
	return index;
}

/* ---- sites ---- */

const char *sdt_site(struct probe_host *host, struct host_binary *binary, const struct elf_sdt_note *note,
		     struct site *site, unsigned *args_len)
{
	struct elf_file *elf = host_binary_elf(host, binary);

	*site = host_binary_site(binary, note->vaddr);
	site->kind = SITE_MARKER;
	site->is_ours = host_binary_has_pid(binary, getpid());
	site->may_be_absent = true;
	*args_len = 0;
	if (!elf || elf_code_offset(elf, note->vaddr, &site->offset))
		return "its address is not in the file's code";
	if (note->semaphore && elf_semaphore_offset(elf, note->semaphore, &site->ref_ctr_offset))
		return "its semaphore is not in data that the file can write";
	argtext_parse(host_arena(host), elf, note->args, &site->args, args_len);
	return NULL;
}

static int site_compare(const void *a, const void *b)
{
	const struct site *x = a, *y = b;
	int order = compare(x->dev, y->dev);

	if (!order)
		order = compare(x->ino, y->ino);
	return order ? order : compare(x->offset, y->offset);
}

/* By file, then by address, each once: a compiler may repeat a note for one place. */
static void settle_sites(struct probe *probe)
{
	unsigned i, n = 0;

	if (probe->sites_len)
		qsort(probe->sites, probe->sites_len, sizeof(*probe->sites), site_compare);
	for (i = 0; i < probe->sites_len; i++) {
		if (!i || site_compare(&probe->sites[i], &probe->sites[n - 1]))
			probe->sites[n++] = probe->sites[i];
	}
	probe->sites_len = n;
}

static bool is_name(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	}
	return size && size < NAME_SIZE;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && !strcmp(text + size - end_size, end);
}

/*
 * "name:type". What the compiler knew of the type is in the kind, and in the note's sizes and signs. But programs cast
 * pointers to integers for their markers' sake (libvirt does); then the type that was declared tells what it was.
 */
static void name_arg(struct arena *arena, struct arg *arg, uint8_t kind, const char *text)
{
	size_t size = strcspn(text, ":");
	const char *type = text + size + (text[size] == ':');

	if (is_name(text, size))
		arg->name = arena_printf(arena, "%.*s", (int)size, text);
	if (*type)
		arg->doc = type;
	if (arg->size != 8)
		return;
	if (kind == CEPHTAP_MARKER_TEXT || (kind == CEPHTAP_MARKER_INTEGER && ends_with(type, "char *")))
		arg->type = ARGTYPE_CSTRING;
	else if (kind == CEPHTAP_MARKER_POINTER || (kind == CEPHTAP_MARKER_INTEGER && ends_with(type, "*")))
		arg->type = ARGTYPE_PTR;
}

const char *sdt_crowd_text(struct probe_host *host, unsigned places)
{
	return places > PROBE_PLACES_MAX
		       ? arena_printf(host_arena(host),
				      "the file claims %u places for it, and more than %d are not believed", places,
				      PROBE_PLACES_MAX)
		       : NULL;
}

/* NULL: it cannot be probed, or is no place for such a marker. */
static struct site *site_of(struct probe_host *host, struct sdt_place *place, const char *prov)
{
	const struct ceph_verdict *verdict = ceph_has_provider(prov) ? ceph_judge_file(host, place->binary) : NULL;
	struct site site;
	unsigned i;

	if (place->site || place->why)
		return place->site;
	if (verdict && verdict->is_left_out)
		return NULL;
	place->why = sdt_site(host, place->binary, &place->note, &site, &place->args_len);
	if (place->why)
		return NULL;
	for (i = 0; place->names && i < place->args_len && i < place->names->args_len; i++)
		name_arg(host_arena(host), &site.args[i], place->names->kinds[i], place->names->texts[i]);
	if (verdict)
		ceph_add_conds(host, verdict, &site);
	site.why_not = sdt_crowd_text(host, place->crowd);
	place->site = arena_memdup(host_arena(host), &site, sizeof(site));
	return place->site;
}

static bool has_place(const struct sdt_place *place, pid_t pid)
{
	return !pid || host_binary_has_pid(place->binary, pid);
}

/* The places of a marker in the files of one process, or of all; `proven`: only in files that can be taken for what
 * they are. */
static unsigned shape_markers(struct probe_host *host, struct marker *const *markers, unsigned len, pid_t pid,
			      bool proven, struct shape *shape)
{
	const struct host_binary *last = NULL;
	bool is_proven = false;
	unsigned i, j, n = 0;

	for (i = 0; i < len; i++) {
		for (j = 0; j < markers[i]->places_len; j++) {
			struct sdt_place *place = &markers[i]->places[j];
			const struct site *site = has_place(place, pid) ? site_of(host, place, markers[i]->prov) : NULL;

			if (proven && last != place->binary)
				is_proven = !host_binary_doubt(host, place->binary);
			last = place->binary;
			if (!site || site->why_not || (proven && !is_proven))
				continue;
			shape_add(host_arena(host), shape, site->args, place->args_len);
			n++;
		}
	}
	return n;
}

static bool is_in_one_file(const struct marker_group *group)
{
	const struct marker *first = group->markers[0];

	return group->markers_len == 1 && first->places[0].binary == first->places[first->places_len - 1].binary;
}

/*
 * Where files differ, those that only root can write decide, if there are any: the types that a script sees are no
 * stranger's choice, who runs a program with such a marker too. In one process they are all the same user's.
 */
static const struct shape *shape_of(struct probe_host *host, struct marker *marker, pid_t pid)
{
	struct marker_group *group = marker->group;
	struct shape *shape = pid ? NULL : group->shape;

	if (shape)
		return shape;
	shape = arena_new_one(host_arena(host), struct shape);
	if (pid)
		shape_markers(host, &marker, 1, pid, false, shape);
	else if (is_in_one_file(group) || !shape_markers(host, group->markers, group->markers_len, 0, true, shape))
		shape_markers(host, group->markers, group->markers_len, 0, false, shape);
	if (!pid)
		group->shape = shape;
	return shape;
}

static void add_site(struct probe_host *host, struct probe *probe, struct sdt_place *place, const struct shape *shape)
{
	struct site *site = site_of(host, place, probe->prov), *out;

	if (place->why) {
		host_leave_out(host, place->binary, probe, place->why);
		if (!probe->why_not)
			probe->why_not = arena_printf(host_arena(host), "its note in %s is wrong: %s",
						      place->binary->path, place->why);
	}
	if (!site)
		return;
	out = arena_push(host_arena(host), probe->sites, probe->sites_len);
	*out = *site;
	shape_fit(host_arena(host), shape, out, place->args_len);
}

static struct probe *make_probe(struct probe_host *host, struct marker *marker, pid_t pid)
{
	struct arena *arena = host_arena(host);
	const char *prov = pid ? arena_printf(arena, "%s%d", marker->prov, (int)pid) : marker->prov;
	struct probe *probe = host_probe_new(host, &provider_sdt, prov, marker->mod, "", marker->name);
	const struct shape *shape = shape_of(host, marker, pid);
	unsigned i;

	probe->kind = PROBE_UPROBE;
	probe->ctx = CTX_UPROBE;
	probe->pid = pid;
	probe->args = shape->args;
	probe->args_len = shape->args_len;
	for (i = 0; i < marker->places_len; i++) {
		if (has_place(&marker->places[i], pid))
			add_site(host, probe, &marker->places[i], shape);
	}
	settle_sites(probe);
	if (probe->sites_len)
		probe->why_not = NULL;
	return probe;
}

/* ---- matching ---- */

/*
 * PROVIDERpid, as DTrace names the markers of one process: python1234. Cuts the digits off into *pid and the rest into
 * `plain`; 0 when the name has none.
 */
static pid_t cut_pid(const char *prov, char *plain, size_t plain_size)
{
	size_t size = strlen(prov), digits = size;
	unsigned long pid;

	while (digits && isdigit((unsigned char)prov[digits - 1]))
		digits--;
	if (!digits || digits == size || size - digits > 9 || digits >= plain_size || prov[digits] == '0')
		return 0;
	pid = strtoul(prov + digits, NULL, 10);
	memcpy(plain, prov, digits);
	plain[digits] = '\0';
	return (pid_t)pid;
}

static bool marker_has_pid(const struct marker *marker, pid_t pid)
{
	unsigned i;

	for (i = 0; i < marker->places_len; i++) {
		if (host_binary_has_pid(marker->places[i].binary, pid))
			return true;
	}
	return false;
}

/* Everybody may call a marker as one of Ceph's: whose files nobody believes is not here. */
static bool is_left_out(struct probe_host *host, const struct marker *marker)
{
	unsigned i;

	for (i = 0; i < marker->places_len; i++) {
		if (!ceph_has_provider(marker->prov) || !ceph_judge_file(host, marker->places[i].binary)->is_left_out)
			return false;
	}
	return true;
}

static struct probe *marker_of_pid(struct probe_host *host, struct marker *marker, pid_t pid)
{
	struct probe *probe;
	unsigned i;

	for (i = 0; i < marker->of_pid_len; i++) {
		if (marker->of_pid[i]->pid == pid)
			return marker->of_pid[i];
	}
	probe = make_probe(host, marker, pid);
	*arena_push(host_arena(host), marker->of_pid, marker->of_pid_len) = probe;
	return probe;
}

static int sdt_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list, const char **why)
{
	char plain[NAME_SIZE];
	pid_t pid = cut_pid(desc->prov, plain, sizeof(plain));
	struct marker *marker;
	struct sdt_index *index;
	unsigned i;

	(void)why;
	if (!probe_desc_may_match(desc, NULL, NULL, "", NULL))
		return 0;
	/* A scan of the host costs milliseconds: not for BEGIN, END, ERROR and timers, which nobody means otherwise. */
	if (!strcmp(desc->prov, "dtrace") || !strcmp(desc->prov, "profile"))
		return 0;
	index = index_of(host);
	for (i = 0; i < index->markers_len; i++) {
		marker = index->markers[i];
		if (!probe_desc_may_match(desc, NULL, marker->mod, "", marker->name))
			continue;
		if ((probe_glob_match(desc->prov, marker->prov) || pid) && is_left_out(host, marker))
			continue;
		if (probe_glob_match(desc->prov, marker->prov)) {
			if (!marker->probe)
				marker->probe = make_probe(host, marker, 0);
			probe_list_add(list, marker->probe);
		} else if (pid && probe_glob_match(plain, marker->prov) && marker_has_pid(marker, pid)) {
			probe_list_add(list, marker_of_pid(host, marker, pid));
		}
	}
	return 0;
}

struct wanted {
	const struct probe_desc *desc;
	const char *mod;
	struct arena *arena;
};

static int note_fits(const struct elf_sdt_note *note, void *data)
{
	const struct wanted *wanted = data;

	return is_sane_name(note->provider) && is_sane_name(note->name) &&
	       probe_desc_may_match(wanted->desc, note->provider, wanted->mod, "", sdt_name(wanted->arena, note->name));
}

bool sdt_file_matches(const struct elf_file *elf, const char *name, const struct probe_desc *desc)
{
	const char *slash = strrchr(name, '/');
	struct wanted wanted = {desc, slash ? slash + 1 : name, NULL};
	bool fits = false;

	wanted.arena = arena_new();
	if (elf_file_machine(elf) == ABI_MACHINE && elf_has_sdt(elf))
		fits = elf_sdt_each(elf, note_fits, &wanted) > 0;
	arena_free(wanted.arena);
	return fits;
}

/* ---- why not ---- */

struct names {
	const char **names;
	unsigned len;
};

/* Where the patterns that the person got right fit: candidates for the one that is wrong. */
static struct names names_of(struct probe_host *host, struct sdt_index *index, const char *prov, bool of_markers)
{
	struct names out = {0};
	unsigned i;

	for (i = 0; i < index->markers_len; i++) {
		if (prov && !probe_glob_match(prov, index->markers[i]->prov))
			continue;
		*arena_push(host_arena(host), out.names, out.len) =
			of_markers ? index->markers[i]->name : index->markers[i]->prov;
	}
	return out;
}

static const char *did_you_mean(struct arena *arena, const struct names *names, const char *wanted,
				const char *sentence)
{
	const char *nearest = nearest_name(wanted, names->names, names->len);

	return nearest ? arena_printf(arena, "%s: did you mean `%s`?", sentence, nearest) : sentence;
}

static const char *sdt_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	struct arena *arena = host_arena(host);
	struct sdt_index *index = index_of(host);
	const char *prov = desc->prov, *scope;
	char plain[NAME_SIZE];
	struct names names;
	pid_t pid;

	if (!*prov)
		return NULL;
	scope = host_target(host)->pids_len || host_target(host)->main_pid ? "the traced processes"
									   : "any running process";
	names = names_of(host, index, prov, true);
	pid = names.len ? 0 : cut_pid(prov, plain, sizeof(plain));
	if (pid) {
		prov = plain;
		names = names_of(host, index, prov, true);
		if (names.len)
			return arena_printf(arena, "process %d is not running, not traced, or has no marker `%s:::%s`",
					    (int)pid, prov, desc->name);
	}
	if (names.len)
		return did_you_mean(arena, &names, desc->name,
				    arena_printf(arena, "provider `%s` has no marker `%s:%s:%s` in %s", prov, desc->mod,
						 desc->func, desc->name, scope));
	names = names_of(host, index, NULL, false);
	return did_you_mean(arena, &names, prov,
			    arena_printf(arena, "no file of %s has markers of a provider `%s`", scope, prov));
}

const struct provider provider_sdt = {
	.name = "sdt",
	.doc = "SDT markers (also called USDT) of any program and library",
	.match = sdt_match,
	.why_not = sdt_why_not,
};
