/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stacks in reports. Records and keys hold a stack's number; who runs the report resolves it to frames with names.
 */
#ifndef CEPHTAP_REPORT_STACK_H
#define CEPHTAP_REPORT_STACK_H

#include "report/report.h"

struct stack_frame {
	uint64_t pc; /* of a caller: the instruction behind the call */
	const char *module;   /* the file's base name, "vmlinux", the name of a kernel module; NULL: not known */
	const char *function; /* as people write it; NULL: not known */
	uint64_t offset;      /* from the function's begin; not of one that was inlined */
	bool is_inlined;      /* its code is in the function of a frame further out */
	uint64_t address;     /* in the file; of a caller: in its call. The kernel's are as in memory */
	const char *path;     /* the file as its process calls it; NULL: not known, or the kernel */
	const char *build_id; /* hex; NULL: not known */
};

struct stack {
	const struct stack_frame *frames; /* the innermost first */
	unsigned len;
	uint32_t pid; /* of the whole host; 0: the kernel's stack */
	const char *note; /* why it ends before its end; NULL: it does not */
};

struct stack_source {
	void *data;
	/* NULL: there is no such stack. Valid as long as the source. */
	const struct stack *(*find)(void *data, uint64_t number);
};

/* NULL: there is no such stack, or none at all in this report. */
const struct stack *report_stack_of(const struct report *report, uint64_t number);
/* As dtrace prints it: a line break, then a line for each frame, module`function+0x1f, indented by `stackindent`. */
void report_stack_text(const struct report *report, uint64_t number, struct shown *out);
/* "module`function+0x1f", or as much of it as is known; not that it was inlined. */
void stack_frame_print(const struct stack_frame *frame, bool with_offset, struct buf *out);
/* The same, and " [inlined]" if it was. */
void stack_frame_line(const struct stack_frame *frame, bool with_offset, struct buf *out);

#endif
