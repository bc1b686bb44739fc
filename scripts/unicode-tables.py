#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints src/lib/utf8_tables.h from the Unicode data that comes with Python. To be run again when a newer Unicode is wanted:
#   scripts/unicode-tables.py >src/lib/utf8_tables.h
import unicodedata

# Default_Ignorable_Code_Point and noncharacters, as far as they are in no category that is hidden as a whole.
IGNORED = [(0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065), (0x3164, 0x3164), (0xFDD0, 0xFDEF),
           (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF)]
# Vowels and final consonants of Korean, which terminals draw into the syllable's first letter.
JAMO = [(0x1161, 0x11FF), (0xD7B0, 0xD7C6), (0xD7CB, 0xD7FB)]


def category(code):
    return unicodedata.category(chr(code))


def within(code, ranges):
    return any(first <= code <= last for first, last in ranges)


def is_hidden(code):
    return category(code) in ("Cc", "Cf", "Zl", "Zp", "Cs") or code & 0xFFFE == 0xFFFE or within(code, IGNORED)


def is_mark(code):
    return not is_hidden(code) and (category(code) in ("Mn", "Me") or within(code, JAMO))


def is_wide(code):
    # Python calls what is not assigned wide.
    return category(code) != "Cn" and unicodedata.east_asian_width(chr(code)) in "WF" and not is_hidden(code) and not is_mark(code)


def ranges(inside, may_fill):
    found, first, last = [], None, None
    for code in range(0x110000):
        if inside(code):
            first = code if first is None else first
            last = code
        elif first is not None and not may_fill(code):
            found.append((first, last))
            first = None
    return found + ([(first, last)] if first is not None else [])


def unassigned(code):
    return category(code) == "Cn" and not is_hidden(code)


def table(name, doc, rows):
    print(f"\n/* {doc} */\nstatic const struct range {name}[] = {{")
    for i in range(0, len(rows), 6):
        print("\t" + " ".join(f"{{{first:#x}, {last:#x}}}," for first, last in rows[i : i + 6]))
    print("};")


print(f"/* SPDX-License-Identifier: LGPL-2.1-or-later */\n/* Made by scripts/unicode-tables.py from Unicode {unicodedata.unidata_version}. */")
table("hidden", "Nobody sees them, or they change how what stands beside them is shown: controls, marks of direction, joiners, fillers.",
      ranges(is_hidden, lambda code: False))
table("marks", "They are drawn onto the character before them.", ranges(is_mark, unassigned))
table("wide", "They fill two columns.", ranges(is_wide, unassigned))
