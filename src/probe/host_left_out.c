/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of the host could not be looked at, or probed: kept with its reason, and said once. */
#include "lib/trouble.h"
#include "probe/host_private.h"

void host_leave_out(struct probe_host *host, const struct host_binary *binary, const struct probe *probe,
		    const char *why)
{
	struct left_out *out = NULL;

	for (unsigned i = 0; i < host->left_out_len && !out; i++)
		if (host->left_out[i].binary == binary && host->left_out[i].why == why)
			out = &host->left_out[i];
	if (!out) {
		out = arena_push(host->arena, host->left_out, host->left_out_len);
		*out = (struct left_out){.binary = binary, .why = why};
	}
	*arena_push(host->arena, out->probes, out->len) = probe;
}

/* A probe without any other place is one that cannot be traced, and is said to be so where it is asked for. */
static void say_left_out(struct left_out *out, struct diags *diags)
{
	const struct probe *first = NULL, *last = NULL;
	const struct loc nowhere = {0};
	unsigned places = 0, probes = 0;

	for (; out->said_len < out->len; out->said_len++) {
		const struct probe *probe = out->probes[out->said_len];

		if (!probe->sites_len)
			continue;
		first = first ? first : probe;
		places++;
		probes += probe != last;
		last = probe;
	}
	if (places == 1)
		diag_warning(diags, nowhere, NULL, "a place of %s:::%s in %s is left out: %s", first->prov, first->name,
			     out->binary->path, out->why);
	else if (places)
		diag_warning(diags, nowhere, NULL, "%u places of %u marker%s in %s are left out, first of %s:::%s: %s",
			     places, probes, probes == 1 ? "" : "s", out->binary->path, first->prov, first->name,
			     out->why);
}

static void say_unread(struct unread *unread, struct diags *diags)
{
	const struct loc nowhere = {0};
	unsigned others = unread->len - unread->said_len - 1;

	if (unread->len == unread->said_len)
		return;
	if (others)
		diag_warning(diags, nowhere, NULL, "%s; and %u more", unread->why, others);
	else
		diag_warning(diags, nowhere, NULL, "%s", unread->why);
	unread->said_len = unread->len;
}

static void warn(void *diags, const char *sentence)
{
	diag_warning(diags, (struct loc){0}, NULL, "%s", sentence);
}

void host_say_left_out(struct probe_host *host, struct diags *diags)
{
	say_unread(&host->silent, diags);
	trouble_tell(warn, diags);
	if (host->target.pids_len || host->target.main_pid)
		say_unread(&host->hidden, diags);
	for (unsigned i = 0; i < host->left_out_len; i++)
		say_left_out(&host->left_out[i], diags);
}
