/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A copy of an ELF file with SDT notes. In: an open file and notes. Out: the same bytes, with sections .note.stapsdt
 * and .stapsdt.base behind them. What must stay true: every byte of the original is at its place in the copy, but for
 * the two fields of the ELF header that say where the section headers are and how many.
 */
#ifndef CEPHTAP_LIB_ELF_SDT_WRITE_H
#define CEPHTAP_LIB_ELF_SDT_WRITE_H

#include "lib/buf.h"
#include "lib/elf.h"

/*
 * `in` is open for reading, `out` for both, and empty. The notes' semaphores are written as they are. 0, or a negative
 * errno with a sentence in *why: then `out` is of no use.
 */
int elf_sdt_copy(int in, int out, const struct elf_sdt_note *notes, unsigned notes_len, struct buf *why);
/* Read both again: is the copy what it should be? 0, or -EIO with a sentence. */
int elf_sdt_compare(int in, int out, struct buf *why);

#endif
