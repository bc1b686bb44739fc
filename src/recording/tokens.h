/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tokens: the numbers in records and keys that stand for a stack or a symbol, and what recordings say they stand for.
 * Each file numbers its own; where several are read, those that look the same get the same new number, so that rows
 * come together. Never two of one file, which are keys of two rows there: the second one of a file meets the second one
 * of another.
 */
#ifndef CEPHTAP_RECORDING_TOKENS_H
#define CEPHTAP_RECORDING_TOKENS_H

#include "recording/parts.h"
#include "report/symbol.h"

struct tokens;

struct tokens *tokens_new(struct arena *arena, unsigned files_len);
void tokens_free(struct tokens *tokens); /* NULL is allowed */
/* What they hold must stay. */
void tokens_add_stack(struct tokens *tokens, unsigned file, const struct recorded_stack *stack);
void tokens_add_symbol(struct tokens *tokens, unsigned file, const struct recorded_symbol *symbol);
/* A file's numbers among the fields of a record or key become ours. */
void tokens_renumber(struct tokens *tokens, unsigned file, const struct field *fields, unsigned len, void *data);
struct stack_source tokens_stacks(struct tokens *tokens);
struct symbol_source tokens_symbols(struct tokens *tokens);

#endif
