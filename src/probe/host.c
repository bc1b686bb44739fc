/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of providers, and the life of a host of probes. */
#include "ceph/identity.h"
#include "probe/host_private.h"

const struct provider *const host_providers[] = {
#define ROW(name) &provider_##name,
	PROVIDERS(ROW)
#undef ROW
		NULL,
};

struct arena *host_arena(struct probe_host *host)
{
	return host->arena;
}

const struct target *host_target(const struct probe_host *host)
{
	return &host->target;
}

struct identity *host_identity(struct probe_host *host)
{
	if (!host->identity)
		host->identity = identity_new(host->arena);
	return host->identity;
}

bool target_vouches_for(const struct target *target, pid_t pid)
{
	if (!target)
		return false;
	for (unsigned i = 0; i < target->vouched_len; i++)
		if (target->vouched[i] == pid)
			return true;
	return target->vouches_for_all;
}

void **host_slot(struct probe_host *host, const struct provider *provider)
{
	unsigned i = 0;

	while (host_providers[i] != provider)
		i++;
	return &host->slots[i];
}

void probe_load_args(struct probe_host *host, struct probe *probe)
{
	if (!probe->has_typed || probe->is_loaded)
		return;
	probe->is_loaded = true;
	probe->provider->load_args(host, probe);
}

static void host_load_args(struct probe_source *source, struct probe *probe)
{
	probe_load_args(source->data, probe);
}

static const char *source_whose(struct probe_source *source, const struct site *site)
{
	return site_is_kernel(site) ? "" : host_whose(source->data, site->dev, site->ino);
}

struct probe_source probe_host_source(struct probe_host *host)
{
	return (struct probe_source){
		.data = host, .find = host_find, .load_args = host_load_args, .whose = source_whose};
}

struct probe_host *probe_host_new(struct arena *arena, const struct target *target)
{
	static const struct probe_desc dtrace = {"dtrace", "", "", "", 0};
	struct probe_host *host = arena_new_one(arena, struct probe_host);
	struct probe_list list = {.arena = arena};
	const char *why = NULL;

	host->arena = arena;
	host->all.arena = arena;
	if (target)
		host->target = *target;
	host->identity = host->target.identity;
	host->slots = arena_new_array(arena, void *, sizeof(host_providers) / sizeof(*host_providers));
	host_ask(host, &provider_dtrace, &dtrace, &list,
		 &why); /* BEGIN, END and ERROR are 1, 2 and 3, whatever else is found */
	return host;
}

void probe_host_free(struct probe_host *host)
{
	unsigned i;

	if (!host)
		return;
	for (i = 0; host_providers[i]; i++)
		if (host_providers[i]->forget)
			host_providers[i]->forget(host);
	for (i = 0; i < host->binaries_len; i++) {
		elf_file_close(host->binaries[i]->elf);
		held_close(host->binaries[i]->held);
		unwind_free(host->binaries[i]->unwind);
	}
	host->binaries_len = 0;
}
