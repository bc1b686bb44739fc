#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs and libraries of Debian that carry markers, unmodified, from their packages: some of their markers fire, and have the
# values that their documentation says.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip packages - needs root"; exit 0; }
tap() { timeout 60 "$CEPHTAP" -q "$@" 2>"$TMP/err"; }
equal() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1 - expected $2, got $3; $(head -n 2 "$TMP/err" | tr '\n' ' ')"; fi
}
has() { readelf -n "$1" 2>/dev/null | grep -q "Provider: $2$"; }

# ---- CPython: what it imports, collects and audits
python=/usr/bin/python3.11
if [ -x $python ] && has $python python; then
	got=$(tap -n 'python$target:::import-find-load-start { @[copyinstr(arg0)] = count(); } python$target:::import-find-load-done /copyinstr(arg0) == "colorsys"/ { printf("found %d ", arg1); }
		python$target:::gc-start /arg0 == 1/ { @g = count(); } END { printa("gc %@u", @g); }' -c "$python -S -E -c 'import colorsys, gc; gc.disable(); [gc.collect(1) for i in range(6)]'" | tr -d '\n')
	equal python "found 1 gc 6" "$(sed 's/ *$//' <<<"$got" | grep -o 'found 1 gc 6')"
	got=$(tap -n 'python$target:::audit /copyinstr(arg0) == "open"/ { @ = count(); } END { printa("%@u", @); }' -c "$python -S -E -c 'for i in range(5): open(\"/dev/null\").close()'" | tr -d ' \n')
	[ "${got:-0}" -ge 5 ] && echo "ok python-audit" || echo "not ok python-audit - $got opens"
else
	echo "skip python - no $python with markers"
fi

# ---- libstdc++: the same exception is thrown, caught and thrown again
cat >"$TMP/throw.cc" <<'CC'
#include <stdexcept>
int main() {
	int n = 0;
	for (int i = 0; i < 7; i++)
		try { try { throw std::runtime_error("x"); } catch (...) { throw; } } catch (std::exception &) { n++; }
	return n != 7;
}
CC
stdcxx=$(ldconfig -p | sed -n 's/.*libstdc++.so.6 .*=> //p' | head -n 1)
if command -v g++ >/dev/null && [ -n "$stdcxx" ] && has "$stdcxx" libstdcxx; then
	g++ -O2 -o "$TMP/throw" "$TMP/throw.cc"
	got=$(tap -n 'libstdcxx$target:::throw { self->object = arg0; @t = count(); } libstdcxx$target:::catch /arg0 == self->object/ { @c = count(); }
		libstdcxx$target:::rethrow /arg0 == self->object/ { @r = count(); } END { printa("%@u ", @t); printa("%@u ", @c); printa("%@u", @r); }' -c "$TMP/throw")
	equal libstdc++ "7 14 7" "$got"
else
	echo "skip libstdc++ - no g++, or it has no markers"
fi

# ---- glibc: longjmp with its value
cat >"$TMP/jump.c" <<'C'
#include <setjmp.h>
static jmp_buf there;
int main(void) {
	for (volatile int i = 1; i <= 5; i++)
		if (!setjmp(there)) longjmp(there, 40 + i);
	return 0;
}
C
libc=$(ldconfig -p | sed -n 's/.*libc.so.6 .*=> //p' | head -n 1)
if command -v gcc >/dev/null && [ -n "$libc" ] && has "$libc" libc; then
	gcc -O1 -o "$TMP/jump" "$TMP/jump.c"
	got=$(tap -n 'libc$target:libc.so.6::setjmp { @s = count(); } libc$target:libc.so.6::longjmp { @[(int)arg1] = count(); }
		libc$target:libc.so.6::longjmp_target { @t = sum((int)arg1); } END { printa("%@u ", @s); printa("%d=%@u ", @); printa("%@d", @t); }' -c "$TMP/jump")
	[[ $got =~ ^([0-9]+)\ (.*)\ (.*)$ ]] || true
	equal glibc "41=1 42=1 43=1 44=1 45=1 215" "$(grep -o '41=1.*' <<<"$got")"
else
	echo "skip glibc - no gcc, or it has no markers"
fi

# ---- PostgreSQL: the text of a query, transactions
postgres=$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | head -n 1)
if [ -z "$postgres" ] || ! command -v setpriv >/dev/null || ! getent passwd postgres >/dev/null; then
	echo "skip postgresql - not installed"
	exit 0
fi
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups env -i PATH="$PATH" LC_ALL=C "$@"; }
data=$(mktemp -d /tmp/cephtap-pg.XXXXXX) && chown postgres "$data"
as_postgres "${postgres%/*}/initdb" -D "$data/db" >"$TMP/out" 2>&1 || { echo "skip postgresql - initdb: $(tail -n 1 "$TMP/out")"; exit 0; }
printf 'select 1;\nselect 2 + 3;\nbegin; commit;\n' >"$data/queries" && chmod 644 "$data/queries"
cat >"$data/run.sh" <<SH
#!/bin/sh
exec setpriv --reuid postgres --regid postgres --clear-groups env -i PATH=$PATH LC_ALL=C $postgres --single -D $data/db postgres <$data/queries >/dev/null 2>&1
SH
chmod 755 "$data/run.sh"
rm -f "$TMP/pg"
"$CEPHTAP" -q -o "$TMP/pg" -W postgres -n 'postgresql*:::query-start { @[copyinstr(arg0)] = count(); } postgresql*:::transaction-start { @t = count(); }
	postgresql*:::transaction-commit { @c = count(); } END { printa("query %s=%@u\n", @); printa("transactions %@u\n", @t); printa("commits %@u\n", @c); }' 2>"$TMP/err" &
tapper=$!
wait_for 60 grep -q "waiting for a process" "$TMP/err"
mkfifo "$data/asked" && chown postgres "$data/asked"
(as_postgres "$postgres" --single -D "$data/db" postgres <"$data/asked" >/dev/null 2>&1) &
server=$!
exec 5>"$data/asked" # it runs for as long as this is open
lists_markers() { [ "$("$CEPHTAP" list 'postgresql*:::' 2>"$TMP/err" | grep -c postgresql)" -gt 50 ]; }
if wait_for 30 lists_markers; then echo "ok postgresql-list"; else echo "not ok postgresql-list - $(head -n 2 "$TMP/err")"; fi
traced() { "$PROGS/text_same" "$(pgrep -f "^$postgres --single -D $data/")" >/dev/null; [ $? = 1 ]; }
wait_for 30 traced
cat "$data/queries" >&5
exec 5>&-
wait $server
kill -INT $tapper 2>/dev/null
wait $tapper
grep -q '^query select 2 + 3;' "$TMP/pg" && echo "ok postgresql-query" || echo "not ok postgresql-query - $(tr '\n' '|' <"$TMP/pg") $(head -n 2 "$TMP/err")"
[ "$(sed -n 's/^transactions //p' "$TMP/pg")" -ge 3 ] && echo "ok postgresql-transactions" || echo "not ok postgresql-transactions - $(tr '\n' '|' <"$TMP/pg")"
rm -rf "$data"
