/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/learn_sources.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceph/learn.h"
#include "cmd/shell.h"
#include "lib/proc.h"

enum { ROOTS_MAX = 500, PATH_TEXT_SIZE = 4096 };

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add(struct learn_sources *sources, struct learn_source source)
{
	*arena_push(sources->arena, sources->list, sources->len) = source;
}

bool learn_add_path(struct learn_sources *sources, const char *path, struct buf *why)
{
	struct held *held = NULL;

	if (held_open(path, &held, why))
		return false;
	add(sources, (struct learn_source){.binary = path, .held = held});
	return true;
}

/* ---- a process ---- */

bool learn_add_process(struct learn_sources *sources, const char *text, struct buf *why)
{
	unsigned before = sources->len, len = 0;
	struct proc_file *files;
	char root[PROC_ROOT_SIZE], *end;
	long pid = strtol(text, &end, 10);

	if (*end || end == text || pid <= 0 || proc_files(sources->arena, (pid_t)pid, &files, &len)) {
		buf_printf(why, "there is no process %s, or it may not be looked at", text);
		return false;
	}
	proc_root((pid_t)pid, root);
	for (unsigned i = 0; i < len; i++) {
		struct held *held = NULL;

		if (!learn_is_known(sources->cat, base_of(files[i].name)))
			continue;
		if (held_open_mapped(&files[i], &held, why))
			return false;
		add(sources, (struct learn_source){arena_printf(sources->arena, "%s%s", root, files[i].name), held,
						   arena_strdup(sources->arena, root), files[i].name});
	}
	if (sources->len == before)
		buf_printf(why, "process %ld runs nothing that the catalogue has markers in", pid);
	return sources->len > before;
}

/* ---- folders ---- */

static bool is_folder(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode);
}

static void add_root(struct learn_sources *sources, const char *dir)
{
	if (sources->roots_len >= ROOTS_MAX || !is_folder(arena_printf(sources->arena, "%s/usr", dir)))
		return;
	if (sources->roots_len)
		sources->roots_len--; /* the NULL */
	*arena_push(sources->arena, sources->roots, sources->roots_len) = dir;
	*arena_push(sources->arena, sources->roots, sources->roots_len) = NULL;
}

bool learn_add_folder(struct learn_sources *sources, const char *dir, struct buf *why)
{
	struct dirent **entries = NULL;
	struct stat st;
	int n = 0;

	if (!stat(dir, &st) && S_ISDIR(st.st_mode)) {
		add_root(sources, arena_strdup(sources->arena, dir));
		n = scandir(dir, &entries, NULL, alphasort);
	}
	for (int i = 0; i < n; i++) {
		const char *inner = arena_printf(sources->arena, "%s/%s", dir, entries[i]->d_name);

		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0 && is_folder(inner))
			add_root(sources, inner);
		free(entries[i]);
	}
	free(entries);
	if (!sources->roots_len)
		buf_printf(why,
			   "%s is no folder of unpacked packages: neither it nor a folder in it has a folder usr "
			   "(rpm2cpio "
			   "FILE | cpio -idm, or dpkg-deb -x FILE DIR, unpacks one)",
			   dir);
	return sources->roots_len;
}

/* The first of the folders that has it. */
static bool add_from_roots(struct learn_sources *sources, const char *name)
{
	static const char *const folders[] = {"/usr/bin", "/usr/lib/x86_64-linux-gnu", "/usr/lib64",
					      "/usr/lib/x86_64-linux-gnu/ceph", "/usr/lib64/ceph"};

	for (unsigned i = 0; sources->roots && sources->roots[i]; i++)
		for (unsigned j = 0; j < sizeof(folders) / sizeof(folders[0]); j++) {
			const char *path = arena_printf(sources->arena, "%s/%s", folders[j], name);
			const char *root = sources->roots[i];
			struct held *held = NULL;
			struct buf why = {0};
			bool is_there = !held_open_inside(root, path, &held, &why);

			buf_free(&why);
			if (!is_there)
				continue;
			add(sources,
			    (struct learn_source){arena_printf(sources->arena, "%s%s", root, path), held, root, path});
			return true;
		}
	return false;
}

static bool has_name(const struct learn_sources *sources, const char *name)
{
	for (unsigned i = 0; i < sources->len; i++)
		if (!strcmp(base_of(sources->list[i].binary), name))
			return true;
	return false;
}

bool learn_add_found(struct learn_sources *sources, const char *name, struct buf *why)
{
	unsigned before = sources->len;

	if (name)
		add_from_roots(sources, name);
	for (unsigned i = 0; !name && i < sources->cat->markers_len; i++)
		for (unsigned j = 0; j < sources->cat->markers[i].sites_len; j++)
			if (!has_name(sources, sources->cat->markers[i].sites[j].binary))
				add_from_roots(sources, sources->cat->markers[i].sites[j].binary);
	if (sources->len == before)
		buf_printf(why,
			   "no folder of unpacked packages has %s%s: unpack the package with the binary itself, too",
			   name ? "a binary " : "any binary that the catalogue has markers in", name ? name : "");
	return sources->len > before;
}

void learn_sources_close(struct learn_sources *sources)
{
	for (unsigned i = 0; i < sources->len; i++)
		held_close(sources->list[i].held);
}

/* ---- a server ---- */

const char *learn_fetch(struct arena *arena, const char *url, const char *build_id, const char **why)
{
	const char *const args[] = {url, build_id, isatty(STDERR_FILENO) ? "1" : ""};
	char *temporary = NULL, path[PATH_TEXT_SIZE];
	struct buf text = {0};
	int output = shell_temporary(arena, "", &temporary, &text), status = -1;
	ssize_t n = 0;

	*why = NULL;
	if (output >= 0)
		status = shell_run("[ \"$3\" ] || exec 2>/dev/null; DEBUGINFOD_URLS=$1 DEBUGINFOD_PROGRESS=$3 exec "
				   "debuginfod-find debuginfo \"$2\"",
				   args, 3, -1, output, &text);
	if (status == SHELL_NOT_FOUND)
		buf_puts(&text, "debuginfod-find is not installed: install debuginfod (Debian, Ubuntu) or "
				"elfutils-debuginfod-client");
	else if (status > 0)
		buf_printf(&text, "%s has no debug information of build-id %s, or does not answer", url, build_id);
	if (!status)
		n = pread(output, path, sizeof(path) - 1, 0);
	if (n > 0)
		path[n - (path[n - 1] == '\n')] = '\0';
	else if (!text.size)
		buf_puts(&text, "debuginfod-find was stopped, or said nothing");
	*why = n > 0 ? NULL : arena_strdup(arena, text.data);
	if (output >= 0) {
		close(output);
		shell_discard(temporary);
	}
	buf_free(&text);
	return n > 0 ? arena_strdup(arena, path) : NULL;
}
