#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares the SDT notes of compiled files with the catalogue: notes.py CHECK.json FILE...
#
# CHECK.json is what `cephtap weave --check --json` says of the tree that the files were compiled from. Each of its markers must be
# in some file, with each of its arguments in the size and sign that the catalogue gives it, and in the second note by its name;
# and no other marker of a provider of Ceph may be there. Prints a line for each marker and "N passed, N failed".
import json, re, struct, subprocess, sys

SIZES = {"int8": -1, "int16": -2, "int32": -4, "int64": -8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
         "pointer": 8, "cstring": 8, "string": 8, "time": 8}


def notes_of(path):
    """(provider, name) -> list of argument strings, of a file's stapsdt notes."""
    text = subprocess.run(["readelf", "-n", "-W", path], capture_output=True, text=True, check=True).stdout
    found = {}
    for provider, name, args in re.findall(r"Provider: (\S+)\s+Name: (\S+)\s+Location:[^\n]*\s+Arguments:([^\n]*)", text):
        found.setdefault((provider, name.replace("__", "-")), []).append(args.split())
    return found


def texts_of(path):
    """(provider, name) -> the arguments' names, of the notes of type 1 in .note.cephtap."""
    copy = subprocess.run(["objcopy", "-O", "binary", "--only-section=.note.cephtap", "--set-section-flags",
                           ".note.cephtap=alloc", path, "/dev/stdout"], capture_output=True, check=True).stdout
    found, at = {}, 0
    while at + 12 <= len(copy):
        name_size, size, kind = struct.unpack_from("<III", copy, at)
        at += 12 + (name_size + 3) // 4 * 4
        desc, at = copy[at:at + size], at + (size + 3) // 4 * 4
        parts = [p.decode() for p in desc[24:].split(b"\0")]
        found[parts[0], parts[1].replace("__", "-")] = [p.split(":")[0] for p in parts[2:] if p]
    return found


def wrong(marker, places, names):
    want = [SIZES[a["type"]] for a in marker["args"]]
    if not places:
        return "is in no file"
    for args in places:
        got = [int(a.split("@")[0]) for a in args]
        if got != want:
            return "has arguments %s, the catalogue says %s" % (got, want)
    if names != [a["name"] for a in marker["args"]]:
        return "has names %s" % names
    return None


def main(check, paths):
    markers = {(m["provider"], m["name"]): m for m in json.load(open(check))["markers"] if "why_not" not in m}
    notes, names, failed = {}, {}, 0
    for path in paths:
        for key, places in notes_of(path).items():
            notes.setdefault(key, []).extend(places)
        names.update(texts_of(path))
    for key, marker in markers.items():
        why = wrong(marker, notes.get(key), names.get(key))
        failed += bool(why)
        print("%s %s:::%s %s" % ("not ok" if why else "ok", *key, why or "- %d places" % len(notes[key])))
    strangers = [k for k in notes if k[0].startswith("ceph_") and k not in markers]
    failed += len(strangers)
    for key in strangers:
        print("not ok %s:::%s is not in the catalogue" % key)
    print("%d passed, %d failed" % (len(markers) + len(strangers) - failed, failed))
    return 1 if failed or not markers else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
