#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line of dtrace, as its manual has it: options and their combined forms, statuses, the heading and the columns, what was
# matched, the shape of errors. Called by a link's name, and as `cephtap dtrace`.
set -u
cd "$TMP" || exit 1
ln -s "$CEPHTAP" dtrace
lines() { tr '\t' ' ' <"$1" | sed 's|  *| |g;s|^ ||;s| $||'; }

# NAME STATUS OUT ERR WORDS...: blanks are one blank, line ends are `|`; `*` in OUT and ERR stands for anything.
says() {
	local name=$1 status=$2 out=$3 err=$4 got_out got_err got
	shift 4
	timeout 60 "$@" >out 2>err </dev/null
	got=$?
	got_out=$(lines out | tr '\n' '|') got_err=$(lines err | tr '\n' '|')
	# shellcheck disable=SC2053
	if [ $got = "$status" ] && [[ $got_out == $out ]] && [[ $got_err == $err ]]; then
		echo "ok $name"
	else
		echo "not ok $name - status $got, out: $got_out, err: $got_err"
	fi
}

# ---- statuses, heading, columns, what was matched
head='CPU ID FUNCTION:NAME|'
says "-n" 0 "$head* 1 :BEGIN 42|" "dtrace: description 'BEGIN { trace(42); exit(0); }' matched 1 probe|" ./dtrace -n 'BEGIN { trace(42); exit(0); }'
says "two of -n" 0 "$head* 1 :BEGIN|" "dtrace: description 'BEGIN' matched 1 probe|dtrace: description 'BEGIN { exit(0); }' matched 1 probe|" \
	./dtrace -n BEGIN -n 'BEGIN { exit(0); }'
says "exit(3)" 3 "$head*" '*' ./dtrace -n 'BEGIN { exit(3); }'
says "-q" 0 'x|' '' ./dtrace -q -n 'BEGIN { printf("x\n"); exit(0); }'
says "-qn" 0 'x|' '' ./dtrace -qn 'BEGIN { printf("x\n"); exit(0); }'
says "as a sub-command" 0 'x|' '' "$CEPHTAP" dtrace -qn 'BEGIN { printf("x\n"); exit(0); }'
says "-e" 0 '' '' ./dtrace -e -n 'BEGIN { exit(0); }'
says "-V" 0 'dtrace: *|' '' ./dtrace -V
says "nothing" 2 '' 'dtrace: *|' ./dtrace
says "an option that there is not" 2 '' 'dtrace: there is no option `-y`;*|' ./dtrace -y
says "a value that is missing" 2 '' 'dtrace: `-s` needs a value;*|' ./dtrace -s
says "no such file" 1 '' 'dtrace: *nosuch.d*|' ./dtrace -s nosuch.d
says "-P" 0 "$head*" "dtrace: description 'dtrace:::BEGIN*' matched 1 probe|" ./dtrace -n 'dtrace:::BEGIN { exit(0); }'
says "-i" 0 "$head* 1 :BEGIN|" '*matched 1 probe|' ./dtrace -i '1 { exit(0); }'
says "-b" 0 'x|' '' ./dtrace -b 1m -qn 'BEGIN { printf("x\n"); exit(0); }'
says "-x" 0 'x|' '' ./dtrace -x quiet -n 'BEGIN { printf("x\n"); exit(0); }'
says "-Z" 0 "$head*" '*matched 1 probe|' ./dtrace -Z -n 'nosuch:::probe, BEGIN { exit(0); }'
says "-c" 0 'yes|' '' ./dtrace -qc 'true' -n 'BEGIN { printf("%s\n", $target > 1 ? "yes" : "no"); exit(0); }'
says "-p" 0 'yes|' '' ./dtrace -qp $$ -n "BEGIN { printf(\"%s\\n\", \$target == $$ ? \"yes\" : \"no\"); exit(0); }"
says "-o" 0 '' '' ./dtrace -o report -qn 'BEGIN { printf("x\n"); exit(0); }'
[ "$(cat report)" = x ] && echo "ok the report" || echo "not ok the report - $(cat report)"

# ---- scripts
printf '#!%s -qs\nBEGIN { printf("%%d %%s\\n", $1, $$2); exit(0); }\n' "$PWD/dtrace" >script && chmod +x script
says "#!" 0 '5 six|' '' ./script 5 six
printf 'BEGIN { exit(0); }\n' >x.d
says "-s" 0 "$head*" "dtrace: script 'x.d' matched 1 probe|" ./dtrace -s x.d

# ---- lists
says "-l" 0 'ID PROVIDER MODULE FUNCTION NAME|1 dtrace BEGIN|' '' ./dtrace -ln BEGIN
says "-lv" 0 'ID PROVIDER MODULE FUNCTION NAME|1 dtrace BEGIN||Argument Types|None||' '' ./dtrace -lvn BEGIN

# ---- errors
printf 'BEGIN\n{\n\ttrace(1\n}\n' >bad.d
says "a script's error" 1 '' 'dtrace: failed to compile script bad.d: line 4: syntax error*|' ./dtrace -s bad.d
says "with tags" 1 '' 'dtrace: failed to compile script bad.d: \[D_SYNTAX\] line 4: *|' ./dtrace -x errtags -s bad.d
says "a clause's error" 1 '' 'dtrace: invalid probe specifier BEGIN { trace(x); }: \[D_IDENT_UNDEF\] line 1: *|' ./dtrace -xerrtags -n 'BEGIN { trace(x); }'
says "one mistake, one message" 1 '' 'dtrace: invalid probe specifier *: line 1: *|' ./dtrace -n 'BEGIN { trace(x); trace(y); trace(z); }'
says "no such probe" 1 '' 'dtrace: invalid probe specifier nosuch:::probe: \[D_PDESC_ZERO\] line 1: *|' ./dtrace -xerrtags -n nosuch:::probe
says "an argument too many" 1 '' 'dtrace: failed to compile script x.d: \[D_MACRO_UNUSED\] *`a`*|' ./dtrace -xerrtags -s x.d a
says "at run time" 0 '*' 'dtrace: error on enabled probe ID 1 (ID 1: dtrace:::BEGIN): invalid address (0x8) in action #1*|' \
	./dtrace -qn 'BEGIN { trace(*(int *)8); } ERROR { exit(0); }'

# ---- the C preprocessor
mkdir sub
echo '#define VALUE 42' >sub/inc.h
printf '#!/usr/sbin/dtrace -Cs\n#include "inc.h"\nBEGIN\n{\n\tprintf("%%d %%d\\n", VALUE, EXTRA);\n\texit(0);\n}\n' >sub/c.d
says "-C, -D" 0 '42 7|' '' ./dtrace -C -DEXTRA=7 -qs sub/c.d
says "-C, -D, -U" 1 '' 'dtrace: failed to compile script sub/c.d: \[D_IDENT_UNDEF\] line 5: *EXTRA*|' ./dtrace -xerrtags -CDEXTRA=7 -UEXTRA -qs sub/c.d
printf '#include <inc.h>\nBEGIN { printf("%%d\\n", VALUE); exit(0); }\n' >i.d
says "-I" 0 '42|' '' ./dtrace -C -I sub -qs i.d
says "-H" 0 '42|' '*sub/inc.h*' ./dtrace -CH -I sub -qs i.d
says "no such include" 1 '' '*inc.h*dtrace: the C preprocessor failed on i.d|' ./dtrace -C -qs i.d
printf '#ifdef __SUNW_D\nBEGIN { printf("%%x\\n", __SUNW_D_VERSION); exit(0); }\n#endif\n' >d.d
says "what it defines" 0 '2000000|' '' ./dtrace -Cqs d.d
says "no preprocessor" 1 '' '*dtrace: the C preprocessor is not there: *|' env CPP=/nonexistent/cpp ./dtrace -Cqs d.d
for mode in a c s t; do says "-X$mode" 0 '42|' '' ./dtrace -C -X$mode -I sub -qs i.d; done
says "-Xz" 2 '' 'dtrace: -X wants a, c, s or t, not `z`|' ./dtrace -Xz -qs x.d

# ---- libraries
mkdir lib
echo 'inline int answer = 42;' >lib/answer.d
says "-L" 0 '42|' '' ./dtrace -L lib -qn 'BEGIN { printf("%d\n", answer); exit(0); }'
says "-L, what was matched" 0 "$head*" "dtrace: description 'BEGIN { exit(answer - 42); }' matched 1 probe|" ./dtrace -L lib -n 'BEGIN { exit(answer - 42); }'
says "-L of no folder" 1 '' 'dtrace: cannot read the libraries of nolib: *|' ./dtrace -L nolib -n BEGIN

# ---- what is there in part, or cannot be
says "-S" 0 "$head*" '*map*program*matched 1 probe|' ./dtrace -Sn 'BEGIN { exit(0); }'
for option in -A -a -F -32; do says "$option" 1 '' "dtrace: *$option*|" ./dtrace $option -n 'BEGIN { exit(0); }'; done
says "-64" 0 'x|' '' ./dtrace -64 -qn 'BEGIN { printf("x\n"); exit(0); }'
says "-h of a clause" 2 '' '*-n runs scripts*|' ./dtrace -h -n BEGIN

# ---- _DTRACE_TESTING
says "_DTRACE_TESTING" 0 ':BEGIN 42|' '*' env _DTRACE_TESTING=1 ./dtrace -n 'BEGIN { trace(42); exit(0); }'
says "it is dtrace's alone" 0 "$head*" '*' env _DTRACE_TESTING=1 "$CEPHTAP" -n 'BEGIN { trace(42); exit(0); }'
exit 0
