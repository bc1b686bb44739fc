/* SPDX-License-Identifier: LGPL-2.1-or-later */
BEGIN {
	0; 017; 0xFFffFFff; 2147483648; 18446744073709551615u; 1u; 1l; 1ul; 1ULL; 0x7fffffffffffffff;
	'a'; '\n'; '\0'; '\''; '\x41'; '\101'; 'ab'; 'abcdefgh'; '"';
	"a\tb\\\"\x7f\0end"; "joined \
line"; "";
	$1; $$1; $2; $$2; $3; $4; $0; $target; $pid; $uid;
}
