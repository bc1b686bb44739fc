/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of strings: values, never longer than strsize. */
#include "func/gen.h"
#include "func/tables.h"

const struct func funcs_string[] = {
	{
		.name = "strlen",
		.proto = "size_t strlen(string)",
		.doc = "the number of bytes before the final NUL",
		.gen = gen_strlen,
	},
	{
		.name = "strjoin",
		.proto = "string strjoin(string, string)",
		.doc = "both texts, one after the other, cut at strsize",
		.gen = gen_strjoin,
	},
	{
		.name = "substr",
		.proto = "string substr(string, int64_t, [int64_t])",
		.doc = "the part from an index on (negative: counted from the end), of a length (negative: up to so "
		       "many before the end; "
		       "left out: the rest)",
		.gen = gen_substr,
	},
	{0},
};
