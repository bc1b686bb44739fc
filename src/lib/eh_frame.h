/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The call-frame information of a file (.eh_frame, .debug_frame) as it is written: entries, one for each piece of code,
 * and the bytes of their instructions. What these mean is unwind.c's. All reads go through a cursor that knows its end.
 */
#ifndef CEPHTAP_LIB_EH_FRAME_H
#define CEPHTAP_LIB_EH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cursor.h"

struct elf_file;

/* What entries have in common (Common Information Entry). */
struct cie {
	const uint8_t *start; /* which one it is */
	struct cursor insns;
	uint64_t code_align;
	int64_t data_align;
	uint8_t encoding;
	bool has_augmentation, is_signal, is_sane;
};

/* Of the code at `pc` (Frame Description Entry). */
struct fde {
	uint64_t pc, size;
	struct cursor insns;
	struct cie cie;
	bool is_debug; /* of .debug_frame: where both sections describe an address, .eh_frame counts */
};

struct eh_frame {
	struct fde *fdes; /* as they lie in the file */
	unsigned fdes_len, fdes_room;
	unsigned bad;	/* entries that make no sense and were left out */
	uint64_t vaddr; /* of the section */
	const uint8_t *data;
	uint64_t size;
	bool is_debug;	   /* the section that is being read is .debug_frame */
	uint8_t *unpacked; /* its bytes, if the file has them compressed */
};

/* Of an x86_64 file; without such information there are no entries. */
void eh_frame_read(struct eh_frame *out, const struct elf_file *file);
void eh_frame_free(struct eh_frame *frame);

/* Room for one more in an array of `len`; the array, perhaps elsewhere. */
void *grow_array(void *array, unsigned len, unsigned *room, size_t size);

#endif
