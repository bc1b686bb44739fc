/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said, and where: one mistake a line. */
BEGIN { trace(timestmap); }
BEGIN { self->name = "a"; trace(self->nmae); }
test:::itns { }
test:::blocked { }
test:::ints { trace(args[9]); }
test:::ints, test:::ints2 { trace(args[1]); }
test:::partly { trace(args[1]); }
BEGIN, test:::ints { trace(args[0]); }
BEGIN { trace(strlen(5)); }
BEGIN { trace(copyinst(5)); }
BEGIN { @a = qantize(5); }
BEGIN { @b = quantize(5); @b = count(); }
BEGIN { printa("%d", @b); printa(@bb); }
BEGIN { x = printf("a"); }
BEGIN / execname / { }
BEGIN { s = "a"; s = 5; }
BEGIN { trace(sizeof (struct foo)); }
BEGIN { trace(5 +
	"a"); }
BEGIN { print(5); trace(inet_ntoa(5)); trace(rint(5)); }
