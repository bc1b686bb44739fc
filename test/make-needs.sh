#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every target of make that doc/building.md's table names begins with what it needs of Debian's packages; scripts/install-deps.sh installs
# what is missing as root, says it to others, and does nothing when all is there. No package is touched: dpkg, apt and id are made up.
set -u
cd "$TOP" || exit 1
bad=
for target in $(sed -n '/^| target |/,/^$/p' doc/building.md | cut -d '|' -f 2 | grep -o '`make[^`]*`' | tr -d '`' | awk '{ print $2 == "" || $2 ~ /=/ ? "all" : $2 }' | sort -u); do
	case $target in clean | help) continue ;; esac
	make -n "$target" BUILD="$TMP/build" 2>/dev/null | grep -q 'install-deps.sh [a-z]' || bad="$bad $target"
done
if [ -z "$bad" ]; then echo "ok every-target"; else echo "not ok every-target - these install nothing:$bad"; fi

# What is installed is what $TMP/installed lists.
mkdir "$TMP/bin"
cat >"$TMP/bin/dpkg-query" <<'EOF'
#!/bin/sh
shift 3
for name; do grep -qxF "$name" "$FAKE/installed" && echo "installed $name"; done
EOF
cat >"$TMP/bin/apt-cache" <<'EOF'
#!/bin/sh
case $2 in *14*) echo "  Candidate: (none)" ;; *) echo "  Candidate: 1" ;; esac
EOF
cat >"$TMP/bin/apt-get" <<'EOF'
#!/bin/sh
echo "$*" >>"$FAKE/calls"
case $* in *" install "*) for name; do echo "$name"; done >>"$FAKE/installed" ;; esac
EOF
cat >"$TMP/bin/id" <<'EOF'
#!/bin/sh
cat "$FAKE/id"
EOF
chmod +x "$TMP"/bin/*
export FAKE=$TMP PATH=$TMP/bin:$PATH

deps() { # GROUP...: what it says is in $said, its exit status in $status, what apt did in $TMP/calls
	: >"$TMP/calls"
	said=$(scripts/install-deps.sh "$@" 2>&1)
	status=$?
}
expect() { # NAME STATUS SAID CALLS: patterns; empty for nothing
	if [ "$status" = "$2" ] && [[ $said =~ ^$3$ ]] && [[ $(cat "$TMP/calls") =~ ^$4$ ]]; then echo "ok $1"; else
		echo "not ok $1 - status $status, said '$said', did '$(cat "$TMP/calls")'"
	fi
}

echo 1000 >"$TMP/id"
echo clang >"$TMP/installed"
deps fuzz
expect told 1 'install-deps.sh: missing: g\+\+ libclang-rt-dev\|libclang-rt-14-dev \(run as root: .*install-deps.sh fuzz\)' ''
echo 0 >"$TMP/id"
deps fuzz
expect installed 0 '' '.* install -y --no-install-recommends g\+\+ libclang-rt-dev'
deps fuzz
expect nothing-to-do 0 '' ''
printf '%s\n' clang g++ libclang-rt-14-dev >"$TMP/installed"
deps fuzz
expect the-other-will-do 0 '' ''
deps no-such-group
expect unknown 2 'install-deps.sh: install the missing.*' ''
