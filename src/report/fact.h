/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a report needs that no record holds: numbers of the host (how busy its processors are), of the command line. It
 * never asks for them itself: they are given, so that a recording can keep them.
 */
#ifndef CEPHTAP_REPORT_FACT_H
#define CEPHTAP_REPORT_FACT_H

#include "lib/members.h"

#define FACT_MEMBERS(MEMBER, S)                                                                                        \
	MEMBER(S, TEXT, name)                                                                                          \
	MEMBER(S, U64, number)                                                                                         \
	MEMBER(S, TEXT, text) /* "" where the number says it */
MEMBERS_STRUCT(fact, FACT_MEMBERS);

#define FACTS_MEMBERS(MEMBER, S) MEMBER(S, LIST, list, fact)
MEMBERS_STRUCT(facts, FACTS_MEMBERS);

extern const struct members fact_members, facts_members;

bool fact_is_known(const struct facts *facts, const char *name);
/* `otherwise`: there is no fact of this name. */
uint64_t fact_number(const struct facts *facts, const char *name, uint64_t otherwise);
const char *fact_text(const struct facts *facts, const char *name, const char *otherwise);

#endif
