/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/script.h"

#include <stdio.h>
#include <string.h>

#include "lib/embed.h"
#include "lib/file.h"
#include "lib/shown.h"

enum { SIZE_MAX_OF_FILE = 16 * 1024 * 1024 };

static void add(struct pipeline *pipeline, const struct source *source)
{
	*arena_push(pipeline->arena, pipeline->sources, pipeline->sources_len) = source;
}

bool script_add_file(struct pipeline *pipeline, const char *path, struct buf *why)
{
	char *text;
	size_t size;

	if (file_read(pipeline->arena, path, SIZE_MAX_OF_FILE, &text, &size, why))
		return false;
	script_add_text(pipeline, strcmp(path, "-") ? path : "standard input", text, size);
	return true;
}

void script_add_text(struct pipeline *pipeline, const char *name, const char *text, size_t size)
{
	struct source *source = arena_new_one(pipeline->arena, struct source);

	*source = (struct source){.name = name, .text = text, .size = size};
	add(pipeline, source);
}

void script_add_embedded(struct pipeline *pipeline, const char *name)
{
	add(pipeline, embedded_find(pipeline->arena, embedded_scripts, name));
}

bool script_print(const struct pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->sources_len; i++)
		if (!say_content(stdout, pipeline->sources[i]->text, pipeline->sources[i]->size))
			return false;
	return true;
}
