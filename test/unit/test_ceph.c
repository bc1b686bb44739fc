/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The provider of Ceph's markers, over files: this test itself as a ceph-osd that was built with one marker; the stock
 * ceph-osd, if it is installed; a copy of that with another build-id, of which there is no card.
 */
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/host.h"
#include "prog.h"

#define STOCK "/usr/bin/ceph-osd"

/* ceph_osd:::op-start with two arguments, as the marker header would leave it. */
__attribute__((noinline, used)) static void marked(long client, unsigned long tid)
{
	__asm__ volatile("990: nop\n"
			 ".pushsection .note.stapsdt,\"\",\"note\"\n"
			 ".balign 4\n.4byte 992f-991f, 994f-993f, 3\n"
			 "991: .asciz \"stapsdt\"\n992: .balign 4\n"
			 "993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte 0\n"
			 ".asciz \"ceph_osd\"\n.asciz \"op__start\"\n.asciz \"-8@%%rdi 8@%%rsi\"\n"
			 "994: .balign 4\n.popsection\n"
			 ".ifndef _.stapsdt.base\n"
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"
			 ".size _.stapsdt.base, 1\n.popsection\n.endif\n"
			 :
			 : "D"(client), "S"(tid));
}

static char dir[] = "/tmp/cephtap-ceph-XXXXXX";
static char file[64];
static struct arena *arena;
static struct probe_host *host;

static void copy_file(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	struct stat st;
	off_t at = 0;

	assert_true(from >= 0 && to >= 0 && !fstat(from, &st));
	while (at < st.st_size)
		assert_true(sendfile(to, from, &at, (size_t)(st.st_size - at)) > 0);
	close(from);
	close(to);
}

/* The first byte of the build-id's description becomes another one. */
static void change_build_id(void)
{
	static const char head[] = "\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU";
	int fd = open(file, O_RDWR | O_CLOEXEC);
	char page[4096], *at;

	assert_true(fd >= 0 && pread(fd, page, sizeof(page), 0) == sizeof(page));
	at = memmem(page, sizeof(page), head, sizeof(head));
	assert_non_null(at);
	at[sizeof(head)] ^= 1;
	assert_int_equal(pwrite(fd, page, sizeof(page), 0), sizeof(page));
	close(fd);
}

static int setup(void **state)
{
	static pid_t pids[1];
	struct target target = {.pids = pids, .pids_len = 1};

	(void)state;
	pids[0] = getpid();
	arena = arena_new();
	host = probe_host_new(arena, &target);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	probe_host_free(host);
	arena_free(arena);
	unlink(file);
	return 0;
}

static struct probe *find(const char *prov, const char *name, const char **why)
{
	struct probe_source source = probe_host_source(host);
	struct probe_desc desc = {prov, "", "", name, 0};
	struct probe_list list = source.find(&source, &desc, why);

	return list.len ? list.probes[0] : NULL;
}

static void assert_says(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("`%s` does not say `%s`", text ? text : "(nothing)", part);
}

static void notes_are_sites(void **state)
{
	struct probe *probe;
	const char *why;

	(void)state;
	copy_file("/proc/self/exe");
	assert_int_equal(prog_add(host, file), 0);
	probe = find("ceph_osd", "op-start", &why);
	assert_non_null(probe);
	assert_null(probe->why_not);
	assert_string_equal(probe->func, "");
	assert_string_equal(probe->mod, "ceph-osd");
	assert_int_equal(probe->sites_len, 1);
	assert_string_equal(probe->sites[0].args[0].name, "client");
	assert_string_equal(probe->sites[0].args[1].name, "tid");
	assert_null(probe->sites[0].args[1].why);
	assert_non_null(probe->sites[0].args[2].why);
	probe = find("ceph_osd", "op-enqueue", &why);
	assert_non_null(probe);
	assert_says(probe->why_not, "has no function OSD::enqueue_op");
}

static void stock_binary_has_all(void **state)
{
	struct probe_source source = probe_host_source(host);
	struct probe_desc desc = {"ceph_*", "ceph-osd", "", "", 0};
	struct probe_list list;
	const char *why;
	unsigned i, j, available = 0;

	(void)state;
	if (access(STOCK, R_OK))
		skip();
	copy_file(STOCK);
	assert_int_equal(prog_add(host, file), 0);
	list = source.find(&source, &desc, &why);
	assert_true(list.len >= 45);
	for (i = 0; i < list.len; i++) {
		if (list.probes[i]->why_not)
			continue; /* another release than the cards */
		available++;
		assert_int_equal(list.probes[i]->sites_len, 1);
		for (j = 0; j < list.probes[i]->args_len; j++)
			assert_null(list.probes[i]->sites[0].args[j].why);
	}
	assert_true(available == 0 || available == list.len);
}

static void other_build_is_told_by_its_code(void **state)
{
	struct probe *probe;
	const char *why;

	(void)state;
	if (access(STOCK, R_OK))
		skip();
	copy_file(STOCK);
	change_build_id();
	assert_int_equal(prog_add(host, file), 0);
	probe = find("ceph_osd", "op-start", &why);
	assert_non_null(probe);
	assert_null(probe->why_not);
	assert_int_equal(probe->sites_len, 1);
	assert_says(probe->sites[0].evidence, "confirmed by the code");
	probe = find("ceph_store", "deferred-submit", &why); /* asks for no layout */
	assert_non_null(probe);
	assert_null(probe->why_not);
}

static void says_why_not(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_null(find("ceph_osd", "op-strat", &why));
	assert_says(why, "no marker `op-strat` in ceph_osd; did you mean `op-start`?");
	assert_null(find("ceph_osdd", "op-start", &why));
	assert_says(why, "did you mean `ceph_osd`?");
	assert_null(find("ceph_osd", "op-prepare-start", &why));
	assert_says(why, "did you mean `ceph_pg:::op-prepare-start`?");
	assert_null(find("ceph_osd", "op-enqueue", &why));
	assert_says(why, "none of the chosen processes runs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(notes_are_sites, setup, teardown),
		cmocka_unit_test_setup_teardown(stock_binary_has_all, setup, teardown),
		cmocka_unit_test_setup_teardown(other_build_is_told_by_its_code, setup, teardown),
		cmocka_unit_test_setup_teardown(says_why_not, setup, teardown),
	};
	int failed;

	marked(1, 2);
	setenv("CEPHTAP_CARDS", "/nonexistent", 1);
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	if (!mkdtemp(dir))
		return 1;
	strcat(strcpy(file, dir), "/ceph-osd");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
