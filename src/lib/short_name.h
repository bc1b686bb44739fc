/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C++ names in fewer characters, for tables and narrow pictures. In: a name as a demangler writes it. Out: the same
 * without what is in template arguments and parameter lists. What has its brackets not in order stays as it is.
 */
#ifndef CEPHTAP_LIB_SHORT_NAME_H
#define CEPHTAP_LIB_SHORT_NAME_H

#include "lib/buf.h"

/*
 * Appends it: std::map<int, A<B> >::find(int const&) const: std::map<...>::find; non-virtual thunk to X::f(): X::f
 * [thunk]; std::__cxx11::basic_string<...>: std::string; (anonymous namespace): (anon). A short name stays the same.
 */
void short_name(const char *name, struct buf *out);

#endif
