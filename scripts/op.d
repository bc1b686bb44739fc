#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ops from end to end: what happened to each op of a client, on every daemon of this host that it crossed, with its key (client, tid).
 * `cephtap report op` runs this and puts the steps of one op together; by itself it prints a line for each step:
 *
 *   wall time (ns), client, tid, process, thread, the names of daemon and thread, a number, another number, text, step
 *
 * The client's number is not known in the client's own process: -1; there the object's name tells which op it is.
 */
#pragma D option quiet
#pragma D option strsize=96
#pragma D option bufsize=32m
#pragma D option dynvarsize=4m
#pragma D option zdefs

ceph_client:::op-send
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, (int64_t)-1, args[0], pid, tid, stringof(curthread->group_leader->comm), execname,
	       args[2], args[7], args[3], probename);
}

ceph_client:::op-reply-recv
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, (int64_t)-1, args[0], pid, tid, stringof(curthread->group_leader->comm), execname,
	       args[1], args[3], args[2], probename);
}

ceph_client:::op-finish
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, (int64_t)-1, args[0], pid, tid, stringof(curthread->group_leader->comm), execname,
	       args[2], 0, "", probename);
}

ceph_osd:::op-recv
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, args[6], args[7], "", probename);
}

ceph_osd:::op-enqueue,
ceph_osd:::op-dequeue-start,
ceph_osd:::op-dequeue-done
/args[3] == 42/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_osd:::op-start
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, args[7], args[9], args[3], probename);
}

ceph_osd:::op-done
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, args[3] + args[4], args[7], "", probename);
}

/* --- It is done, or ends otherwise --- */

ceph_osd:::op-enqueue
/args[3] == 42/
{
	open[pid, (int64_t)args[2]] = args[6] < 0 ? -1 : args[9] + 1; /* this OSD's number + 1 in an erasure-coded pool */
}

ceph_osd:::op-done
{
	open[pid, (int64_t)args[2]] = 0;
}

ceph_osd:::op-error
/open[pid, (int64_t)args[2]]/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, args[3], 0, "", probename);
}

ceph_osd:::op-end
/open[pid, (int64_t)args[2]]/
{
	open[pid, (int64_t)args[2]] = 0;
	this->ended = 1;
	this->result = 0;
}

ceph_osd:::op-end
/this->ended && args[7]/
{
	this->result = args[4] < 0 ? args[4] : args[3] < 0 ? args[3] : 0;
}

ceph_osd:::op-end
/this->ended/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, this->result, args[5], "", probename);
}

ceph_osd:::op-reply,
ceph_pg:::do-ops-done,
ceph_pg:::op-prepare-done
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_osd:::op-wait-subops
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_repl:::repop-issue,
ceph_repl:::local-commit,
ceph_repl:::repop-committed
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_repl:::subop-send,
ceph_repl:::subop-reply,
ceph_repl:::subop-recv
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, arg3, 0, "", probename);
}

ceph_repl:::subop-start,
ceph_repl:::subop-commit
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, arg4, 0, "", probename);
}

/* --- Erasure-coded pools: a write of a shard carries the key; reads are known by their number on the primary --- */

ceph_osd:::op-start
/open[pid, (int64_t)args[2]] > 0/
{
	self->client = args[0];
	self->tid = args[1];
	self->home = open[pid, (int64_t)args[2]] - 1;
	self->op = (int64_t)args[2];
}

ceph_repl:::ec-read-send
/self->op/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, self->client, self->tid, pid, tid, daemon, execname, 0, 0, "", probename);
	read_client[self->home, args[0]] = self->client;
	read_tid[self->home, args[0]] = self->tid;
	home[pid, args[0]] = self->home + 1;
	reading[pid, self->op] = args[0];
	self->op = 0;
}

ceph_osd:::op-dequeue-done
/self->tid/
{
	self->op = 0;
	self->client = 0;
	self->tid = 0;
	self->home = 0;
}

ceph_repl:::ec-subread-start
/read_tid[args[1], args[0]]/
{
	self->sub_client = read_client[args[1], args[0]];
	self->sub_tid = read_tid[args[1], args[0]];
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, self->sub_client, self->sub_tid, pid, tid, daemon, execname, args[1], 0, "", probename);
}

ceph_osd:::op-free
/args[3] == 110 && self->sub_tid/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, self->sub_client, self->sub_tid, pid, tid, daemon, execname, 0, 0, "", probename);
	self->sub_client = 0;
	self->sub_tid = 0;
}

ceph_repl:::ec-subread-reply
/home[pid, args[0]]/
{
	this->home = home[pid, args[0]] - 1;
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, read_client[this->home, args[0]], read_tid[this->home, args[0]], pid, tid, daemon, execname, args[1], 0, "", probename);
}

ceph_repl:::ec-read-done
/home[pid, args[0]]/
{
	this->home = home[pid, args[0]] - 1;
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, read_client[this->home, args[0]], read_tid[this->home, args[0]], pid, tid, daemon, execname, 0, 0, "", probename);
	read_client[this->home, args[0]] = 0;
	read_tid[this->home, args[0]] = 0;
	home[pid, args[0]] = 0;
}

/* A read that was given up as its PG peered. */
ceph_osd:::op-end
/reading[pid, (int64_t)args[2]]/
{
	this->number = reading[pid, (int64_t)args[2]];
	this->home = home[pid, this->number] - 1;
	reading[pid, (int64_t)args[2]] = 0;
}

ceph_osd:::op-end
/this->number && this->home >= 0/
{
	read_client[this->home, this->number] = 0;
	read_tid[this->home, this->number] = 0;
	home[pid, this->number] = 0;
}

ceph_repl:::ec-write-start
/args[0]/
{
	write_client[pid, args[2]] = args[0];
	write_tid[pid, args[2]] = args[1];
}

/* After a write the primary tells the shards that it need not be rolled back: a write without an op of its own. */
ceph_repl:::ec-subwrite-start
/args[1] && args[6]/
{
	sub_client[pid, (int64_t)args[6]] = args[0];
	sub_tid[pid, (int64_t)args[6]] = args[1];
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, args[3], 0, "", probename);
}

ceph_repl:::ec-local-commit
/args[3] && sub_tid[pid, (int64_t)args[3]]/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, sub_client[pid, (int64_t)args[3]], sub_tid[pid, (int64_t)args[3]], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_repl:::ec-subwrite-reply
/write_tid[pid, args[0]]/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, write_client[pid, args[0]], write_tid[pid, args[0]], pid, tid, daemon, execname, args[1], 0, "", probename);
}

ceph_repl:::repop-free
{
	write_client[pid, args[0]] = 0;
	write_tid[pid, args[0]] = 0;
}

ceph_osd:::op-free
/args[3] == 42 || args[3] == 108/
{
	sub_client[pid, (int64_t)args[2]] = 0;
	sub_tid[pid, (int64_t)args[2]] = 0;
}

/* --- The store knows its transactions by address; who asked for one is known when it is made --- */

ceph_store:::txn-create
{
	this->client = args[0] ? args[0] : args[3] ? sub_client[pid, (int64_t)args[3]] : 0;
	this->tid = args[0] ? args[1] : args[3] ? sub_tid[pid, (int64_t)args[3]] : 0;
}

ceph_store:::txn-create
/this->client/
{
	txn_client[pid, (int64_t)args[2]] = this->client;
	txn_tid[pid, (int64_t)args[2]] = this->tid;
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, this->client, this->tid, pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_store:::txn-aio-submit,
ceph_store:::txn-io-done,
ceph_store:::txn-apply-kv,
ceph_store:::txn-committed
/txn_client[pid, (int64_t)args[0]]/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, txn_client[pid, (int64_t)args[0]], txn_tid[pid, (int64_t)args[0]], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_store:::txn-done
{
	txn_client[pid, (int64_t)args[0]] = 0;
	txn_tid[pid, (int64_t)args[0]] = 0;
}
