/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which release of Ceph a binary is, without running it. ceph_version_to_str() returns a text that is in the binary
 * (unless an environment variable overrides it): its first instructions are searched for the address of a version.
 */
#include <ctype.h>
#include <libgen.h>
#include <string.h>

#include "ceph/learn.h"
#include "lib/elf.h"
#include "lib/held.h"

enum { RELEASE_SIZE = 32, CODE_SIZE = 64 };

static bool read_at(const struct elf_file *file, uint64_t vaddr, void *out, size_t size)
{
	uint64_t got = 0;
	const uint8_t *data = elf_code(file, vaddr, size, &got);

	if (!data || got < size)
		return false;
	memcpy(out, data, size);
	return true;
}

/* A version at an address: "16.2.15". */
static const char *version_at(struct arena *arena, struct elf_file *file, uint64_t vaddr)
{
	char text[RELEASE_SIZE];
	size_t n;

	if (!read_at(file, vaddr, text, sizeof(text)))
		return NULL;
	for (n = 0; n < sizeof(text) && (isdigit((unsigned char)text[n]) || text[n] == '.'); n++)
		;
	if (n < 5 || n == sizeof(text) || !isdigit((unsigned char)text[0]) || !memchr(text, '.', n))
		return NULL;
	return arena_strndup(arena, text, n);
}

/* Any `lea text(%rip), register` at the function's start whose text is a version. */
static const char *version_in(struct arena *arena, struct elf_file *file, uint64_t function)
{
	unsigned char code[CODE_SIZE];
	const char *version = NULL;
	int32_t distance;
	size_t i;

	if (!read_at(file, function, code, sizeof(code)))
		return NULL;
	for (i = 0; !version && i + 7 <= sizeof(code); i++) {
		if (code[i] != 0x48 || code[i + 1] != 0x8d || (code[i + 2] & 0xc7) != 0x05)
			continue;
		memcpy(&distance, code + i + 3, sizeof(distance));
		version = version_at(arena, file, function + i + 7 + (uint64_t)(int64_t)distance);
	}
	return version;
}

static const char *release_in(struct arena *arena, struct elf_file *file)
{
	struct elf_symbol symbol;

	return elf_symbol_find(file, "_Z19ceph_version_to_strv", &symbol) ? NULL
									  : version_in(arena, file, symbol.vaddr);
}

static const char *release_of(struct arena *arena, const char *root, const char *path)
{
	const char *release = NULL;
	struct held *held = NULL;
	struct elf_file *file;
	struct buf why = {0};

	if (!held_open_inside(root, path, &held, &why) && !elf_file_read(held, path, &file)) {
		release = release_in(arena, file);
		elf_file_close(file);
	}
	held_close(held);
	buf_free(&why);
	return release;
}

const char *learn_release(struct arena *arena, struct elf_file *binary, const char *root, const char *path)
{
	const char *dir = dirname(arena_strdup(arena, path)), *release = release_in(arena, binary);
	const char *const places[] = {dir, arena_printf(arena, "%s/ceph", dir), "/usr/lib/x86_64-linux-gnu/ceph",
				      "/usr/lib64/ceph"};
	unsigned i;

	for (i = 0; !release && i < sizeof(places) / sizeof(places[0]); i++)
		release = release_of(arena, root, arena_printf(arena, "%s/libceph-common.so.2", places[i]));
	return release;
}
