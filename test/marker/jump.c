/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ten bytes behind a marker's probed nop, taken over from inside the process as marker.h says: the function keeps its
 * variables below the stack pointer, and its code behind the marker stays as it is. Exits with 0 when that is so.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cephtap/marker.h>

enum { ROUNDS = 1000, KEPT = 14 }; /* of 8 bytes: most of the red zone */

/* What a tracer would do, with all registers that a C function may change kept for the marker's function. */
__asm__(".text\n"
	"trampoline:\n"
	"push %rax\npush %rcx\npush %rdx\npush %rsi\npush %rdi\npush %r8\npush %r9\npush %r10\npush %r11\n"
	"push %rbp\nmov %rsp,%rbp\nand $-16,%rsp\n"
	"call hit\n"
	"mov %rbp,%rsp\npop %rbp\n"
	"pop %r11\npop %r10\npop %r9\npop %r8\npop %rdi\npop %rsi\npop %rdx\npop %rcx\npop %rax\n"
	"ret $128\n");
extern const uint8_t trampoline[] __attribute__((visibility("hidden")));
void hit(void);

static unsigned long hits;

__attribute__((used, noinline)) void hit(void)
{
	volatile char scratch[512];

	for (unsigned i = 0; i < sizeof(scratch); i++)
		scratch[i] = (char)0xee;
	hits++;
}

/* A leaf: its array is below the stack pointer, as it calls nothing. */
__attribute__((noinline)) static long leaf(long n)
{
	volatile long kept[KEPT];
	long sum = 0;

	for (int i = 0; i < KEPT; i++)
		kept[i] = n * i;
	CEPHTAP_MARKER(fixture, leaf, n);
	for (int i = 0; i < KEPT; i++)
		sum += kept[i];
	return sum;
}

static int take_over(uint8_t *code, size_t size)
{
	static const uint8_t nops[] = {0x90, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0};
	uint8_t *place = memmem(code, size, nops, sizeof(nops)), jump[10] = {0x48, 0x8d, 0x64, 0x24, 0x80, 0xe8};
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start;
	int32_t distance;

	if (!place)
		return 1;
	start = (uintptr_t)place & ~(page - 1);
	if (mprotect((void *)start, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC))
		return 1;
	distance = (int32_t)(trampoline - (place + 11));
	memcpy(jump + 6, &distance, sizeof(distance));
	memcpy(place + 1, jump, sizeof(jump));
	return 0;
}

int main(void)
{
	long before[ROUNDS];
	int bad = 0;

	for (long n = 0; n < ROUNDS; n++)
		before[n] = leaf(n);
	if (take_over((uint8_t *)(uintptr_t)leaf, 512)) {
		puts("the marker's code is not what it should be, or may not be written");
		return 1;
	}
	for (long n = 0; n < ROUNDS; n++)
		bad += leaf(n) != before[n];
	printf("%lu of %d hits, %d wrong results\n", hits, ROUNDS, bad);
	return hits != ROUNDS || bad;
}
