/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What chunks hold, by their tables (lib/members.h). What happens has the moment at which a live report had it.
 */
#ifndef CEPHTAP_RECORDING_PARTS_H
#define CEPHTAP_RECORDING_PARTS_H

#include "lib/moment.h"
#include "report/fact.h"
#include "report/stack.h"
#include "schema/schema.h"

/* CHUNK_HOST */
#define RECORDED_HOST_MEMBERS(MEMBER, S)                                                                               \
	MEMBER(S, TEXT, version) /* of cephtap */                                                                      \
	MEMBER(S, TEXT, host)                                                                                          \
	MEMBER(S, PART, now, moment)                                                                                   \
	MEMBER(S, PART, zone, zone)                                                                                    \
	MEMBER(S, TEXT, report)	      /* its name; "": a script */                                                     \
	MEMBER(S, PART, facts, facts) /* what the report must know of its command line */
MEMBERS_STRUCT(recorded_host, RECORDED_HOST_MEMBERS);

/* CHUNK_START: everything is attached. */
#define RECORDED_START_MEMBERS(MEMBER, S)                                                                              \
	MEMBER(S, PART, now, moment)                                                                                   \
	MEMBER(S, PART, facts, facts)
MEMBERS_STRUCT(recorded_start, RECORDED_START_MEMBERS);

/* CHUNK_RECORDS; the records follow, each a u32 size and that many bytes. */
#define RECORDED_RECORDS_MEMBERS(MEMBER, S) MEMBER(S, PART, now, moment)
MEMBERS_STRUCT(recorded_records, RECORDED_RECORDS_MEMBERS);

/* CHUNK_ROWS; the rows follow. */
#define RECORDED_ROWS_MEMBERS(MEMBER, S)                                                                               \
	MEMBER(S, PART, now, moment)                                                                                   \
	MEMBER(S, U32, agg)                                                                                            \
	MEMBER(S, FLAG, is_snapshot) /* the reader took one here; else they are only news */                           \
	MEMBER(S, U32, rows_len)
MEMBERS_STRUCT(recorded_rows, RECORDED_ROWS_MEMBERS);

/* CHUNK_STACK */
#define RECORDED_STACK_MEMBERS(MEMBER, S)                                                                              \
	MEMBER(S, U64, number)                                                                                         \
	MEMBER(S, PART, stack, stack)
MEMBERS_STRUCT(recorded_stack, RECORDED_STACK_MEMBERS);

/* CHUNK_SYMBOL */
#define RECORDED_SYMBOL_MEMBERS(MEMBER, S)                                                                             \
	MEMBER(S, U64, number)                                                                                         \
	MEMBER(S, ENUM, form, symbol_form, SYMBOL_FORMS)                                                               \
	MEMBER(S, U64, first) /* the number that stands for all that print the same */                                 \
	MEMBER(S, NAME, text)
MEMBERS_STRUCT(recorded_symbol, RECORDED_SYMBOL_MEMBERS);

/* CHUNK_DROPS */
#define RECORDED_DROPS_MEMBERS(MEMBER, S)                                                                              \
	MEMBER(S, PART, now, moment)                                                                                   \
	MEMBER(S, ENUM, cause, drop_cause, DROP_CAUSES)                                                                \
	MEMBER(S, U64, count)
MEMBERS_STRUCT(recorded_drops, RECORDED_DROPS_MEMBERS);

/* CHUNK_SAID: a sentence on stderr, of what the report misses. */
#define RECORDED_SAID_MEMBERS(MEMBER, S)                                                                               \
	MEMBER(S, PART, now, moment)                                                                                   \
	MEMBER(S, TEXT, text)
MEMBERS_STRUCT(recorded_said, RECORDED_SAID_MEMBERS);

/* CHUNK_TIME */
#define RECORDED_TIME_MEMBERS(MEMBER, S) MEMBER(S, PART, now, moment)
MEMBERS_STRUCT(recorded_time, RECORDED_TIME_MEMBERS);

/* CHUNK_INTERVAL: a live report printed here. */
#define RECORDED_INTERVAL_MEMBERS(MEMBER, S)                                                                           \
	MEMBER(S, PART, now, moment)                                                                                   \
	MEMBER(S, FLAG, is_last)                                                                                       \
	MEMBER(S, PART, facts, facts)
MEMBERS_STRUCT(recorded_interval, RECORDED_INTERVAL_MEMBERS);

/* CHUNK_END */
#define RECORDED_END_MEMBERS(MEMBER, S)                                                                                \
	MEMBER(S, PART, now, moment)                                                                                   \
	MEMBER(S, INT, exit_status)
MEMBERS_STRUCT(recorded_end, RECORDED_END_MEMBERS);

extern const struct members recorded_host_members, recorded_start_members, recorded_records_members,
	recorded_rows_members, recorded_stack_members, recorded_symbol_members, recorded_drops_members,
	recorded_said_members, recorded_time_members, recorded_interval_members, recorded_end_members;

#endif
