/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "front/d/check/ctx.h"

static unsigned hash(unsigned scope, const char *name)
{
	unsigned h = 2166136261u + scope;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h % NAMETAB_BUCKETS;
}

void nametab_init(struct nametab *tab, struct arena *arena)
{
	memset(tab, 0, sizeof(*tab));
	tab->arena = arena;
	tab->last = &tab->first;
}

void *nametab_find(const struct nametab *tab, unsigned scope, const char *name)
{
	const struct nametab_entry *entry = tab->buckets[hash(scope, name)];

	for (; entry; entry = entry->next)
		if (entry->scope == scope && !strcmp(entry->name, name))
			return entry->value;
	return NULL;
}

void nametab_add(struct nametab *tab, unsigned scope, const char *name, void *value)
{
	struct nametab_entry *entry = arena_new_one(tab->arena, struct nametab_entry);
	struct nametab_entry **bucket = &tab->buckets[hash(scope, name)];

	entry->name = name;
	entry->scope = scope;
	entry->value = value;
	entry->next = *bucket;
	*bucket = entry;
	*tab->last = entry;
	tab->last = &entry->newer;
	tab->len++;
}

void nametab_list(const struct nametab *tab, unsigned scope, struct arena *arena, const char ***list,
		  unsigned *list_len)
{
	const struct nametab_entry *entry;

	for (entry = tab->first; entry; entry = entry->newer)
		if (entry->scope == scope)
			*arena_push(arena, *list, *list_len) = entry->name;
}
