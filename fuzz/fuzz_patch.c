/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patches of anybody, taken back from the patch's own text; and edits made of the input: their diff, taken back, gives
 * the text that they were made of.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/patch.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void parse(struct arena *arena, const char *text, size_t size)
{
	struct patch_file *files;
	struct buf why = {0}, out = {0};
	unsigned n, i, line;

	if (!patch_parse(arena, text, size, &files, &n, &why))
		for (i = 0; i < n; i++)
			patch_reverse(&files[i], text, size, &out, &line);
	else if (!why.size)
		abort();
	buf_free(&out);
	buf_free(&why);
}

/* The first bytes say where and what; the rest is the text. */
static void edit_and_undo(struct arena *arena, const unsigned char *data, size_t size)
{
	static const char *const texts[] = {"", "x", "\n", "a\n", "one\ntwo\n", "\n\n", "a\nb"};
	size_t used = size < 18 ? 0 : 18, at = 0, i;
	const char *text = arena_strndup(arena, (const char *)data + used, size - used);
	struct buf now = {0}, patch = {0}, before = {0}, why = {0};
	struct edits edits = {0};
	struct patch_file *files;
	unsigned n, line;

	size -= used;
	for (i = 0; i + 2 < used && at <= size; i += 3) {
		size_t cut = data[i + 1] % 8;

		at += data[i];
		if (at > size || cut > size - at)
			break;
		edits_add(arena, &edits, at, cut, texts[data[i + 2] % 7]);
		at += cut;
	}
	if (!edits_apply(&edits, text, size, &now))
		abort();
	edits_diff(&edits, "file", text, size, &patch);
	if (edits.len && (now.size != size || memcmp(now.data, text, size) != 0)) {
		if (patch_parse(arena, patch.data, patch.size, &files, &n, &why) || n != 1 ||
		    patch_reverse(files, now.data ? now.data : "", now.size, &before, &line) || before.size != size ||
		    (size && memcmp(before.data, text, size) != 0))
			abort();
	}
	buf_free(&now);
	buf_free(&patch);
	buf_free(&before);
	buf_free(&why);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *arena = arena_new();

	parse(arena, arena_strndup(arena, (const char *)data, size), size);
	if (!memchr(data, '\0', size) || size >= 18)
		edit_and_undo(arena, data, size);
	arena_free(arena);
	return 0;
}
