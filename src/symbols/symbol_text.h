/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the numbers of usym(), func() and the like print: each is resolved once, and those that print the same share a
 * number. */
#ifndef CEPHTAP_SYMBOLS_SYMBOL_TEXT_H
#define CEPHTAP_SYMBOLS_SYMBOL_TEXT_H

#include "report/symbol.h"
#include "symbols/symbols.h"

struct symbol_source symbol_texts(struct arena *arena, struct symbols *symbols, const struct stack_store *store);

#endif
