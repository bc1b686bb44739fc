/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cephtap demo: a throw-away cluster from the host's own Ceph packages, load on it, and `report osd` on the running
 * daemons. The cluster is the work of scripts/cluster.sh, which travels inside the binary; the report runs as a process
 * of its own, exactly as a person would start it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceph/card.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "engine/engine.h"
#include "lib/arena.h"
#include "lib/elf.h"
#include "lib/embed.h"
#include "lib/limits.h"
#include "lib/path.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "run/tracer.h"

enum { OPT_KEEP = 256, OPT_CLUSTER_ONLY, OPT_CEPH, OPT_DOWN, OPT_SECONDS };
enum { PIDS_MAX = 16, ARGS_MAX = 64, SECONDS = 6 };

static const char usage[] = "Usage: cephtap demo [OPTIONS]\n"
			    "\n"
			    "Starts a throw-away Ceph cluster (1 monitor, 3 BlueStore OSDs, loopback) from this host's "
			    "own packages in a temporary\n"
			    "folder, drives it with rados bench (4 KiB and 4 MiB, writes, then reads), attaches to the "
			    "running daemons, and prints\n"
			    "where each op's time went. Everything is gone afterwards. A cluster that is already on "
			    "the host is not touched.\n"
			    "\n";

struct demo {
	char folder[64]; /* holds cluster.sh and the cluster's own folder; "" before it is made */
	char script[96], cluster[96];
	const char *seconds, *down, *ceph;
	bool keep, cluster_only;
};

/* --- Processes --- */

static pid_t start(char *const argv[], int out)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	if (out >= 0 && dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	limits_restore_files();
	execvp(argv[0], argv);
	say(stderr, "cephtap demo: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* The exit status, or 1 for a process that a signal ended. */
static int finish(pid_t pid)
{
	int status;

	if (pid < 0)
		return 1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int cluster_command(struct demo *demo, const char *verb, const char *mode, const char *seconds)
{
	char *argv[] = {(char *)"sh", demo->script, (char *)verb, demo->cluster, (char *)mode, (char *)seconds, NULL};

	return finish(start(argv, -1));
}

/* --- The folder --- */

static int write_script(struct demo *demo)
{
	int fd = open(demo->script, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700), error;
	const struct source *script;
	struct arena *arena;

	if (fd < 0)
		return -errno;
	arena = arena_new();
	script = embedded_find(arena, embedded_scripts, "cluster.sh");
	error = write_bytes(fd, script->text, script->size, NULL);
	arena_free(arena);
	return close(fd) && !error ? -errno : error;
}

/* mkdtemp makes the folder for us alone; but where others may rename what is ours, they could put another in its place.
 */
static bool is_safe_above(const char *folder)
{
	struct buf why = {0};
	bool is_safe = path_is_private(folder, &why);

	if (!is_safe)
		say(stderr, "cephtap demo: %s: set TMPDIR to a folder that is yours\n", why.data);
	buf_free(&why);
	return is_safe;
}

static int make_folder(struct demo *demo)
{
	const char *tmp = getenv("TMPDIR");
	int error;

	if (!tmp || !*tmp || strlen(tmp) >= 32) /* a socket's path, which is in there, has 107 letters at most */
		tmp = "/tmp";
	snprintf(demo->folder, sizeof(demo->folder), "%s/cephtap-XXXXXX", tmp);
	if (!mkdtemp(demo->folder)) {
		say(stderr, "cephtap demo: cannot make a folder in %s: %s\n", tmp, strerror(errno));
		demo->folder[0] = '\0';
		return 1;
	}
	snprintf(demo->script, sizeof(demo->script), "%s/cluster.sh", demo->folder);
	snprintf(demo->cluster, sizeof(demo->cluster), "%s/c", demo->folder);
	error = is_safe_above(demo->folder) ? write_script(demo) : 1;
	if (!error)
		return 0;
	if (error < 0)
		say(stderr, "cephtap demo: cannot write %s: %s\n", demo->script, strerror(-error));
	unlink(demo->script);
	rmdir(demo->folder);
	return 1;
}

static void remove_folder(struct demo *demo)
{
	if (!demo->folder[0])
		return;
	cluster_command(demo, "down", NULL, NULL);
	unlink(demo->script);
	rmdir(demo->folder);
}

/* --- The report --- */

/* The pids of the cluster's OSDs, from lines "osd.0 1234": the demo never looks at other clusters of the host. */
static unsigned osd_pids(struct demo *demo, char pids[PIDS_MAX][16])
{
	char *argv[] = {(char *)"sh", demo->script, (char *)"pids", demo->cluster, NULL};
	char name[32];
	unsigned n = 0;
	int fds[2];
	FILE *lines;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return 0;
	pid = start(argv, fds[1]);
	close(fds[1]);
	lines = fdopen(fds[0], "r");
	while (lines && n < PIDS_MAX && fscanf(lines, "%31s %15s", name, pids[n]) == 2)
		if (!strncmp(name, "osd.", 4))
			n++;
	if (lines)
		fclose(lines);
	return finish(pid) ? 0 : n;
}

static pid_t start_report(struct demo *demo, unsigned seconds)
{
	static char pids[PIDS_MAX][16], time[16];
	char *argv[ARGS_MAX] = {(char *)"/proc/self/exe", (char *)"report", (char *)"osd", (char *)"--seconds", time};
	unsigned n = osd_pids(demo, pids), argc = 5;

	snprintf(time, sizeof(time), "%u", seconds);
	for (unsigned i = 0; i < n; i++) {
		argv[argc++] = (char *)"-p";
		argv[argc++] = pids[i];
	}
	return n ? start(argv, -1) : -1;
}

static unsigned load_seconds(const struct demo *demo)
{
	return demo->seconds ? (unsigned)atoi(demo->seconds) : SECONDS;
}

/* Two loads, and one report over both. */
static int watch(struct demo *demo, const char *what, const char *write_mode, const char *read_mode)
{
	enum { SLACK = 60 /* the report ends when the loads have, this is for loads that hang */ };
	unsigned seconds = load_seconds(demo);
	char text[16];
	pid_t report;
	int status;

	snprintf(text, sizeof(text), "%u", seconds);
	say(stdout, "\n%s: rados bench, 16 at a time, %u s of writes, then %u s of reads\n", what, seconds, seconds);
	fflush(stdout);
	report = start_report(demo, 2 * seconds + SLACK);
	status = cluster_command(demo, "load", write_mode, text);
	if (!status && !tracer_was_interrupted())
		status = cluster_command(demo, "load", read_mode, text);
	if (report > 0)
		kill(report, SIGINT);
	if (finish(report))
		status = 1;
	return status;
}

static void say_kept(const struct demo *demo)
{
	say(stdout,
	    "\nThe cluster is running in %s. To talk to it:\n"
	    "  eval \"$(sh %s env %s)\"\n"
	    "  ceph -s; rados -p demo ls | head; cephtap report osd\n"
	    "To stop it and remove everything:\n"
	    "  cephtap demo --down %s\n",
	    demo->cluster, demo->script, demo->cluster, demo->folder);
}

static int up(struct demo *demo)
{
	setenv("CLUSTER_PROGRESS", "1", 0);
	return cluster_command(demo, "up", NULL, NULL);
}

static int run_demo(struct demo *demo)
{
	int status = watch(demo, "4 KiB", "write-4k", "read-4k");

	if (!status && !tracer_was_interrupted())
		status = watch(demo, "4 MiB", "write-4m", "read-4m");
	return status;
}

static int go(struct demo *demo)
{
	const char *why = demo->cluster_only ? NULL : engine_why_not();
	int status;

	if (why) {
		say(stderr, "cephtap demo: %s\n", why);
		return 1;
	}
	if (make_folder(demo))
		return 1;
	status = up(demo);
	if (!status && !demo->cluster_only && !tracer_was_interrupted())
		status = run_demo(demo);
	if (!status && !tracer_was_interrupted() && (demo->keep || demo->cluster_only)) {
		say_kept(demo);
		return 0;
	}
	say(stderr, "cephtap demo: cleaning up\n");
	remove_folder(demo);
	return tracer_was_interrupted() ? 130 : status ? 1 : 0;
}

/* Made by us for this: not a link to it, nor a file of somebody's that was moved here. */
static bool is_own(const char *path, mode_t type)
{
	struct stat st;

	return !lstat(path, &st) && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/*
 * Only a folder that the demo made: it has both our script and a cluster in it. We are going to run the script, as
 * root: nobody else may have had a hand in it, nor be able to exchange it now.
 */
static int take_down(struct demo *demo)
{
	struct buf why = {0};

	if (strlen(demo->down) >= sizeof(demo->folder)) {
		say(stderr, "cephtap demo: %s is not a folder that `cephtap demo` made\n", demo->down);
		return 1;
	}
	snprintf(demo->folder, sizeof(demo->folder), "%s", demo->down);
	snprintf(demo->script, sizeof(demo->script), "%s/cluster.sh", demo->folder);
	snprintf(demo->cluster, sizeof(demo->cluster), "%s/c", demo->folder);
	if (access(demo->script, R_OK) || access(demo->cluster, R_OK)) {
		say(stderr, "cephtap demo: there is no cluster of a demo in %s\n", demo->down);
		return 1;
	}
	if (!path_is_private(demo->folder, &why) || !is_own(demo->script, S_IFREG) || !is_own(demo->cluster, S_IFDIR)) {
		say(stderr, "cephtap demo: %s: its script is not run\n",
		    why.size ? why.data : "it contains a file of another user");
		buf_free(&why);
		return 1;
	}
	remove_folder(demo);
	return 0;
}

/* Markers compiled in, or a card to find them by. What cannot be read is for the tracer to complain of. */
static bool has_markers(const char *path)
{
	struct arena *arena = arena_new();
	struct elf_file *file;
	struct card *card;
	const char *why;
	bool has = true;

	if (!elf_file_open(path, &file)) {
		has = elf_has_sdt(file) || card_find(arena, elf_build_id(file), &card, &why) != -ENOENT;
		elf_file_close(file);
	}
	arena_free(arena);
	return has;
}

/* Looks first: without a ceph-osd there the cluster would be made of the host's own, without a word. */
static int use_ceph(const struct demo *demo)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bin/ceph-osd", demo->ceph);
	if (access(path, X_OK)) {
		say(stderr, "cephtap demo: there is no Ceph in %s: %s cannot be run: %s\n", demo->ceph, path,
		    strerror(errno));
		return 1;
	}
	if (!demo->cluster_only && !has_markers(path)) {
		say(stderr,
		    "cephtap demo: nothing in %s can be traced: it was built without markers, and there is no layout "
		    "card of it (--cluster-only starts it all the same)\n",
		    path);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/bin", demo->ceph);
	setenv("CEPH_BIN_DIR", path, 1);
	snprintf(path, sizeof(path), "%s/lib", demo->ceph);
	setenv("CEPH_LIB_DIR", path, 1);
	return 0;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct demo *demo = data;

	switch (option->id) {
	case OPTION_KEEP:
		demo->keep = true;
		break;
	case OPTION_CLUSTER_ONLY:
		demo->cluster_only = true;
		break;
	case OPTION_DOWN:
		demo->down = text;
		break;
	case OPTION_CEPH:
		demo->ceph = text;
		break;
	default:
		demo->seconds = text;
	}
	return OUTCOME_GO_ON;
}

int cmd_demo(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct demo demo = {0};
	struct option_loop loop;
	enum outcome outcome;
	struct buf why = {0};

	options_begin(&loop, COMMAND_DEMO, "cephtap demo", argc, argv);
	outcome = options_read(&loop, &help, take_option, &demo);
	options_end(&loop);
	if (outcome == OUTCOME_GO_ON &&
	    (optind < argc || (demo.seconds && (atoi(demo.seconds) < 1 || atoi(demo.seconds) > 600)))) {
		buf_puts(&why, "wrong usage (--seconds wants 1 to 600); see cephtap demo --help");
		outcome = OUTCOME_MISUSED;
	}
	if (outcome != OUTCOME_GO_ON)
		return cmd_status(loop.name, outcome, &why);
	if (demo.ceph && use_ceph(&demo))
		return 1;
	tracer_catch_signals();
	return demo.down ? take_down(&demo) : go(&demo);
}
