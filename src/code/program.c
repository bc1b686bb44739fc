/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs. All clauses of one probe make one program, in the script's order, so that this-> variables live through a
 * firing and a probe costs one trap however many clauses it has. Sites with the same clauses and the same argument
 * locations share a program; the attach cookie tells it which probe fired.
 *
 * A program is a prologue (its gates, its scratch memory), the clauses, and an epilogue. ERROR clauses follow as a
 * second function, called by every fault.
 */
#include "code/program.h"

#include <string.h>

enum {
	ERROR_ARGS_SIZE = 48, /* what a call of the ERROR clauses puts there */
};

bool function_is_of_syscalls(const struct function *fn)
{
	return fn->site && site_is_syscall(fn->site);
}

static bool is_of_processes(const struct function *fn)
{
	return fn->probe->kind == PROBE_PROFILE || (fn->site && site_is_kernel(fn->site) && !fn->probe->is_anybodys);
}

static void alloc_this(struct gen *gen)
{
	const struct plan *plan = gen->image->plan;

	for (unsigned i = 0; i < plan->vars_len; i++) {
		const struct var *var = plan->vars[i];

		if (var->scope != SCOPE_THIS || !gen->needs_this[i])
			continue;
		if (type_is_string(var->type) || type_is_object(var->type)) {
			gen->this_places[i] = place_scratch(gen, string_room(var->type));
			emit_place_zero(gen, gen->this_places[i]);
		} else {
			gen->this_slots[i] = slot_new(gen);
			emit(gen, INSN_MOV_IMM(R1, 0));
			slot_store(gen, gen->this_slots[i], R1);
		}
	}
}

/* strtok(): its text, and that there is none yet. */
static void alloc_tokens(struct gen *gen)
{
	gen->tokens = text_area_new(gen, 2);
	emit_text_set_imm(gen, gen->tokens, TEXT_BASE, -1);
}

static void fixed_slots(struct gen *gen, const struct function *fn)
{
	unsigned saves = fn->site && !fn->is_save ? fn->site->saves_len : 0;

	gen->fault_info = slot_new(gen);
	gen->fault_address = slot_new(gen);
	if (gen->options->asdtrace)
		gen->fault_pc = slot_new(gen);
	gen->time = slot_new(gen);
	gen->probe_index = slot_new(gen);
	gen->saved = arena_new_array(gen->arena, struct slot, saves + 1);
	for (unsigned i = 0; i < saves; i++)
		gen->saved[i] = slot_new(gen);
}

/* In the first round it is not known yet whether any clause reads what the entry saved. */
static bool fetches_saved(const struct gen *gen, const struct function *fn)
{
	return fn->site && fn->site->saves_len && !fn->is_save && (gen->first_round || gen->needs_saved);
}

/* Scratch memory, when the clauses use any. `out`: where to go without; afterwards it has to be given back. */
static void claim(struct gen *gen, struct label *out, struct label *release)
{
	if (gen->is_claimed)
		return;
	if (!gen->first_round && gen->needs_scratch)
		gate_scratch(gen, out);
	gen->is_claimed = true;
	gen->fault = release;
}

/*
 * What a firing has to pass before the first clause. Scratch memory is claimed when it has passed, but for the rare
 * program with more to keep than fits the stack, which claims it first.
 */
static void gen_prologue(struct gen *gen, const struct function *fn, struct label *out, struct label *release)
{
	struct label *no = gen->claims_early ? release : out;

	emit(gen, INSN_MOV_REG(REG_CTX, R1));
	if (fn->ctx != CTX_DIRECT)
		gate_running(gen, out);
	gen->is_claimed = false;
	gen->fault = out; /* a condition that cannot be read does not hold */
	if (gen->claims_early)
		claim(gen, out, release);
	fixed_slots(gen, fn);
	if (function_is_of_syscalls(fn) || (fn->site && (fn->site->is_ours || site_is_kernel_function(fn->site))))
		gate_self(gen, no);
	if (gen->needs_probe && !gen->is_fixed && !function_is_of_syscalls(fn)) {
		emit(gen, INSN_MOV_REG(R1, REG_CTX));
		emit_call(gen, HELPER_COOKIE);
		emit(gen, INSN_MOV32_REG(R0, R0));
		slot_store(gen, gen->probe_index, R0);
	}
	if (function_is_of_syscalls(fn))
		gate_syscall(gen, no);
	if (is_of_processes(fn))
		gate_process(gen, no);
	if (fetches_saved(gen, fn))
		gate_saved(gen, fn->site, no);
	if (fn->site && !fn->is_save) {
		gen_conditions(gen, fn->site->conds, fn->site->conds_len, no);
		gen_checks(gen, fn->probe_index, no);
	}
	claim(gen, out, release);
	if (gen->needs_time) {
		emit(gen, INSN_MOV_IMM(R1, 0));
		slot_store(gen, gen->time, R1);
	}
	if (!gen->first_round)
		alloc_this(gen);
	if (gen->needs_tokens)
		alloc_tokens(gen);
	gen_taken_new(gen);
}

/* The entry half of a return site: evaluates what only the entry knows and leaves it in a map. */
static void gen_save(struct gen *gen, const struct site *site)
{
	static const struct argloc stack_pointer = {.n = 1, .steps = {{.op = STEP_REG, .reg = ABI_REG_SP}}};
	struct label failed = {0}, good = {0}, end = {0};
	uint32_t words = gen->layout->saves_max; /* the map's values have room for what any site saves */
	int32_t value = -(gen->stack_now + 8 * (int32_t)words), key;

	gen->stack_now = -value;
	gen->fault = &failed;
	for (unsigned i = 0; i < site->saves_len; i++) {
		gen_argloc(gen, &site->saves[i], (struct loc){0});
		emit(gen, INSN_STORE(BPF_DW, R10, value + 8 * (int32_t)i, R0));
	}
	for (uint32_t i = site->saves_len; i < words; i++)
		emit(gen, INSN_STORE_IMM(BPF_DW, R10, value + 8 * (int32_t)i, 0));
	key = gate_save_key(gen, &stack_pointer);
	emit_map(gen, R1, gen->layout->map_saves);
	gate_stack_address(gen, R2, key);
	gate_stack_address(gen, R3, value);
	emit(gen, INSN_MOV_IMM(R4, BPF_ANY));
	emit_call(gen, HELPER_MAP_UPDATE);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	label_bind(gen, &failed);
	emit_drop(gen, DROP_SAVE);
	emit_jump(gen, &end);
	label_bind(gen, &good);
	label_bind(gen, &end);
}

static bool clause_exits(const struct plan_clause *clause)
{
	for (unsigned i = 0; i < clause->actions_len; i++)
		if (!strcmp(clause->actions[i].func->name, "exit"))
			return true;
	return false;
}

/* After exit(), which may be in an ERROR clause that was called, no further clause runs, except in END. */
static void emit_exit_gate(struct gen *gen, const struct function *fn, unsigned clause, bool calls_error,
			   struct label *out)
{
	if (fn->probe->kind == PROBE_END || (!calls_error && !clause_exits(&gen->image->plan->clauses[clause])))
		return;
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, run));
	emit(gen, INSN_LOAD(BPF_W, R1, R1, 0));
	emit_jump_imm(gen, BPF_JEQ, R1, RUN_EXITING, out);
}

static void gen_round(struct gen *gen, const struct function *fn)
{
	struct label out = {0}, release = {0};

	gen->is_dead = false;
	gen->stack_now = 0;
	gen->scratch_now = SCRATCH_HEAD;
	gen_prologue(gen, fn, &out, &release);
	if (fn->is_save)
		gen_save(gen, fn->site);
	for (unsigned i = 0; i < fn->clauses_len; i++) {
		unsigned calls = gen->error_entry ? gen->error_entry->refs_len : 0;

		gen_clause(gen, fn->clauses[i]);
		emit_exit_gate(gen, fn, fn->clauses[i], gen->error_entry && gen->error_entry->refs_len > calls,
			       &release);
	}
	label_bind(gen, &release);
	if (gen->needs_scratch) {
		emit(gen, INSN_MOV_IMM(R1, 0));
		emit(gen, INSN_STORE(BPF_DW, REG_SCRATCH, 0, R1));
	}
	label_bind(gen, &out);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit(gen, INSN_EXIT());
}

bool function_is_fixed(const struct code_rules *rules, const struct function *fn)
{
	return fn->ctx == CTX_DIRECT || fn->ctx == CTX_FUNCTION ||
	       (fn->ctx == CTX_TRACEPOINT && !site_is_syscall(fn->site) && !rules->has_cookies);
}

void function_generate(struct gen *gen, const struct function *fn)
{
	unsigned insns = gen->insns_len, relocs = gen->relocs_len, lines = gen->lines_len;
	unsigned calls = gen->error_entry ? gen->error_entry->refs_len : 0;
	unsigned unwinds = gen->unwind_entry.refs_len, hashes = gen->hash_entry.refs_len,
		 visibles = gen->visible_entry.refs_len;
	unsigned *texts = text_uses(gen, gen->arena);
	unsigned vars = gen->image->plan->vars_len;
	bool had_scratch, claimed_early;

	gen->ctx = fn->ctx;
	gen->probe = fn->probe;
	gen->site = fn->site;
	gen->fixed_probe = fn->probe_index;
	gen->is_fixed = function_is_fixed(gen->rules, fn);
	gen->needs_scratch = gen->needs_time = gen->needs_fault = gen->needs_saved = gen->claims_early =
		gen->needs_tokens = gen->needs_taken = false;
	gen->needs_probe = fn->is_save || (fn->site && fn->site->saves_len);
	gen->needs_this = arena_new_array(gen->arena, bool, vars + 1);
	gen->this_slots = arena_new_array(gen->arena, struct slot, vars + 1);
	gen->this_places = arena_new_array(gen->arena, struct place, vars + 1);
	gen->stack_limit = (int32_t)gen->rules->limits.stack_size;
	if (gen->image->plan->has_stacks || gen->image->plan->has_loops)
		gen->stack_limit -= STACK_FUNCTIONS_DEPTH;
	else if (gen->rules->pid_ns_ino)
		gen->stack_limit -= TASK_FUNCTIONS_DEPTH;
	if (gen->layout->has_error_clauses && !fn->is_save)
		gen->stack_limit /= 2;
	gen->stack_limit -= ERROR_ARGS_SIZE;
	gen->first_round = true;
	gen_round(gen, fn);
	gen->first_round = false;
	do { /* once more when it is this-> variables that make the stack full */
		had_scratch = gen->needs_scratch;
		claimed_early = gen->claims_early;
		gen->open = NULL;
		gen->insns_len = insns;
		gen->relocs_len = relocs;
		gen->lines_len = lines;
		if (gen->error_entry)
			gen->error_entry->refs_len = calls;
		gen->unwind_entry.refs_len = unwinds;
		gen->hash_entry.refs_len = hashes;
		gen->visible_entry.refs_len = visibles;
		text_uses_back(gen, texts);
		gen_round(gen, fn);
	} while (gen->needs_scratch != had_scratch || gen->claims_early != claimed_early);
}
