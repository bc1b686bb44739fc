#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Actions that change the traced process, on processes of the test's own; and that they need -w, and what is refused even so.
# time: 120
. "$TOP/test/e2e/lib-lang.sh"
. "$TOP/test/lib.sh"

# Writes what it has in memory, which is "hello", once it is traced.
writer=$TMP/writer.py
cat >"$writer" <<'END'
import ctypes, os
text = ctypes.create_string_buffer(b"hello, world")
libc = ctypes.CDLL(None)
libc.write(1, text, 12)
END
here='syscall::write:entry /pid == $target && arg0 == 1 && arg2 == 12/'
written() { # NAME EXPECTED BODY
	report "$1" "$2" "$(timeout 20 "$CEPHTAP" -q -w -c "python3 $writer" -n "$here { $3 }" 2>"$err" | tr '\0' '_')"
}
if timeout 20 "$CEPHTAP" -q -w -c true -n 'syscall::pause:entry { copyoutstr("", arg1, 0); }' 2>"$err"; then
	written "nothing is written by itself" 'hello, world' 'this->x = 1;'
	written "copyoutstr, with the final NUL" 'HI_lo, world' 'copyoutstr("HI", arg1, 12);'
	written "copyoutstr, at most so many bytes" 'Hello, world' 'copyoutstr("HI", arg1, 1);'
	written "copyoutstr of a variable" 'ab_lo, world' 's = "ab"; copyoutstr(s, arg1, 100);'
	written "copyoutstr of nothing" 'hello, world' 'copyoutstr("HI", arg1, 0);'
	written "copyout" 'hAllo, world' "this->p = (char *)alloca(1); this->p[0] = 'A'; copyout(this->p, arg1 + 1, 1);"
	written "copyout of what copyin gave" 'world, world' 'copyout(copyin(arg1 + 7, 5), arg1, 5);'
	written "an address that is none" 'hello, world' 'copyout(alloca(8), 8, 8);'
	grep -q 'invalid address (0x8)' "$err" && echo "ok the error of that" || echo "not ok the error of that - $(cat "$err")"
else
	case $(cat "$err") in
	*"copyoutstr() is not available on this kernel"*) echo "skip copyout - this kernel lets no program write to processes" ;;
	*) echo "not ok copyout - $(cat "$err")" ;;
	esac
fi

python3 -c '
import time
while True:
    time.sleep(0.02)' &
own=$!
there="syscall::clock_nanosleep:entry /pid == $own/"
timeout 20 "$CEPHTAP" -q -w -n "$there { stop(); exit(0); }" 2>"$err"
is_stopped() { grep -q 'State:.T' "/proc/$own/status"; }
wait_for 5 is_stopped && echo "ok stop" || echo "not ok stop - $(cat "$err")"
kill -CONT $own
timeout 20 "$CEPHTAP" -q -w -n "$there { n = 10; raise(n); exit(0); }" 2>"$err"
wait $own
[ $? = 138 ] && echo "ok raise" || echo "not ok raise - $(cat "$err")"
begin "chill" 'later' 'this->t = timestamp; chill(5000000); trace("later");' -w

refused() { # NAME SENTENCE OPTIONS...
	local name=$1 sentence=$2 out
	shift 2
	out=$(timeout 20 "$CEPHTAP" -q "$@" 2>&1) && { echo "not ok $name - it is accepted"; return; }
	case $out in *"$sentence"*) echo "ok $name" ;; *) echo "not ok $name - $(head -1 <<<"$out")" ;; esac
}
for call in 'raise(9)' 'stop()' 'copyout(alloca(1), 1, 1)' 'copyoutstr("x", 1, 1)' 'chill(1)'; do
	refused "$call needs -w" 'allow it with -w' -n "syscall::pause:entry { $call; }"
done
for call in 'raise(9)' 'stop()'; do
	refused "$call has no process in BEGIN" 'here there is none' -w -n "BEGIN { $call; }"
done
refused "panic" 'would stop the whole host' -w -n 'BEGIN { panic(); }'
refused "breakpoint" 'would stop the whole host' -w -n 'BEGIN { breakpoint(); }'
refused "a long chill" 'half a second' -w -n 'BEGIN { chill(500000001); }'
refused "a signal that is none" 'from 1 to 64' -w -n 'syscall::pause:entry { raise(65); }'
refused "raise without a signal" 'takes 1 argument' -w -n 'syscall::pause:entry { raise(); }'
refused "after speculate" 'may not follow' -w -n 'syscall::pause:entry { speculate(1); raise(9); }'
