/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What src/code makes, for reading: programs in the notation of the kernel's own log, maps, and the layouts of records
 * and aggregations. In: an image, whole or wrong (a disassembler is for looking at bugs). Out: text, one thing a line.
 */
#ifndef CEPHTAP_CODE_DISASM_H
#define CEPHTAP_CODE_DISASM_H

#include "code/image.h"
#include "lib/buf.h"

/*
 * One instruction a line with its index, as the verifier counts them. "L7:" stands before what is jumped to, and
 * "; x.d:3: text" before the first instruction of each line of the script. Maps are named where they are loaded.
 */
void disasm_program(const struct image *image, const struct image_program *program, struct buf *out);
/* One instruction by itself, without its relocation: for messages. A 16-byte load takes insns[0] and insns[1]. */
void disasm_insn(const struct bpf_insn *insns, unsigned insns_len, struct buf *out);
/* "bpf_map_lookup_elem"; NULL when there is no such helper. */
const char *disasm_helper_name(int32_t helper);

void image_dump_programs(const struct image *image, struct buf *out);
void image_dump_maps(const struct image *image, struct buf *out);
void image_dump_layouts(const struct image *image, struct buf *out);

#endif
