# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that are small on the disk and vast when they are read: vast.py PROGRAM FOLDER, for test/e2e/vast-files.sh."""
import lzma
import os
import struct
import subprocess
import sys
import zlib

PROGRAM, FOLDER = sys.argv[1:]
MIB = 1 << 20
TYPE, FLAGS, OFFSET, SIZE = 1, 2, 4, 5


def change(path, changes, length=0):
    """`changes`: the section's name to what becomes of its header's fields."""
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    table, = struct.unpack_from('<Q', data, 40)
    count, names = struct.unpack_from('<HH', data, 60)
    text, = struct.unpack_from('<Q', data, table + 64 * names + 24)
    for i in range(count):
        head = list(struct.unpack_from('<IIQQQQIIQQ', data, table + 64 * i))
        name = bytes(data[text + head[0]:]).split(b'\0', 1)[0].decode()
        if name in changes:
            for field, value in changes[name].items():
                head[field] = value
            struct.pack_into('<IIQQQQIIQQ', data, table + 64 * i, *head)
    with open(path, 'wb') as file:
        file.write(data)
        file.truncate(max(length, len(data)))


def copy(name, *commands):
    path = os.path.join(FOLDER, name)
    subprocess.run(['cp', PROGRAM, path], check=True)
    for command in commands:
        subprocess.run([*command, path], check=True)
    return path


def filler(name, data):
    path = os.path.join(FOLDER, name)
    with open(path, 'wb') as file:
        file.write(data)
    return path


def packed_xz(mib):
    packer = lzma.LZMACompressor(preset=0)
    return b''.join(packer.compress(bytes(64 * MIB)) for _ in range(mib // 64)) + packer.flush()


def packed_zlib(mib, flags):
    """One piece again and again; the checksum at the end is never reached, or wrong, which is noticed too late."""
    packer = zlib.compressobj(9, zlib.DEFLATED, flags)
    start = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(64 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + again * (mib // 64) + packer.flush()


change(copy('symbols'), {'.symtab': {OFFSET: 1 << 30, SIZE: 3 << 30}}, 5 << 30)
change(copy('names'), {'.strtab': {OFFSET: 1 << 30, SIZE: 3 << 30}}, 5 << 30)
copy('xz', ['strip'], ['objcopy', '--add-section', '.gnu_debugdata=' + filler('x', packed_xz(1536))])
copy('gzip', ['strip'], ['objcopy', '--add-section', '.gnu_debugdata=' + filler('x', packed_zlib(4096, 31))])
piece = struct.pack('<IIQQ', 1, 0, 4096 * MIB, 1) + packed_zlib(4096, 15)
change(copy('debug', ['objcopy', '--update-section', '.debug_str=' + filler('x', piece)]), {'.debug_str': {FLAGS: 0x800}})
change(copy('symbols-packed', ['objcopy', '--remove-section', '.none', '--add-section', '.packed=' + filler('x', piece)]),
       {'.packed': {TYPE: 2, FLAGS: 0x800}})
os.unlink(os.path.join(FOLDER, 'x'))
