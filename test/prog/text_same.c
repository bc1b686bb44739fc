/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is the code of a process what its files say, or does a breakpoint stand in it? Compares every executable mapping of a file
 * with the file. Prints one line for each place that differs, and last "N bytes compared, N differ". Exit status 1: some do.
 * Usage: text_same PID
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, SHOWN_MAX = 5 };

static unsigned long compared, differ;

static void compare(int memory, int file, unsigned long address, unsigned long end, unsigned long offset, const char *name)
{
	static unsigned char a[CHUNK], b[CHUNK];

	while (address < end) {
		size_t want = end - address < CHUNK ? end - address : CHUNK;
		ssize_t n = pread(file, b, want, (off_t)offset), m;

		if (n <= 0)
			return; /* past the end of the file, within its last page */
		m = pread(memory, a, (size_t)n, (off_t)address);
		for (ssize_t i = 0; i < m; i++)
			if (a[i] != b[i] && differ++ < SHOWN_MAX)
				printf("%s+0x%lx: %02x in the file, %02x in memory\n", name, offset + (unsigned long)i, b[i], a[i]);
		if (m <= 0)
			return;
		compared += (unsigned long)m;
		address += (unsigned long)m;
		offset += (unsigned long)m;
	}
}

static void mapping(const char *pid, int memory, const char *line)
{
	unsigned long start, end, offset;
	char rights[5], name[4096] = "", path[128];
	int file;

	if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %4095[^\n]", &start, &end, rights, &offset, name) < 5)
		return;
	if (rights[2] != 'x' || name[0] != '/')
		return;
	snprintf(path, sizeof(path), "/proc/%s/map_files/%lx-%lx", pid, start, end);
	file = open(path, O_RDONLY);
	if (file < 0)
		return;
	compare(memory, file, start, end, offset, name);
	close(file);
}

int main(int argc, char **argv)
{
	char path[64], line[8192];
	FILE *maps;
	int memory;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "/proc/%.20s/mem", argv[1]);
	memory = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%.20s/maps", argv[1]);
	maps = fopen(path, "r");
	if (memory < 0 || !maps) {
		perror("text_same");
		return 2;
	}
	while (fgets(line, sizeof(line), maps))
		mapping(argv[1], memory, line);
	printf("%lu bytes compared, %lu differ\n", compared, differ);
	return differ || !compared;
}
