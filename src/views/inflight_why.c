/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an op waits for: by what it last did, and by Ceph's own words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/inflight.h"

static const struct {
	const char *code, *text;
} reasons[WHYS] = {
	[WHY_MAP] = {"dispatch", "an OSD map, or the way to its queue"},
	[WHY_QUEUE] = {"queue", "its turn in the queue of its PG, or the PG's lock"},
	[WHY_WORKER] = {"worker", "the worker that has it: checks, the object's metadata"},
	[WHY_EXECUTE] = {"execute", "its operations to be executed"},
	[WHY_REPLICAS] = {"replicas", "the commit of"},
	[WHY_SHARDS] = {"shard-writes", "shards to be written"},
	[WHY_SHARD_READS] = {"shard-reads", "shards to be read"},
	[WHY_STORE] = {"store", "the object store: metadata, or its throttle"},
	[WHY_DEVICE] = {"device", "its data to be on the device"},
	[WHY_COMMIT] = {"commit", "the key-value store's commit"},
	[WHY_OWN_STORE] = {"own-store", "its OSD's object store"},
	[WHY_FINISH] = {"finish", "nothing but its answer to be sent"},
	[WHY_SENDING] = {"client", "its client to send it: maps, connections, the client's throttles"},
	[WHY_ANSWER] = {"answer", "the answer of"},
	[WHY_DEGRADED] = {"degraded", "a degraded object to be recovered"},
	[WHY_MISSING] = {"missing", "a missing or unreadable object to be recovered"},
	[WHY_BLOCKED] = {"blocked-object", "an object that a copy, a flush or another op blocks"},
	[WHY_PEERING] = {"peering", "its PG to be active: peering, or too few OSDs (min_size)"},
	[WHY_SCRUB] = {"scrub", "a scrub that has its object"},
	[WHY_LOCK] = {"lock", "another op on its object"},
	[WHY_LEASE] = {"lease", "its PG to be readable: replicas that do not renew its lease"},
	[WHY_ONDISK] = {"earlier-write", "an earlier write to be on disk"},
	[WHY_CACHE] = {"cache", "a cache tier"},
	[WHY_REPAIR] = {"repair", "its PG to be clean, for a repair"},
	[WHY_NEW_MAP] = {"map", "a newer OSD map"},
	[WHY_OTHER] = {"delayed", "what Ceph calls"},
};

/* The beginnings of Ceph's words. */
static const struct {
	const char *words;
	enum inflight_why why;
} said[] = {
	{"queued_for_pg", WHY_QUEUE},
	{"reached_pg", WHY_WORKER},
	{"started", WHY_EXECUTE},
	{"sub_op_started", WHY_EXECUTE},
	{"waiting for subops from", WHY_REPLICAS},
	{"commit_sent", WHY_FINISH},
	{"done", WHY_FINISH},
	{"waiting for degraded", WHY_DEGRADED},
	{"waiting for missing", WHY_MISSING},
	{"waiting for unreadable", WHY_MISSING},
	{"waiting for blocked", WHY_BLOCKED},
	{"waiting for peered", WHY_PEERING},
	{"waiting for active", WHY_PEERING},
	{"waiting for scrub", WHY_SCRUB},
	{"waiting for rw locks", WHY_LOCK},
	{"waiting for readable", WHY_LEASE},
	{"waiting for ondisk", WHY_ONDISK},
	{"waiting for cache", WHY_CACHE},
	{"waiting for flush", WHY_CACHE},
	{"waiting for clean to repair", WHY_REPAIR},
	{"op must wait for map", WHY_NEW_MAP},
	{"waiting_for_map", WHY_NEW_MAP},
	{"waiting for ", WHY_OTHER},
};

const char *why_code(enum inflight_why why)
{
	return reasons[why].code;
}

const char *why_text(enum inflight_why why)
{
	return reasons[why].text;
}

enum inflight_why why_of_words(const char *words)
{
	for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (!strncmp(words, said[i].words, strlen(said[i].words)))
			return said[i].why;
	return WHYS;
}

void flight_wait(struct flight *flight, enum inflight_why why, int64_t now_ns)
{
	flight->why = why;
	flight->since_ns = now_ns;
	flight->own = why == WHY_REPLICAS || why == WHY_SHARDS ? WHY_STORE : why;
}

void flight_add_peer(struct flight *flight, int64_t osd)
{
	for (unsigned i = 0; i < flight->peers_len; i++)
		if (flight->peers[i] == osd)
			return;
	if (flight->peers_len < PEERS_MAX)
		flight->peers[flight->peers_len++] = (int32_t)osd;
}

void flight_answered(struct flight *flight, int64_t osd)
{
	for (unsigned i = 0; i < flight->peers_len; i++)
		if (flight->peers[i] == osd) {
			flight->peers[i] = flight->peers[--flight->peers_len];
			return;
		}
}

/* "waiting for subops from 0,2" */
static void take_peers(struct flight *flight, const char *words)
{
	flight->peers_len = 0;
	flight->answers = 0;
	for (const char *at = words + strcspn(words, "0123456789"); *at;) {
		char *end;

		flight_add_peer(flight, strtol(at, &end, 10));
		at = end + strcspn(end, ",");
		at += strcspn(at, "0123456789");
	}
}

void flight_event(struct flight *flight, const char *words, int64_t now_ns)
{
	enum inflight_why why = why_of_words(words);

	if (!strncmp(words, "op_commit", 9))
		flight->own_done = true;
	else if (!strncmp(words, "sub_op_commit_rec", 17))
		flight->answers++;
	if (why == WHYS)
		return;
	flight_wait(flight, why, now_ns);
	if (why == WHY_REPLICAS)
		take_peers(flight, words);
	if (why >= WHY_DEGRADED)
		snprintf(flight->words, sizeof(flight->words), "%s", words);
}

enum inflight_why flight_why(const struct flight *flight)
{
	if (flight->why != WHY_REPLICAS || flight->peers_len > flight->answers)
		return flight->why;
	return flight->own_done ? WHY_FINISH : flight->own;
}
