#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# time: 600
#
# Parameters and results of generated functions, as cephtap shows them, against what was passed: by gcc and clang, with and
# without optimisation, split debug information too. LONG=1 (make test-params): thousands, by every compiler that is here.
set -u
[ "$(uname -m)" = x86_64 ] || { echo "skip params - not x86_64"; exit 0; }
command -v python3 >/dev/null || { echo "skip params - no python3"; exit 0; }
command -v gcc >/dev/null || command -v clang >/dev/null || { echo "skip params - no compiler"; exit 0; }
"$CEPHTAP" -q -n 'BEGIN { exit(0); }' >/dev/null 2>"$TMP/err" || { echo "skip params - $(head -n 1 "$TMP/err")"; exit 0; }
params() { python3 "$TOP/test/params/params.py" --cephtap "$CEPHTAP" "$@" || exit 1; }

if [ -z "${LONG:-}" ]; then
	params --functions 12 --flags '-g -O0;-g -O2;-g -O1 -gsplit-dwarf'
	exit 0
fi
for seed in 1 2 3; do
	params --seed $seed --functions 60 --compilers gcc,clang,clang-16,clang-19 \
		--flags '-g -O0;-g -O1 -gdwarf-4;-g -O2;-g -O3 -gdwarf-5 -fdebug-types-section;-g -O2 -gsplit-dwarf;-gdwarf-3 -O0;-gdwarf-2 -O2'
done
exit 0
