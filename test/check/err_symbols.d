/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an address as a name is not. */
BEGIN { @a[usym(1)] = count(); @a[umod(1)] = count(); }
BEGIN { printf("%d", usym(1)); }
BEGIN { printf("%k", usym(1)); }
BEGIN { trace(usym(1) + 1); }
BEGIN { usym("text"); }
BEGIN { usym(); }
BEGIN /umod(1)/ { }
BEGIN { x = usym(1); x = umod(1); }
