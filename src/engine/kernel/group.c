/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/group.h"

#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"
#include "lib/held.h"

/* One attach, for sorting by the instruction that it is about. */
struct attach_site {
	const struct site *site;
	unsigned attach;
};

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int place_compare(const void *left, const void *right)
{
	const struct attach_site *a = left, *b = right;
	int order = compare_u64(a->site->dev, b->site->dev);

	if (!order)
		order = compare_u64(a->site->ino, b->site->ino);
	if (!order)
		order = compare_u64(a->site->offset, b->site->offset);
	return order ? order : compare_u64(a->attach, b->attach);
}

static bool is_same_place(const struct attach_site *a, const struct attach_site *b)
{
	return a->site->dev == b->site->dev && a->site->ino == b->site->ino && a->site->offset == b->site->offset;
}

/*
 * The kernel keeps one semaphore per probed instruction and refuses (EINVAL) another attach there that names none: so a
 * function's entry that is a marker's site too names the marker's semaphore.
 */
static uint64_t *shared_refs(const struct image *image, struct arena *arena)
{
	struct attach_site *places = arena_new_array(arena, struct attach_site, image->attaches_len + 1);
	uint64_t *refs = arena_new_array(arena, uint64_t, image->attaches_len + 1);
	unsigned len = 0, i, end;

	for (i = 0; i < image->attaches_len; i++)
		if (kernel_engine_is_uprobe(&image->attaches[i]))
			places[len++] = (struct attach_site){image->attaches[i].site, i};
	qsort(places, len, sizeof(*places), place_compare);
	for (i = 0; i < len; i = end) {
		uint64_t ref = 0;

		for (end = i; end < len && is_same_place(&places[i], &places[end]); end++)
			if (!ref)
				ref = places[end].site->ref_ctr_offset;
		for (unsigned j = i; j < end; j++) {
			uint64_t own = places[j].site->ref_ctr_offset;

			refs[places[j].attach] = own ? own : ref;
		}
	}
	return refs;
}

static struct group *group_of(struct groups *groups, struct arena *arena, const struct image *image,
			      const struct image_attach *attach, unsigned unit)
{
	const struct site *site = attach->site;
	pid_t pid = attach->probe ? attach->probe->pid : 0;
	unsigned alone = image->programs[attach->program].may_sleep ? attach->program + 1 : 0;
	struct group *group;

	for (unsigned i = 0; i < groups->len; i++) {
		group = &groups->list[i];
		if (group->ino == site->ino && group->dev == site->dev && group->pid == pid && group->alone == alone &&
		    group->unit == unit)
			return group;
	}
	group = arena_push(arena, groups->list, groups->len);
	group->path = site->path;
	group->held = site->held;
	group->dev = site->dev;
	group->ino = site->ino;
	group->pid = pid;
	group->alone = alone;
	group->unit = unit;
	return group;
}

/*
 * Linux on x86 does not probe instructions with a lock or segment prefix, and one such site fails a whole link. Finding
 * it by trial costs tens of milliseconds per step, reading the file a microsecond. The kernel still has the last word:
 * a wrong guess in either direction only costs time.
 */
static bool is_suspect(struct held *held, uint64_t offset)
{
#ifdef __x86_64__
	static const char other_prefixes[] = "\x64\x65\x66\x67\xf2\xf3", bad_prefixes[] = "\x26\x2e\x36\x3e\xf0";
	char code[4] = "";
	unsigned i = 0;

	if (held_read(held, code, sizeof(code), offset) <= 0)
		return false;
	while (i + 1 < sizeof(code) && code[i] && strchr(other_prefixes, code[i]))
		i++;
	return code[i] && strchr(bad_prefixes, code[i]);
#else
	(void)held;
	(void)offset;
	return false;
#endif
}

/* Puts suspects last; the order is kept otherwise. */
static void group_part(const struct image *image, struct arena *arena, struct group *group)
{
	unsigned *suspects = arena_new_array(arena, unsigned, group->len), len = 0;

	for (unsigned i = 0; i < group->len; i++) {
		unsigned attach = group->attaches[i];

		if (is_suspect(group->held, image->attaches[attach].site->offset))
			suspects[group->suspects_len++] = attach;
		else
			group->attaches[len++] = attach;
	}
	memcpy(group->attaches + len, suspects, group->suspects_len * sizeof(*suspects));
}

static void group_fill(const struct image *image, struct arena *arena, struct group *group, const uint64_t *refs)
{
	group->offsets = arena_new_array(arena, uint64_t, group->len);
	group->refs = arena_new_array(arena, uint64_t, group->len);
	group->cookies = arena_new_array(arena, uint64_t, group->len);
	for (unsigned i = 0; i < group->len; i++) {
		const struct image_attach *attach = &image->attaches[group->attaches[i]];

		group->offsets[i] = attach->site->offset;
		group->refs[i] = refs[group->attaches[i]];
		group->cookies[i] = attach->cookie;
		if (group->is_mixed)
			group->cookies[i] = attach->cookie | (uint64_t)attach->program << 32;
	}
}

static const char *build_id_of(const struct kernel_engine *engine, const struct group *group)
{
	struct elf_file *elf;
	const char *id;

	if (!engine->target.pids_len || elf_file_read(group->held, group->path, &elf))
		return "";
	id = arena_strdup(engine->arena, elf_build_id(elf));
	elf_file_close(elf);
	return id;
}

struct groups groups_make(struct kernel_engine *engine, struct arena *arena)
{
	const struct image *image = engine->image;
	const uint64_t *refs = shared_refs(image, arena);
	struct groups groups = {0};

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		struct group *group;

		if (!kernel_engine_is_uprobe(attach))
			continue;
		group = group_of(&groups, arena, image, attach,
				 engine->keepers_len > 1 ? meter_unit(image, attach) : 0);
		*arena_push(arena, group->attaches, group->len) = i;
		if (image->attaches[group->attaches[0]].program != attach->program)
			group->is_mixed = engine->dispatcher >= 0;
	}
	for (unsigned i = 0; i < groups.len; i++) {
		group_part(image, arena, &groups.list[i]);
		group_fill(image, arena, &groups.list[i], refs);
		groups.list[i].build_id = build_id_of(engine, &groups.list[i]);
	}
	return groups;
}
