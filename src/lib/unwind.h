/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Call-frame information: how to get from a frame to its caller's where no frame pointer is kept. It is read from
 * .eh_frame (LSB core specification, System V ABI for x86_64) and, for code that this leaves out, from .debug_frame
 * (DWARF 4, 6.4). In: an ELF file, hostile until parsed. Out: functions (and parts of them) with their extents, and one
 * sorted table of rows, each valid from its address to the next row's. A row holds what x86_64 needs: where the
 * canonical frame address (CFA: the stack pointer before the call) is, and where the caller's %rbp. The return address
 * is at CFA - 8. What a row cannot say (rare expressions) is a row that says so.
 */
#ifndef CEPHTAP_LIB_UNWIND_H
#define CEPHTAP_LIB_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/elf.h"

enum unwind_kind {
	UNWIND_NONE,	  /* nothing is known here: a gap between functions, or a rule that a row cannot hold */
	UNWIND_RSP,	  /* CFA = %rsp + 8 * cfa */
	UNWIND_RBP,	  /* CFA = %rbp + 8 * cfa */
	UNWIND_RBP_DEREF, /* CFA = *(%rbp + 8 * cfa), the caller's %rbp at *%rbp: a function that realigns its stack */
	UNWIND_PLT,	  /* CFA = %rsp + 8 + 8 * ((%rip & 15) >= 11): the stubs of the procedure linkage table */
	UNWIND_SIGNAL,	  /* the frame that the kernel makes for a signal's handler: all registers are in it, at %rsp */
	UNWIND_LAST,	  /* the outermost frame: a thread begins here */
};

/* 8 bytes, as the kernel-side unwinder reads them from a map. */
struct unwind_row {
	uint32_t pc; /* relative to the table's base */
	int16_t cfa; /* in words of 8 bytes */
	int8_t rbp;  /* the caller's %rbp is at CFA + 8 * rbp; 0: it is where it was */
	uint8_t kind;
};

/* What one entry of .eh_frame describes: a function, or the part of one that the compiler put elsewhere (.cold). */
struct unwind_part {
	uint32_t pc, size; /* pc: relative to the base */
	bool is_entry; /* the stack pointer is at the return address when it begins: control comes by a call, or as by
			  one */
};

struct unwind {
	uint64_t base; /* of the addresses, the lowest of the file's code */
	struct unwind_row *rows;
	unsigned rows_len;
	struct unwind_part *parts; /* by address */
	unsigned parts_len;
	unsigned bad; /* entries that made no sense and were left out */
};

/* Never NULL: a file without the information gives an empty table. */
struct unwind *unwind_read(const struct elf_file *file);
void unwind_free(struct unwind *unwind); /* NULL is allowed */

/* NULL: none has this address. */
const struct unwind_row *unwind_row_at(const struct unwind *unwind, uint64_t vaddr);
const struct unwind_part *unwind_part_at(const struct unwind *unwind, uint64_t vaddr);

#endif
