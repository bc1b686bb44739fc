#!/usr/bin/env cephtap
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every way to write a clause. */
BEGIN, END { }
:::op-start, ceph_osd:::op-*, ceph_osd::OSD\:\:dequeue_op:, read:entry, libc.so.6:read:return, 7 { trace(1) }
pid$target:::entry, $1:::x-[!a-z]?
/a / b == 1/ { @[execname, pid] = count(); @num[probefunc] = quantize(arg1 - self->ts); }
tick-1s /x/ {}
profile-97
/pid == $target && (arg0 / 2)/
{ }
ERROR {
	if (x)
		y = 1;
	else if (y) {
		z = 2;
	} else {
		z = 3; { q++ }
	}
	if (a) ; else b = 1;
	;
}
END
