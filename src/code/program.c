/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs. All clauses of one probe make one program, in the script's order, so that this-> variables live through a
 * firing and a probe costs one trap however many clauses it has. Sites with the same clauses and the same argument
 * locations share a program; the attach cookie tells it which probe fired.
 *
 * A program is a prologue (is the script running? does the marker's condition hold? scratch memory), the clauses, and
 * an epilogue. ERROR clauses follow as a second function, called by every fault.
 */
#include "code/gen.h"

#include <stddef.h>
#include <string.h>

#include "code/disasm.h"
#include "lib/kernel_functions.h"

enum {
	ERROR_ARGS_SIZE = 48,	 /* what a call of the ERROR clauses puts there */
	SCRATCH_HEAD = 8,	 /* first word of a claim: is it taken? */
	SCRATCH_MAX = 32 * 1024, /* an instruction's offset has 16 bits */
	SCRATCH_CLAIMS = 4,
	LOOKS_OWN = 5,	  /* how often the verifier looks at an instruction of the clauses, at most about */
	LOOKS_ERROR = 10, /* ... at one of the ERROR clauses, for each clause that can fail */
};

/* What one function (a program, or its ERROR clauses) is to do. */
struct function {
	enum probe_ctx ctx;
	const struct probe *probe;
	const struct site *site;
	unsigned probe_index;
	const unsigned *clauses;
	unsigned clauses_len;
	bool is_save;
};

static void emit_run_gate(struct gen *gen, struct label *out)
{
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, run));
	emit(gen, INSN_LOAD(BPF_W, R1, R1, 0));
	emit_jump_imm(gen, BPF_JNE, R1, RUN_ON, out);
}

/*
 * We do not fire probes of our own process: a marker of the reading would leave a record, which is read and hits that
 * marker, for ever. Only where a file of ours is traced, as it costs a call.
 */
static void emit_self_gate(struct gen *gen, struct label *out)
{
	emit_visible_pid(gen);
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, tracer));
	emit(gen, INSN_LOAD(BPF_W, R1, R1, 0));
	emit_jump_reg(gen, BPF_JEQ, R0, R1, out);
}

/*
 * Claims one of this processor's areas. A thread can be preempted inside a probe by another one that hits a probe, so
 * an area belongs to a run until it is given back, not to the processor.
 */
static void emit_claim(struct gen *gen, struct label *out)
{
	struct slot key = slot_new(gen);
	struct label got = {0}, none = {0};

	emit_call(gen, HELPER_CPU);
	emit(gen, INSN_MOV_REG(REG_KEEP, R0));
	emit(gen, INSN_ALU_IMM(BPF_MUL, REG_KEEP, SCRATCH_CLAIMS));
	for (int i = 0; i < SCRATCH_CLAIMS; i++) {
		slot_store(gen, key, REG_KEEP);
		emit_map(gen, R1, gen->layout->map_scratch);
		slot_address(gen, R2, key);
		emit_call(gen, HELPER_MAP_LOOKUP);
		emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
		emit(gen, INSN_MOV_REG(REG_SCRATCH, R0));
		emit(gen, INSN_MOV_IMM(R1, 1));
		emit(gen, INSN_ATOMIC(BPF_XCHG, REG_SCRATCH, 0, R1));
		emit_jump_imm(gen, BPF_JEQ, R1, 0, &got);
		emit(gen, INSN_ALU_IMM(BPF_ADD, REG_KEEP, 1));
	}
	label_bind(gen, &none);
	emit_drop(gen, DROP_BUSY);
	emit_jump(gen, out);
	label_bind(gen, &got);
	slot_release(gen, key);
}

/*
 * The key under which an entry saves for its return: process, stack pointer at the entry, probe. Not the thread: a
 * coroutine may return on another one than it was called on, and no two calls of a process that are under way have one
 * stack pointer.
 */
static int32_t emit_save_key(struct gen *gen, const struct argloc *entry_sp)
{
	int32_t base;

	gen->stack_now += 24;
	base = -gen->stack_now;
	emit_call(gen, HELPER_PID_TGID);
	emit(gen, INSN_ALU_IMM(BPF_RSH, R0, 32));
	emit(gen, INSN_STORE(BPF_DW, R10, base, R0));
	gen_argloc(gen, entry_sp, (struct loc){0});
	emit(gen, INSN_STORE(BPF_DW, R10, base + 8, R0));
	gen_probe_index(gen, R1);
	emit(gen, INSN_STORE(BPF_DW, R10, base + 16, R1));
	return base;
}

static void emit_stack_address(struct gen *gen, int reg, int32_t offset)
{
	emit(gen, INSN_MOV_REG(reg, R10));
	emit(gen, INSN_ALU_IMM(BPF_ADD, reg, offset));
}

/* Fetches what the entry saved; without it (the call was under way when we attached) the probe does not fire. */
static void emit_fetch_saved(struct gen *gen, const struct site *site, struct label *out)
{
	int32_t key = emit_save_key(gen, &site->entry_sp);

	emit_map(gen, R1, gen->layout->map_saves);
	emit_stack_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	for (unsigned i = 0; i < site->saves_len; i++) {
		emit(gen, INSN_LOAD(BPF_DW, R1, R0, 8 * (int)i));
		slot_store(gen, gen->saved[i], R1);
	}
	emit_map(gen, R1, gen->layout->map_saves);
	emit_stack_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_DELETE);
	gen->stack_now -= 24;
}

/*
 * sys_enter and sys_exit are one tracepoint each for all system calls: which one it is tells the probe, if there is
 * any. Calls of 32-bit programs have other numbers and are none of ours.
 */
static void emit_syscall_gate(struct gen *gen, struct label *out)
{
	struct slot number = slot_new(gen);

	if (gen->site->kind == SITE_SYSCALL_ENTRY) {
		emit(gen, INSN_LOAD(BPF_DW, R0, REG_CTX, ABI_SYSCALL_NUMBER));
	} else {
		emit(gen, INSN_LOAD(BPF_DW, R0, REG_CTX, ABI_SYSCALL_REGS));
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, ABI_REGS_SYSCALL));
		emit_deref(gen, 8, false, false, (struct loc){0});
	}
	slot_store(gen, number, R0);
	emit_map(gen, R1, gen->map_syscalls);
	slot_address(gen, R2, number);
	emit_call(gen, HELPER_MAP_LOOKUP);
	slot_release(gen, number);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	emit(gen, INSN_LOAD(BPF_W, R0, R0, 0));
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
	slot_store(gen, gen->probe_index, R0);
	emit(gen, INSN_LOAD(BPF_DW, R0, REG_CTX, ABI_SYSCALL_REGS));
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, ABI_REGS_MODE));
	emit_deref(gen, 8, false, false, (struct loc){0});
	emit_jump_imm(gen, BPF_JNE, R0, ABI_MODE_USER_NATIVE, out);
}

/* What the kernel filters for uprobes is filtered here for its own probes. */
static void emit_pid_gate(struct gen *gen, struct label *out)
{
	struct slot key = slot_new(gen);
	struct label all = {0};

	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, by_pid));
	emit(gen, INSN_LOAD(BPF_W, R1, R1, 0));
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &all);
	if (gen->site && gen->site->owner.n)
		emit_visible_pid_of(gen, &gen->site->owner);
	else
		emit_visible_pid(gen);
	slot_store(gen, key, R0);
	emit_map(gen, R1, layout_pids_map(gen->arena, gen->image));
	slot_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, out);
	label_bind(gen, &all);
	slot_release(gen, key);
}

/* Of the function, not of its program: the ERROR clauses behind a program of system calls have no call to look up. */
static bool is_of_syscalls(const struct function *fn)
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
		if (type_is_string(var->type)) {
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
		emit_claim(gen, out);
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
		emit_run_gate(gen, out);
	gen->is_claimed = false;
	gen->fault = out; /* a condition that cannot be read does not hold */
	if (gen->claims_early)
		claim(gen, out, release);
	fixed_slots(gen, fn);
	if (is_of_syscalls(fn) || (fn->site && (fn->site->is_ours || site_is_kernel_function(fn->site))))
		emit_self_gate(gen, no);
	if (gen->needs_probe && !gen->is_fixed && !is_of_syscalls(fn)) {
		emit(gen, INSN_MOV_REG(R1, REG_CTX));
		emit_call(gen, HELPER_COOKIE);
		emit(gen, INSN_MOV32_REG(R0, R0));
		slot_store(gen, gen->probe_index, R0);
	}
	if (is_of_syscalls(fn))
		emit_syscall_gate(gen, no);
	if (is_of_processes(fn))
		emit_pid_gate(gen, no);
	if (fetches_saved(gen, fn))
		emit_fetch_saved(gen, fn->site, no);
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
	key = emit_save_key(gen, &stack_pointer);
	emit_map(gen, R1, gen->layout->map_saves);
	emit_stack_address(gen, R2, key);
	emit_stack_address(gen, R3, value);
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

/* Is the program for this probe alone, as nothing that it can ask tells which one it is? */
static bool is_fixed(const struct code_rules *rules, const struct function *fn)
{
	return fn->ctx == CTX_DIRECT || fn->ctx == CTX_FUNCTION ||
	       (fn->ctx == CTX_TRACEPOINT && !site_is_syscall(fn->site) && !rules->has_cookies);
}

static void gen_function(struct gen *gen, const struct function *fn)
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
	gen->is_fixed = is_fixed(gen->rules, fn);
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

/* --- Which program for which site --- */

struct compiler {
	struct arena *arena;
	struct image *image;
	struct layout *layout;
	const struct options *options;
	const struct code_rules *rules;
	struct diags *diags;
	struct function error; /* the ERROR clauses, if there are any */
	struct program_key {
		struct buf bytes;
		uint64_t hash;
		bool needs_saved;
	} * keys; /* of each program */
	unsigned keys_len;
	unsigned **probe_clauses; /* per index in plan->probes */
	unsigned *probe_clauses_len;
	unsigned functions_len; /* probes of the kernel's functions */
};

static void key_add_args(struct buf *key, const struct arg *args, unsigned args_len)
{
	for (unsigned i = 0; i < args_len; i++) {
		buf_add(key, &args[i].type, 1);
		buf_add(key, &args[i].loc, sizeof(args[i].loc));
		buf_add(key, &args[i].len_loc, sizeof(args[i].len_loc));
	}
}

static bool uses_image_base(const struct arg *args, unsigned args_len)
{
	for (unsigned i = 0; i < args_len; i++)
		for (unsigned s = 0; s < args[i].loc.n; s++)
			if (args[i].loc.steps[s].op == STEP_IMAGE)
				return true;
	return false;
}

static void key_add_conds(struct buf *key, const struct argcond *conds, unsigned conds_len)
{
	for (unsigned i = 0; i < conds_len; i++) {
		buf_add(key, &conds[i].loc, sizeof(conds[i].loc));
		buf_add(key, &conds[i].op, sizeof(conds[i].op));
		buf_add(key, &conds[i].imm, sizeof(conds[i].imm));
	}
}

static void key_add_check(struct buf *key, const struct argcheck *check)
{
	buf_add(key, &check->kind, sizeof(check->kind));
	buf_add(key, &check->arg, sizeof(check->arg));
	buf_add(key, &check->imm, sizeof(check->imm));
	buf_add(key, &check->other, sizeof(check->other));
	key_add_conds(key, check->conds, check->conds_len);
}

/* Everything of a site that its code depends on. Two sites with the same key share a program. */
static void function_key(const struct code_rules *rules, const struct function *fn, bool has_stacks, struct buf *key)
{
	const struct site *site = fn->site;
	bool is_entry = site && has_stacks && site_is_at_entry(site);
	unsigned single = is_fixed(rules, fn) ? fn->probe_index + 1 : 0;

	buf_add(key, &fn->ctx, sizeof(fn->ctx));
	buf_add(key, &single, sizeof(single));
	buf_add(key, &fn->is_save, sizeof(fn->is_save));
	buf_add(key, fn->clauses, fn->clauses_len * sizeof(*fn->clauses));
	if (!site)
		return;
	if (site_is_tracepoint(site)) { /* programs of one tracepoint are attached there once */
		buf_puts(key, site_is_syscall(site) ? site->tracepoint : "");
		buf_add(key, &fn->probe->is_anybodys, sizeof(fn->probe->is_anybodys));
		buf_add(key, &site->task, sizeof(site->task));
		buf_add(key, &site->owner, sizeof(site->owner));
	}
	if (site_is_kernel_function(site))
		buf_add(key, &site->kind, sizeof(site->kind));
	buf_add(key, &is_entry, sizeof(is_entry));
	buf_add(key, &site->entry_sp, sizeof(site->entry_sp));
	buf_add(key, &site->is_ours, sizeof(site->is_ours));
	buf_add(key, &site->may_be_absent, sizeof(site->may_be_absent));
	key_add_args(key, site->args, fn->probe->args_len);
	key_add_args(key, site->typed, site->typed ? fn->probe->typed_len : 0);
	if (uses_image_base(site->args, fn->probe->args_len))
		buf_add(key, &site->vaddr, sizeof(site->vaddr));
	for (unsigned i = 0; i < site->saves_len; i++)
		buf_add(key, &site->saves[i], sizeof(site->saves[i]));
	key_add_conds(key, site->conds, site->conds_len);
	if (site->checks_len)
		buf_add(key, &fn->probe_index, sizeof(fn->probe_index));
	for (unsigned i = 0; i < site->checks_len; i++)
		key_add_check(key, &site->checks[i]);
}

static uint64_t hash_bytes(const char *data, size_t size)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)data[i]) * 1099511628211u;
	return hash;
}

static struct loc function_loc(const struct compiler *compiler, const struct function *fn)
{
	return fn->clauses_len ? compiler->image->plan->clauses[fn->clauses[0]].loc : (struct loc){0};
}

static unsigned count_maps(const struct compiler *compiler, const struct gen *gen)
{
	bool *used = arena_new_array(compiler->arena, bool, compiler->image->maps_len + 1);
	unsigned n = 0;

	for (unsigned i = 0; i < gen->relocs_len; i++) {
		n += !used[gen->relocs[i].map];
		used[gen->relocs[i].map] = true;
	}
	return n;
}

static void check_looks(struct compiler *compiler, unsigned own, unsigned error, unsigned calls, struct loc loc)
{
	uint64_t looks = (uint64_t)LOOKS_OWN * own + (uint64_t)LOOKS_ERROR * error * calls;

	if (calls && looks > compiler->rules->limits.looks && !compiler->diags->errors)
		diag_hint(compiler->diags,
			  diag_error(compiler->diags, loc, NULL,
				     "%u clauses of this probe call the ERROR clauses, which are too long for that: %u "
				     "instructions",
				     calls, error),
			  "make the ERROR clauses shorter, or put some of the others on a script of their own");
}

static void check_sizes(struct compiler *compiler, const struct gen *gen, const struct function *fn)
{
	struct loc loc = function_loc(compiler, fn);

	if (gen->scratch_max > SCRATCH_MAX)
		diag_hint(compiler->diags,
			  diag_error(compiler->diags, loc, NULL,
				     "the clauses of this probe need %u bytes of scratch memory, and %u is the most",
				     gen->scratch_max, SCRATCH_MAX),
			  "use fewer strings, or shorter ones with -x strsize");
	else if (gen->too_long || gen->insns_len > compiler->rules->limits.insns ||
		 emit_branches(gen) > compiler->rules->limits.branches || !emit_jumps_fit(gen, compiler->arena))
		diag_hint(compiler->diags,
			  diag_error(compiler->diags, loc, NULL,
				     "the clauses of this probe are too long for %s: %u instructions",
				     compiler->rules->subject, gen->insns_len),
			  "put some of them on a script of their own, or use shorter strings with -x strsize");
	else if (count_maps(compiler, gen) > compiler->rules->limits.maps)
		diag_hint(compiler->diags,
			  diag_error(compiler->diags, loc, NULL,
				     "the clauses of this probe use %u aggregations, arrays and thread-local variables "
				     "more than %s "
				     "allows one program",
				     count_maps(compiler, gen) - compiler->rules->limits.maps,
				     compiler->rules->subject),
			  "put some of them on a script of their own, or join arrays with one more key");
}

/* A helper that the engine lacks is called: where, and which. NULL: none is. */
static const char *find_lacking(const struct compiler *compiler, const struct gen *gen, struct loc *loc)
{
	for (unsigned i = 0, line = 0; i < gen->insns_len; i++) {
		const struct bpf_insn *insn = &gen->insns[i];

		for (; line < gen->lines_len && gen->lines[line].insn <= i; line++)
			*loc = gen->lines[line].loc;
		if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
		    !code_has_helper(compiler->rules, (unsigned)insn->imm))
			return ebpf_helper_name(insn->imm);
	}
	return NULL;
}

static void check_helpers(struct compiler *compiler, const struct gen *gen)
{
	struct loc loc = {0};
	const char *helper = find_lacking(compiler, gen, &loc);

	if (helper)
		diag_error(compiler->diags, loc, NULL, "this cannot run in %s, which has no %s()",
			   compiler->rules->subject, helper);
}

static unsigned add_program(struct compiler *compiler, const struct function *fn, bool *needs_saved)
{
	struct image_program *program =
		arena_push(compiler->arena, compiler->image->programs, compiler->image->programs_len);
	struct label error_entry = {0};
	unsigned own;
	struct gen gen = {
		.arena = compiler->arena,
		.image = compiler->image,
		.layout = compiler->layout,
		.options = compiler->options,
		.diags = compiler->diags,
		.rules = compiler->rules,
		.map_syscalls = MAP_NONE,
	};

	if (is_of_syscalls(fn))
		gen.map_syscalls = layout_syscalls_map(compiler->arena, compiler->image);
	if (compiler->error.probe && !fn->is_save && fn->probe->kind != PROBE_ERROR)
		gen.error_entry = &error_entry;
	*arena_push(gen.arena, gen.functions, gen.functions_len) = 0;
	gen_function(&gen, fn);
	*needs_saved = gen.needs_saved;
	own = gen.insns_len;
	if (error_entry.refs_len) {
		label_bind(&gen, &error_entry);
		gen.error_entry = NULL;
		*arena_push(gen.arena, gen.functions, gen.functions_len) = gen.insns_len;
		gen_function(&gen, &compiler->error);
	}
	gen_stack_functions(&gen);
	gen_task_functions(&gen);
	gen_text_functions(&gen);
	check_sizes(compiler, &gen, fn);
	check_helpers(compiler, &gen);
	check_looks(compiler, own, gen.insns_len - own, error_entry.refs_len, function_loc(compiler, fn));
	if (gen.scratch_max > compiler->layout->scratch_max)
		compiler->layout->scratch_max = gen.scratch_max;
	program = &compiler->image->programs[compiler->image->programs_len - 1];
	*program =
		(struct image_program){.name = kernel_name(compiler->arena, fn->probe->name),
				       .ctx = fn->ctx,
				       .map_syscalls = gen.map_syscalls,
				       .functions = gen.unwind_frame.refs_len || gen.calls_back ? gen.functions : NULL,
				       .functions_len = gen.functions_len,
				       .function = fn->ctx == CTX_FUNCTION ? fn->site->function : NULL,
				       .is_return = fn->site && site_is_return(fn->site),
				       .may_sleep = gen.sleeps,
				       .insns = gen.insns,
				       .insns_len = gen.insns_len,
				       .relocs = gen.relocs,
				       .relocs_len = gen.relocs_len,
				       .lines = gen.lines,
				       .lines_len = gen.lines_len};
	return compiler->image->programs_len - 1;
}

static unsigned program_for(struct compiler *compiler, const struct function *fn)
{
	struct program_key key = {0};

	function_key(compiler->rules, fn, compiler->image->plan->has_stacks, &key.bytes);
	key.hash = hash_bytes(key.bytes.data, key.bytes.size);
	for (unsigned i = 0; i < compiler->keys_len; i++) {
		const struct program_key *other = &compiler->keys[i];

		if (other->hash == key.hash && other->bytes.size == key.bytes.size &&
		    !memcmp(other->bytes.data, key.bytes.data, key.bytes.size)) {
			buf_free(&key.bytes);
			return i;
		}
	}
	*arena_push(compiler->arena, compiler->keys, compiler->keys_len) = key;
	return add_program(compiler, fn, &compiler->keys[compiler->keys_len - 1].needs_saved);
}

static void add_attach(struct compiler *compiler, const struct function *fn)
{
	struct image *image = compiler->image;
	unsigned program = program_for(compiler, fn);
	unsigned syscalls = image->programs[program].map_syscalls;

	if (syscalls != MAP_NONE && fn->site->syscall < SYSCALLS_MAX)
		((uint32_t *)image->maps[syscalls].init)[fn->site->syscall] = fn->probe_index + 1;
	*arena_push(compiler->arena, image->attaches, image->attaches_len) =
		(struct image_attach){.probe = (struct probe *)fn->probe,
				      .site = fn->site,
				      .program = program,
				      .cookie = fn->probe_index | (uint64_t)(fn->site ? fn->site->extra : 0) << 48,
				      .is_save = fn->is_save};
}

/* The site's other half: where the function is entered, what only the entry knows is saved. */
static void compile_save(struct compiler *compiler, struct function fn)
{
	struct site *entry = arena_memdup(compiler->arena, fn.site, sizeof(*entry));

	entry->offset = fn.site->entry_offset;
	entry->entry_sp = (struct argloc){0};
	fn.site = entry;
	fn.is_save = true;
	fn.clauses_len = 0;
	add_attach(compiler, &fn);
}

static bool is_same_entry(const struct site *a, const struct site *b)
{
	return a->entry_offset == b->entry_offset && a->ino == b->ino && a->dev == b->dev;
}

/*
 * A program around a function misses no return, and knows the function's types; but each function needs a program of
 * its own. It is for a function whose values are in registers, and whose name is its own: the kernel finds it by that.
 */
static enum probe_ctx function_ctx(const struct compiler *compiler, const struct probe *probe)
{
	const struct kernel_function *function = probe->sites[0].function;
	bool is_many =
		compiler->functions_len > compiler->rules->limits.trampolines && compiler->rules->has_multi_kprobes;

	return compiler->rules->has_trampolines && function->is_plain && !function->has_namesakes && !is_many
		       ? CTX_FUNCTION
		       : CTX_KPROBE;
}

static void count_functions(struct compiler *compiler)
{
	const struct plan *plan = compiler->image->plan;

	for (unsigned i = 0; i < plan->probes_len; i++)
		compiler->functions_len += plan->probes[i]->ctx == CTX_FUNCTION && compiler->probe_clauses_len[i];
	if (compiler->functions_len > compiler->rules->limits.singles && !compiler->rules->has_multi_kprobes)
		diag_hint(compiler->diags,
			  diag_error(compiler->diags, (struct loc){0}, NULL,
				     "the script has %u probes of the kernel's functions, which this kernel attaches "
				     "one by one, and %u is the most",
				     compiler->functions_len, compiler->rules->limits.singles),
			  "choose fewer: fbt::vfs_*:entry; kernels with multi-kprobe links take them all at once");
}

/* `saved`: the site of this probe before, whose entry is attached already; NULL: none. */
static void compile_site(struct compiler *compiler, struct function fn, const struct site *site,
			 const struct site **saved)
{
	unsigned program;

	fn.site = site;
	if (site_is_kernel_function(site))
		fn.ctx = function_ctx(compiler, fn.probe);
	program = program_for(compiler, &fn);
	if (site->saves_len && compiler->keys[program].needs_saved && (!*saved || !is_same_entry(*saved, site))) {
		compile_save(compiler, fn);
		*saved = site;
	}
	add_attach(compiler, &fn);
}

static void compile_probe(struct compiler *compiler, unsigned index)
{
	struct probe *probe = compiler->image->plan->probes[index];
	struct function fn = {
		.ctx = probe->ctx,
		.probe = probe,
		.probe_index = index,
		.clauses = compiler->probe_clauses[index],
		.clauses_len = compiler->probe_clauses_len[index],
	};
	const struct site *saved = NULL;

	if (!fn.clauses_len || probe->kind == PROBE_ERROR)
		return;
	if (!probe->sites_len)
		add_attach(compiler, &fn);
	for (unsigned i = 0; i < probe->sites_len; i++)
		if (left_has_site(compiler->image->plan->left, compiler->image->plan->left_len, probe, i))
			compile_site(compiler, fn, &probe->sites[i], &saved);
}

/* Before the first program is made: each one that saves fills a whole value of the map. */
static void find_saves_max(struct compiler *compiler)
{
	const struct plan *plan = compiler->image->plan;

	for (unsigned i = 0; i < plan->probes_len; i++)
		for (unsigned j = 0; compiler->probe_clauses_len[i] && j < plan->probes[i]->sites_len; j++) {
			const struct site *site = &plan->probes[i]->sites[j];

			if (site->saves_len > compiler->layout->saves_max)
				compiler->layout->saves_max = site->saves_len;
		}
}

static unsigned *index_by_id(struct arena *arena, const struct plan *plan, unsigned *max)
{
	unsigned *index;

	*max = 0;
	for (unsigned i = 0; i < plan->probes_len; i++)
		if (plan->probes[i]->id > *max)
			*max = plan->probes[i]->id;
	index = arena_new_array(arena, unsigned, *max + 1);
	for (unsigned i = 0; i < plan->probes_len; i++)
		index[plan->probes[i]->id] = i;
	return index;
}

/* From "which probes does a clause name" to "which clauses does a probe have", in the script's order. The schema has
 * the former. */
static void group_clauses(struct compiler *compiler)
{
	const struct plan *plan = compiler->image->plan;
	unsigned max, *index = index_by_id(compiler->arena, plan, &max);

	compiler->probe_clauses = arena_new_array(compiler->arena, unsigned *, plan->probes_len + 1);
	compiler->probe_clauses_len = arena_new_array(compiler->arena, unsigned, plan->probes_len + 1);
	for (unsigned c = 0; c < plan->clauses_len; c++) {
		struct record_layout *layout = &compiler->image->schema->clauses[c];

		layout->probes = arena_new_array(compiler->arena, uint32_t, plan->clauses[c].probes_len + 1);
		for (unsigned p = 0; p < plan->clauses[c].probes_len; p++) {
			unsigned i = index[plan->clauses[c].probes[p]->id];

			*arena_push(compiler->arena, compiler->probe_clauses[i], compiler->probe_clauses_len[i]) = c;
			layout->probes[layout->probes_len++] = i;
		}
	}
}

static void find_error_clauses(struct compiler *compiler)
{
	const struct plan *plan = compiler->image->plan;

	for (unsigned i = 0; i < plan->probes_len; i++)
		if (plan->probes[i]->kind == PROBE_ERROR && compiler->probe_clauses_len[i]) {
			compiler->error = (struct function){.ctx = CTX_DIRECT,
							    .probe = plan->probes[i],
							    .probe_index = i,
							    .clauses = compiler->probe_clauses[i],
							    .clauses_len = compiler->probe_clauses_len[i]};
			compiler->layout->has_error_clauses = true;
		}
}

struct image *ebpf_compile(struct arena *arena, const struct plan *plan, const struct options *options,
			   const struct code_rules *rules, struct diags *diags)
{
	struct image *image = arena_new_one(arena, struct image);
	struct compiler compiler = {
		.arena = arena,
		.image = image,
		.options = options,
		.rules = rules,
		.diags = diags,
	};

	image->plan = plan;
	image->options = options;
	image->schema = schema_new(arena, plan, options);
	compiler.layout = layout_new(arena, image, options);
	group_clauses(&compiler);
	find_saves_max(&compiler);
	count_functions(&compiler);
	find_error_clauses(&compiler);
	for (unsigned i = 0; i < plan->probes_len && !diags->errors; i++)
		compile_probe(&compiler, i);
	layout_finish(compiler.layout, arena, image);
	schema_finish(arena, plan, image->schema);
	for (unsigned i = 0; i < compiler.keys_len; i++)
		buf_free(&compiler.keys[i].bytes);
	return diags->errors ? NULL : image;
}
