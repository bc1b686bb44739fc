#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rights: none
#
# Every option of the table: each command that lists it takes it, with its value; each that does not refuses it in a sentence, with
# status 2. `--help` stands behind it, so that nothing is done: options are read in their order.
set -u
table=$BUILD/test/options/table
cd "$TMP" || exit 1
echo 'BEGIN { exit(0); }' >x.d
printf 'a;b 1\n' >folded

# A value of the right kind, by how the help calls it.
value() { # NAME VALUE
	case $1:$2 in
	*:PID) echo $$ ;;
	*:'ID[,ID]') echo none ;; # refused below: no OSD is looked for
	*:N | *:M) echo 1 ;;
	*:SECONDS) echo 2 ;;
	*:PERCENT) echo 10 ;;
	*:TIME) echo 20ms ;;
	*:SIZE) echo 1m ;;
	*:bufsize=SIZE) echo bufsize=1m ;;
	panel:NAME) echo stages ;;
	*:NAME'[=VALUE]') echo quiet ;;
	*:WHAT) echo thread ;;
	*:MODE) echo c ;;
	*:PASS) echo 2 ;;
	*:CLAUSE) echo BEGIN ;;
	*) echo x ;;
	esac
}

words_of() { # LETTER NAME VALUE: as they are written, one a line
	[ "$2" = - ] && printf '%s\n' "-$1" || printf '%s\n' "--$2"
	case $3 in
	- | '[='*) ;;
	*) value "$2" "$3" ;;
	esac
}

command_of() { # COMMAND REPORT: the words
	[ "$1" = cephtap ] || echo "$1"
	[ "$2" = - ] || echo "$2"
}

# ---- what is listed is taken
taken=0
while IFS=$'\t' read -r command report letter name value; do
	[ "$name" = help ] && continue
	# Processes, daemons and groups are looked for: what is not there ends the command with 1, and a sentence that says so.
	case $name in osd | daemon | cgroup | container) missing=1 ;; *) missing= ;; esac
	mapfile -t words < <(command_of "$command" "$report"; words_of "$letter" "$name" "$value")
	timeout 30 "$CEPHTAP" "${words[@]}" --help >out 2>err </dev/null
	status=$?
	taken=$((taken + 1))
	if [ $status = 0 ] && [ ! -s err ]; then
		continue
	elif [ -n "$missing" ] && [ $status -le 2 ] && ! grep -q 'option' err; then
		continue
	fi
	echo "not ok taken - ${words[*]}: status $status, $(head -n 1 err)"
done < <("$table" list)
[ $taken -gt 250 ] && echo "ok taken" || echo "not ok taken - only $taken"

# ---- what is not is refused, by each command and each report
refused=0
"$table" list >all
cut -f 4,5 all | sort -u | grep -v '^-' >names
for whose in $(cut -f 1,2 --output-delimiter=: all | sort -u); do
	command=${whose%:*} report=${whose#*:}
	[ "$whose" = report:- ] && continue # it takes any report's, until it knows which
	awk -F'\t' -v c="$command" -v r="$report" '$1 == c && $2 == r && $4 != "-" { print $4 }' all | sort -u >own
	while IFS=$'\t' read -r name value; do
		# record goes on with another command's options; of a word that begins another option, getopt takes that one
		[ "$command" = record ] || grep -q "^$name" own && continue
		mapfile -t words < <(command_of "$command" "$report"; words_of - "$name" "$value")
		timeout 30 "$CEPHTAP" "${words[@]}" >out 2>err </dev/null
		status=$?
		refused=$((refused + 1))
		[ $status = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -qE -- "--$name" err && [ ! -s out ] && continue
		echo "not ok refused - ${words[*]}: status $status, $(head -n 1 err)"
	done <names
done
[ $refused -gt 500 ] && echo "ok refused" || echo "not ok refused - only $refused"

# ---- what only recordings have not
for name in --hz=5 --over=1s --osd=1 --seconds=1 -p1; do
	case $name in --hz*) report=profile ;; --over*) report=slow-ops ;; *) report=osd ;; esac
	"$CEPHTAP" report $report $name some.rec >out 2>err
	[ $? = 2 ] && grep -q 'belongs to cephtap record' err && echo "ok gathered $name" || echo "not ok gathered $name - $(cat err)"
done
"$CEPHTAP" report sched --html x --seconds 1 >out 2>err
[ $? = 2 ] && [ ! -e x ] && grep -qx 'cephtap report: `sched` has no --html; it is an option of: osd, profile, op' err &&
	echo "ok owners" || echo "not ok owners - $(cat err)"

# ---- help of one report is that report's
"$CEPHTAP" report slow-ops --help >out 2>err
grep -q -- '--over TIME' out && ! grep -q -- '--hz' out && ! grep -q -- '--html' out && echo "ok help" || echo "not ok help - $(cat out)"
"$CEPHTAP" report --help >out 2>err
for report in $(cut -f 2 all | sort -u | grep -v '^-$'); do
	grep -q "^  $report  *[a-z]" out && echo "ok listed $report" || echo "not ok listed $report - no line in report --help"
done
exit 0
