/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process is which daemon: by its executable's name, its command line, and CEPH_ARGS for clients. */
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
	char *path = arena_printf(arena, "/proc/%d/environ", (int)pid), *text, *word, **words = NULL;
	FILE *file = fopen(path, "re");
	unsigned n = 0;
	size_t size, at;

	if (!file)
		return;
	text = arena_alloc(arena, 65536);
	size = fread(text, 1, 65535, file);
	fclose(file);
	for (at = 0; at < size; at += strlen(text + at) + 1) {
		if (strncmp(text + at, "CEPH_ARGS=", 10))
			continue;
		text += at + 10;
		while ((word = strsep(&text, " \t\n")))
			if (*word)
				*arena_push(arena, words, n) = word;
		read_naming(words, n, naming);
		return;
	}
}

/* A daemon's type by its executable, NULL: none. */
static const char *daemon_type(const char *executable)
{
	static const char *const daemons[][2] = {{"ceph-osd", "osd"},
						 {"ceph-mon", "mon"},
						 {"ceph-mgr", "mgr"},
						 {"ceph-mds", "mds"},
						 {"radosgw", "client"}};
	const char *slash = strrchr(executable, '/'), *base = slash ? slash + 1 : executable;
	unsigned i;

	for (i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (!strcmp(daemons[i][0], base))
			return daemons[i][1];
	return NULL;
}

static const char *type_of(const struct proc_file *files, unsigned n)
{
	const char *type = NULL;
	unsigned i;

	for (i = 0; i < n && !type; i++)
		if (files[i].is_main)
			type = daemon_type(files[i].name);
	for (i = 0; i < n && !type; i++)
		if (strstr(files[i].name, "/librados.so."))
			type = "client";
	return type;
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void name_daemon(struct daemon *daemon, const char *type, const struct naming *naming)
{
	if (naming->name && strchr(naming->name, '.'))
		copy_text(daemon->name, sizeof(daemon->name), naming->name);
	else
		snprintf(daemon->name, sizeof(daemon->name), "%s.%s", type, naming->id ? naming->id : "admin");
	copy_text(daemon->cluster, sizeof(daemon->cluster), naming->cluster ? naming->cluster : "ceph");
}

/* `scratch` is for what is only looked at: most processes have nothing to do with Ceph. */
static bool look_at(struct arena *scratch, pid_t pid, struct daemon *daemon)
{
	struct naming naming = {0};
	struct proc_file *files;
	unsigned files_len, argc;
	const char *type;
	char **argv;

	if (proc_files(scratch, pid, &files, &files_len))
		return false;
	type = type_of(files, files_len);
	if (!type || proc_argv(scratch, pid, &argv, &argc) || !argc)
		return false;
	read_ceph_args(scratch, pid, &naming);
	read_naming(argv + 1, argc - 1, &naming);
	daemon->pid = pid;
	name_daemon(daemon, type, &naming);
	return true;
}

int daemons_find(struct arena *arena, struct daemon **daemons, unsigned *daemons_len)
{
	struct arena *scratch = arena_new();
	struct daemon daemon;
	pid_t *pids = NULL;
	unsigned n = 0, i;
	int err;

	*daemons = NULL;
	*daemons_len = 0;
	err = proc_pids(scratch, &pids, &n);
	for (i = 0; !err && i < n; i++) {
		memset(&daemon, 0, sizeof(daemon));
		if (look_at(scratch, pids[i], &daemon))
			*arena_push(arena, *daemons, *daemons_len) = daemon;
	}
	arena_free(scratch);
	return err;
}
