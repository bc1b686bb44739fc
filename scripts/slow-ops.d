#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each op of a client that took longer than $1 ns, when it is done: a line with its stages and the OSD that came last.
 * `cephtap report slow-ops` runs this and lays the lines out; by itself: cephtap -s slow-ops.d 20000000
 *
 * A line has: when it was done (ns since 1970), the OSD, client, tid, pool, number of the PG, operation, bytes, and times in ns: the
 * whole, and the stages, which add up to it:
 *   queue    from the first byte of its message until a worker takes it: messenger, throttles, the queue
 *   wait     until it starts: locks, missing or degraded objects, other ops on the object
 *   work     reads are done, or the transaction is built and sent to the replicas; in an erasure-coded pool, until shards are asked for
 *   own      until the own store has committed, or has read the own shard
 *   others   after that, until the last replica has committed, or the last shard that is needed is there
 *   finish   until the reply is made; in an erasure-coded pool the data is put together first
 * then the OSD that came last (-1: none, -2: its own disk, -3: not known), how it ended (0: it was done; 1: with an error; 2: not counted by
 * Ceph, or dropped), its result, 1 if it was under way when this began (what was not seen is in the stage before it), and the object.
 *
 * @latency and @total are of all ops, by daemon and pool.
 */
#pragma D option quiet
#pragma D option strsize=64
#pragma D option dynvarsize=4m

this int64_t code; /* of the operation that a clause is about */
inline string opname = this->code == 0x1201 ? "read" : this->code == 0x1202 ? "stat" : this->code == 0x1205 ? "sparse-read" :
	       this->code == 0x2201 ? "write" : this->code == 0x2202 ? "writefull" : this->code == 0x2203 ? "truncate" :
	       this->code == 0x2204 ? "zero" : this->code == 0x2205 ? "delete" : this->code == 0x2206 ? "append" :
	       this->code == 0x220d ? "create" : this->code == 0x220f ? "watch" : this->code == 0x1401 ? "call" :
	       this->code == 0x1301 ? "getxattr" : this->code == 0x2301 ? "setxattr" : this->code & 0x2000 ? "other-write" : (this->code & 0xf00) == 0x500 ? "list" : "other";

int64_t taken[pid_t, int64_t]; /* when an op was taken from the queue for the first time, if that was more than once */
int64_t started[pid_t, int64_t];
int64_t asked[pid_t, int64_t];
int64_t issued[pid_t, int64_t];
int64_t own[pid_t, int64_t];
int64_t all[pid_t, int64_t];
int64_t by[pid_t, int64_t];
int64_t reader[pid_t, int64_t];
int64_t read_number[pid_t, int64_t];
int64_t home[pid_t, int64_t];
int64_t answer[pid_t, int64_t];

BEGIN
{
	seen = 0;
	slow = 0;
	before = 0;
}

/* This OSD's number + 1 for an op of an erasure-coded pool, else -1. */
ceph_osd:::op-enqueue
/args[3] == 42/
{
	home[pid, (int64_t)args[2]] = args[6] < 0 ? -1 : args[9] + 1;
}

/* An op that has to wait for its object is put back and taken again: the first time counts (Ceph's dequeued_stamp is the last). */
ceph_osd:::op-requeue
/home[pid, (int64_t)args[2]]/
{
	taken[pid, (int64_t)args[2]] = taken[pid, (int64_t)args[2]] ? taken[pid, (int64_t)args[2]] : (int64_t)args[3];
	started[pid, (int64_t)args[2]] = 0;
	asked[pid, (int64_t)args[2]] = 0;
	reader[pid, read_number[pid, (int64_t)args[2]]] = 0;
}

/* One that reads shards starts a second time, with its data. */
ceph_osd:::op-start
{
	this->home = home[pid, (int64_t)args[2]];
	this->again = this->home > 0 ? started[pid, (int64_t)args[2]] : 0;
}

ceph_osd:::op-start
/this->home && !this->again/
{
	started[pid, (int64_t)args[2]] = walltimestamp;
	object[pid, (int64_t)args[2]] = args[3];
	code[pid, (int64_t)args[2]] = args[7];
}

ceph_osd:::op-start
/this->home > 0/
{
	self->reader = (int64_t)args[2];
}

ceph_repl:::ec-read-send
/self->reader && home[pid, self->reader]/
{
	asked[pid, self->reader] = walltimestamp;
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
	own[pid, this->op] = walltimestamp;
}

ceph_repl:::ec-read-done
/reader[pid, (int64_t)args[0]]/
{
	all[pid, reader[pid, (int64_t)args[0]]] = walltimestamp;
	reader[pid, (int64_t)args[0]] = 0;
}

ceph_repl:::ec-write-start { self->reader = 0; }

/* Of the PGs' own writes, which are no op, nothing is kept. */
ceph_repl:::repop-issue
/args[3] && home[pid, (int64_t)args[3]]/
{
	issued[pid, (int64_t)args[3]] = walltimestamp;
}

ceph_repl:::local-commit,
ceph_repl:::ec-local-commit
/args[3] && issued[pid, (int64_t)args[3]]/
{
	own[pid, (int64_t)args[3]] = walltimestamp;
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
	all[pid, (int64_t)args[3]] = walltimestamp;
	by[pid, (int64_t)args[3]] = self->by;
	self->by = 0;
}

ceph_osd:::op-done
{
	seen++;
	this->t = walltimestamp - (int64_t)args[7];
	@latency[daemon, args[9]] = tquantize(this->t);
	@total[daemon, args[9]] = sum(this->t);
}

ceph_osd:::op-done
/this->t > $1/
{
	slow++;
	this->op = (int64_t)args[2];
	this->recv = (int64_t)args[7];
	this->now = this->recv + this->t;
	this->home = home[pid, this->op];
	before += !this->home;
	this->taken = taken[pid, this->op] ? taken[pid, this->op] : (int64_t)args[8];
	this->start = started[pid, this->op] ? started[pid, this->op] : this->taken; /* its start was before ours */
	this->issue = issued[pid, this->op] ? issued[pid, this->op] : all[pid, this->op] ? asked[pid, this->op] : 0;
	this->own = own[pid, this->op];
	this->all = all[pid, this->op];
	this->worked = this->issue ? this->issue : this->now;
	this->own_end = this->own > this->worked ? this->own : this->worked;
	this->all_end = this->all > this->own_end ? this->all : this->own_end;
	this->code = code[pid, this->op];
	this->peer = by[pid, this->op] && by[pid, this->op] != this->home && this->all > this->own_end ? by[pid, this->op] - 1 :
		!this->home ? -3 : this->own ? -2 : -1;
	printf("%d %s %d %d %d %d %s %d %d %d %d %d %d %d %d %d %d %d %d %s\n", this->now, daemon, args[0], args[1], args[9], args[10],
	       opname, args[3] + args[4], this->now - this->recv, this->taken - this->recv, this->start - this->taken,
	       this->worked - this->start, this->own_end - this->worked, this->all_end - this->own_end, this->now - this->all_end,
	       this->peer, 0, 0, !this->home, object[pid, this->op]);
	@last[daemon, this->peer >= 0 ? this->peer : -1] = count();
}

ceph_osd:::op-done
{
	home[pid, (int64_t)args[2]] = 0;
}

/* It ended, and was not done. */
ceph_osd:::op-error
/home[pid, (int64_t)args[2]]/
{
	answer[pid, (int64_t)args[2]] = args[3];
}

ceph_osd:::op-end
/home[pid, (int64_t)args[2]]/
{
	seen++;
	this->op = (int64_t)args[2];
	this->now = walltimestamp;
	this->recv = (int64_t)args[5];
	this->nops = args[7];
	this->answer = answer[pid, this->op];
}

ceph_osd:::op-end
/this->op && this->nops/
{
	this->code = args[8];
	this->answer = this->answer ? this->answer : args[4] < 0 ? args[4] : args[3] < 0 ? args[3] : 0;
}

ceph_osd:::op-end
/this->op && this->now/
{
	this->t = this->now - this->recv;
	@latency[daemon, args[9]] = tquantize(this->t);
	@total[daemon, args[9]] = sum(this->t);
}

ceph_osd:::op-end
/this->op && this->t > $1/
{
	slow++;
	this->taken = taken[pid, this->op] ? taken[pid, this->op] : args[6] ? (int64_t)args[6] : this->now;
	this->start = started[pid, this->op] ? started[pid, this->op] : this->now;
	printf("%d %s %d %d %d %d %s %d %d %d %d %d %d %d %d %d %d %d %d %s\n", this->now, daemon, args[0], args[1], args[9], args[10],
	       opname, 0, this->t, this->taken - this->recv, this->start - this->taken, this->now - this->start, 0, 0, 0,
	       -1, this->answer < 0 ? 1 : 2, this->answer, 0, object[pid, this->op]);
	@ended[daemon] = count();
}

ceph_osd:::op-end
{
	this->op = (int64_t)args[2];
	home[pid, this->op] = 0;
	taken[pid, this->op] = 0;
	started[pid, this->op] = 0;
	object[pid, this->op] = 0;
	code[pid, this->op] = 0;
	issued[pid, this->op] = 0;
	own[pid, this->op] = 0;
	all[pid, this->op] = 0;
	by[pid, this->op] = 0;
	answer[pid, this->op] = 0;
}

ceph_osd:::op-end
/asked[pid, this->op]/
{
	asked[pid, this->op] = 0;
	reader[pid, read_number[pid, this->op]] = 0;
	read_number[pid, this->op] = 0;
}

END
{
	printf("%d of %d ops took longer than %d ns; %d were under way when this began\n", slow, seen, $1, before);
}
