/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions that change the process that hit the probe, or hold it up: with -w alone. What would harm the whole host is
 * refused. */
#include "code/gen.h"
#include "func/call.h"
#include "func/tables.h"

enum { COPYOUT_MAX = 4096, SIGNAL_MAX = 64, STOP = 19, CHILL_MAX_NS = 500000000, CHILL_TURNS = 1 << 23 };

/* BEGIN, END and ERROR run in the tracer; of other threads than the current one only the description is at hand. */
static bool has_process(struct gen *gen, const struct expr *call)
{
	if (gen->ctx != CTX_DIRECT && !gen_is_of_other(gen))
		return true;
	if (gen->first_round)
		diag_error(gen->diags, call->loc, NULL,
			   "%s() is for the process that hit the probe, and here there is none", call->func->name);
	return false;
}

static void check_raise(struct call *call)
{
	int64_t signal;

	if (!call_constant(call, 0, &signal) || (signal > 0 && signal <= SIGNAL_MAX))
		return;
	call_wrong(call, 0, CALL_RANGE, "signals have numbers from 1 to %d", SIGNAL_MAX);
	call_break(call);
}

/* R1: the signal. */
static void emit_signal(struct gen *gen)
{
	emit_call(gen, HELPER_SIGNAL);
}

static void gen_raise(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	if (!has_process(gen, call))
		return;
	gen_scalar(gen, call->args[0]);
	emit(gen, INSN_MOV_REG(R1, R0));
	emit_signal(gen);
}

static void gen_stop(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)result;
	if (!has_process(gen, call))
		return;
	emit(gen, INSN_MOV_IMM(R1, STOP));
	emit_signal(gen);
}

/* ---- copyout(), copyoutstr() ---- */

static bool may_write(struct gen *gen, const struct expr *call)
{
	if (!gen->rules->can_write && gen->first_round)
		diag_error(gen->diags, call->loc, NULL,
			   "%s() is not available on this kernel: it lets no program write to the memory of processes "
			   "(lockdown, or built so)",
			   call->func->name);
	return gen->rules->can_write;
}

/* Writes as many bytes of the place as the slot says, at most its room, to the address in the other slot. */
static void emit_write_user(struct gen *gen, struct place from, struct slot address, struct slot size, struct loc loc)
{
	struct label fits = {0}, good = {0};

	slot_load(gen, R1, address);
	slot_store(gen, gen->fault_address, R1);
	emit_place_address(gen, R2, from);
	slot_load(gen, R3, size);
	emit_jump_imm(gen, BPF_JLE, R3, (int32_t)from.room, &fits);
	emit(gen, INSN_MOV_IMM(R3, from.room));
	label_bind(gen, &fits);
	emit_jump_imm(gen, BPF_JEQ, R3, 0, &good);
	emit_call(gen, HELPER_WRITE_USER);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	slot_load(gen, R2, gen->fault_address);
	emit_fault(gen, FAULT_BADADDR, R2, loc);
	label_bind(gen, &good);
}

static void gen_copyout(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct slot from = slot_new(gen), address = slot_new(gen), size = slot_new(gen);
	struct place copy = place_scratch(gen, COPYOUT_MAX);
	struct label fits = {0}, good = {0};

	(void)result;
	if (!has_process(gen, call) || !may_write(gen, call))
		return;
	gen_scalar(gen, call->args[0]);
	slot_store(gen, from, R0);
	gen_scalar(gen, call->args[1]);
	slot_store(gen, address, R0);
	gen_scalar(gen, call->args[2]);
	slot_store(gen, size, R0);
	emit_jump_imm(gen, BPF_JLE, R0, COPYOUT_MAX, &fits);
	emit_fault(gen, FAULT_SCRATCH, -1, call->loc);
	label_bind(gen, &fits);
	slot_load(gen, R3, from);
	slot_store(gen, gen->fault_address, R3);
	emit(gen, INSN_MOV_REG(R2, R0));
	emit_place_address(gen, R1, copy);
	emit_call(gen, HELPER_READ_KERNEL);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	slot_load(gen, R2, gen->fault_address);
	emit_fault(gen, FAULT_BADADDR, R2, call->loc);
	label_bind(gen, &good);
	emit_write_user(gen, copy, address, size, call->loc);
	slot_release(gen, size);
	slot_release(gen, address);
	slot_release(gen, from);
	scratch_release(gen, mark);
}

/* The text with its final NUL, at most that many bytes. */
static void gen_copyoutstr(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct slot address = slot_new(gen), size = slot_new(gen);
	struct place text = place_scratch(gen, string_room(call->args[0]->type)), copy = place_scratch(gen, text.room);
	struct label fits = {0};

	(void)result;
	if (!has_process(gen, call) || !may_write(gen, call))
		return;
	gen_string(gen, call->args[0], text);
	gen_scalar(gen, call->args[1]);
	slot_store(gen, address, R0);
	gen_scalar(gen, call->args[2]);
	slot_store(gen, size, R0);
	emit_place_address(gen, R1, copy);
	emit(gen, INSN_MOV_IMM(R2, text.room));
	emit_place_address(gen, R3, text);
	emit_call(gen, HELPER_READ_KERNEL_STR);
	slot_load(gen, R1, size);
	emit_jump_reg(gen, BPF_JLE, R0, R1, &fits);
	emit(gen, INSN_MOV_REG(R0, R1));
	label_bind(gen, &fits);
	slot_store(gen, size, R0);
	emit_write_user(gen, text, address, size, call->loc);
	slot_release(gen, size);
	slot_release(gen, address);
	scratch_release(gen, mark);
}

/* ---- chill() ---- */

static void check_chill(struct call *call)
{
	int64_t ns;

	if (!call_constant(call, 0, &ns) || (ns >= 0 && ns <= CHILL_MAX_NS))
		return;
	call_wrong(call, 0, CALL_RANGE, "chill() holds a processor up for half a second at most: %d nanoseconds",
		   CHILL_MAX_NS);
	call_break(call);
}

static void step_chill(struct gen *gen, struct label *last)
{
	emit_call(gen, HELPER_TIME_NS);
	emit_step_get(gen, R1, TEXT_VALUE);
	emit_jump_reg(gen, BPF_JGE, R0, R1, last);
}

static const struct text_loop loop_chill = {.step = step_chill, .turns = CHILL_TURNS};

static void gen_chill(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct text_area area = text_area_new(gen, 0);
	struct label good = {0};

	(void)result;
	if (!gen->rules->has_loops) {
		if (gen->first_round)
			diag_error(gen->diags, call->loc, NULL,
				   "chill() is not available on this kernel: its programs cannot call a function in a "
				   "loop (bpf_loop, Linux 5.17)");
		return;
	}
	gen_scalar(gen, call->args[0]);
	emit_jump_imm(gen, BPF_JLE, R0, CHILL_MAX_NS, &good);
	emit_fault(gen, FAULT_ILLOP, -1, call->loc);
	label_bind(gen, &good);
	emit_text_set(gen, area, TEXT_VALUE, R0);
	emit_call(gen, HELPER_TIME_NS);
	emit_text_get(gen, area, TEXT_VALUE, R1);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	emit_text_set(gen, area, TEXT_VALUE, R0);
	emit_text_run(gen, area, &loop_chill);
	scratch_release(gen, mark);
}

/* ---- refused ---- */

static void check_never(struct call *call)
{
	call_wrong(call, CALL_ITSELF, CALL_RANGE, "%s() would stop the whole host: cephtap does not do that",
		   call_name(call));
	call_break(call);
}

static void gen_never(struct gen *gen, const struct expr *call, struct value *result)
{
	(void)gen;
	(void)call;
	(void)result;
}

const struct func funcs_process_change[] = {
	{
		.name = "raise",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_INT}}},
		.doc = "sends that signal to the process that hit the probe; needs -w",
		.example = {"#pragma D option destructive\nBEGIN { exit(0); } syscall::pause:entry { raise(10); } END "
			    "{ trace(\"-\"); }",
			    "-"},
		.flags = FUNC_DESTRUCTIVE,
		.check = check_raise,
		.gen = gen_raise,
	},
	{
		.name = "stop",
		.proto = {.result = PROTO_VOID},
		.doc = "stops the process that hit the probe, until it gets a SIGCONT; needs -w",
		.example = {"#pragma D option destructive\nBEGIN { exit(0); } syscall::pause:entry { stop(); } END { "
			    "trace(\"-\"); }",
			    "-"},
		.flags = FUNC_DESTRUCTIVE,
		.gen = gen_stop,
	},
	{
		.name = "copyout",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_POINTER}, {PROTO_ADDRESS}, {PROTO_SIZE}}},
		.doc = "copies that many bytes to an address of the traced process, from one of alloca() or of the "
		       "kernel; "
		       "needs -w",
		.example = {"#pragma D option destructive\nBEGIN { exit(0); } syscall::pause:entry { "
			    "copyout(alloca(8), arg0, 8); } END { trace(\"-\"); }",
			    "-"},
		.flags = FUNC_DESTRUCTIVE,
		.gen = gen_copyout,
	},
	{
		.name = "copyoutstr",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_STRING}, {PROTO_ADDRESS}, {PROTO_SIZE}}},
		.doc = "copies a text with its final NUL to an address of the traced process, at most that many bytes; "
		       "needs -w",
		.example = {"#pragma D option destructive\nBEGIN { exit(0); } syscall::pause:entry { copyoutstr(\"x\", "
			    "arg0, 8); } END { trace(\"-\"); }",
			    "-"},
		.flags = FUNC_DESTRUCTIVE,
		.gen = gen_copyoutstr,
	},
	{
		.name = "chill",
		.proto = {.result = PROTO_VOID, .params = {{PROTO_INT64}}},
		.doc = "holds the processor up for that many nanoseconds, half a second at most; needs -w",
		.example = {"#pragma D option destructive\nBEGIN { this->t = timestamp; chill(2000000); "
			    "trace(\"later\"); exit(0); }",
			    "later"},
		.flags = FUNC_DESTRUCTIVE | FUNC_LOOPS,
		.check = check_chill,
		.gen = gen_chill,
	},
	{
		.name = "panic",
		.proto = {.result = PROTO_VOID},
		.doc = "refused: it would stop the whole host",
		.example = {"BEGIN { trace(\"no\"); exit(0); }", "no"},
		.flags = FUNC_DESTRUCTIVE,
		.check = check_never,
		.gen = gen_never,
	},
	{
		.name = "breakpoint",
		.proto = {.result = PROTO_VOID},
		.doc = "refused: it would stop the whole host",
		.example = {"BEGIN { trace(\"no\"); exit(0); }", "no"},
		.flags = FUNC_DESTRUCTIVE,
		.check = check_never,
		.gen = gen_never,
	},
	{0},
};
