/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed division, shifts by the width, constants that take 64 bits; nothing after a jump that is always taken. Instruction by instruction. */
test:::ints { x = args[6] / args[4] % 7 << args[0] >> 3; y = x & 0x123456789abcdef | !x; z = 1 || y; }
