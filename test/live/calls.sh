#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# long
# time: 150
#
# The calls that one call makes, in three OSDs under load: as many as there were writes, each with the steps that it must have.
. "$TOP/test/live/lib-live.sh"

cluster_up --size 3
# shellcheck disable=SC2086 # $only is several words
"$CEPHTAP" report calls $only --trigger BlueStore::queue_transactions --functions 'BlueStore::*' --json >"$TMP/calls" 2>"$TMP/err" &
tracer=$!
tracers="$tracers $tracer"
await_begin $tracer
load write-4k 3 >"$TMP/load"
wait_for 30 ops_are_done
detach $tracer
echo "$([ $? = 0 ] && echo ok || echo not ok) status - $(head -n 3 "$TMP/err" | tr '\n' ' ')"
ops=$(sed -n 's/.* op_w=\([0-9]*\).*/\1/p' "$TMP/load")

# Names without parameters: which overloads there are is not the same in each build.
cat >"$TMP/check.py" <<'PY'
import json, sys
report, ops = json.load(open(sys.argv[1])), int(sys.argv[2])
counts, bad = {}, []
def walk(node, path):
    path = path + (node["function"].split("(")[0].replace("BlueStore::", ""),)
    counts[path] = counts.get(path, 0) + node["count"]
    if node["total_ns"] < sum(child["total_ns"] for child in node["calls"]):
        bad.append("%s: less than its parts" % "/".join(path))
    for child in node["calls"]:
        walk(child, path)
for tree in report["trees"]:
    walk(tree, ())
def verdict(name, good, why):
    print("ok " + name if good else "not ok %s - %s" % (name, why))
left_out = sum(report["left_out"].values())
top = ("queue_transactions",)
seen = report["count"]
verdict("sums", not bad, bad[:3])
verdict("functions", report["functions"] > 200, report["functions"])
verdict("writes", seen + left_out >= 3 * ops > 0, "%d and %d calls for %d writes of 3 copies" % (seen, left_out, ops))
verdict("unmatched", report["unmatched_returns"] == 0, report["unmatched_returns"])
verdict("no-exceptions", report["left_out"]["no_return"] == 0, report["left_out"])
for path in [("_txc_create",), ("_txc_write_nodes",), ("_txc_finalize_kv",), ("_txc_calc_cost",)]:
    verdict("once" + path[0], counts.get(top + path) == seen, "%s of %d" % (counts.get(top + path), seen))
write = top + ("_txc_add_transaction", "_write")
verdict("parents", counts.get(write, 0) >= 3 * ops - left_out, "%s of %d" % (counts.get(write), 3 * ops))
verdict("nested", counts.get(write + ("_do_write",)) == counts.get(write), counts.get(write + ("_do_write",)))
PY
python3 "$TMP/check.py" "$TMP/calls" "${ops:-0}" || echo "not ok check - $(head -n 3 "$TMP/err" | tr '\n' ' ')"
