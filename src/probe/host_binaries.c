/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that processes in scope run code from: found in /proc once, opened when somebody asks for what is in them.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/identity.h"
#include "lib/clock.h"
#include "lib/markers.h"
#include "lib/proc.h"
#include "lib/shown.h"
#include "lib/trouble.h"
#include "probe/host_private.h"

static struct binary_link **binary_head(struct probe_host *host, ino_t ino)
{
	return &host->binary_heads[(ino ^ ino / BINARY_HEADS) % BINARY_HEADS];
}

struct host_binary *host_binary_find(struct probe_host *host, dev_t dev, ino_t ino)
{
	struct binary_link *link;

	for (link = *binary_head(host, ino); link; link = link->next)
		if (link->binary->ino == ino && link->binary->dev == dev)
			return link->binary;
	return NULL;
}

/* The name of a file as the module of a probe: nothing that cannot be typed, or that a terminal would obey. */
static const char *module_name(struct arena *arena, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *base = arena_strdup(arena, slash ? slash + 1 : name);
	size_t n;

	for (char *p = base; *p; p += n ? n : 1) {
		n = shown_plain_size(p, strlen(p));
		if (!n || *p == ' ' || *p == ':')
			*p = '?';
	}
	return base;
}

static struct host_binary *binary_new(struct probe_host *host, dev_t dev, ino_t ino, const char *name, const char *path)
{
	struct host_binary *binary = arena_new_one(host->arena, struct host_binary);
	struct binary_link *link = arena_new_one(host->arena, struct binary_link), **head = binary_head(host, ino);

	binary->name = arena_strdup(host->arena, name);
	binary->path = arena_strdup(host->arena, path);
	binary->base = module_name(host->arena, name);
	binary->dev = dev;
	binary->ino = ino;
	*arena_push(host->arena, host->binaries, host->binaries_len) = binary;
	link->binary = binary;
	link->next = *head;
	*head = link;
	return binary;
}

static void add_unread(struct unread *unread, const char *why)
{
	if (!unread->len++)
		unread->why = why;
}

/* `scratch` holds what is only of use during the scan: most files are those of an earlier process. */
static void scan_process(struct probe_host *host, struct arena *scratch, pid_t pid)
{
	struct host_binary *binary;
	struct proc_file *files;
	unsigned files_len, i;

	int error = proc_files(scratch, pid, &files, &files_len);

	if (error == -EACCES || error == -EPERM)
		add_unread(&host->hidden,
			   arena_printf(host->arena,
					"process %d cannot be looked at: that needs root, or CAP_SYS_PTRACE",
					(int)pid));
	if (error)
		return; /* it has ended, or is not ours to look at: both show as a probe that is not found */
	for (i = 0; i < files_len; i++) {
		binary = host_binary_find(host, files[i].dev, files[i].ino);
		if (!binary) {
			binary = binary_new(host, files[i].dev, files[i].ino, files[i].name, files[i].path);
			binary->is_deleted = files[i].is_deleted;
			binary->first = files[i];
			binary->first.name = binary->name;
			binary->first.path = binary->path;
		}
		binary->is_main |= files[i].is_main;
		*arena_push(host->arena, binary->pids, binary->pids_len) = pid;
	}
}

static int pid_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* The pids in scope, ascending, each once. */
static void target_pids(struct probe_host *host, struct arena *scratch, pid_t **pids, unsigned *pids_len)
{
	const struct target *target = &host->target;
	unsigned i, n = 0;

	if (!target->pids_len && !target->main_pid && !host->some) {
		proc_pids(scratch, pids, pids_len);
		return;
	}
	*pids = arena_new_array(scratch, pid_t, target->pids_len + host->some_len + 1);
	for (i = 0; i < target->pids_len; i++)
		(*pids)[n++] = target->pids[i];
	for (i = 0; i < host->some_len; i++)
		(*pids)[n++] = host->some[i];
	if (target->main_pid)
		(*pids)[n++] = target->main_pid;
	qsort(*pids, n, sizeof(**pids), pid_compare);
	*pids_len = 0;
	for (i = 0; i < n; i++) {
		if (!i || (*pids)[i] != (*pids)[i - 1])
			(*pids)[(*pids_len)++] = (*pids)[i];
	}
}

static void scan_processes(struct probe_host *host)
{
	struct arena *scratch = arena_new();
	unsigned pids_len = 0, i;
	uint64_t start = now_ns();
	pid_t *pids = NULL;

	mark_scan_start();
	target_pids(host, scratch, &pids, &pids_len);
	for (i = 0; i < pids_len; i++)
		scan_process(host, scratch, pids[i]);
	arena_free(scratch);
	host->is_scanned = true;
	mark_scan_done(pids_len, host->binaries_len, now_ns() - start);
}

void host_binaries(struct probe_host *host, struct host_binary ***binaries, unsigned *binaries_len)
{
	if (!host->is_scanned)
		scan_processes(host);
	*binaries = host->binaries;
	*binaries_len = host->binaries_len;
}

/* ---- their contents ---- */

/* As another process has it mapped. */
static int hold_of(struct host_binary *binary, pid_t pid, struct buf *why)
{
	struct arena *scratch = arena_new();
	struct proc_file *files;
	unsigned files_len, i;
	int error = proc_files(scratch, pid, &files, &files_len);

	for (i = 0; !error && i < files_len && (files[i].dev != binary->dev || files[i].ino != binary->ino);)
		i++;
	if (!error)
		error = i < files_len ? held_open_mapped(&files[i], &binary->held, why) : -ESRCH;
	arena_free(scratch);
	return error;
}

/* The process that was looked at first may be gone, or may have let go of the file: the others have it too. */
static int hold_binary(struct host_binary *binary, struct buf *why)
{
	int error = held_open_mapped(&binary->first, &binary->held, why);
	unsigned i;

	for (i = 0; (error == -ENOENT || error == -ESTALE) && i < binary->pids_len; i++) {
		struct buf other = {0};

		error = hold_of(binary, binary->pids[i], &other);
		buf_free(&other);
	}
	return error;
}

static void open_binary(struct probe_host *host, struct host_binary *binary)
{
	struct buf why = {0};
	int error = binary->held ? 0 : hold_binary(binary, &why);

	if (error) {
		binary->why = arena_strdup(host->arena, why.size ? why.data : "its processes have ended");
	} else {
		error = elf_file_read(binary->held, binary->path, &binary->elf);
		if (error) {
			binary->why = arena_strdup(host->arena, elf_error());
			held_close(binary->held);
			binary->held = NULL;
		}
	}
	if (error == -ETIMEDOUT)
		add_unread(&host->silent, binary->why);
	buf_free(&why);
}

struct elf_file *host_binary_elf(struct probe_host *host, struct host_binary *binary)
{
	if (!binary->is_opened)
		open_binary(host, binary);
	binary->is_opened = true;
	return binary->elf;
}

const struct unwind *host_binary_unwind(struct probe_host *host, struct host_binary *binary)
{
	static const struct unwind nothing;
	const struct elf_file *elf = host_binary_elf(host, binary);

	if (!binary->unwind && elf)
		binary->unwind = unwind_read(elf);
	return binary->unwind ? binary->unwind : &nothing;
}

void host_binary_close(struct host_binary *binary)
{
	elf_file_close(binary->elf);
	binary->elf = NULL;
	if (!binary->is_added) {
		held_close(binary->held);
		binary->held = NULL;
	}
	binary->is_opened = binary->why != NULL; /* one that could not be read is not tried again */
}

struct site host_binary_site(const struct host_binary *binary, uint64_t vaddr)
{
	return (struct site){
		.path = binary->path, .held = binary->held, .dev = binary->dev, .ino = binary->ino, .vaddr = vaddr};
}

bool host_binary_has_pid(const struct host_binary *binary, pid_t pid)
{
	return binary->pids_len && bsearch(&pid, binary->pids, binary->pids_len, sizeof(pid), pid_compare);
}

/* Asks the first process that still has it. */
unsigned host_binary_doubt(struct probe_host *host, const struct host_binary *binary)
{
	enum doubt doubt = binary->pids_len || binary->is_kept ? DOUBT_UNKNOWN : DOUBT_NONE;

	for (unsigned i = 0; doubt == DOUBT_UNKNOWN && i < binary->pids_len; i++) {
		struct arena *scratch = arena_new();
		struct proc_file *files;
		unsigned len = 0;

		if (proc_files(scratch, binary->pids[i], &files, &len))
			len = 0;
		for (unsigned j = 0; j < len; j++)
			if (files[j].ino == binary->ino && files[j].dev == binary->dev)
				doubt = identity_of_file(host_identity(host), NULL, &files[j]);
		arena_free(scratch);
	}
	return doubt;
}

const char *host_whose(struct probe_host *host, dev_t dev, ino_t ino)
{
	enum { NAMED_MAX = 3 };
	const struct host_binary *binary = host_binary_find(host, dev, ino);
	struct proc_user user;
	const char *text = "";

	for (unsigned i = 0; binary && i < binary->pids_len && i < NAMED_MAX; i++) {
		text = arena_printf(host->arena, "%s%s%d", text,
				    i			   ? ", "
				    : binary->pids_len > 1 ? "processes "
							   : "process ",
				    (int)binary->pids[i]);
		if (!proc_user(binary->pids[i], &user))
			text = arena_printf(host->arena, "%s (uid %u)", text, user.real);
	}
	if (binary && binary->pids_len > NAMED_MAX)
		text = arena_printf(host->arena, "%s and %u more", text, binary->pids_len - NAMED_MAX);
	return text;
}

static struct host_binary *binary_of(struct probe_host *host, struct held *held, const char *path)
{
	struct host_binary *binary = host_binary_find(host, held_dev(held), held_ino(held));
	char real[PATH_MAX];

	if (binary)
		return binary;
	if (held_name(held, real, sizeof(real))) /* which it will have in a process's maps */
		path = real;
	return binary_new(host, held_dev(held), held_ino(held), path, path);
}

int host_add_held(struct probe_host *host, struct held *held, const char *path, struct buf *why)
{
	struct host_binary *binary;
	struct elf_file *elf;
	int error = elf_file_read(held, path, &elf);

	if (error) {
		buf_puts(why, elf_error());
		return error;
	}
	binary = binary_of(host, held, path);
	if (binary->elf) {
		elf_file_close(elf);
	} else {
		binary->held = held_share(held);
		binary->elf = elf;
		binary->is_opened = true;
	}
	binary->is_added = true;
	return 0;
}

void host_keep(struct probe_host *host, const struct site *site)
{
	const struct host_binary *binary;
	struct buf why = {0};

	if (!host->is_scanned)
		scan_processes(host);
	binary = host_binary_find(host, site->dev, site->ino);
	if (binary && binary->pids_len)
		return;
	if (!host_add_held(host, site->held, site->path, &why))
		host_binary_find(host, site->dev, site->ino)->is_kept = true;
	buf_free(&why);
}

void host_look_at(struct probe_host *host, const pid_t *pids, unsigned len)
{
	host->some = pids;
	host->some_len = len;
}

void host_pids_of(struct probe_host *host, const struct site *site, struct arena *arena, pid_t **pids, unsigned *len)
{
	const struct host_binary *binary = host_binary_find(host, site->dev, site->ino);

	for (unsigned i = 0; binary && i < binary->pids_len; i++)
		*arena_push(arena, *pids, *len) = binary->pids[i];
}

int host_add_file(struct probe_host *host, const char *path, struct buf *why)
{
	struct held *held;
	int error = held_open(path, &held, why);

	if (!error) {
		error = host_add_held(host, held, path, why);
		held_close(held);
	}
	return error;
}
