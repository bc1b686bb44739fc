/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/messages.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHUNK = 4096 };

static int kept = -1, before = -1; /* the memory; where standard error went */
static off_t read_to;		   /* up to here lines were asked for */

bool messages_keep(void)
{
	kept = memfd_create("messages", MFD_CLOEXEC);
	before = dup(STDERR_FILENO);
	read_to = 0;
	if (kept >= 0 && before >= 0 && dup2(kept, STDERR_FILENO) >= 0)
		return true;
	if (kept >= 0)
		close(kept);
	if (before >= 0)
		close(before);
	kept = before = -1;
	return false;
}

bool messages_newest(char *line, size_t size)
{
	char text[CHUNK + 1];
	char *end, *begin;
	bool has_line = false;
	ssize_t n;

	while (kept >= 0 && (n = pread(kept, text, CHUNK, read_to)) > 0) {
		text[n] = '\0';
		end = memrchr(text, '\n', (size_t)n);
		if (!end && n < CHUNK)
			break; /* the rest of it is still to come */
		read_to += end ? end + 1 - text : n;
		if (end)
			*end = '\0';
		begin = strrchr(text, '\n');
		snprintf(line, size, "%s", begin ? begin + 1 : text);
		has_line = true;
	}
	return has_line;
}

void messages_say(void)
{
	char text[CHUNK];
	off_t at = 0;
	ssize_t n;

	if (before < 0)
		return;
	dup2(before, STDERR_FILENO);
	while ((n = pread(kept, text, sizeof(text), at)) > 0 && write(STDERR_FILENO, text, (size_t)n) > 0)
		at += n;
	close(before);
	close(kept);
	kept = before = -1;
}
