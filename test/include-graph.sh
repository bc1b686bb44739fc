#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Data goes one way: a stage knows lib/, the probes, the plug-ins and earlier stages, nothing later. The table says what a
# folder of src/ may include besides its own files; src/*.c (the command and its pipeline) may include all. Single headers
# in it are exceptions: the grammar of printf formats, which the checker uses, stands beside their printing (report.h); the
# reader of records calls a report's operations (report.h); names of daemons have a size (daemons.h).
allowed='
lib:
probe:  lib ceph
ceph:   lib probe
provider: lib
ast:    lib probe
check:  lib probe ast func agg options.h report/report.h
ebpf:   lib probe ast check func agg options.h ceph/daemons.h
engine: lib probe ebpf options.h ceph/daemons.h
record: lib probe ebpf/image.h check func agg options.h report/report.h
report: lib probe ebpf/image.h check func agg options.h record
recording: lib probe ebpf/image.h check func agg options.h record report
func:   lib probe ast check ebpf record report agg options.h ceph/daemons.h
agg:    lib probe ast check ebpf func options.h
cmd:    *
'
# The stages without files, globals or privilege may not even see how to reach the host.
pure='ast check ebpf'
host='bpf/ fcntl.h unistd.h dirent.h sys/stat.h sys/mman.h gelf.h libelf.h elfutils/'

cd "$(dirname "$0")/.." || exit 1
bad=$(find src -mindepth 2 -name '*.[ch]' | sort | xargs awk -v allowed="$allowed" -v pure="$pure" -v host="$host" '
BEGIN {
	rows = split(allowed, row, "\n")
	for (i = 1; i <= rows; i++) {
		words = split(row[i], word, " +")
		sub(":", "", word[1])
		for (j = 1; j <= words; j++)
			may[word[1], word[j]] = 1
	}
	words = split(pure, word, " "); for (i in word) is_pure[word[i]] = 1
	hosts = split(host, host_header, " ")
}
FNR == 1 { split(FILENAME, path, "/"); folder = path[2] }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	to = part[2]; to_folder = to
	if (index(to, "/") == 0 && to != "options.h" && to != "pipeline.h") next # beside the file itself
	sub("/.*", "", to_folder)
	if (!may[folder, to_folder] && !may[folder, to] && !may[folder, "*"])
		print FILENAME ":" FNR ": src/" folder " may not include " to
}
/^[ \t]*#[ \t]*include[ \t]*</ && is_pure[folder] {
	split($0, part, "[<>]")
	for (i = 1; i <= hosts; i++)
		if (index(part[2], host_header[i]) == 1)
			print FILENAME ":" FNR ": src/" folder " is pure and may not include <" part[2] ">"
}')
if [ -n "$bad" ]; then
	echo "$bad"
	echo "not ok include-graph - $(echo "$bad" | wc -l) includes go the wrong way, first $(echo "$bad" | head -n 1)"
	exit 1
fi
echo "ok include-graph"
