#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual page with its lists of options as the table has them: scripts/man.sh TABLE <doc/cephtap.1. A list stands between the lines
# `.\" options: COMMAND [REPORT]` and `.\" end of options`.
table=$1
while IFS= read -r line; do
	case $line in
	'.\" options: '*)
		printf '%s\n' "$line"
		# shellcheck disable=SC2086
		"$table" man ${line#.\\\" options: } || exit 1
		in_list=1
		;;
	'.\" end of options')
		printf '%s\n' "$line"
		in_list=
		;;
	*) [ -n "${in_list:-}" ] || printf '%s\n' "$line" ;;
	esac
done
