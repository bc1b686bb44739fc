/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built-in variables: the time. */
#include <stddef.h>

#include "ebpf/gen.h"
#include "func/tables.h"

static void gen_timestamp(struct gen *gen, struct node *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_time(gen);
}

static void gen_walltimestamp(struct gen *gen, struct node *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_time(gen);
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, wall_offset_ns));
	emit(gen, INSN_LOAD(BPF_DW, R1, R1, 0));
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
}

const struct builtin builtins_time[] = {
	{
		.name = "timestamp",
		.type = PROTO_UINT64,
		.doc = "nanoseconds of a clock that never steps: for differences",
		.example = {"BEGIN { start = timestamp; } END { trace(timestamp > start); } BEGIN { exit(0); }", "1"},
		.gen = gen_timestamp,
	},
	{
		.name = "walltimestamp",
		.type = PROTO_INT64,
		.doc = "nanoseconds since 1970-01-01 00:00 UTC",
		.example = {"BEGIN { printf(\"%Y\\n\", walltimestamp); exit(0); }", NULL},
		.gen = gen_walltimestamp,
	},
	{0},
};
