/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Located arguments against the truth: programs run under ptrace with a breakpoint at each site, and what the locations
 * give there must be what the source says. Needs no privilege.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/host.h"
#include "prog.h"

struct tracee {
	pid_t pid;
	uint64_t base; /* run-time address of the file's address 0 */
	struct user_regs_struct regs;
	struct probe_list probes;
	unsigned fired[32];
};

static uint64_t read_reg(const struct user_regs_struct *r, uint8_t reg)
{
	const uint64_t values[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp,
				   r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};

	assert_true(reg < 16);
	return values[reg];
}

static uint64_t cut(uint64_t value, const struct argstep *step)
{
	unsigned shift = 64 - 8u * step->size;

	return step->is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}

static uint64_t peek(const struct tracee *tracee, uint64_t address)
{
	uint64_t word;

	errno = 0;
	word = (uint64_t)ptrace(PTRACE_PEEKDATA, tracee->pid, (void *)address, NULL);
	assert_int_equal(errno, 0);
	return word;
}

static uint64_t evaluate(const struct tracee *tracee, const struct argloc *loc)
{
	uint64_t value = 0;
	unsigned i;

	for (i = 0; i < loc->n; i++) {
		const struct argstep *step = &loc->steps[i];

		switch (step->op) {
		case STEP_CONST:
			value = (uint64_t)step->imm;
			break;
		case STEP_REG:
			value = read_reg(&tracee->regs, step->reg);
			break;
		case STEP_IMAGE:
			value = tracee->base + (uint64_t)step->imm;
			break;
		case STEP_ADD_REG:
			value += read_reg(&tracee->regs, step->reg) * (uint64_t)step->imm;
			break;
		case STEP_LOAD:
			value = cut(peek(tracee, value + (uint64_t)step->imm), step);
			break;
		case STEP_CAST:
			value = cut(value, step);
			break;
		case STEP_SHR:
			value >>= step->imm;
			break;
		default:
			fail_msg("unexpected step %u", step->op);
		}
	}
	return value;
}

/* What each marker's arguments are: numbers, texts at an address, or not available. */
struct expected {
	const char *name;
	unsigned args_len;
	int64_t values[12];
	const char *texts[12];
	unsigned not_available; /* a bit per argument */
};

static const struct expected marker_args[] = {
	{"integers",
	 8,
	 {-8, 200, -1600, 60000, -320000, 3200000000, -6400000000000, (int64_t)18000000000000000000ul},
	 {0},
	 0},
	{"constants", 6, {5, -5, 0x7fffffffffff, -1, 4000000000, 65535}, {0}, 0},
	{"globals", 4, {-1234567890123, -77, 250, 0}, {NULL, NULL, NULL, "\x35\xfb\x04\x8e\xe0\xfe\xff\xff"}, 0},
	{"memory", 6, {-2, 4000000000, 0, -4, 250, 'e'}, {NULL, NULL, "text"}, 0},
	{"narrow", 4, {128, -358, 0x12fe9a80, 0x9a}, {0}, 0},
	{"floats", 2, {0, 41}, {0}, 1},
	{"inlined", 1, {41}, {0}, 0},
	{"inlined", 1, {82}, {0}, 0},
	{"inlined", 1, {-3}, {0}, 0},
	{"many", 12, {41, -41, 42, -40, 43, -39, 44, -38, 45, -37, 46, -36}, {0}, 0},
	{"work-start", 2, {41, 0}, {NULL, "a local text"}, 0},
	{"work-done", 1, {42}, {0}, 0},
	{"nothing", 0, {0}, {0}, 0},
	{NULL, 0, {0}, {0}, 0},
};

static const struct expected marker_cxx[] = {
	{"twice", 2, {-21, 4}, {0}, 0}, {"twice", 2, {1ll << 40, 8}, {0}, 0},
	{"twice", 2, {255, 1}, {0}, 0}, {"run", 5, {0, 3, 7, 200, 1}, {"worker"}, 0},
	{NULL, 0, {0}, {0}, 0},
};

static void check_text(const struct tracee *tracee, uint64_t address, const char *text)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < strlen(text); i++) {
		word = peek(tracee, address + i);
		assert_int_equal((char)word, text[i]);
	}
}

static void check_hit(struct tracee *tracee, const struct probe *probe, const struct site *site,
		      const struct expected *expected)
{
	unsigned i;

	assert_non_null(expected->name);
	assert_string_equal(probe->name, expected->name);
	assert_int_equal(probe->args_len, expected->args_len);
	for (i = 0; i < expected->args_len; i++) {
		if (expected->not_available & 1u << i) {
			assert_int_equal(site->args[i].loc.n, 0);
			assert_non_null(site->args[i].why);
		} else if (expected->texts[i]) {
			check_text(tracee, evaluate(tracee, &site->args[i].loc), expected->texts[i]);
		} else {
			assert_int_equal(evaluate(tracee, &site->args[i].loc), expected->values[i]);
		}
	}
}

/* ld.so has not run yet, but the kernel has mapped the program: its first line in maps is its address 0. */
static void start(struct tracee *tracee, const char *path, bool is_pie)
{
	char maps[64];
	FILE *file;
	int status;

	tracee->pid = fork();
	if (!tracee->pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(tracee->pid, &status, 0), tracee->pid);
	assert_true(WIFSTOPPED(status));
	snprintf(maps, sizeof(maps), "/proc/%d/maps", (int)tracee->pid);
	file = fopen(maps, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lx", &tracee->base), 1);
	fclose(file);
	if (!is_pie)
		tracee->base = 0;
}

static void set_breakpoints(struct tracee *tracee)
{
	unsigned i, k;

	for (i = 0; i < tracee->probes.len; i++) {
		for (k = 0; k < tracee->probes.probes[i]->sites_len; k++) {
			uint64_t at = tracee->base + tracee->probes.probes[i]->sites[k].vaddr;
			uint64_t word = peek(tracee, at);

			assert_int_equal(word & 0xff, 0x90);
			word = (word & ~0xffull) | 0xcc;
			assert_int_equal(ptrace(PTRACE_POKEDATA, tracee->pid, (void *)at, (void *)word), 0);
		}
	}
}

static const struct probe *find_site(const struct tracee *tracee, uint64_t vaddr, const struct site **site)
{
	unsigned i, k;

	for (i = 0; i < tracee->probes.len; i++) {
		for (k = 0; k < tracee->probes.probes[i]->sites_len; k++) {
			*site = &tracee->probes.probes[i]->sites[k];
			if ((*site)->vaddr == vaddr)
				return tracee->probes.probes[i];
		}
	}
	return NULL;
}

static void check_program(const char *name, const char *prov, const struct expected *expected)
{
	struct probe_desc desc = {prov, "", "", "", 0};
	static const pid_t no_pid = 0;
	static const struct target nobody = {.pids = &no_pid, .pids_len = 1};
	const char *path = prog_path(name), *why = NULL;
	struct arena *arena = arena_new();
	struct probe_host *host = probe_host_new(arena, &nobody);
	struct probe_source source = probe_host_source(host);
	struct host_binary **binaries;
	const struct probe *probe;
	const struct site *site;
	struct tracee tracee;
	unsigned n;
	int status;

	assert_int_equal(prog_add(host, path), 0);
	host_binaries(host, &binaries, &n);
	assert_int_equal(n, 1);
	tracee.probes = source.find(&source, &desc, &why);
	start(&tracee, path, elf_file_is_pie(host_binary_elf(host, binaries[0])));
	set_breakpoints(&tracee);
	while (!ptrace(PTRACE_CONT, tracee.pid, NULL, NULL) && waitpid(tracee.pid, &status, 0) == tracee.pid &&
	       WIFSTOPPED(status)) {
		assert_int_equal(WSTOPSIG(status), SIGTRAP);
		assert_int_equal(ptrace(PTRACE_GETREGS, tracee.pid, NULL, &tracee.regs), 0);
		probe = find_site(&tracee, tracee.regs.rip - 1 - tracee.base, &site);
		assert_non_null(probe);
		check_hit(&tracee, probe, site, expected++);
	}
	assert_true(WIFEXITED(status));
	assert_null(expected->name); /* all of them have fired */
	probe_host_free(host);
	arena_free(arena);
}

static void test_optimised(void **state)
{
	(void)state;
	check_program("marker_args", "fixture", marker_args);
}

static void test_not_optimised(void **state)
{
	(void)state;
	check_program("marker_args_O0", "fixture", marker_args);
}

static void test_no_pie(void **state)
{
	(void)state;
	check_program("marker_args_nopie", "fixture", marker_args);
}

/* Without .symtab everything is the same, but for the arguments that are named by a symbol. */
static void test_stripped(void **state)
{
	struct expected expected[sizeof(marker_args) / sizeof(marker_args[0])];
	unsigned i;

	(void)state;
	memcpy(expected, marker_args, sizeof(expected));
	for (i = 0; expected[i].name; i++) {
		if (!strcmp(expected[i].name, "globals"))
			expected[i].not_available = 7;
	}
	check_program("marker_args_stripped", "fixture", expected);
}

static void test_cxx(void **state)
{
	(void)state;
	check_program("marker_cxx", "fixcxx", marker_cxx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_optimised), cmocka_unit_test(test_not_optimised), cmocka_unit_test(test_no_pie),
		cmocka_unit_test(test_stripped),  cmocka_unit_test(test_cxx),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
