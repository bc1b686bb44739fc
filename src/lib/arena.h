/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arena: memory that is released all at once. Everything that a script becomes (AST, types, programs, record layouts)
 * lives in one arena, so that no stage needs to track who frees what. Memory is zeroed; running out of it aborts.
 */
#ifndef CEPHTAP_LIB_ARENA_H
#define CEPHTAP_LIB_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);		     /* NULL is allowed */
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned to 16 bytes */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t size);
void *arena_memdup(struct arena *arena, const void *data, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args);

#define arena_new_array(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (n)))
#define arena_new_one(arena, type)	arena_new_array(arena, type, 1)

/*
 * Append to an array that lives in the arena: `array` and `n` are lvalues, capacity is the next power of two of n.
 * Evaluates to a pointer to the new, zeroed element.
 */
#define arena_push(arena, array, n)                                                                                    \
	((array) = arena_grow((arena), (array), sizeof(*(array)), (size_t)(n)), (n)++, &(array)[(n)-1])
void *arena_grow(struct arena *arena, void *array, size_t elem_size, size_t n);

#endif
