#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cephtap stamp` on the installed ceph-osd: the copy is the original but for its section table, has the notes that --list
# says, and readelf, gdb and bpftrace read them; what cannot be stamped is refused and leaves nothing behind.
set -u
binary=/usr/bin/ceph-osd
[ -r $binary ] || { echo "skip stamp - no $binary"; exit 0; }
[ "$(uname -m)" = x86_64 ] || { echo "skip stamp - not x86_64"; exit 0; }
copy=$TMP/ceph-osd

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name - $*"; fi
}

stamp() { "$CEPHTAP" stamp "$@"; }

# What the kernel and ld.so see: all of it, but the two fields that say where the section headers are.
same_image() {
	cmp -l "$binary" "$copy" 2>"$TMP/eof" | awk '$1 < 41 || ($1 > 48 && $1 < 61) || $1 > 62 { bad = 1 } END { exit bad }' &&
		grep -q "EOF on $binary" "$TMP/eof" &&
		[ "$(readelf -lW $binary 2>&1 | sed '/Section to Segment/,$d')" = \
			"$(readelf -lW "$copy" 2>&1 | sed '/Section to Segment/,$d')" ] &&
		[ "$(readelf -dW $binary)" = "$(readelf -dW "$copy")" ]
}

umask 077
stamp $binary -o "$copy" >"$TMP/said" || { echo "not ok stamp - it failed"; exit 1; }
stamp $binary --list >"$TMP/list" || { echo "not ok list - it failed"; exit 1; }
sed -n 's/^\(ceph_[a-z]*\):\([a-z_]*\)  at.*/\1:\2/p' "$TMP/list" | sort >"$TMP/names"
notes=$(wc -l <"$TMP/names")
sort -u "$TMP/names" >"$TMP/uniq" # a marker with two places has two notes of one name
cat "$TMP/said"
check copy-is-the-original same_image
check mode [ "$(stat -c %a "$copy")" = "$(stat -c %a $binary)" ]
check runs [ "$("$copy" --version 2>/dev/null)" = "$($binary --version 2>/dev/null)" ]
check nothing-left [ "$(ls "$TMP"/ceph-osd*)" = "$copy" ]
check said grep -q "$notes markers in notes, $(grep -c 'no note:' "$TMP/list") not" "$TMP/said"
check entries-only grep -q '^ceph_osd:::op-dequeue-done  no note' "$TMP/list"
check no-conditions grep -q '^ceph_osd:::op-recv  no note' "$TMP/list"

# ---- other people's readers ----
readelf -nW "$copy" >"$TMP/readelf" 2>"$TMP/readelf.err"
check readelf-warns [ ! -s "$TMP/readelf.err" ]
awk '/Provider:/ { p = $NF } $1 == "Name:" { print p ":" $2 }' "$TMP/readelf" | sort >"$TMP/seen"
check readelf-names cmp "$TMP/names" "$TMP/seen"
check no-semaphore [ "$(grep -c 'Semaphore: 0x0000000000000000' "$TMP/readelf")" = "$notes" ]
after() { grep -A2 "Name: $1\$" "$TMP/readelf"; }
check arguments grep -q 'Arguments: -8@$-2147483648 -8@$-2147483648 8@(%rsi) ' <(after op__enqueue)
check string grep -q 'Arguments: 8@(%rdx) -8@56(%rdx) 8@%rcx 8@%r8 4@8(%rsp)' <(after read__start)
if command -v gdb >/dev/null; then
	gdb -nx -q -batch -ex 'info probes stap ^ceph_' "$copy" 2>"$TMP/gdb.err" | awk '$1 == "stap" { print $2 ":" $3 }' |
		sort >"$TMP/seen"
	check gdb-names cmp "$TMP/names" "$TMP/seen"
	at=$(gdb -nx -q -batch -ex 'info probes stap ceph_bdev aio__write' "$copy" 2>/dev/null | awk '$1 == "stap" { print $4 }')
	check gdb-address [ $((at)) = $(($(sed -n 's/^ceph_bdev:aio__write  at \(0x[0-9a-f]*\),.*/\1/p' "$TMP/list"))) ]
else
	echo "skip gdb - not installed"
fi
if command -v bpftrace >/dev/null && [ "$(id -u)" = 0 ]; then
	bpftrace -l "usdt:$copy:*" 2>"$TMP/bpftrace.err" | sed "s,^usdt:$copy:,," | sort >"$TMP/seen"
	check bpftrace-names cmp "$TMP/uniq" "$TMP/seen"
else
	echo "skip bpftrace - not installed, or not root"
fi
if command -v perf >/dev/null; then
	mkdir "$TMP/perf"
	HOME=$TMP perf --buildid-dir "$TMP/perf" buildid-cache -a "$copy" >"$TMP/perf.out" 2>&1
	find "$TMP/perf" -name probes -exec cat {} + | sed -n 's/^%sdt_\([^=]*\)=.*/\1/p' | sort >"$TMP/seen"
	check perf-names cmp "$TMP/uniq" "$TMP/seen"
else
	echo "skip perf - not installed"
fi

# ---- refusals ----
refused() { # NAME SENTENCE ARGUMENT...: status 1, one line, nothing written
	local name=$1 sentence=$2 before status
	shift 2
	before=$(ls -l "$TMP/no")
	stamp "$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
	if [ $status = 1 ] && [ "$(wc -l <"$TMP/err")" = 1 ] && grep -q -- "$sentence" "$TMP/err" && [ ! -s "$TMP/out" ] &&
		[ "$(ls -l "$TMP/no")" = "$before" ]; then
		echo "ok $name"
	else
		echo "not ok $name - status $status, $(cat "$TMP/err")"
	fi
}

mkdir "$TMP/no"
cp $binary "$TMP/no/ceph-osd"
ln "$TMP/no/ceph-osd" "$TMP/no/hard"
ln -s ceph-osd "$TMP/no/soft"
echo text >"$TMP/no/ceph-mon"
head -c 100000 $binary >"$TMP/no/rados"
refused not-elf 'not an ELF file' "$TMP/no/ceph-mon" -o "$TMP/no/x"
refused cut-short 'rados' "$TMP/no/rados" -o "$TMP/no/x"
refused absent 'No such file' "$TMP/no/absent" -o "$TMP/no/x"
refused folder 'is not a plain file' "$TMP/no" -o "$TMP/no/x"
refused has-markers 'has SDT markers already' "$copy" -o "$TMP/no/x"
refused not-ceph "not a file that the catalogue has markers for" /bin/true -o "$TMP/no/x"
refused itself 'is the binary itself' "$TMP/no/ceph-osd" -o "$TMP/no/ceph-osd"
refused hard-link 'is the binary itself' "$TMP/no/ceph-osd" -o "$TMP/no/hard"
refused symbolic-link 'symbolic link' "$TMP/no/ceph-osd" -o "$TMP/no/soft"
refused to-a-folder 'not a file' "$TMP/no/ceph-osd" -o "$TMP/no"
refused to-nowhere 'No such file' "$TMP/no/ceph-osd" -o "$TMP/no/absent/x"

# One byte of the build-id changed: no layout card is for this build.
id=$(readelf -nW $binary 2>/dev/null | sed -n 's/.*Build ID: *//p')
python3 - "$TMP/no/ceph-osd" "$id" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    at = f.read(65536).find(bytes.fromhex(sys.argv[2]))
    f.seek(at)
    f.write(b"\0\1\2\3")
END
refused no-card 'no layout card' "$TMP/no/ceph-osd" -o "$TMP/no/x"

# A limit on file sizes is the full disk that needs no disk.
(
	ulimit -f 1000
	trap '' XFSZ
	stamp $binary -o "$TMP/no/x" 2>"$TMP/err"
	echo "status $?" >>"$TMP/err"
)
check full-disk grep -q 'cannot be written: File too large' "$TMP/err"
check full-disk-status grep -q 'status 1' "$TMP/err"
check full-disk-leaves-nothing [ -z "$(find "$TMP/no" -name 'x*')" ]
stamp $binary >"$TMP/out" 2>&1
check usage [ $? = 2 ]

# It may replace an older copy.
check again stamp $binary -o "$copy"
