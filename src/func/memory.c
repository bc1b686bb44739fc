/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of the traced process. Both fail with FAULT_BADADDR where nothing is mapped. */
#include "ebpf/gen.h"
#include "func/tables.h"

enum { COPYIN_MAX = 4096 /* bytes, when the size is not a constant */ };

static void gen_copyin(struct gen *gen, struct node *call, struct value *result)
{
	const struct node *size = call->args[1];
	uint32_t room = size->is_const && size->ival <= COPYIN_MAX ? (uint32_t)size->ival : COPYIN_MAX;
	struct place place = place_scratch(gen, room ? room : 1);
	struct label fits = {0};
	struct slot bytes;

	(void)result;
	gen->keeps_scratch = true; /* the pointer may be kept in a variable */
	gen_scalar(gen, call->args[1]);
	bytes = slot_new(gen);
	slot_store(gen, bytes, R0);
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)room, &fits);
	emit_fault(gen, FAULT_SCRATCH, -1, call->loc);
	label_bind(gen, &fits);
	gen_scalar(gen, call->args[0]);
	emit_read_bytes(gen, place, bytes, room, call->loc);
	slot_release(gen, bytes);
	emit_place_address(gen, R0, place);
	emit_launder(gen);
}

static void gen_copyinstr(struct gen *gen, struct node *call, struct value *result)
{
	struct place to = result->place;
	struct label fits = {0};
	struct slot limit;

	if (call->args_len < 2) {
		gen_scalar(gen, call->args[0]);
		emit_read_string(gen, to, to.room, true, call->loc);
		return;
	}
	gen_scalar(gen, call->args[1]);
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)to.room - 1, &fits);
	emit(gen, INSN_MOV_IMM(R0, to.room - 1));
	label_bind(gen, &fits);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 1)); /* the final NUL */
	limit = slot_new(gen);
	slot_store(gen, limit, R0);
	gen_scalar(gen, call->args[0]);
	emit_read_text(gen, to, limit, call->loc);
	slot_release(gen, limit);
}

const struct func funcs_memory[] = {
	{
		.name = "copyin",
		.proto = {.result = PROTO_POINTER, .params = {{PROTO_ADDRESS}, {PROTO_SIZE}}},
		.doc = "a copy, in scratch memory, of bytes of the traced process",
		.example = {"syscall::write:entry /arg2 >= 4/ { printf(\"%x\\n\", *(uint32_t *)copyin(arg1, 4)); exit(0); }", NULL},
		.gen = gen_copyin,
	},
	{
		.name = "copyinstr",
		.proto = {.result = PROTO_STRING, .params = {{PROTO_ADDRESS}, {PROTO_SIZE, .is_optional = true}}},
		.doc = "the NUL-terminated text at an address of the traced process, at most that many bytes of it",
		.example = {"syscall::openat:entry { printf(\"%s\\n\", copyinstr(arg1)); exit(0); }", NULL},
		.gen = gen_copyinstr,
	},
	{0},
};
