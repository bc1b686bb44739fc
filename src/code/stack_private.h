/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the walk through a process's stack (unwind.c) and the calls that need one (stack.c) share. */
#ifndef CEPHTAP_CODE_STACK_PRIVATE_H
#define CEPHTAP_CODE_STACK_PRIVATE_H

#include <stddef.h>

#include "code/gen.h"
#include "lib/stack_maps.h"

/* The scratch memory of one stack: what is known of the frame, then the value for the map. */
enum {
	AREA_PC = 0,
	AREA_SP = 8,
	AREA_BP = 16,
	AREA_HASH = 24,
	AREA_LIMIT = 32,
	AREA_FOUND = 40, /* enum found: how the frame was found */
	AREA_READ = 48,
	AREA_VALUE = 56,
	AREA_LEN = AREA_VALUE + offsetof(struct stack_value, len),
	AREA_FLAGS = AREA_VALUE + offsetof(struct stack_value, flags),
	AREA_PID = AREA_VALUE + offsetof(struct stack_value, pid),
	AREA_PCS = AREA_VALUE + offsetof(struct stack_value, pcs),
	AREA_SIZE = AREA_VALUE + sizeof(struct stack_value),
};

enum found {
	FOUND_CALLER,  /* the pc is behind a call */
	FOUND_EXACT,   /* it is an instruction that runs */
	FOUND_ENTRY,   /* the same, the first of a function */
	FOUND_GUESSED, /* behind a call, if the frame pointer meant what it usually means */
};

/* The area's hash takes in `reg`; R1 to R3 are lost. */
void emit_hash(struct gen *gen, int area, int reg);
/* Asks the tracer to look at the process, if it can; its number is in the area. */
void emit_want(struct gen *gen, int area);

#endif
