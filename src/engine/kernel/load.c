/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs of an image. In: instructions with relocations. Out: descriptors, or what the verifier has against a
 * program, in terms of the script's line. Where the sites of one link need different programs, a dispatcher of our own
 * takes the hit and goes on to the program whose index stands in bits 32 to 47 of the attach cookie: a link waits tens
 * of milliseconds for the kernel, a tail call costs nanoseconds.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <ctype.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code/insn.h"
#include "engine/kernel/bpf.h"
#include "engine/kernel/pool.h"
#include "engine/kernel/private.h"
#include "lib/clock.h"
#include "lib/kernel.h"
#include "lib/kernel_functions.h"
#include "lib/markers.h"

enum { LOG_SIZE = 16 << 20 };

/* Helpers that read the traced process are for programs under the GPL or compatible: ours are LGPL-2.1-or-later. */
static const char license[] = "GPL";
static const char dispatcher_name[] = "ct_dispatch";

static enum bpf_prog_type program_type(enum probe_ctx ctx)
{
	switch (ctx) {
	case CTX_UPROBE:
	case CTX_KPROBE:
		return BPF_PROG_TYPE_KPROBE;
	case CTX_TIMER:
		return BPF_PROG_TYPE_PERF_EVENT;
	case CTX_DIRECT:
	case CTX_TRACEPOINT:
		return BPF_PROG_TYPE_RAW_TRACEPOINT;
	case CTX_FUNCTION:
		return BPF_PROG_TYPE_TRACING;
	}
	return BPF_PROG_TYPE_UNSPEC;
}

static enum bpf_attach_type program_attach_type(const struct kernel_engine *engine, const struct image_program *program)
{
	if (program->ctx == CTX_UPROBE && engine->has_multi)
		return (enum bpf_attach_type)ATTACH_UPROBE_MULTI;
	if (program->ctx == CTX_KPROBE && engine->has_multi_kprobes)
		return BPF_TRACE_KPROBE_MULTI;
	if (program->ctx == CTX_FUNCTION)
		return program->is_return ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY;
	return (enum bpf_attach_type)0;
}

/* Which function of the kernel it is for. Returns a descriptor to be closed after loading, or -1. */
static int name_function(const struct kernel_function *function, struct bpf_prog_load_opts *opts)
{
	int module = -1;

	if (!function)
		return -1;
	opts->attach_btf_id = function->btf_id;
	if (strcmp(function->module, kernel_module))
		module = bpf_module_btf_open(function->module);
	if (module >= 0)
		opts->attach_btf_obj_fd = (uint32_t)module;
	return module;
}

static void close_module(int module)
{
	if (module >= 0)
		close(module);
}

/* Does the kernel refuse whatever program is for this function? Then it is not the script's fault. */
static bool is_function_refused(const struct kernel_engine *engine, const struct image_program *program)
{
	static const struct bpf_insn nothing[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = program_attach_type(engine, program));
	int module, fd;

	if (!program->function)
		return false;
	module = name_function(program->function, &opts);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "ct_refused", license, nothing, 2, &opts);
	close_module(module);
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

/* What is loaded for a program: `before` instructions of the meter's, then its own. */
struct loadable {
	struct bpf_insn *insns;
	unsigned len, before;
};

static struct loadable relocated(const struct kernel_engine *engine, unsigned index)
{
	const struct image_program *program = &engine->image->programs[index];
	struct bpf_insn *all = arena_new_array(engine->arena, struct bpf_insn, METER_INSNS + program->insns_len),
			*insns;
	unsigned before = meter_emit(engine, index, all);

	insns = all + before;
	memcpy(insns, program->insns, program->insns_len * sizeof(*insns));

	for (unsigned i = 0; i < program->relocs_len; i++) {
		const struct image_reloc *reloc = &program->relocs[i];
		struct bpf_insn *insn = &insns[reloc->insn];
		bool is_value = reloc->kind == RELOC_MAP_VALUE;

		insn[0].src_reg = is_value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
		insn[0].imm = engine->maps[reloc->map];
		insn[1].imm = is_value ? (int32_t)reloc->offset : 0;
	}
	return (struct loadable){all, before + program->insns_len, before};
}

/* The log ends: the refused instruction as "12: (79) ...", one or more sentences, "processed 12 insns ...". */
struct verdict {
	unsigned insn; /* ~0u: not told */
	const char *sentence;
};

static bool is_insn_line(const char *line, unsigned *insn)
{
	char *end;
	unsigned long n = strtoul(line, &end, 10);

	if (!isdigit((unsigned char)*line) || strncmp(end, ": (", 3))
		return false;
	*insn = (unsigned)n;
	return true;
}

static bool is_noise(const char *line)
{
	static const char *const noise[] = {
		"processed ", "verification time", "stack depth", "from ", "max_states", ";", NULL};
	unsigned at;

	for (unsigned i = 0; noise[i]; i++)
		if (!strncmp(line, noise[i], strlen(noise[i])))
			return true;
	strtoul(line, NULL, 10);
	return !*line || is_insn_line(line, &at);
}

static struct verdict verdict_read(struct arena *arena, const char *log)
{
	struct verdict verdict = {.insn = ~0u, .sentence = NULL};

	while (*log) {
		size_t size = strcspn(log, "\n");
		char *line = arena_strndup(arena, log, size);

		if (!is_insn_line(line, &verdict.insn) && !is_noise(line))
			verdict.sentence = line;
		log += size + (log[size] == '\n');
	}
	return verdict;
}

/* The log's end is what counts, and a log may be large: read no more than this of it. */
static const char *log_tail(const char *log)
{
	size_t size = strlen(log);
	const char *tail = size > 16384 ? log + size - 16384 : log;
	const char *line = tail == log ? tail : strchr(tail, '\n');

	return line ? line : tail;
}

static struct loc insn_loc(const struct image_program *program, unsigned insn)
{
	struct loc loc = {0};

	for (unsigned i = 0; i < program->lines_len && program->lines[i].insn <= insn; i++)
		loc = program->lines[i].loc;
	return loc;
}

static void program_refused(struct kernel_engine *engine, const struct image_program *program, unsigned before,
			    int error, struct diags *diags)
{
	struct verdict verdict = verdict_read(engine->arena, log_tail(engine->log.data ? engine->log.data : ""));
	struct loc loc = insn_loc(program, verdict.insn == ~0u || verdict.insn < before ? 0 : verdict.insn - before);
	const char *why = error == -EPERM ? kernel_engine_why_not() : NULL;

	if (kernel_is_locked_down())
		diag_hint(diags,
			  diag_error(diags, loc, NULL,
				     "the kernel refuses this clause: it is locked down for confidentiality, and "
				     "programs may not read its memory"),
			  "boot without lockdown=confidentiality");
	else if (why)
		diag_error(diags, loc, NULL, "the kernel refuses the program `%s`: %s", program->name, why);
	else
		diag_error(diags, loc, NULL, "the kernel refuses this clause: %s",
			   verdict.sentence ? verdict.sentence : strerror(-error));
}

/* The kernel is asked what it made of the program only where somebody wants to know. */
static void mark_loaded(const char *name, unsigned insns_len, int fd, uint64_t ns)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (fd < 0 || !mark_is_on(program__loaded))
		return;
	bpf_obj_get_info_by_fd(fd, &info, &size);
	mark_program_loaded(name, insns_len, info.id, info.verified_insns, ns);
}

static int load_with_log(struct kernel_engine *engine, const struct image_program *program,
			 const struct loadable *loadable, struct bpf_prog_load_opts *opts)
{
	char *log = malloc(LOG_SIZE);
	int fd;

	if (!log)
		return -ENOMEM;
	log[0] = '\0';
	opts->log_buf = log;
	opts->log_size = LOG_SIZE;
	opts->log_level = 1;
	fd = bpf_prog_load(program_type(program->ctx), program->name, license, loadable->insns, loadable->len, opts);
	buf_clear(&engine->log);
	buf_puts(&engine->log, log);
	free(log);
	return fd;
}

/*
 * Functions that the kernel calls back must have a type: the program itself, each of its others, all the same one. One
 * description serves all programs.
 */
enum { TYPE_NUMBER = 1, TYPE_PROTO, TYPE_FUNCTION };

static int make_function_types(struct kernel_engine *engine)
{
	struct btf *btf = btf__new_empty();
	int error = -ENOMEM;

	if (btf && btf__add_int(btf, "long", 8, BTF_INT_SIGNED) == TYPE_NUMBER &&
	    btf__add_func_proto(btf, TYPE_NUMBER) == TYPE_PROTO && !btf__add_func_param(btf, "first", TYPE_NUMBER) &&
	    !btf__add_func_param(btf, "second", TYPE_NUMBER) &&
	    btf__add_func(btf, "ct_function", BTF_FUNC_STATIC, TYPE_PROTO) == TYPE_FUNCTION)
		error = btf__load_into_kernel(btf);
	engine->function_types = btf;
	return error;
}

static bool has_functions(const struct image *image)
{
	for (unsigned i = 0; i < image->programs_len; i++)
		if (image->programs[i].functions)
			return true;
	return false;
}

struct loading {
	struct kernel_engine *engine;
	struct loadable *loadables; /* as many as programs */
};

enum { FUNCTIONS_MAX = 64 };

/* What the kernel is to know of a program beside its instructions; `infos` has room for FUNCTIONS_MAX. */
static void fill_options(const struct kernel_engine *engine, const struct image_program *program, unsigned before,
			 struct bpf_func_info *infos, struct bpf_prog_load_opts *opts)
{
	opts->expected_attach_type = program_attach_type(engine, program);
	opts->prog_flags = program->may_sleep ? BPF_F_SLEEPABLE : 0;
	if (!program->functions || !engine->function_types)
		return;
	assert(program->functions_len <= FUNCTIONS_MAX);
	for (unsigned i = 0; i < program->functions_len; i++)
		infos[i] = (struct bpf_func_info){.insn_off = i ? program->functions[i] + before : 0,
						  .type_id = TYPE_FUNCTION};
	opts->prog_btf_fd = (uint32_t)btf__fd(engine->function_types);
	opts->func_info = infos;
	opts->func_info_cnt = program->functions_len;
	opts->func_info_rec_size = sizeof(*infos);
}

static void program_load(void *data, unsigned i)
{
	const struct loading *loading = data;
	struct kernel_engine *engine = loading->engine;
	const struct image_program *program = &engine->image->programs[i];
	const struct loadable *loadable = &loading->loadables[i];
	struct bpf_func_info infos[FUNCTIONS_MAX];
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	uint64_t start = now_ns();
	int module;

	fill_options(engine, program, loadable->before, infos, &opts);
	module = name_function(program->function, &opts);
	engine->programs[i] = bpf_prog_load(program_type(program->ctx), program->name, license, loadable->insns,
					    loadable->len, &opts);
	close_module(module);
	mark_loaded(program->name, program->insns_len, engine->programs[i], now_ns() - start);
}

/* Loads once more, now with a log: writing one slows the verifier down, so the first try goes without. */
static int program_load_again(const struct loading *loading, unsigned i, struct diags *diags)
{
	struct kernel_engine *engine = loading->engine;
	const struct image_program *program = &engine->image->programs[i];
	const struct loadable *loadable = &loading->loadables[i];
	struct bpf_func_info infos[FUNCTIONS_MAX];
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	uint64_t start = now_ns();
	int fd, module;

	if (is_function_refused(engine, program))
		return 0; /* left out, with the reason, when it is to be attached */
	fill_options(engine, program, loadable->before, infos, &opts);
	module = name_function(program->function, &opts);
	fd = load_with_log(engine, program, loadable, &opts);
	close_module(module);
	engine->programs[i] = fd;
	mark_loaded(program->name, program->insns_len, fd, now_ns() - start);
	if (fd < 0) {
		mark_program_refused(program->name, program->insns_len, fd);
		program_refused(engine, program, loadable->before, fd, diags);
	}
	return fd < 0 ? fd : 0;
}

/* The verifier works for each program by itself: as many at a time as there are processors. */
static int load_all(struct kernel_engine *engine, struct diags *diags)
{
	unsigned len = engine->image->programs_len;
	struct loading loading = {engine, arena_new_array(engine->arena, struct loadable, len + 1)};
	int error = 0;

	if (has_functions(engine->image))
		make_function_types(engine); /* without them the kernel refuses, and says why */
	for (unsigned i = 0; i < len; i++)
		loading.loadables[i] = relocated(engine, i);
	pool_run(engine->cpus_len, len, program_load, &loading);
	for (unsigned i = 0; i < len && !error; i++)
		if (engine->programs[i] < 0)
			error = program_load_again(&loading, i, diags);
	return error;
}

static bool needs_dispatcher(const struct kernel_engine *engine)
{
	const struct image *image = engine->image;
	const struct image_attach *first = NULL;

	if (!engine->has_multi)
		return false;
	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];

		if (!kernel_engine_is_uprobe(attach) || image->programs[attach->program].may_sleep)
			continue;
		if (first && attach->program != first->program)
			return true;
		first = attach;
	}
	return false;
}

static int dispatcher_load(struct kernel_engine *engine)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_REG(REG_CTX, R1),
		INSN_CALL(HELPER_COOKIE),
		INSN_ALU_IMM(BPF_RSH, R0, 32),
		INSN_ALU_IMM(BPF_AND, R0, 0xffff),
		INSN_MOV_REG(R3, R0),
		INSN_MOV_REG(R1, REG_CTX),
		INSN(BPF_LD | BPF_IMM | BPF_DW, R2, BPF_PSEUDO_MAP_FD, 0, engine->progs_map),
		INSN(0, 0, 0, 0, 0),
		INSN_CALL(BPF_FUNC_tail_call),
		INSN_MOV_IMM(R0, 0),
		INSN_EXIT(),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = (enum bpf_attach_type)ATTACH_UPROBE_MULTI);
	const unsigned insns_len = sizeof(insns) / sizeof(*insns);
	uint64_t start = now_ns();
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, dispatcher_name, license, insns, insns_len, &opts);

	mark_loaded(dispatcher_name, insns_len, fd, now_ns() - start);
	return fd;
}

static int progs_fill(const struct kernel_engine *engine, int map)
{
	for (uint32_t i = 0; i < engine->image->programs_len; i++) {
		if (engine->image->programs[i].ctx != CTX_UPROBE || engine->image->programs[i].may_sleep)
			continue;
		if (bpf_map_update_elem(map, &i, &engine->programs[i], BPF_ANY))
			return -errno;
	}
	return 0;
}

static int dispatcher_make(struct kernel_engine *engine)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "ct_programs", 4, 4, engine->image->programs_len, NULL);

	if (fd < 0)
		return fd;
	engine->progs_map = fd;
	fd = dispatcher_load(engine);
	if (fd < 0)
		return fd;
	engine->dispatcher = fd;
	return progs_fill(engine, engine->progs_map);
}

int kernel_engine_load_programs(struct kernel_engine *engine, struct diags *diags)
{
	struct loc nowhere = {0};
	int error = load_all(engine, diags);

	if (error)
		return error;
	if (!error && needs_dispatcher(engine))
		error = dispatcher_make(engine);
	if (error)
		diag_error(diags, nowhere, NULL, "cannot join the programs of one file: %s", strerror(-error));
	return error;
}
