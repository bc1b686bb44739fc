#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# doc/security.md: each row of its tables names tests that exist; and what the page says of the program itself: what it may call,
# what it refuses, what works without any right.
set -u
cd "$TOP" || exit 1
page=doc/security.md
out=$(mktemp)
trap 'rm -f "$out"' EXIT
verdict() { # NAME STATUS WHY
	[ "$2" = 0 ] && echo "ok $1" || echo "not ok $1 - $3"
}

# ---- each row has tests
missing= rows=0
while IFS= read -r row; do
	rows=$((rows + 1))
	tests=$(awk -F'|' '{ print $(NF - 1) }' <<<"$row" | grep -o '`[^`]*`' | tr -d '`')
	[ -n "$tests" ] || missing="$missing; no test: $row"
	for test in $tests; do
		ls "test/$test".sh "test/$test".c "$test".sh 2>/dev/null | grep -q . || missing="$missing; $test is not there"
	done
done < <(grep '^|' $page | grep -v '^|---\|| test |$')
[ $rows -gt 25 ] || missing="$missing; only $rows rows"
verdict "each row has its test" "$([ -z "$missing" ]; echo $?)" "${missing#; }"

# ---- no network, no shell but the one of dtrace -G and -C, of the demo, and of a script's system()
called=$(nm -D --undefined-only "$CEPHTAP" 2>/dev/null | awk '{ sub("@.*", "", $2); print $2 }')
[ -n "$called" ]
verdict "what it calls is known" $? "nm shows nothing of $CEPHTAP"
bad=$(grep -xE 'socket|bind|listen|connect|accept4?|getaddrinfo|gethostby.*|system|popen|dlopen|set(res|re|e|fs)?[ug]id|setgroups|cap_set.*' <<<"$called" | tr '\n' ' ')
verdict "no network, no system(3), no change of rights" "$([ -z "$bad" ]; echo $?)" "it calls $bad"
where=$(grep -lE '\b(execv[pe]*|execl[pe]*|posix_spawnp?)\(' -r src --include=*.c | sort | tr '\n' ' ')
verdict "who starts programs" "$([ "$where" = "src/cmd/demo.c src/cmd/shell.c src/lib/by_shell.c src/run/child.c " ]; echo $?)" "$where"
bad=$(grep -nE '(install|chmod).*(-m *0?[2467][0-7]{3}|u\+s|g\+s|[^0-9]0?[46][0-7]{3}[^0-9])' Makefile scripts/install-deps.sh)
verdict "not installed setuid" "$([ -z "$bad" ]; echo $?)" "$bad"

# ---- nothing destructive without -w, and what would harm the host not even then
for action in 'raise(9)' 'stop()' 'copyout(alloca(4), (uintptr_t)arg0, 4)' 'copyoutstr("x", (uintptr_t)arg0, 2)' 'chill(1)' \
	'system("true")' 'freopen("/tmp/x")' 'ftruncate()'; do
	"$CEPHTAP" -e -n "syscall::getpid:entry { $action; }" >"$out" 2>&1
	[ $? = 1 ] && grep -q 'error:.*changes the traced system' "$out" && grep -q 'allow it with -w' "$out"
	verdict "${action%%(*} is refused without -w" $? "$(head -n 2 "$out" | tr '\n' ' ')"
done
for action in 'panic()' 'breakpoint()' 'chill(500000001)'; do
	"$CEPHTAP" -w -e -n "BEGIN { $action; }" >"$out" 2>&1
	[ $? = 1 ] && grep -q 'error:' "$out"
	verdict "$action is refused" $? "$(head -n 2 "$out" | tr '\n' ' ')"
done

# ---- without any right
if [ "$(id -u)" = 0 ]; then
	nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all "$binary" "$@" >"$out" 2>&1; }
	folder=$(mktemp -d)
	trap 'rm -rf "$out" "$folder"' EXIT
	chmod 755 "$folder"
	cp "$CEPHTAP" "$folder/cephtap"
	binary=$folder/cephtap
	nobody -e -n 'BEGIN { exit(0); }'
	verdict "compiling needs no right" $? "$(head -n 1 "$out")"
	nobody --dump ebpf -n 'BEGIN { exit(0); }'
	verdict "nor does a dump" $? "$(head -n 1 "$out")"
	nobody -q -n 'BEGIN { exit(0); }'
	[ $? = 1 ] && grep -q 'needs root\|may not use BPF' "$out"
	verdict "tracing does" $? "$(head -n 1 "$out")"
else
	echo "skip without any right - needs root"
fi
