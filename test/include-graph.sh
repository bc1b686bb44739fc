#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Data goes one way: a stage knows lib/, the probes, the plug-ins and earlier stages, nothing later. Readers of what a script sends
# know the schema alone: neither the script's tree, nor its types, nor the programs. The table says what a folder of src/, or one
# inside it, may include besides its own files; src/main.c may include all. A file has a row of its own where its
# folder is more. Functions and aggregations (func/, agg/) are plug-ins: one file has a row, its check, its code and what the reader
# does; the stages see only their tables, which show nothing of that. A single header is an exception: the reader of records calls a
# report's operations (report.h). What is in a folder of src/engine is one engine's alone.
allowed='
lib:
schema: lib agg/agg.h func/entry.h
probe:  lib ceph
ceph:   lib probe
provider: lib
plan:   lib schema probe/probe.h
front:  lib
front/d: lib plan probe func/func.h agg/agg.h front/front.h
front/d/ast: lib plan probe front/front.h
front/d/check: lib plan schema probe func/func.h func/call.h func/entry.h agg/agg.h front/d/ast
front/stap: lib
stap:   lib front/stap
code:   lib plan schema probe func/func.h agg/agg.h
types:  lib plan/type.h
engine: lib schema probe code plan
record: lib schema func/func.h agg/agg.h report/report.h
report: lib schema func/func.h agg/agg.h record
symbols: lib probe/functions.h probe/probe.h report
pictures: lib report
views:  lib schema agg/agg.h record report pictures
top:    lib schema agg/agg.h record report views
recording: lib schema func/func.h agg/agg.h record report
func:   lib schema code plan agg record report
func/func.h:
func/entry.h:
func/call.h:
agg:    lib schema code func/entry.h
run:    lib probe ceph front code plan types engine/engine.h schema func/func.h agg/agg.h record report recording symbols
cmd:    *
'
# Readers must not see these, not even by way of another header.
readers='schema record recording report views top pictures agg/agg.h func/func.h func/entry.h func/call.h'
unseen='front code plan'
# The stages without files, globals or privilege may not even see how to reach the host.
pure='front plan code'
host='bpf/ fcntl.h unistd.h dirent.h sys/stat.h sys/mman.h gelf.h libelf.h elfutils/'

cd "$(dirname "$0")/.." || exit 1
bad=$(find src -mindepth 2 -name '*.[ch]' | sort | xargs awk -v allowed="$allowed" -v readers="$readers" -v unseen="$unseen" -v pure="$pure" -v host="$host" '
BEGIN {
	rows = split(allowed, row, "\n")
	for (i = 1; i <= rows; i++) {
		words = split(row[i], word, " +")
		sub(":", "", word[1])
		has_row[word[1]]
		own[word[1]] = word[1]
		if (word[1] ~ /[.][ch]$/) sub("/[^/]*$", "", own[word[1]]) # beside the file itself
		for (j = 1; j <= words; j++)
			may[word[1], word[j]] = 1
	}
	words = split(pure, word, " "); for (i in word) is_pure[word[i]] = 1
	hosts = split(host, host_header, " ")
	words = split(readers, word, " "); for (i in word) reads[word[i]]
	words = split(unseen, word, " "); for (i in word) is_unseen[word[i]]
}
# The longest row that a path is in: of the file itself, else of a folder around it.
function room(path) {
	while (!(path in has_row) && sub("/[^/]*$", "", path));
	return path
}
function may_include(from, to) {
	if (may[from, "*"]) return 1
	for (;;) {
		if (to == from || to == own[from] || may[from, to]) return 1
		if (!sub("/[^/]*$", "", to)) return 0
	}
}
# What a file includes, by way of others too; `from` is the reader that it is asked for.
function look(file, from,    list, n, i) {
	if ((from, file) in looked) return
	looked[from, file]
	n = split(includes[file], list, " ")
	for (i = 1; i <= n; i++) {
		split(list[i], path, "/")
		if (path[1] in is_unseen)
			print "src/" from ": sees " list[i] " by way of src/" file
		else
			look(list[i], from)
	}
}
FNR == 1 {
	split(FILENAME, path, "/")
	folder = path[2]
	row_of = room(substr(FILENAME, 5))
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	to = part[2]
	if (index(to, "/") == 0) next # beside the file itself
	includes[substr(FILENAME, 5)] = includes[substr(FILENAME, 5)] " " to
	if (to ~ /^engine\/[^\/]*\// && folder != "engine")
		print FILENAME ":" FNR ": src/" folder " may not know one engine from another: " to
	if (!may_include(row_of, to))
		print FILENAME ":" FNR ": src/" row_of " may not include " to
}
/^[ \t]*#[ \t]*include[ \t]*</ && is_pure[folder] {
	split($0, part, "[<>]")
	for (i = 1; i <= hosts; i++)
		if (index(part[2], host_header[i]) == 1)
			print FILENAME ":" FNR ": src/" folder " is pure and may not include <" part[2] ">"
}
END {
	for (file in includes) {
		split(file, path, "/")
		if (path[1] in reads || file in reads)
			look(file, file)
	}
}')
# What a report shows of the time is given to it, so that a recording shows the same. (common.c tells how long it wrote.)
clocks=$(grep -nE '(^|[^a-z_])(time|localtime|localtime_r|clock_gettime|clock_ns|now_ns|moment_now|zone_of_host)\(' src/report/*.c src/views/*.c src/top/*.c src/pictures/*.c src/func/*.c |
	grep -vE '^src/report/common.c:.*(start = now_ns|mark_print_done)')
[ -z "$clocks" ] || bad="$bad${bad:+
}$clocks"
if [ -n "$bad" ]; then
	echo "$bad"
	echo "not ok include-graph - $(echo "$bad" | wc -l) lines look the wrong way, first $(echo "$bad" | head -n 1)"
	exit 1
fi
echo "ok include-graph"
