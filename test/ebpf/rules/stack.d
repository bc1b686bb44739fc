/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the kernel cannot call a function in a loop, stacks of processes are refused. */
test:::ints { @[ustack(3)] = count(); }
