/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int read_all(FILE *file, size_t max, struct buf *content)
{
	char chunk[65536];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		buf_add(content, chunk, n);
		if (content->size > max)
			return -EFBIG;
	}
	return ferror(file) ? -errno : 0;
}

int file_read(struct arena *arena, const char *path, size_t max, char **text, size_t *size, struct buf *why)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct buf content = {0};
	struct stat st;
	int error;

	if (!file) {
		error = -errno;
		buf_printf(why, "cannot open %s: %s", path, strerror(errno));
		return error;
	}
	if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode))
		error = -EISDIR;
	else
		error = read_all(file, max, &content);
	if (error == -EFBIG)
		buf_printf(why, "%s is larger than %zu MiB", path, max >> 20);
	else if (error)
		buf_printf(why, "cannot read %s: %s", path, strerror(-error));
	else
		*text = arena_strndup(arena, content.data, content.size), *size = content.size;
	buf_free(&content);
	if (file != stdin)
		fclose(file);
	return error;
}
