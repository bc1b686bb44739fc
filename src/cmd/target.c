/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/target.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceph/daemons.h"
#include "lib/proc.h"

enum rule_kind { RULE_DAEMON, RULE_CGROUP, RULE_CONTAINER, RULE_NAME };

struct target_rule {
	enum rule_kind kind;
	const char *text;
};

enum { NESTING_MAX = 16, CGROUP_TEXT_MAX = 64 * 1024, ID_MIN = 4, WAIT_US = 1000, WAIT_LOOKS = 100, WAIT_SELDOM = 50 };

/* What is being looked for, and what was found. */
struct search {
	struct arena *arena;
	const struct target_rule *rule;
	struct target_process **found;
	unsigned *found_len;
};

static bool is_there(const struct target_process *processes, unsigned len, pid_t pid)
{
	for (unsigned i = 0; i < len; i++)
		if (processes[i].pid == pid)
			return true;
	return false;
}

static void take(const struct search *search, pid_t pid, const char *label)
{
	struct target_process *process;

	if (is_there(*search->found, *search->found_len, pid))
		return;
	process = arena_push(search->arena, *search->found, *search->found_len);
	*process = (struct target_process){.pid = pid, .by_rule = true};
	snprintf(process->label, sizeof(process->label), "%s", label);
}

/* By the name of its command: of several in one group each is traced, and one that comes back is known again. */
static void take_by_comm(const struct search *search, pid_t pid)
{
	char comm[16] = "?";

	if (!proc_comm(pid, comm))
		take(search, pid, comm);
}

/* ---- daemons ---- */

static void find_daemons(const struct search *search)
{
	struct daemon *daemons = NULL;
	unsigned len = 0;

	daemons_find(search->arena, &daemons, &len);
	for (unsigned i = 0; i < len; i++)
		if (glob_match(search->rule->text, daemons[i].name))
			take(search, daemons[i].pid, daemons[i].name);
}

/* ---- control groups ---- */

static void find_in_group(const struct search *search, const char *path, unsigned depth)
{
	const char *procs = arena_printf(search->arena, "%s/cgroup.procs", path);
	FILE *file = fopen(procs, "re");
	struct dirent *entry;
	DIR *dir;
	int pid;

	while (file && fscanf(file, "%d", &pid) == 1)
		take_by_comm(search, pid);
	if (file)
		fclose(file);
	dir = depth < NESTING_MAX ? opendir(path) : NULL;
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			find_in_group(search, arena_printf(search->arena, "%s/%s", path, entry->d_name), depth + 1);
	if (dir)
		closedir(dir);
}

/* ---- containers ---- */

static bool starts_and_cut(char **text, const char *prefix)
{
	size_t size = strlen(prefix);

	if (strncmp(*text, prefix, size))
		return false;
	*text += size;
	return true;
}

/* docker-ID.scope, libpod-ID.scope, crio-ID.scope, cri-containerd-ID.scope, ID, ceph-FSID@osd.3.service */
static bool is_container(char *part, const char *wanted)
{
	static const char *const prefixes[] = {"docker-", "libpod-", "crio-", "cri-containerd-"};
	static const char *const ends[] = {".scope", ".service"};
	size_t size = strlen(part), hex;

	if (glob_match(wanted, part))
		return *wanted;
	for (unsigned i = 0; i < 2; i++) {
		size_t end = strlen(ends[i]);

		if (size > end && !strcmp(part + size - end, ends[i]))
			part[size - end] = '\0';
	}
	for (unsigned i = 0; i < 4 && !starts_and_cut(&part, prefixes[i]);)
		i++;
	hex = strspn(part, "0123456789abcdef");
	if (!part[hex] && hex >= 12 && strlen(wanted) >= ID_MIN && !strncmp(part, wanted, strlen(wanted)))
		return true;
	return glob_match(wanted, part);
}

static bool is_in_container(struct arena *arena, pid_t pid, const char *wanted)
{
	char *text = arena_alloc(arena, CGROUP_TEXT_MAX), *line, *part, *path;
	FILE *file = fopen(arena_printf(arena, "/proc/%d/cgroup", (int)pid), "re");
	size_t size = file ? fread(text, 1, CGROUP_TEXT_MAX - 1, file) : 0;

	if (file)
		fclose(file);
	text[size] = '\0';
	while ((line = strsep(&text, "\n"))) { /* 0::/system.slice/docker-ID.scope */
		path = strchr(line, ':');
		path = path ? strchr(path + 1, ':') : NULL;
		for (; path && (part = strsep(&path, "/"));)
			if (*part && is_container(part, wanted))
				return true;
	}
	return false;
}

static void find_in_containers(const struct search *search)
{
	struct arena *scratch = arena_new();
	pid_t *pids = NULL;
	unsigned len = 0;

	proc_pids(scratch, &pids, &len);
	for (unsigned i = 0; i < len; i++) {
		struct arena *one = arena_new();

		if (is_in_container(one, pids[i], search->rule->text))
			take_by_comm(search, pids[i]);
		arena_free(one);
	}
	arena_free(scratch);
}

/* ---- names ---- */

static void find_by_name(const struct search *search)
{
	struct arena *scratch = arena_new();
	pid_t *pids = NULL;
	unsigned len = 0;
	char comm[16];

	proc_pids(scratch, &pids, &len);
	for (unsigned i = 0; i < len; i++)
		if (!proc_comm(pids[i], comm) && !strncmp(comm, search->rule->text, sizeof(comm) - 1))
			take(search, pids[i], search->rule->text);
	arena_free(scratch);
}

/* ---- rules ---- */

static void find(const struct search *search)
{
	switch (search->rule->kind) {
	case RULE_DAEMON:
		find_daemons(search);
		break;
	case RULE_CGROUP:
		find_in_group(search, search->rule->text, 0);
		break;
	case RULE_CONTAINER:
		find_in_containers(search);
		break;
	case RULE_NAME:
		find_by_name(search);
		break;
	}
}

void target_find(const struct target_list *list, struct arena *arena, struct target_process **found,
		 unsigned *found_len)
{
	for (unsigned i = 0; i < list->rules_len; i++) {
		const struct search search = {arena, &list->rules[i], found, found_len};

		find(&search);
	}
}

/* Adds a rule and what it finds now; false: nothing. */
static bool add_rule(struct target_list *list, enum rule_kind kind, const char *text)
{
	struct target_rule *rule = arena_push(list->arena, list->rules, list->rules_len);
	const struct search search = {list->arena, rule, &list->processes, &list->processes_len};
	unsigned before = list->processes_len;

	*rule = (struct target_rule){kind, arena_strdup(list->arena, text)};
	find(&search);
	return list->processes_len > before;
}

/* ---- numbers ---- */

void target_add_process(struct target_list *list, pid_t pid)
{
	if (!is_there(list->processes, list->processes_len, pid))
		*arena_push(list->arena, list->processes, list->processes_len) = (struct target_process){.pid = pid};
}

pid_t *target_pids(const struct target_list *list, struct arena *arena, unsigned *len)
{
	pid_t *pids = arena_new_array(arena, pid_t, list->processes_len + 1);

	for (unsigned i = 0; i < list->processes_len; i++)
		pids[i] = list->processes[i].pid;
	*len = list->processes_len;
	return pids;
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
	target_add_process(list, (pid_t)pid);
	return true;
}

/* ---- what a person writes ---- */

static bool is_repeated(const struct daemon *daemons, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (!strcmp(daemons[i].name, daemons[j].name))
			return true;
	return false;
}

static void say_daemons(struct arena *arena, struct buf *why)
{
	struct daemon *daemons = NULL;
	unsigned len = 0;

	daemons_find(arena, &daemons, &len);
	if (!len) {
		buf_printf(why, ": no Ceph daemon runs on this host%s",
			   geteuid() ? ", or none that this user may look at (try as root)" : "");
		return;
	}
	buf_puts(why, "; running here:");
	for (unsigned i = 0; i < len; i++)
		if (!is_repeated(daemons, i)) /* two clusters on one host may both have an osd.0 */
			buf_printf(why, " %s", daemons[i].name);
}

bool target_add_daemon(struct target_list *list, const char *name, struct buf *why)
{
	unsigned before = list->processes_len;

	if (add_rule(list, RULE_DAEMON, name) || list->processes_len > before)
		return true;
	buf_printf(why, "there is no daemon `%s`", name);
	say_daemons(list->arena, why);
	return false;
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

/* Where the group is mounted; NULL: nowhere. */
static const char *group_path(struct arena *arena, const char *path)
{
	static const char *const mounts[] = {"", "/unified", "/systemd", "/pids", "/memory", "/cpu"};
	const char *full;

	if (!strncmp(path, "/sys/fs/cgroup", 14) && !access(arena_printf(arena, "%s/cgroup.procs", path), R_OK))
		return path;
	for (unsigned i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		full = arena_printf(arena, "/sys/fs/cgroup%s/%s", mounts[i], path + (*path == '/'));
		if (!access(arena_printf(arena, "%s/cgroup.procs", full), R_OK))
			return full;
	}
	return NULL;
}

bool target_add_cgroup(struct target_list *list, const char *path, struct buf *why)
{
	const char *full = group_path(list->arena, path);

	if (!full)
		buf_printf(why,
			   "there is no control group `%s` below /sys/fs/cgroup; `systemd-cgls` or /proc/PID/cgroup "
			   "name them",
			   path);
	else if (!add_rule(list, RULE_CGROUP, full))
		buf_printf(why, "no process is in the control group %s", full);
	else
		return true;
	return false;
}

bool target_add_container(struct target_list *list, const char *id, struct buf *why)
{
	if (add_rule(list, RULE_CONTAINER, id))
		return true;
	buf_printf(why,
		   "no process is in a container `%s`: give at least %d digits of its id, as `podman ps` or `crictl "
		   "ps` shows it, "
		   "or the unit of its service, such as ceph-*@osd.3.service",
		   id, ID_MIN);
	return false;
}

int target_take(struct target_list *list, int option, const char *text, struct buf *why)
{
	switch (option) {
	case 'p':
		return target_add_pid(list, text, why) ? 1 : -1;
	case TARGET_OSD:
		return target_add_osds(list, text, why) ? 1 : -1;
	case TARGET_DAEMON:
		return target_add_daemon(list, text, why) ? 1 : -1;
	case TARGET_CGROUP:
		return target_add_cgroup(list, text, why) ? 1 : -1;
	case TARGET_CONTAINER:
		return target_add_container(list, text, why) ? 1 : -1;
	default:
		return 0;
	}
}

/* The number of the last process that was made: while it stays, nothing has started. */
static unsigned last_pid(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	unsigned pid = 0;

	if (file && fscanf(file, "%*s %*s %*s %*s %u", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

bool target_wait_for(struct target_list *list, const char *name, bool (*interrupted)(void), struct buf *why)
{
	struct target_process *before = NULL, *now;
	struct target_rule rule = {RULE_NAME, name};
	unsigned before_len = 0, now_len;
	struct arena *scratch = arena_new();
	struct search search = {scratch, &rule, &before, &before_len};

	find(&search); /* those that run already are not waited for */
	for (unsigned last = 0, looks = 0, turn = 0; !interrupted(); usleep(WAIT_US), turn++) {
		struct arena *round;

		if (last_pid() != last)
			looks = WAIT_LOOKS; /* it becomes what it will be called only when it has run exec() */
		last = last_pid();
		if (!looks && turn % WAIT_SELDOM) /* but one that was there long before may run exec() too */
			continue;
		looks -= looks > 0;
		round = arena_new();
		now = NULL;
		now_len = 0;
		search = (struct search){round, &rule, &now, &now_len};
		find(&search);
		for (unsigned i = 0; i < now_len; i++) {
			if (is_there(before, before_len, now[i].pid))
				continue;
			*arena_push(list->arena, list->processes, list->processes_len) = now[i];
			*arena_push(list->arena, list->rules, list->rules_len) =
				(struct target_rule){RULE_NAME, arena_strdup(list->arena, name)};
			arena_free(round);
			arena_free(scratch);
			return true;
		}
		arena_free(round);
	}
	arena_free(scratch);
	buf_printf(why, "no process `%s` has started", name);
	return false;
}
