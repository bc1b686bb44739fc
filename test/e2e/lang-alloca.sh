#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Memory that a script takes: alloca(), pointers into it, bcopy(), copyinto(); and what goes past its ends.
# time: 120
. "$TOP/test/e2e/lib-lang.sh"

begin "alloca is zeroed" '0 0' 'this->p = (int *)alloca(8); printf("%d %d", this->p[0], this->p[1]);'
begin "elements" '1 2 3' 'this->p = (int *)alloca(12); this->p[0] = 1; *(this->p + 1) = 2; i = 2; this->p[i] = 3; printf("%d %d %d", *this->p, this->p[1], this->p[2]);'
begin "all sizes and signs" '-1 255 -2 65535 -3 4294967295 -4' 'this->c = (char *)alloca(1); *this->c = -1; this->u = (uint8_t *)alloca(1); *this->u = -1;
	this->s = (short *)alloca(2); *this->s = -2; this->w = (uint16_t *)alloca(2); *this->w = -1; this->i = (int *)alloca(4); *this->i = -3;
	this->n = (uint32_t *)alloca(4); *this->n = -1; this->l = (long *)alloca(8); *this->l = -4;
	printf("%d %d %d %d %d %d %d", *this->c, *this->u, *this->s, *this->w, *this->i, *this->n, *this->l);'
begin "members" '-8 3 3 -4 6' 'this->p = (struct s *)alloca(sizeof(struct s)); this->p->a = 1; this->p->b[2] = 3; this->p->c = 3; this->p->d = -4;
	this->p->e += 5; this->p->e++; this->p->a -= 9; printf("%d %d %d %d %d", this->p->a, this->p->b[2], this->p->c, this->p->d, this->p->e);' \
	-n 'struct s { int a; char b[4]; int c : 3; int d : 5; long e; };'
begin "bit-fields leave their neighbours" '1 -1 2 1' 'this->p = (struct b *)alloca(8); this->p->x = 1; this->p->y = 1; this->p->z = 2; this->p->y = -1; this->p->w = 1;
	printf("%d %d %d %d", this->p->x, this->p->y, this->p->z, this->p->w);' -n 'struct b { unsigned x : 1; int y : 7; unsigned z : 20; unsigned w : 4; };'
begin "operators" '5 6 5 10 3 1 8 9' 'this->p = (int *)alloca(4); printf("%d ", *this->p = 5); printf("%d ", ++*this->p); (*this->p)--; printf("%d ", *this->p);
	*this->p *= 2; printf("%d ", *this->p); *this->p /= 3; printf("%d ", *this->p); *this->p &= 1; printf("%d ", *this->p); *this->p <<= 3;
	printf("%d ", (*this->p)++); printf("%d", *this->p);'
begin "pointers in memory" '5' 'this->p = (char **)alloca(8); *this->p = (char *)alloca(8); **this->p = 5; trace(**this->p);'
begin "pointers that are stepped" '1 2 8' 'this->p = (long *)alloca(16); this->q = (long **)alloca(8); *this->q = this->p; **this->q = 1; (*this->q)++; **this->q = 2;
	printf("%d %d %d", this->p[0], this->p[1], (char *)*this->q - (char *)this->p);'
begin "text" 'hi [hi]' "this->p = (char *)alloca(8); this->p[0] = 'h'; this->p[1] = 'i'; s = stringof(this->p); printf(\"%s [%s]\", s, stringof(this->p));"
begin "memory is aligned and apart" '0 0 8 1 2' 'this->a = (char *)alloca(1); this->b = (char *)alloca(3); *this->a = 1; *this->b = 2;
	printf("%d %d %d %d %d", (uint64_t)this->a & 7, (uint64_t)this->b & 7, this->b - this->a, *this->a, *this->b);'
begin "as much as there is" '7' 'this->p = (char *)alloca(256); this->p[255] = 7; trace(this->p[255]);'
begin "more by scratchsize" '4' 'this->p = (char *)alloca(5000); this->p[4999] = 4; trace(this->p[4999]);' -x scratchsize=8k
begin "bcopy" 'cephtap' 'this->p = (char *)alloca(16); bcopy(curthread->comm, this->p, 16); trace(stringof(this->p));'
begin "bcopy within" '0 1 2 3 1 2' 'this->p = (char *)alloca(8); this->p[1] = 1; this->p[2] = 2; this->p[3] = 3; bcopy(this->p + 1, this->p + 4, 2);
	printf("%d %d %d %d %d %d", this->p[0], this->p[1], this->p[2], this->p[3], this->p[4], this->p[5]);'
begin "bcopy of nothing" '0' 'this->p = (char *)alloca(8); bcopy(curthread->comm, this->p, 0); trace(*this->p);'
begin "bcopy by a variable's size" 'ceph' 'this->p = (char *)alloca(16); n = 4; bcopy(curthread->comm, this->p, n); trace(stringof(this->p));'
same "copyinto" 'hello, world' -c "$target" -n 'lang:::texts { this->p = (char *)alloca(16); copyinto(arg0, 13, this->p); trace(stringof(this->p)); }'
same "copyinto a part" 'Hello' -c "$target" -n "lang:::texts { this->p = (char *)alloca(16); copyinto(arg0, 5, this->p); this->p[0] = 'H'; trace(stringof(this->p)); }"
same "each clause has its own" '1 0' -n 'BEGIN { this->p = (int *)alloca(4); *this->p = 1; printf("%d ", *this->p); } BEGIN { this->p = (int *)alloca(4); printf("%d", *this->p); exit(0); }'
begin "an address of alloca is not NULL" '1' 'this->p = (int *)alloca(4); trace(this->p != NULL);'

# The clause ends where the error is, and what it recorded is gone.
fault() { # NAME FAULT SENTENCE BODY
	local got
	got=$(timeout 20 "$CEPHTAP" -q -n "ERROR { printf(\"[%d]\", arg4); } BEGIN { printf(\"lost\"); $4 printf(\"lost\"); } BEGIN { printf(\"next\"); exit(0); }" 2>"$err")
	if grep -q "$3" "$err"; then report "$1" "[$2]next" "$got"; else echo "not ok $1 - $(cat "$err") $got"; fi
}
bad() { # NAME BODY
	fault "$1" 1 'invalid address (0x' "$2"
}
bad "a write behind the end" 'this->p = (int *)alloca(8); this->p[2] = 7;'
bad "a write that begins before the end" 'this->p = (char *)alloca(8); *(int *)(this->p + 6) = 7;'
bad "a write far behind" 'this->p = (int *)alloca(8); this->p[1000000] = 7;'
bad "a write before the start" 'this->p = (int *)alloca(8); this->p[-1] = 7;'
bad "a write by NULL" 'this->p = (int *)NULL; *this->p = 7;'
bad "a write by an address from nowhere" 'this->p = (int *)0x1234; *this->p = 7;'
bad "a write to the kernel" 'this->p = (int *)&curthread->pid; *this->p = 7;'
bad "a read behind the end" 'this->p = (int *)alloca(8); trace(this->p[2]);'
bad "a read before the start" 'this->p = (int *)alloca(8); trace(this->p[-1]);'
bad "an update behind the end" 'this->p = (int *)alloca(8); this->p[2] += 7;'
bad "a step before the start" 'this->p = (int *)alloca(8); this->p[-2]++;'
bad "text behind the end" 'this->p = (char *)alloca(8); trace(stringof(this->p + 8));'
bad "alloca of nothing" 'this->p = (char *)alloca(0); *this->p = 1;'
bad "bcopy past the end" 'this->p = (char *)alloca(8); bcopy(curthread->comm, this->p, 9);'
bad "bcopy before the start" 'this->p = (char *)alloca(8); bcopy(curthread->comm, this->p - 1, 8);'
bad "bcopy to nowhere" 'bcopy(curthread->comm, (void *)8, 8);'
bad "bcopy from nowhere" 'this->p = (char *)alloca(8); bcopy((void *)8, this->p, 8);'
bad "bcopy of a negative size" 'this->p = (char *)alloca(8); n = -1; bcopy(curthread->comm, this->p, n);'
bad "copyinto from nowhere" 'this->p = (char *)alloca(8); copyinto(8, 8, this->p);'
bad "copyinto past the end" 'this->p = (char *)alloca(8); copyinto(8, 9, this->p);'
fault "more than there is" 5 'out of scratch space' 'this->p = alloca(257);'
fault "more than there is, step by step" 5 'out of scratch space' 'alloca(128); alloca(120); alloca(9);'
fault "more than any number" 5 'out of scratch space' 'n = -1; alloca(n);'
same "a pointer of an earlier clause" 'next' -n 'BEGIN { p = (int *)alloca(8); } BEGIN { trace(*p); } BEGIN { printf("next"); exit(0); }'
grep -q 'invalid address' "$err" && echo "ok the error of that" || echo "not ok the error of that - $(cat "$err")"

refused() { # NAME SENTENCE BODY
	if "$CEPHTAP" -q -n "BEGIN { $3 exit(0); }" >"$TMP/out" 2>&1; then echo "not ok $1 - it is accepted"
	elif grep -q "$2" "$TMP/out"; then echo "ok $1"
	else echo "not ok $1 - $(head -1 "$TMP/out")"; fi
}
refused "the kernel's memory is not written" 'memory cannot be written' 'curthread->pid = 4;'
refused "alloca without a size" 'takes 1 argument' 'alloca();'
refused "alloca of text" 'must be `size_t`' 'alloca("8");'
refused "bcopy of two" 'takes 3 arguments' 'bcopy(curthread, curthread);'
refused "bcopy by numbers" 'must be `void \*`' 'bcopy(1, 2, 3);'
refused "bcopy has no value" 'void' 'x = bcopy(curthread, curthread, 8);'
