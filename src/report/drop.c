/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was lost, why, and what to do: a word and a sentence for each cause.
 */
#include <inttypes.h>

#include "report/report.h"

static const struct {
	const char *one, *many, *why;
} causes[DROP_CAUSES] = {
	[DROP_RECORD] = {"record was", "records were",
			 "the ring buffer was full; give -x bufsize=16m, or record less: aggregations need no buffer"},
	[DROP_AGG] = {"update was", "updates were",
		      "an aggregation had no room for a new key; give -x aggsize=64m, or use fewer keys"},
	[DROP_DYNVAR] = {"assignment was", "assignments were",
			 "a self-> variable or associative array had no room; give -x dynvarsize=16m, or assign 0 to "
			 "what is no longer needed"},
	[DROP_SAVE] =
		{"event was", "events were",
		 "what a function's entry keeps for its return had no room (give -x dynvarsize=16m) or could not be "
		 "read"},
	[DROP_BUSY] = {"event was", "events were",
		       "too many threads were inside probes on one processor; trace fewer probes or filter earlier"},
	[DROP_STACK] = {"stack was", "stacks were",
			"there was no room for another one; ask for fewer frames, e.g. ustack(30), or filter earlier"},
	[DROP_SPECULATION] =
		{"speculation was", "speculations were",
		 "failed speculations (no speculative buffer available); give -x nspec=16, or commit() or discard() "
		 "what is no longer needed"},
	[DROP_SPECULATIVE] = {"record was", "records were",
			      "speculative drops: what waits has no more room; give -x specsize=16m"},
	[DROP_SYSTEM] = {"event was", "events were",
			 "the kernel could not run the probe (it was inside another one, or too many calls were "
			 "waiting to return)"},
};

const char *drop_name(enum drop_cause cause)
{
	return (unsigned)cause < DROP_CAUSES ? drop_cause_words[cause] : "unknown";
}

void drop_sentence(enum drop_cause cause, uint64_t count, struct buf *out)
{
	if ((unsigned)cause >= DROP_CAUSES) {
		buf_printf(out, "%" PRIu64 " events were lost", count);
		return;
	}
	buf_printf(out, "%" PRIu64 " %s lost: %s", count, count == 1 ? causes[cause].one : causes[cause].many,
		   causes[cause].why);
}

/* What DTrace has no word for is a drop to it. Processors are not told apart. */
static const struct {
	const char *before, *after;
} as_dtrace[DROP_CAUSES] = {
	[DROP_RECORD] = {"", ""},
	[DROP_AGG] = {"aggregation ", ""},
	[DROP_DYNVAR] = {"dynamic variable ", ""},
	[DROP_SAVE] = {"dynamic variable ", ""},
	[DROP_BUSY] = {"", " (too many threads inside probes)"},
	[DROP_STACK] = {"stack ", ""},
	[DROP_SYSTEM] = {"", " (probe not run)"},
};

void drop_as_dtrace(enum drop_cause cause, uint64_t count, struct buf *out)
{
	bool is_known = (unsigned)cause < DROP_CAUSES;

	buf_printf(out, "%" PRIu64 " %sdrop%s%s", count, is_known ? as_dtrace[cause].before : "", count == 1 ? "" : "s",
		   is_known ? as_dtrace[cause].after : "");
}
