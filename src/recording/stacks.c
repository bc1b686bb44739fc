/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/stacks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) abort() /* out of memory, as everywhere */
#include <uthash.h>

struct known {
	UT_hash_handle hh;   /* by number */
	UT_hash_handle text; /* by what it looks like */
	uint64_t number;
	const char *look;
	struct stack stack;
};

struct alias {
	UT_hash_handle hh;
	uint64_t number; /* in the file */
	uint64_t ours;
};

struct stacks {
	struct arena *arena;
	struct known *by_number, *by_look;
	struct alias **files;
	unsigned files_len;
	uint64_t last;
};

struct stacks *stacks_new(struct arena *arena, unsigned files_len)
{
	struct stacks *stacks = arena_new_one(arena, struct stacks);

	stacks->arena = arena;
	stacks->files_len = files_len;
	stacks->files = arena_new_array(arena, struct alias *, files_len);
	return stacks;
}

void stacks_free(struct stacks *stacks)
{
	if (!stacks)
		return;
	HASH_CLEAR(text, stacks->by_look);
	HASH_CLEAR(hh, stacks->by_number);
	for (unsigned i = 0; i < stacks->files_len; i++)
		HASH_CLEAR(hh, stacks->files[i]);
}

/* Addresses differ from process to process and from host to host; they count where there is nothing better. */
static const char *look_of(struct stacks *stacks, const struct stack *stack)
{
	struct buf look = {0};
	char *copy;

	buf_puts(&look, stack->pid ? "process" : "kernel");
	for (unsigned i = 0; i < stack->len; i++) {
		const struct stack_frame *frame = &stack->frames[i];

		buf_printf(&look, "\n%s`%s+%" PRIx64, frame->module ? frame->module : "", frame->function ? frame->function : "",
			   frame->function ? frame->offset : frame->pc);
	}
	buf_printf(&look, "\n%s", stack->note ? stack->note : "");
	copy = arena_strdup(stacks->arena, look.data);
	buf_free(&look);
	return copy;
}

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

static struct stack unpack_stack(struct stacks *stacks, struct unpack *in)
{
	struct stack stack = {.pid = unpack_u32(in)};
	struct stack_frame *frames;

	stack.note = text_or_null(unpack_text(in, stacks->arena));
	stack.len = unpack_len(in, 24);
	stack.frames = frames = arena_new_array(stacks->arena, struct stack_frame, stack.len + 1);
	for (unsigned i = 0; i < stack.len; i++) {
		frames[i].pc = unpack_u64(in);
		frames[i].offset = unpack_u64(in);
		frames[i].module = text_or_null(unpack_text(in, stacks->arena));
		frames[i].function = text_or_null(unpack_text(in, stacks->arena));
	}
	return stack;
}

static uint64_t keep(struct stacks *stacks, uint64_t number, const struct stack *stack)
{
	struct known *known = NULL;
	const char *look = NULL;

	if (stacks->files_len > 1) {
		look = look_of(stacks, stack);
		HASH_FIND(text, stacks->by_look, look, strlen(look), known);
		number = ++stacks->last;
	}
	if (known)
		return known->number;
	known = arena_new_one(stacks->arena, struct known);
	known->number = number;
	known->look = look;
	known->stack = *stack;
	HASH_ADD(hh, stacks->by_number, number, sizeof(known->number), known);
	if (look)
		HASH_ADD_KEYPTR(text, stacks->by_look, known->look, strlen(look), known);
	return number;
}

static struct alias *find_alias(struct stacks *stacks, unsigned file, uint64_t number)
{
	struct alias *alias;

	HASH_FIND(hh, stacks->files[file], &number, sizeof(number), alias);
	return alias;
}

bool stacks_add(struct stacks *stacks, unsigned file, struct unpack *in)
{
	uint64_t number = unpack_u64(in);
	struct stack stack = unpack_stack(stacks, in);
	struct alias *alias;

	if (in->is_bad)
		return false;
	if (find_alias(stacks, file, number))
		return true;
	alias = arena_new_one(stacks->arena, struct alias);
	alias->number = number;
	alias->ours = keep(stacks, number, &stack);
	HASH_ADD(hh, stacks->files[file], number, sizeof(alias->number), alias);
	return true;
}

uint64_t stacks_number(struct stacks *stacks, unsigned file, uint64_t number)
{
	struct alias *alias = find_alias(stacks, file, number);

	return alias ? alias->ours : 0;
}

void stacks_renumber(struct stacks *stacks, unsigned file, const struct field *fields, unsigned len, void *data)
{
	uint64_t number;

	for (unsigned i = 0; stacks->files_len > 1 && i < len; i++) {
		if (fields[i].kind != FIELD_STACK)
			continue;
		memcpy(&number, (char *)data + fields[i].offset, sizeof(number));
		number = stacks_number(stacks, file, number);
		memcpy((char *)data + fields[i].offset, &number, sizeof(number));
	}
}

static const struct stack *find(void *data, uint64_t number)
{
	struct stacks *stacks = data;
	struct known *known;

	HASH_FIND(hh, stacks->by_number, &number, sizeof(number), known);
	return known ? &known->stack : NULL;
}

struct stack_source stacks_source(struct stacks *stacks)
{
	return (struct stack_source){stacks, find};
}
