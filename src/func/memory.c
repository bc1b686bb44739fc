/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of the traced process, and a clause's own. Reads and copies fail with FAULT_BADADDR where nothing is mapped,
 * or taken. */
#include "code/gen.h"
#include "func/tables.h"

enum { COPYIN_MAX = 4096 /* bytes, when the size is not a constant */ };

static void gen_copyin(struct gen *gen, const struct expr *call, struct value *result)
{
	const struct expr *size = call->args[1];
	uint32_t room = size->kind == EXPR_CONST && size->value <= COPYIN_MAX ? (uint32_t)size->value : COPYIN_MAX;
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

static void gen_copyinstr(struct gen *gen, const struct expr *call, struct value *result)
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

static void gen_alloca(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_take(gen, call->args[0], call->loc);
}

static void gen_copy(struct gen *gen, const struct expr *from, const struct expr *to, const struct expr *size,
		     bool userland, struct loc loc)
{
	struct slot source = slot_new(gen), bytes = slot_new(gen), target = slot_new(gen);

	gen_scalar(gen, from);
	slot_store(gen, source, R0);
	gen_scalar(gen, size);
	slot_store(gen, bytes, R0);
	gen_scalar(gen, to);
	slot_store(gen, target, R0);
	emit_taken_fill(gen, target, source, bytes, userland, loc);
	slot_release(gen, target);
	slot_release(gen, bytes);
	slot_release(gen, source);
}

static void gen_bcopy(struct gen *gen, const struct expr *call, struct value *result)
{
	const struct type *from = call->args[0]->type;

	(void)result;
	gen_copy(gen, call->args[0], call->args[1], call->args[2], from->kind == TYPE_PTR && from->userland, call->loc);
}

static void gen_copyinto(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	gen_copy(gen, call->args[0], call->args[2], call->args[1], true, call->loc);
}

const struct func funcs_memory[] = {
	{
		.name = "alloca",
		.proto = {.result = PROTO_POINTER, .params = {{PROTO_SIZE}}},
		.doc = "that much memory (scratchsize in all), zeroed, for the rest of the clause; it is written by "
		       "its pointers",
		.example = {"BEGIN { this->p = (int *)alloca(8); this->p[1] = 7; trace(this->p[0] + this->p[1]); "
			    "exit(0); }",
			    "7"},
		.gen = gen_alloca,
	},
	{
		.name = "bcopy",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_POINTER}, {PROTO_POINTER}, {PROTO_SIZE}}},
		.doc = "copies that many bytes from the first address to the second, which alloca() has given",
		.example = {"BEGIN { this->p = (char *)alloca(16); bcopy(curthread->comm, this->p, 16); "
			    "trace(stringof(this->p)); exit(0); }",
			    "cephtap"},
		.gen = gen_bcopy,
	},
	{
		.name = "copyinto",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_ADDRESS}, {PROTO_SIZE}, {PROTO_POINTER}}},
		.doc = "copies that many bytes from an address of the traced process to a place that alloca() has "
		       "given",
		.example = {"syscall::write:entry /arg2 >= 4/ { this->p = (uint32_t *)alloca(4); copyinto(arg1, 4, "
			    "this->p); "
			    "printf(\"%x\\n\", *this->p); exit(0); }",
			    NULL},
		.gen = gen_copyinto,
	},
	{
		.name = "copyin",
		.proto = {.result = PROTO_POINTER, .params = {{PROTO_ADDRESS}, {PROTO_SIZE}}},
		.doc = "a copy, in scratch memory, of bytes of the traced process",
		.example = {"syscall::write:entry /arg2 >= 4/ { printf(\"%x\\n\", *(uint32_t *)copyin(arg1, 4)); "
			    "exit(0); }",
			    NULL},
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
