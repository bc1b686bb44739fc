/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ceph's perf counters, made again from markers: an aggregation has the name of the counter that it must equal, and its key
 * is the process. Of a latency the sum of nanoseconds is kept; JSON output has the number of events beside it.
 *
 * truth.sh compares; doc/truth.md tells users which expression is which counter. Names that begin with x_ are no counters.
 */
#pragma D option quiet
#pragma D option dynvarsize=8m

self int64_t sync, batch, apply;

BEGIN
{
	printf("attached\n");
}

/* Every marker of the daemons is attached, the dearest ones too: nothing may be lost under the most that can be asked for. */
ceph_msgr:::,
ceph_osd:::,
ceph_pg:::,
ceph_repl:::,
ceph_store:::,
ceph_kv:::,
ceph_bdev:::
{
	@x_fired[pid, probeprov, probename] = count();
}

/* --- A client's op --- */

ceph_osd:::op-done
{
	this->lat = walltimestamp - (int64_t)args[7];
	this->process = walltimestamp - (int64_t)args[8];
	@x_daemon[pid, daemon] = count();
	@op[pid] = count();
	@op_in_bytes[pid] = sum(args[3]);
	@op_out_bytes[pid] = sum(args[4]);
	@op_latency[pid] = sum(this->lat);
	@op_process_latency[pid] = sum(this->process);
}

ceph_osd:::op-done
/args[5] && !args[6]/
{
	@op_r[pid] = count();
	@op_r_out_bytes[pid] = sum(args[4]);
	@op_r_latency[pid] = sum(this->lat);
	@op_r_process_latency[pid] = sum(this->process);
}

ceph_osd:::op-done
/!args[5] && args[6]/
{
	@op_w[pid] = count();
	@op_w_in_bytes[pid] = sum(args[3]);
	@op_w_latency[pid] = sum(this->lat);
	@op_w_process_latency[pid] = sum(this->process);
}

ceph_osd:::op-done
/args[5] && args[6]/
{
	@op_rw[pid] = count();
	@op_rw_in_bytes[pid] = sum(args[3]);
	@op_rw_out_bytes[pid] = sum(args[4]);
	@op_rw_latency[pid] = sum(this->lat);
	@op_rw_process_latency[pid] = sum(this->process);
}

/* Ceph takes op_prepare_latency where the op's first thread is done with it: that is op-dequeue-done but for some calls. */
ceph_osd:::op-dequeue-start
{
	self->dequeue = walltimestamp;
}

ceph_osd:::op-start
{
	self->dequeued = self->dequeue;
	self->is_read = args[10] && !args[11];
	self->is_write = !args[10] && args[11];
	self->is_both = args[10] && args[11];
}

ceph_osd:::op-dequeue-done
/self->dequeued/
{
	@op_prepare_latency[pid] = sum(walltimestamp - self->dequeued);
}

ceph_osd:::op-dequeue-done
/self->dequeued && self->is_read/
{
	@op_r_prepare_latency[pid] = sum(walltimestamp - self->dequeued);
}

ceph_osd:::op-dequeue-done
/self->dequeued && self->is_write/
{
	@op_w_prepare_latency[pid] = sum(walltimestamp - self->dequeued);
}

ceph_osd:::op-dequeue-done
/self->dequeued && self->is_both/
{
	@op_rw_prepare_latency[pid] = sum(walltimestamp - self->dequeued);
}

ceph_osd:::op-dequeue-done
{
	self->dequeue = 0;
	self->dequeued = 0;
}

ceph_osd:::op-enqueue
{
	@op_before_queue_op_lat[pid] = sum(walltimestamp - (int64_t)args[8]);
}

ceph_osd:::op-dequeue-start
{
	@op_before_dequeue_op_lat[pid] = sum(walltimestamp - (int64_t)args[6]);
}

/* --- A replica's part --- */

ceph_repl:::subop-commit
{
	this->lat = walltimestamp - (int64_t)args[8];
	@subop[pid] = count();
	@subop_w[pid] = count();
	@subop_in_bytes[pid] = sum(args[7]);
	@subop_w_in_bytes[pid] = sum(args[7]);
	@subop_latency[pid] = sum(this->lat);
	@subop_w_latency[pid] = sum(this->lat);
}

/* --- Transactions --- */

ceph_store:::txn-queue-start
{
	self->queued = timestamp;
	@bluestore_txc[pid] = count();
}

ceph_store:::txn-queue-done
/self->queued/
{
	@submit_lat[pid] = sum(timestamp - self->queued);
	self->queued = 0;
}

ceph_store:::txn-committed
{
	@commit_lat[pid] = sum(timestamp - args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 0/
{
	@state_prepare_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 1/
{
	@state_aio_wait_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 2/
{
	@state_io_done_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 3/
{
	@state_kv_queued_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 4/
{
	@state_kv_commiting_lat[pid] = sum(args[2]);	/* Ceph spells it so */
}

ceph_store:::txn-state-lat
/args[1] == 5/
{
	@state_kv_done_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 6/
{
	@state_deferred_queued_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 7/
{
	@state_deferred_aio_wait_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 8/
{
	@state_deferred_cleanup_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 9/
{
	@state_finishing_lat[pid] = sum(args[2]);
}

ceph_store:::txn-state-lat
/args[1] == 10/
{
	@state_done_lat[pid] = sum(args[2]);
}

/* The cheap marker for the same: time at the function's entry, less the time that the counter counts from. */
ceph_store:::txn-state-leave
{
	@x_state_leave[pid, args[1]] = sum(timestamp - args[2]);
}

/* --- The thread that makes batches durable: flush the device if need be, put each transaction in, then sync --- */

ceph_bdev:::flush-start
/!self->sync/
{
	self->batch = timestamp;
}

ceph_bdev:::flush-done
/!self->sync/
{
	self->apply = timestamp;
}

ceph_store:::txn-apply-kv
/!self->apply/
{
	self->batch = self->apply = timestamp;
}

ceph_kv:::kv-sync-start
{
	self->sync = timestamp;
}

ceph_kv:::kv-sync-start
/!self->apply/
{
	self->batch = self->apply = timestamp;
}

ceph_kv:::kv-sync-done
/self->sync/
{
	@submit_sync_latency[pid] = sum(timestamp - self->sync);
	@kv_sync_lat[pid] = sum(timestamp - self->batch);
	@kv_commit_lat[pid] = sum(timestamp - self->apply);
	@kv_flush_lat[pid] = sum(self->apply - self->batch);
	self->sync = 0;
	self->batch = 0;
	self->apply = 0;
}

ceph_kv:::kv-submit-start
{
	self->submit = timestamp;
}

ceph_kv:::kv-submit-done
/self->submit/
{
	@submit_latency[pid] = sum(timestamp - self->submit);
	self->submit = 0;
}

/* --- Deferred writes: the device writes between a sequencer's submit and their common submission --- */

ceph_store:::deferred-submit
{
	self->deferred = 1;
}

ceph_bdev:::aio-write
/self->deferred/
{
	@deferred_write_ops[pid] = count();
	@deferred_write_bytes[pid] = sum(args[3]);
}

ceph_bdev:::aio-submit
{
	self->deferred = 0;
}

/* --- Reads --- */

ceph_store:::read-start
{
	self->read = timestamp;
}

ceph_store:::read-done
/self->read/
{
	@read_lat[pid] = sum(timestamp - self->read);
	self->read = 0;
}
