/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40 /* as many as the kernel follows */ };

/* What is still to be looked up, from `at` on; a link's text comes before what is left of it. */
struct walk {
	const char *given; /* as the user wrote it, for sentences */
	char rest[2 * PATH_MAX];
	size_t at;
	unsigned links;
	enum { MAKES_NONE, MAKES_LAST, MAKES_ALL } makes; /* which folders that are missing are made */
	bool is_private;				  /* each folder must be safe from others */
	struct path *path;
	struct buf *why;
};

static int say(const struct walk *walk, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int say(const struct walk *walk, int error, const char *format, ...)
{
	va_list args;

	if (!walk->why->size) {
		va_start(args, format);
		buf_vprintf(walk->why, format, args);
		va_end(args);
	}
	return error;
}

static int say_errno(const struct walk *walk, int error)
{
	return say(walk, error, "cannot write to %s: %s", walk->given, strerror(-error));
}

/* The person who called sudo trusts the links that are their own. Only where we are root is the variable root's word.
 */
static bool is_caller(uid_t uid)
{
	const char *text = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
	char *end;
	unsigned long caller;

	if (!text || *text < '0' || *text > '9')
		return false;
	caller = strtoul(text, &end, 10);
	return !*end && caller == uid;
}

bool path_is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid() || is_caller(uid);
}

bool path_is_shared(const struct stat *folder)
{
	return !path_is_trusted(folder->st_uid) || (folder->st_mode & (S_IWGRP | S_IWOTH));
}

/* Could others take away or exchange what is ours in this folder? In one with the sticky bit they can only add. */
static bool is_unsafe_parent(const struct stat *folder)
{
	bool is_ours = folder->st_uid == 0 || folder->st_uid == geteuid();

	return !is_ours || ((folder->st_mode & (S_IWGRP | S_IWOTH)) && !(folder->st_mode & S_ISVTX));
}

static int enter(struct walk *walk, int dir)
{
	struct path *path = walk->path;

	if (path->dir >= 0)
		close(path->dir);
	path->dir = dir;
	if (fstat(dir, &path->in))
		return say_errno(walk, -errno);
	if (walk->is_private && is_unsafe_parent(&path->in))
		return say(walk, -EPERM, "other users may change a folder on the way to %s", walk->given);
	return 0;
}

static int start(struct walk *walk, bool is_absolute)
{
	int dir = open(is_absolute ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? say_errno(walk, -errno) : enter(walk, dir);
}

/* The next part of the name; false: there is none. `has_more`: another one follows; `is_folder`: a slash does. */
static bool next_part(struct walk *walk, char part[NAME_MAX + 2], bool *has_more, bool *is_folder)
{
	const char *at = walk->rest + walk->at;
	size_t size;

	at += strspn(at, "/");
	size = strcspn(at, "/");
	if (!size)
		return false;
	snprintf(part, NAME_MAX + 2, "%.*s", (int)size, at);
	at += size;
	*is_folder = *at == '/';
	at += strspn(at, "/");
	*has_more = *at;
	walk->at = (size_t)(at - walk->rest);
	return true;
}

/* Links of the kernel's own in /proc (/proc/PID/root, /proc/PID/fd/N) have no text that leads there. */
static bool is_of_proc(int dir)
{
	struct statfs about;

	return !fstatfs(dir, &about) && about.f_type == PROC_SUPER_MAGIC;
}

static int follow(struct walk *walk, int link, const struct stat *st)
{
	char text[PATH_MAX], rest[PATH_MAX];
	ssize_t size;

	if (!path_is_trusted(st->st_uid))
		return say(
			walk, -EPERM,
			"cannot write to %s: there is a symbolic link on the way that user %u has laid, and it is not "
			"followed; name the file where it really is",
			walk->given, st->st_uid);
	if (++walk->links > LINKS_MAX)
		return say_errno(walk, -ELOOP);
	size = readlinkat(link, "", text, sizeof(text) - 1);
	if (size <= 0)
		return say_errno(walk, size ? -errno : -ENOENT);
	text[size] = '\0';
	if (snprintf(rest, sizeof(rest), "%s", walk->rest + walk->at) >= (int)sizeof(rest))
		return say_errno(walk, -ENAMETOOLONG);
	snprintf(walk->rest, sizeof(walk->rest), "%s/%s", text, rest);
	if (!*rest)
		walk->rest[size] = '\0';
	walk->at = 0;
	return *text == '/' ? start(walk, true) : 0;
}

/* One part of the name, held open without opening what it names; -ENOENT is not said yet. */
static int look(struct walk *walk, const char *part, struct stat *st)
{
	int fd = openat(walk->path->dir, part, O_PATH | O_NOFOLLOW | O_CLOEXEC), plain;

	if (fd < 0)
		return -errno;
	if (fstat(fd, st)) {
		plain = -errno;
	} else if (S_ISLNK(st->st_mode) && is_of_proc(walk->path->dir) && path_is_trusted(st->st_uid)) {
		plain = openat(walk->path->dir, part, O_PATH | O_CLOEXEC);
		if (plain < 0 || fstat(plain, st))
			plain = -errno;
	} else {
		return fd;
	}
	close(fd);
	return plain;
}

static int make_folder(struct walk *walk, const char *part, struct stat *st)
{
	if (mkdirat(walk->path->dir, part, 0777) && errno != EEXIST)
		return -errno;
	return look(walk, part, st);
}

/* A part that others follow. */
static int take_folder(struct walk *walk, const char *part, bool has_more)
{
	struct stat st;
	int fd = look(walk, part, &st), error;

	if (fd == -ENOENT && (walk->makes == MAKES_ALL || (walk->makes == MAKES_LAST && !has_more)))
		fd = make_folder(walk, part, &st);
	if (fd < 0)
		return say_errno(walk, fd);
	if (S_ISDIR(st.st_mode))
		return enter(walk, fd);
	error = S_ISLNK(st.st_mode) ? follow(walk, fd, &st) : say_errno(walk, -ENOTDIR);
	close(fd);
	return error;
}

/* The last part: > 0 when it is a link, and the walk goes on where that leads. */
static int take_name(struct walk *walk, const char *part)
{
	struct path *path = walk->path;
	int fd, error;

	if (strlen(part) > NAME_MAX)
		return say_errno(walk, -ENAMETOOLONG);
	memcpy(path->name, part, strlen(part) + 1);
	fd = look(walk, part, &path->st);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return say_errno(walk, fd);
	if (S_ISLNK(path->st.st_mode)) {
		error = follow(walk, fd, &path->st);
		close(fd);
		return error ? error : 1;
	}
	path->is_there = true;
	path->other = fd;
	return 0;
}

static int walk_name(struct walk *walk)
{
	char part[NAME_MAX + 2];
	bool has_more = true, is_folder;
	int error = start(walk, walk->rest[0] == '/');

	while (!error) {
		if (!next_part(walk, part, &has_more, &is_folder))
			return say(walk, -EISDIR, "cannot write to %s: it is a folder", walk->given);
		if (has_more) {
			error = take_folder(walk, part, true);
			continue;
		}
		if (is_folder)
			return say(walk, -EISDIR, "cannot write to %s: the name ends in a slash, as a folder's does",
				   walk->given);
		error = take_name(walk, part);
		if (error <= 0)
			return error;
		error = 0;
	}
	return error;
}

static int walk_folder(struct walk *walk)
{
	char part[NAME_MAX + 2];
	bool has_more, is_folder;
	int error = start(walk, walk->rest[0] == '/');

	while (!error && next_part(walk, part, &has_more, &is_folder))
		error = take_folder(walk, part, has_more);
	return error;
}

/* /dev/stdout, /dev/fd/N and the like mean what is open there: to be written on, not to be opened anew from its
 * beginning. */
static int own_descriptor(const char *text)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	char *end;
	long fd;

	if (!strcmp(text, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(text, "/dev/stderr"))
		return STDERR_FILENO;
	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *number = text + strlen(folders[i]);

		if (strncmp(text, folders[i], strlen(folders[i])) || *number < '0' || *number > '9')
			continue;
		fd = strtol(number, &end, 10);
		return !*end && fd <= INT_MAX ? (int)fd : -1;
	}
	return -1;
}

static int begin(struct walk *walk, const char *text)
{
	*walk->path = (struct path){.dir = -1, .own_fd = -1, .other = -1};
	if (!*text)
		return say(walk, -ENOENT, "a file's name cannot be empty");
	if (strlen(text) >= PATH_MAX)
		return say_errno(walk, -ENAMETOOLONG);
	snprintf(walk->rest, sizeof(walk->rest), "%s", text);
	return 0;
}

int path_find(const char *text, struct path *path, struct buf *why)
{
	struct walk walk = {.given = text, .path = path, .why = why};
	int error = begin(&walk, text);

	if (error)
		return error;
	path->own_fd = own_descriptor(text);
	return path->own_fd >= 0 ? 0 : walk_name(&walk);
}

int path_find_folder(const char *text, bool makes_all, struct path *path, struct buf *why)
{
	struct walk walk = {.given = text, .path = path, .why = why, .makes = makes_all ? MAKES_ALL : MAKES_LAST};
	int error = begin(&walk, text);

	return error ? error : walk_folder(&walk);
}

void path_close(struct path *path)
{
	if (path->dir >= 0)
		close(path->dir);
	if (path->other >= 0)
		close(path->other);
	path->dir = path->other = -1;
}

bool path_is_private(const char *text, struct buf *why)
{
	struct path path;
	struct walk walk = {.given = text, .path = &path, .why = why, .is_private = true};
	char whole[PATH_MAX];
	bool is_ours;

	if (*text != '/' && getcwd(whole, sizeof(whole)) && strlen(whole) + strlen(text) + 1 < sizeof(whole)) {
		strcat(whole, "/"); /* the folders above the current one count too */
		strcat(whole, text);
	} else {
		snprintf(whole, sizeof(whole), "%s", text);
	}
	is_ours = !begin(&walk, whole) && !walk_folder(&walk);

	if (is_ours && (path.in.st_uid != geteuid() || (path.in.st_mode & (S_IWGRP | S_IWOTH)))) {
		say(&walk, -EPERM, "%s belongs to another user, or other users may write to it", text);
		is_ours = false;
	}
	path_close(&path);
	return is_ours;
}
