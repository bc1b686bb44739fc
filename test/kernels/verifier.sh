#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the compiler makes, this kernel's verifier takes: scripts made at random, and constructs tried to their limits.
. "$(dirname "$0")/lib.sh"
export CMOCKA_MESSAGE_OUTPUT=TAP SCRIPTS=${SCRIPTS:-30} SHAPES=${SHAPES:-1} SEED=${SEED:-1}

cd /tmp || exit 1
for unit in test_kernel_functions test_engine test_verifier; do
	timeout 800 "$UNITS/$unit" >"$TMP/log" 2>&1
	sed -n 's/^ok [0-9]* - /ok '"$unit"'-/p' "$TMP/log"
	sed -n 's/^not ok [0-9]* - \(.*\)/not ok '"$unit"'-\1 - see above/p' "$TMP/log"
	grep -q '^not ok' "$TMP/log" && sed 's/^/    /' "$TMP/log" | head -n 60
	grep -q '^ok' "$TMP/log" || echo "not ok $unit - $(tail -n 1 "$TMP/log")"
done
