/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What D calls a mistake in a call: of this function, or of all that have no row of their own. */
#include <string.h>

#include "front/d/check/ctx.h"

enum { EVERY = 0 };

static const struct row {
	const char *function; /* NULL: any */
	enum call_fault fault;
	unsigned arg; /* from 1, as messages count them; EVERY: whichever */
	const char *tag;
} rows[] = {
	{"printf", CALL_NOT_FORMAT, EVERY, "D_PRINTF_ARG_FMT"}, /* and all that take a format as it does */
	{"printf", CALL_TYPE, 1, "D_PROTO_ARG"},
	{"printf", CALL_TYPE, EVERY, "D_PRINTF_ARG_TYPE"},
	{"printf", CALL_VOID, EVERY, "D_PRINTF_ARG_TYPE"},
	{"trace", CALL_TYPE, EVERY, "D_TRACE_DYN"},
	{"trace", CALL_VOID, EVERY, "D_TRACE_VOID"},
	{"printa", CALL_FORMAT_ALONE, EVERY, "D_PRINTA_PROTO"},
	{"printa", CALL_NOT_AGG, EVERY, "D_PRINTA_AGGARG"},
	{"printa", CALL_UNKNOWN_AGG, EVERY, "D_PRINTA_AGGBAD"},
	{"printa", CALL_KEYS_COUNT, EVERY, "D_PRINTA_AGGKEY"},
	{"printa", CALL_KEYS_TYPE, EVERY, "D_PRINTA_AGGPROTO"},
	{"clear", CALL_NOT_AGG, EVERY, "D_CLEAR_AGGARG"},
	{"clear", CALL_UNKNOWN_AGG, EVERY, "D_CLEAR_AGGBAD"},
	{"trunc", CALL_NOT_AGG, EVERY, "D_TRUNC_AGGARG"},
	{"trunc", CALL_UNKNOWN_AGG, EVERY, "D_TRUNC_AGGBAD"},
	{"top", CALL_NOT_AGG, EVERY, "D_TRUNC_AGGARG"},
	{"top", CALL_UNKNOWN_AGG, EVERY, "D_TRUNC_AGGBAD"},
	{"normalize", CALL_NOT_AGG, EVERY, "D_NORMALIZE_AGGARG"},
	{"normalize", CALL_UNKNOWN_AGG, EVERY, "D_NORMALIZE_AGGBAD"},
	{"share", CALL_NOT_AGG, EVERY, "D_NORMALIZE_AGGARG"},
	{"share", CALL_UNKNOWN_AGG, EVERY, "D_NORMALIZE_AGGBAD"},
	{"denormalize", CALL_NOT_AGG, EVERY, "D_NORMALIZE_AGGARG"},
	{"denormalize", CALL_UNKNOWN_AGG, EVERY, "D_NORMALIZE_AGGBAD"},
	{"tracemem", CALL_TYPE, 1, "D_TRACEMEM_ADDR"},
	{"tracemem", CALL_NOT_CONSTANT, 2, "D_TRACEMEM_SIZE"},
	{"tracemem", CALL_RANGE, 2, "D_TRACEMEM_SIZE"},
	{"tracemem", CALL_TYPE, 3, "D_TRACEMEM_DYNSIZE"},
	{"tracemem", CALL_TOO_LARGE, EVERY, "D_TRACEMEM_ARGS"},
	{"stack", CALL_NOT_CONSTANT, EVERY, "D_STACK_SIZE"},
	{"ustack", CALL_NOT_CONSTANT, 1, "D_USTACK_FRAMES"},
	{"ustack", CALL_NOT_CONSTANT, 2, "D_USTACK_STRSIZE"},
	{"jstack", CALL_NOT_CONSTANT, 1, "D_USTACK_FRAMES"},
	{"jstack", CALL_NOT_CONSTANT, 2, "D_USTACK_STRSIZE"},

	{"lquantize", CALL_NOT_CONSTANT, 2, "D_LQUANT_BASETYPE"},
	{"lquantize", CALL_NOT_CONSTANT, 3, "D_LQUANT_LIMTYPE"},
	{"lquantize", CALL_NOT_CONSTANT, 4, "D_LQUANT_STEPTYPE"},
	{"lquantize", CALL_OTHER_BEFORE, 2, "D_LQUANT_MATCHBASE"},
	{"lquantize", CALL_OTHER_BEFORE, 3, "D_LQUANT_MATCHLIM"},
	{"lquantize", CALL_OTHER_BEFORE, 4, "D_LQUANT_MATCHSTEP"},
	{"lquantize", CALL_WIDE, 2, "D_LQUANT_BASEVAL"},
	{"lquantize", CALL_WIDE, 3, "D_LQUANT_LIMVAL"},
	{"lquantize", CALL_WIDE, 4, "D_LQUANT_STEPVAL"},
	{"lquantize", CALL_ORDER, EVERY, "D_LQUANT_MISMATCH"},
	{"lquantize", CALL_RANGE, 4, "D_LQUANT_STEPTYPE"}, /* DTrace says so of what is no positive constant */
	{"lquantize", CALL_TOO_LARGE, 4, "D_LQUANT_STEPLARGE"},
	{"lquantize", CALL_TOO_SMALL, 4, "D_LQUANT_STEPSMALL"},
	{"llquantize", CALL_NOT_CONSTANT, 2, "D_LLQUANT_FACTORTYPE"},
	{"llquantize", CALL_NOT_CONSTANT, 3, "D_LLQUANT_LMAGTYPE"},
	{"llquantize", CALL_NOT_CONSTANT, 4, "D_LLQUANT_HMAGTYPE"},
	{"llquantize", CALL_NOT_CONSTANT, 5, "D_LLQUANT_STEPTYPE"},
	{"llquantize", CALL_OTHER_BEFORE, 2, "D_LLQUANT_MATCHFACTOR"},
	{"llquantize", CALL_OTHER_BEFORE, 3, "D_LLQUANT_MATCHLMAG"},
	{"llquantize", CALL_OTHER_BEFORE, 4, "D_LLQUANT_MATCHHMAG"},
	{"llquantize", CALL_OTHER_BEFORE, 5, "D_LLQUANT_MATCHSTEPS"},
	{"llquantize", CALL_RANGE, 2, "D_LLQUANT_FACTORVAL"},
	{"llquantize", CALL_RANGE, 3, "D_LLQUANT_LMAGVAL"},
	{"llquantize", CALL_RANGE, 4, "D_LLQUANT_HMAGVAL"},
	{"llquantize", CALL_RANGE, 5, "D_LLQUANT_STEPVAL"},
	{"llquantize", CALL_WIDE, 2, "D_LLQUANT_FACTORVAL"},
	{"llquantize", CALL_WIDE, 3, "D_LLQUANT_LMAGVAL"},
	{"llquantize", CALL_WIDE, 4, "D_LLQUANT_HMAGVAL"},
	{"llquantize", CALL_WIDE, 5, "D_LLQUANT_STEPVAL"},

	{NULL, CALL_COUNT, EVERY, "D_PROTO_LEN"},
	{NULL, CALL_TYPE, EVERY, "D_PROTO_ARG"},
	{NULL, CALL_VOID, EVERY, "D_PROTO_ARG"},
	{NULL, CALL_NOT_AGG, EVERY, "D_PROTO_ARG"},
	{NULL, CALL_UNKNOWN_AGG, EVERY, "D_PROTO_ARG"},
	{NULL, CALL_NOT_CONSTANT, EVERY, "D_PROTO_ARG"},
	{NULL, CALL_ZERO, EVERY, "D_DIV_ZERO"},
};

/* DTrace has 16 bits for the step. */
static bool is_vast_step(const struct node *call, enum call_fault fault, unsigned arg)
{
	return fault == CALL_TOO_LARGE && !strcmp(call->name, "lquantize") && arg < call->args_len &&
	       (int64_t)call->args[arg]->ival > UINT16_MAX;
}

static const char *like(const char *name)
{
	return strcmp(name, "system") && strcmp(name, "freopen") ? name : "printf";
}

const char *check_tag(const struct node *call, enum call_fault fault, unsigned arg)
{
	const char *name = like(call->name);
	const struct row *row;

	if (is_vast_step(call, fault, arg))
		return "D_LQUANT_STEPVAL";
	for (row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++)
		if (row->fault == fault && (!row->function || !strcmp(row->function, name)) &&
		    (row->arg == EVERY || row->arg == arg + 1))
			return row->tag;
	return NULL;
}
