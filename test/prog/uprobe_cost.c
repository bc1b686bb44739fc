/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 -Wall -Wextra */
/*
 * What a uprobe costs, by the instruction it is put on. The kernel executes a few instructions itself; any other it
 * runs as a copy elsewhere, one single step, with two more traps. Which ones is nowhere documented and changes by
 * version, so it is measured: each function below begins with another instruction, is called in a loop with and without
 * a uprobe (a perf event that counts, no program) on its first byte, and the difference is printed.
 *
 *   uprobe_cost [CALLS [ROUNDS]]     one line each: instruction, ns per hit, ns per hit of a uretprobe; as root
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void)
{
	puts("uprobe_cost knows the instructions of x86_64 only");
	return 0;
}
#else

/* name, what is printed, code. `word` is readable memory; every function returns with all registers but %rax kept. */
#define INSTRUCTIONS(X)                                                                                                \
	X(push, "push %rbp", "push %rbp; pop %rbp; ret")                                                               \
	X(push_r15, "push %r15", "push %r15; pop %r15; ret")                                                           \
	X(nop, "nop", "nop; ret")                                                                                      \
	X(nop2, "xchg %ax,%ax (2-byte nop)", ".byte 0x66, 0x90; ret")                                                  \
	X(nop4, "nopl 0(%rax) (4-byte nop)", ".byte 0x0f, 0x1f, 0x40, 0; ret")                                         \
	X(nop5, "nopl 0(%rax,%rax) (5-byte nop)", ".byte 0x0f, 0x1f, 0x44, 0, 0; ret")                                 \
	X(nop10, "cs nopw (10-byte nop)", ".byte 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0; ret")                    \
	X(endbr, "endbr64", ".byte 0xf3, 0x0f, 0x1e, 0xfa; ret")                                                       \
	X(jmp_short, "jmp (short)", ".byte 0xeb, 0; ret")                                                              \
	X(jmp_near, "jmp (near)", ".byte 0xe9, 0, 0, 0, 0; ret")                                                       \
	X(jcc_short, "jcc (short)", ".byte 0x74, 0; ret")                                                              \
	X(jcc_near, "jcc (near)", ".byte 0x0f, 0x84, 0, 0, 0, 0; ret")                                                 \
	X(call, "call", "call 1f; ret; 1: ret")                                                                        \
	X(ret, "ret", "ret")                                                                                           \
	X(mov_reg, "mov %rdi,%rax", "mov %rdi, %rax; ret")                                                             \
	X(mov_imm, "mov $1,%eax", "mov $1, %eax; ret")                                                                 \
	X(mov_load, "mov (%rdi),%rax", "mov (%rdi), %rax; ret")                                                        \
	X(mov_store, "mov %rdi,-8(%rsp)", "mov %rdi, -8(%rsp); ret")                                                   \
	X(movzx, "movzbl (%rdi),%eax", "movzbl (%rdi), %eax; ret")                                                     \
	X(lea, "lea 8(%rdi),%rax", "lea 8(%rdi), %rax; ret")                                                           \
	X(lea_rip, "lea 0(%rip),%rax", "lea 0(%rip), %rax; ret")                                                       \
	X(sub_rsp, "sub $8,%rsp", "sub $8, %rsp; add $8, %rsp; ret")                                                   \
	X(sub_rsp32, "sub $0x1000,%rsp", "sub $0x1000, %rsp; add $0x1000, %rsp; ret")                                  \
	X(test, "test %rdi,%rdi", "test %rdi, %rdi; ret")                                                              \
	X(cmp, "cmp $1,%rdi", "cmp $1, %rdi; ret")                                                                     \
	X(xor, "xor %eax,%eax", "xor %eax, %eax; ret")

#define CODE(name, text, code)                                                                                         \
	__asm__(".pushsection .text\n.p2align 6\n.type cost_" #name ", @function\n"                                   \
		"cost_" #name ": " code "\n.size cost_" #name ", .-cost_" #name "\n.popsection\n");                    \
	extern void cost_##name(const void *word);
INSTRUCTIONS(CODE)

static const struct {
	const char *text;
	void (*call)(const void *word);
} instructions[] = {
#define ROW(name, text, code) {text, cost_##name},
	INSTRUCTIONS(ROW)
};

extern const char __executable_start[]; /* of the linker: the file's first byte, where it is mapped */

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* CPU time, and of several rounds the quickest: other work on the machine can only slow one down. */
static double ns_per_call(unsigned i, unsigned calls, unsigned rounds)
{
	static const uint64_t word = 1;
	double best = 1e18;
	unsigned round, n;

	for (round = 0; round < rounds; round++) {
		uint64_t from = cpu_ns(), took;

		for (n = 0; n < calls; n++)
			instructions[i].call(&word);
		took = cpu_ns() - from;
		if ((double)took / calls < best)
			best = (double)took / calls;
	}
	return best;
}

static int pmu_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
	int type = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &type) != 1)
		type = -1;
	fclose(file);
	return type;
}

/* The linker puts the text at the same offset in the file as behind the start of the image. */
static int uprobe_open(int type, unsigned i, int is_return)
{
	uint64_t offset = (uint64_t)(uintptr_t)instructions[i].call - (uint64_t)(uintptr_t)__executable_start;
	struct perf_event_attr attr = {
		.type = (uint32_t)type,
		.size = sizeof(attr),
		.config = (uint64_t)is_return, /* format/retprobe: bit 0 */
		.uprobe_path = (uint64_t)(uintptr_t)"/proc/self/exe",
		.probe_offset = offset,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Negative: no uprobe, the instruction cannot be probed. Every call must have been counted. */
static double cost(int type, unsigned i, int is_return, unsigned calls, unsigned rounds)
{
	double bare = ns_per_call(i, calls, rounds), probed;
	uint64_t count = 0;
	int fd = uprobe_open(type, i, is_return);

	if (fd < 0)
		return -1;
	probed = ns_per_call(i, calls, rounds);
	if (read(fd, &count, sizeof(count)) != sizeof(count) || count != (uint64_t)calls * rounds) {
		fprintf(stderr, "%s: %llu hits of %llu calls\n", instructions[i].text, (unsigned long long)count,
			(unsigned long long)calls * rounds);
		exit(1);
	}
	close(fd);
	return probed - bare;
}

static void print_row(int type, unsigned i, unsigned calls, unsigned rounds)
{
	double entry = cost(type, i, 0, calls, rounds), back = cost(type, i, 1, calls, rounds);

	if (entry < 0 || back < 0)
		printf("%-32s %25s\n", instructions[i].text, "cannot be probed");
	else
		printf("%-32s %12.0f %12.0f\n", instructions[i].text, entry, back);
}

int main(int argc, char **argv)
{
	unsigned calls = argc > 1 ? (unsigned)atoi(argv[1]) : 20000, rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
	int type = pmu_type(), fd;
	unsigned i;

	if (type < 0 || !calls || !rounds) {
		fprintf(stderr, type < 0 ? "this kernel has no uprobes for perf events\n" : "CALLS and ROUNDS: numbers\n");
		return 1;
	}
	fd = uprobe_open(type, 0, 0);
	if (fd < 0) {
		fprintf(stderr, "cannot attach a uprobe: %s\n", strerror(errno));
		return 1;
	}
	close(fd);
	printf("%-32s %12s %12s\n", "instruction", "uprobe ns", "uretprobe ns");
	for (i = 0; i < sizeof(instructions) / sizeof(*instructions); i++)
		print_row(type, i, calls, rounds);
	return 0;
}
#endif
