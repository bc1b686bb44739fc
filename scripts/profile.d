#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where processors spend their time: samples of what runs, with the kernel's stack and the process's.
 * `cephtap report profile` runs this and lays @samples out; by itself: cephtap -p PID -s profile.d 97 (samples per second and
 * processor), until ^C. An odd rate does not beat with what happens every millisecond.
 */
#pragma D option quiet
#pragma D option aggsize=16m
#pragma D option strsize=32

self int64_t stage; /* of profile-stages.d; else 0 */

profile-$1
/tid != 0/
{
	@samples[procname, execname, self->stage, stack(64), ustack(127)] = count();
}
