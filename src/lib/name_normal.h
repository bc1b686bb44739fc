/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One form for all ways to write a C++, Rust or Go function's name: as people do, as demanglers do, as debug
 * information does. In: a name. Out: the same without blanks that say nothing, `char const*` for `const char *`,
 * `unsigned long` for `long unsigned int`, std::string for what it stands for, and without the template arguments that
 * the standard library gives by itself (std::vector<int>, not std::vector<int, std::allocator<int> >). Two names are
 * the same when their forms are.
 */
#ifndef CEPHTAP_LIB_NAME_NORMAL_H
#define CEPHTAP_LIB_NAME_NORMAL_H

#include "lib/buf.h"

/* Any text may be given. A backslash and what it quotes stay as they are, as in globs. */
void name_normal(const char *name, struct buf *out);
/* "operator" and the sign that follows it, or only the word where a type does (operator bool), in any form. 0: it is
 * not there. */
size_t name_operator_size(const char *at);
/* What is behind the bracket that closes the one at `at`; NULL: none does. */
const char *name_behind_group(const char *at);

#endif
