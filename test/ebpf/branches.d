/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `if` and `?:` jump. Instruction by instruction. */
test:::ints { this->a = 0; if (args[0] > 1) { this->a = 1; } else if (args[1]) this->a = args[2] ? 2 : 3; @[this->a] = count(); }
