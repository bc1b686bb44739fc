/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/file_markers.h"

#include <string.h>
#include <unistd.h>

#include "lib/held.h"
#include "probe/host.h"

static void add_marker(struct arena *arena, const struct probe *probe, struct file_markers *out)
{
	struct file_marker *marker = arena_push(arena, out->list, out->len);
	const struct site *site = probe->sites_len && !probe->why_not ? &probe->sites[0] : NULL;
	const char *why = probe->why_not;

	*marker = (struct file_marker){.name = arena_printf(arena, "%s:::%s", probe->prov, probe->name)};
	if (!site)
		marker->why = arena_strdup(arena, why ? why : "it has no place");
	for (unsigned i = 0; site && site->args && i < probe->args_len; i++) {
		marker->missing += site->args[i].why != NULL;
		why = why ? why : site->args[i].why;
	}
	out->usable += site != NULL;
	out->partly += marker->missing != 0;
	if (why && !out->why)
		out->why = arena_strdup(arena, why);
}

/* In the scope of a process that does not run it: ourselves. */
void file_markers_find(struct arena *arena, struct held *held, const char *path, struct file_markers *out)
{
	static const struct probe_desc markers = {"ceph_*", "", "", "", 0};
	struct target target = {.main_pid = getpid()};
	struct arena *scratch = arena_new();
	struct probe_host *host = probe_host_new(scratch, &target);
	struct probe_source source = probe_host_source(host);
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *why = NULL;
	struct probe_list list = {0};
	struct buf text = {0};

	*out = (struct file_markers){0};
	if (!host_add_held(host, held, path, &text))
		list = source.find(&source, &markers, &why);
	for (unsigned i = 0; i < list.len; i++)
		if (!strcmp(list.probes[i]->mod, base))
			add_marker(arena, list.probes[i], out);
	probe_host_free(host);
	arena_free(scratch);
	buf_free(&text);
}
