/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/host.h"
#include "prog.h"

struct fixture {
	struct arena *arena;
	struct probe_host *host;
	struct probe_source source;
	const char *why;
};

static struct fixture setup(const struct target *target)
{
	struct fixture f = {.arena = arena_new()};

	f.host = probe_host_new(f.arena, target);
	f.source = probe_host_source(f.host);
	return f;
}

/* No process at all, so that only what needs none is found, or what is added. */
static struct fixture setup_nobody(void)
{
	static const pid_t no_pid = 0;
	static const struct target nobody = {.pids = &no_pid, .pids_len = 1};

	return setup(&nobody);
}

static void teardown(struct fixture *f)
{
	probe_host_free(f->host);
	arena_free(f->arena);
}

static struct probe_list find(struct fixture *f, const char *prov, const char *mod, const char *func, const char *name)
{
	struct probe_desc desc = {prov, mod, func, name, 0};
	struct probe_list list = f->source.find(&f->source, &desc, &f->why);
	unsigned i;

	for (i = 0; i < list.len; i++) {
		assert_true(probe_matches(list.probes[i], &desc));
		assert_true(list.probes[i]->id > 0);
		assert_true(!i || list.probes[i]->id > list.probes[i - 1]->id);
	}
	return list;
}

static void test_globs(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{"", "", true},
		{"", "anything", true},
		{"a", "a", true},
		{"a", "b", false},
		{"a", "ab", false},
		{"ab", "a", false},
		{"*", "", true},
		{"*", "abc", true},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"a*c", "abbc", true},
		{"a*c", "abbd", false},
		{"a**c", "ac", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*ab", "aab", true},
		{"?", "", false},
		{"?", "a", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"[a-c]x", "bx", true},
		{"[a-c]x", "dx", false},
		{"[!a-c]x", "dx", true},
		{"[!a-c]x", "bx", false},
		{"[]x]", "]", true},
		{"[!]x]", "]", false},
		{"[a-]", "-", true},
		{"[\\]]", "]", true},
		{"[ab", "[ab", true},
		{"[", "[", true},
		{"[", "a", false},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"a\\", "a\\", true},
		{"*[0-9]", "tick-5", true},
		{"[!0-9]", "", false},
		{"op-*-start", "op-x-start-y-start", true},
		{"*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (probe_glob_match(cases[i].pattern, cases[i].text) != cases[i].matches)
			fail_msg("glob `%s` and text `%s`", cases[i].pattern, cases[i].text);
	}
	assert_true(probe_glob_is_plain("op-start") && probe_glob_is_plain(""));
	assert_false(probe_glob_is_plain("op-*") || probe_glob_is_plain("[a]") || probe_glob_is_plain("a?") ||
		     probe_glob_is_plain("\\a"));
}

static void test_own_probes(void **state)
{
	struct fixture f = setup_nobody();
	struct probe_list list = find(&f, "dtrace", "", "", "");
	struct probe *error;
	unsigned i;

	(void)state;
	assert_int_equal(list.len, 3);
	assert_string_equal(list.probes[0]->name, "BEGIN");
	assert_int_equal(list.probes[0]->id, 1);
	assert_int_equal(list.probes[1]->kind, PROBE_END);
	error = list.probes[2];
	assert_int_equal(error->kind, PROBE_ERROR);
	assert_int_equal(error->ctx, CTX_DIRECT);
	assert_int_equal(error->args_len, 6);
	for (i = 0; i < 6; i++) {
		assert_int_equal(error->args[i].loc.steps[0].op, STEP_CTX);
		assert_int_equal(error->args[i].loc.steps[0].imm, 8 * i);
	}
	list = find(&f, "", "", "", "ERROR");
	assert_int_equal(list.len, 1);
	assert_ptr_equal(list.probes[0], error); /* the same object always */
	assert_int_equal(find(&f, "dtrace", "x", "", "BEGIN").len, 0);
	assert_int_equal(find(&f, "dtrace", "", "", "BEGINN").len, 0);
	assert_non_null(strstr(f.why, "BEGIN, END and ERROR"));
	teardown(&f);
}

static void test_timers(void **state)
{
	static const struct {
		const char *name;
		uint64_t ns;
		enum probe_kind kind;
	} good[] = {
		{"tick-1s", 1000000000, PROBE_TICK},
		{"tick-1sec", 1000000000, PROBE_TICK},
		{"tick-1", 1000000000, PROBE_TICK},
		{"tick-10hz", 100000000, PROBE_TICK},
		{"profile-997", 1003009, PROBE_PROFILE},
		{"profile-5000", 200000, PROBE_PROFILE},
		{"profile-10ms", 10000000, PROBE_PROFILE},
		{"profile-200us", 200000, PROBE_PROFILE},
		{"tick-200000ns", 200000, PROBE_TICK},
		{"tick-500usec", 500000, PROBE_TICK},
		{"tick-1msec", 1000000, PROBE_TICK},
		{"tick-2m", 120000000000, PROBE_TICK},
		{"tick-2min", 120000000000, PROBE_TICK},
		{"tick-1h", 3600000000000, PROBE_TICK},
		{"tick-1hour", 3600000000000, PROBE_TICK},
		{"tick-1d", 86400000000000, PROBE_TICK},
		{"tick-3day", 3 * 86400000000000, PROBE_TICK},
		{"tick-200000nsec", 200000, PROBE_TICK},
	};
	static const struct {
		const char *name, *words;
	} bad[] = {
		{"tick-0", "never fire"},
		{"tick-0s", "never fire"},
		{"profile-5001", "200 microseconds"},
		{"tick-199us", "200 microseconds"},
		{"tick-1x", "no such unit `x`"},
		{"tick-", "lacks its rate"},
		{"profile-s", "lacks its rate"},
		{"tick-99999999999999999999", "too big"},
		{"tick-999999999d", "292 years"},
		{"tick--1", "lacks its rate"},
		{"tick-1s ", "no such unit"},
	};
	struct fixture f = setup_nobody();
	struct probe_list list;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		list = find(&f, i & 1 ? "" : "profile", "", "", good[i].name);
		assert_int_equal(list.len, 1);
		assert_int_equal(list.probes[0]->kind, good[i].kind);
		assert_int_equal(list.probes[0]->ctx, CTX_TIMER);
		assert_int_equal(list.probes[0]->period_ns, good[i].ns);
		assert_string_equal(list.probes[0]->name, good[i].name);
		assert_int_equal(list.probes[0]->args_len, 2);
		assert_ptr_equal(find(&f, "profile", "", "", good[i].name).probes[0], list.probes[0]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(find(&f, "profile", "", "", bad[i].name).len, 0);
		if (!f.why || !strstr(f.why, bad[i].words))
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].name, f.why, bad[i].words);
	}
	teardown(&f);
	f = setup_nobody();
	assert_int_equal(find(&f, "profile", "", "", "").len, 11);
	assert_int_equal(find(&f, "profile", "", "", "tick-*").len, 6);
	assert_int_equal(find(&f, "pro*", "", "", "profile-?99").len, 2);
	assert_int_equal(find(&f, "profile", "", "", "tock").len, 0);
	assert_non_null(strstr(f.why, "not a timer"));
	teardown(&f);
}

static void test_added_file(void **state)
{
	struct fixture f = setup_nobody();
	struct probe_list list;
	struct probe *probe;
	unsigned i;

	(void)state;
	assert_int_equal(prog_add(f.host, prog_path("marker_args")), 0);
	assert_true(prog_add(f.host, "/no/such/file") < 0);
	assert_int_equal(prog_add(f.host, prog_path("marker_args")), 0); /* twice is once */
	list = find(&f, "fixture", "", "", "");
	assert_int_equal(list.len, 11);
	list = find(&f, "fixture", "marker_args", "", "inlined");
	assert_int_equal(list.len, 1);
	probe = list.probes[0];
	assert_int_equal(probe->kind, PROBE_UPROBE);
	assert_int_equal(probe->ctx, CTX_UPROBE);
	assert_string_equal(probe->mod, "marker_args");
	assert_string_equal(probe->func, "");
	assert_int_equal(probe->sites_len, 3);
	assert_int_equal(probe->pid, 0);
	assert_null(probe->why_not);
	for (i = 0; i < 3; i++) {
		assert_non_null(strstr(probe->sites[i].path, "marker_args"));
		assert_int_equal(probe->sites[i].ref_ctr_offset, 0);
		assert_true(probe->sites[i].args[0].loc.n > 0);
	}
	/* both spellings, and patterns of both */
	assert_int_equal(find(&f, "fixture", "", "", "work-start").len, 1);
	assert_int_equal(find(&f, "fixture", "", "", "work__start").len, 1);
	assert_int_equal(find(&f, "fixture", "", "", "work__*").len, 2);
	assert_int_equal(find(&f, "fix*", "marker_*", "", "work-*").len, 2);
	assert_int_equal(find(&f, "fixture", "", "main", "work-start").len, 0);
	teardown(&f);
}

/* A file is called what the processes that run it call it, not what a symbolic link does. */
static void test_added_link(void **state)
{
	struct fixture f = setup_nobody();
	char *link = prog_copy("/dev/null", 0), *target = realpath(prog_path("marker_args"), NULL);
	struct host_binary **binaries;
	struct probe_list list;
	unsigned n;

	(void)state;
	unlink(link);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(prog_add(f.host, link), 0);
	assert_int_equal(prog_add(f.host, target), 0);
	list = find(&f, "fixture", "marker_args", "", "nothing");
	assert_int_equal(list.len, 1);
	assert_string_equal(list.probes[0]->sites[0].path, target);
	host_binaries(f.host, &binaries, &n);
	assert_int_equal(n, 1);
	assert_true(binaries[0]->is_added && !binaries[0]->pids_len);
	unlink(link);
	free(link);
	free(target);
	teardown(&f);
}

static void test_semaphore(void **state)
{
	struct fixture f = setup_nobody();
	struct probe_list list;

	(void)state;
	assert_int_equal(prog_add(f.host, prog_path("marker_sem")), 0);
	list = find(&f, "guarded", "", "", "hit");
	assert_int_equal(list.len, 1);
	assert_true(list.probes[0]->sites[0].ref_ctr_offset != 0);
	assert_int_equal(list.probes[0]->args_len, 1);
	assert_int_equal(list.probes[0]->args[0].size, 8);
	assert_true(list.probes[0]->args[0].is_signed);
	teardown(&f);
}

static void test_why_not(void **state)
{
	struct fixture f = setup_nobody();

	(void)state;
	assert_int_equal(prog_add(f.host, prog_path("marker_args")), 0);
	assert_int_equal(find(&f, "fixture", "", "", "wrok-start").len, 0);
	assert_non_null(strstr(f.why, "did you mean `work-start`?"));
	assert_int_equal(find(&f, "fixtrue", "", "", "work-start").len, 0);
	assert_non_null(strstr(f.why, "did you mean `fixture`?"));
	assert_int_equal(find(&f, "fixture1", "", "", "work-start").len, 0);
	assert_non_null(strstr(f.why, "process 1"));
	teardown(&f);
}

static void test_running(void **state)
{
	pid_t pids[2] = {prog_start(prog_path("marker_lib")), prog_start(prog_path("marker_lib"))};
	pid_t args_pid = prog_start(prog_path("marker_args"));
	struct target target = {.pids = pids, .pids_len = 2, .main_pid = pids[0]};
	struct fixture f = setup(&target);
	struct host_binary **binaries;
	struct probe_list list;
	unsigned n, i, mains = 0;
	char prov[32];

	(void)state;
	/* a library's markers, in the files of both processes, which are the same */
	list = find(&f, "fixlib", "", "", "call-entry");
	assert_int_equal(list.len, 1);
	assert_string_equal(list.probes[0]->mod, "libmarkers.so");
	assert_int_equal(list.probes[0]->sites_len, 1);
	assert_int_equal(list.probes[0]->args_len, 3);
	assert_int_equal(find(&f, "fixture", "", "", "").len, 0); /* runs, but is not a target */

	snprintf(prov, sizeof(prov), "fixlib%d", (int)pids[1]);
	list = find(&f, prov, "", "", "call__entry");
	assert_int_equal(list.len, 1);
	assert_string_equal(list.probes[0]->prov, prov);
	assert_int_equal(list.probes[0]->pid, pids[1]);
	assert_int_equal(list.probes[0]->sites_len, 1);
	assert_ptr_equal(find(&f, prov, "", "", "call-entry").probes[0], list.probes[0]);
	snprintf(prov, sizeof(prov), "fixlib%d", (int)args_pid);
	assert_int_equal(find(&f, prov, "", "", "call-entry").len, 0);

	host_binaries(f.host, &binaries, &n);
	for (i = 0; i < n; i++) {
		assert_int_equal(binaries[i]->pids_len, 2);
		assert_true(host_binary_has_pid(binaries[i], pids[0]));
		assert_false(host_binary_has_pid(binaries[i], args_pid));
		mains += binaries[i]->is_main;
	}
	assert_int_equal(mains, 1);
	teardown(&f);

	f = setup(NULL); /* everything that runs */
	assert_true(find(&f, "fixture", "marker_args", "", "").len == 11);
	assert_true(find(&f, "fixlib", "", "", "").len == 2);
	teardown(&f);
	prog_stop(pids[0]);
	prog_stop(pids[1]);
	prog_stop(args_pid);
}

/* A daemon keeps running from a file that an upgrade has replaced; to open it then takes root. */
static void test_deleted(void **state)
{
	char *copy = prog_copy(prog_path("marker_args"), (size_t)-1);
	pid_t pid = prog_start(copy);
	struct target target = {.pids = &pid, .pids_len = 1};
	struct host_binary **binaries;
	struct fixture f;
	unsigned n;

	(void)state;
	unlink(copy);
	f = setup(&target);
	host_binaries(f.host, &binaries, &n);
	assert_true(n >= 1);
	assert_true(binaries[0]->is_main && binaries[0]->is_deleted);
	assert_string_equal(binaries[0]->name, copy);
	if (!geteuid())
		assert_int_equal(find(&f, "fixture", "", "", "").len, 11);
	teardown(&f);
	prog_stop(pid);
	free(copy);
}

static void test_ids(void **state)
{
	struct fixture f = setup_nobody();
	struct probe_desc desc = {"", "", "", "", 0};
	struct probe_list all, one;
	unsigned i;

	(void)state;
	assert_int_equal(prog_add(f.host, prog_path("marker_args")), 0);
	host_number_all(f.host);
	all = f.source.find(&f.source, &desc, &f.why);
	assert_true(all.len >= 3 + 11 + 11);
	for (i = 0; i < all.len; i++) {
		assert_int_equal(all.probes[i]->id, i + 1);
		desc.id = i + 1;
		one = f.source.find(&f.source, &desc, &f.why);
		assert_int_equal(one.len, 1);
		assert_ptr_equal(one.probes[0], all.probes[i]);
	}
	desc.id = all.len + 1;
	assert_int_equal(f.source.find(&f.source, &desc, &f.why).len, 0);
	assert_non_null(strstr(f.why, "no probe with id"));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs),	   cmocka_unit_test(test_own_probes), cmocka_unit_test(test_timers),
		cmocka_unit_test(test_added_file), cmocka_unit_test(test_semaphore),  cmocka_unit_test(test_why_not),
		cmocka_unit_test(test_running),	   cmocka_unit_test(test_deleted),    cmocka_unit_test(test_ids),
		cmocka_unit_test(test_added_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
