/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What programs and the tracer leave for each other in maps, to make stacks, and names of addresses. Programs put
 * stacks and addresses there. What the walk through a process's stack needs, the tracer puts there: for each process
 * what it has mapped, for all files the rows of their tables, one after another (struct unwind_row, lib/unwind.h).
 * Programs say which processes are missing.
 */
#ifndef CEPHTAP_LIB_STACK_MAPS_H
#define CEPHTAP_LIB_STACK_MAPS_H

#include <stdint.h>

enum { STACK_FRAMES = 128 /* room; one less is the most that can be asked for */, UNWIND_MAPPINGS = 256 };

enum stack_flag {
	STACK_NO_PROCESS = 1, /* nothing was known of the process: there is one frame */
	STACK_NO_MAPPING = 2, /* the last frame is not in a file that was known */
	STACK_NO_ROW = 4, /* neither call-frame information nor a frame pointer says how to go on from the last frame */
	STACK_UNREADABLE = 8, /* the stack's memory could not be read there */
};

/* In an address of a process, which never has this bit: the frame was found by a frame pointer, where nothing says that
 * there is one. */
#define STACK_GUESSED (UINT64_C(1) << 63)

/* In the number of a process: it is the whole host's, as the process cannot be seen from the container in which we run.
 */
#define STACK_FOREIGN (INT64_C(1) << 31)

/* By a number made of it, once for each different stack. */
struct stack_value {
	uint32_t len, flags;
	uint32_t pid; /* as it is numbered where we run, or with STACK_FOREIGN; 0: the kernel's stack */
	uint32_t pad;
	uint64_t pcs[STACK_FRAMES];
};

/* An address of a process that usym() and the like were given: once for each, by a number made of it. */
struct symbol_value {
	uint64_t address;
	uint32_t pid; /* of the whole host, where stack_value has it; 0: the kernel's */
	uint32_t pad;
};

struct unwind_mapping {
	uint64_t start, end;
	uint64_t delta;	     /* an address minus this is what rows hold */
	uint32_t first, len; /* rows of the file's table; len 0: it has none */
};

/* Of a process, by its number where we run. */
struct unwind_process {
	uint64_t len;
	struct unwind_mapping
		maps[UNWIND_MAPPINGS]; /* by address; those not in use start at the end of the address space */
};

#endif
