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

/* --- The store knows its transactions by address; who asked for one is known when it is made --- */

ceph_store:::txn-create
/args[0]/
{
	txn_client[pid, args[2]] = args[0];
	txn_tid[pid, args[2]] = args[1];
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, args[0], args[1], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_store:::txn-aio-submit,
ceph_store:::txn-io-done,
ceph_store:::txn-apply-kv,
ceph_store:::txn-committed
/txn_client[pid, args[0]]/
{
	printf("%d %d %d %d %d %s %s %d %d %s %s\n", walltimestamp, txn_client[pid, args[0]], txn_tid[pid, args[0]], pid, tid, daemon, execname, 0, 0, "", probename);
}

ceph_store:::txn-done
{
	txn_client[pid, args[0]] = 0;
	txn_tid[pid, args[0]] = 0;
}
