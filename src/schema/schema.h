/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What readers need to know of a script: the layout of records, keys and values, formats, probes by their names, places
 * in the script for messages. The compiler makes it (image->schema); record/, report/ and the views read it, and
 * recordings keep it, as it is, for readers on other hosts. It knows neither the script's language, nor its tree and
 * types, nor the engine.
 *
 * Structures are lists of members (lib/members.h): what is added to one is packed, read back and compared by itself.
 */
#ifndef CEPHTAP_SCHEMA_SCHEMA_H
#define CEPHTAP_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/diag.h"
#include "lib/members.h"

/* ---- what programs send ---- */

/* What a record in the ring starts with. */
struct record_head {
	uint32_t clause; /* index in schema->clauses, or RECORD_ERROR */
	uint32_t probe;	 /* index in schema->probes */
	uint32_t cpu;
	uint32_t speculation; /* not 0: it waits for a commit() of this */
};
enum {
	RECORD_ERROR = 0xffffffffu,
	RECORD_WAKE = 0xfffffffeu /* says nothing, but that map_wanted is to be looked at now */
};

/* What went wrong: arg4 of ERROR, with DTrace's numbers. */
enum fault {
	FAULT_NONE = 0,
	FAULT_BADADDR = 1,
	FAULT_ILLOP = 3,
	FAULT_DIVZERO = 4,
	FAULT_SCRATCH = 5,
	FAULT_BADINDEX = 11,
};

/* The record of an error in a clause; `head.clause` is RECORD_ERROR. */
struct record_error {
	struct record_head head;
	uint32_t clause; /* the failing one */
	uint32_t fault;	 /* enum fault */
	uint64_t address;
	uint32_t line; /* index in schema->error_locs: where in the script */
	uint32_t pc;   /* ... and in the program, in instructions */
};

/* Per-processor counters of what was lost: value 0 of the map `drops`, one u64 each. */
enum drop_cause {
	DROP_RECORD, /* the ring buffer was full */
	DROP_AGG,    /* an aggregation had no room for a new key */
	DROP_DYNVAR, /* a thread-local variable or associative array had no room */
	DROP_SAVE,   /* no room for what a function's entry must save for its return */
	DROP_BUSY,   /* scratch memory was in use: too many threads were preempted inside a probe on one processor */
	DROP_STACK,  /* no room for a new stack */
	DROP_SPECULATION, /* speculation() found all numbers in use */
	DROP_SPECULATIVE, /* what waited had no room (counted by the reader) */
	DROP_SYSTEM, /* the kernel did not run the program: recursion, missed return probes (counted by the engine) */
	DROP_CAUSES
};

/* ---- values ---- */

enum field_kind {
	FIELD_INT,
	FIELD_STRING, /* up to the first NUL */
	FIELD_BYTES,
	FIELD_STACK,  /* u64: the number of a stack, which the reader asks for; 0: there was no room */
	FIELD_SYMBOL, /* u64: an address of the kernel, or a number like a stack's; 0: there was no room */
};
enum { FIELD_KINDS = FIELD_SYMBOL + 1 };

/* How a FIELD_SYMBOL prints: libc.so.6`malloc, libc.so.6, libc.so.6`malloc+0x1f. */
enum symbol_form { SYMBOL_FUNCTION, SYMBOL_MODULE, SYMBOL_ADDRESS };
enum { SYMBOL_FORMS = SYMBOL_ADDRESS + 1 };

/* The kernel's addresses stand for themselves: other numbers of symbols have another upper bit. */
static inline bool symbol_is_kernel(uint64_t number)
{
	return number >> 63;
}

/* One value in a record, or one key of an aggregation. FIELD_INT: stored at the size of its type (1, 2, 4, 8), aligned.
 */
#define FIELD_MEMBERS(MEMBER, S)                                                                                       \
	MEMBER(S, ENUM, kind, field_kind, FIELD_KINDS)                                                                 \
	MEMBER(S, FLAG, is_signed)                                                                                     \
	MEMBER(S, U32, offset)                                                                                         \
	MEMBER(S, U32, size)                                                                                           \
	MEMBER(S, ENUM, form, symbol_form, SYMBOL_FORMS)
MEMBERS_STRUCT(field, FIELD_MEMBERS);

/* ---- records ---- */

struct func;

/* One action in a record: there when the byte at `present` is 1. `format`: of printf() and printa(), as written, after
 * escapes. */
#define ACTION_MEMBERS(MEMBER, S)                                                                                      \
	MEMBER(S, KNOWN, func, func)                                                                                   \
	MEMBER(S, TEXT_OR_NULL, format)                                                                                \
	MEMBER(S, U32, present)	 /* offset of the byte in the record */                                                \
	MEMBER(S, NUMBERS, aggs) /* what printa(), clear() and the like are given, by their index in schema->aggs */   \
	MEMBER(S, LIST, fields, field)
MEMBERS_STRUCT(record_action, ACTION_MEMBERS);

/* A clause and the record that it makes. */
#define CLAUSE_MEMBERS(MEMBER, S)                                                                                      \
	MEMBER(S, U32, size) /* with the head; 0: the clause records nothing */                                        \
	MEMBER(S, U32, time) /* where `timestamp` of the firing is, a u64; 0: it was not asked for */                  \
	MEMBER(S, LIST, actions, record_action)                                                                        \
	MEMBER(S, PLACES, statements) /* as errors count them: "in action #2" */                                       \
	MEMBER(S, NUMBERS, probes)    /* which it is for, by their index in schema->probes */
MEMBERS_STRUCT(record_layout, CLAUSE_MEMBERS);

/* ---- aggregations ---- */

enum { AGG_PARAMS_MAX = 4 };
struct agg;

/* What an aggregating function has to know of an aggregation. */
#define AGG_SHAPE_MEMBERS(MEMBER, S)                                                                                   \
	MEMBER(S, KNOWN, agg, agg)                                                                                     \
	MEMBER(S, I64S, params, AGG_PARAMS_MAX) /* its constants: lquantize(x, low, high, step) */                     \
	MEMBER(S, FLAG, is_unsigned)		/* the aggregated values are: they compare and print so */
MEMBERS_STRUCT(agg_shape, AGG_SHAPE_MEMBERS);

/*
 * Keys as a reader sees them: where the aggregation lives, there may be more before them (the processor's number). Key
 * names are as the script calls them, each once, fit for an identifier: "daemon", "arg0", "key3".
 */
#define AGG_MEMBERS(MEMBER, S)                                                                                         \
	MEMBER(S, TEXT, name)                                                                                          \
	MEMBER(S, PART, shape, agg_shape)                                                                              \
	MEMBER(S, LIST, keys, field)                                                                                   \
	MEMBER(S, TEXTS, key_names)                                                                                    \
	MEMBER(S, U32, key_size)                                                                                       \
	MEMBER(S, U32, value_size)
MEMBERS_STRUCT(agg_layout, AGG_MEMBERS);

/* ---- probes ---- */

/* When a probe fires. What is done at a moment that each host has is done once where several are read together. */
enum probe_moment { MOMENT_EVENT, MOMENT_BEGIN, MOMENT_TIMER, MOMENT_END };
enum { PROBE_MOMENTS = MOMENT_END + 1 };

#define PROBE_MEMBERS(MEMBER, S)                                                                                       \
	MEMBER(S, U32, id)                                                                                             \
	MEMBER(S, ENUM, moment, probe_moment, PROBE_MOMENTS)                                                           \
	MEMBER(S, TEXT, prov)                                                                                          \
	MEMBER(S, TEXT, mod)                                                                                           \
	MEMBER(S, TEXT, func)                                                                                          \
	MEMBER(S, TEXT, name)                                                                                          \
	MEMBER(S, INT, pid)	    /* not 0: only this process fires it */                                            \
	MEMBER(S, FLAG, is_refused) /* at one place at least it could not be attached: known once it is attached */
MEMBERS_STRUCT(schema_probe, PROBE_MEMBERS);

/* ---- all of it ---- */

/* Options that readers obey, as DTrace documents them. */
#define OPTIONS_MEMBERS(MEMBER, S)                                                                                     \
	MEMBER(S, FLAG, quiet)                                                                                         \
	MEMBER(S, INT, aggsortkey)                                                                                     \
	MEMBER(S, INT, aggsortrev)                                                                                     \
	MEMBER(S, INT, aggsortkeypos)                                                                                  \
	MEMBER(S, INT, aggsortpos)                                                                                     \
	MEMBER(S, INT, stackindent)                                                                                    \
	MEMBER(S, U64, aggrate_ns)                                                                                     \
	MEMBER(S, FLAG, flowindent)                                                                                    \
	MEMBER(S, FLAG, rawbytes)                                                                                      \
	MEMBER(S, FLAG, asdtrace)                                                                                      \
	MEMBER(S, U64, strsize)                                                                                        \
	MEMBER(S, U64, specsize)
MEMBERS_STRUCT(schema_options, OPTIONS_MEMBERS);

#define SCHEMA_MEMBERS(MEMBER, S)                                                                                      \
	MEMBER(S, SOURCES, sources) /* the script's own first, then others that places are in */                       \
	MEMBER(S, U32, scripts_len) /* how many are the script's own */                                                \
	MEMBER(S, TEXTS, args)	    /* $1 ... */                                                                       \
	MEMBER(S, PART, options, schema_options)                                                                       \
	MEMBER(S, LIST, probes, schema_probe)                                                                          \
	MEMBER(S, LIST, aggs, agg_layout)                                                                              \
	MEMBER(S, LIST, clauses, record_layout)                                                                        \
	MEMBER(S, PLACES, error_locs) /* by record_error::line */
MEMBERS_STRUCT(schema, SCHEMA_MEMBERS);

/* Words for the enumerations above. */
extern const char *const field_kind_words[FIELD_KINDS], *const symbol_form_words[SYMBOL_FORMS],
								*const probe_moment_words[PROBE_MOMENTS],
									*const drop_cause_words[DROP_CAUSES];
extern const struct members field_members, record_action_members, record_layout_members, agg_shape_members,
	agg_layout_members, schema_probe_members, schema_options_members, schema_members;
/* Where a name from elsewhere becomes what this cephtap knows by it: agg/table.c, func/table.c. */
extern const struct member_names agg_names, func_names;

/* Does it hold together? Each value is inside of its record or key, each number one of something. If not: a sentence in
 * *why. */
/*
 * One of those that setopt() may change while records are read. False, with a sentence: there is none of this name, or
 * it cannot be that; NULL for value: as it is without one.
 */
bool schema_set_option(struct schema_options *options, const char *name, const char *value, struct buf *why);
bool schema_is_sound(const struct schema *schema, struct buf *why);
/* NULL, or why recordings of these two cannot be one report. */
const char *schema_why_not_merge(const struct schema *a, const struct schema *b);

#endif
