#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Files are made, replaced and removed through src/lib/write.c, which follows no link of another user's. What stands here as well
# does so in a folder of its own, under a name that nobody can know before, or writes to /dev/null.
cd "${TOP:-$(dirname "$0")/..}" || exit 1
known='^src/lib/(write|path)\.c:
^src/cmd/demo\.c:.*(mkdtemp\(demo->folder\)|open\(demo->script, O_WRONLY \| O_CREAT \| O_EXCL|unlink\(demo->script\)|rmdir\(demo->folder\))
^src/cmd/shell\.c:.*(mkstemps\(|unlink\((path|temporaries\[i\])\))
^src/cmd/record\.c:.*fopen\("/dev/null", "we"\)
^src/probe/syscall_names\.c:'
calls='O_CREAT|O_TRUNC|O_TMPFILE|O_APPEND|[^a-z_](fopen|freopen)\([^)]*"[wa]|[^a-z_>.](creat|mkdir|mkdirat|mkstemps?|mkostemps?|mkdtemp|tmpfile|rename|renameat2?|unlink|unlinkat|rmdir|remove|link|linkat|symlink|truncate)\('
found=$(grep -nE "$calls" -r src --include=*.c --include=*.h | grep -vE "^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)" | grep -vE -f <(echo "$known"))
if [ -z "$found" ]; then echo "ok files are written in one place"; else
	echo "$found"
	echo "not ok files are written in one place - through src/lib/write.h: $(echo "$found" | head -n 1)"
fi
