/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/target.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceph/daemons.h"
#include "lib/proc.h"
#include "lib/trouble.h"

enum rule_kind { RULE_DAEMON, RULE_CGROUP, RULE_CONTAINER, RULE_NAME };

struct target_rule {
	enum rule_kind kind;
	const char *text;
	bool is_old;	     /* it was looked for before */
	bool takes_doubtful; /* what it meant then was in doubt, and of this user: */
	uid_t uid;
};

enum { NESTING_MAX = 16, CGROUP_TEXT_MAX = 64 * 1024, ID_MIN = 4, WAIT_US = 1000, WAIT_LOOKS = 100, WAIT_SELDOM = 50 };

/* What is being looked for, and what was found. */
struct search {
	struct target_list *list;
	struct arena *arena;
	struct target_rule *rule;
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

static struct target_process *add_found(const struct search *search, pid_t pid, const char *label)
{
	struct target_process *process;

	for (unsigned i = 0; i < *search->found_len; i++)
		if ((*search->found)[i].pid == pid)
			return &(*search->found)[i];
	process = arena_push(search->arena, *search->found, *search->found_len);
	*process = (struct target_process){.pid = pid, .by_rule = true};
	snprintf(process->label, sizeof(process->label), "%s", label);
	return process;
}

/* By the name of its command: of several in one group each is traced, and one that comes back is known again. */
static void take_by_comm(const struct search *search, pid_t pid)
{
	char comm[16] = "?";

	if (!proc_comm(pid, comm))
		add_found(search, pid, comm);
}

/* ---- daemons ---- */

static struct identity *identity_of(struct target_list *list)
{
	if (!list->identity)
		list->identity = identity_new(list->arena);
	return list->identity;
}

/* A name can be had by several: two clusters on one host, and whoever calls himself so. */
static bool is_called(const struct daemon *daemon, const char *text)
{
	return probe_glob_match(text, daemon->own_name) || probe_glob_match(text, daemon->name);
}

/* The lowest rank of those that are beyond doubt and called so; INT_MAX: there is none. */
static int best_rank(const struct daemon *daemons, unsigned len, const char *text)
{
	int best = INT_MAX;

	for (unsigned i = 0; i < len; i++)
		if (!daemons[i].doubt && is_called(&daemons[i], text) && daemons[i].rank < best)
			best = daemons[i].rank;
	return best;
}

static void note_doubtful(struct target_list *list, const struct daemon *daemon)
{
	*arena_push(list->arena, list->notes, list->notes_len) =
		arena_printf(list->arena, "%s is process %d (uid %u, %s), in doubt: %s", daemon->own_name,
			     (int)daemon->pid, daemon->uid, daemon->file, identity_doubt_text(daemon->doubt));
}

/* Nobody else is called so: then it is meant, but not without a word. Later only what the same user runs. */
static void take_doubtful(const struct search *search, const struct daemon *daemon)
{
	struct target_rule *rule = search->rule;

	if (rule->is_old && (!rule->takes_doubtful || rule->uid != daemon->uid))
		return;
	add_found(search, daemon->pid, daemon->own_name)->is_vouched_for = true;
	if (rule->is_old)
		return;
	rule->takes_doubtful = true;
	rule->uid = daemon->uid;
	note_doubtful(search->list, daemon);
}

/* A plain name means those that are to be believed most; a pattern all that are beyond doubt. */
static void find_daemons(const struct search *search)
{
	const struct target all = {.vouches_for_all = true};
	const char *text = search->rule->text;
	bool is_plain = !text[strcspn(text, "*?[\\")];
	struct daemons_request request = {.identity = identity_of(search->list),
					  .target = search->list->vouches_for_all ? &all : NULL,
					  .with_doubtful_names =
						  is_plain && (!search->rule->is_old || search->rule->takes_doubtful)};
	struct daemon *daemons = NULL;
	unsigned len = 0;
	int best;

	daemons_look(&request, search->arena, &daemons, &len);
	best = best_rank(daemons, len, text);
	for (unsigned i = 0; i < len; i++) {
		const struct daemon *daemon = &daemons[i];

		if (!is_called(daemon, text) || daemon->doubt == DOUBT_NAME)
			continue;
		if (!daemon->doubt && (!is_plain || daemon->rank == best))
			add_found(search, daemon->pid, daemon->name);
		else if (is_plain && daemon->doubt && best == INT_MAX)
			take_doubtful(search, daemon);
		else if (is_plain && daemon->doubt && !search->rule->is_old)
			daemons_leave_out(request.identity, daemon, 1);
	}
}

/* ---- control groups ---- */

static void find_in_group(const struct search *search, const char *path, unsigned depth)
{
	const char *procs = arena_printf(search->arena, "%s/cgroup.procs", path);
	FILE *file = fopen(procs, "re");
	struct dirent *entry;
	DIR *dir;
	int pid, opened;

	while (file && fscanf(file, "%d", &pid) == 1)
		take_by_comm(search, pid);
	if (!file || ferror(file))
		trouble_note(-errno, "the processes of %s cannot be listed", path);
	if (file)
		fclose(file);
	dir = depth < NESTING_MAX ? opendir(path) : NULL;
	opened = errno;
	while (dir && (errno = 0, entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			find_in_group(search, arena_printf(search->arena, "%s/%s", path, entry->d_name), depth + 1);
	if (depth < NESTING_MAX)
		trouble_note(dir ? -errno : -opened, "the control groups below %s cannot be listed", path);
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

	if (probe_glob_match(wanted, part))
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
	return probe_glob_match(wanted, part);
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
			add_found(search, pids[i], search->rule->text);
	arena_free(scratch);
}

/* ---- rules ---- */

static void find_processes(struct search *search)
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
	search->rule->is_old = true;
}

void target_find(struct target_list *list, struct arena *arena, struct target_process **found, unsigned *found_len)
{
	for (unsigned i = 0; i < list->rules_len; i++) {
		struct search search = {list, arena, &list->rules[i], found, found_len};

		find_processes(&search);
	}
}

/* Adds a rule and what it finds now; false: nothing. */
static bool add_rule(struct target_list *list, enum rule_kind kind, const char *text)
{
	struct target_rule *rule = arena_push(list->arena, list->rules, list->rules_len);
	struct search search = {list, list->arena, rule, &list->processes, &list->processes_len};
	unsigned before = list->processes_len;

	*rule = (struct target_rule){.kind = kind, .text = arena_strdup(list->arena, text)};
	find_processes(&search);
	return list->processes_len > before;
}

/* ---- numbers ---- */

void target_add_process(struct target_list *list, pid_t pid)
{
	for (unsigned i = 0; i < list->processes_len; i++)
		if (list->processes[i].pid == pid) {
			list->processes[i].is_vouched_for = true;
			return;
		}
	*arena_push(list->arena, list->processes, list->processes_len) =
		(struct target_process){.pid = pid, .is_vouched_for = true};
}

void target_fill(const struct target_list *list, struct arena *arena, struct target *out)
{
	pid_t *pids = arena_new_array(arena, pid_t, list->processes_len + 1);
	pid_t *vouched = arena_new_array(arena, pid_t, list->processes_len + 1);

	out->vouched_len = 0;
	for (unsigned i = 0; i < list->processes_len; i++) {
		pids[i] = list->processes[i].pid;
		if (list->processes[i].is_vouched_for)
			vouched[out->vouched_len++] = pids[i];
	}
	out->pids = pids;
	out->pids_len = list->processes_len;
	out->vouched = vouched;
	out->vouches_for_all = list->vouches_for_all;
	out->identity = list->identity;
}

bool target_is_by_rule(const struct target_list *list)
{
	for (unsigned i = 0; list && i < list->processes_len; i++)
		if (list->processes[i].by_rule)
			return true;
	return false;
}

void target_say(struct target_list *list, void (*tell)(void *data, const char *sentence), void *data)
{
	for (unsigned i = 0; i < list->notes_len; i++)
		tell(data, list->notes[i]);
	list->notes_len = 0;
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
		if (!daemons[j].doubt && !strcmp(daemons[i].name, daemons[j].name))
			return true;
	return false;
}

static void say_doubtful(unsigned n, const char *name, struct buf *why)
{
	if (n)
		buf_printf(why,
			   "; %u process%s only look%s like it, `cephtap doctor` says why; `--untrusted --daemon '%s'` "
			   "takes %s",
			   n, n == 1 ? "" : "es", n == 1 ? "s" : "", name, n == 1 ? "it" : "them");
}

static void say_daemons(struct target_list *list, const char *name, struct buf *why)
{
	struct daemons_request request = {.identity = identity_of(list), .with_doubtful_names = true};
	unsigned len = 0, n = 0, doubtful = 0;
	struct daemon *daemons = NULL;

	daemons_look(&request, list->arena, &daemons, &len);
	for (unsigned i = 0; i < len; i++) {
		doubtful += daemons[i].doubt && daemons[i].doubt != DOUBT_NAME && is_called(&daemons[i], name);
		if (!daemons[i].doubt && !is_repeated(daemons, i)) /* clients of one user may have one name */
			buf_printf(why, "%s %s", n++ ? "" : "; running here:", daemons[i].name);
	}
	if (!n)
		buf_printf(why, ": no Ceph daemon runs on this host%s",
			   geteuid() ? ", or none that this user may look at (try as root)" : "");
	say_doubtful(doubtful, name, why);
}

bool target_add_daemon(struct target_list *list, const char *name, struct buf *why)
{
	unsigned before = list->processes_len;

	if (add_rule(list, RULE_DAEMON, name) || list->processes_len > before)
		return true;
	buf_printf(why, "there is no daemon `%s`", name);
	say_daemons(list, name, why);
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
	case TARGET_UNTRUSTED:
		list->vouches_for_all = true;
		target_find(list, list->arena, &list->processes,
			    &list->processes_len); /* what was chosen before it, too */
		return 1;
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

bool target_wait_for(struct target_list *list, const char *name, bool (*interrupted)(void),
		     void (*waits)(const char *name), struct buf *why)
{
	struct target_process *before = NULL, *now;
	struct target_rule rule = {.kind = RULE_NAME, .text = name};
	unsigned before_len = 0, now_len;
	struct arena *scratch = arena_new();
	struct search search = {list, scratch, &rule, &before, &before_len};

	find_processes(&search); /* those that run already are not waited for */
	waits(name);
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
		search = (struct search){list, round, &rule, &now, &now_len};
		find_processes(&search);
		for (unsigned i = 0; i < now_len; i++) {
			if (is_there(before, before_len, now[i].pid))
				continue;
			*arena_push(list->arena, list->processes, list->processes_len) = now[i];
			*arena_push(list->arena, list->rules, list->rules_len) =
				(struct target_rule){.kind = RULE_NAME, .text = arena_strdup(list->arena, name)};
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
