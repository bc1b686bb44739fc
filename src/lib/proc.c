/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/buf.h"

/* A command line can have megabytes, and thousands of processes such a one. */
enum { ARGV_SIZE_MAX = 128 * 1024 };

/* A file of /proc may vanish at each step; all ways to say so become -ESRCH. */
static int proc_error(int error)
{
	return error == ENOENT || error == ESRCH ? -ESRCH : -error;
}

static int read_some(pid_t pid, const char *name, size_t most, struct buf *out)
{
	char path[64], chunk[16 * 1024];
	ssize_t size;
	int fd, error = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return proc_error(errno);
	while (out->size < most && (size = read(fd, chunk, sizeof(chunk))) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0) {
			error = proc_error(errno);
			break;
		}
		buf_add(out, chunk, (size_t)size);
	}
	close(fd);
	return error;
}

static int read_file(pid_t pid, const char *name, struct buf *out)
{
	return read_some(pid, name, SIZE_MAX, out);
}

/* The text of a link of a process, "" when it cannot be read; returns 0 or a negative errno. */
static int read_link(pid_t pid, const char *name, char *out, size_t out_size)
{
	char path[64];
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	size = readlink(path, out, out_size - 1);
	out[size > 0 ? size : 0] = '\0';
	return size < 0 ? proc_error(errno) : 0;
}

static int pid_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* A kernel thread (and a zombie) runs no file. This link is cheaper to read than the flags in /proc/PID/stat. */
static bool runs_a_file(pid_t pid)
{
	char exe[8];

	return read_link(pid, "exe", exe, sizeof(exe)) != -ESRCH;
}

int proc_pids(struct arena *arena, pid_t **pids, unsigned *pids_len)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char *end;
	long pid;

	*pids = NULL;
	*pids_len = 0;
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid = strtol(entry->d_name, &end, 10);
		if (*end || pid <= 0 || !runs_a_file((pid_t)pid))
			continue;
		*arena_push(arena, *pids, *pids_len) = (pid_t)pid;
	}
	closedir(dir);
	if (*pids_len)
		qsort(*pids, *pids_len, sizeof(**pids), pid_compare);
	return 0;
}

int proc_argv(struct arena *arena, pid_t pid, char ***argv, unsigned *argc)
{
	struct buf text = {0};
	size_t at, size;
	int error;

	*argv = NULL;
	*argc = 0;
	error = read_some(pid, "cmdline", ARGV_SIZE_MAX, &text);
	for (at = 0; !error && at < text.size; at += size + 1) {
		size = strlen(text.data + at);
		*arena_push(arena, *argv, *argc) = arena_strndup(arena, text.data + at, size);
	}
	buf_free(&text);
	return error;
}

int proc_comm(pid_t pid, char comm[16])
{
	struct buf text = {0};
	int error = read_file(pid, "comm", &text);

	if (!error)
		snprintf(comm, 16, "%.*s", (int)strcspn(text.data ? text.data : "", "\n"), text.data ? text.data : "");
	buf_free(&text);
	return error;
}

int proc_start_time(pid_t pid, uint64_t *ticks)
{
	struct buf text = {0};
	int error = read_file(pid, "stat", &text), field;
	/* field 2 is the name in parentheses and may hold anything, also spaces and parentheses */
	char *at = error || !text.data ? NULL : strrchr(text.data, ')');

	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		*ticks = strtoull(at + 1, NULL, 10);
	else if (!error)
		error = -EINVAL;
	buf_free(&text);
	return error;
}

/* A line of the status file. The process's name comes first, with newlines in it written as \n: no other line can begin so. */
static const char *find_status(const struct buf *status, const char *name)
{
	return status->data ? strstr(status->data, name) : NULL;
}

int proc_user(pid_t pid, struct proc_user *user)
{
	struct buf status = {0};
	int error = read_file(pid, "status", &status);
	const char *line = find_status(&status, "\nUid:");

	if (!error && (!line || sscanf(line, "\nUid: %u %u %u", &user->real, &user->effective, &user->saved) != 3))
		error = -EINVAL;
	buf_free(&status);
	return error;
}

pid_t proc_parent(pid_t pid)
{
	struct buf status = {0};
	int parent = 0;
	const char *line;

	read_file(pid, "status", &status);
	line = find_status(&status, "\nPPid:");
	if (line && sscanf(line, "\nPPid: %d", &parent) != 1)
		parent = 0;
	buf_free(&status);
	return parent;
}

bool proc_has_ended(pid_t pid)
{
	struct pollfd poll_fd = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	bool has_ended;

	if (poll_fd.fd <
	    0) /* ended; or a thread's id, an old kernel, a seccomp filter: then without knowing of zombies */
		return kill(pid, 0) && errno == ESRCH;
	has_ended = poll(&poll_fd, 1, 0) > 0;
	close(poll_fd.fd);
	return has_ended;
}

/* ---- files that a process runs code from ---- */

/* How names in the maps of a process become paths that we can open. */
struct view {
	pid_t pid;
	char exe[4096];
	char root[4096]; /* of a process in a chroot: names in its maps begin with this; else "" */
	bool is_ours;	 /* same mount namespace: names are good as they are, also when the process has ended */
};

/* Only a link's text is compared: the same namespace has the same one. */
static int view_open(struct view *view, pid_t pid)
{
	char ours[64], theirs[64];
	int error;

	view->pid = pid;
	error = read_link(pid, "exe", view->exe, sizeof(view->exe));
	if (error)
		return error;
	view->is_ours = !read_link(getpid(), "ns/mnt", ours, sizeof(ours)) &&
			!read_link(pid, "ns/mnt", theirs, sizeof(theirs)) && !strcmp(ours, theirs);
	read_link(pid, "root", view->root, sizeof(view->root));
	if (!strcmp(view->root, "/"))
		view->root[0] = '\0';
	return 0;
}

static bool cut_suffix(char *text, const char *suffix)
{
	size_t size = strlen(text), suffix_size = strlen(suffix);

	if (size < suffix_size || strcmp(text + size - suffix_size, suffix) != 0)
		return false;
	text[size - suffix_size] = '\0';
	return true;
}

/* The kernel writes a newline in a name as \012, and escapes nothing else. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++, to++) {
		*to = *text;
		if (!strncmp(text, "\\012", 4)) {
			*to = '\n';
			text += 3;
		}
	}
	*to = '\0';
}

/* What the process itself calls the file: without the root of a chroot. */
static const char *name_inside(const struct view *view, const char *name)
{
	size_t size = strlen(view->root);

	if (size && !strncmp(name, view->root, size) && name[size] == '/')
		return name + size;
	return name;
}

/* One line of maps: "START-END PERMS OFFSET MAJOR:MINOR INODE   NAME". */
struct mapping {
	unsigned long long start, end, offset, ino;
	unsigned major, minor;
	char *name;
};

static bool parse_mapping(char *line, struct mapping *out)
{
	char perms[8];
	int at = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu %n", &out->start, &out->end, perms, &out->offset, &out->major, &out->minor,
		   &out->ino, &at) < 7 ||
	    !at || strlen(perms) < 3 || perms[2] != 'x')
		return false;
	out->name = line + at;
	return true;
}

static bool has_file(const struct mapping *map)
{
	return map->ino && map->name[0] == '/';
}

static void fill_file(struct arena *arena, const struct view *view, const struct mapping *map, struct proc_file *file)
{
	dev_t dev = makedev(map->major, map->minor);

	file->is_main = !strcmp(map->name, view->exe); /* both with " (deleted)", where it applies */
	file->is_deleted = cut_suffix(map->name, " (deleted)");
	file->name = arena_strdup(arena, name_inside(view, map->name));
	file->dev = dev;
	file->ino = map->ino;
	file->start = map->start;
	file->end = map->end;
	if (file->is_deleted)
		file->path = arena_printf(arena, "/proc/%d/map_files/%llx-%llx", (int)view->pid, map->start, map->end);
	else if (view->is_ours)
		file->path = view->root[0] ? arena_strdup(arena, map->name) : file->name;
	else
		file->path = arena_printf(arena, "/proc/%d/root%s", (int)view->pid, file->name);
}

static void add_file(struct arena *arena, const struct view *view, const struct mapping *map, struct proc_file **files,
		     unsigned *files_len)
{
	dev_t dev = makedev(map->major, map->minor);
	unsigned i;

	for (i = 0; i < *files_len; i++) {
		if ((*files)[i].ino == map->ino && (*files)[i].dev == dev)
			return;
	}
	fill_file(arena, view, map, arena_push(arena, *files, *files_len));
}
/*
 * Is this line of interest? Of the hundreds of lines most are not, and sscanf is slow: look at the permissions, which
 * follow the first space, before anything else.
 */
static bool is_executable(const char *line)
{
	const char *perms = strchr(line, ' ');

	return perms && perms[1] && perms[2] && perms[3] == 'x';
}

static int files_by_text(struct arena *arena, const struct view *view, struct proc_file **files, unsigned *files_len)
{
	struct buf text = {0};
	struct mapping map;
	char *line, *end;
	int error;

	error = read_file(view->pid, "maps", &text);
	for (line = text.data; !error && line && *line; line = end) {
		end = strchr(line, '\n');
		if (!end)
			break; /* a line cut short by the end of the process */
		*end++ = '\0';
		if (is_executable(line) && parse_mapping(line, &map) && has_file(&map)) {
			unescape(map.name);
			add_file(arena, view, &map, files, files_len);
		}
	}
	buf_free(&text);
	return error;
}

/* struct procmap_query of linux/fs.h (Linux 6.11), written out because the headers of a build host may be older. */
struct map_query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, ino; /* the answer, to the end of minor */
	uint32_t major, minor;
	uint32_t name_size, build_id_size; /* of the buffers, then of what is in them */
	uint64_t name, build_id;
};

enum { QUERY_EXECUTABLE = 0x04, QUERY_OR_NEXT = 0x10, QUERY_OF_FILE = 0x20 };

/* One answer per executable mapping; ends with -ENOENT behind the last one. */
static int query_next(int fd, uint64_t address, char *name, size_t name_size, struct mapping *map)
{
	struct map_query query = {
		.size = sizeof(query),
		.flags = QUERY_EXECUTABLE | QUERY_OR_NEXT | QUERY_OF_FILE,
		.address = address,
		.name_size = (uint32_t)name_size,
		.name = (uintptr_t)name,
	};

	if (ioctl(fd, _IOWR('f', 17, struct map_query), &query))
		return -errno;
	*map = (struct mapping){
		.start = query.start,
		.end = query.end,
		.ino = query.ino,
		.major = query.major,
		.minor = query.minor,
		.name = name,
	};
	return 0;
}

/*
 * The kernel picks the executable mappings: no text of the thousand others that a daemon with many threads has. -ENOTTY
 * when this kernel cannot.
 */
static int files_by_query(struct arena *arena, const struct view *view, struct proc_file **files, unsigned *files_len)
{
	char path[64], name[4096];
	struct mapping map = {0};
	int fd, error;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)view->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return proc_error(errno);
	while (!(error = query_next(fd, map.end, name, sizeof(name), &map))) {
		if (map.ino && name[0] == '/')
			add_file(arena, view, &map, files, files_len);
	}
	close(fd);
	return error == -ENOENT ? 0 : error;
}

int proc_files(struct arena *arena, pid_t pid, struct proc_file **files, unsigned *files_len)
{
	struct view view;
	int error;

	*files = NULL;
	*files_len = 0;
	error = view_open(&view, pid);
	if (!error)
		error = files_by_query(arena, &view, files, files_len);
	if (error && error != -ESRCH) {
		*files = NULL;
		*files_len = 0;
		error = files_by_text(arena, &view, files, files_len);
	}
	return error;
}

/* ---- the file behind a mapping ---- */

/* What our own maps say of a mapping of ours. */
static bool find_own_mapping(uint64_t start, struct mapping *out)
{
	struct buf text = {0};
	bool found = false;
	char *line, *end;

	read_file(getpid(), "maps", &text);
	for (line = text.data; line && *line && !found; line = end) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end++ = '\0';
		found = is_executable(line) && parse_mapping(line, out) && out->start == start;
	}
	buf_free(&text);
	return found;
}

/* How maps show the file, which stat() does not tell on btrfs and on overlays of older kernels: mapped by ourselves. */
static bool is_shown_as(int fd, const struct proc_file *file)
{
	struct mapping map;
	char path[64];
	bool is;
	void *at;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	at = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return false;
	is = find_own_mapping((uintptr_t)at, &map) && map.ino == file->ino && makedev(map.major, map.minor) == file->dev;
	munmap(at, 1);
	return is;
}

bool proc_is_mapped(int fd, const struct proc_file *file)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &st) || !S_ISREG(st.stx_mode))
		return false;
	return (st.stx_ino == file->ino && makedev(st.stx_dev_major, st.stx_dev_minor) == file->dev) ||
	       (!major(file->dev) && is_shown_as(fd, file));
}

int proc_open_mapped(pid_t pid, const struct proc_file *file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)pid, (unsigned long long)file->start,
		 (unsigned long long)file->end);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT && errno != ESRCH) /* the rights for it are lacking */
		fd = open(file->path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? proc_error(errno) : fd;
}

int proc_maps(struct arena *arena, pid_t pid, struct proc_map **maps, unsigned *maps_len)
{
	struct buf text = {0};
	struct mapping map;
	struct view view;
	char *line, *end;
	int error;

	*maps = NULL;
	*maps_len = 0;
	error = view_open(&view, pid);
	if (!error)
		error = read_file(pid, "maps", &text);
	for (line = text.data; !error && line && *line; line = end) {
		struct proc_map *out;

		end = strchr(line, '\n');
		if (!end)
			break;
		*end++ = '\0';
		if (!is_executable(line) || !parse_mapping(line, &map))
			continue;
		unescape(map.name);
		if (!has_file(&map) && strcmp(map.name, "[vdso]") != 0)
			continue;
		out = arena_push(arena, *maps, *maps_len);
		*out = (struct proc_map){.start = map.start, .end = map.end, .offset = map.offset, .is_vdso = !has_file(&map)};
		if (out->is_vdso)
			out->file.name = arena_strdup(arena, map.name);
		else
			fill_file(arena, &view, &map, &out->file);
	}
	buf_free(&text);
	return error;
}
