/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which release of Ceph a binary is, without running it. ceph_version_to_str() returns a text that is in the binary
 * (unless an environment variable overrides it): its first instructions are searched for the address of a version.
 */
#include <ctype.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "ceph/learn.h"
#include "lib/elf.h"

enum { RELEASE_SIZE = 32, CODE_SIZE = 64 };

static bool read_at(int fd, struct elf_file *file, uint64_t vaddr, void *data, size_t size)
{
	uint64_t offset;

	return !elf_vaddr_to_offset(file, vaddr, &offset) && pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

/* A version at an address: "16.2.15". */
static const char *version_at(struct arena *arena, int fd, struct elf_file *file, uint64_t vaddr)
{
	char text[RELEASE_SIZE];
	size_t n;

	if (!read_at(fd, file, vaddr, text, sizeof(text)))
		return NULL;
	for (n = 0; n < sizeof(text) && (isdigit((unsigned char)text[n]) || text[n] == '.'); n++)
		;
	if (n < 5 || n == sizeof(text) || !isdigit((unsigned char)text[0]) || !memchr(text, '.', n))
		return NULL;
	return arena_strndup(arena, text, n);
}

/* Any `lea text(%rip), register` at the function's start whose text is a version. */
static const char *version_in(struct arena *arena, int fd, struct elf_file *file, uint64_t function)
{
	unsigned char code[CODE_SIZE];
	const char *version = NULL;
	int32_t distance;
	size_t i;

	if (!read_at(fd, file, function, code, sizeof(code)))
		return NULL;
	for (i = 0; !version && i + 7 <= sizeof(code); i++) {
		if (code[i] != 0x48 || code[i + 1] != 0x8d || (code[i + 2] & 0xc7) != 0x05)
			continue;
		memcpy(&distance, code + i + 3, sizeof(distance));
		version = version_at(arena, fd, file, function + i + 7 + (uint64_t)(int64_t)distance);
	}
	return version;
}

static const char *release_in(struct arena *arena, const char *path)
{
	struct elf_file *file = NULL;
	struct elf_symbol symbol;
	const char *release = NULL;
	int fd;

	if (elf_file_open(path, &file))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !elf_symbol_find(file, "_Z19ceph_version_to_strv", &symbol))
		release = version_in(arena, fd, file, symbol.vaddr);
	if (fd >= 0)
		close(fd);
	elf_file_close(file);
	return release;
}

const char *learn_release(struct arena *arena, const char *path)
{
	const char *dir = dirname(arena_strdup(arena, path)), *release = release_in(arena, path);
	const char *usr = strstr(path, "/usr/");
	const char *root = usr ? arena_strndup(arena, path, (size_t)(usr - path)) : ""; /* packages unpacked into a folder */
	const char *const places[] = {dir, arena_printf(arena, "%s/ceph", dir),
				      arena_printf(arena, "%s/usr/lib/x86_64-linux-gnu/ceph", root),
				      arena_printf(arena, "%s/usr/lib64/ceph", root)};
	unsigned i;

	for (i = 0; !release && i < sizeof(places) / sizeof(places[0]); i++)
		release = release_in(arena, arena_printf(arena, "%s/libceph-common.so.2", places[i]));
	return release;
}
