/* SPDX-License-Identifier: LGPL-2.1-or-later */
ERROR { @e[execname, arg1] = count(); }
sched:::enqueue, proc:::exit /1 / arg0/ { self->t[tid] = timestamp; @[ustack(), usym(arg0)] = quantize(arg1 / arg0); stack(3); }
io:::start { printf("%s %d\n", execname, 1 % arg0); exit(1 / arg1); }
