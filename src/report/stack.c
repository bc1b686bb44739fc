/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/stack.h"

#include <inttypes.h>

MEMBERS_TABLE(stack_frame, STACK_FRAME_MEMBERS);
MEMBERS_TABLE(stack, STACK_MEMBERS);

const struct stack *report_stack_of(const struct report *report, uint64_t number)
{
	return report && report->stacks && number ? report->stacks->find(report->stacks->data, number) : NULL;
}

void stack_frame_print(const struct stack_frame *frame, bool with_offset, struct buf *out)
{
	if (frame->module)
		buf_printf(out, "%s`", frame->module);
	if (frame->function)
		buf_puts(out, frame->function);
	else
		buf_printf(out, "0x%" PRIx64, frame->pc);
	if (frame->function && with_offset && frame->offset)
		buf_printf(out, "+0x%" PRIx64, frame->offset);
}

void stack_frame_line(const struct stack_frame *frame, bool with_offset, struct buf *out)
{
	stack_frame_print(frame, with_offset, out);
	if (frame->is_inlined)
		buf_puts(out, " [inlined]");
	if (frame->is_guessed)
		buf_puts(out, " [guessed]");
}

void report_stack_text(const struct report *report, uint64_t number, struct shown *out)
{
	const struct stack *stack = report_stack_of(report, number);
	int indent = report && report->schema ? report->schema->options.stackindent : 14;
	struct buf line = {0};

	shown_putc(out, '\n');
	if (!stack) {
		shown_printf(out, "%*s[no stack was kept]\n", indent, "");
		return;
	}
	for (unsigned i = 0; i < stack->len; i++) {
		buf_clear(&line);
		stack_frame_line(&stack->frames[i], true, &line);
		shown_printf(out, "%*s%s\n", indent, "", line.data);
	}
	buf_free(&line);
	if (stack->note)
		shown_printf(out, "%*s[%s]\n", indent, "", stack->note);
}
