/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stacks of recordings. Each file numbers its own; where several are read, those of the same functions get the same new number, so
 * that rows come together. Never two of one file, which are keys of two rows there: the second one of a file meets the second one
 * of another.
 */
#ifndef CEPHTAP_RECORDING_STACKS_H
#define CEPHTAP_RECORDING_STACKS_H

#include "lib/pack.h"
#include "report/stack.h"

struct stacks;

struct stacks *stacks_new(struct arena *arena, unsigned files_len);
void stacks_free(struct stacks *stacks);
/* False: the bytes are no stack. */
bool stacks_add(struct stacks *stacks, unsigned file, struct unpack *in);
/* A file's number becomes ours. */
uint64_t stacks_number(struct stacks *stacks, unsigned file, uint64_t number);
/* The same for all numbers among the fields of a record or key. */
void stacks_renumber(struct stacks *stacks, unsigned file, const struct field *fields, unsigned len, void *data);
struct stack_source stacks_source(struct stacks *stacks);

#endif
