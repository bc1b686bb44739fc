#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which threads wait for a processor: for each daemon and thread the time on a processor, runnable without one, and blocked.
 *
 * `cephtap report sched` runs this script and lays its aggregations out; run by itself (cephtap -s sched.d 5) it prints them when it
 * ends. $1 is the seconds of an interval. `who` is the daemon, or the process's name where it is none; `thread` is the thread's
 * name, "" where it is no daemon's. All times are in ns.
 *
 *   @cpu @wait @blocked  by who and thread: on a processor, waiting for one, waiting for anything else
 *   @switches            how often it left a processor
 *   @latency @worst      from when it could run (woken, preempted) until it ran, as a histogram and the largest
 *   @blockedon @sleeps   by who, thread and the kernel's stack: time blocked, and how often
 *   @wakes @wakens       by the one who wakes and the one who is woken: how often, and the time until it ran
 *   @inferred            how often the kernel did not tell that a thread came: its sleep ended, as far as is known, when it was next seen
 *   @queue @queuemax     threads on a processor's run queue, the one that runs included, as sampled
 *
 * A wait counts when it ends; what lies before the interval is cut off. Threads are told apart by the address of their task_struct,
 * as the waker knows no other key of the thread that it wakes.
 */
#pragma D option quiet
#pragma D option strsize=32
#pragma D option dynvarsize=2m

self uint64_t on;
uint64_t queued[uint64_t], asleep[uint64_t]; /* since when; 0: is not */
string waker[uint64_t], wakerthread[uint64_t];
uint64_t began;

BEGIN, tick-$1s { began = timestamp; }

/*
 * Some kernels do not tell that a thread is woken, or comes, when the processor had nothing to do. Who sleeps or waits, and is seen to
 * leave or in a sample, has come: since it was woken, if that is known, and after a sleep without waiting. (Of what goes to sleep now,
 * less than 10 us ago, that does not hold.)
 */
sched:::off-cpu, profile-100
/tid != 0 && (queued[(uint64_t)curthread] || (asleep[(uint64_t)curthread] && timestamp - asleep[(uint64_t)curthread] > 10000))/
{
	this->task = (uint64_t)curthread;
	this->who = procname;
	this->thread = daemon != "" ? execname : "";
	this->until = queued[this->task] ? queued[this->task] : timestamp;
	this->slept = asleep[this->task];
	self->on = self->on ? self->on : this->slept ? this->until : 0; /* preempted: since the next sample */
	queued[this->task] = 0;
	asleep[this->task] = 0;
}

sched:::sleep
/tid != 0/
{
	this->task = (uint64_t)curthread;
	asleep[this->task] = timestamp;
	place[this->task] = stack(32);
	queued[this->task] = 0; /* woken before it slept */
	waker[this->task] = 0;
	wakerthread[this->task] = 0;
}

/* A thread that is woken while it runs, about to sleep, does not wait for a processor. */
sched:::enqueue
/arg0 == (int64_t)curthread || (!((struct task_struct *)arg0)->on_cpu && !queued[(uint64_t)arg0])/
{
	queued[(uint64_t)arg0] = timestamp;
}

sched:::wakeup
/asleep[(uint64_t)arg0]/
{
	waker[(uint64_t)arg0] = tid == 0 ? "interrupt" : procname;
	wakerthread[(uint64_t)arg0] = tid != 0 && daemon != "" ? execname : "";
}

sched:::on-cpu
/tid != 0/
{
	this->task = (uint64_t)curthread;
	this->who = procname;
	this->thread = daemon != "" ? execname : "";
	this->ready = queued[this->task];
	this->slept = asleep[this->task];
	this->until = this->ready ? this->ready : timestamp;
	self->on = timestamp;
	queued[this->task] = 0;
	asleep[this->task] = 0;
}

sched:::on-cpu
/tid != 0 && this->ready/
{
	this->ns = timestamp - this->ready;
	@latency[this->who, this->thread] = tquantize(this->ns);
	@worst[this->who, this->thread] = max(this->ns);
	@wait[this->who, this->thread] = sum(timestamp - (this->ready > began ? this->ready : began));
}

sched:::on-cpu, sched:::off-cpu, profile-100
/this->slept/
{
	this->from = this->slept > began ? this->slept : began;
	this->ns = this->until > this->from ? this->until - this->from : 0;
	@blocked[this->who, this->thread] = sum(this->ns);
	@blockedon[this->who, this->thread, place[this->task]] = sum(this->ns);
	@sleeps[this->who, this->thread, place[this->task]] = count();
	place[this->task] = 0;
}

sched:::off-cpu, profile-100
/this->slept/
{
	@inferred = count();
}

/* Who is not chosen (-p, --osd ...) and wakes one who is, is not named. */
sched:::on-cpu
/tid != 0 && this->slept && this->ready/
{
	this->by = waker[this->task];
	@wakes[this->by == "" ? "(others)" : this->by, wakerthread[this->task], this->who, this->thread] = count();
	@wakens[this->by == "" ? "(others)" : this->by, wakerthread[this->task], this->who, this->thread] =
		sum(timestamp - this->ready);
	waker[this->task] = 0;
	wakerthread[this->task] = 0;
}

sched:::off-cpu
/self->on/
{
	this->who = procname;
	this->thread = daemon != "" ? execname : "";
	@cpu[this->who, this->thread] = sum(timestamp - self->on);
	@switches[this->who, this->thread] = count();
	self->on = 0;
}

/* Who runs through without a switch is to be seen as well. */
profile-100
/self->on/
{
	this->who = procname;
	this->thread = daemon != "" ? execname : "";
	@cpu[this->who, this->thread] = sum(timestamp - self->on);
	self->on = timestamp;
}

profile-100
/tid != 0 && !self->on/
{
	self->on = timestamp;
}

profile-100
{
	this->length = (int64_t)curthread->se.cfs_rq->rq->nr_running;
	@queue = avg(this->length);
	@queuemax = max(this->length);
}
