/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/tokens.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) memory_end()
#include <uthash.h>

#include "lib/memory.h"

/* What a number stands for: a stack, or a symbol in one of its forms. The same number may be both, and several forms.
 */
struct key {
	uint64_t number;
	uint64_t what; /* WHAT_STACK, or the form */
};
enum { WHAT_STACK = SYMBOL_FORMS };

/* By our numbers. */
struct known {
	UT_hash_handle hh;
	struct key key;
	struct stack stack;
	struct symbol_text symbol;
};

/* What tokens of several files have in common. */
struct look {
	UT_hash_handle hh;
	const char *text;
	uint64_t *numbers; /* ours, of those that look so */
	unsigned numbers_len;
	unsigned *counts; /* how many of them each file has */
};

/* By the numbers of one file. */
struct alias {
	UT_hash_handle hh;
	struct key key;
	uint64_t ours;
};

/* An address of the kernel that %a prints, which is no token: the number says nothing of the file. */
struct address {
	UT_hash_handle hh;
	uint64_t number;
	struct symbol_text symbol; /* text NULL: the files do not agree */
};

struct tokens {
	struct arena *arena;
	struct known *known;
	struct look *looks;
	struct address *addresses;
	struct alias **files;
	unsigned files_len;
	uint64_t last;
};

struct tokens *tokens_new(struct arena *arena, unsigned files_len)
{
	struct tokens *tokens = arena_new_one(arena, struct tokens);

	tokens->arena = arena;
	tokens->files_len = files_len;
	tokens->files = arena_new_array(arena, struct alias *, files_len);
	return tokens;
}

void tokens_free(struct tokens *tokens)
{
	if (!tokens)
		return;
	HASH_CLEAR(hh, tokens->looks);
	HASH_CLEAR(hh, tokens->known);
	HASH_CLEAR(hh, tokens->addresses);
	for (unsigned i = 0; i < tokens->files_len; i++)
		HASH_CLEAR(hh, tokens->files[i]);
}

/* ---- by our numbers ---- */

static struct known *find_known(struct tokens *tokens, uint64_t number, uint64_t what)
{
	struct key key = {number, what};
	struct known *known;

	HASH_FIND(hh, tokens->known, &key, sizeof(key), known);
	return known;
}

static struct known *keep(struct tokens *tokens, uint64_t number, uint64_t what)
{
	struct known *known = arena_new_one(tokens->arena, struct known);

	known->key = (struct key){number, what};
	HASH_ADD(hh, tokens->known, key, sizeof(known->key), known);
	return known;
}

/* ---- by a file's ---- */

static struct alias *find_alias(struct tokens *tokens, unsigned file, uint64_t number, uint64_t what)
{
	struct key key = {number, what};
	struct alias *alias;

	HASH_FIND(hh, tokens->files[file], &key, sizeof(key), alias);
	return alias;
}

static struct alias *add_alias(struct tokens *tokens, unsigned file, uint64_t number, uint64_t what, uint64_t ours)
{
	struct alias *alias = arena_new_one(tokens->arena, struct alias);

	alias->key = (struct key){number, what};
	alias->ours = ours;
	HASH_ADD(hh, tokens->files[file], key, sizeof(alias->key), alias);
	return alias;
}

/* ---- what looks the same ---- */

/* Addresses differ from process to process and from host to host; they count where there is nothing better. */
static void print_stack(const struct stack *stack, struct buf *out)
{
	buf_puts(out, stack->pid ? "process" : "kernel");
	for (unsigned i = 0; i < stack->len; i++) {
		const struct stack_frame *frame = &stack->frames[i];

		buf_printf(out, "\n%s`%s+%" PRIx64 "%s", frame->module ? frame->module : "",
			   frame->function ? frame->function : "", frame->function ? frame->offset : frame->pc,
			   frame->is_inlined   ? " inlined"
			   : frame->is_guessed ? " guessed"
					       : "");
	}
	buf_printf(out, "\n%s", stack->note ? stack->note : "");
}

static struct look *look_of(struct tokens *tokens, const struct buf *text)
{
	struct look *look;

	HASH_FIND(hh, tokens->looks, text->data, text->size, look);
	if (look)
		return look;
	look = arena_new_one(tokens->arena, struct look);
	look->text = arena_memdup(tokens->arena, text->data, text->size);
	look->counts = arena_new_array(tokens->arena, unsigned, tokens->files_len);
	HASH_ADD_KEYPTR(hh, tokens->looks, look->text, text->size, look);
	return look;
}

/* Our number of the file's next one that looks so; *is_new: no file had as many. */
static uint64_t next_number(struct tokens *tokens, unsigned file, struct look *look, bool *is_new)
{
	unsigned n = look->counts[file]++;

	*is_new = n == look->numbers_len;
	if (*is_new)
		*arena_push(tokens->arena, look->numbers, look->numbers_len) = ++tokens->last;
	return look->numbers[n];
}

/* ---- stacks ---- */

static uint64_t number_of_stack(struct tokens *tokens, unsigned file, const struct stack *stack, bool *is_new)
{
	struct buf text = {0};
	struct look *look;

	print_stack(stack, &text);
	look = look_of(tokens, &text);
	buf_free(&text);
	return next_number(tokens, file, look, is_new);
}

void tokens_add_stack(struct tokens *tokens, unsigned file, const struct recorded_stack *recorded)
{
	uint64_t ours = recorded->number;
	bool is_new = true;

	if (find_alias(tokens, file, recorded->number, WHAT_STACK))
		return;
	if (tokens->files_len > 1)
		ours = number_of_stack(tokens, file, &recorded->stack, &is_new);
	add_alias(tokens, file, recorded->number, WHAT_STACK, ours);
	if (is_new)
		keep(tokens, ours, WHAT_STACK)->stack = recorded->stack;
}

static const struct stack *find_stack(void *data, uint64_t number)
{
	struct known *known = find_known(data, number, WHAT_STACK);

	return known ? &known->stack : NULL;
}

struct stack_source tokens_stacks(struct tokens *tokens)
{
	return (struct stack_source){tokens, find_stack};
}

/* ---- symbols: readers make one of those that print the same, by the first number ---- */

static uint64_t number_of_symbol(struct tokens *tokens, unsigned file, const struct recorded_symbol *symbol,
				 uint64_t *first, bool *is_new)
{
	struct buf text = {0};
	struct look *look;
	uint64_t number;

	buf_printf(&text, "symbol %d %s", (int)symbol->form, symbol->text);
	look = look_of(tokens, &text);
	buf_free(&text);
	number = next_number(tokens, file, look, is_new);
	*first = look->numbers[0];
	return number;
}

static void add_address(struct tokens *tokens, const struct recorded_symbol *symbol)
{
	struct address *address;

	HASH_FIND(hh, tokens->addresses, &symbol->number, sizeof(symbol->number), address);
	if (address) {
		if (address->symbol.text && strcmp(address->symbol.text, symbol->text))
			address->symbol.text = NULL;
		return;
	}
	address = arena_new_one(tokens->arena, struct address);
	address->number = symbol->number;
	address->symbol = (struct symbol_text){symbol->text, symbol->number};
	HASH_ADD(hh, tokens->addresses, number, sizeof(address->number), address);
}

void tokens_add_symbol(struct tokens *tokens, unsigned file, const struct recorded_symbol *symbol)
{
	uint64_t ours = symbol->number, first = symbol->first;
	bool is_new = true;

	if (find_alias(tokens, file, symbol->number, symbol->form))
		return;
	if (tokens->files_len > 1) {
		ours = number_of_symbol(tokens, file, symbol, &first, &is_new);
		if (symbol->form == SYMBOL_ADDRESS && symbol_is_kernel(symbol->number))
			add_address(tokens, symbol);
	}
	add_alias(tokens, file, symbol->number, symbol->form, ours);
	if (is_new)
		keep(tokens, ours, symbol->form)->symbol = (struct symbol_text){symbol->text, first};
}

static const struct symbol_text *find_symbol(void *data, uint64_t number, enum symbol_form form)
{
	struct tokens *tokens = data;
	struct known *known = find_known(tokens, number, form);
	struct address *address = NULL;

	if (known)
		return &known->symbol;
	if (form == SYMBOL_ADDRESS)
		HASH_FIND(hh, tokens->addresses, &number, sizeof(number), address);
	return address && address->symbol.text ? &address->symbol : NULL;
}

struct symbol_source tokens_symbols(struct tokens *tokens)
{
	return (struct symbol_source){tokens, find_symbol};
}

/* ---- numbers ---- */

static uint64_t renumbered(struct tokens *tokens, unsigned file, uint64_t number, uint64_t what)
{
	struct alias *alias = find_alias(tokens, file, number, what);

	if (!alias && number) /* it was gone when the recorder looked, but it is a key of its own */
		alias = add_alias(tokens, file, number, what, ++tokens->last);
	return alias ? alias->ours : 0;
}

void tokens_renumber(struct tokens *tokens, unsigned file, const struct field *fields, unsigned len, void *data)
{
	for (unsigned i = 0; tokens->files_len > 1 && i < len; i++) {
		char *at = (char *)data + fields[i].offset;
		uint64_t number;

		if (fields[i].kind != FIELD_STACK && fields[i].kind != FIELD_SYMBOL)
			continue;
		memcpy(&number, at, sizeof(number));
		number = renumbered(tokens, file, number, fields[i].kind == FIELD_STACK ? WHAT_STACK : fields[i].form);
		memcpy(at, &number, sizeof(number));
	}
}
