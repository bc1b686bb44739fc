/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/embed.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

struct source *embedded_unpack(struct arena *arena, const struct embedded *file)
{
	enum { IS_GZIP = 16 };
	struct source *source = arena_new_one(arena, struct source);
	char *text = arena_alloc(arena, file->size + 1);
	z_stream stream = {
		.next_in = (unsigned char *)file->packed,
		.avail_in = (unsigned)file->packed_size,
		.next_out = (unsigned char *)text,
		.avail_out = (unsigned)file->size,
	};
	int status = inflateInit2(&stream, MAX_WBITS + IS_GZIP);

	if (status == Z_OK)
		status = inflate(&stream, Z_FINISH);
	assert(status == Z_STREAM_END && stream.total_out == file->size);
	inflateEnd(&stream);
	*source = (struct source){file->name, text, file->size};
	return source;
}

struct source *embedded_find(struct arena *arena, const struct embedded *files, const char *name)
{
	for (; files->name; files++)
		if (!strcmp(files->name, name))
			return embedded_unpack(arena, files);
	return NULL;
}
