#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every source file says its licence in its first lines. Data that tests feed to the tool (test/**/*.d, corpora) need not.
cd "$(dirname "$0")/.." || exit 1
files() {
	if [ -d .git ] && git ls-files 2>/dev/null; then :; else find . -type f ! -path './build/*' | sed 's,^\./,,'; fi
}
bad=$(files | grep -E '\.([ch]|cc|sh|cat)$|^scripts/.*\.d$|(^|/)(Makefile|run)$|^\.clang-format$' | grep -v '^fuzz/corpus/' |
	while read -r file; do
		[ ! -f "$file" ] || head -n 5 "$file" | grep -q 'SPDX-License-Identifier: \(LGPL-2.1-or-later\|BSD-2-Clause\)' ||
			echo "$file"
	done)
if [ -n "$bad" ]; then
	echo "$bad"
	echo "not ok spdx - no SPDX line in $(echo "$bad" | tr '\n' ' ')"
	exit 1
fi
echo "ok spdx"
