/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma D option quiet
#pragma D option bufsize=4k /* why
 not */
#pragma D option aggsortkey = 1
# 12 "other.d"
#line 5 "x.d"
int x, *y, z[4][2];
self int t; this string s; self uint64_t start[string, int];
long unsigned int a; short b; signed char c; unsigned d; long long unsigned e; const volatile char *const f;
inline int MAX = 5 * (3 + 2);
inline string NAME = "x";
typedef struct foo {
	int a:3, :5;
	struct { char *p; } in;
	union { int u; long v; };
	int arr[4][2];
} foo_t;
foo_t *foos[pid_t, foo_t *];
enum colour { RED, GREEN = 5, BLUE, };
union u { int a; struct foo f; };
struct empty;
BEGIN { }
translator psinfo_t < struct task_struct *t > {
	pr_pid = t->tgid;
	pr_fname = stringof(t->comm);
};
inline psinfo_t *me = xlate <psinfo_t *>(curthread);
