/* SPDX-License-Identifier: LGPL-2.1-or-later */
a:b:c:d:e { }
foo[a {}
0 { }
BEGIN { if (x { } }
BEGIN { f(1, ; }
BEGIN { "a" "b"; }
BEGIN { (1)(2); self x; this->; }
{ trace(1); }
BEGIN { "\xfff\q"
