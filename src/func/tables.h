/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row for each file of functions, one for each file of built-in variables. Their arrays end with an element without
 * a name. */
#ifndef CEPHTAP_FUNC_TABLES_H
#define CEPHTAP_FUNC_TABLES_H

#include "func/func.h"

/* clang-format off */
#define FUNC_FILES(row) \
	row(funcs_print) \
	row(funcs_exit) \
	row(funcs_outside) \
	row(funcs_aggregation) \
	row(funcs_memory) \
	row(funcs_string) \
	row(funcs_search) \
	row(funcs_path) \
	row(funcs_digits) \
	row(funcs_number) \
	row(funcs_kernel) \
	row(funcs_speculation) \
	row(funcs_process_change) \
	row(funcs_stack) \
	row(funcs_symbol)

#define BUILTIN_FILES(row) \
	row(builtins_arg) \
	row(builtins_process) \
	row(builtins_time) \
	row(builtins_stack) \
	row(builtins_probe)
/* clang-format on */

#define FUNC_FILE(array) extern const struct func array[];
FUNC_FILES(FUNC_FILE)
#undef FUNC_FILE
#define BUILTIN_FILE(array) extern const struct builtin array[];
BUILTIN_FILES(BUILTIN_FILE)
#undef BUILTIN_FILE

#endif
