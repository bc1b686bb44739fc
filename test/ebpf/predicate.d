/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparisons jump; && and || do not make numbers. Instruction by instruction. */
test:::ints / args[0] < 0 && (args[1] == 7 || args[6] >= 0x100000000) / { @ = count(); }
