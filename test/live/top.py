# SPDX-License-Identifier: LGPL-2.1-or-later
"""cephtap top as a person at a terminal has it: top.py CEPHTAP PART -p PID ...; called by top.sh, with a load at work."""
import os
import signal
import sys
import time

from top_terminal import Terminal

cephtap, part, *options = sys.argv[1:]
pids = [int(pid) for pid in options[1::2]]
ATTACH = 40  # seconds; a busy machine


def check(name, is_good, why=""):
    print(f"ok {name}" if is_good else f"not ok {name} - {str(why)!r}", flush=True)
    return is_good


def start(*more, **environment):
    terminal = Terminal([cephtap, "top", *more, *options], **environment)
    terminal.begin = terminal.wait(lambda: shown(terminal), ATTACH)
    if terminal.begin is None:
        check("starts", False, terminal.lines)
        sys.exit(1)
    return terminal


def shown(terminal):
    """Is a whole page with numbers there?"""
    return terminal.find("ops/s") and terminal.lines[-1].startswith("q quit")


def osds(terminal):
    """The rows of the OSDs' table, as lists of words."""
    rows = []
    for line in terminal.lines[3:]:
        if not line.startswith("osd."):
            break
        words = line.split()
        rows.append([words[0].split("#")[0]] + words[1:])  # osd.0#PID where another cluster has an osd.0
    return rows


def ops(terminal):
    return float(terminal.find("ops/s").split(" ops/s")[0].split()[-1])


def now_sorted_by(terminal, text):
    return lambda: terminal.lines[1] == f"OSDs by {text}"


def tables(terminal):
    rows = osds(terminal)
    check("osds", [row[0] for row in sorted(rows)] == ["osd.0", "osd.1", "osd.2"], terminal.lines)
    check("osds-have-ops", all(float(row[1]) > 0 and float(row[4]) > 0 for row in rows), rows)
    check("osds-add-up", abs(sum(float(row[1]) for row in rows) - ops(terminal)) < 3, terminal.lines)
    check("osds-have-latency", all(row[7] in ("us", "ms", "s") and float(row[6]) > 0 for row in rows), rows)
    check("largest-first", [float(row[1]) for row in rows] == sorted((float(row[1]) for row in rows), reverse=True), rows)
    check("stages", terminal.find("Stages, mean time") and terminal.find("replica"), terminal.lines)


def panels(terminal):
    terminal.press("\t")
    took = terminal.wait(lambda: terminal.find("Objects by OPS"), 3)
    check("tab", took is not None and terminal.find("benchmark_data"), terminal.lines)
    check("tab-is-quick", took is not None and took < 0.5, took)
    terminal.press("c")
    check("clients", terminal.wait(lambda: terminal.find("Clients by OPS/S") and terminal.find("client."), 3) is not None,
          terminal.lines)
    terminal.press("l")
    good = terminal.wait(lambda: terminal.find("Slowest ops by WHOLE"), 3) is not None
    times = [line.split() for line in terminal.lines if " write " in line and "osd." in line]
    check("slow-ops", good and len(times) > 3, terminal.lines)
    terminal.press("h")
    check("help", terminal.wait(lambda: terminal.lines[1] == "Keys:", 3) is not None, terminal.lines)
    terminal.press("ht")
    check("back", terminal.wait(lambda: terminal.find("Stages, mean time"), 3) is not None, terminal.lines)


def sorting(terminal):
    check("sorted-at-first", terminal.lines[1] == "OSDs by OPS/S, largest first" and ">OPS/S" in terminal.lines[2], terminal.lines)
    terminal.press("s")
    check("s", terminal.wait(now_sorted_by(terminal, "READ, largest first"), 3) is not None, terminal.lines)
    check("s-marks-the-column", ">READ" in terminal.lines[2] and ">OPS/S" not in terminal.lines[2], terminal.lines[2])
    terminal.press("\033OD\033OD")  # left, left
    check("arrows", terminal.wait(now_sorted_by(terminal, "OSD, A to Z"), 3) is not None, terminal.lines)
    check("a-to-z", [row[0] for row in osds(terminal)] == ["osd.0", "osd.1", "osd.2"], terminal.lines)
    terminal.press("r")
    check("r", terminal.wait(now_sorted_by(terminal, "OSD, Z to A"), 3) is not None, terminal.lines)
    check("z-to-a", [row[0] for row in osds(terminal)] == ["osd.2", "osd.1", "osd.0"], terminal.lines)


def pausing(terminal):
    terminal.press("p")
    check("p", terminal.wait(lambda: "PAUSED" in terminal.lines[0], 3) is not None, terminal.lines)
    before = terminal.lines
    terminal.wait(lambda: False, 2.5)
    check("p-freezes", terminal.lines == before, (before[:6], terminal.lines[:6]))
    terminal.press(" ")
    check("p-again", terminal.wait(lambda: "PAUSED" not in terminal.lines[0], 3) is not None, terminal.lines[0])
    check("goes-on", terminal.wait(lambda: terminal.lines[1:] != before[1:] and shown(terminal), 5) is not None, terminal.lines[:6])
    check("no-jump", ops(terminal) < 4 * sum(float(row[1]) for row in osds_of(before)) + 100, (before[0], terminal.lines[0]))
    terminal.press("+")
    check("plus", terminal.wait(lambda: "every 2 s" in terminal.lines[0], 3) is not None, terminal.lines[0])
    terminal.press("-")
    check("minus", terminal.wait(lambda: "every 1 s" in terminal.lines[0], 3) is not None, terminal.lines[0])


def osds_of(lines):
    return [line.split() for line in lines[3:6]]


def resizing(terminal):
    terminal.set_size(132, 40)
    check("larger", terminal.wait(lambda: "REPL MEAN" in terminal.lines[2] and terminal.lines[39].startswith("q quit"), 3)
          is not None, terminal.lines)
    terminal.set_size(70, 12)
    check("too-small", terminal.wait(lambda: terminal.lines[0] == "cephtap top needs 80 x 16, not 70 x 12" and
                                     not any(terminal.lines[1:]), 3) is not None, terminal.lines)
    terminal.set_size(80, 24)
    check("as-before", terminal.wait(lambda: "REPL MEAN" not in terminal.lines[2] and shown(terminal), 3) is not None,
          terminal.lines)


def keys():
    terminal = start("-d", "1")
    if not check("other-screen", terminal.screen.saved is not None and not terminal.is_restored()):
        return
    terminal.wait(lambda: False, 1.5)  # a whole interval under load
    tables(terminal)
    for part_of_it in panels, sorting, pausing, resizing:
        part_of_it(terminal)
    terminal.press("q")
    check("q", terminal.ended(20) == 0 and terminal.is_restored(), (terminal.lines[:3], terminal.is_restored()))
    check("q-shows-what-was-there", terminal.find("attaching"), terminal.lines[:3])


def ends():
    for name, how, status in (("ctrl-c", "\003", 0), ("term", signal.SIGTERM, 0), ("crash", signal.SIGSEGV, signal.SIGSEGV)):
        terminal = start("-d", "1")
        if isinstance(how, str):
            terminal.press(how)
        else:
            os.kill(terminal.pid, how)
        got = terminal.ended(20)
        check(f"{name}-status", got is not None and got & 0x7f | got >> 8 == status, got)
        check(f"{name}-restores", terminal.is_restored(), terminal.lines[:3])
    terminal = Terminal([cephtap, "top", *options], TERM="no-such-terminal")
    got = terminal.ended(ATTACH)
    check("unknown-terminal", got == 1 << 8 and terminal.find("is TERM right?") and terminal.is_restored(), (got, terminal.lines[:3]))


def counts():
    """The numbers of all screens together, while a load ran: top.sh compares them with Ceph's counter."""
    terminal = start("-d", "2")
    print("attached", flush=True)
    total, seen = 0.0, terminal.lines[0].split()[0]
    while not os.path.exists(os.environ["TMP"] + "/over"):
        terminal.wait(lambda: shown(terminal) and terminal.lines[0].split()[0] != seen, 5)
        if terminal.lines[0].split()[0] != seen:
            seen = terminal.lines[0].split()[0]
            total += 2 * ops(terminal)
    print(f"counted {total:.0f}")
    terminal.press("q")
    check("counts-ends", terminal.ended(20) == 0)


def deaths():
    """An OSD dies, then all of them: the first is said on the screen, with the last the run ends."""
    terminal = start("-d", "1", NO_COLOR="1")
    os.kill(pids[2], signal.SIGKILL)
    check("death-is-said", terminal.wait(lambda: terminal.lines[22] == f"process {pids[2]} has ended", 10) is not None,
          terminal.lines)
    terminal.wait(lambda: False, 2)
    check("death-screen-is-whole", shown(terminal) and terminal.lines[1].startswith("OSDs by") and osds(terminal)[2],
          terminal.lines)
    check("no-color", not any(b"\033[3%dm" % color in terminal.raw for color in range(8)), terminal.raw[:300])
    for pid in pids[:2]:
        os.kill(pid, signal.SIGKILL)
    check("deaths-end-it", terminal.ended(20) == 0 and terminal.is_restored(), terminal.lines)
    check("deaths-are-said-at-the-end", terminal.find(f"cephtap top: process {pids[2]} has ended"), terminal.lines)


{"keys": keys, "ends": ends, "counts": counts, "deaths": deaths}[part]()
