/* SPDX-License-Identifier: LGPL-2.1-or-later */
tick-1s { @[cpu, arg0 != 0] = lquantize(timestamp, 0, 1000, 100); printf("%d", walltimestamp); }
