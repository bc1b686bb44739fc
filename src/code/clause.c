/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One clause: predicate, record, statements. A record is reserved before the first statement, as DTrace does: when
 * there is no room the whole firing of the clause is dropped. A fault throws the record away and sends an error record
 * instead.
 */
#include "code/gen.h"

#include <assert.h>
#include <stddef.h>

void gen_probe_index(struct gen *gen, int reg)
{
	gen->needs_probe = true;
	if (gen->is_fixed)
		emit(gen, INSN_MOV_IMM(reg, gen->fixed_probe));
	else
		slot_load(gen, reg, gen->probe_index);
}

void gen_epid_into(struct gen *gen, int reg)
{
	gen_probe_index(gen, reg);
	emit(gen, INSN_ALU_IMM(BPF_MUL, reg, gen->image->plan->clauses_len));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, gen->clause + 1));
}

/* R0 = a reservation in the ring, or 0. */
static void emit_reserve(struct gen *gen, uint32_t size)
{
	emit_map(gen, R1, gen->image->map_ring);
	emit(gen, INSN_MOV_IMM(R2, size));
	emit(gen, INSN_MOV_IMM(R3, 0));
	emit_call(gen, HELPER_RING_RESERVE);
}

static void emit_head(struct gen *gen, int reg, uint32_t clause)
{
	emit(gen, INSN_STORE_IMM(BPF_W, reg, offsetof(struct record_head, clause), clause));
	gen_probe_index(gen, R1);
	emit(gen, INSN_STORE(BPF_W, reg, offsetof(struct record_head, probe), R1));
	emit_call(gen, HELPER_CPU);
	emit(gen, INSN_STORE(BPF_W, reg, offsetof(struct record_head, cpu), R0));
	emit(gen, INSN_STORE_IMM(BPF_W, reg, offsetof(struct record_head, speculation), 0));
}

/* The end of the text that begins here; 0: none does. */
static uint32_t text_end(const struct record_layout *layout, uint32_t at)
{
	for (unsigned i = 0; i < layout->actions_len; i++)
		for (unsigned f = 0; f < layout->actions[i].fields_len; f++) {
			const struct field *field = &layout->actions[i].fields[f];

			if (field->kind == FIELD_STRING && field->offset == at)
				return at + field->size;
		}
	return 0;
}

static bool has_if(const struct plan_stmt *stmt)
{
	for (; stmt; stmt = stmt->next)
		if (stmt->kind == DO_IF || (stmt->kind == DO_BLOCK && has_if(stmt->body)))
			return true;
	return false;
}

static void zero_between(struct gen *gen, uint32_t from, uint32_t to)
{
	if (to > from)
		emit_place_zero(gen, (struct place){PLACE_RECORD, 0, from, to - from});
}

/*
 * Nothing that lay in the ring before may leak: all is zeroed, but for texts that will be written in any case, and to
 * their end.
 */
static void emit_zero_record(struct gen *gen, const struct record_layout *layout)
{
	bool skips = !has_if(gen->image->plan->clauses[gen->clause].body);
	uint32_t from = sizeof(struct record_head);

	for (uint32_t at = from; skips && at < layout->size; at += 8) {
		uint32_t end = text_end(layout, at);

		if (!end)
			continue;
		zero_between(gen, from, at);
		from = end;
		at = end - 8;
	}
	zero_between(gen, from, layout->size);
}

static void begin_record(struct gen *gen, const struct record_layout *layout, unsigned clause, struct label *skip)
{
	struct label good = {0};

	emit_reserve(gen, layout->size);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &good);
	emit_drop(gen, DROP_RECORD);
	emit_jump(gen, skip);
	label_bind(gen, &good);
	emit(gen, INSN_MOV_REG(REG_RECORD, R0));
	emit_zero_record(gen, layout);
	emit_head(gen, REG_RECORD, clause);
	if (layout->time) {
		emit_time(gen); /* R0 */
		emit(gen, INSN_STORE(BPF_DW, REG_RECORD, (int32_t)layout->time, R0));
	}
}

static void end_record(struct gen *gen, bool wake)
{
	emit(gen, INSN_MOV_REG(R1, REG_RECORD));
	emit(gen, INSN_MOV_IMM(R2, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP));
	emit_call(gen, HELPER_RING_SUBMIT);
}

static const int mem_size[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};

static void gen_field(struct gen *gen, const struct field *field, const struct plan_value *value)
{
	if (field->kind == FIELD_STRING) {
		gen_string(gen, value->expr, (struct place){PLACE_RECORD, 0, field->offset, field->size});
		return;
	}
	if (field->kind == FIELD_BYTES) {
		gen_scalar(gen, value->expr);
		emit_read_object(gen, (struct place){PLACE_RECORD, 0, field->offset, field->size},
				 value->expr->type->userland, value->expr->loc);
		return;
	}
	gen_scalar(gen, value->expr);
	emit(gen, INSN_STORE(mem_size[field->size], REG_RECORD, (int32_t)field->offset, R0));
}

static bool is_exit(const struct plan_action *action)
{
	return action->func->flags & FUNC_ENDS;
}

static void gen_action(struct gen *gen, const struct plan_action *action)
{
	const struct record_layout *layout = &gen->image->schema->clauses[gen->clause];
	const struct record_action *record = &layout->actions[action->index];

	emit_line(gen, action->loc);
	for (unsigned i = 0; i < record->fields_len; i++)
		gen_field(gen, &record->fields[i], &action->values[i]);
	emit(gen, INSN_STORE_IMM(BPF_B, REG_RECORD, (int32_t)record->present, 1));
	if (is_exit(action)) {
		emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, run));
		emit(gen, INSN_STORE_IMM(BPF_W, R1, 0, RUN_EXITING));
	}
}

/* One that is no other statements' frame: scratch memory that it used is free afterwards. */
static void gen_simple(struct gen *gen, const struct plan_stmt *stmt)
{
	uint32_t scratch = gen->scratch_now;

	gen->keeps_scratch = false;
	if (stmt->kind == DO_ACTION)
		gen_action(gen, stmt->action);
	else
		gen_effect(gen, stmt->expr);
	if (!gen->keeps_scratch)
		gen->scratch_now = scratch;
}

static void gen_stmts(struct gen *gen, const struct plan_stmt *stmt);

static void gen_if(struct gen *gen, const struct plan_stmt *stmt)
{
	struct label no = {0}, end = {0};

	gen_condition(gen, stmt->expr, &no);
	gen_stmts(gen, stmt->body);
	if (stmt->other)
		emit_jump(gen, &end);
	label_bind(gen, &no);
	gen_stmts(gen, stmt->other);
	label_bind(gen, &end);
}

/* Updates in a row that have the same key: @count[k] = count(); @sum[k] = sum(x); ... Returns the last of them. */
static const struct plan_stmt *gen_update_run(struct gen *gen, const struct plan_stmt *stmt)
{
	const struct plan_stmt *next;
	const struct plan_update **updates = NULL;
	uint32_t scratch = gen->scratch_now;
	unsigned n = 0;

	*arena_push(gen->arena, updates, n) = stmt->update;
	while ((next = stmt->next) && next->kind == DO_UPDATE && agg_shares_key(updates[0], next->update)) {
		*arena_push(gen->arena, updates, n) = next->update;
		stmt = next;
	}
	gen->keeps_scratch = false;
	gen_aggregates(gen, updates, n);
	if (!gen->keeps_scratch)
		gen->scratch_now = scratch;
	return stmt;
}

/* Returns the last statement that it has dealt with. */
static const struct plan_stmt *gen_stmt(struct gen *gen, const struct plan_stmt *stmt)
{
	switch (stmt->kind) {
	case DO_EXPR:
	case DO_ACTION:
		gen_simple(gen, stmt);
		break;
	case DO_UPDATE:
		return gen_update_run(gen, stmt);
	case DO_IF:
		gen_if(gen, stmt);
		break;
	case DO_BLOCK:
		gen_stmts(gen, stmt->body);
		break;
	}
	return stmt;
}

static void gen_stmts(struct gen *gen, const struct plan_stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		stmt = gen_stmt(gen, stmt);
		emit_islands(gen);
	}
}

/* The statements of a clause, which errors count from 1. */
static void gen_body(struct gen *gen, const struct plan_stmt *stmt)
{
	const struct plan_stmt *last;

	for (; stmt; stmt = last->next) {
		gen->action++;
		last = gen_stmt(gen, stmt);
		emit_islands(gen);
		for (; stmt != last; stmt = stmt->next)
			gen->action++;
	}
}

/* R1 = what went wrong, R2 = in which action: emit_fault put them together. */
static void load_fault(struct gen *gen)
{
	slot_load(gen, R1, gen->fault_info);
	emit(gen, INSN_MOV32_REG(R2, R1));
	emit(gen, INSN_ALU_IMM(BPF_RSH, R2, 8));
	emit(gen, INSN_ALU_IMM(BPF_AND, R1, 0xff));
}

/* Where in the program it was: only the command dtrace says so. -1: not known. */
static void load_fault_pc(struct gen *gen)
{
	if (gen->options->asdtrace)
		emit(gen,
		     INSN_LOAD(BPF_W, R1, R10, gen->fault_pc.offset)); /* the half of a slot that emit_fault wrote */
	else
		emit(gen, INSN_MOV_IMM(R1, -1));
}

/* arg1 to arg5 of ERROR, on the stack: what DTrace documents. */
static void call_error_clauses(struct gen *gen)
{
	enum { WORDS = 6 };
	int32_t base = gen->stack_now + 8 * WORDS;

	emit(gen, INSN_STORE_IMM(BPF_DW, R10, -base, 0));
	gen_epid_into(gen, R1);
	emit(gen, INSN_STORE(BPF_W, R10, -base + 8, R1)); /* in halves: see emit_fault */
	emit(gen, INSN_STORE_IMM(BPF_W, R10, -base + 12, 0));
	load_fault(gen);
	emit(gen, INSN_STORE(BPF_DW, R10, -base + 16, R2));
	emit(gen, INSN_STORE(BPF_DW, R10, -base + 32, R1));
	load_fault_pc(gen);
	emit(gen, INSN_STORE(BPF_DW, R10, -base + 24, R1));
	slot_load(gen, R1, gen->fault_address);
	emit(gen, INSN_STORE(BPF_DW, R10, -base + 40, R1));
	emit(gen, INSN_MOV_REG(R1, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R1, -base));
	emit_branch_call(gen, gen->error_entry);
}

static void emit_error_record(struct gen *gen)
{
	struct label none = {0}, end = {0};

	emit_reserve(gen, sizeof(struct record_error));
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	emit(gen, INSN_MOV_REG(REG_RECORD, R0));
	emit_head(gen, REG_RECORD, RECORD_ERROR);
	emit(gen, INSN_STORE_IMM(BPF_W, REG_RECORD, offsetof(struct record_error, clause), gen->clause));
	load_fault(gen);
	emit(gen, INSN_STORE(BPF_W, REG_RECORD, offsetof(struct record_error, fault), R1));
	slot_load(gen, R1, gen->fault_info);
	emit(gen, INSN_ALU_IMM(BPF_RSH, R1, 32));
	emit(gen, INSN_STORE(BPF_W, REG_RECORD, offsetof(struct record_error, line), R1));
	if (gen->options->asdtrace) {
		load_fault_pc(gen);
		emit(gen, INSN_STORE(BPF_W, REG_RECORD, offsetof(struct record_error, pc), R1));
	} else {
		emit(gen, INSN_STORE_IMM(BPF_W, REG_RECORD, offsetof(struct record_error, pc), 0));
	}
	slot_load(gen, R1, gen->fault_address);
	emit(gen, INSN_STORE(BPF_DW, REG_RECORD, offsetof(struct record_error, address), R1));
	end_record(gen, false);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_drop(gen, DROP_RECORD);
	label_bind(gen, &end);
}

static void emit_forget(struct gen *gen)
{
	emit(gen, INSN_MOV_REG(R1, REG_RECORD));
	emit(gen, INSN_MOV_IMM(R2, BPF_RB_NO_WAKEUP));
	emit_call(gen, HELPER_RING_DISCARD);
}

static void emit_fault_handler(struct gen *gen, struct label *in_pred, struct label *in_body, bool records)
{
	label_bind(gen, in_body);
	if (records)
		emit_forget(gen);
	label_bind(gen, in_pred);
	emit_error_record(gen);
	if (gen->error_entry)
		call_error_clauses(gen);
}

static bool has_exit(const struct plan_clause *clause)
{
	for (unsigned i = 0; i < clause->actions_len; i++)
		if (is_exit(&clause->actions[i]))
			return true;
	return false;
}

void gen_clause(struct gen *gen, unsigned index)
{
	const struct plan_clause *clause = &gen->image->plan->clauses[index];
	const struct record_layout *layout = &gen->image->schema->clauses[index];
	struct label in_pred = {0}, in_body = {0}, forget = {0}, end = {0};
	uint32_t scratch = gen->scratch_now;

	gen->clause = index;
	gen->action = 0;
	gen->may_wait = true; /* what a script reads by itself */
	gen->fault = &in_pred;
	gen->keeps_scratch = false;
	emit_line(gen, clause->loc);
	gen_taken_clear(gen);
	if (clause->pred)
		gen_condition(gen, clause->pred, &end);
	if (layout->size)
		begin_record(gen, layout, index, &end);
	gen->fault = &in_body;
	gen->forget = &forget;
	gen_body(gen, clause->body);
	if (layout->size)
		end_record(gen, has_exit(clause));
	if (forget.refs_len) {
		emit_jump(gen, &end);
		label_bind(gen, &forget);
		emit_forget(gen);
	}
	if (in_pred.refs_len || in_body.refs_len) {
		emit_jump(gen, &end);
		emit_fault_handler(gen, &in_pred, &in_body, layout->size);
	}
	label_bind(gen, &end);
	gen->scratch_now = scratch;
}
