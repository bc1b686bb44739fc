#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# System calls and allocations that fail, a choice of them that is always the same; `make test-faults` tries each once. What a
# shortage of memory does besides.
# time: 120
set -u
cd "$TMP" || exit 1
case $(file -L "$CEPHTAP" 2>/dev/null; ldd "$CEPHTAP" 2>&1) in *"not a dynamic"* | *libasan*) echo "skip faults - this binary takes no preloaded library"; exit 0 ;; esac
"$TOP/test/faults/run" --quick
