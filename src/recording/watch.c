/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/watch.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) memory_end()
#include <uthash.h>

#include "lib/memory.h"
#include "report/report.h"

/* A value to look at. */
struct watched {
	const struct field *field;
	uint32_t present; /* of a record's action: the byte that says that it is there */
	unsigned what;
	bool is_address; /* an integer, which may be an address of the kernel */
};

/* Those of a clause's record, or of an aggregation's key. */
struct watched_list {
	struct watched *list;
	unsigned len;
};

struct seen {
	UT_hash_handle hh;
	struct seen_key {
		uint64_t number, what;
	} key;
};

struct watch {
	struct watch_config config;
	struct arena *arena;
	struct watched_list *clauses, *aggs;
	struct seen *seen;
};

/* ---- what there is to look at ---- */

static bool is_watched(const struct field *field, bool is_address, struct watched *watched)
{
	*watched = (struct watched){.field = field};
	switch (field->kind) {
	case FIELD_STACK:
		watched->what = WATCH_STACK;
		return true;
	case FIELD_SYMBOL:
		watched->what = field->form;
		return true;
	case FIELD_INT:
		watched->what = SYMBOL_ADDRESS;
		watched->is_address = is_address;
		return is_address;
	default:
		return false;
	}
}

static void add(struct watch *watch, struct watched_list *list, const struct field *field, bool is_address,
		uint32_t present)
{
	struct watched watched;

	if (!is_watched(field, is_address, &watched))
		return;
	watched.present = present;
	*arena_push(watch->arena, list->list, list->len) = watched;
}

static const struct format *format_of(struct watch *watch, const struct record_action *action)
{
	return action->format ? format_parse(watch->arena, action->format, strlen(action->format), NULL) : NULL;
}

/* printa() prints keys by its format. */
static void add_keys(struct watch *watch, const struct format *format, const struct record_action *action)
{
	for (unsigned i = 0; format && i < action->aggs_len; i++) {
		const struct agg_layout *agg = &watch->config.schema->aggs[action->aggs[i]];

		for (unsigned key = 0; key < agg->keys_len; key++)
			if (agg->keys[key].kind == FIELD_INT && format_prints_address(format, key))
				add(watch, &watch->aggs[action->aggs[i]], &agg->keys[key], true, 0);
	}
}

static void add_clause(struct watch *watch, const struct record_layout *layout, struct watched_list *list)
{
	for (unsigned i = 0; i < layout->actions_len; i++) {
		const struct record_action *action = &layout->actions[i];
		const struct format *format = format_of(watch, action);

		add_keys(watch, format, action);
		for (unsigned j = 0; j < action->fields_len; j++)
			add(watch, list, &action->fields[j], format && format_prints_address(format, j),
			    action->present);
	}
}

struct watch *watch_new(const struct watch_config *config)
{
	struct arena *arena = arena_new();
	struct watch *watch = arena_new_one(arena, struct watch);
	const struct schema *schema = config->schema;

	watch->config = *config;
	watch->arena = arena;
	watch->clauses = arena_new_array(arena, struct watched_list, schema->clauses_len + 1);
	watch->aggs = arena_new_array(arena, struct watched_list, schema->aggs_len + 1);
	for (unsigned i = 0; i < schema->aggs_len; i++)
		for (unsigned key = 0; key < schema->aggs[i].keys_len; key++)
			add(watch, &watch->aggs[i], &schema->aggs[i].keys[key], false, 0);
	for (unsigned i = 0; i < schema->clauses_len; i++)
		add_clause(watch, &schema->clauses[i], &watch->clauses[i]);
	return watch;
}

void watch_free(struct watch *watch)
{
	HASH_CLEAR(hh, watch->seen);
	arena_free(watch->arena);
}

/* ---- looking ---- */

void watch_number(struct watch *watch, uint64_t number, unsigned what)
{
	struct seen_key key = {number, what};
	struct seen *seen;

	HASH_FIND(hh, watch->seen, &key, sizeof(key), seen);
	if (seen)
		return;
	seen = arena_new_one(watch->arena, struct seen);
	seen->key = key;
	HASH_ADD(hh, watch->seen, key, sizeof(seen->key), seen);
	watch->config.see(watch->config.data, number, what);
}

static void look(struct watch *watch, const struct watched *watched, const void *data)
{
	uint64_t number = field_int(watched->field, (const char *)data + watched->field->offset);

	if (number && (!watched->is_address || symbol_is_kernel(number)))
		watch_number(watch, number, watched->what);
}

void watch_key(struct watch *watch, unsigned agg, const void *key)
{
	const struct watched_list *list = &watch->aggs[agg];

	for (unsigned i = 0; i < list->len; i++)
		look(watch, &list->list[i], key);
}

void watch_record(struct watch *watch, const struct record_head *head, size_t size)
{
	const struct schema *schema = watch->config.schema;
	const struct watched_list *list;

	if (head->clause >= schema->clauses_len || size < schema->clauses[head->clause].size)
		return;
	list = &watch->clauses[head->clause];
	for (unsigned i = 0; i < list->len; i++)
		if (((const unsigned char *)head)[list->list[i].present] == 1)
			look(watch, &list->list[i], head);
}
