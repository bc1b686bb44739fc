#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cephtap weave` on a small tree in the shape of Ceph's: every kind of place, what is refused, undo; and the woven program does
# what the unwoven one does, with the switch on and off. The real tree is for `make check-weave`.
cd "$TMP" || exit 1
tree=$TMP/ceph
weave() { "$CEPHTAP" weave --catalogue "$TMP/c.cat" "$@"; }
say() { # NAME STATUS [WHY]
	if [ "$2" = 0 ]; then echo "ok $1"; else echo "not ok $1 - ${3:-$(tail -n 3 out err 2>/dev/null | tr '\n' ' ')}"; fi
}
refused() { # NAME WANTED-STATUS PATTERN ARGUMENT...: and the tree is as it was
	local name=$1 wanted=$2 pattern=$3 status
	shift 3
	cp -a "$tree" before
	weave "$@" >out 2>err
	status=$?
	if [ $status != "$wanted" ]; then
		say "$name" 1 "status $status: $(head -n 1 err)"
	elif ! grep -qE -- "$pattern" err; then
		say "$name" 1 "says: $(head -n 2 err | tr '\n' ' ')"
	elif ! diff -r before "$tree" >out; then
		say "$name" 1 "the tree was changed: $(head -n 2 out | tr '\n' ' ')"
	else
		say "$name" 0
	fi
	rm -rf before
}

make_tree() {
	rm -rf "$tree"
	mkdir -p "$tree/src/osd" "$tree/src/common" "$tree/src/include"
	cat >"$tree/CMakeLists.txt" <<-'END'
		cmake_minimum_required(VERSION 3.16)
		project(ceph
		  VERSION 18.2.7
		  LANGUAGES CXX C ASM)
		option(WITH_LTTNG "LTTng tracing is enabled" ON)
	END
	cat >"$tree/src/osd/OSD.h" <<-'END'
		#ifndef OSD_H
		#define OSD_H
		#include <string>
		#include <vector>
		namespace ceph { namespace osd {
		template <class T> class Queue final : public std::vector<T> {
		public:
		  int take(int n) { log("take"); return n > 2 ? n : -n; }
		  void log(const char *text);
		};
		} }
		#endif
	END
	cat >"$tree/src/osd/OSD.cc" <<-'END'
		// -*- mode:C++ -*-
		#include "OSD.h"

		#include <cstdio>
		#ifdef HAVE_OTHER
		#include "other.h"
		#endif
		#define dout(n) if ((n) < 5) printf("%s: ", __func__), printf
		using std::string;

		static int calls;
		static int cost(int n) { calls++; return n * 3; }
		template <class T> void ceph::osd::Queue<T>::log(const char *text) { printf("%s %zu\n", text, this->size()); }

		struct OSD {
		  struct Shard {
		    int whoami = 7;
		    int _enqueue(const string& name, int prio);
		    int _enqueue(int prio);
		    void nothing() {}
		  };
		  int value;
		  explicit OSD(int v);
		  ~OSD();
		  int lookup(const string& oid, int *out, bool deep = false);
		  void dispatch(int type) const;
		};

		OSD::OSD(int v) : value{v}
		{
		}

		OSD::~OSD() { dout(1)("gone %d\n", value); }

		int OSD::Shard::_enqueue(const string& name, int prio)
		{
		  int r = prio; /* a } in a comment, "(" in a text */ const char *text = "}){";
		  auto each = [&](int n) -> int { if (n) return n; return 1; };
		  struct local { int f() { return 3; } } l;
		  r += each(prio) + l.f() + (text[0] == '}');
		  // return in a comment;
		  return r;
		}

		int OSD::Shard::_enqueue(int prio)
		{
		  return _enqueue(string("x"), prio);
		}

		int OSD::lookup(const string& oid, int *out, bool deep)
		{
		  if (oid.empty())
		    return -22;
		  if (oid == "c") // it is known
		    return -2;
		  else if (deep) return cost(*out);
		  switch (oid.size()) {
		  case 1: return 1;
		  case 2:
		    {
		      int r = cost(2);
		      return r;
		    }
		  default:
		    break;
		  }
		#ifdef HAVE_OTHER
		  if (*out) {
		#else
		  if (!*out) {
		#endif
		    return cost(
		      *out + 1);
		  }
		  for (int i = 0; i < 3; i++)
		    if (i == *out) return i;
		    else
		      continue;
		  dout(1)("end of %s\n", oid.c_str());
		done:
		  return *out;
		}

		void OSD::dispatch(int type) const
		{
		  if (type == 1)
		    return;
		  dout(1)("type %d\n", type);
		}

		int main()
		{
		  OSD osd(4);
		  OSD::Shard shard;
		  ceph::osd::Queue<int> queue;
		  int out = 2;
		  shard.nothing();
		  int sum = shard._enqueue(5) + queue.take(4) + queue.take(1);
		  for (const char *oid : {"", "a", "bb", "c", "dddd"}) {
		    printf("%s %d", oid, osd.lookup(oid, &out));
		    printf(" %d\n", osd.lookup(oid, &out, true));
		  }
		  for (out = -1; out < 6; out++)
		    printf("%d\n", osd.lookup("long name", &out));
		  osd.dispatch(1);
		  osd.dispatch(2);
		  printf("sum %d calls %d\n", sum, calls);
		  return 0;
		}
	END
	sed -i 's/^done:$//' "$tree/src/osd/OSD.cc" # a label that nothing jumps to: a warning
}

marker() { # NAME TYPE SOURCE-LINES...: one argument, v
	local name=$1 type=$2 line
	shift 2
	printf 'marker %s\n  doc A marker.\n  stage queue\n  pair none\n  arg v %s what it is\n' "$name" "$type"
	for line; do printf '%s\n' "  $line"; done
}
make_catalogue() {
	{
		printf 'provider ceph_t\ndoc Markers for a test.\n'
		marker construct int32 'source any osd/OSD.cc return OSD::OSD(int v)' '  v = value'
		marker destroy pointer 'source any osd/OSD.cc entry OSD::~OSD()' '  v = this'
		marker enqueue string 'source any osd/OSD.cc entry OSD::Shard::_enqueue(const std::string& title, int prio)' \
			'  let text = title' '  when prio > 0 || whoami' '  v = text.c_str()'
		marker enqueue-end int32 'source any osd/OSD.cc return OSD::Shard::_enqueue(const string& name, int prio)' '  v = $ret'
		marker enqueue-two int32 'source any osd/OSD.cc return OSD::Shard::_enqueue(int p)' '  v = $ret + p * 0'
		marker looked int32 'source any osd/OSD.cc return OSD::lookup(const string& oid, int *out, bool deep)' '  v = $ret'
		marker looked-too int64 'source any osd/OSD.cc return OSD::lookup(...)' '  when deep' '  v = $ret'
		marker second-case uint8 'source any osd/OSD.cc after OSD::lookup(...)' '  at int r = cost ( 2 ) ;' '  v = r'
		marker at-end cstring 'source any osd/OSD.cc before OSD::lookup(...)' '  at dout(1)("end of %s\n", oid.c_str());' '  v = oid.c_str()'
		marker leave int32 'source any osd/OSD.cc return OSD::dispatch(int type)' '  v = type'
		marker nothing int32 'source any osd/OSD.cc entry Shard::nothing()' '  v = whoami'
		marker take int32 'source any osd/OSD.h return ceph::osd::Queue::take(int n)' '  v = $ret'
		marker logged cstring 'source any osd/OSD.cc entry Queue::log(const char *text)' '  v = text'
	} >c.cat
}

# --- Weaving, twice, and back ----------------------------------------------------------------------------------------------

make_catalogue
make_tree
chmod 750 "$tree/src/osd/OSD.cc"
cp -a "$tree" unwoven
weave --check "$tree" >out 2>err
say "check finds every place" $?
say "check writes nothing" "$(diff -r unwoven "$tree" >/dev/null; echo $?)"
say "check tells function and calls" "$(grep -qE '^ceph_t:::looked +src/osd/OSD.cc:[0-9]+ return OSD::lookup \(8\)$' out; echo $?)"
weave --check --json "$tree" >check.json 2>err
say "json" "$(python3 -c '
import json
m = json.load(open("check.json"))
one = [x for x in m["markers"] if x["name"] == "second-case"][0]
assert m["release"] == "18.2.7" and len(m["markers"]) == 13 and one["where"] == "after" and one["calls"] == 1
assert one["args"] == [{"name": "v", "type": "uint8"}]' 2>err; echo $?)"
weave --diff "$tree" >tree.patch 2>err
say "diff" $?
weave "$tree" >out 2>err
say "weave" $?
say "the mode of a file stays" "$([ "$(stat -c %a "$tree/src/osd/OSD.cc")" = 750 ]; echo $?)"
cp -a "$tree" woven
cp -a unwoven patched
say "patch applies the diff" "$(cd patched && patch -s -p1 --no-backup-if-mismatch <../tree.patch; echo $?)"
rm -f patched/*.orig
say "and gives the same tree" "$(diff -r -x cephtap-weave.patch patched woven >out; echo $?)"
weave "$tree" >out 2>err
say "twice is once" "$(diff -r woven "$tree" >/dev/null; echo $?)"
sed -i '1i // a line of somebody else' "$tree/src/osd/OSD.cc"
weave "$tree" >out 2>err
weave --undo "$tree" >out 2>err
say "undo keeps what was changed elsewhere" "$(sed 1d "$tree/src/osd/OSD.cc" | cmp -s - unwoven/src/osd/OSD.cc; echo $?)"
sed -i 1d "$tree/src/osd/OSD.cc"
say "undo is byte for byte" "$(diff -r unwoven "$tree" >out; echo $?)"
weave --undo "$tree" >out 2>err
say "undo of nothing" "$(grep -q 'no markers' out; echo $?)"
printf '%s' "$(cat unwoven/src/osd/OSD.cc)" >"$tree/src/osd/OSD.cc"
cp -a "$tree" no-newline
weave "$tree" >out 2>err && weave --undo "$tree" >out 2>err
say "a file without a newline at its end" "$(diff -r no-newline "$tree" >out; echo $?)"

# --- The woven program -----------------------------------------------------------------------------------------------------

build() { # TREE OUTPUT OPTION...
	local from=$1 output=$2
	shift 2
	"${CXX:-c++}" -std=c++17 -O2 -Wall -Wno-format-security -Werror=return-type "$@" -I "$from/src" -c -o "$output.o" "$from/src/osd/OSD.cc" 2>err &&
		"${CXX:-c++}" -o "$output" "$output.o"
}
mkdir on off
echo '#define WITH_SYSTEMTAP' >on/ceph_markers_config.h
: >off/ceph_markers_config.h
build unwoven plain
say "unwoven compiles" $?
build woven with -I on
say "woven compiles, on" $?
build woven without -I off
say "woven compiles, off" $?
./plain >plain.out
./with >with.out
./without >without.out
say "woven does the same, on" "$(cmp -s plain.out with.out; echo $?)" "$(diff plain.out with.out | head -n 2 | tr '\n' ' ')"
say "woven does the same, off" "$(cmp -s plain.out without.out; echo $?)"
code() { objdump -d --no-show-raw-insn "$1" | sed -n 's/^ *[0-9a-f]*:\t//p'; }
say "off is the same code" "$(cmp -s <(code plain.o) <(code without.o); echo $?)"
say "off has no notes" "$(readelf -SW without.o | grep -qE 'stapsdt|note.cephtap|probes'; echo $((1 - $?)))"
python3 "$TOP/test/weave/notes.py" check.json with >out 2>err
say "notes are as the catalogue says" $? "$(grep '^not' out | head -n 2 | tr '\n' ' ')"

# --- What is refused -------------------------------------------------------------------------------------------------------

sed -i 's/int OSD::lookup(const string& oid, int \*out/int OSD::lookup(const string\& oid, long *out/; s/OSD::dispatch/OSD::dispatched/' "$tree/src/osd/OSD.cc"
refused "a function with other parameters" 1 'looked +no: src/osd/OSD.cc has OSD::lookup, but with other parameters' "$tree"
refused "a function that is gone" 1 'leave +no: src/osd/OSD.cc has no function OSD::dispatch' "$tree"
weave --partial "$tree" >out 2>err
say "partial leaves them out" "$(grep -q '11 markers' out && ! grep -q CEPH_T_LEAVE "$tree/src/common/ceph_markers.h"; echo $?)"
make_tree
sed -i 's/int r = cost(2);/int r = cost(2); r = r; { int r = cost(2); (void)r; }/' "$tree/src/osd/OSD.cc"
refused "a statement that is there twice" 1 'second-case +no: OSD::lookup in src/osd/OSD.cc has .* more than once' "$tree"
make_tree
sed -i 's/int r = cost(2);/int r = cost(3);/' "$tree/src/osd/OSD.cc"
refused "a statement that is gone" 1 'second-case +no: OSD::lookup in src/osd/OSD.cc has no ' "$tree"
make_tree
echo 'int broken( {' >>"$tree/src/osd/OSD.cc"
refused "a file that is no C++" 1 'OSD.cc cannot be understood: line [0-9]+: ' "$tree"
make_tree
rm "$tree/src/osd/OSD.h"
refused "a file that is gone" 1 'take +no: there is no file src/osd/OSD.h' "$tree"
make_tree
sed -i '/WITH_LTTNG/d' "$tree/CMakeLists.txt"
refused "a CMakeLists.txt without options" 1 'CMakeLists.txt has no option beside which' "$tree"
refused "a folder that is no Ceph" 1 'is not a source tree of Ceph' "$tree/src"
refused "no folder" 1 'cannot be read' "$tree/nowhere"
refused "no argument" 2 'which tree'
refused "two wishes" 2 'one of --check' --undo --diff "$tree"
refused "json alone" 2 'goes with --check' --json "$tree"
make_tree
weave "$tree" >out 2>err
sed -i 's/CEPH_T_SECOND_CASE(r)/CEPH_T_SECOND_CASE(r + 1)/' "$tree/src/osd/OSD.cc"
refused "undo of a call that was changed" 1 'src/osd/OSD.cc has been changed near line' --undo "$tree"
refused "weaving it" 1 'src/osd/OSD.cc has been changed near line' "$tree"
make_tree
weave "$tree" >out 2>err
cut=$(head -c 3000 "$tree/cephtap-weave.patch")
printf '%s' "$cut" >"$tree/cephtap-weave.patch"
refused "a damaged patch" 1 'cephtap-weave.patch is damaged' --undo "$tree"
printf -- '--- a/x\n+++ b/../../etc/passwd\n@@ -1,1 +1,1 @@\n-a\n+b\n' >"$tree/cephtap-weave.patch"
refused "a patch that leads out of the tree" 1 'cephtap-weave.patch is damaged' --undo "$tree"
rm "$tree/cephtap-weave.patch"
refused "markers without a patch" 1 'has markers, but no cephtap-weave.patch' "$tree"
make_tree
marker wrong int32 'source any osd/OSD.cc entry OSD::~OSD()' '  w = 1' >>c.cat
refused "a catalogue that is wrong" 1 'argument v of marker wrong is missing' "$tree"
make_catalogue
marker again int32 'source any osd/OSD.cc entry OSD::~OSD()' '  v = 1' >>c.cat
cp c.cat more.cat
make_catalogue
weave "$tree" >out 2>err
cp more.cat c.cat
weave "$tree" >out 2>err
say "weaving anew adds a marker" "$(grep -q CEPH_T_AGAIN "$tree/src/osd/OSD.cc"; echo $?)"
weave --undo "$tree" >out 2>err
say "and takes it out" "$(diff -r unwoven "$tree" >out; echo $?)"
if mount -t tmpfs -o size=64k weave "$tree" 2>/dev/null; then
	cp -a unwoven/. "$tree"
	head -c 20k /dev/zero >"$tree/filler"
	weave "$tree" >out 2>err
	status=$?
	rm "$tree/filler"
	say "a full disk" "$([ $status = 1 ] && grep -q 'cannot write to .*; nothing was changed' err && diff -r unwoven "$tree" >out; echo $?)"
	umount "$tree"
else
	echo "skip a full disk - needs the right to mount"
fi
