/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap doctor`: what works on this host, what does not, why, and what to do. A check does the thing rather than ask
 * for version numbers wherever it can.
 */
#include <getopt.h>
#include <json-c/json.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/daemon_rows.h"
#include "cmd/option.h"
#include "cmd/leftovers.h"
#include "engine/engine.h"
#include "lib/kernel.h"
#include "lib/shown.h"
#include "probe/host.h"

static const char usage[] =
	"Usage: cephtap doctor [--json]\n"
	"       cephtap doctor --clean PID\n"
	"\n"
	"What works on this host, what does not, why, and what to do: the kernel, privileges, Ceph's daemons.\n"
	"Nothing of any process is touched. Exit status: 0 when scripts can be run, 1 when not.\n"
	"\n";

enum status { STATUS_OK, STATUS_WARNING, STATUS_MISSING };

static const char *const status_names[] = {"ok", "warning", "missing"};

struct check {
	const char *group, *name;
	enum status status;
	const char *detail, *advice; /* NULL: nothing to say */
};

struct doctor {
	struct arena *arena;
	struct check *checks;
	unsigned checks_len;
	const struct engine_ops *engine; /* that is being examined */
	bool works;
};

static void add(struct doctor *d, const char *group, const char *name, enum status status, const char *detail,
		const char *advice)
{
	*arena_push(d->arena, d->checks, d->checks_len) = (struct check){group, name, status, detail, advice};
}

/* ---- the kernel ---- */

static void check_release(struct doctor *d)
{
	struct utsname name;

	uname(&name);
	if (strcmp(name.machine, "x86_64"))
		add(d, "kernel", "architecture", STATUS_MISSING, arena_strdup(d->arena, name.machine),
		    "arguments of markers and functions are read on x86_64 only");
	add(d, "kernel", "release", STATUS_OK, arena_printf(d->arena, "Linux %s, %s", name.release, name.machine),
	    NULL);
}

static void on_finding(void *data, const struct engine_finding *finding)
{
	static const enum status statuses[] = {
		[ENGINE_GOOD] = STATUS_OK, [ENGINE_POOR] = STATUS_WARNING, [ENGINE_MISSING] = STATUS_MISSING};
	struct doctor *d = data;

	add(d, d->engine->name, finding->name, statuses[finding->status],
	    finding->detail ? arena_strdup(d->arena, finding->detail) : NULL,
	    finding->advice ? arena_strdup(d->arena, finding->advice) : NULL);
}

static void check_engines(struct doctor *d)
{
	for (unsigned i = 0; (d->engine = engine_nth(i)); i++)
		d->works |= engine_examine(d->engine, on_finding, d);
}

static void check_proc(struct doctor *d)
{
	if (kernel_proc_why())
		add(d, "kernel", "/proc", STATUS_MISSING, kernel_proc_why(), NULL);
}

/* ---- privileges ---- */

static uint64_t capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capget, &head, data) ? 0 : data[0].effective | (uint64_t)data[1].effective << 32;
}

static void check_capabilities(struct doctor *d)
{
	static const struct {
		unsigned bit;
		const char *name, *without;
	} wanted[] = {
		{39, "CAP_BPF", "programs cannot be loaded"},
		{38, "CAP_PERFMON", "programs cannot be attached"},
		{19, "CAP_SYS_PTRACE", "processes of other users cannot be looked at"},
	};
	const uint64_t has = capabilities(), admin = UINT64_C(1) << 21;
	char *lacking = "";

	for (unsigned i = 0; i < 3; i++)
		if (!(has >> wanted[i].bit & 1) && !((has & admin) && i < 2))
			lacking = arena_printf(d->arena, "%s%s%s: %s", lacking, *lacking ? "; " : "no ", wanted[i].name,
					       wanted[i].without);
	add(d, "privileges", "capabilities", *lacking ? STATUS_MISSING : STATUS_OK,
	    *lacking	? lacking
	    : geteuid() ? "enough, though not root"
			: "root",
	    *lacking ? "run it as root, e.g. with sudo" : NULL);
}

static void check_lockdown(struct doctor *d)
{
	if (kernel_is_locked_down())
		add(d, "privileges", "lockdown", STATUS_MISSING, "the kernel is locked down for confidentiality",
		    "programs may not read memory: boot without lockdown=confidentiality");
}

static void check_namespace(struct doctor *d)
{
	uint64_t dev, ino;

	if (kernel_pid_namespace(&dev, &ino))
		add(d, "privileges", "process numbers", STATUS_WARNING,
		    "this is a container with its own numbers of processes",
		    "only its processes can be chosen; share the host's namespace (docker run --pid=host) to see all");
	else
		add(d, "privileges", "process numbers", STATUS_OK, "those of the whole host", NULL);
}

static void check_limits(struct doctor *d)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_max < 4096)
		add(d, "privileges", "open files", STATUS_WARNING,
		    arena_printf(d->arena, "at most %llu", (unsigned long long)limit.rlim_max),
		    "many probes on a kernel without multi-uprobe links need more: ulimit -n 65536");
}

/* ---- processes ---- */

static void check_leftovers(struct doctor *d)
{
	enum { SHOWN_MAX = 20 };
	struct leftover_text *texts = NULL;
	unsigned len, processes;

	leftovers_say(d->arena, &texts, &len, &processes);
	for (unsigned i = 0; i < len && i < SHOWN_MAX; i++)
		add(d, "processes", "breakpoints", STATUS_WARNING,
		    arena_printf(d->arena, "process %d (%s): %s", (int)texts[i].pid, texts[i].name, texts[i].text),
		    texts[i].advice);
	if (len > SHOWN_MAX)
		add(d, "processes", "breakpoints", STATUS_WARNING,
		    arena_printf(d->arena, "and in %u more processes", len - SHOWN_MAX), "once for each: --clean");
	if (!len && processes)
		add(d, "processes", "breakpoints", STATUS_OK,
		    arena_printf(d->arena, "none was left behind in %u processes", processes), NULL);
}

/* ---- Ceph ---- */

static const char *describe_build(struct arena *arena, const struct daemon_row *row)
{
	const struct packaging *from = &row->packaging;
	const char *where = from->image ? from->image : from->package ? from->package : from->system;

	return arena_printf(arena, "%s%s, build %.8s, %s debug information%s%s%s", row->release ? "Ceph " : "",
			    row->release ? row->release : "release not known",
			    row->build_id ? row->build_id : "without a build-id", row->has_debug ? "with" : "no",
			    from->is_contained ? ", in a container" : "", where ? ", " : "", where ? where : "");
}

static void check_daemon(struct doctor *d, const struct daemon_row *row)
{
	const struct daemon *daemon = row->daemon;
	const char *name = arena_strdup(d->arena, daemon->name), *detail;
	bool is_whole = !row->advice && row->markers;

	if (!row->program) {
		add(d, "Ceph", name, STATUS_WARNING,
		    arena_printf(d->arena, "process %d cannot be looked at", (int)daemon->pid), row->advice);
		return;
	}
	detail = arena_printf(d->arena, "process %d (uid %u), %s: %s; %s", (int)daemon->pid, daemon->uid, row->program,
			      describe_build(d->arena, row), daemon_row_count(d->arena, row));
	for (unsigned i = 0; i < row->evidence_len; i++)
		detail = arena_printf(d->arena, "%s; %u %s", detail, row->evidence[i].markers, row->evidence[i].text);
	add(d, "Ceph", name, is_whole ? STATUS_OK : STATUS_WARNING,
	    row->why ? arena_printf(d->arena, "%s; the first that cannot be attached: %s", detail, row->why) : detail,
	    row->advice);
}

/* Reports leave these out: why, and what to do where one knows better. */
static void check_doubtful(struct doctor *d, const struct daemon *daemons, unsigned len)
{
	enum { SHOWN_MAX = 10 };
	unsigned n = 0;

	for (unsigned i = 0; i < len; i++) {
		const struct daemon *daemon = &daemons[i];

		if (!daemon->doubt || ++n > SHOWN_MAX)
			continue;
		add(d, "Ceph", arena_strdup(d->arena, daemon->name), STATUS_WARNING,
		    arena_printf(d->arena, "process %d (uid %u), %s: left out of reports: %s", (int)daemon->pid,
				 daemon->uid, daemon->file, identity_doubt_text(daemon->doubt)),
		    daemon->doubt == DOUBT_NAME ? NULL : "-p with its number, or --untrusted, takes it in");
	}
	if (n > SHOWN_MAX)
		add(d, "Ceph", "others", STATUS_WARNING,
		    arena_printf(d->arena, "%u more processes that only look like Ceph's are left out of reports",
				 n - SHOWN_MAX),
		    NULL);
}

static void check_ceph(struct doctor *d)
{
	struct daemon_rows rows;

	daemon_rows_find(d->arena, &rows);
	for (unsigned i = 0; i < rows.len; i++)
		check_daemon(d, &rows.rows[i]);
	if (rows.more_clients)
		add(d, "Ceph", "clients", STATUS_OK,
		    arena_printf(d->arena, "%u more processes use librados", rows.more_clients), NULL);
	if (!rows.len)
		add(d, "Ceph", "daemons", STATUS_WARNING, "none runs on this host, or none that may be looked at",
		    "`cephtap demo` starts a small cluster to try things on");
	check_doubtful(d, rows.daemons, rows.daemons_len);
}

/* ---- output ---- */

static void print_status(enum status status, bool colour)
{
	static const char *const colours[] = {"32", "33", "31"};

	say(stdout, "  ");
	if (colour)
		say(stdout, "\033[%sm", colours[status]);
	say(stdout, "%-7s", status_names[status]);
	if (colour)
		say(stdout, "\033[0m");
}

static void print_text(const struct doctor *d)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	const char *group = NULL;

	for (unsigned i = 0; i < d->checks_len; i++) {
		const struct check *check = &d->checks[i];

		if (group && strcmp(group, check->group))
			say(stdout, "\n");
		if (!group || strcmp(group, check->group))
			say(stdout, "%s\n", check->group);
		group = check->group;
		print_status(check->status, colour);
		say(stdout, "  %-20s%s%s\n", check->name, check->detail ? " " : "", check->detail ? check->detail : "");
		if (check->advice)
			say(stdout, "  %-7s  %-20s %s\n", "", "", check->advice);
	}
	say(stdout, "\n%s\n", d->works ? "Scripts can be run here." : "Scripts cannot be run here.");
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

static void print_json(const struct doctor *d)
{
	struct json_object *all = json_object_new_object(), *array = json_object_new_array();

	json_object_object_add(all, "works", json_object_new_boolean(d->works));
	json_object_object_add(all, "checks", array);
	for (unsigned i = 0; i < d->checks_len; i++) {
		struct json_object *object = json_object_new_object();

		add_text(object, "group", d->checks[i].group);
		add_text(object, "name", d->checks[i].name);
		add_text(object, "status", status_names[d->checks[i].status]);
		add_text(object, "detail", d->checks[i].detail);
		add_text(object, "advice", d->checks[i].advice);
		json_object_array_add(array, object);
	}
	say_json(stdout, all, JSON_C_TO_STRING_PLAIN);
	json_object_put(all);
}

struct doctor_request {
	const char *clean;
	bool json;
};

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct doctor_request *request = data;

	if (option->id == OPTION_JSON)
		request->json = true;
	else
		request->clean = text;
	return OUTCOME_GO_ON;
}

static enum outcome read_command_line(int argc, char **argv, struct doctor_request *request, struct buf *why)
{
	static const struct command_help help = {.usage = usage};
	struct option_loop loop;
	enum outcome outcome;

	options_begin(&loop, COMMAND_DOCTOR, "cephtap doctor", argc, argv);
	outcome = options_read(&loop, &help, take_option, request);
	options_end(&loop);
	if (outcome != OUTCOME_GO_ON || optind == argc)
		return outcome;
	buf_printf(why, "it takes no arguments, such as `%s`", argv[optind]);
	return OUTCOME_MISUSED;
}

static void check_all(struct doctor *d)
{
	check_release(d);
	check_proc(d);
	check_engines(d);
	check_capabilities(d);
	check_lockdown(d);
	check_namespace(d);
	check_limits(d);
	check_leftovers(d);
	check_ceph(d);
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_request request = {0};
	struct doctor d = {0};
	struct buf why = {0};
	enum outcome outcome = read_command_line(argc, argv, &request, &why);

	if (outcome != OUTCOME_GO_ON)
		return cmd_status("cephtap doctor", outcome, &why);
	if (request.clean)
		return leftovers_clean_process(request.clean);
	d.arena = arena_new();
	check_all(&d);
	if (request.json)
		print_json(&d);
	else
		print_text(&d);
	arena_free(d.arena);
	return d.works ? 0 : 1;
}
