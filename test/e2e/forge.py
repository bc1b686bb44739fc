# SPDX-License-Identifier: LGPL-2.1-or-later
"""Forges SDT notes.

forge.py patch FILE ADDRESS [SEMAPHORE]   the first note's address (hexadecimal) and semaphore
forge.py flood FILE N ADDRESS [NAME]      N more notes of markers hostile:::m0, m1 ... (or of the one NAME) at that address, in
                                          a copy of the section at the end of the file
"""
import struct
import sys


def patch(path, address, semaphore):
    data = bytearray(open(path, "rb").read())
    at = data.find(b"stapsdt\0") + 8
    _, base, _ = struct.unpack_from("<QQQ", data, at)
    struct.pack_into("<QQQ", data, at, address, base, semaphore)
    open(path, "wb").write(data)


def note(name, address, base):
    desc = struct.pack("<QQQ", address, base, 0) + b"hostile\0" + name.encode() + b"\0\0"
    pad = -len(desc) % 4
    return struct.pack("<III", 8, len(desc), 3) + b"stapsdt\0" + desc + b"\0" * pad


def flood(path, count, address, name):
    data = bytearray(open(path, "rb").read())
    shoff, = struct.unpack_from("<Q", data, 40)
    shnum, = struct.unpack_from("<H", data, 60)
    at = data.find(b"stapsdt\0") - 12
    _, base, _ = struct.unpack_from("<QQQ", data, at + 20)
    for i in range(shnum):
        head = shoff + 64 * i
        if struct.unpack_from("<I", data, head + 4)[0] == 7 and struct.unpack_from("<Q", data, head + 24)[0] == at:
            size, = struct.unpack_from("<Q", data, head + 32)
            notes = bytes(data[at:at + size]) + b"".join(note(name or "m%d" % n, address, base) for n in range(count))
            data += b"\0" * (-len(data) % 4)
            struct.pack_into("<QQ", data, head + 24, len(data), len(notes))
            data += notes
            break
    open(path, "wb").write(data)


if sys.argv[1] == "patch":
    patch(sys.argv[2], int(sys.argv[3], 16), int(sys.argv[4], 16) if len(sys.argv) > 4 else 0)
else:
    flood(sys.argv[2], int(sys.argv[3]), int(sys.argv[4], 16), sys.argv[5] if len(sys.argv) > 5 else "")
