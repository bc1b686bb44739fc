/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process is which daemon: copies of this test under daemons' names, with command lines as Ceph's. */
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
static pid_t start(const char *path, char **argv, const char *ceph_args)
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
		execv(path, argv);
		_exit(127);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	return pid;
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
	}
	arena_free(arena);
}

static void daemons_have_names(void **state)
{
	(void)state;
	assert_daemon("ceph-osd", (char *[]){"ceph-osd", "--cluster", "c d", "--id", "3\033[2J\n", NULL}, NULL, "osd.3\033[2J\n", "c d");
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(daemons_have_names),
		cmocka_unit_test(odd_command_lines_do_no_harm),
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
