/* SPDX-License-Identifier: LGPL-2.1-or-later */
BEGIN { "abc
}
BEGIN { 'a
}
BEGIN { "\xfff"; "\x"; }
BEGIN { "a" "b"; }
BEGIN { x = 1; /* never
