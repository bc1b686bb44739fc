#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which functions bear witness to which members: writes catalogue/witnesses.cat.
#
#   scripts/witnesses.py FOLLOW ROOT... >catalogue/witnesses.cat
#
# In: the program build/test/x86/follow, folders with unpacked packages of Ceph (scripts/ceph-release.sh unpack), and the cards of those
# builds in cards/, which are from debug information. A function is a witness of a member when, in each of the builds that have the
# function and the member, its code touches the member by way of an argument whose type its name tells, with the member's size, and
# touches nothing else of that size 4, 8 or 16 bytes beside it (but for other members that the card has): `sees`. Where there is none
# such, those that touch least beside it, or make its address: `hints`. Few and small ones are taken.
import collections
import glob
import os
import re
import subprocess
import sys

BINARIES = {
    "ceph-osd": "usr/bin/ceph-osd", "ceph-mon": "usr/bin/ceph-mon", "ceph-mds": "usr/bin/ceph-mds", "radosgw": "usr/bin/radosgw",
    "libceph-common.so.2": "usr/lib/x86_64-linux-gnu/ceph/libceph-common.so.2",
}
REGISTERS = [5, 4, 1, 2, 8, 9]  # DWARF's numbers of rdi, rsi, rdx, rcx, r8, r9
SCALARS = {"unsigned int", "int", "long", "unsigned long", "bool", "unsigned char", "signed char", "char", "short", "unsigned short",
           "pg_shard_t", "utime_t", "shard_id_t", "snapid_t"}
PAIRS = {"pg_t", "eversion_t", "entity_name_t"}  # of two registers
IN_MEMORY = {"spg_t", "osd_reqid_t", "entity_inst_t", "pg_stat_t", "pg_info_t"}  # large and trivial: on the stack
BY_ADDRESS = ("std::function", "std::unique_ptr", "std::vector", "std::map", "std::set", "std::__cxx11", "hobject_t", "ghobject_t")
POINTERS = r"(?:boost::intrusive_ptr|std::shared_ptr)<(.*)>$"
WITNESSES = 3
LARGEST = 12000
AROUND = (-16, -8, -4, 4, 8, 16)


def read_card(path):
    card, types, current = {}, {}, None
    for line in open(path):
        words = line.split(None, 2)
        if words[0] == "type":
            current = types.setdefault(words[2].strip(), {})
        elif words[0] == "member":
            _, offset, size, kind, name = line.split()
            current[name] = (int(offset), int(size), kind)
        elif words[0] in ("binary", "release", "build-id"):
            card[words[0]] = line.split()[1]
    return card, types


def read_catalogue():
    """Short names of types; which member points to which type, as the sites' expressions say."""
    short, links = {}, collections.defaultdict(set)
    text = [line for path in sorted(glob.glob("catalogue/ceph_*.cat")) for line in open(path)]
    for line in text:
        found = re.match(r"type (\S+) (.*)", line)
        if found:
            short[found[1]] = found[2].strip()
    bases = {}
    for line in text:
        found = re.match(r"base (\S+) (.*)", line)
        if found:
            bases[short.get(found[1], found[1])] = short.get(found[2].strip(), found[2].strip())
    types = {}
    for line in text:
        if re.match(r"\s+(site|also|source)", line):
            types = {}
        found = re.match(r"\s+(?:let|save) (\w+) = \((\w[\w:]*) \*\) (?:(\w+)->([\w.]+)|.*)", line)
        if found:
            types[found[1]] = short.get(found[2], found[2])
            if found[3] in types:
                links[types[found[3]]].add((found[4], types[found[1]]))
    return short, links, bases


def build_id(path):
    notes = subprocess.run(["readelf", "-n", path], text=True, capture_output=True).stdout
    return re.search(r"Build ID: (\w+)", notes)[1]


def split_parameters(text):
    out, depth, word = [], 0, ""
    for c in text:
        depth += (c in "<([{") - (c in ">)]}")
        if c == "," and depth == 0:
            out.append(word.strip())
            word = ""
        else:
            word += c
    return out + [word.strip()] if word.strip() else out


def split_name(name):
    """A demangled function: its class, its parameters."""
    end = name.rfind(")")
    depth = 0
    for i in range(end, -1, -1):
        depth += (name[i] == ")") - (name[i] == "(")
        if depth == 0:
            break
    head, depth = name[:i], 0
    for j in range(len(head) - 1, 0, -1):
        depth += (head[j] == ">") - (head[j] == "<")
        if depth == 0 and head[j - 1:j + 1] == "::":
            return head[:j - 1], split_parameters(name[i + 1:end])
    return "", split_parameters(name[i + 1:end])


def base_of(name, types):
    return name if name in types else bases[name] if bases.get(name) in types else name


def typed_arguments(name, types):
    """[(number, is behind a smart pointer, type)] of arguments that point to something of these types."""
    if ")" not in name:
        return []
    scope, parameters = split_name(name)
    scope = base_of(scope, types)
    out, n = [], 1
    if scope:
        n = 2
        if scope in types:
            out.append((1, False, scope))
    for parameter in parameters:
        if n > len(REGISTERS):
            break
        plain = parameter.replace(" const", "").strip()
        bare = re.sub(r"[*&]+$", "", plain).strip()
        plain = base_of(bare, types) + plain[len(bare):]
        bare = base_of(bare, types)
        smart = re.match(POINTERS, bare)
        if plain[-1:] in "*&" and plain:
            if plain == bare + plain[-1] and bare in types:
                out.append((n, False, bare))
            if smart and plain[-1] == "&" and smart[1].strip() in types:
                out.append((n, True, smart[1].strip()))
            n += 1
        elif smart:
            if smart[1].strip() in types:
                out.append((n, True, smart[1].strip()))
            n += 1
        elif plain in SCALARS or plain.startswith(BY_ADDRESS):
            n += 1
        elif plain in PAIRS:
            n += 2
        elif plain not in IN_MEMORY:
            break
    return out


def follow(program, path):
    functions, touches = {}, None
    for line in subprocess.run([program, path], text=True, capture_output=True, check=True).stdout.splitlines():
        words = line.split()
        if words[0] == "F":
            touches = collections.defaultdict(set)
            functions[words[1]] = (int(words[2]), touches)
        elif words[5] == "0":
            touches[words[1]].add((int(words[2]), int(words[3])))
    return functions


def sees(touches, offset, size, kind):
    """As witness_sees() in src/ceph/evidence.c."""
    if kind != "object":
        return (offset, size) in touches
    if size >= 16:
        return (offset, 8) in touches and (offset + 8, 8) in touches
    return (offset, size) in touches or (size == 8 and (offset, 4) in touches and (offset + 4, 4) in touches)


def typed_nodes(touches, argument, types, links):
    """((argument, path of links), type, touches) of each typed pointer that a function follows."""
    number, is_smart, name = argument
    todo = [((number, is_smart, ()), "r%d" % REGISTERS[number - 1] + (">0" if is_smart else ""), name)]
    while todo:
        where, chain, name = todo.pop()
        if chain in touches:
            yield where, name, touches[chain]
        for member, target in sorted(links.get(name, ())):
            if len(where[2]) < 3 and member in types.get(name, {}):
                todo.append((where[:2] + (where[2] + ((member, target),),), chain + ">%d" % types[name][member][0], target))


def find_witnesses(builds, links):
    """{(type, member): {(function, where): [size, how many builds]}}"""
    seen = collections.defaultdict(lambda: collections.defaultdict(dict))
    names = sorted(set().union(*[functions for functions, _ in builds]))
    plain = subprocess.run(["c++filt"], input="\n".join(names), text=True, capture_output=True, check=True).stdout.split("\n")
    wanted = set().union(*[types for _, types in builds])
    arguments = {name: typed_arguments(text, wanted) for name, text in zip(names, plain)}
    for n, (functions, types) in enumerate(builds):
        for name, (size, touches) in functions.items():
            for argument in arguments[name]:
                for where, type_name, at in typed_nodes(touches, argument, types, links):
                    members = types.get(type_name, {})
                    for member, (offset, width, kind) in members.items():
                        exact = sees(at, offset, width, kind)
                        if exact or (offset, 0) in at:
                            taken = {members[other][0] for other in members if not is_nested(member, other)}
                            around = [offset + d for d in AROUND if offset + d not in taken]
                            beside = sum(sees(at, o, width, kind) if exact else (o, 0) in at for o in around) + (not exact)
                            seen[type_name, member][name, where][n] = (size, beside)
    out = {}
    for key, found in seen.items():
        for (name, where), by in found.items():
            possible = [n for n, (functions, types) in enumerate(builds) if name in functions and key[1] in types.get(key[0], {})]
            if set(possible) == set(by) and max(s for s, _ in by.values()) <= LARGEST:
                out.setdefault(key, {})[name, where] = (max(s for s, _ in by.values()), set(by), max(b for _, b in by.values()))
    return out


def is_nested(a, b):
    return a == b or a.startswith(b + ".") or b.startswith(a + ".")


def choose(found, builds):
    """Few that cover each build, then small ones. Where none is sure, those that touch least beside the member."""
    sure = {key: value for key, value in found.items() if value[2] == 0}
    best = min(value[2] for value in found.values())
    found = sure or {key: value for key, value in found.items() if value[2] == best}
    taken, rest = [], sorted(found.items(), key=lambda item: (-len(item[1][1]), item[1][0], item[0][0], str(item[0][1])))
    functions = set()
    for (name, where), (_, by, _) in rest:
        lacking = [n for n in range(builds) if sum(n in found[other][1] for other in taken) < WITNESSES - 1]
        if name not in functions and (len(taken) < WITNESSES or set(by) & set(lacking)) and len(taken) < 2 * WITNESSES:
            taken.append((name, where))
            functions.add(name)
    return bool(sure), taken


def print_binary(binary, chosen, short):
    spelled = {full: name for name, full in short.items()}
    lines = collections.defaultdict(lambda: collections.defaultdict(list))
    for (_, member), (is_sure, witnesses) in chosen.items():
        for name, where in witnesses:
            lines[name][where].append((not is_sure, member))
    first = {(name, where): spelled.get(key[0], key[0]) for key, (_, witnesses) in chosen.items() for name, where in witnesses}
    for name in sorted(lines):
        print("\nwitness %s %s" % (binary, name))
        known, n = {}, 0
        for where in sorted(lines[name], key=str):
            number, is_smart, links = where
            for i in range(len(links) + 1):
                step = (number, is_smart, links[:i])
                if step in known:
                    continue
                n += 1
                known[step] = "p%d" % n
                target = links[i - 1][1] if i else None
                source = "%s$%d" % ("*" if is_smart else "", number) if not i else "%s->%s" % (known[number, is_smart, links[:i - 1]], links[i - 1][0])
                text = first.get((name, step)) if not i else spelled.get(target, target)
                print("  let %s = (%s *) %s" % (known[step], text or spelled.get(roots[name, number], roots[name, number]), source))
            for doubtful in (False, True):
                members = sorted(member for doubt, member in lines[name][where] if doubt == doubtful)
                if members:
                    print("  %s " % ("hints" if doubtful else "sees") + " ".join("%s->%s" % (known[where], member) for member in members))


roots, bases = {}, {}


def main():
    program, folders = sys.argv[1], sys.argv[2:]
    global bases
    short, links, bases = read_catalogue()
    cards = {card["build-id"]: types for card, types in map(read_card, sorted(glob.glob("cards/*.card"))) if "build-id" in card}
    print("# SPDX-License-Identifier: LGPL-2.1-or-later\n#")
    print("# Made by scripts/witnesses.py: functions whose code tells where members are (doc/catalogue.md).")
    for binary, path in BINARIES.items():
        files = [os.path.join(folder, path) for folder in folders if os.path.exists(os.path.join(folder, path))]
        builds = [(follow(program, file), cards[build_id(file)]) for file in files if build_id(file) in cards]
        if not builds:
            continue
        found = find_witnesses(builds, links)
        names = sorted(set().union(*[functions for functions, _ in builds]))
        plain = subprocess.run(["c++filt"], input="\n".join(names), text=True, capture_output=True, check=True).stdout.split("\n")
        for name, text in zip(names, plain):
            for number, _, target in typed_arguments(text, set().union(*[types for _, types in builds])):
                roots[name, number] = target
        chosen = {key: choose(ways, len(builds)) for key, ways in sorted(found.items())}
        members = set().union(*[{(t, m) for t in types for m in types[t]} for _, types in builds])
        print_binary(binary, chosen, short)
        print("%s: %d of %d members have witnesses, %d of them sure ones, %d functions" %
              (binary, len(members & set(chosen)), len(members), sum(sure for sure, _ in chosen.values()),
               len({w for _, ways in chosen.values() for w, _ in ways})), file=sys.stderr)


if __name__ == "__main__":
    main()
