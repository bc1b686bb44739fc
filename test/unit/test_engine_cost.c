/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long the engine takes to come and go on a large program: prints it, and fails only where it is far off. ceph-osd
 * need not run: a process that maps it executable is as much work for the kernel.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/held.h"
#include "engine_child.h"
#include "engine_fixture.h"

static const char *path = "/usr/bin/ceph-osd";

enum { FUNCTIONS_MAX = 32768 };

struct functions {
	struct elf_file *file;
	uint64_t vaddrs[FUNCTIONS_MAX];
	unsigned len;
};

static int function_add(const struct elf_symbol *symbol, void *data)
{
	struct functions *functions = data;

	if (!symbol->is_local && functions->len < FUNCTIONS_MAX)
		functions->vaddrs[functions->len++] = symbol->vaddr;
	return 0;
}

/* Does the function begin with a push, as most do? Those can be probed by every kernel. */
static bool begins_with_push(const char *text, const struct site *site)
{
	const unsigned char *code = (const unsigned char *)text + site->offset;

	return (code[0] & 0xf8) == 0x50 || (code[0] == 0x41 && (code[1] & 0xf8) == 0x50);
}

static void map_file(void *data)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || mmap(NULL, *(size_t *)data, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		_exit(1);
}

struct cost {
	unsigned sites, programs, pids;
	bool pushes_only, no_multi;
};

static struct functions functions;
static size_t file_size;
static const char *text;

static struct site *site_new(struct fixture *f, uint64_t vaddr)
{
	struct site *site = arena_new_one(f->arena, struct site);

	site->path = path;
	site->held = elf_file_held(functions.file);
	site->dev = held_dev(site->held);
	site->ino = held_ino(site->held);
	site->vaddr = vaddr;
	assert_int_equal(elf_vaddr_to_offset(functions.file, vaddr, &site->offset), 0);
	return site;
}

/* Functions from all over the file. */
static void add_sites(struct fixture *f, const struct cost *cost)
{
	unsigned stride = functions.len / cost->sites / 2;

	for (unsigned i = 0; i < cost->programs; i++)
		program_count(f, CTX_UPROBE, (int)i + 1);
	for (unsigned i = 0, len = 0; len < cost->sites && i < functions.len; i++) {
		struct site *site = site_new(f, functions.vaddrs[i]);

		if (cost->pushes_only && !begins_with_push(text, site))
			continue;
		fixture_attach(f, site, len % cost->programs, len % COUNTS);
		len++;
		i += stride;
	}
}

static struct engine_timing run_once(const struct cost *cost, unsigned *warnings)
{
	struct fixture *f = fixture_new();
	pid_t pids[8];
	struct engine_timing timing;

	for (unsigned i = 0; i < 3; i++)
		pids[i] = child_tracer(map_file, &file_size);
	f->target = (struct target){.pids = pids, .pids_len = cost->pids};
	f->diags.limit = 1;
	add_sites(f, cost);
	fixture_start(f, cost->no_multi);
	engine_detach(f->engine);
	timing = engine_timing(f->engine);
	*warnings = f->diags.warnings;
	for (unsigned i = 0; i < 3; i++)
		child_kill(pids[i]);
	fixture_free(f);
	return timing;
}

static void measure(const char *what, struct cost cost)
{
	for (int round = 0; round < 3; round++) {
		unsigned warnings;
		struct engine_timing t = run_once(&cost, &warnings);

		printf("%-44s maps %6.2f  load %6.2f  attach %7.1f  detach %7.1f ms, %u left out\n", what,
		       t.maps_ns / 1e6, t.load_ns / 1e6, t.attach_ns / 1e6, t.detach_ns / 1e6, warnings);
		assert_true(t.attach_ns < 20000000000ULL && t.detach_ns < 20000000000ULL);
	}
}

static void test_cost(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	if (stat(path, &st)) {
		printf("SKIPPED: %s is not there\n", path);
		skip();
	}
	file_size = (size_t)st.st_size;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	text = mmap(NULL, file_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	assert_int_equal(elf_file_open(path, &functions.file), 0);
	elf_symbol_each(functions.file, function_add, &functions);
	measure("30 functions", (struct cost){30, 1, 0, .pushes_only = true});
	measure("30 functions, 30 programs", (struct cost){30, 30, 0, .pushes_only = true});
	measure("the same, in 3 chosen processes", (struct cost){30, 30, 3, .pushes_only = true});
	measure("the same, by perf events", (struct cost){30, 30, 0, .pushes_only = true, .no_multi = true});
	if (getenv("ENGINE_COST_LARGE")) {
		measure("5,000 functions", (struct cost){5000, 2, 0, .pushes_only = true});
		measure("30 functions, some cannot be probed", (struct cost){30, 2, 0, .no_multi = false});
		measure("1,000 functions, some cannot be probed", (struct cost){1000, 2, 0, .no_multi = false});
		measure("20,000 functions, some cannot be probed", (struct cost){20000, 2, 0, .no_multi = false});
	}
	munmap((void *)text, file_size);
	elf_file_close(functions.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cost)};
	const char *why = engine_why_not();

	if (why) {
		printf("SKIPPED: %s\n", why);
		return 0;
	}
	return cmocka_run_group_tests_name("engine: cost", tests, NULL, NULL);
}
