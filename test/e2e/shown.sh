#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 600
#
# A program whose threads, files, functions and texts have the worst names there are, in each format and report, read by a real reader of
# each and compared with the bytes; and what gets to a terminal.
[ "$(id -u)" = 0 ] || { echo "skip shown - needs root"; exit 0; }
command -v objcopy >/dev/null || { echo "skip shown - binutils are not installed"; exit 0; }
exec /usr/bin/python3 "$TOP/test/e2e/shown.py"
