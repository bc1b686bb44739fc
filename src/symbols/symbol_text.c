/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbols/symbol_text.h"

#include <inttypes.h>
#include <string.h>

enum { HEADS = 4096, FORMS = SYMBOL_ADDRESS + 1 };

struct number_link {
	struct number_link *next;
	uint64_t number;
	struct symbol_text symbol;
};

struct text_link {
	struct text_link *next;
	struct symbol_text symbol;
};

struct texts {
	struct arena *arena;
	struct symbols *symbols;
	struct stack_store store;
	struct number_link *numbers[FORMS][HEADS];
	struct text_link *texts[FORMS][HEADS];
	struct buf buf;
};

static struct stack_frame frame_of(struct texts *texts, uint64_t number)
{
	struct symbol_value value = {.address = number};
	struct stack_frame frame;

	if (!symbol_is_kernel(number) && texts->store.find_symbol(texts->store.data, number, &value))
		return (struct stack_frame){.pc = number};
	if (!value.pid)
		return symbol_is_kernel(value.address) ? symbols_find_kernel(texts->symbols, value.address, false)
						       : (struct stack_frame){.pc = value.address};
	frame = symbols_find(texts->symbols, (pid_t)value.pid, value.address, false);
	if (!frame.module) { /* in what it mapped since it was looked at? */
		symbols_look(texts->symbols, (pid_t)value.pid);
		frame = symbols_find(texts->symbols, (pid_t)value.pid, value.address, false);
	}
	return frame;
}

static void print(struct texts *texts, const struct stack_frame *frame, enum symbol_form form)
{
	struct buf *out = &texts->buf;

	buf_clear(out);
	if (form != SYMBOL_MODULE)
		stack_frame_print(frame, form == SYMBOL_ADDRESS, out);
	else if (frame->module)
		buf_puts(out, frame->module);
	else
		buf_printf(out, "0x%" PRIx64, frame->pc);
}

/* The text's one copy, with the number that had it first. */
static struct symbol_text share(struct texts *texts, const char *text, uint64_t number, enum symbol_form form)
{
	uint64_t hash = 14695981039346656037u;
	struct text_link **head, *link;

	for (const char *at = text; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	head = &texts->texts[form][hash % HEADS];
	for (link = *head; link; link = link->next)
		if (!strcmp(link->symbol.text, text))
			return link->symbol;
	link = arena_new_one(texts->arena, struct text_link);
	*link = (struct text_link){*head, {arena_strdup(texts->arena, text), number}};
	*head = link;
	return link->symbol;
}

static const struct symbol_text *find(void *data, uint64_t number, enum symbol_form form)
{
	struct texts *texts = data;
	struct number_link **head = &texts->numbers[form][(number >> 1) % HEADS], *link;
	struct stack_frame frame;

	for (link = *head; link; link = link->next)
		if (link->number == number)
			return &link->symbol;
	frame = frame_of(texts, number);
	print(texts, &frame, form);
	link = arena_new_one(texts->arena, struct number_link);
	*link = (struct number_link){*head, number, share(texts, texts->buf.data, number, form)};
	*head = link;
	buf_free(&texts->buf);
	return &link->symbol;
}

struct symbol_source symbol_texts(struct arena *arena, struct symbols *symbols, const struct stack_store *store)
{
	struct texts *texts = arena_new_one(arena, struct texts);

	texts->arena = arena;
	texts->symbols = symbols;
	texts->store = *store;
	return (struct symbol_source){texts, find};
}
