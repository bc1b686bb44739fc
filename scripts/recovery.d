#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recovery and backfill: objects by PG, data by peer, and the clients' ops beside it.
 * `cephtap report recovery` runs this; by itself: cephtap -s recovery.d 5 (seconds between tables).
 */
#pragma D option quiet
#pragma D option strsize=64
#pragma D option dynvarsize=4m

ceph_pg:::recovery-op-start { began[pid, args[0], args[1], args[2]] = timestamp; }

ceph_pg:::recovery-op-done
/began[pid, args[0], args[1], args[2]]/
{
	this->ns = timestamp - began[pid, args[0], args[1], args[2]];
	@n[daemon, args[0], args[1]] = count();
	@mean[daemon, args[0], args[1]] = avg(this->ns);
	@most[daemon, args[0], args[1]] = max(this->ns);
	began[pid, args[0], args[1], args[2]] = 0;
	seen++;
}

ceph_pg:::push-recv
{
	@pushes[args[0], daemon] = count();
	@bytes[args[0], daemon] = sum(args[3]);
}

ceph_pg:::backfill-done { @backfill[daemon, args[0], args[1]] = sum(args[2]); }

ceph_osd:::op-done
{
	@ops[daemon] = count();
	@op_mean[daemon] = avg(walltimestamp - (int64_t)args[7]);
}

tick-$1s,
END
{
	normalize(@mean, 1000); normalize(@most, 1000); normalize(@op_mean, 1000);
	printf("%-8s %-12s %10s %10s %10s\n", "PRIMARY", "PG", "OBJECTS", "MEAN us", "MAX us");
	printa("%-8s %4d.%-7x %@10u %@10d %@10d\n", @n, @mean, @most);
	printf("%-8s %-12s %10s %21s\n", "FROM", "TO", "PUSHES", "BYTES");
	printa("osd.%-4d %-12s %@10u %@21u\n", @pushes, @bytes);
	printa("%-8s %4d.%-7x backfill has begun %@u objects\n", @backfill);
	printf("%-8s %-12s %10s %10s\n", "OSD", "", "CLIENT OPS", "MEAN us");
	printa("%-21s %@10u %@10d\n", @ops, @op_mean);
	printf("\n");
	trunc(@n); trunc(@mean); trunc(@most); trunc(@pushes); trunc(@bytes); trunc(@backfill); trunc(@ops); trunc(@op_mean);
}

END
/!seen/
{
	printf("no object was recovered meanwhile\n");
}
