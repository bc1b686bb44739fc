/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of `report inflight` share, and the facts that it is given: inflight.c takes records, inflight_ops.c
 * keeps the ops, inflight_why.c knows what they wait for, inflight_told.c reads what OSDs tell themselves,
 * inflight_print.c prints.
 */
#ifndef CEPHTAP_VIEWS_INFLIGHT_H
#define CEPHTAP_VIEWS_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "report/fact.h"

/*
 * Facts. An OSD that runs: its process, its name; the process of a client. An OSD whose admin socket does not tell its
 * ops: its process, why. An op that an OSD tells of: when it began (ns since 1970), its process, Ceph's events with |
 * between them, and its description, with tabs between these.
 */
#define INFLIGHT_OSD	 "osd"
#define INFLIGHT_CLIENT	 "client"
#define INFLIGHT_MUTE	 "mute"
#define INFLIGHT_OP	 "op-in-flight"
#define INFLIGHT_STOPPED "the process is stopped"

/* What an op waits for: rows of a table in inflight_why.c. */
enum inflight_why {
	WHY_MAP, /* first: what a new op waits for */
	WHY_QUEUE,
	WHY_WORKER,
	WHY_EXECUTE,
	WHY_REPLICAS,
	WHY_SHARDS,
	WHY_SHARD_READS,
	WHY_STORE,
	WHY_DEVICE,
	WHY_COMMIT,
	WHY_OWN_STORE, /* which part of it, nobody has told */
	WHY_FINISH,
	WHY_SENDING, /* of a client */
	WHY_ANSWER,
	WHY_DEGRADED, /* from here on: Ceph put it aside */
	WHY_MISSING,
	WHY_BLOCKED,
	WHY_PEERING,
	WHY_SCRUB,
	WHY_LOCK,
	WHY_LEASE,
	WHY_ONDISK,
	WHY_CACHE,
	WHY_REPAIR,
	WHY_NEW_MAP,
	WHY_OTHER,
	WHYS
};

enum { PEERS_MAX = 32 };

/* By what an op is found: its OpRequest (in a client its Objecter::Op, of a PG that waits its number), its client and
 * tid, its number on the primary, its transaction, its thread. */
enum flight_key { KEY_OP, KEY_REQUEST, KEY_NUMBER, KEY_TXN, KEY_THREAD, KEYS };

struct flight {
	struct flight *next[KEYS]; /* of the same hash */
	uint64_t key[KEYS];	   /* 0: it has none */
	struct flight *before, *after;
	pid_t pid;
	uint16_t type; /* inflight_types.h; 0: another, as the description says */
	int64_t client;
	uint64_t tid;
	int64_t begin_ns, since_ns; /* first byte of its message; what it waits for now; since_ns 0: not known */
	int64_t pool, pg;	    /* pool -1: not known */
	enum inflight_why why, own; /* own: where the own store is, meanwhile */
	bool own_done;
	int32_t peers[PEERS_MAX]; /* replicas that are waited for; shards that have answered; whom a shard is read for
				   */
	unsigned peers_len;
	unsigned answers;			/* of replicas that nobody named */
	bool is_from_before;			/* it began before we came */
	bool is_told;				/* the OSD tells of it */
	uint16_t opcode;			/* of its last operation; 0: not known */
	uint64_t size;				/* of its extent */
	char daemon[96], object[96], words[96]; /* words: Ceph's, why it was put aside */
	char ops[160];				/* its operations, where the OSD tells them */
};

/* --- inflight_ops.c --- */

struct flights;
struct flights *flights_new(void);
void flights_free(struct flights *flights); /* NULL is allowed */
struct flight *flights_add(struct flights *flights, pid_t pid);
void flights_remove(struct flights *flights, struct flight *flight);
struct flight *flights_first(const struct flights *flights); /* and on by ->after */
/* 0 is no key. */
struct flight *flights_find(const struct flights *flights, pid_t pid, enum flight_key which, uint64_t key);
void flights_set_key(struct flights *flights, struct flight *flight, enum flight_key which, uint64_t key);
uint64_t flight_request(int64_t client, uint64_t tid); /* the key KEY_REQUEST */

/* --- inflight_why.c --- */

const char *why_code(enum inflight_why why);
const char *why_text(enum inflight_why why);
/* Which of the reasons these words of Ceph stand for; WHYS: none. */
enum inflight_why why_of_words(const char *words);
void flight_wait(struct flight *flight, enum inflight_why why, int64_t now_ns);
/* One of Ceph's events has come, as the op tracker calls it: also "waiting for subops from 0,2". */
void flight_event(struct flight *flight, const char *words, int64_t now_ns);
void flight_add_peer(struct flight *flight, int64_t osd);
void flight_answered(struct flight *flight, int64_t osd);
/* Where it is, when all is taken together. */
enum inflight_why flight_why(const struct flight *flight);

/* --- inflight_told.c --- */

/* What an OSD tells of an op, as a flight; false: the fact is none of these. */
bool told_read(const struct fact *fact, struct flight *flight);

#endif
