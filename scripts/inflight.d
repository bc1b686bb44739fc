#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of each op on an OSD, from its message until the OSD stops tracking it: clients' ops, replicas' and shards' parts of them;
 * and of clients' ops in the clients on this host.
 * `cephtap report inflight` runs this and shows those that are not over; by itself it prints a line for each step:
 *
 *   wall time (ns), process, thread, client, tid, the OpRequest, a number, another number, text
 *
 * Some steps name the op otherwise: by its key alone (OpRequest 0), by its number on the primary, or by its transaction.
 */
#pragma D option quiet
#pragma D option strsize=96
#pragma D option bufsize=8m
#pragma D option zdefs

ceph_osd:::op-create
/args[3] == 42 || args[3] == 112 || args[3] == 108 || args[3] == 110/
{
	printf("%d %d %d %d %d %d %d %d %s\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], args[3], args[4], daemon);
}

ceph_osd:::op-enqueue
/args[3] == 42 || args[3] == 112 || args[3] == 108 || args[3] == 110/
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], args[4], args[5]);
}

ceph_osd:::op-dequeue-start
/args[3] == 42 || args[3] == 112 || args[3] == 108 || args[3] == 110/
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], 0, 0);
}

ceph_osd:::op-requeue
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], 0, 0);
}

/* Why it is put aside, in Ceph's words. */
ceph_osd:::op-flag
/args[3] == 4/
{
	printf("%d %d %d %d %d %d %d %d %s\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], 0, 0, args[4]);
}

ceph_osd:::op-start
{
	printf("%d %d %d %d %d %d %d %d %s\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], args[7], args[9], args[3]);
}

ceph_osd:::op-wait-subops
{
	printf("%d %d %d %d %d %d %d %d %s\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], 0, 0, args[4]);
}

ceph_repl:::subop-reply
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)0, args[3], 0);
}

ceph_repl:::local-commit,
ceph_repl:::ec-local-commit,
ceph_repl:::repop-committed
/args[3]/
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[3], 0, 0);
}

/* --- Erasure-coded pools: a write and a read have a number on the primary --- */

ceph_repl:::ec-write-start
/args[0]/
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)0, args[2], 0);
}

ceph_repl:::ec-read-send
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, (int64_t)0, (int64_t)0, (int64_t)0, args[0], 0);
}

ceph_repl:::ec-subwrite-reply,
ceph_repl:::ec-subread-reply
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, (int64_t)0, (int64_t)0, (int64_t)0, args[0], args[1]);
}

ceph_repl:::ec-read-done
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, (int64_t)0, (int64_t)0, (int64_t)0, args[0], 0);
}

/* Whose op a shard's write is part of. */
ceph_repl:::ec-subwrite-start
/args[1] && args[6]/
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[6], 0, 0);
}

/* --- The store --- */

ceph_store:::txn-create
/args[3]/
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[3], (int64_t)args[2], 0);
}

ceph_store:::txn-aio-submit,
ceph_store:::txn-io-done
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, (int64_t)0, (int64_t)0, (int64_t)0, (int64_t)args[0], 0);
}

ceph_osd:::op-free
/args[3] == 42 || args[3] == 112 || args[3] == 108 || args[3] == 110/
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, args[0], args[1], (int64_t)args[2], 0, 0);
}

/* Of a PG that drops clients' ops until it is active no OSD has an op: where, and which object if it is about one. */
ceph_pg:::backoff-start
{
	printf("%d %d %d %d %d %d %d %d %s\n", walltimestamp, pid, tid, (int64_t)0, (int64_t)0, (int64_t)0, args[0], args[1], args[2]);
}

ceph_pg:::backoff-done
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, (int64_t)0, (int64_t)0, (int64_t)0, args[0], args[1]);
}

/* --- Clients on this host: they do not know their number --- */

ceph_client:::op-submit
{
	printf("%d %d %d %d %d %d %d %d %s\n", walltimestamp, pid, tid, (int64_t)0, (int64_t)0, (int64_t)args[0], args[2], 0, stringof(curthread->group_leader->comm));
}

/* The PG behind its pool's number. */
ceph_client:::op-send
{
	printf("%d %d %d %d %d %d %d %d %s\n", walltimestamp, pid, tid, (int64_t)0, args[0], (int64_t)args[1], args[2], args[4] << 32 | args[5], args[3]);
}

ceph_client:::op-finish
{
	printf("%d %d %d %d %d %d %d %d\n", walltimestamp, pid, tid, (int64_t)0, args[0], (int64_t)args[1], 0, 0);
}
