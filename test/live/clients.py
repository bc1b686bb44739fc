# SPDX-License-Identifier: LGPL-2.1-or-later
"""What test/live/whole.sh cannot do with Ceph's commands: `discard IMAGE` in pool demo, `directories CONF` of CephFS."""
import sys


def discard(name):
    import rados
    import rbd

    with rados.Rados(conffile=rados.Rados.DEFAULT_CONF_FILES) as cluster, cluster.open_ioctx("demo") as pool:
        with rbd.Image(pool, name) as image:
            for i in range(5):
                image.discard(i * 65536, 65536)


def directories(conf):
    import cephfs

    fs = cephfs.LibCephFS(conffile=conf)
    fs.mount()
    for i in range(20):
        fs.mkdir(b"/d%d" % i, 0o755)
    for i in range(20):
        fs.rmdir(b"/d%d" % i)
    fs.unmount()
    fs.shutdown()


try:
    {"discard": discard, "directories": directories}[sys.argv[1]](sys.argv[2])
except ImportError as why:
    print(f"skip {sys.argv[1]} - {why}")
