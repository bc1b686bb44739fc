#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Built-in variables of the stack agree with the stacks themselves; numbers, byte order, locks.
# time: 60
. "$TOP/test/e2e/lib-lang.sh"

begin "BEGIN has no stack" '0 0 0 0 0' 'printf("%d %d %d %d %d", caller, ucaller, stackdepth, ustackdepth, ipl);'
timeout 20 "$CEPHTAP" -q -n 'syscall::write:entry { printf("%d", stackdepth); stack(127); exit(0); }' >"$TMP/out" 2>"$err" &
tracer=$!
while kill -0 $tracer 2>/dev/null; do echo >/dev/null; sleep 0.05; done
depth=$(head -1 "$TMP/out" | grep -o '^[0-9]*')
frames=$(grep -c '`' "$TMP/out")
[ "${depth:-0}" -gt 0 ] && [ "$depth" = "$frames" ] && echo "ok stackdepth is as many as stack() has" || echo "not ok stackdepth is as many as stack() has - $depth, $frames"
same "ustackdepth and ucaller" '1 1' -c "$target" -n 'lang:::ints { printf("%d %d", ustackdepth > 1, ucaller != 0); }'
begin "rand" '1' 'a = rand(); b = rand(); c = rand(); trace(a != b || b != c);'
begin "byte order" '3412 78563412 8877665544332211 1' 'printf("%x %x %x %d", htons(0x1234), htonl(0x12345678), ntohll(0x1122334455667788), ntohs(htons(0xabcd)) == 0xabcd);'
begin "only so many bits" '3412 78563412' 'n = 0xffffffff12341234; printf("%x ", htons(n)); n = 0xff12345678; printf("%x", ntohl(n));'
begin "device numbers" '8 17' 'printf("%d %d", getmajor(0x800011), getminor(0x800011));'
begin "a mutex" '0 1 1 1 0' 'this->m = (uint64_t *)alloca(8); printf("%d ", mutex_owned(this->m)); *this->m = (uint64_t)curthread | 1;
	printf("%d %d %d %d", mutex_owned(this->m), mutex_owner(this->m) == curthread, mutex_type_adaptive(this->m), mutex_type_spin(this->m));'
begin "a lock of readers and writers" '0 0 0 1 0 0 0 1 1 0 0 1' 'this->l = (uint32_t *)alloca(4);
	printf("%d %d %d ", rw_read_held(this->l), rw_write_held(this->l), rw_iswriter(this->l)); *this->l = 0x400;
	printf("%d %d %d ", rw_read_held(this->l), rw_write_held(this->l), rw_iswriter(this->l)); *this->l = 0xff;
	printf("%d %d %d ", rw_read_held(this->l), rw_write_held(this->l), rw_iswriter(this->l)); *this->l = 0x100;
	printf("%d %d %d", rw_read_held(this->l), rw_write_held(this->l), rw_iswriter(this->l));'
begin "progenyof" '1 1 1 0' 'printf("%d %d %d %d", progenyof($pid), progenyof($ppid), progenyof(pid), progenyof(999999));'
for name in vtimestamp zonename root cwd uregs fds; do
	"$CEPHTAP" -q -n "BEGIN { trace($name); exit(0); }" >"$TMP/out" 2>&1
	grep -q 'DTrace has this variable, cephtap does not' "$TMP/out" && echo "ok $name is not there" || echo "not ok $name is not there - $(cat "$TMP/out")"
done
