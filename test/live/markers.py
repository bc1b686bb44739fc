#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For markers.sh: a script that looks at every argument of every marker of ceph-osd, and a judgement of what it saw.
#
#   markers.py script LIST                      LIST: cephtap list --json 'ceph_*:::'; prints D
#   markers.py facts OUT POOL PGS REPLICAS WALL-FROM WALL-TO MONOTONIC-FROM MONOTONIC-TO DUMP...
#                                               what is known from elsewhere; DUMP: dump_historic_ops of an OSD
#   markers.py judge LIST FACTS TRACE-STEADY TRACE-MOVING
#                                               of a cluster at peace; of one that recovers and scrubs
import json, os, re, sys


def markers(path):
    with open(path) as f:
        seen = {}
        for m in json.load(f):
            # A client's markers are in an OSD that was built with them, too, for its own ops to other OSDs: rare. Erasure coding
            # and backfill are for whole.sh; BlueFS reads at random when RocksDB compacts: io.sh. An op goes back into the queue when
            # its object is in use: slow.sh. Snapshots are trimmed in stages.sh.
            if m["module"] == "ceph-osd" and m["provider"] != "ceph_client" and not m["name"].startswith(("ec-", "backfill-", "read-random", "op-requeue", "trim-")):
                seen.setdefault((m["provider"], m["name"]), m)
        return list(seen.values())


def is_string(arg):
    return arg["type"] in ("string", "char *", "cstring")


def script(path):
    print("#pragma D option quiet\n#pragma D option strsize=48\n#pragma D option dynvarsize=4m")
    print('BEGIN { printf("attached\\n"); }')
    for m in markers(path):
        name = m["provider"] + ":::" + m["name"]
        print("%s\n{\n\t@fired[\"%s\"] = count();" % (name, m["name"]))
        for i, a in enumerate(m["args"]):
            key = "%s %s" % (m["name"], a["name"])
            if "why_not" in a:
                continue  # a member that this release lacks; judged as missing
            if is_string(a):
                # Enough to see that it is an object's name; not so much that each object is a row.
                print('\t@text["%s", substr(stringof(args[%d]), 0, 14)] = count();' % (key, i))
            else:
                print('\t@low["%s"] = min((int64_t)args[%d]);\n\t@high["%s"] = max((int64_t)args[%d]);' % (key, i, key, i))
        if m["name"] in ("scrub-done", "push-ack", "recovery-op-done"):
            print('\tprintf("%s\\n", probename);')
        names = [a["name"] for a in m["args"]]
        if names[:2] == ["client", "tid"]:
            # The same ops at each marker give the same sums, whatever their order.
            print('\t@print["%s", args[0]] = sum((args[1] * 2654435761) & 0xffffff);' % m["name"])
        print("}")


# --- What is plausible -------------------------------------------------------------------------------------------------

POINTERS = (4096, 1 << 47)
MAYBE_POINTER = (0, 1 << 47)
EVENTS = ("header_read", "throttled", "all_read", "dispatched", "queued_for_pg", "reached_pg", "started", "waiting for",
          "op_commit", "sub_op_commit", "commit_sent", "done", "op must wait for map", "waiting_for_map", "delayed")
ERRNO = (-4095, 0)
ANY = (-1 << 63, 1 << 63)


# By argument, or by "marker argument" where a marker differs: (low, high), all values must be within.
def plausible(facts):
    wall, mono, clients = facts["wall"], facts["mono"], facts["clients"]
    return {
        "client": (min(clients), max(clients)), "tid": (0, 1 << 32), "rep_tid": (0, 1 << 32),
        "pool": (facts["pool"], facts["pool"]), "pg": (0, facts["pgs"] - 1), "shard": (-1, -1), "osd": (0, 2),
        "peer": (0, 2), "hash": (0, (1 << 32) - 1), "epoch": (1, 10000), "newest": (1, 10000), "version": (1, 1 << 32), "seq": (1, 1 << 32),
        "type": (1, 2000), "flags": (0, 1 << 32), "flag": (1, 32), "more": (0, 1), "sync": (0, 1), "buffered": (0, 1),
        "deep": (0, 1), "n": (1, 8), "nops": (1, 16), "nreads": (0, 16), "opcode": (0x1000, 0xffff),
        "reads": (0, 0x0a), "writes": (0, 0x54), "cost": (0, 1 << 28), "ios": (0, 1 << 16), "pending": (0, 1 << 16),
        "priority": (0, 255), "peer_type": (1, 16), "key_len": (1, 4096), "ino": (1, 1 << 32), "state": (0, 10),
        "lat": (1, mono[1] - mono[0]), "size": (0, 1 << 34), "pos": (0, 1 << 34), "owner": (0, max(clients)),
        "inb": (0, 1 << 22), "outb": (0, 1 << 22), "bytes": (1, 1 << 24), "len": (0, 1 << 22), "off": (0, 1 << 22),
        "front_len": (0, 1 << 20), "data_len": (0, (1 << 22) + 65536),
        "recv_stamp": wall, "recv_complete_stamp": wall, "dequeued_stamp": wall, "stamp": wall, "since": mono,
        "start": mono, "result": ERRNO,
        # Of the last operation, which may be one without an extent.
        "op-decoded off": ANY, "op-start off": ANY, "op-decoded len": ANY, "op-start len": ANY,
        # The messenger has the heartbeats of all, the monitor's messages, and connections that do not know their peer.
        "msg-recv peer": (0, max(clients)), "msg-dispatch-start peer": (0, max(clients)),
        "msg-dispatch-done peer": (0, max(clients)), "msg-queue peer": (0, max(clients)), "msg-done peer": (0, max(clients)),
        "msg-send peer": (-1, max(clients)), "msg-write peer": (-1, max(clients)),
        "scrub-start epoch": (1, 10000),
        # Release 20 sends a replica's transaction, its data too, among the message's fields.
        "msg-recv front_len": (0, 1 << 23), "msg-write front_len": (0, 1 << 23),
        # Reads say how much they read; the store's own objects are in no pool.
        "obj-read-done result": (-4095, 1 << 22), "read-done result": (-4095, 1 << 22), "read-complete result": (-4095, 1 << 22),
        "op-end first_result": (-4095, 1 << 22), "op-end last_result": (-4095, 1 << 22),
        # An op that no worker took, or that its PG did not decode.
        "op-end nops": (0, 16), "op-end opcode": (0, 0xffff),
        "op-end dequeued_stamp": (0, wall[1]), "op-free dequeued_stamp": (0, wall[1]),
        "do-ops-done result": (-4095, 1 << 22), "op-prepare-done result": (-4095, 1 << 22), "op-reply result": (-4095, 1 << 22),
        "read-start pool": (-1, facts["pool"]), "read-done pool": (-1, facts["pool"]), "txn-write pool": (-1, facts["pool"]),
        "txn-create pool": (0, facts["pool"]), "txn-queue-start pool": (0, facts["pool"]),
        "aio-start off": (0, 1 << 36), "aio-done off": (0, 1 << 36), "aio-write off": (0, 1 << 36), "aio-read off": (0, 1 << 36),
        "aio-start len": (512, 1 << 24), "aio-done len": (512, 1 << 24), "aio-write len": (512, 1 << 24),
        "aio-read len": (512, 1 << 24),
        # Deferred batches, BlueFS and reads have no transaction.
        "aio-submit txc": MAYBE_POINTER, "aio-write txc": MAYBE_POINTER, "aio-start txc": MAYBE_POINTER,
        "aio-done txc": MAYBE_POINTER, "txn-create op": MAYBE_POINTER, "txn-queue-start op": MAYBE_POINTER,
        "txn-queue-done op": MAYBE_POINTER, "repop-free op": MAYBE_POINTER,
    }


# Markers that also see what no client asked for: there the client is 0.
NO_CLIENT = ("op-create", "op-enqueue", "op-dequeue-start", "op-dequeue-done", "op-event", "op-flag", "op-free", "txn-create",
             "txn-queue-start", "txn-queue-done")
# What must be seen in full: each OSD, each placement group.
WHOLE = {"subop-send peer": (0, 2), "subop-recv peer": (0, 2), "subop-start peer": (0, 2), "subop-decoded peer": (0, 2),
         "subop-commit peer": (0, 2), "subop-reply peer": (0, 2),
         "op-done osd": (0, 2), "op-recv pg": "pg", "op-done pg": "pg", "op-start pg": "pg", "op-reply pg": "pg"}
# The same ops, each once; all of them, those that start, writes; and once for each replica.
ALL = ("op-recv", "op-decoded", "op-reply")
STARTED = ("op-start", "op-prepare-start", "op-prepare-done", "op-done")
WRITES = ("repop-issue", "op-wait-subops", "local-commit", "repop-committed")
REPLICAS = ("subop-send", "subop-recv", "subop-start", "subop-decoded", "subop-commit", "subop-reply")


def read(path):
    """-> {aggregation: {key: value}}, what else was said"""
    aggs, said = {}, []
    with open(path) as f:
        for line in f:
            if not line.strip():
                continue
            item = json.loads(line)
            if item["type"] == "aggregation":
                rows = aggs.setdefault(item["name"], {})
                for row in item["rows"]:
                    rows[row["keys"][0] if len(row["keys"]) == 1 else tuple(row["keys"])] = row["value"]
            elif item["type"] != "event":
                said.append(line.strip()[:200])
    return aggs, said


def say(name, whys):
    print("not ok %s - %s" % (name, "; ".join(whys[:4])) if whys else "ok " + name)
    return bool(whys)


def judge_numbers(m, aggs, rules, facts):
    whys = []
    for a in m["args"]:
        key = "%s %s" % (m["name"], a["name"])
        if is_string(a) or key not in aggs.get("low", {}):
            continue
        low, high = aggs["low"][key], aggs["high"][key]
        want = rules.get(key) or (POINTERS if a["type"].endswith("*") else rules.get(a["name"]))
        if want is None:
            whys.append("nothing says what %s may be (%d to %d)" % (a["name"], low, high))
            continue
        if a["name"] == "client" and m["name"] in NO_CLIENT:
            want = (0, want[1])
        if a["type"].endswith("*") and facts["moving"]:
            want = MAYBE_POINTER if key in rules else want
        if low < want[0] or high > want[1]:
            whys.append("%s is %d to %d, not in %d to %d" % (a["name"], low, high, *want))
        if facts["moving"] and m["name"].startswith("txn-") and a["name"] == "client" and low != 0:
            whys.append("no transaction without a client was seen")
        if key in WHOLE and not facts["moving"]:
            whole = (0, facts["pgs"] - 1) if WHOLE[key] == "pg" else WHOLE[key]
            if (low, high) != whole:
                whys.append("%s is %d to %d, must be %d to %d" % (a["name"], low, high, *whole))
    return whys


def judge_texts(m, aggs):
    whys = []
    for a in m["args"]:
        if not is_string(a):
            continue
        texts = [k[1] for k in aggs.get("text", {}) if k[0] == "%s %s" % (m["name"], a["name"])]
        if not texts:
            whys.append("%s was never seen" % a["name"])
        if not all(t.isprintable() for t in texts):
            whys.append("%s is %r" % (a["name"], [t for t in texts if not t.isprintable()][:3]))
        if m["name"] == "backoff-start":  # the whole PG, which has no name
            whys += [] if texts == [""] else ["%s is %r" % (a["name"], texts)]
        elif a["name"] == "oid" and "benchmark_data" not in texts:
            whys.append("no oid is of the benchmark's objects: %s" % texts[:5])
        if m["name"] == "op-event" and not all(t.startswith(tuple(e[:11] for e in EVENTS)) for t in texts):
            whys.append("%s is %r" % (a["name"], texts))
    return whys


def prints(aggs, name):
    return {k[1]: v for k, v in aggs["print"].items() if k[0] == name and k[1]}


def judge_keys(aggs, facts):
    """The op tracker's own list of ops against the keys that the markers saw."""
    bad, copies = 0, facts["copies"]
    ops = {int(c): v for c, v in facts["ops"].items()}
    started = {int(c): v for c, v in facts["started"].items()}
    writes = prints(aggs, "repop-issue")
    for name in ALL + STARTED:
        got, want = prints(aggs, name), ops if name in ALL else started
        bad += say("keys %s" % name, ["client.%d: the op tracker has other ops" % c for c in want if got.get(c) != want[c]] +
                   ["client.%d: the op tracker does not have it" % c for c in got if c not in want])
    for name in WRITES:
        bad += say("keys %s" % name, ["not the ops of repop-issue"] if prints(aggs, name) != writes else [])
    want = {c: v * copies for c, v in writes.items()}
    for name in REPLICAS:
        bad += say("keys %s" % name, ["not the ops of repop-issue, once for each replica"] if prints(aggs, name) != want else [])
    return bad


def judge(path, facts, steady, moving):
    with open(facts) as f:
        facts = json.load(f)
    runs = [(read(steady), False), (read(moving), True)]
    rules = plausible(facts)
    for m in markers(path):
        whys = [] if any(m["name"] in aggs["fired"] for (aggs, _), _ in runs) else ["it did not fire"]
        for (aggs, _), is_moving in runs:
            if m["name"] in aggs["fired"]:
                facts["moving"] = is_moving
                whys += judge_numbers(m, aggs, rules, facts)
                whys += judge_texts(m, aggs) if not is_moving or m["name"] not in runs[0][0][0]["fired"] else []
        say("%s:::%s" % (m["provider"], m["name"]), whys)
    judge_keys(runs[0][0][0], facts)
    say("nothing-lost", runs[0][0][1] + runs[1][0][1])


def facts_of(out, pool, pgs, copies, wall, mono, dumps):
    """Of dumps of the op tracker: each client's ops as (the sum that the script makes), by client. Of the late ones, clients alone."""
    ops, started, late = {}, {}, set()
    for path in dumps:
        with open(path) as f:
            for op in json.load(f)["ops"]:
                found = re.match(r"osd_op\(client\.(\d+)\.\d+:(\d+) ", op["description"])
                if found:
                    client, tid = int(found[1]), int(found[2])
                    if os.path.basename(path).startswith("late."):
                        late.add(client)
                        continue
                    ops[client] = ops.get(client, 0) + (tid * 2654435761 & 0xffffff)
                    if "[stat]" not in op["description"]:  # of an object that is not there: the op ends before it starts
                        started[client] = started.get(client, 0) + (tid * 2654435761 & 0xffffff)
    with open(out, "w") as f:
        json.dump({"clients": sorted(late.union(ops)), "ops": ops, "started": started,
                   "pool": pool, "pgs": pgs, "copies": copies, "wall": wall, "mono": mono},
                  f)


verb, args = sys.argv[1], sys.argv[2:]
if verb == "script":
    script(args[0])
elif verb == "facts":
    numbers = [int(n) for n in args[1:8]]
    facts_of(args[0], numbers[0], numbers[1], numbers[2], numbers[3:5], numbers[5:7], args[8:])
elif verb == "judge":
    judge(*args)
