/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of numbers: byte order, device numbers, chance. */
#include <string.h>

#include "code/gen.h"
#include "func/tables.h"

static void gen_rand(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)call;
	(void)result;
	emit_call(gen, HELPER_RANDOM);
	emit_extend(gen, R0, 4, true);
}

/* As the kernel keeps them: 12 bits and 20. */
enum { MINOR_BITS = 20 };

static void gen_getmajor(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_scalar(gen, call->args[0]);
	emit(gen, INSN_MOV32_REG(R0, R0));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R0, MINOR_BITS));
}

static void gen_getminor(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_scalar(gen, call->args[0]);
	emit(gen, INSN_ALU_IMM(BPF_AND, R0, (1 << MINOR_BITS) - 1));
}

/* Networks' byte order is big-endian: the same both ways. The last letter of the name says how many bits. */
static void gen_swap(struct gen *gen, const struct expr *call, struct value *result)
{
	const char *name = call->func->name;
	int bits = strchr(name, 's') ? 16 : !strcmp(name + strlen(name) - 2, "ll") ? 64 : 32;

	(void)result;
	gen_scalar(gen, call->args[0]);
	emit(gen, INSN(BPF_ALU | BPF_END | BPF_TO_BE, R0, 0, 0, bits));
}

#define SWAP(name_, type, doc_, script, output)                                                                        \
	{                                                                                                              \
		.name = name_, .proto = {.result = type, .params = {{type}}}, .doc = doc_,                             \
		.example = {script, output}, .gen = gen_swap                                                           \
	}

const struct func funcs_number[] = {
	{
		.name = "rand",
		.proto = {.result = PROTO_INT},
		.doc = "a pseudo-random number",
		.example = {"BEGIN { trace(rand()); exit(0); }", NULL},
		.gen = gen_rand,
	},
	{
		.name = "getmajor",
		.proto = {.result = PROTO_UINT32, .params = {{PROTO_UINT64}}},
		.doc = "which driver a device number of the kernel is of",
		.example = {"BEGIN { trace(getmajor(0x800001)); exit(0); }", "8"},
		.gen = gen_getmajor,
	},
	{
		.name = "getminor",
		.proto = {.result = PROTO_UINT32, .params = {{PROTO_UINT64}}},
		.doc = "which of the driver's devices it is",
		.example = {"BEGIN { trace(getminor(0x800001)); exit(0); }", "1"},
		.gen = gen_getminor,
	},
	SWAP("htons", PROTO_UINT16, "16 bits in the byte order of networks",
	     "BEGIN { printf(\"%x\\n\", htons(0x1234)); exit(0); }", "3412\n"),
	SWAP("htonl", PROTO_UINT32, "32 bits in the byte order of networks",
	     "BEGIN { printf(\"%x\\n\", htonl(0x12345678)); exit(0); }", "78563412\n"),
	SWAP("htonll", PROTO_UINT64, "64 bits in the byte order of networks",
	     "BEGIN { printf(\"%x\\n\", htonll(0x1122334455667788)); exit(0); }", "8877665544332211\n"),
	SWAP("ntohs", PROTO_UINT16, "16 bits from the byte order of networks",
	     "BEGIN { printf(\"%x\\n\", ntohs(0x1234)); exit(0); }", "3412\n"),
	SWAP("ntohl", PROTO_UINT32, "32 bits from the byte order of networks",
	     "BEGIN { printf(\"%x\\n\", ntohl(0x12345678)); exit(0); }", "78563412\n"),
	SWAP("ntohll", PROTO_UINT64, "64 bits from the byte order of networks",
	     "BEGIN { printf(\"%x\\n\", ntohll(0x1122334455667788)); exit(0); }", "8877665544332211\n"),
	{0},
};
