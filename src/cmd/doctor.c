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

#include "ceph/card.h"
#include "ceph/daemons.h"
#include "ceph/learn.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "cmd/leftovers.h"
#include "engine/engine.h"
#include "lib/debug.h"
#include "lib/elf.h"
#include "lib/held.h"
#include "lib/kernel.h"
#include "lib/proc.h"
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

/* What it runs of Ceph: a client has that in a library, whatever its program is. */
static const struct proc_file *program_of(const struct proc_file *files, unsigned len, bool is_client)
{
	const struct proc_file *main = NULL;

	for (unsigned i = 0; i < len; i++) {
		if (is_client && strstr(files[i].name, "/librados.so"))
			return &files[i];
		if (files[i].is_main)
			main = &files[i];
	}
	return main;
}

static bool is_mapped(const struct proc_file *files, unsigned len, const char *module)
{
	for (unsigned i = 0; i < len; i++) {
		const char *slash = strrchr(files[i].name, '/');

		if (!strcmp(slash ? slash + 1 : files[i].name, module))
			return true;
	}
	return false;
}

/* How many of Ceph's markers are in the files that the process has mapped, and can be attached. */
static void count_markers(struct arena *arena, pid_t pid, const struct proc_file *files, unsigned len, unsigned *all,
			  unsigned *good, const char **why)
{
	static const struct probe_desc markers = {"ceph_*", "", "", "", 0};
	struct target target = {.pids = &pid, .pids_len = 1, .main_pid = pid, .vouches_for_all = true};
	struct probe_host *host = probe_host_new(arena, &target);
	struct probe_source source = probe_host_source(host);
	struct probe_list list = source.find(&source, &markers, why);

	*all = *good = 0;
	*why = NULL;
	for (unsigned i = 0; i < list.len; i++) {
		if (!is_mapped(files, len, list.probes[i]->mod)) /* of a library that it may load */
			continue;
		++*all;
		*good += !list.probes[i]->why_not;
		if (list.probes[i]->why_not && !*why)
			*why = arena_strdup(arena, list.probes[i]->why_not);
	}
	probe_host_free(host);
}

static const char *describe_file(struct arena *arena, struct elf_file *elf, const struct proc_file *program)
{
	struct card *card = NULL;
	struct debug debug;
	char root[PROC_ROOT_SIZE];
	const char *why, *text = arena_printf(arena, "build %.8s", elf_build_id(elf));

	if (!card_find(arena, elf_build_id(elf), &card, &why) && card)
		text = arena_printf(arena, "Ceph %s, %s", card->release, text);
	else
		text = arena_printf(arena, "%s, no layout card of its own", text);
	proc_root(program->pid, root);
	debug_find(elf, program->name, root, &debug);
	text = arena_printf(arena, "%s, %s debug information", text,
			    debug.info && elf_has_section(debug.info, ".debug_info") ? "with" : "no");
	debug_close(&debug);
	return text;
}

static const char *describe_build(struct arena *arena, const struct proc_file *program)
{
	const char *text = "its program cannot be read";
	struct held *held = NULL;
	struct buf why = {0};
	struct elf_file *elf;

	if (!held_open_mapped(program, &held, &why) && !elf_file_read(held, program->path, &elf)) {
		text = describe_file(arena, elf, program);
		elf_file_close(elf);
	}
	held_close(held);
	buf_free(&why);
	return text;
}

static void check_daemon(struct doctor *d, const struct daemon *daemon)
{
	const struct proc_file *program = NULL;
	const char *why = NULL, *name, *base, *package, *detail;
	unsigned all = 0, good = 0, files_len = 0;
	struct proc_file *files = NULL;

	if (!proc_files(d->arena, daemon->pid, &files, &files_len))
		program = program_of(files, files_len, daemon->is_client);
	if (!program) {
		add(d, "Ceph", arena_strdup(d->arena, daemon->name), STATUS_WARNING,
		    arena_printf(d->arena, "process %d cannot be looked at", (int)daemon->pid), "run it as root");
		return;
	}
	name = program->name;
	base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	package = learn_debug_package(base);
	count_markers(d->arena, daemon->pid, files, files_len, &all, &good, &why);
	detail = arena_printf(d->arena, "process %d (uid %u), %s: %s; %u of %u markers", (int)daemon->pid, daemon->uid,
			      name, describe_build(d->arena, program), good, all);
	add(d, "Ceph", arena_strdup(d->arena, daemon->name), good == all && all ? STATUS_OK : STATUS_WARNING,
	    why ? arena_printf(d->arena, "%s; the first that cannot be attached: %s", detail, why) : detail,
	    good == all ? NULL
			: arena_printf(d->arena, "with debug information (package %s) `cephtap learn %s` makes a card",
				       package ? package : "of debug symbols", name));
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
	enum { CLIENTS_MAX = 20 };
	unsigned len = 0, n = 0, clients = 0;
	struct daemon *daemons;

	daemons_find(d->arena, &daemons, &len);
	for (unsigned i = 0; i < len; i++) {
		if (daemons[i].doubt)
			continue;
		n++;
		clients += daemons[i].is_client;
		if (!daemons[i].is_client || clients <= CLIENTS_MAX) /* anybody may start thousands */
			check_daemon(d, &daemons[i]);
	}
	if (clients > CLIENTS_MAX)
		add(d, "Ceph", "clients", STATUS_OK,
		    arena_printf(d->arena, "%u more processes use librados", clients - CLIENTS_MAX), NULL);
	if (!n)
		add(d, "Ceph", "daemons", STATUS_WARNING, "none runs on this host, or none that may be looked at",
		    "`cephtap demo` starts a small cluster to try things on");
	check_doubtful(d, daemons, len);
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
