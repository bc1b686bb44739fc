/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stacks in reports. Records and keys hold a stack's number; who runs the report resolves it to frames with names.
 */
#ifndef CEPHTAP_REPORT_STACK_H
#define CEPHTAP_REPORT_STACK_H

#include "report/report.h"

/*
 * pc: of a caller the instruction behind the call. module: the file's base name, "vmlinux", the name of a kernel
 * module. function: as people write it. address: in the file; of a caller: in its call; the kernel's are as in memory.
 * path: the file as its process calls it. Texts are NULL where they are not known.
 */
#define STACK_FRAME_MEMBERS(MEMBER, S)                                                                                 \
	MEMBER(S, U64, pc)                                                                                             \
	MEMBER(S, NAME, module)                                                                                        \
	MEMBER(S, NAME, function)                                                                                      \
	MEMBER(S, U64, offset)	    /* from the function's begin; not of one that was inlined */                       \
	MEMBER(S, FLAG, is_inlined) /* its code is in the function of a frame further out */                           \
	MEMBER(S, FLAG,                                                                                                \
	       is_guessed) /* found by a frame pointer, where nothing says that the function it called keeps one */    \
	MEMBER(S, U64, address)                                                                                        \
	MEMBER(S, NAME, path)                                                                                          \
	MEMBER(S, NAME, build_id) /* hex */
MEMBERS_STRUCT(stack_frame, STACK_FRAME_MEMBERS);

#define STACK_MEMBERS(MEMBER, S)                                                                                       \
	MEMBER(S, LIST_OF, frames, stack_frame, len) /* the innermost first */                                         \
	MEMBER(S, U32, pid)			     /* of the whole host; 0: the kernel's stack */                    \
	MEMBER(S, NAME, note)			     /* why it ends before its end; NULL: it does not */
MEMBERS_STRUCT(stack, STACK_MEMBERS);

extern const struct members stack_frame_members, stack_members;

struct stack_source {
	void *data;
	/* NULL: there is no such stack. Valid as long as the source. */
	const struct stack *(*find)(void *data, uint64_t number);
};

/* NULL: there is no such stack, or none at all in this report. */
const struct stack *report_stack_of(const struct report *report, uint64_t number);
/* As dtrace prints it: a line break, then a line for each frame, module`function+0x1f, indented by `stackindent`. */
void report_stack_text(const struct report *report, uint64_t number, struct shown *out);
/* The same, but indented by `indent`, and each frame right-aligned in `width` columns. */
void report_stack_print(const struct report *report, uint64_t number, int indent, int width, struct shown *out);
/* "module`function+0x1f", or as much of it as is known; not that it was inlined. */
void stack_frame_print(const struct stack_frame *frame, bool with_offset, struct buf *out);
/* The same, and " [inlined]" or " [guessed]" if it was. */
void stack_frame_line(const struct stack_frame *frame, bool with_offset, struct buf *out);

#endif
