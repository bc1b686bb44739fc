# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How tests wait: for a condition, by the clock, and never for a time in which it may or may not have come true.

# Until COMMAND succeeds, asked twenty times a second; fails when it has not in that many seconds.
wait_for() { # SECONDS COMMAND...
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -le $deadline ] || return 1
		sleep 0.05
	done
}

# Until what COMMAND prints has stayed the same for that many seconds; fails when it has not in a minute.
wait_still() { # SECONDS COMMAND...
	local span=$1 deadline=$((SECONDS + 60)) since=$SECONDS last now
	shift
	last=$("$@")
	until [ $((SECONDS - since)) -gt "$span" ]; do
		[ $SECONDS -le $deadline ] || return 1
		sleep 0.2
		now=$("$@")
		[ "$now" = "$last" ] || { last=$now since=$SECONDS; }
	done
}

not() { ! "$@"; }
has_ended() { ! kill -0 "$1" 2>/dev/null; } # PID
runs_file() { [ "/proc/$1/exe" -ef "$2" ]; } # PID FILE: it is past exec
# It is asleep: a program that does nothing but wait has come so far.
sleeps() { grep -q '^State:.S' "/proc/$1/status" 2>/dev/null; } # PID
# It sleeps for a time that it has chosen: one of our programs has come to its rounds.
naps() { grep -q nanosleep "/proc/$1/wchan" 2>/dev/null; } # PID
# It is no shell any more that is about to become a program, or it has ended.
past_exec() { [[ $(readlink "/proc/$1/exe") != */bash ]]; } # PID
# Ends those that are children of this shell: the number of one that has ended may be somebody else's by now.
kill_own() { # SIGNAL PID...
	local signal=$1 pid
	shift
	for pid in "$@"; do
		! grep -qs "^PPid:[[:space:]]$$\$" "/proc/$pid/status" || kill "-$signal" "$pid"
	done
}
