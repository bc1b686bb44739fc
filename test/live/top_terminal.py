# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program in a terminal of its own, and what a person would see there: for test/live/top.py."""
import copy
import fcntl
import itertools
import os
import pty
import select
import struct
import termios
import time

import pyte


class Screen(pyte.Screen):
    """What pyte lacks of xterm: the second screen, and "the last character again, N times", which ncurses uses for blanks."""

    def __init__(self, columns, lines):
        self.saved = None
        self.last = " "
        super().__init__(columns, lines)

    def draw(self, data):
        super().draw(data)
        self.last = data[-1] if data else self.last

    def repeat(self, count=1):
        super().draw(self.last * (count or 1))

    def set_mode(self, *modes, **how):
        if 1049 in modes and how.get("private"):
            self.saved = copy.deepcopy(self.buffer)
            self.erase_in_display(2)
        super().set_mode(*modes, **how)

    def reset_mode(self, *modes, **how):
        if 1049 in modes and how.get("private") and self.saved is not None:
            self.buffer = self.saved
            self.saved = None
        super().reset_mode(*modes, **how)


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat")
    events = frozenset(itertools.chain(pyte.ByteStream.events, ["repeat"]))


class Terminal:
    def __init__(self, command, columns=80, lines=24, **environment):
        self.master, self.slave = pty.openpty()
        self.screen = Screen(columns, lines)
        self.stream = Stream(self.screen)
        self.raw = b""
        self.set_size(columns, lines)
        self.before = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if not self.pid:
            os.login_tty(self.slave)
            os.execve(command[0], command, {**os.environ, "TERM": "xterm", **environment})

    def set_size(self, columns, lines):
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds):
        """Takes in what comes, until nothing came for a moment or the time is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                return
            data = os.read(self.master, 65536)
            self.raw += data
            self.stream.feed(data)

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def find(self, text):
        return next((line for line in self.lines if text in line), None)

    def wait(self, condition, seconds):
        """How long it took until condition() holds; None: it does not."""
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > seconds:
                return None
            self.read(0.02)
        return time.monotonic() - begin

    def press(self, keys):
        os.write(self.master, keys.encode())

    def ended(self, seconds):
        """The status as wait() has it; None: it still runs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.read(0.2)
                return status
        return None

    def is_restored(self):
        """The first screen, with a cursor, and the terminal's settings as they were."""
        return self.screen.saved is None and not self.screen.cursor.hidden and termios.tcgetattr(self.slave) == self.before
