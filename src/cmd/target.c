/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/target.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceph/daemons.h"
#include "lib/proc.h"

static void add(struct target_list *list, pid_t pid)
{
	for (unsigned i = 0; i < list->pids_len; i++)
		if (list->pids[i] == pid)
			return;
	*arena_push(list->arena, list->pids, list->pids_len) = pid;
}

bool target_add_pid(struct target_list *list, const char *text, struct buf *why)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || pid <= 0 || pid != (pid_t)pid) {
		list->is_misused = true;
		buf_printf(why, "-p wants a process id, not `%s`", text);
		return false;
	}
	if (proc_has_ended((pid_t)pid)) {
		buf_printf(why, "there is no process %ld", pid);
		return false;
	}
	add(list, (pid_t)pid);
	return true;
}

static bool is_repeated(const struct daemon *daemons, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (!strcmp(daemons[i].name, daemons[j].name))
			return true;
	return false;
}

static void say_daemons(const struct daemon *daemons, unsigned daemons_len, struct buf *why)
{
	if (!daemons_len) {
		buf_printf(why, ": no Ceph daemon runs on this host%s",
			   geteuid() ? ", or none that this user may look at (try as root)" : "");
		return;
	}
	buf_puts(why, "; running here:");
	for (unsigned i = 0; i < daemons_len; i++)
		if (!is_repeated(daemons, i)) /* two clusters on one host may both have an osd.0 */
			buf_printf(why, " %s", daemons[i].name);
}

bool target_add_daemon(struct target_list *list, const char *name, struct buf *why)
{
	struct daemon *daemons = NULL;
	unsigned daemons_len = 0, before = list->pids_len;
	bool found = false;

	daemons_find(list->arena, &daemons, &daemons_len);
	for (unsigned i = 0; i < daemons_len; i++)
		if (glob_match(name, daemons[i].name)) {
			add(list, daemons[i].pid);
			found = true;
		}
	if (!found) {
		buf_printf(why, "there is no daemon `%s`", name);
		say_daemons(daemons, daemons_len, why);
	}
	return found || list->pids_len > before;
}

static bool are_osd_ids(const char *ids)
{
	bool is_digit_before = false;

	for (; *ids; ids++) {
		if (!isdigit((unsigned char)*ids) && (*ids != ',' || !is_digit_before))
			return false;
		is_digit_before = *ids != ',';
	}
	return is_digit_before;
}

bool target_add_osds(struct target_list *list, const char *ids, struct buf *why)
{
	char *rest = arena_strdup(list->arena, ids), *id;

	if (!are_osd_ids(ids)) {
		list->is_misused = true;
		buf_printf(why, "--osd wants numbers such as 3 or 0,2, not `%s`", ids);
		return false;
	}
	while ((id = strsep(&rest, ",")))
		if (!target_add_daemon(list, arena_printf(list->arena, "osd.%s", id), why))
			return false;
	return true;
}
