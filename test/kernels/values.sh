#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Records and aggregations: what the process had is what is printed, by every kind of variable and aggregation.
. "$(dirname "$0")/lib.sh"

got=$(tap -n 'lang:::ints { printf("%d %u %d %u %d %u %d %u", args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7]); }' \
	-c "$PROGS/lang_target 1")
equal integers "-5 251 -300 65000 -70000 4000000000 -5000000000 18000000000000000000" "$got"
got=$(tap -n 'lang:::texts { printf("%s|%s|%d", copyinstr(arg0), copyinstr(arg1), strlen(copyinstr(arg2))); }' -c "$PROGS/lang_target 1")
equal texts "hello, world||255" "$got"
tap -n 'lang:::texts { trace(copyinstr(arg3)); }' -c "$PROGS/lang_target 1" >"$TMP/out"
check bad-address grep -q 'invalid address (0x8)' "$TMP/err"
got=$(tap -n 'struct point { int32_t x, y; const char *name; struct point *next; uint8_t bytes[4]; uint16_t low : 4, high : 12; };
	lang:::points { this->p = (struct point *)copyin(arg0, sizeof(struct point)); printf("%d %d %d %d %d", this->p->x, this->p->y, this->p->bytes[3],
	this->p->low, this->p->high); }' -c "$PROGS/lang_target 1")
equal structure "1 -2 4 15 1" "$got"
got=$(tap -n 'lang:::hit { printf("%d:%d\n", args[0], args[1]); }' -c "$PROGS/lang_target 2000" | awk -F: '$1 * $1 == $2 { n++ } END { print n }')
equal records 2000 "$got"
got=$(tap -n 'lang:::hit { printf("%d\n", args[0]); }' -x bufsize=64k -c "$PROGS/lang_target 20000 2" | wc -l)
lost=$(sed -n 's/^cephtap: \([0-9]*\) records were lost.*/\1/p' "$TMP/err")
check lost-is-said test "$((got + lost))" = 60000
got=$(tap -n 'lang:::hit { @n = count(); @s = sum(args[0] - 50); @a = avg(args[0]); @lo = min(args[0] - 9); @hi = max(args[0]); @[args[0] % 5] = sum(args[0]); }
	END { printa("%@u %@d %@d %@d %@d", @n, @s, @a, @lo, @hi); printa(" %d=%@d", @); }' -c "$PROGS/lang_target 100" | tr -d '\n')
equal aggregations "100 -50 49 -9 99 0=950 1=970 2=990 3=1010 4=1030" "$got"
tap -n 'lang:::hit { @q = quantize(args[0]); @l = lquantize(args[0], 0, 100, 10); @ll = llquantize(args[1], 10, 0, 6, 10); }' -c "$PROGS/lang_target 100" >"$TMP/out"
equal quantize "1 1 2 4 8 16 32 36" "$(awk 'NR > 2 && NF == 3 && $3 > 0 && seen < 8 { print $3; seen++ }' "$TMP/out" | tr '\n' ' ' | sed 's/ $//')"
got=$(tap -n 'int64_t n; lang:::hit { n += 2; seen[args[0] % 7, "x"] += args[0]; self->last = args[0]; this->t = self->last * 3; @t = sum(this->t); }
	END { printf("%d %d ", n, seen[3, "x"]); printa("%@d", @t); }' -c "$PROGS/lang_target 100")
equal variables "200 679 14850" "$got"
got=$(tap -n 'lang:::hit { n++; @ = max(args[0]); @m = min(args[0]); } END { printf("%d ", n); printa("%@d", @); printa(" %@d", @m); }' -c "$PROGS/lang_target 3000 6")
equal atomics "21000 2999 0" "$got"
got=$(tap -n 'lang:::hit { @[strjoin("a", substr(execname, 0, 4)), tid == pid] = count(); } lang:::hit /args[0] == 3/ { printf("%s ", strjoin(probename, "y")); }
	END { printa("%s %d %@u", @); }' -c "$PROGS/lang_target 9" | tr -d '\n')
equal strings "hity alang 1 9" "$got"
got=$(tap -n 'lang:::hit /args[0] > 3 && (args[0] & 1) && args[1] / 3 % 2 == 0 && -args[0] / 2 < -2/ { @ = sum(args[0] << 2 ^ 1); } END { printa("%@d", @); }' -c "$PROGS/lang_target 30")
equal arithmetic "$(awk 'BEGIN { for (i = 4; i < 30; i++) { if (i % 2 && int(i * i / 3) % 2 == 0 && int(i / 2) > 2) { v = i * 4; n += v % 2 ? v - 1 : v + 1 } } print n }')" "$got"
got=$(tap -n 'BEGIN { exit(7); }' ; echo $?)
equal exit-status 7 "$got"
