/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/held.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/aside.h"
#include "lib/limits.h"
#include "lib/memory.h"
#include "lib/mounts.h"
#include "lib/trouble.h"

struct held {
	unsigned users;
	int fd;	       /* open for reading; O_PATH when it may hang */
	char path[32]; /* of fd */
	bool may_hang, is_foreign;
	uint64_t patience_ns; /* what is left for its file system */
	struct statx stat;
	dev_t dev; /* as struct proc_file has it */
	ino_t ino;
};

/* One that is being opened. */
struct opening {
	const char *name;		/* for messages */
	pid_t pid;			/* whose file it is; 0: our own */
	const struct proc_file *mapped; /* it is to be this one; NULL: any */
	int fd;				/* O_PATH */
	enum fs_kind kind;
	bool may_hang;
	uint64_t patience_ns;
	struct statx stat;
	struct buf *why;
};

/* ---- sentences ---- */

static int say(const struct opening *o, int error)
{
	trouble_note(error, "%s cannot be opened", o->name);
	switch (error) {
	case -ETIMEDOUT:
		buf_printf(o->why, "%s is on a file system that does not answer: it is left out", o->name);
		break;
	case -EAGAIN:
		buf_printf(o->why, "%s cannot be read now: another process holds a lease on it", o->name);
		break;
	case -ESTALE:
		buf_printf(o->why, "%s is not the file any more that process %d has mapped", o->name, (int)o->pid);
		break;
	case -EMFILE:
	case -ENFILE:
		buf_printf(o->why, "%s cannot be opened: too many files are open (ulimit -n)", o->name);
		break;
	case -ENOSYS:
		buf_printf(
			o->why,
			"%s cannot be opened safely: this kernel, or the container's seccomp filter, has no openat2(2)",
			o->name);
		break;
	default:
		buf_printf(o->why, "%s: %s", o->name, strerror(-error));
	}
	return error;
}

static int say_not_plain(const struct opening *o)
{
	buf_printf(o->why, "%s is not a plain file", o->name);
	return -EINVAL;
}

/* ---- steps ---- */

static pid_t own_or(pid_t pid)
{
	return pid ? pid : getpid();
}

static dev_t stat_dev(const struct statx *stat)
{
	return makedev(stat->stx_dev_major, stat->stx_dev_minor);
}

/* What it is, without opening it. Its file system is asked only once it is known to answer. */
static int look(struct opening *o)
{
	const unsigned wanted = STATX_BASIC_STATS | STATX_MNT_ID;

	if (statx(o->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, wanted, &o->stat))
		return say(o, -errno);
	if ((o->stat.stx_mode & S_IFMT) != S_IFREG)
		return say_not_plain(o);
	if (o->stat.stx_mask & STATX_MNT_ID)
		o->kind = mounts_kind_of_id(own_or(o->pid), o->stat.stx_mnt_id);
	if (o->kind == FS_UNKNOWN)
		o->kind = mounts_kind_of_dev(own_or(o->pid), stat_dev(&o->stat));
	if (o->kind == FS_PSEUDO)
		return say_not_plain(o);
	if (!fs_answers(o->kind) && o->mapped && mounts_kind_of_magic(o->mapped->magic) == FS_LOCAL)
		o->kind = FS_OVERLAY; /* an overlay on one that does answer */
	o->may_hang = !fs_answers(o->kind);
	if (o->may_hang) {
		int error = aside_stat(o->fd, &o->stat, &o->patience_ns);

		if (error)
			return say(o, error);
	}
	return 0;
}

static int open_to_read(const struct opening *o)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* The descriptor that stays. */
static int settle(struct opening *o)
{
	int fd;

	if (o->may_hang)
		return 0;
	fd = open_to_read(o);
	if (fd < 0)
		return say(o, fd);
	close(o->fd);
	o->fd = fd;
	return 0;
}

static bool is_numbered(const struct proc_file *file, const struct proc_file *as)
{
	return file->map_dev == as->map_dev && file->map_ino == as->map_ino;
}

/*
 * How maps numbers the file. On most file systems as stat() does; not on btrfs, and on overlays of some kernels: there
 * the file is mapped to see.
 */
static int number(struct opening *o, struct proc_file *out)
{
	int error;

	*out = (struct proc_file){.map_dev = stat_dev(&o->stat), .map_ino = o->stat.stx_ino};
	out->dev = out->map_dev;
	out->ino = out->map_ino;
	if (o->mapped ? is_numbered(out, o->mapped) : o->kind == FS_LOCAL && o->stat.stx_dev_major)
		return 0;
	error = o->may_hang ? aside_map(o->fd, out, &o->patience_ns) : proc_map_own(o->fd, true, out);
	return error == -ENODEV && !o->mapped ? 0 : error; /* nobody can map it */
}

/* Which file it is; -ESTALE: not the one that it is to be. */
static int identify(struct opening *o, struct proc_file *out)
{
	int error = number(o, out);

	if (error || !o->mapped)
		return error;
	if (!is_numbered(out, o->mapped) || (out->magic && (out->dev != o->mapped->dev || out->ino != o->mapped->ino)))
		return -ESTALE;
	out->dev = o->mapped->dev;
	out->ino = o->mapped->ino;
	return 0;
}

static int finish(struct opening *o, struct held **out)
{
	struct held *held;
	struct proc_file file;
	int error = look(o);

	if (!error)
		error = settle(o);
	if (!error) {
		error = limits_is_scarce(o->fd) ? -EMFILE : identify(o, &file);
		if (error)
			say(o, error);
	}
	if (error) {
		close(o->fd);
		return error;
	}
	held = calloc(1, sizeof(*held));
	if (!held)
		memory_end();
	*held = (struct held){.users = 1,
			      .fd = o->fd,
			      .may_hang = o->may_hang,
			      .is_foreign = o->may_hang && o->kind != FS_REMOTE,
			      .patience_ns = o->patience_ns,
			      .stat = o->stat,
			      .dev = file.dev,
			      .ino = file.ino};
	snprintf(held->path, sizeof(held->path), "/proc/self/fd/%d", held->fd);
	*out = held;
	return 0;
}

/* ---- ways to a file ---- */

int held_open(const char *path, struct held **out, struct buf *why)
{
	struct opening o = {.name = path, .patience_ns = ASIDE_PATIENCE_NS, .why = why};

	o.fd = open(path, O_PATH | O_CLOEXEC);
	return o.fd < 0 ? say(&o, -errno) : finish(&o, out);
}

/* The walk may cross any file system that is mounted there, so it is never ours to make. */
static int open_below(struct opening *o, const char *folder, const char *path)
{
	int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (root < 0)
		return -errno;
	fd = aside_open(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, &o->patience_ns);
	close(root);
	return fd == -EPERM ? -ENOSYS : fd;
}

int held_open_inside(const char *root, const char *path, struct held **out, struct buf *why)
{
	struct opening o = {.patience_ns = ASIDE_PATIENCE_NS, .why = why};
	struct buf name = {0};
	int error;

	if (sscanf(root, "/proc/%d/root", &o.pid) != 1)
		o.pid = 0;
	buf_printf(&name, "%s%s", root, path);
	o.name = name.data;
	o.fd = open_below(&o, *root ? root : "/", path);
	error = o.fd < 0 ? say(&o, o.fd) : finish(&o, out);
	buf_free(&name);
	return error;
}

/* The mapping itself, not a name: the kernel has the file there. Needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE. */
static int open_by_mapping(struct opening *o)
{
	const struct proc_file *file = o->mapped;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)file->pid, (unsigned long long)file->start,
		 (unsigned long long)file->end);
	if (!fs_answers(mounts_kind_of_dev(file->pid, file->map_dev))) /* some ask their server even for this */
		return aside_open(AT_FDCWD, path, 0, &o->patience_ns);
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Without that right: the program by its link, which leads to the file itself too, anything else by its name. */
static int open_by_name(struct opening *o)
{
	const struct proc_file *file = o->mapped;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)file->pid, file->is_main ? "exe" : "root");
	if (file->is_main)
		return aside_open(AT_FDCWD, path, 0, &o->patience_ns);
	if (file->is_deleted)
		return -EPERM;
	fd = open_below(o, path, file->name);
	return fd == -EACCES ? open_below(o, "/", file->name)
			     : fd; /* who may not see its root: it is proved afterwards */
}

int held_open_mapped(const struct proc_file *file, struct held **out, struct buf *why)
{
	struct opening o = {
		.name = file->path, .pid = file->pid, .mapped = file, .patience_ns = ASIDE_PATIENCE_NS, .why = why};

	o.fd = open_by_mapping(&o);
	if (o.fd == -EPERM || o.fd == -EACCES)
		o.fd = open_by_name(&o);
	if (o.fd == -EPERM && file->is_deleted)
		buf_printf(why, "%s was replaced or removed, and only root can open what process %d has mapped",
			   file->name, (int)file->pid);
	else if (o.fd < 0)
		say(&o, o.fd);
	return o.fd < 0 ? o.fd : finish(&o, out);
}

struct held *held_take(int fd)
{
	struct opening o = {.fd = fd};
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		memory_end();
	statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &o.stat);
	*held = (struct held){.users = 1, .fd = fd, .stat = o.stat, .dev = stat_dev(&o.stat), .ino = o.stat.stx_ino};
	snprintf(held->path, sizeof(held->path), "/proc/self/fd/%d", held->fd);
	return held;
}

bool held_name(const struct held *held, char *out, size_t out_size)
{
	ssize_t size = readlink(held->path, out, out_size - 1);

	out[size > 0 ? size : 0] = '\0';
	return *out == '/';
}

struct held *held_share(struct held *held)
{
	held->users++;
	return held;
}

void held_close(struct held *held)
{
	if (!held || --held->users)
		return;
	close(held->fd);
	free(held);
}

/* ---- what is known of it ---- */

const char *held_path(const struct held *held)
{
	return held->path;
}

dev_t held_dev(const struct held *held)
{
	return held->dev;
}

ino_t held_ino(const struct held *held)
{
	return held->ino;
}

uint64_t held_size(const struct held *held)
{
	return held->stat.stx_size;
}

const struct statx *held_stat(const struct held *held)
{
	return &held->stat;
}

bool held_is_same(const struct held *a, const struct held *b)
{
	return a->dev == b->dev && a->ino == b->ino && stat_dev(&a->stat) == stat_dev(&b->stat) &&
	       a->stat.stx_ino == b->stat.stx_ino;
}

bool held_may_hang(const struct held *held)
{
	return held->may_hang;
}

bool held_is_foreign(const struct held *held)
{
	return held->is_foreign;
}

bool held_is_settled(const struct held *held)
{
	return !held->may_hang && held->stat.stx_uid == 0 && !(held->stat.stx_mode & (S_IWGRP | S_IWOTH)) &&
	       (held->stat.stx_mask & STATX_MNT_ID) && mounts_is_ours(held->stat.stx_mnt_id);
}

static void note_trouble(const struct held *held, int error)
{
	char name[PATH_MAX];

	if (error)
		trouble_note(error, "%s cannot be read", held_name(held, name, sizeof(name)) ? name : "a file");
}

ssize_t held_read(struct held *held, void *data, size_t size, uint64_t offset)
{
	size_t done = 0;
	ssize_t got = 1;

	if (held->may_hang) {
		got = aside_read(held->fd, data, size, offset, &held->patience_ns);
		note_trouble(held, (int)(got < 0 ? got : 0));
		return got;
	}
	while (done < size && got > 0) {
		got = pread(held->fd, (char *)data + done, size - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			done += (size_t)got;
	}
	if (got >= 0)
		return (ssize_t)done;
	got = -errno;
	note_trouble(held, (int)got);
	return got;
}

void *held_map(struct held *held)
{
	void *data = mmap(NULL, held_size(held), PROT_READ | PROT_WRITE, MAP_PRIVATE, held->fd, 0);

	return data == MAP_FAILED ? NULL : data;
}
