/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/proc.h"
#include "prog.h"

/* Who may not look at other users' processes cannot tell; and in a container there are none. */
static bool is_kernel_thread(pid_t pid)
{
	char comm[16] = "";

	return pid == 2 && geteuid() == 0 && !proc_comm(pid, comm) && !strcmp(comm, "kthreadd");
}

static void test_pids(void **state)
{
	struct arena *arena = arena_new();
	unsigned n, i, found = 0;
	pid_t *pids;

	(void)state;
	assert_int_equal(proc_pids(arena, &pids, &n), 0);
	for (i = 0; i < n; i++) {
		found += pids[i] == getpid();
		assert_false(is_kernel_thread(pids[i]));
		assert_true(!i || pids[i] > pids[i - 1]);
	}
	assert_int_equal(found, 1);
	arena_free(arena);
}

static void test_one(void **state)
{
	pid_t pid = prog_start(prog_path("marker_args"));
	struct arena *arena = arena_new();
	uint64_t ours, theirs;
	char **argv, comm[16];
	unsigned argc;

	(void)state;
	assert_int_equal(proc_argv(arena, pid, &argv, &argc), 0);
	assert_int_equal(argc, 3);
	assert_string_equal(argv[0], prog_path("marker_args"));
	assert_string_equal(argv[2], "1000");
	assert_int_equal(proc_comm(pid, comm), 0);
	assert_string_equal(comm, "marker_args");
	prctl(PR_SET_NAME, "a) b (c 1 2 3"); /* must not upset the parser of /proc/PID/stat */
	assert_int_equal(proc_start_time(getpid(), &ours), 0);
	assert_int_equal(proc_start_time(pid, &theirs), 0);
	assert_true(ours > 0 && theirs >= ours && theirs - ours < 100 * 600);
	prog_stop(pid);
	assert_int_equal(proc_argv(arena, pid, &argv, &argc), -ESRCH);
	assert_int_equal(argc, 0);
	assert_int_equal(proc_comm(pid, comm), -ESRCH);
	assert_int_equal(proc_start_time(pid, &theirs), -ESRCH);
	arena_free(arena);
}

static void test_files(void **state)
{
	pid_t pid = prog_start(prog_path("marker_lib"));
	struct arena *arena = arena_new();
	unsigned n, i, mains = 0, libraries = 0;
	struct proc_file *files;

	(void)state;
	assert_int_equal(proc_files(arena, pid, &files, &n), 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(access(files[i].path, R_OK), 0);
		assert_false(files[i].is_deleted);
		mains += files[i].is_main;
		if (files[i].is_main)
			assert_non_null(strstr(files[i].name, "/marker_lib"));
		libraries += strstr(files[i].name, "/libmarkers.so") != NULL;
	}
	assert_int_equal(mains, 1);
	assert_int_equal(libraries, 1);
	prog_stop(pid);
	assert_int_equal(proc_files(arena, pid, &files, &n), -ESRCH);
	assert_int_equal(n, 0);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pids),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
