/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that does as it is told through a pipe, so that a test knows exactly how often each of its places was
 * passed. test_engine.c includes this file and forks; as a program of its own it reads commands from stdin and answers
 * on stdout.
 */
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#include <stdint.h>
#include <unistd.h>

__extension__ volatile unsigned short engine_target_hit_semaphore __attribute__((used, section(".probes")));

/* op: '1' '2' '3' call that function n times, 'm' passes the marker n times, 's' answers the semaphore. */
struct target_command {
	uint32_t op, n;
};

volatile long target_sink;

__attribute__((noinline)) long target_one(long a)
{
	target_sink += a;
	return a + 1;
}

__attribute__((noinline)) long target_two(long a)
{
	target_sink -= a;
	return a + 2;
}

__attribute__((noinline)) long target_three(long a)
{
	target_sink ^= a;
	return a + 3;
}

__attribute__((noinline)) void target_marker(long a)
{
	STAP_PROBE2(engine_target, hit, a, target_sink);
}

#ifdef __x86_64__
/* Begins with an instruction that the kernel does not probe: one with a lock prefix. */
__asm__(".pushsection .text\n"
	".globl target_locked\n.type target_locked, @function\n"
	"target_locked:\n\tlock orl $0, -8(%rsp)\n\tret\n"
	".size target_locked, .-target_locked\n.popsection\n");
void target_locked(void);
#endif

static uint64_t target_obey(const struct target_command *command)
{
	uint64_t sum = 0;

	if (command->op == 's')
		return engine_target_hit_semaphore;
	for (uint32_t i = 0; i < command->n; i++) {
		if (command->op == '1')
			sum += (uint64_t)target_one(i);
		else if (command->op == '2')
			sum += (uint64_t)target_two(i);
		else if (command->op == '3')
			sum += (uint64_t)target_three(i);
		else if (command->op == 'm')
			target_marker(i);
	}
	return sum;
}

static void target_loop(int in, int out)
{
	struct target_command command;

	while (read(in, &command, sizeof(command)) == sizeof(command)) {
		uint64_t answer = target_obey(&command);

		if (write(out, &answer, sizeof(answer)) != sizeof(answer))
			return;
	}
}

#ifndef ENGINE_TARGET_INCLUDED
int main(void)
{
	target_loop(0, 1);
	return 0;
}
#endif
