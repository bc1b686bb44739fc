/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files a process runs code from: the executable mappings of /proc/PID/maps. */
#include "lib/proc_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/inodes.h"
#include "lib/mounts.h"

/* A process can have 65,530 mappings, unless the host allows more, and names of any length. */
enum { MAPS_TEXT_MAX = 64 << 20, NAME_SIZE = 4096 };

/* How names in the maps of a process become paths that a person can open. */
struct view {
	pid_t pid;
	char exe[NAME_SIZE];
	char root[NAME_SIZE]; /* of a process in a chroot: names in its maps begin with this; else "" */
	bool is_ours;	      /* same mount namespace: names are good as they are, also when the process has ended */
};

struct mapping {
	uint64_t start, end, offset;
	dev_t dev; /* as maps has it */
	ino_t ino;
	struct inode_at inode; /* as the kernel has it; all 0: maps will do */
	const char *name;
};

struct mappings {
	struct arena *arena;
	struct mapping *list;
	unsigned len;
};

/*
 * Only a link's text is compared: the same namespace has the same one. Who may not read links (CAP_SYS_PTRACE) may read
 * the maps all the same (CAP_PERFMON): then files are taken for ours until they are proved.
 */
static int view_open(struct view *view, pid_t pid)
{
	char ours[64], theirs[64];
	int error;

	*view = (struct view){.pid = pid, .is_ours = true};
	error = proc_read_link(pid, "exe", view->exe, sizeof(view->exe));
	if (error == -EACCES || error == -EPERM)
		return 0;
	if (error)
		return error;
	view->is_ours = !proc_read_link(getpid(), "ns/mnt", ours, sizeof(ours)) &&
			!proc_read_link(pid, "ns/mnt", theirs, sizeof(theirs)) && !strcmp(ours, theirs);
	proc_read_link(pid, "root", view->root, sizeof(view->root));
	if (!strcmp(view->root, "/"))
		view->root[0] = '\0';
	return 0;
}

void proc_root(pid_t pid, char out[PROC_ROOT_SIZE])
{
	struct view view;

	out[0] = '\0';
	if (view_open(&view, pid) || !view.is_ours || view.root[0])
		snprintf(out, PROC_ROOT_SIZE, "/proc/%d/root", (int)pid);
}

/* ---- by query ---- */

/* struct procmap_query of linux/fs.h (Linux 6.11), written out because the headers of a build host may be older. */
struct map_query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, ino; /* the answer, to the end of minor */
	uint32_t major, minor;
	uint32_t name_size, build_id_size; /* of the buffers, then of what is in them */
	uint64_t name, build_id;
};

enum { QUERY_EXECUTABLE = 0x04, QUERY_OR_NEXT = 0x10 };

static int query(int fd, uint64_t flags, uint64_t address, char *name, size_t name_size, struct mapping *map)
{
	struct map_query ask = {
		.size = sizeof(ask),
		.flags = flags,
		.address = address,
		.name_size = (uint32_t)name_size,
		.name = (uintptr_t)name,
	};

	if (ioctl(fd, _IOWR('f', 17, struct map_query), &ask))
		return -errno;
	*map = (struct mapping){
		.start = ask.start,
		.end = ask.end,
		.offset = ask.offset,
		.dev = makedev(ask.major, ask.minor),
		.ino = ask.ino,
		.name = name,
	};
	return 0;
}

static void keep(struct mappings *maps, const struct mapping *map)
{
	const char *before = maps->len ? maps->list[maps->len - 1].name : NULL, *name = map->name;

	/* code of a file is often in several mappings, one after the other */
	name = before && !strcmp(before, name) ? before : arena_strdup(maps->arena, name);
	*arena_push(maps->arena, maps->list, maps->len) = *map;
	maps->list[maps->len - 1].name = name;
}

/*
 * The kernel picks the executable mappings: no text of the thousand others that a daemon with many threads has. -ENOTTY
 * when this kernel cannot.
 */
static int read_by_query(pid_t pid, struct mappings *maps)
{
	char path[64], name[NAME_SIZE];
	struct mapping map = {0};
	int fd, error;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return proc_error(errno); /* the text says it, if it cannot be read either */
	do {
		name[0] = '\0';
		error = query(fd, QUERY_EXECUTABLE | QUERY_OR_NEXT, map.end, name, sizeof(name), &map);
		if (!error)
			keep(maps, &map);
	} while (!error);
	close(fd);
	return error == -ENOENT ? 0 : error; /* behind the last one */
}

/* ---- by text ---- */

/*
 * Is this line of interest? Of the hundreds of lines most are not, and sscanf is slow: look at the permissions, which
 * follow the first space, before anything else.
 */
static bool is_executable(const char *line)
{
	const char *perms = strchr(line, ' ');

	return perms && perms[1] && perms[2] && perms[3] == 'x';
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

/* One line of maps: "START-END PERMS OFFSET MAJOR:MINOR INODE   NAME". */
static bool parse_mapping(char *line, struct mapping *out)
{
	unsigned long long start, end, offset, ino;
	unsigned major, minor;
	int at = 0;

	if (sscanf(line, "%llx-%llx %*s %llx %x:%x %llu %n", &start, &end, &offset, &major, &minor, &ino, &at) < 6 ||
	    !at)
		return false;
	unescape(line + at);
	*out = (struct mapping){start, end, offset, makedev(major, minor), ino, {0}, line + at};
	return true;
}

static int read_by_text(pid_t pid, struct mappings *maps)
{
	struct buf text = {0};
	struct mapping map;
	char *line, *end;
	int error = proc_read(pid, "maps", MAPS_TEXT_MAX, &text);

	for (line = text.data; !error && line && *line; line = end) {
		end = strchr(line, '\n');
		if (!end)
			break; /* a line cut short by the end of the process */
		*end++ = '\0';
		if (is_executable(line) && parse_mapping(line, &map))
			keep(maps, &map);
	}
	if (!error && text.size >= MAPS_TEXT_MAX)
		error = -E2BIG;
	buf_free(&text);
	return error;
}

/* ---- which file ---- */

static bool has_file(const struct mapping *map)
{
	return map->ino && map->name[0] == '/';
}

static bool is_ambiguous(const struct mapping *map)
{
	return has_file(map) && !mounts_tells_files_apart(map->dev);
}

/* Both lists are by address. */
static void take_inodes(struct mappings *maps, const struct inode_at *inodes, unsigned len)
{
	unsigned at = 0;

	for (unsigned i = 0; i < maps->len; i++) {
		while (at < len && inodes[at].start < maps->list[i].start)
			at++;
		if (at < len && inodes[at].start == maps->list[i].start && is_ambiguous(&maps->list[i]))
			maps->list[i].inode = inodes[at];
	}
}

static void resolve_inodes(pid_t pid, struct mappings *maps)
{
	struct inode_at *inodes;
	unsigned len, i;

	for (i = 0; i < maps->len && !is_ambiguous(&maps->list[i]);)
		i++;
	if (i < maps->len && inodes_read(maps->arena, pid, &inodes, &len))
		take_inodes(maps, inodes, len);
}

static int read_mappings(struct arena *arena, pid_t pid, struct mappings *maps)
{
	int error;

	*maps = (struct mappings){.arena = arena};
	error = read_by_query(pid, maps);
	if (error && error != -ESRCH) {
		*maps = (struct mappings){.arena = arena};
		error = read_by_text(pid, maps);
	}
	if (!error)
		resolve_inodes(pid, maps);
	return error;
}

/* ---- files ---- */

static bool cut_suffix(char *text, const char *suffix)
{
	size_t size = strlen(text), suffix_size = strlen(suffix);

	if (size < suffix_size || strcmp(text + size - suffix_size, suffix) != 0)
		return false;
	text[size - suffix_size] = '\0';
	return true;
}

/* What the process itself calls the file: without the root of a chroot. */
static const char *name_inside(const struct view *view, const char *name)
{
	size_t size = strlen(view->root);

	if (size && !strncmp(name, view->root, size) && name[size] == '/')
		return name + size;
	return name;
}

static void fill_numbers(const struct mapping *map, struct proc_file *file)
{
	const struct inode_at *inode = &map->inode;

	file->dev = file->map_dev = map->dev;
	file->ino = file->map_ino = map->ino;
	file->magic = inode->magic;
	if (!inode->inode)
		return;
	file->dev = mounts_tells_files_apart(inode->dev) ? inode->dev : 0;
	file->ino = file->dev ? inode->ino : inode->inode;
}

static void fill_file(struct arena *arena, const struct view *view, const struct mapping *map, struct proc_file *file)
{
	char *name = arena_strdup(arena, map->name);

	*file = (struct proc_file){.pid = view->pid, .start = map->start, .end = map->end};
	fill_numbers(map, file);
	file->is_main = !strcmp(name, view->exe); /* both with " (deleted)", where it applies */
	file->is_deleted = cut_suffix(name, " (deleted)");
	file->name = name_inside(view, name);
	if (file->is_deleted)
		file->path = arena_printf(arena, "/proc/%d/map_files/%llx-%llx", (int)view->pid,
					  (unsigned long long)map->start, (unsigned long long)map->end);
	else if (view->is_ours)
		file->path = name;
	else
		file->path = arena_printf(arena, "/proc/%d/root%s", (int)view->pid, file->name);
}

/* Which files of a list were met before, by their numbers. */
struct known {
	unsigned *heads; /* 1 + place in the list */
	unsigned mask;
};

static bool is_known(const struct known *known, const struct proc_file *files, const struct mapping *map, unsigned next)
{
	struct proc_file file;
	unsigned at;

	fill_numbers(map, &file);
	at = (unsigned)(file.ino * 31 + file.ino / 4096 + file.dev) & known->mask;
	for (; known->heads[at]; at = (at + 1) & known->mask)
		if (files[known->heads[at] - 1].ino == file.ino && files[known->heads[at] - 1].dev == file.dev)
			return true;
	known->heads[at] = next + 1;
	return false;
}

int proc_files(struct arena *arena, pid_t pid, struct proc_file **files, unsigned *files_len)
{
	struct arena *scratch = arena_new();
	struct known known = {.mask = 63};
	struct mappings maps;
	struct view view;
	int error;

	*files = NULL;
	*files_len = 0;
	error = view_open(&view, pid);
	if (!error)
		error = read_mappings(scratch, pid, &maps);
	if (!error) {
		while (known.mask < 2 * maps.len)
			known.mask = 2 * known.mask + 1;
		known.heads = arena_new_array(scratch, unsigned, known.mask + 1);
		for (unsigned i = 0; i < maps.len; i++)
			if (has_file(&maps.list[i]) && !is_known(&known, *files, &maps.list[i], *files_len))
				fill_file(arena, &view, &maps.list[i], arena_push(arena, *files, *files_len));
	}
	arena_free(scratch);
	return error;
}

int proc_maps(struct arena *arena, pid_t pid, struct proc_map **list, unsigned *list_len)
{
	struct arena *scratch = arena_new();
	struct mappings maps;
	struct view view;
	int error;

	*list = NULL;
	*list_len = 0;
	error = view_open(&view, pid);
	if (!error)
		error = read_mappings(scratch, pid, &maps);
	for (unsigned i = 0; !error && i < maps.len; i++) {
		const struct mapping *map = &maps.list[i];
		bool is_vdso = !strcmp(map->name, "[vdso]");
		struct proc_map *out;

		if (!has_file(map) && !is_vdso)
			continue;
		out = arena_push(arena, *list, *list_len);
		*out = (struct proc_map){
			.start = map->start, .end = map->end, .offset = map->offset, .is_vdso = is_vdso};
		if (is_vdso)
			out->file.name = arena_strdup(arena, map->name);
		else
			fill_file(arena, &view, map, &out->file);
	}
	arena_free(scratch);
	return error;
}

/* ---- our own ---- */

static int find_own_by_text(uint64_t address, struct mapping *map)
{
	struct buf text = {0};
	char *line, *end;
	int error = proc_read(getpid(), "maps", MAPS_TEXT_MAX, &text);

	if (!error)
		error = -ENOENT;
	for (line = text.data; error == -ENOENT && line && *line; line = end) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end++ = '\0';
		if (parse_mapping(line, map) && map->start <= address && address < map->end)
			error = 0;
	}
	buf_free(&text);
	return error;
}

static int find_own(uint64_t address, struct mapping *map)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	error = query(fd, 0, address, NULL, 0, map);
	close(fd);
	return error ? find_own_by_text(address, map) : 0;
}

static void resolve_own(struct mapping *map)
{
	struct arena *scratch = arena_new();
	struct mappings maps = {scratch, map, 1};

	map->name = "/";
	resolve_inodes(getpid(), &maps);
	arena_free(scratch);
}

int proc_map_own(int fd, bool resolve, struct proc_file *out)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0); /* never touched: it may have been cut */
	struct mapping map;
	int error;

	if (at == MAP_FAILED)
		return -errno;
	error = find_own((uintptr_t)at, &map);
	if (!error && resolve)
		resolve_own(&map);
	munmap(at, size);
	if (!error)
		fill_numbers(&map, out);
	return error;
}
