/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"

static void buf_reserve(struct buf *buf, size_t more)
{
	size_t want = buf->size + more + 1;

	if (want <= buf->room)
		return;
	if (want < 2 * buf->room)
		want = 2 * buf->room;
	buf->data = realloc(buf->data, want);
	if (!buf->data)
		memory_end();
	buf->room = want;
}

void buf_add(struct buf *buf, const void *data, size_t size)
{
	buf_reserve(buf, size);
	if (size)
		memcpy(buf->data + buf->size, data, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		memory_end();
	buf_reserve(buf, (size_t)n);
	vsnprintf(buf->data + buf->size, (size_t)n + 1, format, args);
	buf->size += (size_t)n;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

void buf_clear(struct buf *buf)
{
	buf->size = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
