/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ceph/identity.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceph/catalogue.h"
#include "lib/buf.h"
#include "lib/elf.h"
#include "lib/held.h"
#include "lib/writers.h"
#include "probe/sdt.h"

enum {
	EXAMPLES_MAX = 3,    /* processes that a sentence names */
	SEEN_MAX = 512,	     /* a daemon runs code from some dozens of files, most of them those of the one before */
	FUNCTIONS_MIN = 8,   /* of a program of which the catalogue knows fewer, their absence tells nothing */
	CONTAINER_UID = 167, /* Ceph's user in its container images, and in packages for Red Hat's systems */
};

/* A file that was found to be root's in this look. */
struct seen {
	dev_t dev;
	ino_t ino;
};

/* Whether a program has what the catalogue knows of it: as long as its time of change stays. */
struct content {
	dev_t dev;
	ino_t ino;
	struct statx_timestamp changed;
	bool is_cephs;
};

struct left_out {
	pid_t pid;
	uid_t uid;
	const char *what;
	enum doubt doubt;
	bool is_said;
};

struct identity {
	struct arena *arena;
	struct catalogue *cat;	    /* read when first needed */
	struct seen seen[SEEN_MAX]; /* a ring */
	unsigned seen_len;
	struct content *contents;
	unsigned contents_len;
	struct left_out *list;
	unsigned list_len;
	uid_t host_ceph; /* 0: not looked up yet */
};

struct identity *identity_new(struct arena *arena)
{
	struct identity *identity = arena_new_one(arena, struct identity);

	identity->arena = arena;
	return identity;
}

void identity_begin(struct identity *identity)
{
	identity->seen_len = 0;
}

struct catalogue *identity_catalogue(struct identity *identity)
{
	if (!identity->cat)
		identity->cat = catalogue_builtin(identity->arena);
	return identity->cat;
}

/* ---- names and users ---- */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *identity_daemon_type(const char *path)
{
	static const char *const daemons[][2] = {{"ceph-osd", "osd"},
						 {"ceph-mon", "mon"},
						 {"ceph-mgr", "mgr"},
						 {"ceph-mds", "mds"},
						 {"radosgw", "client"}};

	for (unsigned i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (!strcmp(daemons[i][0], base_of(path)))
			return daemons[i][1];
	return NULL;
}

static bool is_trusted_uid(uid_t uid)
{
	return !uid || uid == geteuid();
}

bool identity_is_trusted(const struct proc_user *user)
{
	return is_trusted_uid(user->real) && is_trusted_uid(user->effective) && is_trusted_uid(user->saved);
}

/* From the file alone: a look-up may ask a server that does not answer. Where there is no such user, the containers'
 * one again. */
static uid_t find_host_ceph(void)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;
	uid_t uid = CONTAINER_UID;

	while (file && (entry = fgetpwent(file)))
		if (!strcmp(entry->pw_name, "ceph"))
			uid = entry->pw_uid;
	if (file)
		fclose(file);
	return uid;
}

bool identity_is_cephs(struct identity *identity, uid_t uid)
{
	if (!identity->host_ceph)
		identity->host_ceph = find_host_ceph();
	return is_trusted_uid(uid) || uid == CONTAINER_UID || uid == identity->host_ceph;
}

/* ---- what is in a program ---- */

static void count_functions(const struct catalogue *cat, struct elf_file *elf, const char *base, unsigned *all,
			    unsigned *found)
{
	struct elf_symbol symbol;

	for (unsigned i = 0; i < cat->markers_len; i++)
		for (unsigned j = 0; j < cat->markers[i].sites_len; j++) {
			const struct cat_site *site = &cat->markers[i].sites[j];

			if (!cat_binary_matches(site->binary, base))
				continue;
			++*all;
			*found += !elf_symbol_find(elf, site->symbol, &symbol);
		}
}

/* Which of the catalogue's markers have a note. */
struct notes {
	const struct catalogue *cat;
	bool *has;
	struct arena *scratch;
};

static int take_note(const struct elf_sdt_note *note, void *data)
{
	struct notes *notes = data;
	const char *name;

	if (strncmp(note->provider, "ceph_", 5))
		return 0;
	name = sdt_name(notes->scratch, note->name);
	for (unsigned i = 0; i < notes->cat->markers_len; i++)
		if (!strcmp(notes->cat->markers[i].name, name) &&
		    !strcmp(notes->cat->markers[i].provider, note->provider))
			notes->has[i] = true;
	return 0;
}

/* Nearly all: a build may be older than the newest markers. */
static bool has_notes(const struct catalogue *cat, struct elf_file *elf, const char *base)
{
	struct arena *scratch = arena_new();
	struct notes notes = {cat, arena_new_array(scratch, bool, cat->markers_len + 1), scratch};
	unsigned all = 0, found = 0;

	if (elf_has_sdt(elf))
		elf_sdt_each(elf, take_note, &notes);
	for (unsigned i = 0; i < cat->markers_len; i++) {
		bool is_there = false;

		for (unsigned j = 0; j < cat->markers[i].sites_len; j++)
			is_there |= cat_binary_matches(cat->markers[i].sites[j].binary, base);
		all += is_there;
		found += is_there && notes.has[i];
	}
	arena_free(scratch);
	return 10 * found >= 9 * all;
}

static bool has_content(struct identity *identity, struct held *held, const struct proc_file *file)
{
	const struct catalogue *cat = identity_catalogue(identity);
	const char *base = base_of(file->name);
	unsigned all = 0, found = 0;
	struct elf_file *elf;
	bool is;

	if (elf_file_read(held, file->path, &elf))
		return false;
	count_functions(cat, elf, base, &all, &found);
	is = all < FUNCTIONS_MIN || 2 * found >= all || has_notes(cat, elf, base);
	elf_file_close(elf);
	return is;
}

static bool is_cephs_program(struct identity *identity, struct held *held, const struct proc_file *file)
{
	const struct statx_timestamp *changed = &held_stat(held)->stx_ctime;
	struct content *content;

	for (unsigned i = 0; i < identity->contents_len; i++) {
		content = &identity->contents[i];
		if (content->ino == file->ino && content->dev == file->dev &&
		    content->changed.tv_sec == changed->tv_sec && content->changed.tv_nsec == changed->tv_nsec)
			return content->is_cephs;
	}
	content = arena_push(identity->arena, identity->contents, identity->contents_len);
	*content = (struct content){file->dev, file->ino, *changed, has_content(identity, held, file)};
	return content->is_cephs;
}

/* ---- who can have written a file ---- */

static bool was_seen(const struct identity *identity, const struct proc_file *file)
{
	for (unsigned i = 0; i < identity->seen_len && i < SEEN_MAX; i++)
		if (identity->seen[i].ino == file->ino && identity->seen[i].dev == file->dev)
			return true;
	return false;
}

static enum doubt doubt_of_writers(enum writers writers)
{
	static const enum doubt doubts[] = {
		[WRITERS_ROOT] = DOUBT_NONE, [WRITERS_OTHERS] = DOUBT_WRITABLE, [WRITERS_MOUNT] = DOUBT_MOUNT};

	return doubts[writers];
}

enum doubt identity_of_file(struct identity *identity, const struct proc_user *user, const struct proc_file *file)
{
	bool is_trusted = user && identity_is_trusted(user),
	     is_daemon = file->is_main && identity_daemon_type(file->name);
	enum doubt doubt = DOUBT_NONE;
	struct buf why = {0};
	enum writers writers;
	struct held *held;

	if ((is_trusted && !is_daemon) || was_seen(identity, file))
		return DOUBT_NONE;
	if (!is_trusted && writers_are_known(file, &writers))
		return doubt_of_writers(writers);
	if (held_open_mapped(file, &held, &why))
		doubt = DOUBT_UNKNOWN;
	buf_free(&why);
	if (doubt)
		return doubt;
	if (!is_trusted)
		doubt = doubt_of_writers(writers_of(held, file));
	if (!doubt && is_daemon && !is_cephs_program(identity, held, file))
		doubt = DOUBT_CONTENT;
	if (!doubt && !is_trusted)
		identity->seen[identity->seen_len++ % SEEN_MAX] = (struct seen){file->dev, file->ino};
	held_close(held);
	return doubt;
}

/*
 * Code that a program makes while it runs is as good as its own (closures of libffi lie in such files). The manager
 * runs Python, whose modules do that in whatever files they can have.
 */
static bool may_make_code(const struct proc_file *program, const struct proc_file *file)
{
	return !strncmp(file->name, "/memfd:", 7) || !strcmp(base_of(program->name), "ceph-mgr");
}

enum doubt identity_of_daemon(struct identity *identity, const struct proc_user *user, const struct proc_file *files,
			      unsigned files_len, const struct proc_file *program, const struct proc_file **file)
{
	enum doubt doubt;

	*file = program;
	doubt = identity_of_file(identity, user, program);
	for (unsigned i = 0; !doubt && !identity_is_trusted(user) && i < files_len; i++) {
		if (&files[i] == program || may_make_code(program, &files[i]) ||
		    !identity_of_file(identity, user, &files[i]))
			continue;
		*file = &files[i];
		doubt = DOUBT_CODE;
	}
	return doubt;
}

/* ---- sentences ---- */

const char *identity_doubt_text(enum doubt doubt)
{
	static const char *const texts[DOUBTS] = {
		[DOUBT_WRITABLE] = "a user other than root can write the file, so it may be anything",
		[DOUBT_MOUNT] = "the file lies on a mount of a user's (FUSE, or nosuid), so it may be anything",
		[DOUBT_UNKNOWN] = "who can write the file cannot be found out",
		[DOUBT_CONTENT] = "the file has neither the functions nor the markers of Ceph's program of that name",
		[DOUBT_CODE] = "it runs code from a file that a user other than root can write",
		[DOUBT_CROWD] = "so many users run code of their own in this program that only those of root, or of "
				"Ceph's own user, count",
		[DOUBT_NAME] = "only its name is that of one of Ceph's daemons",
	};

	return texts[doubt];
}

/* By process; where it is, or would be. */
static unsigned place_of(const struct identity *identity, pid_t pid)
{
	unsigned low = 0, high = identity->list_len;

	if (high && identity->list[high - 1].pid < pid) /* who looks at all processes does so in their order */
		return high;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (identity->list[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void identity_leave_out(struct identity *identity, pid_t pid, uid_t uid, const char *what, enum doubt doubt)
{
	unsigned at = place_of(identity, pid);

	if (at < identity->list_len && identity->list[at].pid == pid)
		return;
	(void)arena_push(identity->arena, identity->list, identity->list_len);
	memmove(identity->list + at + 1, identity->list + at, (identity->list_len - 1 - at) * sizeof(*identity->list));
	identity->list[at] = (struct left_out){pid, uid, arena_strdup(identity->arena, what), doubt, false};
}

/* "process 5 (uid 65534, /tmp/ceph-osd)"; "20 processes, such as 5 (...), 6 (...) and 7 (...)" */
static unsigned name_processes(struct identity *identity, enum doubt doubt, struct buf *out)
{
	unsigned all = 0, n = 0;

	for (unsigned i = 0; i < identity->list_len; i++)
		all += identity->list[i].doubt == doubt && !identity->list[i].is_said;
	if (all == 1)
		buf_puts(out, "process ");
	else
		buf_printf(out, "%u processes, %s", all, all > EXAMPLES_MAX ? "such as " : "");
	for (unsigned i = 0; i < identity->list_len; i++) {
		struct left_out *one = &identity->list[i];

		if (one->doubt != doubt || one->is_said)
			continue;
		one->is_said = true;
		if (++n > EXAMPLES_MAX)
			continue;
		buf_printf(out, "%s%d (uid %u, %s)",
			   n == 1			   ? ""
			   : n == all || n == EXAMPLES_MAX ? " and "
							   : ", ",
			   (int)one->pid, one->uid, one->what);
	}
	return all;
}

void identity_say(struct identity *identity, void (*say)(void *data, const char *sentence), void *data)
{
	for (enum doubt doubt = DOUBT_NONE + 1; doubt < DOUBTS; doubt++) {
		struct buf text = {0};
		unsigned n = name_processes(identity, doubt, &text);

		buf_printf(&text, "%s left out: %s%s", n == 1 ? " is" : ", are", identity_doubt_text(doubt),
			   doubt == DOUBT_NAME ? ""
			   : n == 1	       ? "; -p or --untrusted takes it in"
					       : "; -p or --untrusted takes them in");
		if (n)
			say(data, text.data);
		buf_free(&text);
	}
}
