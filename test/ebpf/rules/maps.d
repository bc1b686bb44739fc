/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many maps a program may use is the engine's to say. */
test:::ints { @a = count(); @b = sum(arg0); @c = max(arg0); @d = min(arg0); @e = avg(arg0); }
