/* SPDX-License-Identifier: LGPL-2.1-or-later */
BEGIN { x = ; y = 2; }
BEGIN { x = 1 y = 2 }
BEGIN { for (;;) ; }
BEGIN { int x; }
BEGIN { x = 08 + 0xfg + 99999999999999999999 + '' + '123456789' + 1.5; }
BEGIN { // hi
}
BEGIN { `foo + 1; }
BEGIN /x == / { }
BEGIN foo { }
BEGIN { $3 + $target + $foo + $projid; }
a:b:c:d:e { }
