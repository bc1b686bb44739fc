/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The argument text of an SDT note, "8@%rdi -4@16(%rsi)", in the words of an x86_64 assembler in AT&T syntax. In: the
 * text, and the file it is from, for the symbols that the text names. Out: arguments with types and locations. Every
 * argument of the text comes out, in order: one that cannot be read is there with the reason in `why`.
 */
#ifndef CEPHTAP_PROBE_ARGTEXT_H
#define CEPHTAP_PROBE_ARGTEXT_H

#include "lib/arena.h"
#include "lib/elf.h"
#include "probe/probe.h"

/* `file` may be NULL: then no symbol is known. At most PROBE_ARGS_MAX arguments; the rest is left out. */
void argtext_parse(struct arena *arena, struct elf_file *file, const char *text, struct arg **args, unsigned *args_len);

#endif
