#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `cephtap top` shows: the OSDs, their ops by stage, objects, clients, the slowest ops. Times are in ns.
 *
 * `cephtap top` reads the aggregations every interval and starts them anew; by itself the script prints them when it ends.
 *
 *   @stage    by daemon, class (read, write, replica) and stage: time in it, and how many ops went through it; the stages are
 *             those of osd.d, without the parts of a stage; an op that reads and writes is a write; what reads of erasure-coded pools
 *             wait for their own shard is "store", for others after that "replicas"
 *   @bytes    by daemon and class: data of the ops
 *   @latency  by daemon: how long clients' ops took, for percentiles
 *   @client   by client and class: time of its ops; @clientbytes: their data
 *   @object   by pool, object and class: data of the ops on it, and how many there were
 *   @slow     the slowest ops, one a row: who and what, the time in each stage (-1: not known), the replica that came last
 *   @floor    only ops that took longer than this are in @slow; what took longer is all there
 */
#pragma D option quiet
#pragma D option aggsortkey
#pragma D option strsize=64
#pragma D option dynvarsize=8m
#pragma D option aggsize=8m
#pragma D option switchrate=50ms

int64_t floor;
int64_t taken[pid_t, int64_t]; /* when an op was taken from the queue for the first time, if that was more than once */
int64_t enqueued[pid_t, int64_t];
int64_t home[pid_t, int64_t];
int64_t started[pid_t, int64_t];
int64_t issued[pid_t, int64_t];
int64_t local[pid_t, int64_t];
int64_t committed[pid_t, int64_t];
int64_t by[pid_t, int64_t];
int64_t reader[pid_t, int64_t];
int64_t read_number[pid_t, int64_t];

/* 42 is a client's op, 112 and 108 are a primary's to its replica or shard; others (replies, peering) are not asked for. */
ceph_osd:::op-enqueue
/args[3] == 42 || args[3] == 112 || args[3] == 108/
{
	enqueued[pid, (int64_t)args[2]] = walltimestamp;
}

/* A client's op in an erasure-coded pool: this OSD's number + 1. */
ceph_osd:::op-enqueue
/args[3] == 42 && args[6] >= 0/
{
	home[pid, (int64_t)args[2]] = args[9] + 1;
}

/* An op that has to wait for its object is put back and taken again: the first time counts (Ceph's dequeued_stamp is the last). */
ceph_osd:::op-requeue
/enqueued[pid, (int64_t)args[2]]/
{
	taken[pid, (int64_t)args[2]] = taken[pid, (int64_t)args[2]] ? taken[pid, (int64_t)args[2]] : (int64_t)args[3];
	started[pid, (int64_t)args[2]] = 0;
	reader[pid, read_number[pid, (int64_t)args[2]]] = 0;
}

/* One that reads shards starts a second time, with its data. */
ceph_osd:::op-start
{
	this->home = home[pid, (int64_t)args[2]];
	this->again = this->home ? started[pid, (int64_t)args[2]] : 0;
	self->reader = this->home && !this->again ? (int64_t)args[2] : 0;
}

ceph_osd:::op-start
/!this->again/
{
	started[pid, (int64_t)args[2]] = walltimestamp;
	object[pid, (int64_t)args[2]] = args[3];
}

ceph_repl:::ec-read-send
/self->reader && home[pid, self->reader]/
{
	issued[pid, self->reader] = walltimestamp;
	reader[pid, (int64_t)args[0]] = self->reader;
	read_number[pid, self->reader] = (int64_t)args[0];
	self->reader = 0;
}

ceph_repl:::ec-subread-reply
/reader[pid, (int64_t)args[0]]/
{
	this->op = reader[pid, (int64_t)args[0]];
	by[pid, this->op] = args[1] + 1;
}

ceph_repl:::ec-subread-reply
/this->op && home[pid, this->op] == args[1] + 1/
{
	local[pid, this->op] = walltimestamp;
}

ceph_repl:::ec-read-done
/reader[pid, (int64_t)args[0]]/
{
	committed[pid, reader[pid, (int64_t)args[0]]] = walltimestamp;
	reader[pid, (int64_t)args[0]] = 0;
}

/* The PGs' own writes are no op. */
ceph_repl:::repop-issue
/args[3]/
{
	issued[pid, (int64_t)args[3]] = walltimestamp;
	local[pid, (int64_t)args[3]] = 0;
	self->reader = 0;
}

ceph_repl:::local-commit,
ceph_repl:::ec-local-commit
/args[3] && issued[pid, (int64_t)args[3]]/
{
	local[pid, (int64_t)args[3]] = walltimestamp;
}

/* The replica that came last is the one whose reply makes the write complete, on the same thread. */
ceph_repl:::local-commit,
ceph_repl:::ec-local-commit
{
	self->by = 0;
}

ceph_repl:::subop-reply { self->by = args[3] + 1; }
ceph_repl:::ec-subwrite-reply { self->by = args[1] + 1; }

ceph_repl:::repop-committed
/args[3] && issued[pid, (int64_t)args[3]]/
{
	committed[pid, (int64_t)args[3]] = walltimestamp;
	by[pid, (int64_t)args[3]] = self->by;
	self->by = 0;
}

/* --- A client's op is done --- */

ceph_osd:::op-done
{
	this->class = args[6] ? "write" : "read";
	this->now = walltimestamp;
	this->enqueued = enqueued[pid, (int64_t)args[2]];
	this->taken = taken[pid, (int64_t)args[2]] ? taken[pid, (int64_t)args[2]] : (int64_t)args[8];
	this->started = started[pid, (int64_t)args[2]];
	this->issued = issued[pid, (int64_t)args[2]];
	this->local = local[pid, (int64_t)args[2]];
	this->committed = committed[pid, (int64_t)args[2]];
	this->home = home[pid, (int64_t)args[2]];
	this->peer = by[pid, (int64_t)args[2]];
	this->local = this->local ? this->local : this->home && !args[6] ? this->issued : 0; /* a read whose own shard was not asked for */

	this->t = this->now - (int64_t)args[7];
	this->size = (int64_t)(args[3] + args[4]);
	@stage[daemon, this->class, "0 whole"] = sum(this->t);
	@latency[daemon] = tquantize(this->t);
	@bytes[daemon, this->class] = sum(this->size);
	@client[args[0], this->class] = sum(this->t);
	@clientbytes[args[0], this->class] = sum(this->size);
}

ceph_osd:::op-done
/this->started/
{
	@object[args[9], object[pid, (int64_t)args[2]], this->class] = sum(this->size);
}

/* Stages only of ops that were seen from their start. */
ceph_osd:::op-done
{
	this->receive = -1;
	this->queue = -1;
	this->prepare = -1;
	this->execute = -1;
	this->store = -1;
	this->replicas = -1;
}

ceph_osd:::op-done
/this->enqueued && this->taken && this->started/
{
	this->receive = this->enqueued - (int64_t)args[7];
	this->queue = this->taken - this->enqueued;
	this->prepare = this->started - this->taken;
	this->execute = (this->issued ? this->issued : this->now) - this->started;
	@stage[daemon, this->class, "1 receive"] = sum(this->receive);
	@stage[daemon, this->class, "2 queue"] = sum(this->queue);
	@stage[daemon, this->class, "3 prepare"] = sum(this->prepare);
	@stage[daemon, this->class, "4 execute"] = sum(this->execute);
}

ceph_osd:::op-done
/this->enqueued && this->issued && this->local && this->committed/
{
	/* The own store and the replicas work at the same time: replicas is what was waited for after the own commit. */
	this->store = (this->local < this->committed ? this->local : this->committed) - this->issued;
	this->replicas = this->committed > this->local && this->peer != this->home ? this->committed - this->local : 0;
	@stage[daemon, this->class, "5 store"] = sum(this->store);
	@stage[daemon, this->class, "6 replicas"] = sum(this->replicas);
	@stage[daemon, this->class, "7 reply"] = sum(this->now - this->committed);
}

/*
 * The slowest: the floor below which an op is not looked at follows the load, so that some dozens pass in an interval. It rises
 * at once when many come, and goes up or down a little twice a second.
 */
ceph_osd:::op-done
/this->t > floor/
{
	accepted++;
	@slow[daemon, this->class, object[pid, (int64_t)args[2]], args[0], args[1], this->receive, this->queue, this->prepare,
	      this->execute, this->store, this->replicas, this->replicas > 0 ? this->peer - 1 : -1] = sum(this->t);
}

ceph_osd:::op-done
/accepted >= 256/
{
	accepted = 0;
	floor += floor / 2 + 100000;
	@floor = max(floor);
}

tick-500ms
{
	floor = accepted < 8 ? floor / 2 : accepted > 100 ? 2 * floor + 100000 : accepted > 32 ? floor + floor / 4 + 100000 : floor;
	floor = floor < 10000 ? 0 : floor;
	accepted = 0;
	@floor = max(floor);
}

/* --- A replica or a shard has committed its part --- */

ceph_repl:::ec-local-commit
/enqueued[pid, (int64_t)args[3]] && !started[pid, (int64_t)args[3]]/
{
	this->now = walltimestamp;
	this->enqueued = enqueued[pid, (int64_t)args[3]];
	@stage[daemon, "replica", "0 whole"] = sum(this->now - (int64_t)args[4]);
	@stage[daemon, "replica", "1 receive"] = sum(this->enqueued - (int64_t)args[4]);
	@stage[daemon, "replica", "2 queue"] = sum((int64_t)args[5] - this->enqueued);
	@stage[daemon, "replica", "5 store"] = sum(this->now - (int64_t)args[5]);
}

ceph_repl:::subop-commit
{
	this->now = walltimestamp;
	this->enqueued = enqueued[pid, (int64_t)args[3]];
	@stage[daemon, "replica", "0 whole"] = sum(this->now - (int64_t)args[8]);
	@bytes[daemon, "replica"] = sum(args[7]);
}

ceph_repl:::subop-commit
/this->enqueued/
{
	@stage[daemon, "replica", "1 receive"] = sum(this->enqueued - (int64_t)args[8]);
	@stage[daemon, "replica", "2 queue"] = sum((int64_t)args[9] - this->enqueued);
	@stage[daemon, "replica", "5 store"] = sum(this->now - (int64_t)args[9]);
}

/* Also of ops that are never done, such as those that are sent again: this runs for days. */
ceph_osd:::op-free
/args[3] == 42 || args[3] == 112 || args[3] == 108/
{
	this->op = (int64_t)args[2];
	enqueued[pid, this->op] = 0;
	started[pid, this->op] = 0;
}

ceph_osd:::op-free
/args[3] == 42/
{
	taken[pid, this->op] = 0;
	object[pid, this->op] = 0;
	issued[pid, this->op] = 0;
	local[pid, this->op] = 0;
	committed[pid, this->op] = 0;
	by[pid, this->op] = 0;
}

ceph_osd:::op-free
/args[3] == 42 && home[pid, this->op]/
{
	reader[pid, read_number[pid, this->op]] = 0;
	read_number[pid, this->op] = 0;
	home[pid, this->op] = 0;
}
