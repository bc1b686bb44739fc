/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "check/ctx.h"

static unsigned hash(unsigned scope, const char *name)
{
	unsigned h = 2166136261u + scope;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h % NAMES_BUCKETS;
}

void names_init(struct names *names, struct arena *arena)
{
	memset(names, 0, sizeof(*names));
	names->arena = arena;
	names->last = &names->first;
}

void *names_find(const struct names *names, unsigned scope, const char *name)
{
	const struct names_entry *entry = names->buckets[hash(scope, name)];

	for (; entry; entry = entry->next)
		if (entry->scope == scope && !strcmp(entry->name, name))
			return entry->value;
	return NULL;
}

void names_add(struct names *names, unsigned scope, const char *name, void *value)
{
	struct names_entry *entry = arena_new_one(names->arena, struct names_entry);
	struct names_entry **bucket = &names->buckets[hash(scope, name)];

	entry->name = name;
	entry->scope = scope;
	entry->value = value;
	entry->next = *bucket;
	*bucket = entry;
	*names->last = entry;
	names->last = &entry->newer;
	names->len++;
}

void names_list(const struct names *names, unsigned scope, struct arena *arena, const char ***list, unsigned *list_len)
{
	const struct names_entry *entry;

	for (entry = names->first; entry; entry = entry->newer)
		if (entry->scope == scope)
			*arena_push(arena, *list, *list_len) = entry->name;
}
