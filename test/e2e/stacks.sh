#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 150
#
# User stacks of a program without frame pointers, a thousand of them, against gdb at the same points; stacks as keys; of a
# process that has ended; of one that came later; the kernel's.
set -u
. "$TOP/test/lib.sh"
[ "$(uname -m)" = x86_64 ] || { echo "skip stacks - not x86_64"; exit 0; }
"$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>"$TMP/err" || { echo "skip stacks - $(head -n 1 "$TMP/err")"; exit 0; }
target=$BUILD/test/prog/stack_target
count=1000

check() { # NAME CONDITION...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $* ($(head -n 5 "$TMP/err" | tr '\n' '|'))"; fi
}

# ---- the same as gdb, address by address, from mark outwards to main; without address space randomisation, as under gdb
setarch -R "$CEPHTAP" --json -x bufsize=64m -n 'pid$target:a.out:mark:entry { printf("%d", (int)arg0); ustack(127); }' \
	-c "$target $count" >"$TMP/raw" 2>"$TMP/err"
cat >"$TMP/ours.py" <<'PYTHON'
import json, sys
for line in sys.stdin:
    event = json.loads(line)
    if event["type"] != "event":
        continue
    frames, out = event["data"][1]["value"], []
    for frame in frames:
        out.append(frame)
        if frame.get("function") == "main":
            break
    n = event["data"][0]["values"][0]
    print("%d:" % n, *["%x" % frame["pc"] for frame in out])
    print("%d:" % n, *[frame.get("function", "?") for frame in out], file=sys.stderr)
PYTHON
python3 "$TMP/ours.py" <"$TMP/raw" >"$TMP/ours" 2>"$TMP/names"
if command -v gdb >/dev/null; then
	cat >"$TMP/walk.py" <<-'PYTHON'
	import gdb
	class Mark(gdb.Breakpoint):
	    def stop(self):
	        frame, pcs = gdb.newest_frame(), []
	        n = int(frame.read_register("rdi"))
	        while frame is not None:
	            if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME): # which are on no stack
	                pcs.append("%x" % frame.pc())
	                if frame.name() == "main":
	                    break
	            frame = frame.older()
	        print("stack %d: %s" % (n, " ".join(pcs)))
	        return False
	gdb.execute("handle SIGUSR1 nostop noprint pass", to_string=True)
	gdb.execute("set pagination off")
	Mark("*mark")
	gdb.execute("run")
	PYTHON
	gdb -nx -batch -iex 'set debuginfod enabled off' -x "$TMP/walk.py" --args "$target" "$count" 2>"$TMP/gdb.err" |
		sed -n 's/^stack //p' >"$TMP/theirs"
	check stacks-gdb-count test "$(wc -l <"$TMP/theirs")" = "$count"
	check stacks-ours-count test "$(wc -l <"$TMP/ours")" = "$count"
	differ=$(diff "$TMP/ours" "$TMP/theirs" | grep -c '^<')
	check stacks-as-gdb test "$differ" = 0
	[ "$differ" = 0 ] || diff "$TMP/ours" "$TMP/theirs" | head -n 4
else
	echo "skip stacks-as-gdb - no gdb"
fi
check stacks-signal grep -q 'walk::on_signal.*walk::signalled' "$TMP/names"
check stacks-libc grep -q 'walk::compare .*qsort.* walk::sorted' "$TMP/names"
check stacks-main test "$(grep -c ' main$' "$TMP/names")" = "$count"

# ---- as keys: the same stack is one key; limits; the process has ended when they are printed
"$CEPHTAP" -q -n 'pid$target:a.out:mark:entry { @[ustack(2)] = count(); @all = count(); } END { printa("%k%@u\n", @); printa("all %@u\n", @all); }' \
	-c "$target $count" >"$TMP/keys" 2>"$TMP/err"
sum=$(awk '/^[0-9]+$/ { sum += $1 } END { print sum + 0 }' "$TMP/keys")
check stacks-keys test "$sum" = "$count"
check stacks-keys-limit test "$(grep -c '`' "$TMP/keys")" = "$(($(grep -c '`mark' "$TMP/keys") * 2))"
check stacks-keys-merge test "$(grep -c '`mark' "$TMP/keys")" -lt 20

# ---- a process that comes while the script runs, and samples
"$CEPHTAP" -q -n 'BEGIN { printf("begun\n"); } profile-997 /execname == "stack_target"/ { @[ustack()] = count(); } END { printa("%k%@u\n", @); }' \
	>"$TMP/later" 2>"$TMP/err" &
tracer=$!
wait_for 30 grep -q begun "$TMP/later"
"$target" 1 2
kill -INT $tracer
wait $tracer
check stacks-later test "$(grep -c '`main' "$TMP/later")" -gt 10
whole=$(awk '/`_start/ { whole = 1 } /^[0-9]+$/ { if (whole) sum += $1; all += $1; whole = 0 } END { print (all ? int(100 * sum / all) : 0) }' "$TMP/later")
check stacks-later-whole test "$whole" -ge 50 # beside other tests it takes longer until the tracer has looked

# ---- the kernel's
"$CEPHTAP" -q -n 'syscall::clock_nanosleep:entry /pid == $target/ { @[stack(3), ustack(3)] = count(); }' -c 'sleep 0.1' >"$TMP/kernel" 2>"$TMP/err"
check stacks-kernel grep -q 'vmlinux`' "$TMP/kernel"
check stacks-kernel-user grep -q 'libc.so.6`.*nanosleep' "$TMP/kernel"
"$CEPHTAP" --json -n 'syscall::clock_nanosleep:entry /pid == $target/ { ustack(3); }' -c 'sleep 0.1' >"$TMP/json" 2>"$TMP/err"
check stacks-json grep -q '"module":"libc.so.6","function":"[^"]*nanosleep' "$TMP/json"

# ---- without .eh_frame: by .debug_frame, compressed or not; else by the frame pointer, with a mark; else the stack ends and says so
cat >"$TMP/bare.c" <<'EOT'
#include <signal.h>
#define FUNCTION __attribute__((noinline)) void
FUNCTION mark(int n) { __asm__ volatile("" ::"r"(n) : "memory"); }
FUNCTION third(int n) { volatile int room[10]; room[n % 10] = n; mark(n); __asm__ volatile("" ::: "memory"); }
FUNCTION second(int n) { third(n + 1); __asm__ volatile("" ::: "memory"); }
FUNCTION first(int n) { second(n + 1); __asm__ volatile("" ::: "memory"); }
int main(void) { for (int i = 0; i < 50; i++) first(i); return 0; }
EOT
bare() { # NAME FLAGS...: its frames up to main in one line
	local name=$1
	shift
	gcc -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables -o "$TMP/$name" "$TMP/bare.c" "$@" || return
	"$CEPHTAP" -q -n 'pid$target:a.out:mark:entry { @[ustack()] = count(); }' -c "$TMP/$name" >"$TMP/$name.out" 2>"$TMP/err"
	sed -n "s/^ *$name\`\([a-z]*\)[+0-9a-fx]*/\1/p" "$TMP/$name.out" | grep -v _start | tr '\n' ' ' >"$TMP/$name.frames"
}
bare described -g -fomit-frame-pointer
bare packed -g -gz -fomit-frame-pointer
bare pointed -fno-omit-frame-pointer
bare bare -fomit-frame-pointer
whole='mark third second first main '
check stacks-debug-frame test "$(<"$TMP/described.frames")" = "$whole"
check stacks-debug-frame-end grep -q 'described`_start' "$TMP/described.out"
check stacks-debug-frame-packed test "$(<"$TMP/packed.frames")" = "$whole"
check stacks-guessed test "$(<"$TMP/pointed.frames")" = 'mark third second [guessed] first [guessed] main [guessed] '
check stacks-guessed-end grep -q 'pointed`_start' "$TMP/pointed.out"
check stacks-not-guessed test "$(<"$TMP/bare.frames")" = 'mark third '
check stacks-not-guessed-said grep -q '\[the rest is not known: the file has no call-frame information there\]' "$TMP/bare.out"
check stacks-not-guessed-count grep -q '^ *50$' "$TMP/bare.out"
"$CEPHTAP" -q --json -n 'pid$target:a.out:mark:entry { ustack(); exit(0); }' -c "$TMP/pointed" >"$TMP/json" 2>"$TMP/err"
check stacks-guessed-json grep -q '"function":"second",.*"guessed":true' "$TMP/json"

# ---- what is wrong is said
"$CEPHTAP" -e -n 'BEGIN { ustack(0); }' >/dev/null 2>"$TMP/err"
check stacks-none grep -q 'number of frames must be a constant above 0' "$TMP/err"
"$CEPHTAP" -e -n 'BEGIN { trace(ustack() + 1); }' >/dev/null 2>"$TMP/err"
check stacks-no-sum test $? != 0

# ---- functions that were inlined, where somebody asks for them: with their marks, as gdb's frames; without -x there are none
inline=$BUILD/test/prog/inline_target
"$CEPHTAP" -q -x inlines -n 'pid$target:a.out:probe:entry { @[ustack(2)] = count(); }' -c "$inline 20" >"$TMP/inlined" 2>"$TMP/err"
cat >"$TMP/want" <<'EOT'
inline_target`probe
inline_target`store::inner [inlined]
inline_target`store::counter<long>::middle [inlined]
inline_target`store::(anonymous namespace)::outer [inlined]
EOT
sed -n 's/^ *\(inline_target.*\)/\1/p' "$TMP/inlined" | grep -v '`store::run+' | head -n 4 >"$TMP/got"
check stacks-inlined diff "$TMP/want" "$TMP/got"
check stacks-inlined-holder grep -q '`store::run+0x' "$TMP/inlined"
check stacks-inlined-one-key test "$(grep -c '`probe$' "$TMP/inlined")" = 1
"$CEPHTAP" -q -n 'pid$target:a.out:probe:entry { @[ustack(2)] = count(); }' -c "$inline 20" >"$TMP/plain" 2>"$TMP/err"
check stacks-not-asked test "$(grep -c '`' "$TMP/plain")" = 2
"$CEPHTAP" --json -x inlines -n 'pid$target:a.out:probe:entry { ustack(2); }' -c "$inline 2" >"$TMP/json" 2>"$TMP/err"
check stacks-inlined-json grep -q '"function":"store::inner","inlined":true' "$TMP/json"
"$inline" 10 6 &
traced=$!
"$CEPHTAP" report profile --seconds 2 --hz 997 --inlines --folded -p $traced >"$TMP/folded" 2>"$TMP/err"
wait $traced
check stacks-inlined-folded grep -q '`store::words;.*_\[i\]' "$TMP/folded"

# ---- short names: on request in stacks, by themselves in the table of report profile, whole with -v
"$CEPHTAP" -q -x inlines -x shortnames -n 'pid$target:a.out:probe:entry { @[ustack(2)] = count(); }' -c "$inline 20" >"$TMP/short" 2>"$TMP/err"
check stacks-short grep -q 'inline_target`store::counter<...>::middle \[inlined\]' "$TMP/short"
check stacks-short-anonymous grep -q 'inline_target`store::(anon)::outer \[inlined\]' "$TMP/short"
"$inline" 10 12 &
traced=$!
"$CEPHTAP" report profile --seconds 2 --hz 997 -p $traced >"$TMP/table" 2>"$TMP/err"
"$CEPHTAP" report profile --seconds 2 --hz 997 -v -p $traced >"$TMP/whole" 2>"$TMP/err"
kill $traced
wait $traced 2>/dev/null
check stacks-short-table grep -q 'inline_target`std::vector<...>::' "$TMP/table"
check stacks-short-table-only test "$(grep -c 'std::allocator<' "$TMP/table")" = 0
check stacks-whole-table grep -q 'std::allocator<' "$TMP/whole"
"$CEPHTAP" report profile --seconds 1 --hz 997 --before "$TMP/folded" -p $$ >"$TMP/before" 2>"$TMP/err"
check stacks-short-before test "$(grep -c 'std::allocator<' "$TMP/before")" = 0
