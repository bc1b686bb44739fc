#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cephtap dtrace -h` and -G: provider files as real programs write them, called as their builds call it. make check-provider
# builds a real program.
# time: 60
P=$TOP/test/provider
cd "$TMP" || exit 1
ln -s "$CEPHTAP" dtrace

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >log 2>&1; then echo "ok $name"; else echo "not ok $name - exit status $?"; cat log; fi
}

says() { # NAME EXPECTED FILE-TEXT [OPTIONS...]
	local name=$1 expected=$2 got
	printf '%b' "$3" >said.d
	shift 3
	got=$(./dtrace -h -s said.d -o said.h "$@" 2>&1)
	if [ "$got" = "$expected" ]; then echo "ok $name"; else echo "$got"; echo "not ok $name - it says otherwise"; fi
}

# The calls of PostgreSQL, CPython, MySQL and libvirt; then what their sources do with it.
check "-C -h -s, as PostgreSQL calls it" ./dtrace -C -h -s "$P/postgresql.d" -o postgresql.h.tmp
check "-o -h -s, as CPython and libvirt call it" ./dtrace -o python.h -h -s "$P/python.d"
check "-h -s, as MySQL calls it" ./dtrace -h -s "$P/mysql.d" -o mysql.h
check "-xnolibs -h -s, as others call it" ./dtrace -xnolibs -Xc -h -I. -DX=1 -s "$P/libvirt.d" -o libvirt.h
check "-G with objects" ./dtrace -C -G -s "$P/postgresql.d" -o postgresql.o one.o two.o
check "-o -G, objects first" ./dtrace -o python.o -G -s "$P/python.d" one.o
check "-64 -G" ./dtrace -64 -G -s "$P/mysql.d" -o mysql.o
check "a trial of -G without a provider" sh -c 'echo "BEGIN{}" >t.d && ./dtrace -G -s t.d -o t.o && test -s t.o'
check "default output" sh -c 'cp "$0"/libvirt.d . && ./dtrace -h -s libvirt.d && ./dtrace -G -s libvirt.d && test -s libvirt.h && test -s libvirt.o' "$P"
check "as a sub-command" "$CEPHTAP" dtrace -h -s "$P/python.d" -o again.h
check "the same header each time" cmp again.h python.h
check "the name dtrace runs scripts too" sh -c './dtrace -qn "BEGIN { exit(0); }"'

printf '%s\n' '#define OID unsigned  int' 'typedef const char* Str;' 'typedef struct Obj Obj;' 'struct Obj { union { int a; } u; };' \
	'provider t { probe a(Str name, Obj** objv, OID, OID oid, const  void *const p, char *argv[], struct x *, Str); };' >types.d
check "types and names" sh -c './dtrace -h -s types.d && tail -n 2 types.h | grep -qF "(\"name:const char *\", arg0), (\"objv:struct Obj **\", arg1), (\":unsigned int\", arg2), (\"oid:unsigned int\", arg3), (\"p:const void * const\", arg4), (\"argv:char *[]\", arg5), (\":struct x *\", arg6), (\":const char *\", arg7))"'

sed -e 's/POSTGRESQL_/TRACE_POSTGRESQL_/g' postgresql.h.tmp >postgresql.h
for compiler in gcc clang g++ clang++; do
	command -v $compiler >/dev/null || continue
	case $compiler in *++) language=c++ ;; *) language=c ;; esac
	check "compiled by $compiler" $compiler -x $language -O2 -Wall -Wextra -Wpedantic -Werror -I. -c -o $compiler.o "$P/uses.c"
	rm -f uses
	check "linked by $compiler, with -G's object" $compiler -o uses $compiler.o postgresql.o python.o mysql.o libvirt.o
	check "linked by $compiler, without" $compiler -o uses $compiler.o
	got=$(timeout 20 "$CEPHTAP" -qc ./uses -n '
		postgresql*:::transaction-start { printf("start %u\n", arg0); }
		postgresql:::lwlock-acquire { printf("lock %s %d\n", args[0], args[1]); }
		postgresql:::query-start { printf("query %s\n", copyinstr(arg0)); }
		python:::function-entry { printf("%s %s:%d\n", args[1], args[0], args[2]); }
		mysql:::connection-start { printf("connection %d %s@%s\n", args[0], args[1], args[2]); }
		libvirt:::rpc_client_new { printf("rpc %d %s\n", arg0 != 0, args[2]); }' 2>&1)
	expected=$'start 7\nlock "WALWrite" 1\nquery select 1\nmain uses.c:30\nconnection 5 me@here\nrpc 1 socket'
	if [ "$got" = "$expected" ]; then echo "ok traced, $compiler"; else diff <(echo "$expected") <(echo "$got"); echo "not ok traced, $compiler - wrong values"; fi
done

# What is wrong is said with the file and the line, in the source even when the preprocessor was there.
says "a missing bracket" "cephtap dtrace: said.d:3: \`)\` was expected behind a probe's arguments" 'provider x {\n\tprobe a(int\n};\n'
says "a line behind the preprocessor" "cephtap dtrace: said.d:4: \`probe\` was expected, not \`prob\`" \
	'#define T int\n/* a\n comment */provider x {\nprob a(T);\n};\n' -C
says "too many arguments" "cephtap dtrace: said.d:2: probe \`a\` has 13 arguments, and a marker has at most 12" \
	'provider x {\nprobe a(int,int,int,int,int,int,int,int,int,int,int,int,int); };'
says "a probe twice" "cephtap dtrace: said.d:3: provider \`x\` has two probes \`a\`" 'provider x {\nprobe a();\nprobe a(int);\n};'
says "a file that ends early" "cephtap dtrace: said.d:2: the file ends where \`probe\` was expected" 'provider x {\n'
says "a comment without an end" "cephtap dtrace: said.d:2: this comment does not end" 'provider x {};\n/* x\n\n'
says "a missing file" "cephtap dtrace: cannot open none.d: No such file or directory" '' -s none.d
check "neither -h nor -G: a script" sh -c '"$0" dtrace -s none.d 2>&1 | grep -q "^dtrace: cannot open none.d"' "$CEPHTAP"
