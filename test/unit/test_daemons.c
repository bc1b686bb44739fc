/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which process is which daemon: copies of this test under daemons' names, with command lines as Ceph's. None of them
 * is one, as they have nothing of Ceph's in them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "ceph/daemons.h"

static char dir[] = "/tmp/cephtap-daemons-XXXXXX";

static const char *copy_self(struct arena *arena, const char *name)
{
	const char *path = arena_printf(arena, "%s/%s", dir, name);
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
	    to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	struct stat st;
	off_t at = 0;

	assert_true(from >= 0 && to >= 0 && !fstat(from, &st));
	while (at < st.st_size)
		assert_true(sendfile(to, from, &at, (size_t)(st.st_size - at)) > 0);
	close(from);
	close(to);
	return path;
}

/* Started and, by the pipe's end that closes on exec, known to be past exec. */
static pid_t start_as(uid_t uid, const char *path, char **argv, const char *ceph_args)
{
	int fds[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (ceph_args)
			setenv("CEPH_ARGS", ceph_args, 1);
		else
			unsetenv("CEPH_ARGS");
		if (uid && setresuid(uid, uid, uid))
			_exit(127);
		execv(path, argv);
		_exit(127);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	return pid;
}

static pid_t start(const char *path, char **argv, const char *ceph_args)
{
	return start_as(0, path, argv, ceph_args);
}

static void assert_daemon(const char *binary, char **argv, const char *ceph_args, const char *name, const char *cluster)
{
	struct arena *arena = arena_new();
	const char *path = copy_self(arena, binary);
	pid_t pid = start(path, argv, ceph_args);
	struct daemon *daemons = NULL, *found = NULL;
	unsigned n = 0, i;

	assert_int_equal(daemons_find(arena, &daemons, &n), 0);
	for (i = 0; i < n; i++)
		if (daemons[i].pid == pid)
			found = &daemons[i];
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
	if (!name) {
		assert_null(found);
	} else {
		assert_non_null(found);
		assert_string_equal(found->name, name);
		assert_string_equal(found->cluster, cluster);
		assert_string_equal(found->own_name, name);
		assert_int_equal(found->uid, getuid());
		if (!strcmp(binary, "ceph-osd") || !strcmp(binary, "ceph-mon"))
			assert_int_equal(found->doubt,
					 DOUBT_CONTENT); /* of the others the catalogue knows too little */
	}
	arena_free(arena);
}

static void daemons_have_names(void **state)
{
	(void)state;
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "--cluster", "c d", "--id", "3\033[2J\n", NULL}, NULL,
		      "osd.3\033[2J\n", "c d");
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "-f", "--cluster", "ceph", "--id", "3", NULL}, NULL, "osd.3",
		      "ceph");
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "-i", "12", "-c", "x", NULL}, NULL, "osd.12", "ceph");
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "-i7", NULL}, NULL, "osd.7", "ceph");
	assert_daemon("ceph-mon", (char *[]){"ceph-mon", "--id=a", "--cluster=backup", NULL}, NULL, "mon.a", "backup");
	assert_daemon("ceph-mgr", (char *[]){"ceph-mgr", "-n", "mgr.x", NULL}, NULL, "mgr.x", "ceph");
	assert_daemon("radosgw", (char *[]){"radosgw", "--name", "client.rgw.a", NULL}, NULL, "client.rgw.a", "ceph");
	assert_daemon("ceph-mds", (char *[]){"ceph-mds", NULL}, "--id b --cluster c2", "mds.b", "c2");
}

static void odd_command_lines_do_no_harm(void **state)
{
	char *long_name = malloc(5000);

	(void)state;
	memset(long_name, 'x', 4999);
	long_name[4999] = '\0';
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "--id", NULL}, NULL, "osd.admin", "ceph");
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "--", "--id", "3", NULL}, NULL, "osd.admin", "ceph");
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "-i", long_name, NULL}, NULL,
		      "osd.xxxxxxxxxxxxxxxxxxxxxxxxxxx", "ceph");
	assert_daemon("ceph-osd-helper", (char *[]){"ceph-osd-helper", "-i", "3", NULL}, NULL, NULL, NULL);
	free(long_name);
}

/* Whatever a process calls itself, it is of the kind that it is, and its name is none that tells several of one name
 * apart. */
static void names_are_of_their_kind(void **state)
{
	(void)state;
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "--name", "mon.a", NULL}, NULL, "osd.mon.a", "ceph");
	assert_daemon("radosgw", (char *[]){"radosgw", "--name", "osd.3", NULL}, NULL, "client.osd.3", "ceph");
	assert_daemon("ceph-mgr", (char *[]){"ceph-mgr", "-i", "x#7@0~", NULL}, NULL, "mgr.x?7?0?", "ceph");
}

static void assert_doubt(const char *binary, uid_t uid, uid_t owner, mode_t mode, enum doubt doubt)
{
	struct arena *arena = arena_new();
	const char *path = copy_self(arena, binary);
	struct daemon *daemons = NULL;
	enum doubt found = DOUBTS;
	unsigned n = 0, i;
	pid_t pid;

	assert_int_equal(chown(path, owner, owner), 0);
	assert_int_equal(chmod(path, mode), 0);
	pid = start_as(uid, path, (char *[]){(char *)binary, "-i", "5", NULL}, NULL);
	assert_int_equal(daemons_find(arena, &daemons, &n), 0);
	for (i = 0; i < n; i++)
		if (daemons[i].pid == pid)
			found = daemons[i].doubt;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
	arena_free(arena);
	assert_int_equal(found, doubt);
}

/* Of a program of which the catalogue knows nothing, so that it is all about who can write it. */
static void writers_are_doubted(void **state)
{
	const uid_t nobody = 65534, other = 12345;

	(void)state;
	if (getuid())
		skip();
	assert_int_equal(chmod(dir, 0755), 0);
	assert_doubt("ceph-mgr", 0, 0, 0755, DOUBT_NONE);
	assert_doubt("ceph-mgr", 0, other, 0777, DOUBT_NONE); /* root runs it */
	assert_doubt("ceph-mgr", nobody, 0, 0755, DOUBT_NONE);
	assert_doubt("ceph-mgr", nobody, 0, 0555, DOUBT_NONE);
	assert_doubt("ceph-mgr", nobody, nobody, 0755, DOUBT_WRITABLE);
	assert_doubt("ceph-mgr", nobody, nobody, 0555, DOUBT_WRITABLE); /* an owner can change the mode */
	assert_doubt("ceph-mgr", nobody, other, 0755, DOUBT_WRITABLE);	/* who may be a friend */
	assert_doubt("ceph-mgr", nobody, 0, 0757, DOUBT_WRITABLE);
	assert_doubt("ceph-mgr", nobody, 0, 0775, DOUBT_WRITABLE);
	assert_doubt("ceph-osd", nobody, 0, 0755, DOUBT_CONTENT);
}

/* No two that are beyond doubt have one name: Ceph's own users keep theirs. */
static void names_are_unique(void **state)
{
	struct arena *arena = arena_new();
	const char *path = copy_self(arena, "ceph-mgr");
	const uid_t users[] = {65534, 0, 12345, 167};
	char names[4][DAEMON_NAME_SIZE], expected[DAEMON_NAME_SIZE];
	struct daemon *daemons = NULL;
	unsigned n = 0, i, j;
	pid_t pids[4];

	(void)state;
	if (getuid())
		skip();
	assert_int_equal(chmod(dir, 0755), 0);
	for (i = 0; i < 4; i++)
		pids[i] = start_as(
			users[i], path,
			(char *[]){"ceph-mgr", "-i", i == 3 ? "only-one" : "a-very-long-name-that-is-cut", NULL}, NULL);
	assert_int_equal(daemons_find(arena, &daemons, &n), 0);
	for (i = 0; i < n; i++)
		for (j = 0; j < 4; j++)
			if (daemons[i].pid == pids[j])
				memcpy(names[j], daemons[i].name, sizeof(names[j]));
	for (i = 0; i < 4; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	unlink(path);
	assert_string_equal(names[1], "mgr.a-very-long-name-that-is-cu");
	assert_string_equal(names[3], "mgr.only-one");
	for (i = 0; i < 4; i += 2) {
		snprintf(expected, sizeof(expected), "#%d", (int)pids[i]);
		assert_non_null(strstr(names[i], expected));
		assert_int_equal(strlen(names[i]), DAEMON_NAME_SIZE - 1);
		assert_memory_equal(names[i], names[1], DAEMON_NAME_SIZE - 1 - strlen(expected));
	}
	arena_free(arena);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(daemons_have_names),	   cmocka_unit_test(odd_command_lines_do_no_harm),
		cmocka_unit_test(names_are_of_their_kind), cmocka_unit_test(writers_are_doubted),
		cmocka_unit_test(names_are_unique),
	};
	int failed;

	(void)argc;
	if (!strncmp(argv[0], "ceph-", 5) || !strcmp(argv[0], "radosgw")) {
		pause();
		return 0;
	}
	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
