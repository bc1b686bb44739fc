#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# C sources are as `make format` leaves them. Versions of clang-format differ in details: Debian 12's counts.
cd "${TOP:-$(dirname "$0")/..}" || exit 1
version=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "$version" = 14 ] || { echo "skip format - clang-format 14 is not here"; exit 0; }
mapfile -t files < <(find src test/interp test/unit test/x86 test/layout fuzz include -name '*.[ch]')
[ ${#files[@]} -gt 300 ] || { echo "not ok format - only ${#files[@]} sources were found"; exit 1; }
wrong=$(clang-format --dry-run "${files[@]}" 2>&1 | sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning.*/\1/p' | sort -u | head -n 3 | tr '\n' ' ')
if [ -z "$wrong" ]; then echo "ok format"; else echo "not ok format - \`make format\` changes $wrong"; fi
