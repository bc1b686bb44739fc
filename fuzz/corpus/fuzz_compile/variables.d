/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Globals in one map, added to atomically; this-> on the stack; self-> and arrays in hash maps, where 0 is no entry. */
int16_t narrow;
test:::ints { g++; narrow += args[0]; this->n = args[4]; self->n = this->n; a[args[0], 2] = args[6]; self->n = 0; }
