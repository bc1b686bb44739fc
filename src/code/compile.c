/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs of a script: which site runs which, and whether an engine can take them. */
#include "code/code.h"

#include <string.h>

#include "code/disasm.h"
#include "code/program.h"
#include "lib/kernel_functions.h"

enum {
	LOOKS_OWN = 5,	  /* how often the verifier looks at an instruction of the clauses, at most about */
	LOOKS_ERROR = 10, /* ... at one of the ERROR clauses, for each clause that can fail */
};

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
	unsigned single = function_is_fixed(rules, fn) ? fn->probe_index + 1 : 0;

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
			return disasm_helper_name(insn->imm);
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

	if (function_is_of_syscalls(fn))
		gen.map_syscalls = layout_syscalls_map(compiler->arena, compiler->image);
	if (compiler->error.probe && !fn->is_save && fn->probe->kind != PROBE_ERROR)
		gen.error_entry = &error_entry;
	*arena_push(gen.arena, gen.functions, gen.functions_len) = 0;
	function_generate(&gen, fn);
	*needs_saved = gen.needs_saved;
	own = gen.insns_len;
	if (error_entry.refs_len) {
		label_bind(&gen, &error_entry);
		gen.error_entry = NULL;
		*arena_push(gen.arena, gen.functions, gen.functions_len) = gen.insns_len;
		function_generate(&gen, &compiler->error);
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

struct image *code_compile(struct arena *arena, const struct plan *plan, const struct options *options,
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
