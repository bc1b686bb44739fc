#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an op's time goes, for each OSD and class of op.
 *
 * `cephtap report osd` runs this script and lays its aggregations out; run by itself it prints them when it ends. They are
 * keyed by daemon, class and stage. Stages are numbered in the order of an op's life: 0 is the whole, and the stages with one
 * digit add up to it; those with a letter are parts of the stage before them. All times are in ns.
 *
 *   @latency  how long: 2^10 to 2^37 ns in steps of a sixteenth of each power of two, for percentiles
 *   @total    their sum; with the count of @latency the mean
 *   @worst    the largest
 *   @waited   by daemon, class and peer: how often the last OSD that an op waited for was this one; -1: it waited for no other
 *   @waitedns and how long all of these waited after the primary's own part
 *   @pg       by daemon, pool and placement group: time of clients' ops in the queue
 *   @ended    by daemon, client, result, code of the last operation and class: ops that end without entering Ceph's counters
 *
 * Classes of clients' ops: read, write, rw (both), and the same of erasure-coded pools (ec read ...); error (answered with an error),
 * other (answered, but in no counter of Ceph's: lists of objects, ops that were done before), dropped (never answered by this OSD: the
 * client is gone, or the PG is elsewhere now). Parts for a primary: replica, shard write, shard read. The PGs' own work: trim (of deleted
 * snapshots), pg work (other writes of their own), recovery (pieces of work, and messages between OSDs), scrub (pieces).
 * A class is decided when the op starts, and goes with it.
 *
 * The marks between the stages: the message's first byte is read (recv_stamp), it is put into the shard's queue, a worker
 * takes it, the op starts (every check passed), replication is issued, the own store has committed,
 * all replicas have committed, the op is done (Ceph's op_latency ends here). A read of an erasure-coded pool starts, asks the OSDs of
 * the shards, has its own shard, has all that it needs, and starts a second time with its data.
 *
 * An op that finds its object in use by another op, or not there yet, is put back and taken again later: that it was taken counts
 * from the first time, so what it waited for is in "prepare" and not in "queue". (Ceph's dequeued_stamp is of the last time.)
 *
 * Every table drains: what is kept of an op goes when the op is done, or at the latest when Ceph forgets it (op-end, op-free); what is
 * kept of a replication, when it is complete or given up (repop-free); of a transaction, when it is committed. Of a thread one number
 * may stay: who answered last.
 */
#pragma D option quiet
#pragma D option aggsortkey
#pragma D option strsize=32
#pragma D option dynvarsize=2m

/* What an op is: the class in 4 bits, CLIENT, and for a client's op in an erasure-coded pool this OSD's number + 1 from bit 8 on. */
inline int64_t WRITE = 2, CODED = 4, REPLICA = 8, SHARD_WRITE = 9, SHARD_READ = 10, RECOVERY = 11, SCRUB = 12, TRIM = 13, PG_WORK = 14;
inline int64_t CLASS = 15, CLIENT = 128;
this int64_t kind; /* of the op that a clause is about */
inline string class = this->kind == 1 ? "read" : this->kind == 2 ? "write" : this->kind == 3 ? "rw" : this->kind == 5 ? "ec read" :
	this->kind == 6 ? "ec write" : this->kind == 7 ? "ec rw" : this->kind == REPLICA ? "replica" : this->kind == SHARD_WRITE ? "shard write" :
	this->kind == SHARD_READ ? "shard read" : this->kind == RECOVERY ? "recovery" : this->kind == SCRUB ? "scrub" :
	this->kind == TRIM ? "trim" : "pg work";
int64_t kind[pid_t, int64_t];

/* Of ops, by the address of their OpRequest; of the PGs' own writes, which have none, by the number of their replication. */
int64_t enqueued[pid_t, int64_t];
int64_t taken[pid_t, int64_t]; /* when an op was taken from the queue for the first time, if that was more than once */
int64_t started[pid_t, int64_t];
int64_t answer[pid_t, int64_t]; /* what it was answered without being executed: a negative errno, or 1 */
int64_t issued[pid_t, int64_t];
int64_t local[pid_t, int64_t];
int64_t committed[pid_t, int64_t];
int64_t by[pid_t, int64_t];
int64_t durable[pid_t, int64_t];
int64_t asked[pid_t, int64_t];
int64_t own_shard[pid_t, int64_t];
int64_t all_shards[pid_t, int64_t];
int64_t restarted[pid_t, int64_t];
int64_t reader[pid_t, int64_t];
int64_t read_number[pid_t, int64_t];
int64_t txn_op[pid_t, int64_t];
int64_t txn_aio[pid_t, int64_t];
int64_t txn_data[pid_t, int64_t];
int64_t txn_kv[pid_t, int64_t];

/* 42 is a client's op, 112 a primary's to its replica, 108 and 110 to a shard; 94 to 96, 105 to 107, 118 and 119 are recovery's. */
ceph_osd:::op-enqueue
/args[3] == 42/
{
	enqueued[pid, (int64_t)args[2]] = walltimestamp;
	kind[pid, (int64_t)args[2]] = args[6] < 0 ? CLIENT : (args[9] + 1) << 8 | CLIENT | CODED;
}

ceph_osd:::op-enqueue
/args[3] == 112 || args[3] == 108 || args[3] == 110 || (args[3] >= 94 && args[3] <= 96) || (args[3] >= 105 && args[3] <= 107) || args[3] == 118 ||
 args[3] == 119/
{
	enqueued[pid, (int64_t)args[2]] = walltimestamp;
	kind[pid, (int64_t)args[2]] = args[3] == 112 ? REPLICA : args[3] == 108 ? SHARD_WRITE : args[3] == 110 ? SHARD_READ : RECOVERY;
}

ceph_osd:::op-requeue
/enqueued[pid, (int64_t)args[2]]/
{
	taken[pid, (int64_t)args[2]] = taken[pid, (int64_t)args[2]] ? taken[pid, (int64_t)args[2]] : (int64_t)args[3];
	started[pid, (int64_t)args[2]] = 0;
	asked[pid, (int64_t)args[2]] = 0;
	reader[pid, read_number[pid, (int64_t)args[2]]] = 0;
	issued[pid, (int64_t)args[2]] = 0; /* its replication was given up, and has forgotten it */
	local[pid, (int64_t)args[2]] = 0;
	committed[pid, (int64_t)args[2]] = 0;
	by[pid, (int64_t)args[2]] = 0;
}

ceph_osd:::op-start
{
	this->kind = kind[pid, (int64_t)args[2]];
	this->again = this->kind & CODED ? started[pid, (int64_t)args[2]] : 0;
}

ceph_osd:::op-start
/this->kind && !this->again/
{
	started[pid, (int64_t)args[2]] = walltimestamp;
	this->kind = (this->kind & ~(int64_t)3) | (args[11] ? args[10] ? 3 : 2 : 1);
	kind[pid, (int64_t)args[2]] = this->kind;
	self->kind = this->kind & CLASS; /* whose reads of the store these are */
}

ceph_osd:::op-start
/this->kind & CODED/
{
	self->reader = (int64_t)args[2];
}

/* What it read has come. */
ceph_osd:::op-start
/this->again/
{
	restarted[pid, (int64_t)args[2]] = walltimestamp;
}

/* --- The primary of an erasure-coded PG reads shards for a client's op --- */

ceph_repl:::ec-read-send
/self->reader && kind[pid, self->reader]/
{
	asked[pid, self->reader] = walltimestamp;
	reader[pid, (int64_t)args[0]] = self->reader;
	read_number[pid, self->reader] = (int64_t)args[0];
	self->reader = 0;
	self->kind = 0;
}

ceph_repl:::ec-subread-reply
{
	this->op = reader[pid, (int64_t)args[0]];
}

ceph_repl:::ec-subread-reply
/this->op/
{
	self->by = args[1] + 1;
}

ceph_repl:::ec-subread-reply
/this->op && kind[pid, this->op] >> 8 == args[1] + 1/
{
	own_shard[pid, this->op] = walltimestamp;
}

ceph_repl:::ec-read-done
{
	this->op = reader[pid, (int64_t)args[0]];
}

ceph_repl:::ec-read-done
/this->op/
{
	all_shards[pid, this->op] = walltimestamp;
	by[pid, this->op] = self->by;
	self->by = 0;
	reader[pid, (int64_t)args[0]] = 0;
}

/* --- A write is replicated --- */

ceph_repl:::repop-issue
/args[3] && kind[pid, (int64_t)args[3]]/
{
	issued[pid, (int64_t)args[3]] = walltimestamp;
	self->kind = 0;
}

ceph_pg:::trim-start
{
	self->kind = TRIM;
	self->since = walltimestamp;
}

ceph_pg:::trim-done
/args[0] < 0/
{
	self->kind = 0;
	self->since = 0;
}

/* The PG's own: nobody's op. */
ceph_repl:::repop-issue
/!args[3]/
{
	issued[pid, (int64_t)args[2]] = walltimestamp;
	started[pid, (int64_t)args[2]] = self->kind == TRIM ? self->since : walltimestamp;
	kind[pid, (int64_t)args[2]] = self->kind == TRIM ? TRIM : PG_WORK;
	self->work = (int64_t)args[2];
	self->kind = 0;
	self->since = 0;
}

/* An erasure-coded PG may go on with it later, on another thread: ec-subwrite-start knows its number again. */
ceph_repl:::ec-write-start
{
	self->work = 0;
	self->reader = 0;
}

ceph_repl:::ec-encode-start { self->encode = walltimestamp; }
ceph_repl:::ec-encode-done { self->encoded = walltimestamp; }

ceph_repl:::ec-subwrite-start
{
	this->op = args[6] ? (int64_t)args[6] : (int64_t)args[2];
	this->kind = kind[pid, this->op] & CLASS;
	this->issued = this->kind != SHARD_WRITE && self->encode ? issued[pid, this->op] : 0;
}

ceph_repl:::ec-subwrite-start
/!args[6] && this->kind/
{
	self->work = (int64_t)args[2];
}

ceph_repl:::ec-subwrite-start
/this->issued/
{
	this->t = self->encode - this->issued;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "5a old data"] = tquantize(this->t);
	@total[this->osd, this->class, "5a old data"] = sum(this->t);
	@worst[this->osd, this->class, "5a old data"] = max(this->t);

	this->t = self->encoded - self->encode;
	@latency[this->osd, this->class, "5b encode"] = tquantize(this->t);
	@total[this->osd, this->class, "5b encode"] = sum(this->t);
	@worst[this->osd, this->class, "5b encode"] = max(this->t);
	self->encode = 0;
}

/* The replica that came last is the one whose reply makes the write complete, on the same thread. */
ceph_repl:::subop-reply { self->by = args[3] + 1; }
ceph_repl:::ec-subwrite-reply { self->by = args[1] + 1; }

ceph_repl:::repop-committed
{
	committed[pid, args[3] ? (int64_t)args[3] : (int64_t)args[2]] = walltimestamp;
}

ceph_repl:::repop-committed
/self->by/
{
	by[pid, args[3] ? (int64_t)args[3] : (int64_t)args[2]] = self->by;
	self->by = 0;
}

/* --- The object store's part: who asked for the transaction is known on the thread that makes it --- */

ceph_store:::txn-queue-start
{
	this->op = args[2] ? (int64_t)args[2] : (int64_t)self->work;
	this->kind = this->op ? kind[pid, this->op] & CLASS : 0;
}

ceph_store:::txn-queue-start
/this->kind/
{
	self->op = this->op;
	self->made = timestamp;
	this->from = this->kind >= REPLICA && this->kind < TRIM ? 0 : this->kind & CODED && this->kind < REPLICA ? self->encoded : issued[pid, this->op];
}

/* What comes before the primary's own transaction: the messages to the replicas. */
ceph_store:::txn-queue-start
/this->kind && this->from/
{
	this->t = walltimestamp - this->from;
	self->encoded = 0;
	self->work = 0;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "5c send"] = tquantize(this->t);
	@total[this->osd, this->class, "5c send"] = sum(this->t);
	@worst[this->osd, this->class, "5c send"] = max(this->t);
}

ceph_store:::txn-aio-submit
/self->op/
{
	txn_aio[pid, (int64_t)args[0]] = timestamp;
}

/* The first that a transaction does when it is made, on the same thread: its writes go to the device, or it has none. */
ceph_store:::txn-aio-submit,
ceph_store:::txn-io-done
/self->op/
{
	txn_op[pid, (int64_t)args[0]] = self->op;
	this->kind = kind[pid, self->op] & CLASS;
	this->t = timestamp - self->made;
	self->op = 0;
	self->made = 0;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "5d build"] = tquantize(this->t);
	@total[this->osd, this->class, "5d build"] = sum(this->t);
	@worst[this->osd, this->class, "5d build"] = max(this->t);
}

ceph_store:::txn-io-done
/txn_op[pid, (int64_t)args[0]]/
{
	txn_data[pid, (int64_t)args[0]] = timestamp;
}

ceph_store:::txn-apply-kv
/txn_op[pid, (int64_t)args[0]]/
{
	txn_kv[pid, (int64_t)args[0]] = timestamp;
}

ceph_store:::txn-committed
{
	this->op = txn_op[pid, (int64_t)args[0]];
	this->kind = this->op ? kind[pid, this->op] & CLASS : 0;
}

ceph_store:::txn-committed
/this->op/
{
	this->aio = txn_aio[pid, (int64_t)args[0]];
	this->data = txn_data[pid, (int64_t)args[0]];
	this->kv = txn_kv[pid, (int64_t)args[0]];
	txn_op[pid, (int64_t)args[0]] = 0;
	txn_aio[pid, (int64_t)args[0]] = 0;
	txn_data[pid, (int64_t)args[0]] = 0;
	txn_kv[pid, (int64_t)args[0]] = 0;
}

ceph_store:::txn-committed
/this->kind && this->aio/
{
	this->t = this->data - this->aio;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "5e data write"] = tquantize(this->t);
	@total[this->osd, this->class, "5e data write"] = sum(this->t);
	@worst[this->osd, this->class, "5e data write"] = max(this->t);
}

ceph_store:::txn-committed
/this->kind/
{
	durable[pid, this->op] = walltimestamp;

	this->t = this->kv - this->data;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "5f kv queue"] = tquantize(this->t);
	@total[this->osd, this->class, "5f kv queue"] = sum(this->t);
	@worst[this->osd, this->class, "5f kv queue"] = max(this->t);

	this->t = timestamp - this->kv;
	@latency[this->osd, this->class, "5g kv commit"] = tquantize(this->t);
	@total[this->osd, this->class, "5g kv commit"] = sum(this->t);
	@worst[this->osd, this->class, "5g kv commit"] = max(this->t);
}

/* --- The own store tells the PG --- */

ceph_repl:::local-commit,
ceph_repl:::ec-local-commit
{
	this->op = args[3] ? (int64_t)args[3] : (int64_t)args[2];
	this->kind = kind[pid, this->op] & CLASS;
	this->durable = this->kind ? durable[pid, this->op] : 0;
	self->by = 0;
}

ceph_repl:::local-commit,
ceph_repl:::ec-local-commit
/this->kind && this->kind != SHARD_WRITE/
{
	local[pid, this->op] = walltimestamp;
}

ceph_repl:::subop-commit
{
	this->op = (int64_t)args[3];
	this->kind = REPLICA;
	this->durable = durable[pid, (int64_t)args[3]];
}

/* From the store's commit to the PG that waits for it: a queue, and the PG's lock. */
ceph_repl:::local-commit,
ceph_repl:::ec-local-commit,
ceph_repl:::subop-commit
/this->durable/
{
	this->t = walltimestamp - this->durable;
	durable[pid, this->op] = 0;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "5h callback"] = tquantize(this->t);
	@total[this->osd, this->class, "5h callback"] = sum(this->t);
	@worst[this->osd, this->class, "5h callback"] = max(this->t);
}

/* --- Reads from the store, on the thread of what they are for --- */

ceph_repl:::ec-subread-start { self->kind = SHARD_READ; }

ceph_store:::read-start
/self->kind/
{
	self->read = timestamp;
}

ceph_store:::read-done
/self->read/
{
	this->t = timestamp - self->read;
	this->kind = self->kind;
	self->read = 0;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "4a store read"] = tquantize(this->t);
	@total[this->osd, this->class, "4a store read"] = sum(this->t);
	@worst[this->osd, this->class, "4a store read"] = max(this->t);
}

/* --- A client's op is done --- */

ceph_osd:::op-done
{
	this->kind = kind[pid, (int64_t)args[2]];
	this->own = this->kind >> 8;
	this->now = walltimestamp;
	this->enqueued = this->kind ? enqueued[pid, (int64_t)args[2]] : 0;
	this->taken = taken[pid, (int64_t)args[2]];
	this->started = started[pid, (int64_t)args[2]];
	this->asked = this->kind & CODED ? asked[pid, (int64_t)args[2]] : 0;
	this->issued = args[6] ? issued[pid, (int64_t)args[2]] : 0;
	this->kind = this->kind & 3 ? this->kind & CLASS : args[6] ? args[5] ? 3 : 2 : 1;
	this->osd = daemon;
	this->class = class;

	this->t = this->now - (int64_t)args[7];
	@latency[this->osd, this->class, "0 whole"] = tquantize(this->t);
	@total[this->osd, this->class, "0 whole"] = sum(this->t);
	@worst[this->osd, this->class, "0 whole"] = max(this->t);

	self->kind = 0;
	kind[pid, (int64_t)args[2]] = 0;
	enqueued[pid, (int64_t)args[2]] = 0;
	started[pid, (int64_t)args[2]] = 0;
}

ceph_osd:::op-done
/this->own/
{
	self->reader = 0;
}

ceph_osd:::op-done
/!this->enqueued || !this->started/
{
	/* It was under way when this began: nothing is known but the whole. */
	this->t = this->now - (int64_t)args[7];
	@latency[this->osd, this->class, "9 unknown"] = tquantize(this->t);
	@total[this->osd, this->class, "9 unknown"] = sum(this->t);
	@worst[this->osd, this->class, "9 unknown"] = max(this->t);
}

ceph_osd:::op-done
/this->taken/
{
	taken[pid, (int64_t)args[2]] = 0;
}

ceph_osd:::op-done
/this->enqueued && this->started/
{
	this->t = this->enqueued - (int64_t)args[7];
	@latency[this->osd, this->class, "1 receive"] = tquantize(this->t);
	@total[this->osd, this->class, "1 receive"] = sum(this->t);
	@worst[this->osd, this->class, "1 receive"] = max(this->t);

	this->taken = this->taken ? this->taken : (int64_t)args[8];
	this->t = this->taken - this->enqueued;
	@latency[this->osd, this->class, "2 queue"] = tquantize(this->t);
	@total[this->osd, this->class, "2 queue"] = sum(this->t);
	@worst[this->osd, this->class, "2 queue"] = max(this->t);
	@pg[this->osd, args[9], args[10]] = sum(this->t);

	this->t = this->started - this->taken;
	@latency[this->osd, this->class, "3 prepare"] = tquantize(this->t);
	@total[this->osd, this->class, "3 prepare"] = sum(this->t);
	@worst[this->osd, this->class, "3 prepare"] = max(this->t);
}

/* Reads of an erasure-coded pool: the shards. */
ceph_osd:::op-done
/this->asked/
{
	this->all_shards = all_shards[pid, (int64_t)args[2]];
	this->own_shard = own_shard[pid, (int64_t)args[2]];
	this->restarted = restarted[pid, (int64_t)args[2]];
	this->by = by[pid, (int64_t)args[2]];
	reader[pid, read_number[pid, (int64_t)args[2]]] = 0;
	read_number[pid, (int64_t)args[2]] = 0;
	asked[pid, (int64_t)args[2]] = 0;
	all_shards[pid, (int64_t)args[2]] = 0;
	own_shard[pid, (int64_t)args[2]] = 0;
	restarted[pid, (int64_t)args[2]] = 0;
	by[pid, (int64_t)args[2]] = this->issued ? this->by : 0; /* a write's goes with its replication */
	this->coded = this->started && this->all_shards && this->restarted;
	this->own_shard = this->own_shard && this->own_shard < this->all_shards ? this->own_shard : this->asked;
}

ceph_osd:::op-done
/this->coded && !this->issued/
{
	this->t = this->asked - this->started;
	@latency[this->osd, this->class, "4 execute"] = tquantize(this->t);
	@total[this->osd, this->class, "4 execute"] = sum(this->t);
	@worst[this->osd, this->class, "4 execute"] = max(this->t);

	this->t = this->own_shard - this->asked;
	@latency[this->osd, this->class, "5 own shard"] = tquantize(this->t);
	@total[this->osd, this->class, "5 own shard"] = sum(this->t);
	@worst[this->osd, this->class, "5 own shard"] = max(this->t);

	this->t = this->all_shards - this->own_shard;
	@latency[this->osd, this->class, "6 other shards"] = tquantize(this->t);
	@total[this->osd, this->class, "6 other shards"] = sum(this->t);
	@worst[this->osd, this->class, "6 other shards"] = max(this->t);
	@waited[this->osd, this->class, this->by == this->own ? -1 : this->by - 1] = count();
	@waitedns[this->osd, this->class, this->by == this->own ? -1 : this->by - 1] = sum(this->t);

	this->t = this->restarted - this->all_shards;
	@latency[this->osd, this->class, "7 decode"] = tquantize(this->t);
	@total[this->osd, this->class, "7 decode"] = sum(this->t);
	@worst[this->osd, this->class, "7 decode"] = max(this->t);

	this->t = this->now - this->restarted;
	@latency[this->osd, this->class, "8 reply"] = tquantize(this->t);
	@total[this->osd, this->class, "8 reply"] = sum(this->t);
	@worst[this->osd, this->class, "8 reply"] = max(this->t);
}

/* It reads, and then it writes. */
ceph_osd:::op-done
/this->coded && this->issued/
{
	this->t = this->all_shards - this->asked;
	@latency[this->osd, this->class, "4b shards"] = tquantize(this->t);
	@total[this->osd, this->class, "4b shards"] = sum(this->t);
	@worst[this->osd, this->class, "4b shards"] = max(this->t);

	this->t = this->restarted - this->all_shards;
	@latency[this->osd, this->class, "4c decode"] = tquantize(this->t);
	@total[this->osd, this->class, "4c decode"] = sum(this->t);
	@worst[this->osd, this->class, "4c decode"] = max(this->t);
}

ceph_osd:::op-done
/this->enqueued && this->started && (!this->coded || this->issued)/
{
	this->t = (this->issued ? this->issued : this->now) - this->started;
	@latency[this->osd, this->class, "4 execute"] = tquantize(this->t);
	@total[this->osd, this->class, "4 execute"] = sum(this->t);
	@worst[this->osd, this->class, "4 execute"] = max(this->t);
}

ceph_osd:::op-done
/this->issued/
{
	this->local = local[pid, (int64_t)args[2]];
	this->committed = committed[pid, (int64_t)args[2]];
	this->by = by[pid, (int64_t)args[2]];
	this->coded = this->kind & CODED;
}

ceph_osd:::op-done
/this->enqueued && this->issued && this->local && this->committed/
{
	/* The own store and the replicas work at the same time: replicas is what was waited for after the own commit. */
	this->t = (this->local < this->committed ? this->local : this->committed) - this->issued;
	@latency[this->osd, this->class, "5 store"] = tquantize(this->t);
	@total[this->osd, this->class, "5 store"] = sum(this->t);
	@worst[this->osd, this->class, "5 store"] = max(this->t);

	this->t = this->committed > this->local ? this->committed - this->local : 0;
	this->by = this->t && this->by && this->by != this->own ? this->by - 1 : -1;
	@latency[this->osd, this->class, this->kind & CODED && this->kind < REPLICA ? "6 other shards" : "6 replicas"] = tquantize(this->t);
	@total[this->osd, this->class, this->kind & CODED && this->kind < REPLICA ? "6 other shards" : "6 replicas"] = sum(this->t);
	@worst[this->osd, this->class, this->kind & CODED && this->kind < REPLICA ? "6 other shards" : "6 replicas"] = max(this->t);
	@waited[this->osd, this->class, this->by] = count();
	@waitedns[this->osd, this->class, this->by] = sum(this->t);

	this->t = this->now - this->committed;
	@latency[this->osd, this->class, "7 reply"] = tquantize(this->t);
	@total[this->osd, this->class, "7 reply"] = sum(this->t);
	@worst[this->osd, this->class, "7 reply"] = max(this->t);
}

ceph_osd:::op-done
/this->enqueued && this->issued && !(this->local && this->committed)/
{
	this->t = this->now - this->issued;
	@latency[this->osd, this->class, "9 unknown"] = tquantize(this->t);
	@total[this->osd, this->class, "9 unknown"] = sum(this->t);
	@worst[this->osd, this->class, "9 unknown"] = max(this->t);
}

/* --- A client's op ends otherwise --- */

ceph_osd:::op-error
/kind[pid, (int64_t)args[2]]/
{
	answer[pid, (int64_t)args[2]] = args[3] < 0 ? args[3] : 1;
}

ceph_osd:::op-end
/kind[pid, (int64_t)args[2]]/
{
	this->now = walltimestamp;
	this->enqueued = enqueued[pid, (int64_t)args[2]];
	this->started = started[pid, (int64_t)args[2]];
	this->taken = taken[pid, (int64_t)args[2]] ? taken[pid, (int64_t)args[2]] : (int64_t)args[6];
	this->answer = answer[pid, (int64_t)args[2]];
	this->issued = issued[pid, (int64_t)args[2]];
	this->nops = args[7];
	self->kind = 0;
	self->reader = 0;
	kind[pid, (int64_t)args[2]] = 0;
	enqueued[pid, (int64_t)args[2]] = 0;
	taken[pid, (int64_t)args[2]] = 0;
	started[pid, (int64_t)args[2]] = 0;
	answer[pid, (int64_t)args[2]] = 0;
	durable[pid, (int64_t)args[2]] = 0;
	reader[pid, read_number[pid, (int64_t)args[2]]] = 0;
	read_number[pid, (int64_t)args[2]] = 0;
	asked[pid, (int64_t)args[2]] = 0;
	all_shards[pid, (int64_t)args[2]] = 0;
	own_shard[pid, (int64_t)args[2]] = 0;
	restarted[pid, (int64_t)args[2]] = 0;
	issued[pid, (int64_t)args[2]] = 0;
	local[pid, (int64_t)args[2]] = 0;
	committed[pid, (int64_t)args[2]] = 0;
	by[pid, (int64_t)args[2]] = 0;
}

ceph_osd:::op-end
/this->now && this->nops/
{
	this->code = args[8];
	this->answer = this->answer ? this->answer : args[4] < 0 ? args[4] : args[3] < 0 ? args[3] : 0;
}

ceph_osd:::op-end
/this->now/
{
	/* Ops on a whole PG (0x..5..) are not started one by one. A write whose replication was given up is not answered. */
	this->ended = this->answer < 0 ? "error" :
		this->answer || (this->started && !this->issued) || (this->nops && (this->code & 0xf00) == 0x500) ? "other" : "dropped";
	@ended[daemon, args[0], this->answer < 0 ? this->answer : 0, this->code, this->ended] = count();

	this->t = this->now - (int64_t)args[5];
	@latency[daemon, this->ended, "0 whole"] = tquantize(this->t);
	@total[daemon, this->ended, "0 whole"] = sum(this->t);
	@worst[daemon, this->ended, "0 whole"] = max(this->t);

	this->t = this->enqueued - (int64_t)args[5];
	@latency[daemon, this->ended, "1 receive"] = tquantize(this->t);
	@total[daemon, this->ended, "1 receive"] = sum(this->t);
	@worst[daemon, this->ended, "1 receive"] = max(this->t);

	this->t = (this->taken ? this->taken : this->now) - this->enqueued;
	@latency[daemon, this->ended, "2 queue"] = tquantize(this->t);
	@total[daemon, this->ended, "2 queue"] = sum(this->t);
	@worst[daemon, this->ended, "2 queue"] = max(this->t);
}

ceph_osd:::op-end
/this->now && this->taken/
{
	this->t = (this->started ? this->started : this->now) - this->taken;
	@latency[daemon, this->ended, "3 prepare"] = tquantize(this->t);
	@total[daemon, this->ended, "3 prepare"] = sum(this->t);
	@worst[daemon, this->ended, "3 prepare"] = max(this->t);
}

ceph_osd:::op-end
/this->now && this->started/
{
	this->t = this->now - this->started;
	@latency[daemon, this->ended, "4 execute"] = tquantize(this->t);
	@total[daemon, this->ended, "4 execute"] = sum(this->t);
	@worst[daemon, this->ended, "4 execute"] = max(this->t);
}

/* --- A replica or a shard has committed its part (Ceph's subop_latency ends here) --- */

ceph_repl:::subop-commit
{
	this->recv = (int64_t)args[8];
	this->taken = (int64_t)args[9];
}

ceph_repl:::ec-local-commit
/this->kind == SHARD_WRITE/
{
	this->recv = (int64_t)args[4];
	this->taken = (int64_t)args[5];
}

ceph_repl:::subop-commit,
ceph_repl:::ec-local-commit
/this->recv/
{
	this->now = walltimestamp;
	this->enqueued = enqueued[pid, (int64_t)args[3]];
	enqueued[pid, (int64_t)args[3]] = 0;
	kind[pid, (int64_t)args[3]] = 0;

	this->t = this->now - this->recv;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "0 whole"] = tquantize(this->t);
	@total[this->osd, this->class, "0 whole"] = sum(this->t);
	@worst[this->osd, this->class, "0 whole"] = max(this->t);
}

ceph_repl:::subop-commit,
ceph_repl:::ec-local-commit
/this->recv && this->enqueued/
{
	this->t = this->enqueued - this->recv;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "1 receive"] = tquantize(this->t);
	@total[this->osd, this->class, "1 receive"] = sum(this->t);
	@worst[this->osd, this->class, "1 receive"] = max(this->t);

	this->t = this->taken - this->enqueued;
	@latency[this->osd, this->class, "2 queue"] = tquantize(this->t);
	@total[this->osd, this->class, "2 queue"] = sum(this->t);
	@worst[this->osd, this->class, "2 queue"] = max(this->t);

	this->t = this->now - this->taken;
	@latency[this->osd, this->class, "5 store"] = tquantize(this->t);
	@total[this->osd, this->class, "5 store"] = sum(this->t);
	@worst[this->osd, this->class, "5 store"] = max(this->t);
}

ceph_repl:::subop-commit,
ceph_repl:::ec-local-commit
/this->recv && !this->enqueued/
{
	this->t = this->now - this->recv;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "9 unknown"] = tquantize(this->t);
	@total[this->osd, this->class, "9 unknown"] = sum(this->t);
	@worst[this->osd, this->class, "9 unknown"] = max(this->t);
}

/* --- What ends when its message does: reads of shards, recovery; and what never came to its end --- */

ceph_osd:::op-free
/args[3] != 42 && args[3] != 113 && args[3] != 109 && args[3] != 111 && kind[pid, (int64_t)args[2]]/
{
	this->now = walltimestamp;
	this->kind = kind[pid, (int64_t)args[2]];
	this->enqueued = enqueued[pid, (int64_t)args[2]];
	self->kind = 0;
	kind[pid, (int64_t)args[2]] = 0;
	enqueued[pid, (int64_t)args[2]] = 0;
	taken[pid, (int64_t)args[2]] = 0;
	durable[pid, (int64_t)args[2]] = 0;
}

ceph_osd:::op-free
/this->now && args[5] && (this->kind == SHARD_READ || this->kind == RECOVERY)/
{
	this->t = this->now - (int64_t)args[4];
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "0 whole"] = tquantize(this->t);
	@total[this->osd, this->class, "0 whole"] = sum(this->t);
	@worst[this->osd, this->class, "0 whole"] = max(this->t);

	this->t = this->enqueued - (int64_t)args[4];
	@latency[this->osd, this->class, "1 receive"] = tquantize(this->t);
	@total[this->osd, this->class, "1 receive"] = sum(this->t);
	@worst[this->osd, this->class, "1 receive"] = max(this->t);

	this->t = (int64_t)args[5] - this->enqueued;
	@latency[this->osd, this->class, "2 queue"] = tquantize(this->t);
	@total[this->osd, this->class, "2 queue"] = sum(this->t);
	@worst[this->osd, this->class, "2 queue"] = max(this->t);

	this->t = this->now - (int64_t)args[5];
	@latency[this->osd, this->class, "4 execute"] = tquantize(this->t);
	@total[this->osd, this->class, "4 execute"] = sum(this->t);
	@worst[this->osd, this->class, "4 execute"] = max(this->t);
}

/* --- The PGs' own work --- */

ceph_repl:::repop-committed
/!args[3] && kind[pid, (int64_t)args[2]]/
{
	this->now = walltimestamp;
	this->kind = kind[pid, (int64_t)args[2]];
	this->started = started[pid, (int64_t)args[2]];
	this->issued = issued[pid, (int64_t)args[2]];
	this->local = local[pid, (int64_t)args[2]] ? local[pid, (int64_t)args[2]] : this->now;

	this->t = this->now - this->started;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "0 whole"] = tquantize(this->t);
	@total[this->osd, this->class, "0 whole"] = sum(this->t);
	@worst[this->osd, this->class, "0 whole"] = max(this->t);

	this->t = this->issued - this->started;
	@latency[this->osd, this->class, "4 execute"] = tquantize(this->t);
	@total[this->osd, this->class, "4 execute"] = sum(this->t);
	@worst[this->osd, this->class, "4 execute"] = max(this->t);

	this->t = this->local - this->issued;
	@latency[this->osd, this->class, "5 store"] = tquantize(this->t);
	@total[this->osd, this->class, "5 store"] = sum(this->t);
	@worst[this->osd, this->class, "5 store"] = max(this->t);

	this->t = this->now - this->local;
	@latency[this->osd, this->class, this->kind & CODED && this->kind < REPLICA ? "6 other shards" : "6 replicas"] = tquantize(this->t);
	@total[this->osd, this->class, this->kind & CODED && this->kind < REPLICA ? "6 other shards" : "6 replicas"] = sum(this->t);
	@worst[this->osd, this->class, this->kind & CODED && this->kind < REPLICA ? "6 other shards" : "6 replicas"] = max(this->t);
}

/* A replication is complete, or is given up as the PG peers. */
ceph_repl:::repop-free
{
	this->op = args[1] ? (int64_t)args[1] : (int64_t)args[0];
	issued[pid, this->op] = 0;
	local[pid, this->op] = 0;
	committed[pid, this->op] = 0;
	by[pid, this->op] = 0;
}

ceph_repl:::repop-free
/!args[1]/
{
	kind[pid, this->op] = 0;
	started[pid, this->op] = 0;
	durable[pid, this->op] = 0;
}

ceph_pg:::recovery-work-start
{
	self->reader = 0;
	self->kind = RECOVERY;
	self->since = walltimestamp;
}

ceph_pg:::scrub-chunk-start
{
	self->kind = SCRUB;
	self->since = walltimestamp;
}

ceph_pg:::recovery-work-done,
ceph_pg:::scrub-chunk-done
/self->since/
{
	this->kind = probename == "scrub-chunk-done" ? SCRUB : RECOVERY;
	this->t = walltimestamp - self->since;
	self->kind = 0;
	self->since = 0;
	this->osd = daemon;
	this->class = class;
	@latency[this->osd, this->class, "0 whole"] = tquantize(this->t);
	@total[this->osd, this->class, "0 whole"] = sum(this->t);
	@worst[this->osd, this->class, "0 whole"] = max(this->t);

	@latency[this->osd, this->class, "4 execute"] = tquantize(this->t);
	@total[this->osd, this->class, "4 execute"] = sum(this->t);
	@worst[this->osd, this->class, "4 execute"] = max(this->t);
}
