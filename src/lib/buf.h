/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A growing byte buffer: what dumps and reports are written into before they go anywhere. Always NUL-terminated, so
 * that `data` can be printed. Running out of memory aborts.
 */
#ifndef CEPHTAP_LIB_BUF_H
#define CEPHTAP_LIB_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data; /* NULL when nothing was ever added */
	size_t size, room;
};

void buf_add(struct buf *buf, const void *data, size_t size);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args);
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_free(struct buf *buf);

#endif
