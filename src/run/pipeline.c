/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/pipeline.h"

#include <errno.h>
#include <string.h>

#include "code/disasm.h"
#include "types/kernel_types.h"
#include "lib/clock.h"
#include "lib/kernel.h"
#include "lib/markers.h"
#include "lib/shown.h"
#include "types/native_types.h"
#include "probe/host.h"
#include "run/stack_store.h"
#include "symbols/unwinder.h"

static void parse(struct pipeline *pipeline, const struct source *source)
{
	uint64_t start = now_ns();

	mark_parse_start(source->name, source->size);
	pipeline->front->parse(pipeline->script, source, &pipeline->macros, &pipeline->diags);
	mark_parse_done(source->name, pipeline->front->clauses_len(pipeline->script), pipeline->diags.errors,
			now_ns() - start);
}

static bool run_ast(struct pipeline *pipeline)
{
	pipeline->script = pipeline->front->begin(pipeline->arena);
	for (unsigned i = 0; i < pipeline->sources_len; i++)
		parse(pipeline, pipeline->sources[i]);
	return !pipeline->diags.errors;
}

static void dump_ast(const struct pipeline *pipeline, struct buf *out)
{
	pipeline->front->dump_tree(pipeline->script, out);
}

static bool run_options(struct pipeline *pipeline)
{
	return pipeline->front->set_options(pipeline->script, &pipeline->options, &pipeline->diags) &&
	       !pipeline->diags.errors;
}

static const struct type *find_native_type(struct probe_source *source, const void *native)
{
	return native_type(source->natives, native);
}

static bool run_check(struct pipeline *pipeline)
{
	struct probe_source source = probe_host_source(pipeline->host);
	static const struct plan nothing;
	const struct plan *plan;
	uint64_t start = now_ns();

	source.types = kernel_types_new(pipeline->arena, kernel_btf, kernel_module_btf_nth);
	source.natives = native_types_new(pipeline->arena);
	source.native_type = find_native_type;
	mark_check_start(pipeline->front->clauses_len(pipeline->script));
	pipeline->plan = pipeline->front->check(pipeline->script, &source, &pipeline->options, &pipeline->diags);
	if (pipeline->host)
		host_say_left_out(pipeline->host, &pipeline->diags);
	plan = pipeline->plan ? pipeline->plan : &nothing;
	mark_check_done(plan->probes_len, plan->vars_len, plan->aggs_len, pipeline->diags.errors, now_ns() - start);
	return pipeline->plan;
}

static void dump_check(const struct pipeline *pipeline, struct buf *out)
{
	pipeline->front->dump_checked(pipeline->script, out);
}

static void mark_image(const struct image *image, unsigned errors, uint64_t ns)
{
	uint64_t instructions = 0;

	for (unsigned i = 0; image && i < image->programs_len; i++)
		instructions += image->programs[i].insns_len;
	mark_compile_done(image ? image->programs_len : 0, image ? image->maps_len : 0, instructions, errors, ns);
}

/* Are there probes of the kernel's functions? */
static bool has_functions(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->probes_len; i++)
		if (plan->probes[i]->ctx == CTX_FUNCTION)
			return true;
	return false;
}

/* To try these costs some milliseconds. */
static unsigned code_needs(const struct plan *plan, const struct options *options)
{
	return (plan->has_stacks || plan->has_loops ? CODE_NEEDS_LOOPS : 0) |
	       (has_functions(plan) ? CODE_NEEDS_FUNCTIONS : 0) | (options->destructive ? CODE_NEEDS_WRITES : 0);
}

static bool run_ebpf(struct pipeline *pipeline)
{
	uint64_t start = now_ns();
	struct code_rules rules = engine_rules(engine_find(pipeline->options.engine),
					       code_needs(pipeline->plan, &pipeline->options), pipeline->no_multi);

	mark_compile_start(pipeline->plan->clauses_len, pipeline->plan->probes_len);
	pipeline->image = code_compile(pipeline->arena, pipeline->plan, &pipeline->options, &rules, &pipeline->diags);
	if (mark_is_on(compile__done))
		mark_image(pipeline->image, pipeline->diags.errors, now_ns() - start);
	return pipeline->image;
}

static void dump_ebpf(const struct pipeline *pipeline, struct buf *out)
{
	const struct image *image = pipeline->image;

	image_dump_maps(image, out);
	image_dump_layouts(image, out);
	image_dump_programs(image, out);
}

/* What the walk through processes' stacks needs is read before there are maps, which get room for it. */
static void prepare_stacks(struct pipeline *pipeline)
{
	struct image *image = pipeline->image;

	if (!pipeline->plan->has_stacks)
		return;
	pipeline->mappings = pipeline->shared_mappings ? pipeline->shared_mappings : mappings_new(pipeline->arena);
	if (image->map_rows == MAP_NONE)
		return;
	pipeline->unwinder = unwinder_new(pipeline->arena, &pipeline->target, pipeline->mappings);
	image->maps[image->map_rows].max_entries = unwinder_rows(pipeline->unwinder);
}

static bool run_engine(struct pipeline *pipeline)
{
	struct engine_config config = {.ops = engine_find(pipeline->options.engine),
				       .target = &pipeline->target,
				       .no_multi = pipeline->no_multi,
				       .parts = pipeline->options.maxcost > 0,
				       .before = pipeline->before};
	struct stack_store store;
	int error;

	prepare_stacks(pipeline);
	if (engine_load(pipeline->image, &config, &pipeline->diags, &pipeline->engine))
		return false;
	store = stack_store_of(pipeline->engine);
	error = unwinder_fill(pipeline->unwinder, &store);
	if (error)
		diag_error(&pipeline->diags, (struct loc){0}, NULL,
			   "the kernel does not take the tables for ustack(): %s", strerror(-error));
	return !error;
}

const struct stage stages[STAGES] = {
	{"ast", "the syntax tree of the script", run_ast, dump_ast},
	{"options", "pragmas take effect", run_options, NULL},
	{"check", "the typed syntax tree: variables, probes, actions", run_check, dump_check},
	{"ebpf", "maps, record layouts and programs", run_ebpf, dump_ebpf},
	{"engine", "programs are loaded into the kernel", run_engine, NULL},
};

const struct stage *stage_find(const char *name)
{
	for (unsigned i = 0; i < STAGES; i++)
		if (!strcmp(stages[i].name, name) && stages[i].dump)
			return &stages[i];
	return NULL;
}

bool pipeline_run(struct pipeline *pipeline, const struct stage *last, struct pipeline_times *times)
{
	for (unsigned i = 0; i < STAGES; i++) {
		uint64_t start = now_ns();

		if (!stages[i].run(pipeline))
			return false;
		if (times)
			times->ns[i] = now_ns() - start;
		if (&stages[i] == last)
			break;
	}
	return true;
}

bool pipeline_run_from(struct pipeline *pipeline, const char *first)
{
	const struct stage *stage = stage_find(first);

	while (stage < stages + STAGES && stage->run(pipeline))
		stage++;
	return stage == stages + STAGES;
}

bool pipeline_load(struct pipeline *pipeline, struct pipeline_times *times)
{
	uint64_t start = now_ns();
	bool good = stages[STAGES - 1].run(pipeline);

	if (times)
		times->ns[STAGES - 1] = now_ns() - start;
	return good;
}

void pipeline_init(struct pipeline *pipeline)
{
	*pipeline = (struct pipeline){.arena = arena_new()};
	pipeline->front = front_for(NULL);
	options_default(&pipeline->options);
	diags_init(&pipeline->diags, pipeline->arena);
}

void pipeline_free(struct pipeline *pipeline)
{
	engine_free(pipeline->engine);
	unwinder_free(pipeline->unwinder);
	if (pipeline->mappings != pipeline->shared_mappings)
		mappings_free(pipeline->mappings);
	if (pipeline->host)
		probe_host_free(pipeline->host);
	arena_free(pipeline->arena);
}

void pipeline_note(struct pipeline *pipeline, const char *text)
{
	*arena_push(pipeline->arena, pipeline->said, pipeline->said_len) = arena_strdup(pipeline->arena, text);
}

bool pipeline_say(struct pipeline *pipeline, FILE *err)
{
	bool good = !pipeline->diags.errors;
	struct buf text = {0};

	(pipeline->print_diags ? pipeline->print_diags : diags_print)(&pipeline->diags, pipeline->options.errtags,
								      &text);
	if (text.size)
		say_lines(err, text.data);
	buf_free(&text);
	for (const struct diag *diag = pipeline->diags.first; diag; diag = diag->next)
		if (diag->is_warning)
			pipeline_note(pipeline, diag->text);
	diags_init(&pipeline->diags, pipeline->arena);
	return good;
}
