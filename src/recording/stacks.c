/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/stacks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) abort() /* out of memory, as everywhere */
#include <uthash.h>

struct known {
	UT_hash_handle hh;
	uint64_t number;
	struct stack stack;
};

/* What stacks of several files have in common. */
struct look {
	UT_hash_handle hh;
	const char *text;
	uint64_t *numbers; /* ours, of those that look so */
	unsigned numbers_len;
	unsigned *counts; /* how many of them each file has */
};

struct alias {
	UT_hash_handle hh;
	uint64_t number; /* in the file */
	uint64_t ours;
};

struct stacks {
	struct arena *arena;
	struct known *known;
	struct look *looks;
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
	HASH_CLEAR(hh, stacks->looks);
	HASH_CLEAR(hh, stacks->known);
	for (unsigned i = 0; i < stacks->files_len; i++)
		HASH_CLEAR(hh, stacks->files[i]);
}

/* Addresses differ from process to process and from host to host; they count where there is nothing better. */
static void print_look(const struct stack *stack, struct buf *out)
{
	buf_puts(out, stack->pid ? "process" : "kernel");
	for (unsigned i = 0; i < stack->len; i++) {
		const struct stack_frame *frame = &stack->frames[i];

		buf_printf(out, "\n%s`%s+%" PRIx64, frame->module ? frame->module : "", frame->function ? frame->function : "",
			   frame->function ? frame->offset : frame->pc);
	}
	buf_printf(out, "\n%s", stack->note ? stack->note : "");
}

static struct look *look_of(struct stacks *stacks, const struct stack *stack)
{
	struct buf text = {0};
	struct look *look;

	print_look(stack, &text);
	HASH_FIND(hh, stacks->looks, text.data, text.size, look);
	if (!look) {
		look = arena_new_one(stacks->arena, struct look);
		look->text = arena_memdup(stacks->arena, text.data, text.size);
		look->counts = arena_new_array(stacks->arena, unsigned, stacks->files_len);
		HASH_ADD_KEYPTR(hh, stacks->looks, look->text, text.size, look);
	}
	buf_free(&text);
	return look;
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

static void keep(struct stacks *stacks, uint64_t number, const struct stack *stack)
{
	struct known *known = arena_new_one(stacks->arena, struct known);

	known->number = number;
	known->stack = *stack;
	HASH_ADD(hh, stacks->known, number, sizeof(known->number), known);
}

static uint64_t new_number(struct stacks *stacks, unsigned file, uint64_t number, const struct stack *stack)
{
	struct look *look;
	unsigned same;

	if (stacks->files_len == 1) {
		keep(stacks, number, stack);
		return number;
	}
	look = look_of(stacks, stack);
	same = look->counts[file]++;
	if (same == look->numbers_len) {
		*arena_push(stacks->arena, look->numbers, look->numbers_len) = ++stacks->last;
		keep(stacks, stacks->last, stack);
	}
	return look->numbers[same];
}

static struct alias *find_alias(struct stacks *stacks, unsigned file, uint64_t number)
{
	struct alias *alias;

	HASH_FIND(hh, stacks->files[file], &number, sizeof(number), alias);
	return alias;
}

static struct alias *add_alias(struct stacks *stacks, unsigned file, uint64_t number, uint64_t ours)
{
	struct alias *alias = arena_new_one(stacks->arena, struct alias);

	alias->number = number;
	alias->ours = ours;
	HASH_ADD(hh, stacks->files[file], number, sizeof(alias->number), alias);
	return alias;
}

bool stacks_add(struct stacks *stacks, unsigned file, struct unpack *in)
{
	uint64_t number = unpack_u64(in);
	struct stack stack = unpack_stack(stacks, in);

	if (in->is_bad)
		return false;
	if (find_alias(stacks, file, number))
		return true;
	add_alias(stacks, file, number, new_number(stacks, file, number, &stack));
	return true;
}

uint64_t stacks_number(struct stacks *stacks, unsigned file, uint64_t number)
{
	struct alias *alias = find_alias(stacks, file, number);

	if (!alias && number) /* it was gone when the recorder looked, but it is a key of its own */
		alias = add_alias(stacks, file, number, ++stacks->last);
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

	HASH_FIND(hh, stacks->known, &number, sizeof(number), known);
	return known ? &known->stack : NULL;
}

struct stack_source stacks_source(struct stacks *stacks)
{
	return (struct stack_source){stacks, find};
}
