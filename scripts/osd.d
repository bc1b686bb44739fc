#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an op's time goes, for each OSD and class of op (read, write, rw: both, replica: a replica's part of a write).
 *
 * `cephtap report osd` runs this script and lays its aggregations out; run by itself it prints them when it ends. They are
 * keyed by daemon, class and stage. Stages are numbered in the order of an op's life: 0 is the whole, and the stages with one
 * digit add up to it; those with a letter are parts of the stage before them. All times are in ns.
 *
 *   @latency  how long: 2^10 to 2^37 ns in steps of an eighth of each power of two, for percentiles
 *   @total    their sum; with the count of @latency the mean
 *   @worst    the largest
 *   @waited   by daemon and peer: how often the last replica that a write waited for was this OSD
 *   @waitedns and how long all of these waited after the primary's own commit
 *   @pg       by daemon, pool and placement group: time of clients' ops in the queue
 *
 * The marks between the stages: the message's first byte is read (recv_stamp), it is put into the shard's queue, a worker
 * takes it, the op starts (every check passed), replication is issued, the own store has committed,
 * all replicas have committed, the op is done (Ceph's op_latency ends here).
 *
 * An op that finds its object in use by another op, or not there yet, is put back and taken again later: that it was taken counts
 * from the first time, so what it waited for is in "prepare" and not in "queue". (Ceph's dequeued_stamp is of the last time.)
 */
#pragma D option quiet
#pragma D option aggsortkey
#pragma D option strsize=32
#pragma D option dynvarsize=2m

int64_t taken[pid_t, void *]; /* when an op was taken from the queue for the first time */

/* 42 is a client's op, 112 a primary's to its replica; others (replies, peering) are not asked for. */
ceph_osd:::op-enqueue
/args[3] == 42 || args[3] == 112/
{
	enqueued[pid, args[2]] = walltimestamp;
	taken[pid, args[2]] = 0;
}

ceph_osd:::op-dequeue-start
/args[3] == 42 && !taken[pid, args[2]]/
{
	taken[pid, args[2]] = walltimestamp;
}

ceph_osd:::op-start
{
	started[pid, args[2]] = walltimestamp;
	self->op = args[2];
}

/* --- A write is replicated --- */

ceph_repl:::repop-issue
{
	issued[pid, args[3]] = walltimestamp;
	self->is_primary = 1;
}

ceph_repl:::subop-reply
{
	last_peer[args[0], args[1]] = args[3] + 1;
}

ceph_repl:::repop-committed
{
	committed[pid, args[3]] = walltimestamp;
}

/* --- The object store's part: who asked for the transaction is known on the thread that makes it --- */

ceph_store:::txn-create
{
	txn_class[pid, args[2]] = self->is_primary ? 1 : args[0] != 0 ? 2 : 3;
	txn_start[pid, args[2]] = timestamp;
	txn_op[pid, args[2]] = args[3];
	this->issued = self->is_primary ? issued[pid, args[3]] : 0;
	self->is_primary = 0;
}

/* What comes before the primary's own transaction: the messages to the replicas. */
ceph_store:::txn-create
/this->issued/
{
	this->t = walltimestamp - this->issued;
	@latency[daemon, "write", "5a send"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "write", "5a send"] = sum(this->t);
	@worst[daemon, "write", "5a send"] = max(this->t);
}

ceph_store:::txn-aio-submit
/txn_class[pid, args[0]] && txn_class[pid, args[0]] != 3/
{
	txn_aio[pid, args[0]] = timestamp;
}

ceph_store:::txn-io-done
/txn_class[pid, args[0]] && txn_class[pid, args[0]] != 3/
{
	txn_data[pid, args[0]] = timestamp;
}

ceph_store:::txn-apply-kv
/txn_class[pid, args[0]] && txn_class[pid, args[0]] != 3/
{
	txn_kv[pid, args[0]] = timestamp;
}

ceph_store:::txn-committed
/txn_data[pid, args[0]] && txn_kv[pid, args[0]]/
{
	this->class = txn_class[pid, args[0]] == 1 ? "write" : "replica";
	this->aio = txn_aio[pid, args[0]];
	this->data = txn_data[pid, args[0]];
	this->kv = txn_kv[pid, args[0]];

	this->t = (this->aio ? this->aio : this->data) - txn_start[pid, args[0]];
	@latency[daemon, this->class, "5b build"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "5b build"] = sum(this->t);
	@worst[daemon, this->class, "5b build"] = max(this->t);

	this->t = this->kv - this->data;
	@latency[daemon, this->class, "5d kv queue"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "5d kv queue"] = sum(this->t);
	@worst[daemon, this->class, "5d kv queue"] = max(this->t);

	this->t = timestamp - this->kv;
	@latency[daemon, this->class, "5e kv commit"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "5e kv commit"] = sum(this->t);
	@worst[daemon, this->class, "5e kv commit"] = max(this->t);
}

ceph_store:::txn-committed
/this->aio && this->data/
{
	this->t = this->data - this->aio;
	@latency[daemon, this->class, "5c data write"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "5c data write"] = sum(this->t);
	@worst[daemon, this->class, "5c data write"] = max(this->t);
}

ceph_store:::txn-committed
/txn_op[pid, args[0]]/
{
	durable[pid, txn_op[pid, args[0]]] = walltimestamp;
}

ceph_store:::txn-committed
{
	txn_op[pid, args[0]] = 0;
	txn_class[pid, args[0]] = 0;
	txn_start[pid, args[0]] = 0;
	txn_aio[pid, args[0]] = 0;
	txn_data[pid, args[0]] = 0;
	txn_kv[pid, args[0]] = 0;
}

/* --- The own store tells the PG --- */

ceph_repl:::local-commit
{
	local[pid, args[3]] = walltimestamp;
	this->durable = durable[pid, args[3]];
	durable[pid, args[3]] = 0;
}

/* From the store's commit to the PG that waits for it: a queue, and the PG's lock. */
ceph_repl:::local-commit
/this->durable/
{
	this->t = walltimestamp - this->durable;
	@latency[daemon, "write", "5f callback"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "write", "5f callback"] = sum(this->t);
	@worst[daemon, "write", "5f callback"] = max(this->t);
}

/* --- A read from the store, on the op's own thread --- */

ceph_store:::read-start
/self->op/
{
	self->read = timestamp;
}

ceph_store:::read-done
/self->read/
{
	this->t = timestamp - self->read;
	self->read = 0;
	@latency[daemon, "read", "4a store read"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "read", "4a store read"] = sum(this->t);
	@worst[daemon, "read", "4a store read"] = max(this->t);
}

/* --- A client's op is done --- */

ceph_osd:::op-done
{
	this->class = args[6] ? args[5] ? "rw" : "write" : "read";
	this->now = walltimestamp;
	this->enqueued = enqueued[pid, args[2]];
	this->taken = taken[pid, args[2]];
	this->started = started[pid, args[2]];
	this->issued = issued[pid, args[2]];
	this->local = local[pid, args[2]];
	this->committed = committed[pid, args[2]];
	this->peer = last_peer[args[0], args[1]];

	this->t = this->now - (int64_t)args[7];
	@latency[daemon, this->class, "0 whole"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "0 whole"] = sum(this->t);
	@worst[daemon, this->class, "0 whole"] = max(this->t);

	self->op = 0;
	enqueued[pid, args[2]] = 0;
	taken[pid, args[2]] = 0;
	started[pid, args[2]] = 0;
	issued[pid, args[2]] = 0;
	local[pid, args[2]] = 0;
	committed[pid, args[2]] = 0;
	last_peer[args[0], args[1]] = 0;
}

/* Stages only of ops that were seen from their start. */
ceph_osd:::op-done
/this->enqueued && this->taken && this->started/
{
	this->t = this->enqueued - (int64_t)args[7];
	@latency[daemon, this->class, "1 receive"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "1 receive"] = sum(this->t);
	@worst[daemon, this->class, "1 receive"] = max(this->t);

	this->t = this->taken - this->enqueued;
	@latency[daemon, this->class, "2 queue"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "2 queue"] = sum(this->t);
	@worst[daemon, this->class, "2 queue"] = max(this->t);
	@pg[daemon, args[9], args[10]] = sum(this->t);

	this->t = this->started - this->taken;
	@latency[daemon, this->class, "3 prepare"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "3 prepare"] = sum(this->t);
	@worst[daemon, this->class, "3 prepare"] = max(this->t);

	this->t = (this->issued ? this->issued : this->now) - this->started;
	@latency[daemon, this->class, "4 execute"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "4 execute"] = sum(this->t);
	@worst[daemon, this->class, "4 execute"] = max(this->t);
}

ceph_osd:::op-done
/this->enqueued && this->issued && this->local && this->committed/
{
	/* The own store and the replicas work at the same time: replicas is what was waited for after the own commit. */
	this->t = (this->local < this->committed ? this->local : this->committed) - this->issued;
	@latency[daemon, this->class, "5 store"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "5 store"] = sum(this->t);
	@worst[daemon, this->class, "5 store"] = max(this->t);

	this->t = this->committed > this->local ? this->committed - this->local : 0;
	@latency[daemon, this->class, "6 replicas"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "6 replicas"] = sum(this->t);
	@worst[daemon, this->class, "6 replicas"] = max(this->t);
	@waited[daemon, this->t ? this->peer - 1 : -1] = count();
	@waitedns[daemon, this->t ? this->peer - 1 : -1] = sum(this->t);

	this->t = this->now - this->committed;
	@latency[daemon, this->class, "7 reply"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, this->class, "7 reply"] = sum(this->t);
	@worst[daemon, this->class, "7 reply"] = max(this->t);
}

/* --- A replica has committed its part (Ceph's subop_latency ends here) --- */

ceph_repl:::subop-commit
{
	this->now = walltimestamp;
	this->enqueued = enqueued[pid, args[3]];
	this->durable = durable[pid, args[3]];
	enqueued[pid, args[3]] = 0;
	durable[pid, args[3]] = 0;

	this->t = this->now - (int64_t)args[8];
	@latency[daemon, "replica", "0 whole"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "replica", "0 whole"] = sum(this->t);
	@worst[daemon, "replica", "0 whole"] = max(this->t);
}

ceph_repl:::subop-commit
/this->enqueued/
{
	this->t = this->enqueued - (int64_t)args[8];
	@latency[daemon, "replica", "1 receive"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "replica", "1 receive"] = sum(this->t);
	@worst[daemon, "replica", "1 receive"] = max(this->t);

	this->t = (int64_t)args[9] - this->enqueued;
	@latency[daemon, "replica", "2 queue"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "replica", "2 queue"] = sum(this->t);
	@worst[daemon, "replica", "2 queue"] = max(this->t);

	this->t = this->now - (int64_t)args[9];
	@latency[daemon, "replica", "5 store"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "replica", "5 store"] = sum(this->t);
	@worst[daemon, "replica", "5 store"] = max(this->t);
}

ceph_repl:::subop-commit
/this->durable/
{
	this->t = this->now - this->durable;
	@latency[daemon, "replica", "5f callback"] = llquantize(this->t, 2, 10, 36, 16);
	@total[daemon, "replica", "5f callback"] = sum(this->t);
	@worst[daemon, "replica", "5f callback"] = max(this->t);
}
