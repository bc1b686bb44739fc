#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each op of a client that took longer than $1 ns, when it is done: a line with its stages and the replica that came last.
 * `cephtap report slow-ops` runs this; by itself: cephtap -s slow-ops.d 20000000
 *
 * TIME is when it was done, of the day in UTC. The stages add up to the whole, in ms:
 *   queue    from the first byte of its message until a worker takes it: messenger, throttles, the queue
 *   wait     until it starts: locks, missing or degraded objects, other ops on the object
 *   work     reads are done, or the transaction is built and sent to the replicas
 *   own      until the own store has committed
 *   others   after that, until the last replica has committed
 *   finish   until the reply is made
 */
#pragma D option quiet
#pragma D option strsize=64
#pragma D option dynvarsize=4m

int64_t taken[pid_t, void *]; /* when an op was taken from the queue for the first time */

BEGIN
{
	printf("times in ms; LAST is the replica that was waited for after the own disk\n");
	printf("%-12s %-6s %-15s %-7s %-10s %8s %7s %7s %7s %7s %7s %7s %7s %-6s %s\n", "TIME", "OSD", "CLIENT.TID", "PG", "OP",
	       "BYTES", "TOTAL", "QUEUE", "WAIT", "WORK", "OWN", "OTHERS", "FINISH", "LAST", "OBJECT");
	seen = 0;
	slow = 0;
}

/* An op that has to wait for its object is put back and taken again: the first time counts (Ceph's dequeued_stamp is the last). */
ceph_osd:::op-dequeue-start
/args[3] == 42 && !taken[pid, args[2]]/
{
	taken[pid, args[2]] = walltimestamp;
}

ceph_osd:::op-start
{
	started[pid, args[2]] = walltimestamp;
	object[pid, args[2]] = args[3];
	code[pid, args[2]] = args[7];
}

ceph_repl:::repop-issue { issued[pid, args[3]] = walltimestamp; }
ceph_repl:::local-commit { own[pid, args[3]] = walltimestamp; }
ceph_repl:::repop-committed { committed[pid, args[3]] = walltimestamp; }

ceph_repl:::subop-reply
{
	last_peer[pid, args[0], args[1]] = args[3] + 1;
	last_at[pid, args[0], args[1]] = walltimestamp;
}

ceph_osd:::op-done { seen++; }

ceph_osd:::op-done
/walltimestamp - (int64_t)args[7] > $1/
{
	slow++;
	this->now = walltimestamp;
	this->recv = (int64_t)args[7];
	this->taken = taken[pid, args[2]] ? taken[pid, args[2]] : (int64_t)args[8];
	this->start = started[pid, args[2]] ? started[pid, args[2]] : this->taken; /* its start was before ours */
	this->issue = issued[pid, args[2]];
	this->own = own[pid, args[2]];
	this->all = committed[pid, args[2]];
	this->worked = this->issue ? this->issue : this->now;
	this->own_end = this->own && this->issue ? this->own : this->worked;
	this->all_end = this->all && this->all > this->own_end ? this->all : this->own_end;
	this->code = code[pid, args[2]];
	this->peer = last_peer[pid, args[0], args[1]] && last_at[pid, args[0], args[1]] > this->own_end ?
		last_peer[pid, args[0], args[1]] - 1 : -1;
	this->day = this->now / 1000000 % 86400000;
	printf("%02d:%02d:%02d.%03d %-6s %7d.%-7d %2d.%-4x %-10s %8d %5d.%d %5d.%d %5d.%d %5d.%d %5d.%d %5d.%d %5d.%d ",
	       this->day / 3600000, this->day / 60000 % 60, this->day / 1000 % 60, this->day % 1000, daemon,
	       args[0], args[1], args[9], args[10],
	       this->code == 0x1201 ? "read" : this->code == 0x1202 ? "stat" : this->code == 0x1205 ? "sparse-read" :
	       this->code == 0x2201 ? "write" : this->code == 0x2202 ? "writefull" : this->code == 0x2203 ? "truncate" :
	       this->code == 0x2204 ? "zero" : this->code == 0x2205 ? "delete" : this->code == 0x2206 ? "append" :
	       this->code == 0x220d ? "create" : this->code == 0x220f ? "watch" : this->code == 0x1401 ? "call" :
	       this->code == 0x1301 ? "getxattr" : this->code == 0x2301 ? "setxattr" : args[6] ? "other-write" : "other",
	       args[3] + args[4],
	       (this->now - this->recv) / 1000000, (this->now - this->recv) / 100000 % 10,
	       (this->taken - this->recv) / 1000000, (this->taken - this->recv) / 100000 % 10,
	       (this->start - this->taken) / 1000000, (this->start - this->taken) / 100000 % 10,
	       (this->worked - this->start) / 1000000, (this->worked - this->start) / 100000 % 10,
	       (this->own_end - this->worked) / 1000000, (this->own_end - this->worked) / 100000 % 10,
	       (this->all_end - this->own_end) / 1000000, (this->all_end - this->own_end) / 100000 % 10,
	       (this->now - this->all_end) / 1000000, (this->now - this->all_end) / 100000 % 10);
	if (this->peer >= 0) {
		printf("osd.%-2d %s\n", this->peer, object[pid, args[2]]);
		@peers[daemon, this->peer] = count();
	} else {
		printf("%-6s %s\n", this->own ? "own" : "", object[pid, args[2]]);
		@alone[daemon] = count();
	}
}

ceph_osd:::op-done
{
	last_peer[pid, args[0], args[1]] = 0;
	last_at[pid, args[0], args[1]] = 0;
}

ceph_osd:::op-free
{
	taken[pid, args[2]] = 0;
	started[pid, args[2]] = 0;
	object[pid, args[2]] = 0;
	code[pid, args[2]] = 0;
	issued[pid, args[2]] = 0;
	own[pid, args[2]] = 0;
	committed[pid, args[2]] = 0;
}

END
{
	printf("%d of %d ops took longer than %d.%d ms\n", slow, seen, $1 / 1000000, $1 / 100000 % 10);
	printa("%@8u of %s waited for osd.%d after their own disk\n", @peers);
	printa("%@8u of %s waited for no other OSD\n", @alone);
}
