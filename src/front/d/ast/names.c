/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of names, hashed: a script of a megabyte may hold a hundred thousand typedefs. */
#include "front/d/ast/parse.h"

#include <string.h>

struct names {
	struct arena *arena;
	const char **slots; /* a power of two of them, at most half in use */
	size_t room, len;
};

static size_t hash(const char *text, size_t size)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)text[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

struct names *names_new(struct arena *arena)
{
	struct names *names = arena_new_one(arena, struct names);

	names->arena = arena;
	return names;
}

/* The name's slot, or the free one where it belongs. */
static const char **slot_of(const struct names *names, const char *text, size_t size)
{
	size_t i = hash(text, size) & (names->room - 1);

	while (names->slots[i] && (strncmp(names->slots[i], text, size) != 0 || names->slots[i][size]))
		i = (i + 1) & (names->room - 1);
	return &names->slots[i];
}

static void grow(struct names *names)
{
	struct names bigger = {.arena = names->arena, .room = names->room ? 2 * names->room : 16, .len = names->len};

	bigger.slots = arena_new_array(names->arena, const char *, bigger.room);
	for (size_t i = 0; i < names->room; i++) {
		if (names->slots[i])
			*slot_of(&bigger, names->slots[i], strlen(names->slots[i])) = names->slots[i];
	}
	*names = bigger;
}

void names_add(struct names *names, const char *name)
{
	const char **slot;

	if (2 * names->len >= names->room)
		grow(names);
	slot = slot_of(names, name, strlen(name));
	names->len += !*slot;
	*slot = name;
}

bool names_has(const struct names *names, const char *text, size_t size)
{
	return names->room && *slot_of(names, text, size);
}
