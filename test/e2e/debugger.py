# SPDX-License-Identifier: LGPL-2.1-or-later
"""A debugger, as far as others see one: debugger.py PID OFFSET traces a process and has a breakpoint at that offset of its
program, where it never comes by. Prints a line once that is so; takes the breakpoint out when its input ends."""
import ctypes
import os
import sys

PTRACE_SEIZE = 0x4206
pid, offset = int(sys.argv[1]), int(sys.argv[2], 0)
program = os.readlink(f'/proc/{pid}/exe')
if ctypes.CDLL(None, use_errno=True).ptrace(PTRACE_SEIZE, pid, None, None):
    sys.exit('ptrace: ' + os.strerror(ctypes.get_errno()))
for line in open(f'/proc/{pid}/maps'):
    words = line.split()
    start, end = (int(word, 16) for word in words[0].split('-'))
    if words[-1] == program and int(words[2], 16) <= offset < int(words[2], 16) + end - start:
        address = start + offset - int(words[2], 16)
memory = os.open(f'/proc/{pid}/mem', os.O_RDWR)
before = os.pread(memory, 1, address)
os.pwrite(memory, b'\xcc', address)
print('set', flush=True)
sys.stdin.read()
os.pwrite(memory, before, address)
