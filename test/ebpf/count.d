/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shortest program: no scratch memory, no cookie. Instruction by instruction. */
test:::ints { @ = count(); }
