#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For stages.sh: `report osd --json` against itself and against what was done, and what a tracer still keeps.
#
#   stages.py sums REPORT                     of each daemon and class the stages add up to the whole, and little of it is unknown
#   stages.py count REPORT CLASS...           how many ops of these classes there were
#   stages.py has REPORT CLASS STAGE...       each daemon that has the class has these stages (or some daemon, with `any:` before the class)
#   stages.py waited REPORT CLASS OSD         how long ops of the class on other OSDs waited for this one, all together, in ms
#   stages.py most REPORT CLASS               the OSD that other OSDs' ops of the class waited for most often: its number
#   stages.py ended REPORT CLASS ERRNO        how many ops ended so (ERRNO: - for none)
#   stages.py kept PID                        entries in the tables of the tracer with this id
import collections, glob, json, os, re, subprocess, sys

SUM, UNKNOWN = 0.02, 0.05


def rows(path, type):
    with open(path) as f:
        return [row for row in map(json.loads, filter(lambda line: line.startswith("{"), f)) if row.get("type") == type]


def stages_of(row):
    return {stage["stage"]: stage for stage in row["stages"]}


def sums(path):
    bad = []
    for row in rows(path, "stages"):
        whole = stages_of(row).get("whole", {"total_ns": 0})["total_ns"]
        parts = [stage for stage in row["stages"] if not stage["is_part"] and stage["stage"] != "whole"]
        total = sum(stage["total_ns"] for stage in parts)
        unknown = sum(stage["total_ns"] for stage in parts if stage["stage"] == "unknown")
        name = "%s %s" % (row["daemon"], row["class"])
        if not whole:
            bad.append("%s has no whole" % name)
        elif abs(total - whole) > SUM * whole:
            bad.append("%s: stages are %.1f %% of the whole" % (name, 100 * total / whole))
        elif unknown > UNKNOWN * whole:
            bad.append("%s: %.1f %% unknown" % (name, 100 * unknown / whole))
        bad += ["%s: %s is negative" % (name, stage["stage"]) for stage in parts if stage["total_ns"] < 0]
    sys.exit("; ".join(bad) if bad else 0 if rows(path, "stages") else "nothing was seen")


def count(path, *classes):
    print(sum(stages_of(row)["whole"]["count"] for row in rows(path, "stages") if row["class"] in classes and "whole" in stages_of(row)))


def has(path, which, *stages):
    found = [stages_of(row) for row in rows(path, "stages") if row["class"] == which.removeprefix("any:")]
    enough = any if which.startswith("any:") else all
    sys.exit(0 if found and enough(set(stages) <= set(row) for row in found) else "no such stages: %s" % [sorted(row) for row in found])


def peers_of(path, which):
    # An OSD that stands still itself looks at the answers of others late: of it as a primary nothing is taken.
    return [(row["daemon"], peer) for row in rows(path, "stages") if row["class"] == which
            for peer in row.get("waited_for", []) if peer["osd"] is not None and row["daemon"] != "osd.%d" % peer["osd"]]


def waited(path, which, osd):
    print(round(sum(peer["count"] * peer["mean_ns"] for _, peer in peers_of(path, which) if peer["osd"] == int(osd)) / 1e6))


def most(path, which):
    counts = collections.Counter()
    for _, peer in peers_of(path, which):
        counts[peer["osd"]] += peer["count"]
    print(counts.most_common(1)[0][0] if counts else "")


def ended(path, which, errno):
    print(sum(row["count"] for row in rows(path, "ended") if row["class"] == which and (row["errno"] or "-") == errno))


def kept(pid):
    # The tables of variables have the names that the script gives them; what else is a hash is the tracer's or an aggregation.
    ids = set()
    for info in glob.glob("/proc/%d/fdinfo/*" % int(pid)):
        try:
            with open(info) as f:
                found = dict(re.findall(r"(map_type|map_id|max_entries):\s*(\d+)", f.read()))
        except OSError:
            continue
        if found.get("map_type") == "1":
            ids.add(int(found["map_id"]))
    left = {}
    for id in sorted(ids):
        show = json.loads(subprocess.run(["bpftool", "-j", "map", "show", "id", str(id)], capture_output=True, text=True, check=True).stdout)
        if show.get("name", "").startswith(("agg_", "daemons", "ct_")) or show["bytes_key"] == 8:
            continue  # with a key of 8 bytes it is of threads: one number each
        dump = json.loads(subprocess.run(["bpftool", "-j", "map", "dump", "id", str(id)], capture_output=True, text=True, check=True).stdout)
        if dump:
            left[show.get("name", "?")] = len(dump)
    print(" ".join("%s %d" % pair for pair in left.items()))


globals()[sys.argv[1]](*sys.argv[2:])
