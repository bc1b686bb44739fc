/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/folded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/shown.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void cut_blanks(char *line)
{
	size_t size = strlen(line);

	while (size && is_blank(line[size - 1]))
		line[--size] = '\0';
}

/* The number behind the last blank, which is cut off with it; false: there is none. */
static bool take_number(char *line, double *number)
{
	char *at = line + strlen(line), *end;

	while (at > line && !is_blank(at[-1]))
		at--;
	if (at == line || at[strspn(at, "0123456789.")] || *at < '0' || *at > '9')
		return false;
	*number = strtod(at, &end);
	if (*end || !isfinite(*number))
		return false;
	*at = '\0';
	cut_blanks(line);
	return true;
}

static void split_frames(struct arena *arena, struct folded_stack *stack)
{
	char *at = arena_strdup(arena, stack->text), *end;
	unsigned room = 1;

	for (const char *c = at; *c; c++)
		room += *c == ';';
	stack->frames = arena_new_array(arena, const char *, room);
	for (; at; at = end) {
		end = strchr(at, ';');
		if (end)
			*end++ = '\0';
		if (*at) /* `a;;b` and a semicolon at an end: nobody means a function without a name */
			stack->frames[stack->frames_len++] = shown_read(at);
	}
}

static const char *add_line(struct folded *folded, char *line)
{
	struct folded_stack *stack;
	double value;

	cut_blanks(line);
	if (!*line)
		return NULL;
	if (!take_number(line, &value))
		return "a stack and behind it a number were expected, as in `main;work;read 12`";
	stack = arena_push(folded->arena, folded->stacks, folded->stacks_len);
	stack->text = line;
	stack->value = value;
	return strspn(line, ";") < strlen(line) ? NULL : "a number, but no stack before it";
}

/* A number at the end of every stack is no part of the names. */
static bool has_two_numbers(const struct folded *folded, unsigned first)
{
	double number;

	for (unsigned i = first; i < folded->stacks_len; i++) {
		struct buf line = {0};
		bool has;

		buf_puts(&line, folded->stacks[i].text);
		has = take_number(line.data, &number);
		buf_free(&line);
		if (!has)
			return false;
	}
	return folded->stacks_len > first;
}

static const char *add_lines(struct folded *folded, char *text, size_t size, unsigned *line)
{
	char *end = text + size, *next;
	const char *wrong = NULL;

	for (; text < end && !wrong; text = next) {
		next = memchr(text, '\n', (size_t)(end - text));
		next = next ? next + 1 : end + 1;
		next[-1] = '\0';
		(*line)++;
		wrong = strlen(text) + 1 == (size_t)(next - text) ? add_line(folded, text)
								  : "a NUL byte: this is not text";
	}
	return wrong;
}

bool folded_read(struct folded *folded, const char *name, char *text, size_t size, struct buf *why)
{
	unsigned first = folded->stacks_len, line = 0;
	const char *wrong = add_lines(folded, text, size, &line);

	if (wrong) {
		buf_printf(why, "%s:%u: %s", name, line, wrong);
		return false;
	}
	if (folded->stacks_len == first) {
		buf_printf(why, "%s: there is no stack in it", name);
		return false;
	}
	folded->has_before = has_two_numbers(folded, first);
	for (unsigned i = first; i < folded->stacks_len; i++) {
		if (folded->has_before)
			take_number(folded->stacks[i].text, &folded->stacks[i].before);
		split_frames(folded->arena, &folded->stacks[i]);
	}
	return true;
}

/* --- Comparing --- */

struct seen {
	UT_hash_handle hh;
	unsigned stack; /* its index: the array moves when it grows */
};

static void remember(struct seen **all, struct arena *arena, const struct folded *folded, unsigned i)
{
	struct seen *seen = arena_new_one(arena, struct seen);

	seen->stack = i;
	HASH_ADD_KEYPTR(hh, *all, folded->stacks[i].text, strlen(folded->stacks[i].text), seen);
}

static struct seen *find(struct seen *all, const char *text)
{
	struct seen *seen;

	HASH_FIND_STR(all, text, seen);
	return seen;
}

void folded_compare(struct folded *after, const struct folded *before)
{
	struct seen *all = NULL, *seen;

	after->has_before = true;
	for (unsigned i = 0; i < after->stacks_len; i++) {
		after->stacks[i].before = 0;
		if (!find(all, after->stacks[i].text))
			remember(&all, after->arena, after, i);
	}
	for (unsigned i = 0; i < before->stacks_len; i++) {
		const struct folded_stack *old = &before->stacks[i];

		seen = find(all, old->text);
		if (seen) {
			after->stacks[seen->stack].before += old->value;
			continue;
		}
		*arena_push(after->arena, after->stacks, after->stacks_len) = *old;
		after->stacks[after->stacks_len - 1].value = 0;
		after->stacks[after->stacks_len - 1].before = old->value;
		remember(&all, after->arena, after, after->stacks_len - 1);
	}
	HASH_CLEAR(hh, all);
}
