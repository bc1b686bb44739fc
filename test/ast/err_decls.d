/* SPDX-License-Identifier: LGPL-2.1-or-later */
int x = 5;
char long y;
signed void v;
unsigned string u;
long struct foo l;
signed unsigned s;
this int z[int];
int (*fp)(int);
int f(int);
int int;
static int st;
self inline int both = 1;
int while;
int;
int empty[];
struct { int a } missing;
inline int novalue;
translator foo < bar *x > { a b; };
provider foo { probe a(); };
BEGIN { }
