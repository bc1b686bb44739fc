#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares what truth.d gathered with Ceph's own perf counters, for truth.sh.
#
#   truth.py snap SCRIPT PERF...                of perf dumps (one file an OSD): the values of those counters, as JSON
#   truth.py compare LABEL SNAP-BEFORE SNAP-AFTER TRACE PID...
#                                               the OSDs' process ids, in order; -PID: must not be in TRACE
#   truth.py report LABEL SNAP-BEFORE SNAP-AFTER REPORT
#                                               the output of `cephtap report osd --json`
import json, re, sys

SECTIONS = ("osd", "bluestore", "rocksdb")
# What truth.d calls as release 16 does, and 18 does not.
NEW_NAMES = {"bluestore_txc": "txc_count", "submit_lat": "txc_submit_lat", "commit_lat": "txc_commit_lat",
             "deferred_write_ops": "submitted_deferred_writes", "deferred_write_bytes": "submitted_deferred_write_bytes"}

# How far a mean may be off, where it is not 5 %: (low, high) of marker / counter, and doc/truth.md says why.
DEFAULT = (0.95, 1.05)
EXACT = None              # to the nanosecond: the marker has the very number that the counter adds
BOUNDS = {
    # Ceph ends these after it has handed the batch to the thread that finishes it, which often preempts this one.
    "kv_sync_lat": (0.85, 1.05),
    "kv_commit_lat": (0.85, 1.05),
    # Without need for a flush Ceph counts some tens of nanoseconds, the marker none.
    "kv_flush_lat": (0.85, 1.1),
}
for state in ("prepare", "aio_wait", "io_done", "kv_queued", "kv_commiting", "kv_done", "deferred_queued",
              "deferred_aio_wait", "deferred_cleanup", "finishing", "done"):
    BOUNDS["state_%s_lat" % state] = EXACT
# Probes cost microseconds, and of a probe at one end of a span the marker or the counter has them, not both; there a thread
# may also lose the processor, on a busy machine for tens of milliseconds. Where the whole takes less than a millisecond or
# happens a few hundred times, that is more than 5 %. So these may be off by nanoseconds for each, and in all, as well.
EACH_NS, ALL_NS = 15000, 150000000
SHORT = ("submit_latency", "op_before_queue_op_lat", "read_lat", "op_process_latency", "op_prepare_latency", "op_r_latency",
         "op_r_process_latency", "op_r_prepare_latency", "op_rw_latency", "op_rw_process_latency",
         "op_rw_prepare_latency", "kv_sync_lat", "kv_commit_lat", "kv_flush_lat")
# Counters that the loads do not move always, or not on each OSD.
RARE = ("op_rw", "op_rw_in_bytes", "op_rw_out_bytes", "op_rw_latency", "op_rw_process_latency", "op_rw_prepare_latency")

REPORT = {"read": ("op_r", "op_r_latency"), "write": ("op_w", "op_w_latency"), "rw": ("op_rw", "op_rw_latency"),
          "replica": ("subop_w", "subop_w_latency")}


def names(script):
    with open(script) as f:
        return [n for n in dict.fromkeys(re.findall(r"@(\w+)\[", f.read())) if not n.startswith("x_")]


def load(path):
    with open(path) as f:
        return json.load(f)


def snap(script, perfs):
    result = []
    for path in perfs:
        dump, values = load(path), {}
        for name in names(script):
            found = [dump[s][n] for s in SECTIONS for n in (name, NEW_NAMES.get(name)) if n in dump[s]]
            if len(found) != 1:
                sys.exit("no counter, or more than one, is called " + name)
            value = found[0]
            # Ceph prints seconds with 9 digits: whole nanoseconds.
            values[name] = [value["avgcount"], round(value["sum"] * 1e9)] if isinstance(value, dict) else [value]
        result.append(values)
    json.dump(result, sys.stdout, indent=0)


def delta(before, after):
    return [{k: [a - b for a, b in zip(after[i][k], before[i][k])] for k in after[i]} for i in range(len(after))]


class Verdict:
    def __init__(self, label):
        self.label, self.bad = label, 0

    def say(self, name, why):
        self.bad += bool(why)
        if why:
            print("not ok %s %s - %s" % (self.label, name, why))
        else:
            print("ok %s %s" % (self.label, name))


def within(name, counted, summed, count, total):
    """A sentence on what is wrong, or nothing; and the ratio of the sums."""
    if summed == 0:
        return (None, 1.0) if total == 0 else ("%d ns, the counter has none" % total, 0)
    ratio = total / summed
    bounds = BOUNDS.get(name, DEFAULT)
    if bounds is EXACT:
        return (None if total == summed else "sum %d ns, the counter has %d" % (total, summed)), ratio
    slack = EACH_NS * count + ALL_NS if name in SHORT else 0
    if not bounds[0] * summed - slack <= total <= bounds[1] * summed + slack:
        return "mean %.0f ns, the counter has %.0f: ratio %.4f, not in %.2f..%.2f" % (
            total / max(count, 1), summed / max(counted, 1), ratio, *bounds), ratio
    return None, ratio


def read_trace(path):
    aggs = {}
    with open(path) as f:
        for line in f:
            item = json.loads(line)
            if item["type"] == "aggregation":
                for row in item["rows"]:
                    aggs[item["name"], tuple(row["keys"])] = (row["count"], row["value"])
            elif item["type"] != "event":
                print("in the trace:", line, end="")
    return aggs


def compare(label, before, after, trace, pids):
    deltas, aggs, verdict = delta(load(before), load(after)), read_trace(trace), Verdict(label)
    print("%-28s %4s %10s %12s %12s %9s" % ("counter", "osd", "count", "mean, Ceph", "mean, marker", "ratio"))
    for name in deltas[0]:
        whys, moved = [], 0
        for osd, pid in enumerate(pids):
            want = deltas[osd][name]
            moved += want[0]
            got = aggs.get((name, (pid,)), (0, 0))
            if pid < 0:
                continue
            if len(want) == 1:
                if got[1] != want[0]:
                    whys.append("osd.%d: %d, the counter has %d" % (osd, got[1], want[0]))
                print("%-28s %4d %10d" % (name, osd, want[0]))
                continue
            if got[0] != want[0]:
                whys.append("osd.%d: %d times, the counter has %d" % (osd, got[0], want[0]))
            why, ratio = within(name, want[0], want[1], got[0], got[1])
            if why:
                whys.append("osd.%d: %s" % (osd, why))
            print("%-28s %4d %10d %12.0f %12.0f %9.4f" % (name, osd, want[0], want[1] / max(want[0], 1),
                                                         got[1] / max(got[0], 1), ratio))
        if not moved and name not in RARE:
            whys.append("the load did not move it")
        verdict.say(name, "; ".join(whys))
    traced, seen = {p for p in pids if p > 0}, {k[0] for n, k in aggs}
    # With --osd 1 another cluster on this host has an osd.1 too.
    strangers = sorted(seen - traced if len(traced) == len(pids) else seen & {-p for p in pids})
    verdict.say("only-these-processes", "process %s is there too" % strangers if strangers else None)
    wrong = ["%d is %s" % k for n, k in aggs if n == "x_daemon" and k[0] in pids and k[1].split("#")[0] != "osd.%d" % pids.index(k[0])]
    verdict.say("daemon-names", ", ".join(wrong))
    for n, k in sorted(aggs):
        if n == "x_fired" and k[0] == max(traced):
            print("%-40s %10d" % (k[1] + ":::" + k[2], aggs[n, k][0]))
    return verdict.bad


def report(label, before, after, output):
    deltas, verdict, rows = delta(load(before), load(after)), Verdict(label), {}
    with open(output) as f:
        for line in f:
            item = json.loads(line)
            name = (item.get("daemon") or "").split("#")[0]  # osd.0#PID where another cluster has an osd.0
            rows[name, item.get("class")] = item
    for cls, (number, latency) in REPORT.items():
        whys = []
        for osd, values in enumerate(deltas):
            row = rows.get(("osd.%d" % osd, cls))
            whole = next(s for s in row["stages"] if s["stage"] == "whole") if row else {"count": 0}
            got = whole["count"]
            if got != values[number][0]:
                whys.append("osd.%d: %d, the counter has %d" % (osd, got, values[number][0]))
            elif got:
                why, _ = within(latency, *values[latency], got, whole["total_ns"])
                if why:
                    whys.append("osd.%d: %s" % (osd, why))
        verdict.say("report-" + cls, "; ".join(whys))
    return verdict.bad


verb, args = sys.argv[1], sys.argv[2:]
if verb == "snap":
    snap(args[0], args[1:])
elif verb == "compare":
    sys.exit(compare(*args[:4], [int(p) for p in args[4:]]) > 0)
elif verb == "report":
    sys.exit(report(*args) > 0)
