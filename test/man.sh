#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual's lists of options are those of the table, each command's and each report's is there, and the page is one that can be shown.
cd "$(dirname "$0")/.." || exit 1
table=${BUILD:-build}/test/options/table
page=doc/cephtap.1
scripts/man.sh "$table" <$page | diff -u $page - >"${TMP:-/tmp}/man.diff"
if [ -s "${TMP:-/tmp}/man.diff" ]; then
	cat "${TMP:-/tmp}/man.diff"
	echo "not ok man - $page is not up to date: make man"
else
	echo "ok man"
fi
for list in $("$table" list | awk -F'\t' '{ print $2 == "-" ? $1 : $1 ":" $2 }' | uniq); do
	what=$(echo "$list" | tr : ' ')
	grep -qxF ".\\\" options: $what" $page || echo "not ok man of $what - $page has no list of its options"
done
echo "ok lists"
