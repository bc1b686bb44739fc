/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/memory.h"
#include "lib/path.h"

enum { TRIES = 16 };

struct write_file {
	struct write_file *next; /* of all that are open */
	struct path path;
	enum write_kind kind;
	char *given; /* as the user wrote it, for sentences */
	int fd;
	char new_name[NAME_MAX + 1]; /* in the folder, of what has not taken its place yet; "": it has none */
	bool is_new;		     /* it has not taken its place yet */
	bool is_regular;
};

static int say(struct write_file *file, int error, const char *what, struct buf *why)
{
	if (!why->size)
		buf_printf(why, "cannot write to %s: %s", file->given, what ? what : strerror(-error));
	return error;
}

int write_bytes(int fd, const void *data, size_t size, size_t *done)
{
	size_t at = 0;
	ssize_t n;
	int error = 0;

	while (at < size && !error) {
		n = write(fd, (const char *)data + at, size - at);
		if (n > 0)
			at += (size_t)n;
		else if (!n || errno != EINTR)
			error = n ? -errno : -EIO;
	}
	if (done)
		*done = at;
	return error;
}

/* ---- all that are open ---- */

static struct write_file *all_open;

/* Where the command ends in the midst of it (memory_end()), nothing half written is left. */
static void remove_names(void)
{
	for (struct write_file *file = all_open; file; file = file->next)
		if (file->new_name[0])
			unlinkat(file->path.dir, file->new_name, 0);
}

static void add_open(struct write_file *file)
{
	static bool is_registered;

	if (!is_registered)
		atexit(remove_names);
	is_registered = true;
	file->next = all_open;
	all_open = file;
}

static void remove_open(struct write_file *file)
{
	struct write_file **at = &all_open;

	while (*at && *at != file)
		at = &(*at)->next;
	if (*at)
		*at = file->next;
}

/* ---- a new file beside the old one ---- */

/* File systems of which it is known that a file without a name can be given one later. */
static bool may_be_unnamed(int dir)
{
	struct statfs about;

	if (fstatfs(dir, &about))
		return false;
	return about.f_type == EXT4_SUPER_MAGIC || about.f_type == XFS_SUPER_MAGIC ||
	       about.f_type == BTRFS_SUPER_MAGIC || about.f_type == TMPFS_MAGIC;
}

/* Without a name, it is gone when we are, however we end. Its name comes through /proc. */
static int open_unnamed(struct write_file *file, mode_t mode)
{
	char link[32];

	if (!may_be_unnamed(file->path.dir))
		return -EOPNOTSUPP;
	file->fd = openat(file->path.dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (file->fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
	if (!access(link, F_OK))
		return 0;
	close(file->fd);
	return -ENOENT;
}

/* Nobody can know the name, and where somebody has guessed it, it is not taken. */
static void make_name(struct write_file *file)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = clock_ns(CLOCK_MONOTONIC) ^ (uint64_t)getpid() << 32;
	if (snprintf(file->new_name, sizeof(file->new_name), ".%.200s.%016" PRIx64, file->path.name, number) < 0)
		abort();
}

static int open_named(struct write_file *file, mode_t mode)
{
	int error = -EEXIST;

	for (int i = 0; i < TRIES && error == -EEXIST; i++) {
		make_name(file);
		file->fd = openat(file->path.dir, file->new_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				  mode);
		error = file->fd < 0 ? -errno : 0;
	}
	if (error)
		file->new_name[0] = '\0';
	return error;
}

static int open_beside(struct write_file *file)
{
	mode_t mode = file->kind == WRITE_RECORDING ? 0600 : 0666;
	int error = open_unnamed(file, mode) ? open_named(file, mode) : 0;

	file->is_new = !error;
	return error;
}

static int give_name(struct write_file *file)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
	for (int i = 0; i < TRIES && !file->new_name[0]; i++) {
		make_name(file);
		if (!linkat(AT_FDCWD, link, file->path.dir, file->new_name, AT_SYMLINK_FOLLOW))
			return 0;
		file->new_name[0] = '\0';
		if (errno != EEXIST)
			return -errno;
	}
	return file->new_name[0] ? 0 : -EEXIST;
}

/* As a shell's `>` would leave it, except that of another's file nothing is taken over. */
static void keep_mode(struct write_file *file)
{
	if (file->kind == WRITE_RECORDING)
		fchmod(file->fd, 0600); /* the umask may have taken away our own rights */
	else if (file->path.is_there && path_is_trusted(file->path.st.st_uid))
		fchmod(file->fd, file->path.st.st_mode & 0777);
}

/* ---- what is there already, opened as it is ---- */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* By the descriptor that we looked at; without /proc by its name, if it is still the same. */
static int reopen(struct write_file *file, int flags)
{
	char name[32];
	struct stat now;
	int fd;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", file->path.other);
	fd = open(name, flags | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		fd = openat(file->path.dir, file->path.name, flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &now) && is_same(&now, &file->path.st))
		return fd;
	close(fd);
	return -ESTALE;
}

/* Somebody else may have made it, or given it a second name, so that we write where they could not. */
static const char laid_by_others[] =
	"it belongs to another user, or has a second name, in a folder that other users may write to";

static bool is_laid_by_others(const struct path *path)
{
	return path_is_shared(&path->in) &&
	       (!path_is_trusted(path->st.st_uid) || (S_ISREG(path->st.st_mode) && path->st.st_nlink > 1));
}

static int open_there(struct write_file *file, int flags, struct buf *why)
{
	if (is_laid_by_others(&file->path))
		return say(file, -EPERM, laid_by_others, why);
	if (file->kind == WRITE_RECORDING && file->is_regular && file->path.st.st_uid != geteuid())
		return say(file, -EPERM, "it belongs to another user, and a recording is for its owner alone", why);
	file->fd = reopen(file, flags);
	if (file->fd < 0)
		return say(file, file->fd, NULL, why);
	if (file->is_regular && file->kind == WRITE_RECORDING)
		keep_mode(file);
	return 0;
}

static int open_special(struct write_file *file, struct buf *why)
{
	switch (file->path.st.st_mode & S_IFMT) {
	case S_IFDIR:
		return say(file, -EISDIR, "it is a folder", why);
	case S_IFBLK:
		return say(file, -EPERM, "it is a disk", why);
	case S_IFSOCK:
		return say(file, -EPERM, "it is a socket", why);
	case S_IFCHR: /* only root makes these */
		file->fd = reopen(file, O_WRONLY);
		return file->fd < 0 ? say(file, file->fd, NULL, why) : 0;
	default:
		return open_there(file, O_WRONLY, why);
	}
}

static int open_own(struct write_file *file, struct buf *why)
{
	file->fd = fcntl(file->path.own_fd, F_DUPFD_CLOEXEC, 3);
	return file->fd < 0 ? say(file, -errno, NULL, why) : 0;
}

static int open_behind(struct write_file *file, struct buf *why)
{
	if (file->path.is_there)
		return open_there(file, O_WRONLY | O_APPEND, why);
	file->fd = openat(file->path.dir, file->path.name,
			  O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	return file->fd < 0 ? say(file, -errno, NULL, why) : 0;
}

/* A file that was mounted there by itself, as into a container: no other can take its place. */
static bool is_mounted(const struct write_file *file)
{
	struct statx about;

	return file->path.is_there && !statx(file->path.other, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &about) &&
	       (about.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* A folder in which nothing new can be made may still have a file that can be written: then that is, from its
 * beginning. */
static int open_new(struct write_file *file, struct buf *why)
{
	int error = is_mounted(file) ? -EPERM : open_beside(file);

	if (!error)
		keep_mode(file);
	else if (file->path.is_there && (error == -EACCES || error == -EPERM || error == -ENOENT))
		error = open_there(file, O_WRONLY, why);
	return error ? say(file, error, NULL, why) : 0;
}

static void free_file(struct write_file *file)
{
	remove_open(file);
	if (file->fd >= 0)
		close(file->fd);
	path_close(&file->path);
	free(file->given);
	free(file);
}

void write_abandon(struct write_file *file)
{
	if (!file)
		return;
	if (file->new_name[0])
		unlinkat(file->path.dir, file->new_name, 0);
	free_file(file);
}

struct write_file *write_open(const char *path, enum write_kind kind, struct buf *why)
{
	struct write_file *file = calloc(1, sizeof(*file));
	int error;

	if (!file)
		memory_end();
	*file = (struct write_file){.kind = kind, .given = strdup(path), .fd = -1};
	if (!file->given)
		memory_end();
	add_open(file);
	error = path_find(path, &file->path, why);
	file->is_regular = !error && file->path.own_fd < 0 && (!file->path.is_there || S_ISREG(file->path.st.st_mode));
	if (!error && file->path.own_fd >= 0)
		error = open_own(file, why);
	else if (!error && !file->is_regular)
		error = open_special(file, why);
	else if (!error)
		error = kind == WRITE_APPEND ? open_behind(file, why) : open_new(file, why);
	if (!error)
		return file;
	write_abandon(file);
	return NULL;
}

FILE *write_stream(const char *path, struct buf *why)
{
	struct write_file *file = write_open(path, WRITE_APPEND, why);
	FILE *stream;

	if (!file)
		return NULL;
	stream = fdopen(file->fd,
			"w"); /* what it appends to is open so; "a" would say so of our own standard output, too */
	if (!stream)
		memory_end();
	file->fd = -1;
	free_file(file);
	return stream;
}

int write_fd(const struct write_file *file)
{
	return file->fd;
}

void write_set_mode(struct write_file *file, mode_t mode)
{
	if (file->is_regular)
		fchmod(file->fd, mode & 0777);
}

int write_data(struct write_file *file, const void *data, size_t size, struct buf *why)
{
	int error = write_bytes(file->fd, data, size, NULL);

	return error ? say(file, error, NULL, why) : 0;
}

/* A file that is written where it is ends behind what we have written, not where the old one did. */
static int cut(struct write_file *file, struct buf *why)
{
	off_t at;

	if (!file->is_regular || file->kind == WRITE_APPEND)
		return 0;
	at = lseek(file->fd, 0, SEEK_CUR);
	return at < 0 || ftruncate(file->fd, at) ? say(file, -errno, NULL, why) : 0;
}

/* A folder that others may write to is theirs to exchange names in: what has the name now must be what we have written.
 */
int write_publish(struct write_file *file, struct buf *why)
{
	struct path *path = &file->path;
	struct stat ours, now;
	int error;

	if (!file->is_new)
		return cut(file, why);
	error = give_name(file);
	if (!error && renameat(path->dir, file->new_name, path->dir, path->name))
		error = -errno;
	if (error)
		return say(file, error, NULL, why);
	file->new_name[0] = '\0';
	file->is_new = false;
	if (fstat(file->fd, &ours))
		return say(file, -errno, NULL, why);
	error = fstatat(path->dir, path->name, &now, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
	if (error && error != -ENOENT)
		return say(file, error, NULL, why);
	if (error || !is_same(&ours, &now))
		return say(file, -ESTALE, "it was replaced by somebody else meanwhile", why);
	return 0;
}

/* The name as well as what is in the file: a folder has to be open for reading for that. */
static int sync_folder(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (fd < 0)
		return 0; /* it may be written to, but not read */
	error = fsync(fd) ? -errno : 0;
	close(fd);
	return error == -EINVAL ? 0 : error; /* a file system without */
}

int write_commit(struct write_file *file, struct buf *why)
{
	bool syncs = file->is_regular && (file->kind == WRITE_RESULT || file->kind == WRITE_RECORDING);
	int error = 0, fd = file->fd;

	if (syncs && file->is_new && fsync(fd))
		error = -errno;
	if (!error)
		error = write_publish(file, why);
	if (!error && syncs && fsync(fd))
		error = -errno;
	if (!error && syncs)
		error = sync_folder(file->path.dir);
	if (error)
		say(file, error, NULL, why); /* what has said so already stays */
	file->fd = -1;
	if (fd >= 0 && close(fd) && !error)
		error = say(file, -errno, NULL, why);
	if (file->new_name[0])
		unlinkat(file->path.dir, file->new_name, 0);
	free_file(file);
	return error;
}

int write_whole(const char *path, enum write_kind kind, const void *data, size_t size, struct buf *why)
{
	struct write_file *file = write_open(path, kind, why);
	int error = file ? write_data(file, data, size, why) : -EIO;

	if (!error)
		return write_commit(file, why);
	write_abandon(file);
	return error;
}

/* Some other place, which nobody else can have prepared. */
static void rescue(const void *data, size_t size, struct buf *why)
{
	const char *folder = getenv("TMPDIR");
	struct buf name = {0};
	int fd;

	buf_printf(&name, "%s/cephtap-XXXXXX", folder && *folder ? folder : "/tmp");
	fd = mkostemp(name.data, O_CLOEXEC);
	if (fd >= 0 && !write_bytes(fd, data, size, NULL) && !fsync(fd))
		buf_printf(why, "; it is in %s instead", name.data);
	else if (fd >= 0)
		unlink(name.data);
	if (fd >= 0)
		close(fd);
	buf_free(&name);
}

int write_gathered(const char *path, const void *data, size_t size, struct buf *why)
{
	int error = write_whole(path, WRITE_RESULT, data, size, why);

	if (error)
		rescue(data, size, why);
	return error;
}

/* A pipe or a terminal is not opened to see whether it can be: that would be noticed at its other end. */
int write_check(const char *path, enum write_kind kind, struct buf *why)
{
	struct write_file *file;
	struct path found;
	int error = path_find(path, &found, why);
	bool is_other = !error && (found.own_fd >= 0 ||
				   (found.is_there && (S_ISFIFO(found.st.st_mode) || S_ISCHR(found.st.st_mode))));

	if (is_other && found.is_there && S_ISFIFO(found.st.st_mode) && is_laid_by_others(&found)) {
		error = -EPERM;
		buf_printf(why, "cannot write to %s: %s", path, laid_by_others);
	}
	path_close(&found);
	if (error || is_other)
		return error;
	file = write_open(path, kind, why);
	write_abandon(file);
	return file ? 0 : -EIO;
}

int write_remove(const char *name, bool is_folder, struct buf *why)
{
	struct path path;
	int error = path_find(name, &path, why);

	if (!error && unlinkat(path.dir, path.name, is_folder ? AT_REMOVEDIR : 0)) {
		error = -errno;
		buf_printf(why, "cannot remove %s: %s", name, strerror(errno));
	}
	path_close(&path);
	return error;
}

int write_new_in(const char *folder, const char *name, struct buf *why)
{
	struct path path;
	int fd = path_find_folder(folder, false, &path, why);

	if (!fd) {
		fd = openat(path.dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd < 0) {
			fd = -errno;
			buf_printf(why, "cannot write %s/%s: %s", folder, name, strerror(-fd));
		}
	}
	path_close(&path);
	return fd;
}
