/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbols/mappings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utlist.h>

#include "lib/held.h"
#include "lib/memory.h"
#include "lib/proc.h"

enum { HEADS = 256, KEPT_MAX = 16 << 20 /* bytes: some 70,000 small programs */ };

struct process_link {
	struct mapped_process process; /* first, so that one is the other */
	struct process_link *next_of_head;
	struct process_link *prev, *next; /* by the time of the last look */
};

struct file_link {
	struct mapped_file file;
	struct file_link *next;
};

struct mappings {
	struct arena *arena;
	struct process_link *processes[HEADS], *by_look;
	size_t kept; /* bytes */
	struct file_link *files[HEADS];
};

struct mappings *mappings_new(struct arena *arena)
{
	struct mappings *mappings = arena_new_one(arena, struct mappings);

	mappings->arena = arena;
	return mappings;
}

static size_t size_of(const struct mapped_process *process)
{
	return sizeof(struct process_link) + process->maps_len * sizeof(*process->maps);
}

static void forget(struct mappings *mappings, struct process_link *link)
{
	struct process_link **at = &mappings->processes[(unsigned)link->process.pid % HEADS];

	while (*at != link)
		at = &(*at)->next_of_head;
	*at = link->next_of_head;
	DL_DELETE(mappings->by_look, link);
	mappings->kept -= size_of(&link->process);
	free(link->process.maps);
	free(link);
}

void mappings_free(struct mappings *mappings)
{
	while (mappings && mappings->by_look)
		forget(mappings, mappings->by_look);
	for (unsigned i = 0; mappings && i < HEADS; i++)
		for (struct file_link *link = mappings->files[i]; link; link = link->next) {
			dwarf_file_close(link->file.dwarf);
			functions_free(&link->file.functions);
			elf_file_close(link->file.elf);
		}
}

/* The kernel's code that every process has: the same in all, so ours will do. */
static int vdso_file(void)
{
	enum { PAGES_MAX = 16 };
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
	long page = sysconf(_SC_PAGESIZE);
	int fd = image ? memfd_create("vdso", MFD_CLOEXEC) : -1;

	for (unsigned i = 0; fd >= 0 && i < PAGES_MAX; i++)
		if (write(fd, image + (size_t)i * (size_t)page, (size_t)page) != page) /* EFAULT behind its end */
			break;
	return fd;
}

/* What cannot be read has frames without names. */
static void open_file(struct mapped_file *file, const struct proc_map *map)
{
	struct held *held = NULL;
	struct buf why = {0};
	int fd = map->is_vdso ? vdso_file() : -1;

	if (fd >= 0)
		held = held_take(fd);
	else if (!map->is_vdso)
		held_open_mapped(&map->file, &held, &why);
	if (held && elf_file_read(held, file->name, &file->elf))
		file->elf = NULL;
	held_close(held);
	buf_free(&why);
}

static struct mapped_file *file_of(struct mappings *mappings, pid_t pid, const struct proc_map *map)
{
	struct file_link **head = &mappings->files[(unsigned)map->file.ino % HEADS], *link;
	const char *name, *slash;

	for (link = *head; link; link = link->next)
		if (link->file.ino == map->file.ino && link->file.dev == map->file.dev)
			return &link->file;
	link = arena_new_one(mappings->arena, struct file_link);
	*link = (struct file_link){.next = *head};
	*head = link;
	name = arena_strdup(mappings->arena, map->file.name);
	slash = strrchr(name, '/');
	link->file = (struct mapped_file){
		.dev = map->file.dev, .ino = map->file.ino, .name = name, .base = slash ? slash + 1 : name};
	proc_root(pid, link->file.root);
	open_file(&link->file, map);
	return &link->file;
}

struct mapped_process *mappings_process(struct mappings *mappings, pid_t pid)
{
	struct process_link *link = mappings->processes[(unsigned)pid % HEADS];

	while (link && link->process.pid != pid)
		link = link->next_of_head;
	return link ? &link->process : NULL;
}

static struct mapped_process *add_process(struct mappings *mappings, pid_t pid)
{
	struct process_link *link = calloc(1, sizeof(*link));

	if (!link)
		memory_end();
	link->process.pid = pid;
	link->next_of_head = mappings->processes[(unsigned)pid % HEADS];
	mappings->processes[(unsigned)pid % HEADS] = link;
	DL_APPEND(mappings->by_look, link);
	mappings->kept += size_of(&link->process);
	return &link->process;
}

static bool is_known(const struct mapped_process *process, const struct proc_map *maps, unsigned maps_len)
{
	if (process->newest_len != maps_len)
		return false;
	for (unsigned i = 0; i < maps_len; i++)
		if (process->maps[i].start != maps[i].start || process->maps[i].end != maps[i].end ||
		    process->maps[i].file->ino != maps[i].file.ino)
			return false;
	return true;
}

static int by_start(const void *key, const void *element)
{
	const struct code_mapping *a = key, *b = element;

	return (a->start > b->start) - (a->start < b->start);
}

static bool is_among(const struct code_mapping *maps, unsigned len, const struct code_mapping *map)
{
	const struct code_mapping *same = bsearch(map, maps, len, sizeof(*maps), by_start);

	return same && same->end == map->end && same->bias == map->bias && same->file == map->file;
}

static void take_maps(struct mappings *mappings, struct mapped_process *process, const struct proc_map *maps,
		      unsigned maps_len)
{
	struct code_mapping *all = malloc((maps_len + process->maps_len) * sizeof(*all));
	unsigned n = maps_len;

	if (!all)
		memory_end();
	for (unsigned i = 0; i < maps_len; i++) {
		struct mapped_file *file = file_of(mappings, process->pid, &maps[i]);
		uint64_t vaddr = maps[i].offset;

		if (file->elf)
			elf_offset_to_vaddr(file->elf, maps[i].offset, &vaddr);
		all[i] = (struct code_mapping){maps[i].start, maps[i].end, maps[i].start - vaddr, file};
	}
	for (unsigned i = 0; i < process->maps_len; i++)
		if (!is_among(all, maps_len, &process->maps[i]))
			all[n++] = process->maps[i];
	free(process->maps);
	mappings->kept -= size_of(process);
	process->maps = all;
	process->newest_len = maps_len;
	process->maps_len = n;
	mappings->kept += size_of(process);
}

/* It is the last that is forgotten now. */
static void note_look(struct mappings *mappings, struct mapped_process *process)
{
	struct process_link *link = (struct process_link *)process;

	DL_DELETE(mappings->by_look, link);
	DL_APPEND(mappings->by_look, link);
	while (mappings->kept > KEPT_MAX && mappings->by_look != link)
		forget(mappings, mappings->by_look);
}

struct mapped_process *mappings_look(struct mappings *mappings, pid_t pid)
{
	struct mapped_process *process = mappings_process(mappings, pid);
	struct arena *scratch = arena_new(); /* most looks find what is known */
	struct proc_map *maps;
	unsigned maps_len;

	if (!proc_maps(scratch, pid, &maps, &maps_len) && maps_len) {
		if (!process)
			process = add_process(mappings, pid);
		if (!is_known(process, maps, maps_len))
			take_maps(mappings, process, maps, maps_len);
		note_look(mappings, process);
	}
	arena_free(scratch);
	return process;
}

const struct code_mapping *mappings_find(const struct mapped_process *process, uint64_t address)
{
	for (unsigned i = 0; process && i < process->maps_len; i++)
		if (address >= process->maps[i].start && address < process->maps[i].end)
			return &process->maps[i];
	return NULL;
}
