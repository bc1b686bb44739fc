#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BlueStore: its transactions by state, batches of the key-value store, flushes, deferred writes, and the device.
 * `cephtap report bluestore` runs this; by itself: cephtap -s bluestore.d 5 (seconds between tables). Times in us.
 */
#pragma D option quiet
#pragma D option strsize=32
#pragma D option dynvarsize=4m
#pragma D option aggsortkey

ceph_store:::txn-state-lat
{
	this->state = args[1] == 0 ? "prepare" : args[1] == 1 ? "aio_wait" : args[1] == 2 ? "io_done" : args[1] == 3 ? "kv_queued" :
		args[1] == 4 ? "kv_committing" : args[1] == 5 ? "kv_done" : args[1] == 6 ? "deferred_queued" :
		args[1] == 7 ? "deferred_aio_wait" : args[1] == 8 ? "deferred_cleanup" : args[1] == 9 ? "finishing" : "done";
	@state_n[daemon, args[1], this->state] = count();
	@state_mean[daemon, args[1], this->state] = avg(args[2]);
	@state_max[daemon, args[1], this->state] = max(args[2]);
	seen++;
}

ceph_store:::txn-apply-kv { txns[pid]++; }

ceph_kv:::kv-sync-start { self->sync = timestamp; }
ceph_kv:::kv-sync-done
/self->sync/
{
	@kv_n[daemon, ""] = count();
	@kv_mean[daemon, ""] = avg(timestamp - self->sync);
	@kv_max[daemon, ""] = max(timestamp - self->sync);
	@kv_txns[daemon, ""] = avg(txns[pid]);
	txns[pid] = 0;
	self->sync = 0;
}

ceph_bdev:::flush-start { self->flush = timestamp; }
ceph_bdev:::flush-done
/self->flush/
{
	@flush_n[daemon, ""] = count();
	@flush_mean[daemon, ""] = avg(timestamp - self->flush);
	@flush_max[daemon, ""] = max(timestamp - self->flush);
	self->flush = 0;
}

ceph_store:::deferred-queue { @deferred[daemon] = count(); }

ceph_bdev:::aio-start { began[pid, args[1], args[2]] = timestamp; }
ceph_bdev:::aio-done
/began[pid, args[1], args[2]]/
{
	this->ns = timestamp - began[pid, args[1], args[2]];
	this->whose = args[0] ? "transactions" : "reads, bluefs";
	@aio_n[daemon, this->whose] = count();
	@aio_mean[daemon, this->whose] = avg(this->ns);
	@aio_max[daemon, this->whose] = max(this->ns);
	@aio_bytes[daemon, this->whose] = sum(args[3]);
	began[pid, args[1], args[2]] = 0;
}

tick-$1s,
END
{
	normalize(@state_mean, 1000); normalize(@state_max, 1000);
	normalize(@kv_mean, 1000); normalize(@kv_max, 1000);
	normalize(@flush_mean, 1000); normalize(@flush_max, 1000);
	normalize(@aio_mean, 1000); normalize(@aio_max, 1000);
	printf("%-8s %-24s %10s %10s %10s\n", "OSD", "STATE OF TRANSACTIONS", "COUNT", "MEAN us", "MAX us");
	printa("%-8s %2d %-21s %@10u %@10d %@10d\n", @state_n, @state_mean, @state_max);
	printf("%-8s %-24s %10s %10s %10s %12s\n", "", "BATCHES OF KEYS", "COUNT", "MEAN us", "MAX us", "TRANSACTIONS");
	printa("%-8s %-24s %@10u %@10d %@10d %@12d\n", @kv_n, @kv_mean, @kv_max, @kv_txns);
	printf("%-8s %-24s %10s %10s %10s\n", "", "FLUSHES OF THE DEVICE", "COUNT", "MEAN us", "MAX us");
	printa("%-8s %-24s %@10u %@10d %@10d\n", @flush_n, @flush_mean, @flush_max);
	printf("%-8s %-24s %10s %10s %10s %12s\n", "", "DEVICE", "COUNT", "MEAN us", "MAX us", "BYTES");
	printa("%-8s %-24s %@10u %@10d %@10d %@12u\n", @aio_n, @aio_mean, @aio_max, @aio_bytes);
	printa("%-8s deferred writes          %@10u\n", @deferred);
	printf("\n");
	trunc(@state_n); trunc(@state_mean); trunc(@state_max);
	trunc(@kv_n); trunc(@kv_mean); trunc(@kv_max); trunc(@kv_txns);
	trunc(@flush_n); trunc(@flush_mean); trunc(@flush_max);
	trunc(@aio_n); trunc(@aio_mean); trunc(@aio_max); trunc(@aio_bytes); trunc(@deferred);
}

END
/!seen/
{
	printf("BlueStore has had no transaction meanwhile\n");
}
