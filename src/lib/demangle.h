/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of C++ and Rust as people write them. A mangled name is a stranger's: few bytes may stand for gigabytes of text
 * (each part may be named again by its number), and for years of search. Names that would be longer than anybody reads
 * are left mangled.
 */
#ifndef CEPHTAP_LIB_DEMANGLE_H
#define CEPHTAP_LIB_DEMANGLE_H

/* `options` are DMGL_* of libiberty. NULL: it is no such name, or one that is left as it is. To be freed. */
char *demangle_name(const char *symbol, int options);

#endif
