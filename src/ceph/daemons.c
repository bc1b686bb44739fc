/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process is which daemon: by its program, its command line, and CEPH_ARGS for clients. */
#include "ceph/daemons.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/proc.h"

/* What a command line says; NULL: nothing. */
struct naming {
	const char *id, *name, *cluster;
};

/* `--id 3`, `--id=3`, `-i 3`, `-i3`: the value, and how many words it took (0: it is another option). */
static unsigned option_value(char **argv, unsigned argc, const char *option, const char **value)
{
	size_t n = strlen(option);
	bool is_short = option[1] != '-';

	if (strncmp(argv[0], option, n))
		return 0;
	if (!argv[0][n]) {
		if (argc < 2)
			return 0;
		*value = argv[1];
		return 2;
	}
	if (argv[0][n] == '=') {
		*value = argv[0] + n + 1;
		return 1;
	}
	if (!is_short)
		return 0;
	*value = argv[0] + n;
	return 1;
}

static void read_naming(char **argv, unsigned argc, struct naming *naming)
{
	unsigned i, used;

	for (i = 0; i < argc && strcmp(argv[i], "--"); i += used) {
		used = option_value(argv + i, argc - i, "--id", &naming->id);
		if (!used)
			used = option_value(argv + i, argc - i, "-i", &naming->id);
		if (!used)
			used = option_value(argv + i, argc - i, "--name", &naming->name);
		if (!used)
			used = option_value(argv + i, argc - i, "-n", &naming->name);
		if (!used)
			used = option_value(argv + i, argc - i, "--cluster", &naming->cluster);
		if (!used)
			used = 1;
	}
}

/* CEPH_ARGS of a process, cut into words as Ceph does it: at white space. */
static void read_ceph_args(struct arena *arena, pid_t pid, struct naming *naming)
{
	const char *args = proc_env(arena, pid, "CEPH_ARGS");
	char *rest = arena_strdup(arena, args ? args : ""), *word, **words = NULL;
	unsigned n = 0;

	while ((word = strsep(&rest, " \t\n")))
		if (*word)
			*arena_push(arena, words, n) = word;
	read_naming(words, n, naming);
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* What tells processes of one name apart (add_number) is in no name that somebody has chosen. */
static void clear_marks(char *name)
{
	for (; *name; name++)
		if (strchr("#@~", *name))
			*name = '?';
}

/* Whatever a process calls itself: of another kind than it is it cannot be. */
static void name_daemon(struct daemon *daemon, const char *type, const struct naming *naming)
{
	const char *name = naming->name && strchr(naming->name, '.') ? naming->name : NULL;
	size_t size = strlen(type);

	if (name && !strncmp(name, type, size) && name[size] == '.')
		copy_text(daemon->name, sizeof(daemon->name), name);
	else
		snprintf(daemon->name, sizeof(daemon->name), "%s.%s", type,
			 name	      ? name
			 : naming->id ? naming->id
				      : "admin");
	clear_marks(daemon->name);
	copy_text(daemon->own_name, sizeof(daemon->own_name), daemon->name);
	copy_text(daemon->cluster, sizeof(daemon->cluster), naming->cluster ? naming->cluster : "ceph");
}

/* What is looked at now. */
struct process {
	const struct daemons_request *request;
	pid_t pid;
	struct proc_user user;
	struct proc_file *files;
	unsigned files_len;
};

/* The first of its files that is its program, or librados; NULL: it has none of that kind. */
static const struct proc_file *find_file(const struct process *process, bool is_program)
{
	for (unsigned i = 0; i < process->files_len; i++) {
		const struct proc_file *file = &process->files[i];

		if (is_program ? file->is_main : strstr(file->name, "/librados.so.") != NULL)
			return file;
	}
	return NULL;
}

/* The kind of daemon that the command is named after. Of users other than root: a script of root's may have any name.
 */
static const char *type_of_command(const struct process *process)
{
	char comm[16];

	return identity_is_trusted(&process->user) || proc_comm(process->pid, comm) ? NULL : identity_daemon_type(comm);
}

/* NULL: it has nothing to do with Ceph. */
static const char *identify(const struct process *process, struct daemon *daemon)
{
	struct identity *identity = process->request->identity;
	const struct proc_file *program = find_file(process, true), *library = find_file(process, false),
			       *file = program;
	const char *type = program ? identity_daemon_type(program->name) : NULL;
	bool is_program = type;

	if (is_program) {
		daemon->doubt = identity_of_daemon(identity, &process->user, process->files, process->files_len,
						   program, &file);
	} else if (program && (type = type_of_command(process))) {
		daemon->doubt = DOUBT_NAME;
	} else if (library) {
		type = "client";
		file = library;
		daemon->is_client = true;
		daemon->doubt = identity_of_file(identity, &process->user, library);
	}
	daemon->file = file ? file->name : "";
	return type;
}

static bool read_name(struct arena *scratch, pid_t pid, const char *type, struct daemon *daemon)
{
	struct naming naming = {0};
	unsigned argc;
	char **argv;

	if (proc_argv(scratch, pid, &argv, &argc) || !argc)
		return false;
	read_ceph_args(scratch, pid, &naming);
	read_naming(argv + 1, argc - 1, &naming);
	name_daemon(daemon, type, &naming);
	return true;
}

/* `scratch` is for what is only looked at: most processes have nothing to do with Ceph. */
static bool look_at(struct arena *scratch, const struct daemons_request *request, pid_t pid, struct daemon *daemon)
{
	struct process process = {.request = request, .pid = pid};
	const char *type;

	*daemon = (struct daemon){.pid = pid};
	if (proc_files(scratch, pid, &process.files, &process.files_len) || proc_user(pid, &process.user))
		return false;
	type = identify(&process, daemon);
	if (!type)
		return false;
	daemon->uid = process.user.real;
	if (daemon->doubt && daemon->doubt != DOUBT_NAME && target_vouches_for(request->target, pid)) {
		daemon->doubt = DOUBT_NONE;
		daemon->is_vouched_for = true;
	}
	daemon->rank = daemon->is_vouched_for ? 2 : !identity_is_cephs(request->identity, daemon->uid);
	return (daemon->doubt && !request->with_doubtful_names) || read_name(scratch, pid, type, daemon);
}

/* ---- no two of one name ---- */

/* Between fork() and exec() a child is its parent still. */
static bool is_child_of(const struct daemon *child, const struct daemon *parent)
{
	return child->uid == parent->uid && proc_parent(child->pid) == parent->pid;
}

/* Does it have to give its name up to the other one, or does neither get it? */
static bool gives_way(const struct daemon *daemon, const struct daemon *other)
{
	if (daemon == other || other->doubt || daemon->rank < other->rank || strcmp(daemon->name, other->name))
		return false;
	if (daemon->is_client && other->is_client)
		return daemon->uid != other->uid;
	return !is_child_of(daemon, other) && !is_child_of(other, daemon);
}

static bool keeps_name(const struct daemon *daemons, unsigned len, const struct daemon *daemon)
{
	for (unsigned i = 0; i < len; i++)
		if (gives_way(daemon, &daemons[i]))
			return false;
	return true;
}

static void add_number(struct daemon *daemon)
{
	char number[16];
	size_t room;

	snprintf(number, sizeof(number), daemon->is_client ? "@%u" : "#%u",
		 daemon->is_client ? daemon->uid : (unsigned)daemon->pid);
	room = sizeof(daemon->name) - 1 - strlen(number);
	if (strlen(daemon->name) > room)
		daemon->name[room] = '\0';
	strcat(daemon->name, number);
}

static void tell_apart(struct daemon *daemons, unsigned len)
{
	struct arena *scratch = arena_new();
	bool *keeps = arena_new_array(scratch, bool, len + 1);

	for (unsigned i = 0; i < len; i++)
		keeps[i] = daemons[i].doubt || keeps_name(daemons, len, &daemons[i]);
	for (unsigned i = 0; i < len; i++)
		if (!keeps[i])
			add_number(&daemons[i]);
	arena_free(scratch);
}

int daemons_look(const struct daemons_request *request, struct arena *arena, struct daemon **daemons,
		 unsigned *daemons_len)
{
	struct arena *scratch = arena_new();
	struct daemon daemon;
	pid_t *pids = NULL;
	unsigned n = 0;
	int err;

	*daemons = NULL;
	*daemons_len = 0;
	identity_begin(request->identity);
	err = proc_pids(scratch, &pids, &n);
	for (unsigned i = 0; !err && i < n; i++) {
		struct arena *one = arena_new();

		if (look_at(one, request, pids[i], &daemon)) {
			daemon.file = arena_strdup(arena, daemon.file);
			*arena_push(arena, *daemons, *daemons_len) = daemon;
		}
		arena_free(one);
	}
	arena_free(scratch);
	tell_apart(*daemons, *daemons_len);
	return err;
}

bool daemons_is_one(const struct daemons_request *request, pid_t pid)
{
	struct arena *scratch = arena_new();
	struct daemon daemon;
	bool is_one;

	identity_begin(request->identity);
	is_one = look_at(scratch, request, pid, &daemon) && !daemon.doubt;
	arena_free(scratch);
	return is_one;
}

int daemons_find(struct arena *arena, struct daemon **daemons, unsigned *daemons_len)
{
	struct daemons_request request = {.identity = identity_new(arena), .with_doubtful_names = true};

	return daemons_look(&request, arena, daemons, daemons_len);
}

void daemons_leave_out(struct identity *identity, const struct daemon *daemons, unsigned daemons_len)
{
	for (unsigned i = 0; i < daemons_len; i++)
		if (daemons[i].doubt)
			identity_leave_out(identity, daemons[i].pid, daemons[i].uid, daemons[i].file, daemons[i].doubt);
}
