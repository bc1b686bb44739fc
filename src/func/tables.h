/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The families of functions: each array ends with an element whose name is NULL. table.c puts them together. */
#ifndef CEPHTAP_FUNC_TABLES_H
#define CEPHTAP_FUNC_TABLES_H

#include "func/func.h"

extern const struct func funcs_memory[], funcs_string[], funcs_action[], funcs_stack[], funcs_symbol[];
extern const struct builtin builtins[];

#endif
