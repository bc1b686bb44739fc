#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who does the I/O: system calls on files by thread and by file, transfers by thread and by device, and what the OSDs use
 * their devices for. `cephtap report io` runs this; by itself: cephtap -s io.d 5 (seconds between tables). Times in us.
 * What each column and class means is in doc/report-io.md.
 */
#pragma D option quiet
#pragma D option strsize=64
#pragma D option dynvarsize=8m
#pragma D option aggsize=2m
#pragma D option zdefs

inline int S_IFMT = 0170000;
inline int S_IFREG = 0100000;
inline int S_IFBLK = 0060000;

/* As linux/aio_abi.h has it; the block's operation is at byte 16: 0 and 7 read. */
struct aio_event { uint64_t data, block; int64_t result, more; };
inline int AIO_OP = 16;
inline int AIO_EVENTS = 16; /* as many as the lines below look at */

this uint64_t len;
this int64_t reads, read, written;
int64_t depth[string], idle, under_way, calls, transfers, osds;
uint64_t sizes[uint64_t], began[uint64_t];

BEGIN { since = timestamp; }

/* ---- system calls on files and block devices ---- */

syscall::read:entry, syscall::pread64:entry, syscall::readv:entry, syscall::preadv:entry, syscall::preadv2:entry,
syscall::write:entry, syscall::pwrite64:entry, syscall::writev:entry, syscall::pwritev:entry, syscall::pwritev2:entry,
syscall::fsync:entry, syscall::fdatasync:entry, syscall::sync_file_range:entry
/(uint32_t)arg0 < curthread->files->fdt->max_fds/
{
	this->f = curthread->files->fdt->fd[(uint32_t)arg0];
	this->type = this->f == NULL ? 0 : this->f->f_inode->i_mode & S_IFMT;
	self->file = this->type == S_IFREG || this->type == S_IFBLK ? this->f : NULL;
	self->call = self->file == NULL ? 0 : timestamp;
}

syscall::read:return, syscall::pread64:return, syscall::readv:return, syscall::preadv:return, syscall::preadv2:return
{ this->way = "read"; }
syscall::write:return, syscall::pwrite64:return, syscall::writev:return, syscall::pwritev:return, syscall::pwritev2:return
{ this->way = "write"; }
syscall::fsync:return, syscall::fdatasync:return, syscall::sync_file_range:return
{ this->way = "flush"; }

syscall::read:return, syscall::pread64:return, syscall::readv:return, syscall::preadv:return, syscall::preadv2:return,
syscall::write:return, syscall::pwrite64:return, syscall::writev:return, syscall::pwritev:return, syscall::pwritev2:return,
syscall::fsync:return, syscall::fdatasync:return, syscall::sync_file_range:return
/self->call/
{
	this->name = procname;
	this->ns = timestamp - self->call;
	this->bytes = (int64_t)arg0 > 0 ? (int64_t)arg0 : 0;
	calls++;
}

syscall::fsync:return, syscall::fdatasync:return, syscall::sync_file_range:return
/self->call/
{
	this->bytes = 0;
	@flush_time[this->name, pid, execname] = sum(this->ns);
	@flush_n[this->name, pid, execname] = count();
	@flush_mean[this->name, pid, execname] = avg(this->ns);
	@flush_max[this->name, pid, execname] = max(this->ns);
}

syscall::read:return, syscall::pread64:return, syscall::readv:return, syscall::preadv:return, syscall::preadv2:return,
syscall::write:return, syscall::pwrite64:return, syscall::writev:return, syscall::pwritev:return, syscall::pwritev2:return
/self->call/
{
	@call_bytes[this->name, pid, execname, this->way] = sum(this->bytes);
	@call_n[this->name, pid, execname, this->way] = count();
	@call_size[this->name, pid, execname, this->way] = avg(this->bytes);
	@call_mean[this->name, pid, execname, this->way] = avg(this->ns);
	@call_max[this->name, pid, execname, this->way] = max(this->ns);
}

/* By file: the last folder and the name. The file of a block device is named as it stands in /dev. */
syscall::read:return, syscall::pread64:return, syscall::readv:return, syscall::preadv:return, syscall::preadv2:return,
syscall::write:return, syscall::pwrite64:return, syscall::writev:return, syscall::pwritev:return, syscall::pwritev2:return,
syscall::fsync:return, syscall::fdatasync:return, syscall::sync_file_range:return
/self->call/
{
	this->dentry = self->file->f_path.dentry;
	this->folder = stringof(this->dentry->d_parent->d_name.name);
	this->path = strjoin((self->file->f_inode->i_mode & S_IFMT) == S_IFBLK ? "/dev/" :
			     this->folder == "/" ? "/" : strjoin(this->folder, "/"), stringof(this->dentry->d_name.name));
	@file_bytes[this->path, this->way] = sum(this->bytes);
	@file_n[this->path, this->way] = count();
	@file_mean[this->path, this->way] = avg(this->ns);
	@file_max[this->path, this->way] = max(this->ns);
	self->call = 0;
	self->file = NULL;
}

/* Asynchronous I/O (io_submit), counted when its result is fetched: by the thread that fetches, of one call the first 16. */
syscall::io_getevents:entry, syscall::io_pgetevents:entry { self->events = arg3; }
syscall::io_getevents:return, syscall::io_pgetevents:return
/self->events && (int64_t)arg0 > 0/
{
	this->n = (int64_t)arg0 < AIO_EVENTS ? (int64_t)arg0 : AIO_EVENTS;
	this->beyond = (int64_t)arg0 - this->n;
	this->e = (struct aio_event *)copyin(self->events, this->n * sizeof(struct aio_event));
	if (this->n > 0) {
		this->is_read = *(uint16_t *)copyin(this->e[0].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[0].result > 0 ? this->e[0].result : 0;
		this->written += !this->is_read && this->e[0].result > 0 ? this->e[0].result : 0;
	}
	if (this->n > 1) {
		this->is_read = *(uint16_t *)copyin(this->e[1].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[1].result > 0 ? this->e[1].result : 0;
		this->written += !this->is_read && this->e[1].result > 0 ? this->e[1].result : 0;
	}
	if (this->n > 2) {
		this->is_read = *(uint16_t *)copyin(this->e[2].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[2].result > 0 ? this->e[2].result : 0;
		this->written += !this->is_read && this->e[2].result > 0 ? this->e[2].result : 0;
	}
	if (this->n > 3) {
		this->is_read = *(uint16_t *)copyin(this->e[3].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[3].result > 0 ? this->e[3].result : 0;
		this->written += !this->is_read && this->e[3].result > 0 ? this->e[3].result : 0;
	}
	if (this->n > 4) {
		this->is_read = *(uint16_t *)copyin(this->e[4].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[4].result > 0 ? this->e[4].result : 0;
		this->written += !this->is_read && this->e[4].result > 0 ? this->e[4].result : 0;
	}
	if (this->n > 5) {
		this->is_read = *(uint16_t *)copyin(this->e[5].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[5].result > 0 ? this->e[5].result : 0;
		this->written += !this->is_read && this->e[5].result > 0 ? this->e[5].result : 0;
	}
	if (this->n > 6) {
		this->is_read = *(uint16_t *)copyin(this->e[6].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[6].result > 0 ? this->e[6].result : 0;
		this->written += !this->is_read && this->e[6].result > 0 ? this->e[6].result : 0;
	}
	if (this->n > 7) {
		this->is_read = *(uint16_t *)copyin(this->e[7].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[7].result > 0 ? this->e[7].result : 0;
		this->written += !this->is_read && this->e[7].result > 0 ? this->e[7].result : 0;
	}
	if (this->n > 8) {
		this->is_read = *(uint16_t *)copyin(this->e[8].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[8].result > 0 ? this->e[8].result : 0;
		this->written += !this->is_read && this->e[8].result > 0 ? this->e[8].result : 0;
	}
	if (this->n > 9) {
		this->is_read = *(uint16_t *)copyin(this->e[9].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[9].result > 0 ? this->e[9].result : 0;
		this->written += !this->is_read && this->e[9].result > 0 ? this->e[9].result : 0;
	}
	if (this->n > 10) {
		this->is_read = *(uint16_t *)copyin(this->e[10].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[10].result > 0 ? this->e[10].result : 0;
		this->written += !this->is_read && this->e[10].result > 0 ? this->e[10].result : 0;
	}
	if (this->n > 11) {
		this->is_read = *(uint16_t *)copyin(this->e[11].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[11].result > 0 ? this->e[11].result : 0;
		this->written += !this->is_read && this->e[11].result > 0 ? this->e[11].result : 0;
	}
	if (this->n > 12) {
		this->is_read = *(uint16_t *)copyin(this->e[12].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[12].result > 0 ? this->e[12].result : 0;
		this->written += !this->is_read && this->e[12].result > 0 ? this->e[12].result : 0;
	}
	if (this->n > 13) {
		this->is_read = *(uint16_t *)copyin(this->e[13].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[13].result > 0 ? this->e[13].result : 0;
		this->written += !this->is_read && this->e[13].result > 0 ? this->e[13].result : 0;
	}
	if (this->n > 14) {
		this->is_read = *(uint16_t *)copyin(this->e[14].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[14].result > 0 ? this->e[14].result : 0;
		this->written += !this->is_read && this->e[14].result > 0 ? this->e[14].result : 0;
	}
	if (this->n > 15) {
		this->is_read = *(uint16_t *)copyin(this->e[15].block + AIO_OP, 2) % 7 == 0;
		this->reads += this->is_read;
		this->read += this->is_read && this->e[15].result > 0 ? this->e[15].result : 0;
		this->written += !this->is_read && this->e[15].result > 0 ? this->e[15].result : 0;
	}
	this->name = procname;
	self->events = 0;
}
syscall::io_getevents:return, syscall::io_pgetevents:return
/this->reads/
{
	@aio_bytes[this->name, pid, execname, "read"] = sum(this->read);
	@aio_n[this->name, pid, execname, "read"] = sum(this->reads);
}
syscall::io_getevents:return, syscall::io_pgetevents:return
/this->n > this->reads/
{
	@aio_bytes[this->name, pid, execname, "write"] = sum(this->written);
	@aio_n[this->name, pid, execname, "write"] = sum(this->n - this->reads);
}
syscall::io_getevents:return, syscall::io_pgetevents:return
/this->beyond > 0/
{
	@aio_bytes[this->name, pid, execname, "not looked at"] = sum(0);
	@aio_n[this->name, pid, execname, "not looked at"] = sum(this->beyond);
}

/* ---- transfers of the disks: who asked is the thread that is there when the request is made ---- */

io:::start
{
	this->dev = args[1]->dev_statname;
	/* A request that was there and is made again has gone some other way. */
	under_way += began[arg0] == 0;
	began[arg0] = timestamp;
	who[arg0] = procname;
	thread[arg0] = execname;
	process[arg0] = pid;
	/* Not atomic: so all counts begin anew whenever no transfer is under way anywhere. */
	this->depth = (depth[this->dev] >> 20 == idle ? depth[this->dev] & 0xfffff : 0) + 1;
	depth[this->dev] = idle << 20 | this->depth;
	@dev_depth[this->dev] = max(this->depth);
}

io:::done
/began[arg0]/
{
	this->r = ((struct request *)arg0)->cmd_flags & 0xff;
	this->way = this->r == 0 ? "read" : this->r == 1 && args[0]->b_bcount ? "write" : this->r <= 2 ? "flush" : this->r == 3 ? "discard" : "other";
	this->dev = args[1]->dev_statname;
	this->bytes = (uint32_t)arg2;
	@block_bytes[who[arg0], process[arg0], thread[arg0], this->way] = sum(this->bytes);
	@dev_bytes[this->dev, this->way] = sum(this->bytes);
	/* A disk may finish a transfer piece by piece: it is over with its last one. */
	this->is_last = (uint32_t)arg2 >= args[0]->b_bcount;
	transfers++;
}

io:::done
/this->is_last/
{
	this->ns = timestamp - began[arg0];
	this->size = sizes[arg0] + this->bytes;
	@block_n[who[arg0], process[arg0], thread[arg0], this->way] = count();
	@block_size[who[arg0], process[arg0], thread[arg0], this->way] = avg(this->size);
	@block_mean[who[arg0], process[arg0], thread[arg0], this->way] = avg(this->ns);
	@block_max[who[arg0], process[arg0], thread[arg0], this->way] = max(this->ns);
	@dev_n[this->dev, this->way] = count();
	@dev_size[this->dev, this->way] = avg(this->size);
	@dev_mean[this->dev, this->way] = avg(this->ns);
	@dev_max[this->dev, this->way] = max(this->ns);
	@dev_busy[this->dev] = sum(this->ns);
	@times_of[this->dev, this->way] = quantize(this->ns / 1000);
}

io:::done
/this->is_last && this->way != "flush"/
{ @sizes_of[this->dev, this->way] = quantize(this->size); }

io:::done
/began[arg0] && !this->is_last/
{ sizes[arg0] += this->bytes; }

/* It has become a part of another one. */
rawtp:::block_rq_merge
/began[arg0]/
{
	this->dev = stringof(((struct request *)arg0)->q->disk->disk_name);
	this->is_last = 1;
}

io:::done, rawtp:::block_rq_merge
/this->is_last/
{
	this->depth = depth[this->dev] >> 20 == idle ? depth[this->dev] & 0xfffff : 0;
	depth[this->dev] = this->depth > 1 ? idle << 20 | this->depth - 1 : 0;
	under_way--;
	idle += under_way <= 0;
	began[arg0] = 0; sizes[arg0] = 0; process[arg0] = 0;
	who[arg0] = 0; thread[arg0] = 0;
}

/* ---- OSDs: what a thread is doing, then what it asks of the device ---- */

/* Types of messages, include/msgr of Ceph: 42 an op, 108 and 112 a write for the primary, 110 a shard's read, 109 and 111 the
 * answers, 94 to 96 scans of backfill, 105 to 107 objects pushed and pulled. */
ceph_osd:::op-dequeue-start
{
	self->doing = args[3] == 42 || args[3] == 112 || args[3] == 108 ? "client" :
		args[3] >= 94 && args[3] <= 96 || args[3] >= 105 && args[3] <= 107 ? "recovery" :
		args[3] >= 109 && args[3] <= 111 ? "ec shard" : "other";
}
ceph_osd:::op-dequeue-done { self->doing = ""; }
ceph_pg:::recovery-work-start { self->work = "recovery"; }
ceph_pg:::scrub-chunk-start { self->work = "scrub"; }
ceph_pg:::recovery-work-done, ceph_pg:::scrub-chunk-done { self->work = ""; }
ceph_kv:::kv-sync-start { self->syncing = 1; }
ceph_kv:::kv-sync-done { self->syncing = 0; }
ceph_store:::deferred-submit { self->deferred = 1; }
ceph_bdev:::aio-submit { self->deferred = 0; }
ceph_bdev:::aio-write { self->kind = 1; }
ceph_bdev:::aio-read { self->kind = 2; }

/* BlueStore's own: a write with a transaction or deferred batch behind it, or a read by aio-read. All else is BlueFS's. */
ceph_bdev:::aio-start
{
	this->way = self->kind == 1 ? "write" : "read";
	this->is_store = self->kind == 2 || (self->kind == 1 && args[0] != 0);
	this->len = (uint64_t)args[3];
	self->kind = 0;
}
ceph_bdev:::read-random
{
	this->way = "read";
	this->is_store = 0;
	this->len = (uint64_t)args[1];
}
ceph_bdev:::aio-start, ceph_bdev:::read-random
{
	this->doing = self->work != "" ? self->work : self->doing != "" ? self->doing : "other";
	this->class = substr(execname, 0, 11) == "rocksdb:low" ? "kv compaction" :
		substr(execname, 0, 12) == "rocksdb:high" ? "kv flush" :
		this->is_store ? (this->way == "write" && self->deferred ? "deferred" : this->doing) :
		this->way == "write" ? (self->syncing || execname == "bstore_kv_sync" ? "wal" : "metadata") :
		this->doing == "scrub" || this->doing == "recovery" ? this->doing : "metadata";
	@osd_pid[daemon, this->class, this->way] = max(pid);
	@osd_n[daemon, this->class, this->way] = count();
	@osd_bytes[daemon, this->class, this->way] = sum(this->len);
	@osd_share[daemon, this->class, this->way] = sum(this->len);
	osds++;
}

/* ---- tables ---- */

tick-$1s,
END
{
	normalize(@flush_time, 1000); normalize(@flush_mean, 1000); normalize(@flush_max, 1000);
	normalize(@call_mean, 1000); normalize(@call_max, 1000); normalize(@file_mean, 1000); normalize(@file_max, 1000);
	normalize(@block_mean, 1000); normalize(@block_max, 1000); normalize(@dev_mean, 1000); normalize(@dev_max, 1000);
	normalize(@dev_busy, (timestamp - since) / 100 + 1);
	share(@osd_share, 100);
	top(@call_bytes, 20); top(@flush_time, 20); top(@block_bytes, 20); top(@file_bytes, 10);
	printf("%-16s %8s %-16s %-8s %12s %10s %10s %10s %10s\n", "SYSTEM CALLS BY", "PID", "THREAD", "", "BYTES", "COUNT",
		"MEAN SIZE", "MEAN us", "MAX us");
	printa("%-16s %8d %-16s %-8s %@12u %@10u %@10u %@10d %@10d\n", @call_bytes, @call_n, @call_size, @call_mean, @call_max);
	printf("%-16s %8s %-16s %-8s %12s %10s %10s %10s %10s\n", "FLUSHES BY", "PID", "THREAD", "", "TOTAL us", "COUNT", "", "MEAN us",
		"MAX us");
	printa("%-16s %8d %-16s          %@12u %@10u            %@10d %@10d\n", @flush_time, @flush_n, @flush_mean, @flush_max);
	printf("%-16s %8s %-16s %-8s %12s %10s\n", "AIO FETCHED BY", "PID", "THREAD", "", "BYTES", "COUNT");
	printa("%-16s %8d %-16s %-8s %@12u %@10u\n", @aio_bytes, @aio_n);
	printf("%-42s %-8s %12s %10s %10s %10s %10s\n", "SYSTEM CALLS ON FILE (the ten with most bytes)", "", "BYTES", "COUNT", "",
		"MEAN us", "MAX us");
	printa("%-42s %-8s %@12u %@10u            %@10d %@10d\n", @file_bytes, @file_n, @file_mean, @file_max);
	printf("%-16s %8s %-16s %-8s %12s %10s %10s %10s %10s\n", "BLOCK I/O BY", "PID", "THREAD", "", "BYTES", "COUNT",
		"MEAN SIZE", "MEAN us", "MAX us");
	printa("%-16s %8d %-16s %-8s %@12u %@10u %@10u %@10d %@10d\n", @block_bytes, @block_n, @block_size, @block_mean, @block_max);
	printf("%-42s %-8s %12s %10s %10s %10s %10s\n", "BLOCK I/O OF DEVICE", "", "BYTES", "COUNT", "MEAN SIZE", "MEAN us", "MAX us");
	printa("%-42s %-8s %@12u %@10u %@10u %@10d %@10d\n", @dev_bytes, @dev_n, @dev_size, @dev_mean, @dev_max);
	printf("%-42s %21s %10s\n", "QUEUE OF DEVICE", "MEAN/100", "MAX");
	printa("%-42s %@21d %@10d\n", @dev_busy, @dev_depth);
	printa("sizes of %s, %s (bytes)%@d\n", @sizes_of);
	printa("latency of %s, %s (us)%@d\n", @times_of);
	printf("%-8s %-16s %-6s %8s %10s %14s %6s\n", "OSD", "DEVICE USED FOR", "", "PID", "OPS", "BYTES", "SHARE");
	printa("%-8s %-16s %-6s %@8d %@10u %@14u %@5u%%\n", @osd_pid, @osd_n, @osd_bytes, @osd_share);
	printf("\n");
	trunc(@flush_time); trunc(@flush_n); trunc(@flush_mean); trunc(@flush_max);
	trunc(@call_bytes); trunc(@call_n); trunc(@call_size); trunc(@call_mean); trunc(@call_max); trunc(@aio_bytes); trunc(@aio_n);
	trunc(@file_bytes); trunc(@file_n); trunc(@file_mean); trunc(@file_max);
	trunc(@block_bytes); trunc(@block_n); trunc(@block_size); trunc(@block_mean); trunc(@block_max);
	trunc(@dev_bytes); trunc(@dev_n); trunc(@dev_size); trunc(@dev_mean); trunc(@dev_max); trunc(@dev_busy); trunc(@dev_depth);
	trunc(@sizes_of); trunc(@times_of);
	trunc(@osd_pid); trunc(@osd_n); trunc(@osd_bytes); trunc(@osd_share);
	since = timestamp;
}

END
/!calls && !transfers && !osds/
{
	printf("there was no I/O meanwhile\n");
}
