/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/trouble.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/buf.h"

/* The first is told in full, of the others how many there are. */
static struct {
	pthread_mutex_t mutex; /* files are read by several threads */
	char first[512];
	unsigned len;
} noted = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const char *words(int error)
{
	switch (error) {
	case -EMFILE:
	case -ENFILE:
		return "too many files are open (ulimit -n)";
	case -ENOMEM:
	case -EIO:
	case -EAGAIN:
	case -EINTR:
	case -ENOBUFS:
		return strerror(-error);
	default:
		return NULL;
	}
}

void trouble_note(int error, const char *format, ...)
{
	const char *why = words(error);
	char text[sizeof(noted.first) - 64];
	va_list args;

	if (!why)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pthread_mutex_lock(&noted.mutex);
	if (!noted.len++)
		snprintf(noted.first, sizeof(noted.first), "%s: %s", text, why);
	pthread_mutex_unlock(&noted.mutex);
}

void trouble_tell(void (*tell)(void *data, const char *sentence), void *data)
{
	struct buf text = {0};

	pthread_mutex_lock(&noted.mutex);
	if (noted.len)
		buf_puts(&text, noted.first);
	if (noted.len > 1)
		buf_printf(&text, "; and %u more", noted.len - 1);
	noted.len = 0;
	pthread_mutex_unlock(&noted.mutex);
	if (text.size)
		tell(data, text.data);
	buf_free(&text);
}
