/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each error is reported once, and a missing brace does not hide what follows. */
BEGIN { x = 1
END { y = ; }
ceph_osd:::op-start { @[ = count(); }
ceph_osd:::op-done
{
	if (x) { y = 1;
}
tick-1s { exit(0) exit(1); }
END { good = 1; }
