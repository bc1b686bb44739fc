#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Speculation: what waits, what is committed and discarded, numbers that are used again, what may follow what in a clause.
# time: 120
. "$TOP/test/e2e/lib-lang.sh"

first='BEGIN { s = speculation(); }'
same "commit" '1 shown' -n "$first BEGIN { printf(\"%d \", s); } BEGIN { speculate(s); printf(\"shown\"); } BEGIN { commit(s); exit(0); }"
same "discard" 'end' -n "$first BEGIN { speculate(s); printf(\"lost\"); } BEGIN { discard(s); printf(\"end\"); exit(0); }"
same "without either it is lost" 'end' -n "$first BEGIN { speculate(s); printf(\"lost\"); } BEGIN { exit(0); } END { printf(\"end\"); }"
same "in the order of the commits" 'now b a1 a2 ' -x nspec=2 -n 'BEGIN { a = speculation(); b = speculation(); } BEGIN { speculate(a); printf("a1 "); }
	BEGIN { speculate(b); printf("b "); } BEGIN { speculate(a); printf("a2 "); } BEGIN { printf("now "); } BEGIN { commit(b); } BEGIN { commit(a); exit(0); }'
same "what a commit's clause discards too" 'a' -x nspec=2 -n 'BEGIN { a = speculation(); b = speculation(); } BEGIN { speculate(a); printf("a"); }
	BEGIN { speculate(b); printf("b"); } BEGIN { commit(a); discard(b); exit(0); }'
same "a number is used again" '1 one 1 two' -n 'BEGIN { a = speculation(); printf("%d ", a); } BEGIN { speculate(a); printf("one "); } BEGIN { commit(a); }
	BEGIN { a = speculation(); printf("%d ", a); } BEGIN { speculate(a); printf("two"); } BEGIN { commit(a); exit(0); }'
same "of a discarded one nothing is left" 'two' -n "$first BEGIN { speculate(s); printf(\"one\"); } BEGIN { discard(s); s = speculation(); }
	BEGIN { speculate(s); printf(\"two\"); } BEGIN { commit(s); exit(0); }"
same "numbers that nobody has" 'end' -n 'BEGIN { speculate(0); printf("lost"); } BEGIN { speculate(1); printf("lost"); } BEGIN { speculate(-1); printf("lost"); }
	BEGIN { speculate(1000); printf("lost"); } BEGIN { commit(0); commit_ = 1; } BEGIN { commit(5); } BEGIN { discard(-3); } BEGIN { printf("end"); exit(0); }'
same "after the commit" '' -n "$first BEGIN { commit(s); } BEGIN { speculate(s); printf(\"lost\"); } BEGIN { commit(s); exit(0); }"
same "more statements do not run either" '7' -n 'BEGIN { x = 7; } BEGIN { speculate(0); x = 8; } BEGIN { trace(x); exit(0); }'
same "statements before it do" '8' -n 'BEGIN { x = 8; speculate(0); x = 9; } BEGIN { trace(x); exit(0); }'
same "a thread's own" 'hello' -n 'BEGIN { self->s = speculation(); } BEGIN /self->s/ { speculate(self->s); printf("hello"); } BEGIN /self->s/ { commit(self->s); exit(0); }'
same "errors are told at once" 'ok' -n "$first BEGIN { speculate(s); printf(\"lost\"); trace(*(int *)0); } BEGIN { speculate(s); printf(\"ok\"); } BEGIN { commit(s); exit(0); }"
same "values of their moment" '1 2' -n "$first BEGIN { x = 1; } BEGIN { speculate(s); printf(\"%d \", x); } BEGIN { x = 2; } BEGIN { speculate(s); printf(\"%d\", x); } BEGIN { x = 3; commit(s); exit(0); }"
same "all numbers in use" '1 2 3 0' -x nspec=3 -n 'BEGIN { printf("%d ", speculation()); printf("%d ", speculation()); printf("%d ", speculation()); printf("%d", speculation()); exit(0); }'
grep -q '1 .*failed speculation.* (no speculative buffer available)' "$err" && echo "ok it is said" || echo "not ok it is said - $(cat "$err")"
same "no room for what waits" '' -x specsize=16 -n "$first BEGIN { speculate(s); printf(\"%d\", 1); } BEGIN { speculate(s); printf(\"%d\", 1); } BEGIN { commit(s); exit(0); }"
grep -q '2 .*speculative drops' "$err" && echo "ok that is said too" || echo "not ok that is said too - $(cat "$err")"
"$CEPHTAP" record -o "$TMP/r" -n "$first BEGIN { speculate(s); printf(\"shown\"); } BEGIN { commit(s); exit(0); }" >/dev/null 2>"$err"
case $("$CEPHTAP" replay "$TMP/r" 2>>"$err") in *shown*) echo "ok replayed" ;; *) echo "not ok replayed - $(cat "$err")" ;; esac

refused() { # NAME TAG BODY
	local out
	out=$("$CEPHTAP" -x errtags -q -w -n "BEGIN { $3 exit(0); }" 2>&1) && { echo "not ok $1 - it is accepted"; return; }
	case $out in *"$2"*) echo "ok $1" ;; *) echo "not ok $1 - $(head -1 <<<"$out")" ;; esac
}
refused "speculate after data" D_SPEC_DREC 'trace(1); speculate(1);'
refused "speculate twice" D_SPEC_SPEC 'speculate(1); speculate(2);'
refused "speculate after commit" D_SPEC_COMM 'commit(1); speculate(1);'
refused "commit after data" D_COMM_DREC 'printf("x"); commit(1);'
refused "commit twice" D_COMM_COMM 'commit(1); commit(2);'
refused "data after commit" D_DREC_COMM 'commit(1); trace(1);'
refused "an aggregation after speculate" D_AGG_SPEC 'speculate(1); @ = count();'
refused "an aggregation after commit" D_AGG_COMM 'commit(1); @ = count();'
refused "exit after speculate" D_EXIT_SPEC 'speculate(1);'
refused "speculation takes nothing" D_PROTO_LEN 'trace(speculation(1));'
refused "speculate without a number" D_PROTO_LEN 'speculate();'
refused "speculate with text" D_PROTO_ARG 'speculate("1");'
refused "commit without a number" D_PROTO_LEN 'commit();'
refused "commit with text" D_PROTO_ARG 'commit("1");'
refused "discard without a number" D_PROTO_LEN 'discard();'
refused "discard with text" D_PROTO_ARG 'discard("1");'
refused "speculate has no value" D_OP_INCOMPAT 'x = speculate(1);'
