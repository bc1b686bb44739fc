#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Layout families: cards of builds that Debian does not have.
#
#   scripts/families.py facts TABLE >cards/facts.txt    a table of published layouts as figures of ours
#   scripts/families.py cards                           cards/facts.txt and the cards of builds to cards/family-*.card
#   scripts/families.py check LAYOUT                    each figure against the family that LAYOUT (build/test/layout/layout) finds
#
# TABLE is tab-separated: rows `build` (module, version, distribution, build-id), `chain` (build-id, function, number, place, members from
# the argument on, their offsets; a leading > reads a pointer first) and `size` (build-id, type, bytes).
#
# A family is the releases of one distribution and major release for which all figures are equal. Its members are, in this order: from
# the figures; from the cards (of debug information) of the next release below and the next above, where those agree; or of the one of them
# that has the family's figures in that type. The rest is left out.
import collections
import glob
import os
import re
import subprocess
import sys

FACTS = "cards/facts.txt"
DISTRIBUTIONS = {"debian": "debian", "ubuntu": "ubuntu"}
# What the arguments of the table's functions, and the pointers behind them, point to.
POINTS_TO = {
    "op": "OpRequest", "this": None, "pg": "PG", "ctx": "PrimaryLogPG::OpContext", "rm": "ReplicatedBackend::RepModify", "request": "Message",
    "reqid": "osd_reqid_t", "peer": "pg_shard_t", "txc": "BlueStore::TransContext", "osr": "BlueStore::OpSequencer", "ops": "std::vector<OSDOp, std::allocator<OSDOp> >",
}
THIS = {"OpRequest": "OpRequest", "Objecter": "Objecter"}
# Functions that these libraries do not name in their symbol tables.
FUNCTIONS = {"Objecter::_send_op": "_ZN8Objecter8_send_opEPNS_2OpE", "Objecter::_finish_op": "_ZN8Objecter10_finish_opEPNS_2OpEi"}
HIDDEN = {"librados.so.2", "librbd.so.1"}
WRAPPERS = {"px", "_M_ptr"}
ENDS = ("._M_dataplus._M_p", ".__d.__r", ".name._num")


def segments(function, names, offsets, in_place):
    """[(type, path, offset)] of one chain."""
    names, casts = [name for name in names], {}
    for i, name in enumerate(list(names)):
        if name.startswith("cast:"):
            casts[names[i - 1]] = name[5:]
            names.remove(name)
    scope = function.split("::")[0]
    target = THIS.get(scope) if names[0] == "this" else POINTS_TO.get(names[0])
    if scope == "Objecter" and names[0] == "op":
        target = "Objecter::Op"
    out, path, at, kind, last = [], [], 0, target if in_place else None, names[0]
    for name, offset in zip(names[1:], offsets[1:]):
        if offset.startswith(">"):
            if path:
                out.append((kind, ".".join(path), at))
                last = path[-1]
                target = casts.get(last, POINTS_TO.get(last))
            kind, path, at = target, [], 0
        if name not in WRAPPERS:
            path.append(name)
        at += int(offset.lstrip(">"))
    return out + [(kind, ".".join(path), at)] if path and kind else out


def release_of(version):
    return re.search(r"(\d+\.\d+\.\d+)", version)[1]


def distribution_of(version, name):
    return DISTRIBUTIONS.get(name) or re.search(r"\.(el\d+)", version)[1]


def facts(table):
    builds, figures, functions = {}, collections.defaultdict(dict), collections.defaultdict(dict)
    for line in open(table):
        row = line.rstrip("\n").split("\t")
        if row[0] == "build":
            builds.setdefault(row[4], []).append((row[1], distribution_of(row[2], row[3]), release_of(row[2])))
        elif row[0] == "func" and row[2] in FUNCTIONS and int(row[3], 16):
            functions[row[1]][FUNCTIONS[row[2]]] = row[3]
        elif row[0] == "size":
            figures[row[1]]["size", row[2], ""] = int(row[3])
        elif row[0] == "chain":
            for kind, path, offset in segments(row[2], row[5].split("."), row[6].split(), row[4].startswith("stack")):
                for end in ENDS[:2]:
                    path = path[:-len(end)] if path.endswith(end) else path
                if kind and not path.endswith("_M_string_length"):
                    figures[row[1]]["member", kind, path] = offset
    print("# SPDX-License-Identifier: LGPL-2.1-or-later\n#")
    print("# Layouts of builds of Ceph, published by others from debug information: figures that scripts/families.py makes families of.")
    blocks = collections.defaultdict(list)
    for build, names in builds.items():
        for name, distribution, release in sorted(set(names)):
            blocks[name, tuple(sorted(figures[build].items()))].append((distribution, release, build))
    for (name, rows), of in sorted(blocks.items(), key=lambda item: (item[0][0], sorted(item[1]))):
        print()
        for distribution, release, build in sorted(of):
            print("build %s %s %s %s" % (name, distribution, release, build))
            for symbol, address in sorted(functions[build].items()):
                if name in HIDDEN:
                    print("  function %s %s" % (address, symbol))
        for (what, kind, path), value in rows:
            print("  %s %d %s%s" % (what, value, kind, "::" + path if path else ""))


def read_facts():
    """[(binary, distribution, release, build-id, {(type, path): offset or size}, [(address, symbol)])]"""
    out, figures = [], {}
    for line in open(FACTS):
        words = line.split(None, 2)
        if words[:1] == ["build"]:
            figures = {} if figures else figures
            out.append((*line.split()[1:], figures, []))
        elif words[:1] == ["function"]:
            out[-1][5].append((words[1], words[2].strip()))
        elif words[:1] in (["member"], ["size"]):
            name = words[2].strip()
            kind, path = name.rsplit("::", 1) if words[0] == "member" else (name, "")
            figures[kind, path] = int(words[1])
    return out


def number(release):
    return tuple(int(part) for part in release.split("."))


def read_cards():
    cards = []
    for path in sorted(glob.glob("cards/*.card")):
        card = {"members": {}, "sizes": {}, "constants": {}}
        for line in open(path):
            words = line.split(None, 2)
            if words[0] in ("binary", "release", "build-id"):
                card[words[0]] = line.split()[1]
            elif words[0] == "type":
                kind = words[2].strip()
                card["sizes"][kind] = int(words[1])
            elif words[0] == "member":
                _, offset, size, sort, name = line.split()
                card["members"][kind, name] = (int(offset), int(size), sort)
            elif words[0] == "constant":
                card["constants"][words[2].strip()] = int(words[1])
        if "build-id" in card:
            card["binary"] = re.sub(r"(\.so\.\d+).*", r"\1", card["binary"])
            cards.append(card)
    return cards


def neighbours(cards, binary, release):
    """The card of the same major release, else those of the next below and above."""
    cards = sorted((card for card in cards if card["binary"] == binary), key=lambda card: number(card["release"]))
    same = [card for card in cards if number(card["release"])[0] == number(release)[0]]
    below = [card for card in cards if number(card["release"])[0] < number(release)[0]]
    above = [card for card in cards if number(card["release"])[0] > number(release)[0]]
    return same, below[-1:], above[:1]


def agrees(card, kind, figures):
    """Has the card the figures of this type?"""
    return all(card["members"][key][0] == value for key, value in figures.items() if key[0] == kind and key in card["members"])


def derive(key, figures, same, around, table="members"):
    """A value that the figures do not have."""
    kind = key[0] if table == "members" else key
    known = [card for card in same + around if key in card[table]]
    good = [card for card in known if table == "constants" or agrees(card, kind, figures)]
    if same and same[0] in good:
        return same[0][table][key]
    around = [card for card in around if key in card[table]]
    values = {card[table][key] for card in around}
    if len(around) == 2 and len(values) == 1 and all(card in good for card in around):
        return values.pop()
    has_figures = table == "members" and any(other[0] == kind for other in figures)
    values = {card[table][key] for card in good}
    return values.pop() if has_figures and len(values) == 1 else None


def family_card(cards, binary, distribution, releases, figures, builds):
    same, below, above = neighbours(cards, binary, releases[0])
    around = below + above
    keys = [key for card in same + around for key in card["members"]]
    members, sizes, constants = collections.OrderedDict(), {}, {}
    for key in dict.fromkeys(keys):
        shape = next(card["members"][key] for card in same + around if key in card["members"])
        if key in figures:
            members[key] = (figures[key], *shape[1:], "facts")
        else:
            value = derive(key, figures, same, around)
            if value:
                members[key] = (*value, "derived")
    for kind in dict.fromkeys(key[0] for key in members):
        if (kind, "") in figures:
            sizes[kind] = (figures[kind, ""], "facts")
        else:
            sizes[kind] = (derive(kind, figures, same, around, "sizes") or 0, "derived")
    for name in dict.fromkeys(name for card in same + around for name in card["constants"]):
        value = derive(name, figures, same, around, "constants")
        if value is not None:
            constants[name] = value
    return print_card(binary, distribution, releases, members, sizes, constants, builds)


def print_card(binary, distribution, releases, members, sizes, constants, builds):
    out = ["cephtap-card 1", "binary " + binary, "release " + releases[0]]
    if releases[-1] != releases[0]:
        out.append("release-to " + releases[-1])
    out.append("distribution " + distribution)
    for build, functions in builds:
        out.append("known-build " + build)
        out += ["  known-function %s %s" % function for function in functions]
    out.append("from derived")
    out += ["constant %d %s" % (value, name) for name, value in constants.items()]
    said = "derived"
    for kind in sizes:
        if sizes[kind][1] != said:
            said = sizes[kind][1]
            out.append("from " + said)
        out.append("type %d %s" % (sizes[kind][0], kind))
        for (of, path), (offset, size, sort, source) in members.items():
            if of != kind:
                continue
            if source != said:
                said = source
                out.append("from " + said)
            out.append("  member %d %d %s %s" % (offset, size, sort, path))
    return "\n".join(out + ["end", ""])


def families(rows):
    """{(binary, distribution, major): [[releases], figures, [(build-id, functions)]]} of releases in their order."""
    out = collections.defaultdict(list)
    for binary, distribution, release, build, figures, functions in sorted(rows, key=lambda row: (row[0], row[1], number(row[2]))):
        of = out[binary, distribution, number(release)[0]]
        if of and of[-1][1] == figures:
            if of[-1][0][-1] != release:
                of[-1][0].append(release)
        else:
            of.append(([release], figures, []))
        of[-1][2].append((build, functions))
    return out


def cards():
    known = read_cards()
    for path in glob.glob("cards/family-*.card"):
        os.remove(path)
    made = {}
    for (binary, distribution, major), of in families(read_facts()).items():
        if major < 16 or not any(card["binary"] == binary for card in known):
            continue
        for releases, figures, builds in of:
            text = family_card(known, binary, distribution, releases, figures, builds)
            name = "cards/family-%s-%s-%s.card" % (binary, distribution, releases[0])
            if name in made:  # two builds of one release that differ
                name = name.replace(".card", "-2.card")
            made[name] = text
            with open(name, "w") as file:
                file.write(text)
    print("%d families" % len(made), file=sys.stderr)


def check(layout):
    bad, seen = 0, 0
    for binary, distribution, release, build, figures, _ in read_facts():
        if number(release)[0] < 16:
            continue
        text = subprocess.run([layout, "nearest", binary, release, distribution, build], text=True, capture_output=True).stdout
        kind, have = None, {}
        for line in text.splitlines():
            words = line.split(None, 2)
            if words[0] == "type":
                kind = words[2]
                have[kind, ""] = int(words[1])
            elif words[0] == "member":
                have[kind, line.split()[4]] = int(words[1])
        for key, value in figures.items():
            if key in have:
                seen += 1
                if have[key] != value:
                    print("%s %s %s: %s::%s is at %d, the family has %d" % (binary, release, distribution, *key, value, have[key]))
                    bad += 1
    print("%d figures of builds compared, %d differ" % (seen, bad))
    return bad or not seen


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "facts":
        facts(sys.argv[2])
    elif len(sys.argv) == 2 and sys.argv[1] == "cards":
        cards()
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        sys.exit(1 if check(sys.argv[2]) else 0)
    else:
        sys.exit("usage: families.py facts TABLE | cards | check LAYOUT")
