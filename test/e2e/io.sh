#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 60
#
# report io on plain processes, no Ceph: counts and bytes of programs that do a known amount of I/O. Others on this host do
# what they like: the programs here have names of their own. Root is needed, and BTF.
set -u
. "$TOP/test/lib.sh"

[ "$(id -u)" = 0 ] || { echo "skip io - needs root"; exit 0; }
"$CEPHTAP" -q -n 'syscall::getpid:entry { } BEGIN { exit(0); }' >"$TMP/out" 2>&1 ||
	{ echo "skip io - $(head -n 1 "$TMP/out")"; exit 0; }

equal() { # NAME EXPECTED GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1 - expected $2, got $3; $(head -n 3 "$TMP/err" | tr '\n' ' ')"; fi
}
# The report until the command has ended: a table each second; when the first one is there, all is attached. Of all rows, as others
# may do more than the programs here.
during() { # OPTION... -- COMMAND
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	"$CEPHTAP" -s "$TMP/io.d" ${options[@]+"${options[@]}"} 1 >"$TMP/report" 2>"$TMP/err" &
	reporter=$!
	wait_for 60 grep -q '^SYSTEM CALLS BY' "$TMP/report"
	"$@"
	kill -INT $reporter
	wait $reporter
}
"$CEPHTAP" report io --script | sed 's/top(@[a-z_]*, [0-9]*);//g' >"$TMP/io.d"
# The rows of one table.
table() { awk -v name="$1" 'index($0, name) == 1 { on = 1; next } /^[A-Z][A-Z]/ || /^$/ { on = 0 } on' "$TMP/report"; }
# BYTES COUNT of the rows of a program in a table.
rows() { table "$1" | awk -v who="$2" -v way="$3" '$1 == who && $4 == way { bytes += $5; n += $6 } END { print bytes + 0, n + 0 }'; }

folder=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
trap 'rm -rf "$folder"' EXIT
cp "$(command -v dd)" "$TMP/ct_dd"
cp "$(command -v dd)" "$TMP/ct_direct"
known() {
	"$TMP/ct_dd" if=/dev/zero of="$folder/known" bs=64k count=100 conv=fsync status=none
	"$TMP/ct_dd" if="$folder/known" of=/dev/null bs=4k count=777 status=none
	"$TMP/ct_direct" if=/dev/zero of="$folder/direct" bs=64k count=32 oflag=direct status=none 2>/dev/null && echo yes >"$TMP/direct"
	python3 "$TMP/aio.py" "$folder/aio" 2>"$TMP/aio.err" && echo yes >"$TMP/aio"
}

# io_submit() by number: 20 writes of 8 KiB at once, fetched in one call, then 5 reads of 4 KiB.
cat >"$TMP/aio.py" <<'PY'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
class Block(ctypes.Structure):
    _fields_ = [("data", ctypes.c_uint64), ("key", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("op", ctypes.c_uint16),
                ("prio", ctypes.c_int16), ("fd", ctypes.c_uint32), ("buf", ctypes.c_uint64), ("size", ctypes.c_uint64),
                ("off", ctypes.c_int64), ("reserved", ctypes.c_uint64), ("flags2", ctypes.c_uint32), ("resfd", ctypes.c_uint32)]
def check(result):
    if result < 0: raise OSError(ctypes.get_errno(), "aio")
    return result
open("/proc/self/comm", "w").write("ct_aio")
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
context = ctypes.c_uint64()
check(libc.syscall(206, 64, ctypes.byref(context)))
room = ctypes.create_string_buffer(8192)
def run(op, size, n):
    blocks = [Block(op=op, fd=fd, buf=ctypes.addressof(room), size=size, off=i * size) for i in range(n)]
    pointers = (ctypes.c_void_p * n)(*[ctypes.addressof(b) for b in blocks])
    assert check(libc.syscall(209, context, ctypes.c_long(n), pointers)) == n
    events = (ctypes.c_uint64 * (4 * n))()
    assert check(libc.syscall(208, context, ctypes.c_long(n), ctypes.c_long(n), events, None)) == n
run(1, 8192, 20)
run(0, 4096, 5)
PY

during -- known
equal written "6553600 100" "$(rows 'SYSTEM CALLS BY' ct_dd write)"
equal flushed "1" "$(table 'FLUSHES BY' | awk '$1 == "ct_dd" { n += $5 } END { print n }')"
got=$(rows 'SYSTEM CALLS BY' ct_dd read) # the dynamic linker and locale files, too
[ "${got#* }" -ge 777 ] && [ "${got% *}" -ge $((777 * 4096)) ] && [ "${got% *}" -le $((777 * 4096 + 200000)) ] &&
	echo "ok read" || echo "not ok read - $got"
of_file() { table 'SYSTEM CALLS ON FILE' | awk -v file="${folder##*/}/known" -v way="$1" '$1 == file && $2 == way { bytes += $3; n += $4 } END { print bytes, n }'; }
equal file-written "6553600 100" "$(of_file write)"
equal file-read "$((777 * 4096)) 777" "$(of_file read)"
equal file-flushed "0 1" "$(of_file flush)"
if [ -e "$TMP/aio" ]; then
	equal aio-written "131072 16" "$(rows 'AIO FETCHED BY' ct_aio write)"
	equal aio-beyond "0 4" "$(table 'AIO FETCHED BY' | awk '$1 == "ct_aio" && /not looked at/ { print $(NF - 1), $NF }')"
	equal aio-read "20480 5" "$(rows 'AIO FETCHED BY' ct_aio read)"
else
	echo "skip aio - $(tail -n 1 "$TMP/aio.err")"
fi
if [ -e "$TMP/direct" ]; then
	equal block "2097152" "$(rows 'BLOCK I/O BY' ct_direct write | cut -d' ' -f1)"
	n=$(rows 'BLOCK I/O BY' ct_direct write | cut -d' ' -f2)
	[ "$n" -ge 2 ] && [ "$n" -le 64 ] && echo "ok block-count" || echo "not ok block-count - $n"
	device=$(table 'BLOCK I/O OF DEVICE' | awk '$2 == "write" { bytes += $3; if ($6 > $7) bad++ } END { print (bytes >= 2097152 && !bad) }')
	equal device 1 "$device"
	table 'QUEUE OF DEVICE' | awk '$3 >= 1 && $2 <= 100 * $3 { n++ } END { exit !n }' && echo "ok queue" ||
		echo "not ok queue - $(table 'QUEUE OF DEVICE' | tr '\n' '|')"
	sizes=$(awk '/^sizes of .*, write/ { on = 1; next } /^[a-z]/ || /^$/ { on = 0 } on && /\|/ { n += $NF } END { print n }' "$TMP/report")
	equal sizes "$(table 'BLOCK I/O OF DEVICE' | awk '$2 == "write" { n += $4 } END { print n }')" "$sizes"
else
	echo "skip block - the file system takes no direct I/O"
fi

# ---- one process alone
cat >"$TMP/one.py" <<'PY'
import os, sys, time
f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
r, w = os.pipe()
open(sys.argv[2], 'w').close()
while not os.path.exists(sys.argv[3]): time.sleep(0.05)
for i in range(250): os.pwrite(f, b'x' * 1000, i * 1000); os.write(w, b'not a file'); os.read(r, 10)
os.fdatasync(f)
open(sys.argv[2] + '.done', 'w').close()
time.sleep(60)
PY
python3 "$TMP/one.py" "$folder/one" "$TMP/there" "$TMP/go" &
one=$!
go() { touch "$TMP/go"; wait_for 30 test -e "$TMP/there.done"; }
during -p $one -- go
kill $one
equal no-ceph "" "$(table 'OSD ')" # of the chosen process: there may be OSDs on this host
equal chosen "250000 250" "$(rows 'SYSTEM CALLS BY' python3 write)"
equal no-other "$one" "$(table 'SYSTEM CALLS BY' | awk '{ print $2 }' | sort -u | tr -d '\n')"
equal no-pipe "" "$(table 'SYSTEM CALLS ON FILE' | grep -i pipe)"

# ---- nobody does anything
sleep 30 &
idle=$!
during -p $idle -- true
kill $idle
grep -q 'there was no I/O meanwhile' "$TMP/report" && echo "ok nothing" || echo "not ok nothing - $(tail -n 3 "$TMP/report")"
"$CEPHTAP" report io --seconds 2 >"$TMP/report" 2>"$TMP/err"
equal ten "yes" "$([ "$(table 'SYSTEM CALLS ON FILE' | wc -l)" -le 10 ] && echo yes)"
"$CEPHTAP" report io --json --seconds 1 >"$TMP/report" 2>"$TMP/err"
python3 -c "import json; assert [json.loads(line) for line in open('$TMP/report')]" && echo "ok json" || echo "not ok json"

# ---- what an aggregation without any probe would hold is not known: it is empty, and no more
"$CEPHTAP" -Z -q -n 'nosuch:::x { this->v = args[3]; @a[args[0]] = sum(this->v); } BEGIN { printa("%d %@d", @a); exit(0); }' >"$TMP/out" 2>"$TMP/err"
equal zdefs "0 " "$? $(cat "$TMP/out")"
