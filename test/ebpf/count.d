/* The shortest program: no scratch memory, no cookie. */
test:::ints { @ = count(); }
