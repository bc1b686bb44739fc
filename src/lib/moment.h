/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moments, by both clocks, and how people on a host write them. What is shown of a time is a moment that was taken once
 * and handed on, and a zone: so that a recording of both shows the same again, whenever and wherever it is read.
 */
#ifndef CEPHTAP_LIB_MOMENT_H
#define CEPHTAP_LIB_MOMENT_H

#include <time.h>

#include "lib/members.h"

/* mono_ns: CLOCK_MONOTONIC, as `timestamp`; wall_ns: since 1970, as `walltimestamp`. */
#define MOMENT_MEMBERS(MEMBER, S)                                                                                      \
	MEMBER(S, U64, mono_ns)                                                                                        \
	MEMBER(S, U64, wall_ns)
MEMBERS_STRUCT(moment, MOMENT_MEMBERS);

struct moment moment_now(void);

/* From from_s (since 1970) on, local time is offset_s seconds ahead of UTC. */
#define ZONE_CHANGE_MEMBERS(MEMBER, S)                                                                                 \
	MEMBER(S, U64, from_s)                                                                                         \
	MEMBER(S, INT, offset_s)
MEMBERS_STRUCT(zone_change, ZONE_CHANGE_MEMBERS);

/* A time zone, by its changes in the order of time. */
#define ZONE_MEMBERS(MEMBER, S) MEMBER(S, LIST, changes, zone_change)
MEMBERS_STRUCT(zone, ZONE_MEMBERS);

extern const struct members moment_members, zone_change_members, zone_members;

/* This host's, from 1970 to 2100. Takes a millisecond or two. */
struct zone zone_of_host(struct arena *arena);
/* Local time: of the zone, or, without one (NULL), of this host. Zero where it cannot be told. */
struct tm zone_time(const struct zone *zone, uint64_t wall_ns);

#endif
