/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { RESERVE = 1 << 20 };

static _Atomic(void *) reserve;
static atomic_bool is_short, is_ending;
static pid_t owner; /* not one of the helpers that we fork */

void memory_prepare(void)
{
	owner = getpid();
	atomic_store(&reserve, malloc(RESERVE));
}

bool memory_is_short(void)
{
	return atomic_load(&is_short);
}

/* With what needs no memory. What was printed before is flushed, and what is registered with atexit() is done; both
 * only once. */
void memory_end(void)
{
	static const char text[] = "cephtap: there is no memory left; it ends here, and leaves nothing behind\n";

	if ((owner && getpid() != owner) || atomic_exchange(&is_ending, true))
		_exit(1);
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	exit(1);
}

/* Sanitizers bring a malloc() of their own, which ends the program by itself. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_MALLOC 1
#endif
#endif

#ifndef HAS_OWN_MALLOC

/* Whether it may help to ask again. */
static bool may_ask_again(size_t size)
{
	void *given;

	if (size > RESERVE)
		return false;
	given = atomic_exchange(&reserve, NULL);
	atomic_store(&is_short, true);
	if (!given)
		memory_end();
	free(given);
	return true;
}

/* libc's own, below the names that everybody calls. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *data, size_t size);

/* A static file is linked with --wrap, as libc's malloc() is in it too; otherwise ours goes before the one of the
 * shared library. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *malloc(size_t size) __attribute__((weak, alias("__wrap_malloc")));
void *calloc(size_t n, size_t size) __attribute__((weak, alias("__wrap_calloc")));
void *realloc(void *data, size_t size) __attribute__((weak, alias("__wrap_realloc")));

void *__wrap_malloc(size_t size)
{
	void *data;

	do {
		data = __libc_malloc(size);
	} while (!data && may_ask_again(size));
	return data;
}

void *__wrap_calloc(size_t n, size_t size)
{
	size_t all;
	void *data;

	if (__builtin_mul_overflow(n, size, &all))
		all = SIZE_MAX;
	do {
		data = __libc_calloc(n, size);
	} while (!data && may_ask_again(all));
	return data;
}

void *__wrap_realloc(void *data, size_t size)
{
	void *other;

	do {
		other = __libc_realloc(data, size);
	} while (!other && size && may_ask_again(size));
	return other;
}

#endif
