/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts, places that keep them, and run-time errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stap/run.h"

enum { CHUNK_SIZE = 65536 };

struct stap_chunk {
	struct stap_chunk *next;
	size_t size;
	char data[];
};

static struct stap_chunk *new_chunk(size_t size)
{
	struct stap_chunk *chunk = malloc(sizeof(*chunk) + size);

	if (!chunk)
		abort();
	chunk->next = NULL;
	chunk->size = size;
	return chunk;
}

struct stap_chunk *stap_chunk_new(void)
{
	return new_chunk(CHUNK_SIZE);
}

struct stap_mark stap_mark(const struct stap_run *run)
{
	return (struct stap_mark){run->chunk, run->chunk_used};
}

void stap_release(struct stap_run *run, struct stap_mark mark)
{
	run->chunk = mark.chunk;
	run->chunk_used = mark.used;
}

char *stap_room(struct stap_run *run, size_t size)
{
	char *room;

	size = (size + 15) & ~(size_t)15;
	if (run->chunk_used + size > run->chunk->size) {
		struct stap_chunk *next = run->chunk->next;

		if (!next || next->size < size) {
			next = new_chunk(size > CHUNK_SIZE ? size : CHUNK_SIZE);
			next->next = run->chunk->next;
			run->chunk->next = next;
		}
		run->chunk = next;
		run->chunk_used = 0;
	}
	room = run->chunk->data + run->chunk_used;
	run->chunk_used += size;
	return room;
}

struct stap_value stap_text(struct stap_run *run, const char *text, size_t size)
{
	size_t most = (size_t)run->limits.string_size - 1;
	char *copy;

	size = size > most ? most : size;
	copy = stap_room(run, size + 1);
	memcpy(copy, text, size);
	copy[size] = 0;
	return (struct stap_value){0, copy};
}

struct stap_value stap_textf(struct stap_run *run, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return stap_text(run, text, strlen(text));
}

void stap_store(struct stap_value *place, struct stap_value value)
{
	char *old = (char *)place->text;

	place->number = value.number;
	place->text = value.text ? strdup(value.text) : NULL;
	if (value.text && !place->text)
		abort();
	free(old);
}

void stap_fail(struct stap_run *run, const struct stap_node *node, const char *format, ...)
{
	va_list args;

	if (run->leave == LEAVE_ERROR)
		return;
	va_start(args, format);
	vsnprintf(run->error, sizeof(run->error), format, args);
	va_end(args);
	run->error_node = node;
	run->leave = LEAVE_ERROR;
}

void stap_globals_new(struct stap_run *run)
{
	const struct stap_script *script = run->script;

	run->globals = calloc(script->globals_len + 1, sizeof(*run->globals));
	run->chunk = stap_chunk_new();
	if (!run->globals)
		abort();
	for (unsigned i = 0; i < script->globals_len; i++) {
		const struct stap_var *var = script->globals[i];
		struct stap_value value = {0, var->type == STAP_STRING ? "" : NULL};

		if (var->init && var->init->kind == S_TEXT)
			value.text = var->init->name;
		else if (var->init)
			value.number = var->init->number;
		run->globals[i].var = var;
		stap_store(&run->globals[i].value, value);
	}
}

void stap_globals_free(struct stap_run *run)
{
	for (unsigned i = 0; i < run->script->globals_len; i++) {
		stap_clear(&run->globals[i]);
		stap_stat_free(run->globals[i].stat);
		free((char *)run->globals[i].value.text);
	}
	free(run->globals);
	free(run->tokens);
	for (unsigned i = 0; i < 10; i++)
		free(run->match[i]);
	buf_free(&run->out);
	buf_free(&run->warnings);
	while (run->chunk) {
		struct stap_chunk *next = run->chunk->next;

		free(run->chunk);
		run->chunk = next;
	}
}
