# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps one object of pool demo in use: hot.py CONF SECONDS OBJECT. Writes and reads in turn, 32 of them at a time."""
import sys
import threading
import time

try:
    import rados
except ImportError as why:
    sys.exit(f"no python3-rados: {why}")

conf, seconds, name = sys.argv[1], float(sys.argv[2]), sys.argv[3]
done = threading.Semaphore(0)
DATA = b"x" * 4096
AT_A_TIME = 32


def start(pool, is_read):
    def again(*_):
        if time.monotonic() < end:
            start(pool, is_read)
        else:
            done.release()

    if is_read:
        pool.aio_read(name, len(DATA), 0, again)
    else:
        pool.aio_write(name, DATA, 0, again)


with rados.Rados(conffile=conf) as cluster, cluster.open_ioctx("demo") as ioctx:
    ioctx.write_full(name, DATA)
    end = time.monotonic() + seconds
    for i in range(AT_A_TIME):
        start(ioctx, i % 2)
    for i in range(AT_A_TIME):
        done.acquire()
