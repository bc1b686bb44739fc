/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses that are printed as names: keys of aggregations, values of printf(), or actions by themselves. */
#include "code/gen.h"
#include "func/print.h"
#include "func/tables.h"

static void gen_process(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	emit_symbol(gen, call->args[0], true);
}

static void gen_kernel(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	emit_symbol(gen, call->args[0], false);
}

#define SYMBOL(word, form, code, text, ...)                                                                            \
	{                                                                                                              \
		.name = word, .proto = {.result = form, .params = {{PROTO_ADDRESS}}}, .doc = text,                     \
		.example = {__VA_ARGS__}, .flags = FUNC_RECORDS_ITSELF, .gen = code, .report = report_values,          \
	}

const struct func funcs_symbol[] = {
	SYMBOL("usym", PROTO_SYMBOL, gen_process, "the function of the process that an address is in: libc.so.6`malloc",
	       "profile-97hz { @[usym(arg1)] = count(); } tick-1s { exit(0); }", NULL),
	SYMBOL("ufunc", PROTO_SYMBOL, gen_process, "the same as usym()",
	       "profile-97hz { @[ufunc(arg1)] = count(); } tick-1s { exit(0); }", NULL),
	SYMBOL("umod", PROTO_SYMBOL_MODULE, gen_process,
	       "the program or library of the process that an address is in: libc.so.6",
	       "profile-97hz { @[umod(arg1)] = count(); } tick-1s { exit(0); }", NULL),
	SYMBOL("uaddr", PROTO_SYMBOL_ADDRESS, gen_process,
	       "an address of the process with its function: libc.so.6`malloc+0x1f",
	       "profile-97hz { @[uaddr(arg1)] = count(); } tick-1s { exit(0); }", NULL),
	SYMBOL("sym", PROTO_SYMBOL, gen_kernel, "the function of the kernel that an address is in: vmlinux`vfs_read",
	       "profile-97hz { @[sym(arg0)] = count(); } tick-1s { exit(0); }", NULL),
	SYMBOL("func", PROTO_SYMBOL, gen_kernel, "the same as sym()",
	       "profile-97hz { @[func(arg0)] = count(); } tick-1s { exit(0); }", NULL),
	SYMBOL("mod", PROTO_SYMBOL_MODULE, gen_kernel, "the kernel, or its module, that an address is in: vmlinux",
	       "profile-97hz { @[mod(arg0)] = count(); } tick-1s { exit(0); }", NULL),
	{0},
};
