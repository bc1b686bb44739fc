#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where threads are blocked: the time by stack, of the kernel and of the process.
 *
 * `cephtap report offcpu` runs this script and lays its aggregations out; run by itself (cephtap -s offcpu.d 5) it prints them when
 * it ends. $1 is the seconds of an interval. A wait counts when it ends; what lies before the interval is cut off. To wait for a
 * processor is no part of it: `cephtap report sched` is about that. The stacks are taken when the thread goes to sleep, as it is
 * the previous thread's that could be read when it comes back.
 */
#pragma D option quiet
#pragma D option strsize=32
#pragma D option dynvarsize=2m

self uint64_t slept;
uint64_t woken[uint64_t];
uint64_t began;

BEGIN, tick-$1s { began = timestamp; }

/*
 * Some kernels do not tell that a thread is woken, or comes, when the processor had nothing to do: it is seen to leave, or in a sample.
 * (What is less than 10 us old may be the sleep that begins now.)
 */
sched:::off-cpu, profile-100
/self->slept && (woken[(uint64_t)curthread] || timestamp - self->slept > 10000)/
{
	this->slept = self->slept;
	@inferred = count();
}

sched:::on-cpu
/self->slept/
{
	this->slept = self->slept;
}

sched:::sleep
/tid != 0/
{
	self->slept = timestamp;
	self->kernel = stack(40);
	self->user = ustack(40);
	woken[(uint64_t)curthread] = 0;
}

sched:::enqueue
/!((struct task_struct *)arg0)->on_cpu && !woken[(uint64_t)arg0]/
{
	woken[(uint64_t)arg0] = timestamp;
}

sched:::off-cpu, profile-100, sched:::on-cpu
/this->slept/
{
	this->who = procname;
	this->thread = daemon != "" ? execname : "";
	this->until = woken[(uint64_t)curthread] ? woken[(uint64_t)curthread] : timestamp;
	this->from = this->slept > began ? this->slept : began;
	this->ns = this->until > this->from ? this->until - this->from : 0;
	@blocked[this->who, this->thread, self->kernel, self->user] = sum(this->ns);
	@sleeps[this->who, this->thread, self->kernel, self->user] = count();
	@longest[this->who, this->thread, self->kernel, self->user] = max(this->ns);
	self->slept = 0;
	self->kernel = 0;
	self->user = 0;
	woken[(uint64_t)curthread] = 0;
}

sched:::on-cpu
/woken[(uint64_t)curthread]/
{
	woken[(uint64_t)curthread] = 0;
}
