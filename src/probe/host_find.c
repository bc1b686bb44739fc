/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks providers for probes, and keeps what they find: each probe once, under one id. */
#include <stdlib.h>
#include <string.h>

#include "probe/host_private.h"

void probe_list_add(struct probe_list *list, struct probe *probe)
{
	*arena_push(list->arena, list->probes, list->len) = probe;
}

struct probe *host_probe_new(struct probe_host *host, const struct provider *provider, const char *prov,
			     const char *mod, const char *func, const char *name)
{
	struct probe *probe = arena_new_one(host->arena, struct probe);

	probe->provider = provider;
	probe->prov = arena_strdup(host->arena, prov);
	probe->mod = arena_strdup(host->arena, mod);
	probe->func = arena_strdup(host->arena, func);
	probe->name = arena_strdup(host->arena, name);
	return probe;
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619;
	return (hash ^ ':') * 16777619;
}

/* A function is known by its place: it may have several names, and one name several functions. */
static bool is_of_same_function(const struct probe *a, const struct probe *b)
{
	return a->binary && a->binary == b->binary && a->function == b->function && !strcmp(a->prov, b->prov);
}

static bool is_same_probe(const struct probe *a, const struct probe *b)
{
	if (a == b)
		return true;
	if (strcmp(a->name, b->name) != 0 || strcmp(a->prov, b->prov) != 0 || a->binary != b->binary)
		return false;
	return a->binary ? a->function == b->function : !strcmp(a->mod, b->mod) && !strcmp(a->func, b->func);
}

static uint32_t hash_probe(const struct probe *probe)
{
	uint32_t hash = hash_text(2166136261u, probe->prov);

	if (probe->binary)
		return (hash ^ (uint32_t)(probe->function ^ probe->function >> 32)) * 16777619;
	return hash_text(hash_text(hash_text(hash, probe->name), probe->mod), probe->func);
}

/*
 * The one object for this probe: the first that a provider made of it. A new one gets its id here; the entry and the
 * returns of a function have one text, though the descriptions that they were found by differ.
 */
static struct probe *intern(struct probe_host *host, struct probe *probe)
{
	struct probe_link **head = &host->probe_heads[hash_probe(probe) % PROBE_HEADS], *link;

	for (link = *head; link; link = link->next) {
		if (is_same_probe(link->probe, probe))
			return link->probe;
		if (is_of_same_function(link->probe, probe)) {
			probe->mod = link->probe->mod;
			probe->func = link->probe->func;
		}
	}
	link = arena_new_one(host->arena, struct probe_link);
	link->probe = probe;
	link->next = *head;
	*head = link;
	probe_list_add(&host->all, probe);
	probe->id = host->all.len;
	return probe;
}

static int id_compare(const void *a, const void *b)
{
	const struct probe *x = *(struct probe *const *)a, *y = *(struct probe *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

/* By id, each once. */
static void list_settle(struct probe_list *list)
{
	unsigned i, n = 0;

	if (list->len)
		qsort(list->probes, list->len, sizeof(*list->probes), id_compare);
	for (i = 0; i < list->len; i++) {
		if (!i || list->probes[i] != list->probes[i - 1])
			list->probes[n++] = list->probes[i];
	}
	list->len = n;
}

void host_ask(struct probe_host *host, const struct provider *provider, const struct probe_desc *desc,
	      struct probe_list *result, const char **why)
{
	struct probe_list found = {.arena = host->arena};
	const char *sentence = NULL;
	unsigned i;

	if (provider->match(host, desc, &found, &sentence) && !*why)
		*why = sentence;
	for (i = 0; i < found.len; i++) {
		if (provider->is_exact || probe_matches(found.probes[i], desc))
			probe_list_add(result, intern(host, found.probes[i]));
	}
}

void host_number_all(struct probe_host *host)
{
	static const struct probe_desc everything = {"", "", "", "", 0};
	struct probe_list list = {.arena = host->arena};
	const char *why = NULL;
	unsigned i;

	if (host->is_numbered)
		return;
	host->is_numbered = true;
	for (i = 0; host_providers[i]; i++)
		host_ask(host, host_providers[i], &everything, &list, &why);
}

static void find_by_id(struct probe_host *host, unsigned id, struct probe_list *result, const char **why)
{
	host_number_all(host);
	if (id <= host->all.len)
		probe_list_add(result, host->all.probes[id - 1]);
	else
		*why = arena_printf(host->arena, "there is no probe with id %u: ids go up to %u here", id,
				    host->all.len);
}

/* Nobody after this one is asked. */
static bool is_settled(const struct provider *provider, const struct probe_desc *desc, bool is_answered)
{
	const char *pattern = provider->claims == PROVIDER_CLAIMS_PROV ? desc->prov : desc->name;

	return is_answered && provider->claims && *pattern && probe_glob_is_plain(pattern);
}

/* Providers that people know from DTrace, and that are not here yet: better said than "no such provider". */
static const char *not_yet(struct arena *arena, const char *prov)
{
	static const char *const names[] = {"ip", "lockstat", "sysinfo", "tcp", "vminfo", "fpuinfo", "cpc", "udp"};

	if (!strcmp(prov, "rawfbt"))
		return "there is no provider `rawfbt`: `fbt` has every function of the kernel that can be traced";
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], prov))
			return arena_printf(arena, "the provider `%s` (probes of the kernel) is not supported yet",
					    prov);
	return NULL;
}

struct probe_list host_find(struct probe_source *source, const struct probe_desc *desc, const char **why_not)
{
	struct probe_host *host = source->data;
	struct probe_list result = {.arena = host->arena};
	const char *why = NULL;
	unsigned i;

	if (desc->id) {
		find_by_id(host, desc->id, &result, &why);
	} else {
		for (i = 0; host_providers[i]; i++) {
			host_ask(host, host_providers[i], desc, &result, &why);
			if (is_settled(host_providers[i], desc, result.len || why))
				break;
		}
		list_settle(&result);
		if (!result.len && !why)
			why = not_yet(host->arena, desc->prov);
		for (i = 0; !result.len && !why && host_providers[i]; i++)
			why = host_providers[i]->why_not ? host_providers[i]->why_not(host, desc) : NULL;
	}
	if (why_not)
		*why_not = result.len ? NULL : why;
	return result;
}
