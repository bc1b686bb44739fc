/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of the traced process. Both fail with FAULT_BADADDR where nothing is mapped. */
#include "func/gen.h"
#include "func/tables.h"

const struct func funcs_memory[] = {
	{
		.name = "copyin",
		.proto = "void *copyin(uintptr_t, size_t)",
		.doc = "a copy, in scratch memory, of bytes of the traced process",
		.gen = gen_copyin,
	},
	{
		.name = "copyinstr",
		.proto = "string copyinstr(uintptr_t, [size_t])",
		.doc = "the NUL-terminated text at an address of the traced process, at most that many bytes",
		.gen = gen_copyinstr,
	},
	{0},
};
