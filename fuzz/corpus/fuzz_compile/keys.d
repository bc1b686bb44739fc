/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Number keys on the stack, text keys in scratch memory. */
test:::ints { @n[args[0], args[7]] = sum(args[2]); }
test:::strs { @t[args[0]] = count(); }
