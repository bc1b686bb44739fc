/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays: elements by their keys, in the order in which they came. */
#include <stdlib.h>
#include <string.h>

#include "stap/run.h"

/* A number is 8 bytes, a text its bytes with the NUL: no two lists of keys are the same bytes. */
static size_t pack(const struct stap_var *var, const struct stap_value *keys, char *to)
{
	size_t size = 0;

	for (unsigned i = 0; i < var->keys_len; i++) {
		size_t n = keys[i].text ? strlen(keys[i].text) + 1 : sizeof(keys[i].number);

		if (to)
			memcpy(to + size, keys[i].text ? (const void *)keys[i].text : &keys[i].number, n);
		size += n;
	}
	return size;
}

void stap_remove(struct stap_global *global, struct stap_element *element)
{
	HASH_DEL(global->elements, element);
	global->len--;
	for (unsigned i = 0; i < global->var->keys_len; i++)
		free((char *)element->keys[i].text);
	free(element->keys);
	free((char *)element->value.text);
	stap_stat_free(element->stat);
	free(element);
}

void stap_clear(struct stap_global *global)
{
	while (global->elements)
		stap_remove(global, global->elements);
}

static struct stap_element *make_element(struct stap_global *global, const struct stap_value *keys, const char *key,
					 size_t size)
{
	const struct stap_var *var = global->var;
	struct stap_element *element = calloc(1, sizeof(*element) + size);

	if (!element || !(element->keys = calloc(var->keys_len, sizeof(*keys))))
		abort();
	for (unsigned i = 0; i < var->keys_len; i++)
		stap_store(&element->keys[i], keys[i]);
	memcpy(element->key, key, size);
	element->key_size = size;
	if (var->type == STAP_STATS)
		element->stat = stap_stat_new(var);
	else
		stap_store(&element->value, (struct stap_value){0, var->type == STAP_STRING ? "" : NULL});
	HASH_ADD_KEYPTR(hh, global->elements, element->key, element->key_size, element);
	global->len++;
	return element;
}

struct stap_element *stap_find(struct stap_run *run, struct stap_global *global, const struct stap_node *node,
			       const struct stap_value *keys, bool make)
{
	size_t size = pack(global->var, keys, NULL);
	char *key = stap_room(run, size);
	struct stap_element *element;
	int64_t most = global->var->size ? global->var->size : run->limits.entries;

	pack(global->var, keys, key);
	HASH_FIND(hh, global->elements, key, size, element);
	if (element || !make)
		return element;
	if (global->len >= most) {
		if (!global->var->wraps) {
			stap_fail(run, node, "Array overflow, check %s",
				  global->var->size ? "size limit" : "MAXMAPENTRIES");
			return NULL;
		}
		stap_remove(global, global->elements);
	}
	return make_element(global, keys, key, size);
}
