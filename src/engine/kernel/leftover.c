/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/leftover.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code/insn.h"
#include "engine/kernel/bpf.h"
#include "engine/kernel/keepers.h"
#include "lib/abi.h"
#include "lib/elf.h"
#include "lib/held.h"

enum { PAGE = 4096, ENTRIES = 512, CALL = 0xe8 };

/* Of a page in /proc/PID/pagemap. */
static const uint64_t page_is_there = 1ull << 63, page_is_swapped = 1ull << 62, page_is_of_file = 1ull << 61;

/* ---- finding ---- */

struct search {
	struct arena *arena;
	const struct live *live;
	const struct proc_map *map;
	struct held *held; /* the mapping's file; NULL: not opened yet */
	int memory, pagemap;
	struct leftovers *out;
};

static pid_t debugger_of(pid_t pid)
{
	char path[64], line[256];
	int debugger = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "TracerPid: %d", &debugger) == 1)
			break;
	if (file)
		fclose(file);
	return debugger;
}

/* Does the kernel's own code for probes stand there? Linux 6.18 and later put it into a process. */
static bool is_trampoline(pid_t pid, uint64_t address)
{
	unsigned long long start, end;
	char path[64], line[512];
	bool is_one = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	while (file && !is_one && fgets(line, sizeof(line), file))
		is_one = strstr(line, " [uprobes-trampoline]\n") && sscanf(line, "%llx-%llx", &start, &end) == 2 &&
			 address >= start && address < end;
	if (file)
		fclose(file);
	return is_one;
}

/*
 * A breakpoint; or what such a kernel makes of a five-byte nop that is probed, a call of its trampoline. Calls of
 * anything else are other people's (uftrace), and to treat them as ours would break the instruction.
 */
static bool is_probed(pid_t pid, const unsigned char *file, const unsigned char *memory, unsigned room,
		      uint64_t address)
{
	static const unsigned char nop[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
	int32_t distance;

	if (*memory == ABI_BREAKPOINT)
		return *file != ABI_BREAKPOINT;
	if (*memory != CALL || room < sizeof(nop) || memcmp(file, nop, sizeof(nop)) != 0)
		return false;
	memcpy(&distance, memory + 1, sizeof(distance));
	return is_trampoline(pid, address + sizeof(nop) + (uint64_t)(int64_t)distance);
}

static void compare_page(struct search *s, uint64_t address)
{
	unsigned char file[PAGE], memory[PAGE];
	uint64_t offset = address - s->map->start + s->map->offset;
	struct buf why = {0};
	ssize_t size;

	if (!s->held)
		held_open_mapped(&s->map->file, &s->held, &why);
	buf_free(&why);
	if (!s->held)
		return;
	size = held_read(s->held, file, PAGE, offset);
	if (size <= 0 || pread(s->memory, memory, (size_t)size, (off_t)address) != size)
		return;
	for (ssize_t i = 0; i < size; i++)
		if (is_probed(s->out->pid, file + i, memory + i, (unsigned)(size - i), address + (uint64_t)i) &&
		    !live_has(s->live, s->out->pid, s->map->file.name, offset + (uint64_t)i))
			*arena_push(s->arena, s->out->list, s->out->len) =
				(struct leftover){&s->map->file, offset + (uint64_t)i, address + (uint64_t)i};
}

/* Only pages that are the process's own can differ: a few, where it has hundreds of thousands. */
static void search_map(struct search *s)
{
	uint64_t entries[ENTRIES], address = s->map->start;

	while (address < s->map->end) {
		uint64_t left = (s->map->end - address) / PAGE;
		size_t want = (left < ENTRIES ? left : ENTRIES) * sizeof(*entries);
		ssize_t got = pread(s->pagemap, entries, want, (off_t)(address / PAGE * sizeof(*entries)));

		if (got <= 0)
			return;
		for (size_t i = 0; i < (size_t)got / sizeof(*entries); i++, address += PAGE)
			if (entries[i] & (page_is_there | page_is_swapped) && !(entries[i] & page_is_of_file))
				compare_page(s, address);
	}
}

static int open_of(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int leftovers_find(struct arena *arena, const struct live *live, pid_t pid, struct leftovers *out)
{
	struct search s = {.arena = arena,
			   .live = live,
			   .memory = open_of(pid, "mem"),
			   .pagemap = open_of(pid, "pagemap"),
			   .out = out};
	struct proc_map *maps;
	unsigned len = 0;
	int error = s.memory < 0 ? s.memory : s.pagemap < 0 ? s.pagemap : proc_maps(arena, pid, &maps, &len);

	*out = (struct leftovers){.pid = pid};
	for (unsigned i = 0; i < len && !error; i++) {
		s.map = &maps[i];
		if (s.map->is_vdso || !s.map->file.ino)
			continue;
		search_map(&s);
		held_close(s.held);
		s.held = NULL;
	}
	if (out->len)
		out->debugger = debugger_of(pid);
	if (s.memory >= 0)
		close(s.memory);
	if (s.pagemap >= 0)
		close(s.pagemap);
	return error == -ENOENT ? -ESRCH : error;
}

/* ---- healing ---- */

struct cure {
	const struct leftovers *left;
	struct held **held; /* of each leftover's file */
	uint64_t *refs;	    /* and its semaphore, which the kernel must be told again; 0: it has none */
	int program;
	bool has_multi;
};

static int link_once(const struct cure *cure, unsigned i, uint64_t ref)
{
	const struct leftover *leftover = &cure->left->list[i];
	const uint64_t cookie = 0;
	const struct uprobe_multi multi = {.path = held_path(cure->held[i]),
					   .offsets = &leftover->offset,
					   .refs = &ref,
					   .cookies = &cookie,
					   .len = 1,
					   .pid = cure->left->pid};
	const struct perf_uprobe uprobe = {
		.path = held_path(cure->held[i]), .offset = leftover->offset, .ref = ref, .pid = cure->left->pid};
	int event;

	if (cure->has_multi)
		return bpf_uprobe_multi_link(cure->program, &multi);
	event = perf_uprobe_open(&uprobe);
	return event < 0 ? event : bpf_perf_link(cure->program, event, 0);
}

/* A tracer may have left the semaphore unmentioned. */
static int link_again(void *data, unsigned i)
{
	const struct cure *cure = data;
	int fd;

	if (!cure->held[i])
		return -ESTALE;
	fd = link_once(cure, i, cure->refs[i]);
	return fd == -EINVAL && cure->refs[i] ? link_once(cure, i, 0) : fd;
}

struct semaphores {
	const struct elf_file *elf;
	const struct cure *cure;
	const struct proc_file *file;
};

static int take_semaphore(const struct elf_sdt_note *note, void *data)
{
	struct semaphores *s = data;
	uint64_t offset, ref;

	if (!note->semaphore || elf_code_offset(s->elf, note->vaddr, &offset) ||
	    elf_semaphore_offset(s->elf, note->semaphore, &ref))
		return 0;
	for (unsigned i = 0; i < s->cure->left->len; i++)
		if (s->cure->left->list[i].file == s->file && s->cure->left->list[i].offset == offset)
			s->cure->refs[i] = ref;
	return 0;
}

/* One mapping's file, from its first leftover on. */
static void open_file(struct cure *cure, unsigned first)
{
	const struct proc_file *file = cure->left->list[first].file;
	struct semaphores semaphores = {.cure = cure, .file = file};
	struct buf why = {0};
	struct elf_file *elf;

	held_open_mapped(file, &cure->held[first], &why);
	buf_free(&why);
	if (!cure->held[first])
		return;
	for (unsigned i = first + 1; i < cure->left->len && cure->left->list[i].file == file; i++)
		cure->held[i] = held_share(cure->held[first]);
	if (elf_file_read(cure->held[first], file->name, &elf))
		return;
	semaphores.elf = elf;
	elf_sdt_each(elf, take_semaphore, &semaphores);
	elf_file_close(elf);
}

static int load_nothing(bool has_multi)
{
	static const struct bpf_insn nothing[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	if (has_multi)
		opts.expected_attach_type = (enum bpf_attach_type)ATTACH_UPROBE_MULTI;
	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ct_leftover", "GPL", nothing, 2, &opts);
}

int leftovers_clean(struct arena *arena, const struct leftovers *left)
{
	struct cure cure = {.left = left, .has_multi = bpf_has_uprobe_multi(true)};
	int *results = arena_new_array(arena, int, left->len + 1), error;
	struct keepers keepers;

	cure.program = load_nothing(cure.has_multi);
	if (cure.program < 0)
		return cure.program;
	cure.held = arena_new_array(arena, struct held *, left->len + 1);
	cure.refs = arena_new_array(arena, uint64_t, left->len + 1);
	for (unsigned i = 0; i < left->len; i++)
		if (!i || left->list[i].file != left->list[i - 1].file)
			open_file(&cure, i);
	keepers_init(&keepers);
	error = keepers_run(&keepers, arena, left->len, link_again, &cure, results, 0);
	keepers_release(&keepers);
	keepers_wait(&keepers);
	for (unsigned i = 0; i < left->len; i++) {
		if (!error)
			error = results[i];
		held_close(cure.held[i]);
	}
	close(cure.program);
	return error;
}
