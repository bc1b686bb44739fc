#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Aggregations and the reports of scripts: each function, keys, printa(), clear(), trunc(), normalize(), sorting, printf's
# formats, --json.
# time: 180
. "$TOP/test/e2e/lib-lang.sh"

hits() { # NAME EXPECTED STATEMENTS [OPTIONS...]: over ten hits, arg0 0 to 9, arg1 its square
	local name=$1 expected=$2 text=$3
	shift 3
	same "$name" "$expected" "$@" -c "$target 10" -n "$text"
}

hits "numbers" '10 285 28 0 81 27' 'lang:::hit { @c = count(); @s = sum(arg1); @a = avg(arg1); @n = min(arg1); @x = max(arg1); @d = stddev(arg1); }
	END { printa("%@d ", @c); printa("%@d ", @s); printa("%@d ", @a); printa("%@d ", @n); printa("%@d ", @x); printa("%@d", @d); }'
hits "negative numbers" '-45 -4 -9 0' 'lang:::hit { @s = sum(-arg0); @a = avg(-arg0); @n = min(-arg0); @x = max(-arg0); }
	END { printa("%@d ", @s); printa("%@d ", @a); printa("%@d ", @n); printa("%@d", @x); }'
hits "unsigned and narrow numbers" '18446744073709551615 18446744073709551606 2550' 'lang:::hit { @x = max((uint64_t)-1 - (uint64_t)arg0); @n = min((uint64_t)-1 - (uint64_t)arg0);
	@s = sum((uint8_t)-1); } END { printa("%@u ", @x); printa("%@u ", @n); printa("%@u", @s); }'
hits "a default table" '
                0                5
                1                5
' 'lang:::hit { @[arg0 % 2] = count(); }'
hits "a table with texts" '
  odd                                                               5
  even                                                             20
' 'lang:::hit { @[arg0 % 2 ? "odd" : "even"] = sum(arg0 % 2 ? 1 : arg0); }'
hits "sorted" 'c:1 b:2 a:7 ' 'lang:::hit { @[arg0 < 7 ? "a" : arg0 < 9 ? "b" : "c"] = count(); } END { printa("%s:%@d ", @); }'
hits "sorted by key" 'a:7 b:2 c:1 ' 'lang:::hit { @[arg0 < 7 ? "a" : arg0 < 9 ? "b" : "c"] = count(); } END { printa("%s:%@d ", @); }' -x aggsortkey
hits "sorted from the largest" 'a:7 b:2 c:1 ' 'lang:::hit { @[arg0 < 7 ? "a" : arg0 < 9 ? "b" : "c"] = count(); } END { printa("%s:%@d ", @); }' -x aggsortrev
hits "signed keys" '-2:1 -1:1 0:1 1:1 ' 'lang:::hit /arg0 < 4/ { @[(int)arg0 - 2] = count(); } END { printa("%d:%@d ", @); }' -x aggsortkey
hits "clear keeps the keys" '0 0 
1 0 
' 'lang:::hit { @[arg0 % 2] = count(); } lang:::hit /arg0 == 9/ { clear(@); } END { printa("%d %@d \n", @); }'
hits "trunc" '' 'lang:::hit { @[arg0] = count(); } END { trunc(@); printa("%d %@d\n", @); }'
hits "trunc to the largest and smallest" '8:64 9:81 |8:64 ' 'lang:::hit { @[arg0] = sum(arg1); } END { trunc(@, 2); printa("%d:%@d ", @); printf("|"); trunc(@, -1);
	printa("%d:%@d ", @); }'
hits "normalize and denormalize" '28 285' 'lang:::hit { @ = sum(arg1); } END { normalize(@, 10); printa("%@d ", @); denormalize(@); printa("%@d", @); }'
hits "share: of the rows with the same first key" '0.0=0 0.2=10 0.4=20 0.6=30 0.8=40 1.1=4 1.3=12 1.5=20 1.7=28 1.9=36 ' 'lang:::hit { @[arg0 % 2, arg0] = sum(arg0); }
	END { share(@, 100); printa("%d.%d=%@d ", @); }' -x aggsortkey
hits "share: none any more" '0.0=0 1.1=1 ' 'lang:::hit /arg0 < 2/ { @[arg0 % 2, arg0] = sum(arg0); } END { share(@, 100); share(@, 0); printa("%d.%d=%@d ", @); }'
hits "top: rows of the first" '8:64,8 9:81,9 |0:0,0 ' 'lang:::hit { @s[arg0] = sum(arg1); @n[arg0] = sum(arg0); } END { top(@s, 2); printa("%d:%@d,%@d ", @s, @n);
	printf("|"); top(@s, 0); top(@n, 1); trunc(@s, -1); trunc(@n, -1); printa("%d:%@d,%@d ", @n, @s); }'
hits "several in one printa" '0 5 20 4
1 5 25 5
' 'lang:::hit { @c[arg0 % 2] = count(); @s[arg0 % 2] = sum(arg0); @a[arg0 % 2] = avg(arg0); } END { printa("%d %@d %@d %@d\n", @c, @s, @a); }'
hits "quantize" '

           value  ------------- Distribution ------------- count    
              -1 |                                         0        
               0 |@@@@                                     1        
               1 |@@@@                                     1        
               2 |@@@@@@@@                                 2        
               4 |@@@@@@@@@@@@@@@@                         4        
               8 |@@@@@@@@                                 2        
              16 |                                         0        

' 'lang:::hit { @ = quantize(arg0); }'
hits "quantize of negative numbers, with increments" '

           value  ------------- Distribution ------------- count    
             -16 |                                         0        
              -8 |@@@@@@@@@@@@@@@@@@@@                     20       
              -4 |@@@@@@@@@@@@@@@@@@@@                     20       
              -2 |                                         0        

' 'lang:::hit /arg0 == 4 || arg0 == 8/ { @ = quantize(-arg0, 20); }'
hits "lquantize" '

           value  ------------- Distribution ------------- count    
             < 2 |@@@@@@@@                                 2        
               2 |@@@@@@@@                                 2        
               4 |@@@@@@@@                                 2        
               6 |@@@@@@@@                                 2        
            >= 8 |@@@@@@@@                                 2        

' 'lang:::hit { @ = lquantize(arg0, 2, 8, 2); }'

same "updates by eight threads are all there" '32000 key:32000 sum 1:63984000' -c "$target 4000 7" -n 'lang:::hit { @c = count(); @k["key"] = count();
	@s["sum", 1] = sum(arg0); } END { printa("%@d ", @c); printa("%s:%@d ", @k); printa("%s %d:%@d", @s); }'
report "each thread is a key" 8 "$(timeout 20 "$CEPHTAP" -q -c "$target 100 7" -n 'lang:::hit { @t[tid] = count(); } END { printa("%@d\n", @t); }' | grep -c '^100$')"
same "a key that is an array of texts" 'one,two:1' -n 'BEGIN { @["one", "two"] = count(); exit(0); } END { printa("%s,%s:%@d", @); }'
same "a key of another width" '-1 255 1' -n 'char c; uint8_t u; BEGIN { c = -1; u = 255; @[c, u] = count(); exit(0); } END { printa("%d %d %@d", @); }'

# --- printf ---
begin "conversions" '42 -42 42 2a 2A 52 x text %' 'printf("%d %i %u %x %X %o %c %s %%", 42, -42, 42, 42, 42, 42, 120, "text");'
begin "widths and precisions" '[   42][42   ][00042][  abc][abc  ][ab][+42][0x2a]' 'printf("[%5d][%-5d][%05d][%5s][%-5s][%.2s][%+d][%#x]", 42, 42, 42, "abc", "abc", "abc", 42, 42);'
begin "widths from arguments" '[    7][7    ]' 'printf("[%*d][%-*d]", 5, 7, 5, 7);'
begin "sizes" '-1 4294967295 65535 -1 18446744073709551615 ffffffffffffffff' 'printf("%d %u %hu %ld %lu %llx", -1, (unsigned)-1, (unsigned short)-1, -1LL, -1LL, -1LL);'
begin "printf without arguments" 'just text
' 'printf("just text\n");'

# --- JSON ---
json() { timeout 20 "$CEPHTAP" --json "$@" 2>"$err" | python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
print(len(rows) > 0)'; }
report "each line of --json is JSON" True "$(json -c "$target 10" -n 'lang:::hit { printf("a \"text\" %d\n", arg0); @[arg0, "k\377\n"] = quantize(arg1); @n = count(); trace(arg1); }')"
report "errors are JSON too" True "$(json -n 'BEGIN { x = *(int *)8; } BEGIN { exit(0); }')"
exit 0
