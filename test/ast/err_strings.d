BEGIN { "abc
}
BEGIN { 'a
}
BEGIN { "\xfff"; "\x"; }
BEGIN { "a" "b"; }
BEGIN { x = 1; /* never
