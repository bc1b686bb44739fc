#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients on this host: every process that uses librados or librbd, its ops by pool and by OSD, the objects it uses most.
 * `cephtap report client` runs this; by itself: cephtap -s client.d 5 (seconds between tables).
 *
 * Anybody may be a client, by whatever name: the numbers of each user are told apart.
 * @latency and @round are histograms for programs (report client --json, --csv, --openmetrics), with their sums: they are not printed.
 * TOTAL is from the call of the library until it is over, ROUND from the message until the reply has arrived. Times in us.
 */
#pragma D option quiet
#pragma D option strsize=64
#pragma D option dynvarsize=4m
#pragma D option zdefs

ceph_client:::op-submit
{
	this->name = stringof(curthread->group_leader->comm);
	began[pid, args[0]] = timestamp;
	pool[pid, args[0]] = args[2] + 1;
	@objects[this->name, args[2], args[1]] = count();
}

ceph_client:::op-send
{
	sent[pid, args[0]] = timestamp;
	to[pid, args[0]] = args[4];
}

ceph_client:::op-reply-recv
/sent[pid, args[0]]/
{
	this->ns = timestamp - sent[pid, args[0]];
	@osd_ops[args[1]] = count();
	@osd_mean[args[1]] = avg(this->ns);
	@osd_max[args[1]] = max(this->ns);
	@osd_bytes[args[1]] = sum(args[4]);
	@round[to[pid, args[0]], args[1]] = tquantize(this->ns);
	@round_total[to[pid, args[0]], args[1]] = sum(this->ns);
	sent[pid, args[0]] = 0;
	to[pid, args[0]] = 0;
}

/* Of one that is given up too: it gets no reply. */
ceph_client:::op-finish
{
	sent[pid, args[0]] = 0;
	to[pid, args[0]] = 0;
}

ceph_client:::op-finish
/began[pid, args[1]]/
{
	this->name = stringof(curthread->group_leader->comm);
	this->ns = timestamp - began[pid, args[1]];
	@ops[this->name, pid, pool[pid, args[1]] - 1] = count();
	@mean[this->name, pid, pool[pid, args[1]] - 1] = avg(this->ns);
	@most[this->name, pid, pool[pid, args[1]] - 1] = max(this->ns);
	@bad[this->name, pid, pool[pid, args[1]] - 1] = sum(args[2] < 0);
	@latency[this->name, pool[pid, args[1]] - 1] = tquantize(this->ns);
	@total[this->name, pool[pid, args[1]] - 1] = sum(this->ns);
	@user_ops[uid] = count();
	@user_mean[uid] = avg(this->ns);
	@user_bad[uid] = sum(args[2] < 0);
	began[pid, args[1]] = 0;
	pool[pid, args[1]] = 0;
	seen++;
}

tick-$1s,
END
{
	normalize(@mean, 1000);
	normalize(@most, 1000);
	normalize(@osd_mean, 1000);
	normalize(@osd_max, 1000);
	normalize(@user_mean, 1000);
	printf("%-16s %8s %6s %10s %10s %10s %8s\n", "PROCESS", "PID", "POOL", "OPS", "TOTAL us", "MAX us", "FAILED");
	printa("%-16s %8d %6d %@10u %@10d %@10d %@8d\n", @ops, @mean, @most, @bad);
	printf("%-16s %26s %10s %19s\n", "USER", "OPS", "TOTAL us", "FAILED");
	printa("uid %-12d %@26u %@10d %@19d\n", @user_ops, @user_mean, @user_bad);
	printf("%-8s %33s %10s %10s %12s\n", "OSD", "OPS", "ROUND us", "MAX us", "BYTES READ");
	printa("osd.%-4d %@33u %@10d %@10d %@12u\n", @osd_ops, @osd_mean, @osd_max, @osd_bytes);
	trunc(@objects, 5);
	printf("%10s  %-16s %6s  %s\n", "OPS", "PROCESS", "POOL", "OBJECT (the five most used)");
	printa("%@10u  %-16s %6d  %s\n", @objects);
	printf("\n");
	trunc(@ops); trunc(@mean); trunc(@most); trunc(@bad);
	trunc(@user_ops); trunc(@user_mean); trunc(@user_bad);
	trunc(@osd_ops); trunc(@osd_mean); trunc(@osd_max); trunc(@osd_bytes); trunc(@objects);
	trunc(@latency); trunc(@total); trunc(@round); trunc(@round_total);
}

END
/!seen/
{
	printf("no process on this host has finished an op of librados or librbd meanwhile\n");
}
