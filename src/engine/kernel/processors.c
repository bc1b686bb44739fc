/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many processors there may be. When the kernel hands over a value of each, it writes as many as it thinks of,
 * whatever room we have: so it is the one who is asked, by having it write values of which nothing else can be the
 * reason. What /sys says may be missing, or made up for a container, and is only believed as to the numbers that
 * processors have.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/kernel/private.h"

enum { WORDS = 1 << 16 /* more processors than Linux can be built for */, MASK_BYTES = WORDS / 8 };

/* The kernel's writing ends before the page behind, which is not ours to write. */
static uint64_t *words_new(size_t page)
{
	size_t size = WORDS * sizeof(uint64_t);
	char *words = mmap(NULL, size + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (words == MAP_FAILED)
		return NULL;
	if (mprotect(words, size, PROT_READ | PROT_WRITE)) {
		munmap(words, size + page);
		return NULL;
	}
	memset(words, 0xff, size);
	return (uint64_t *)words;
}

/* How many values a map with one for each processor has, or a negative errno. */
static int count_values(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "processors", sizeof(uint32_t), sizeof(uint64_t), 1, NULL),
	    n = 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint32_t zero = 0;
	uint64_t *words;

	if (fd < 0)
		return fd;
	words = words_new(page);
	if (!words)
		n = -ENOMEM;
	else if (bpf_map_lookup_elem(fd, &zero, words))
		n = -errno;
	while (n >= 0 && n < WORDS && words && !words[n])
		n++;
	if (words)
		munmap(words, WORDS * sizeof(uint64_t) + page);
	close(fd);
	return n ? n : -ENODATA;
}

/* The number behind the last one in "0-3,6": of processors that may be there. 0: that is nowhere to be read. */
static unsigned read_numbers(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned last = 0;
	char text[4096] = "", *at;

	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	at = text + strcspn(text, "\n");
	*at = '\0';
	while (at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	if (*at)
		last = (unsigned)strtoul(at, NULL, 10) + 1;
	return last <= WORDS ? last : 0;
}

/* At least as many numbers as the kernel has: its sets of processors are so large. */
static unsigned bound_numbers(void)
{
	unsigned long *mask = calloc(1, MASK_BYTES);
	long size = mask ? syscall(SYS_sched_getaffinity, 0, MASK_BYTES, mask) : 0;

	free(mask);
	return size > 0 ? (unsigned)size * 8 : 0;
}

int kernel_engine_count_processors(struct kernel_engine *engine, struct diags *diags)
{
	int len = count_values();
	const char *why = len == -EPERM || len == -EACCES ? kernel_engine_why_not() : NULL;
	unsigned numbers = read_numbers();

	if (len < 0) {
		diag_error(diags, (struct loc){0}, NULL,
			   "the kernel does not tell how many processors there may be: %s", why ? why : strerror(-len));
		return len;
	}
	if (numbers < (unsigned)len)
		numbers = bound_numbers();
	engine->cpus_len = (unsigned)len;
	engine->cpu_numbers_len = numbers > (unsigned)len ? numbers : (unsigned)len;
	return 0;
}
