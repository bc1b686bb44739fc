/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of the kernel engine: load, attach, run, detach. The work of each step is in the files beside this one.
 */
#include "engine/kernel/kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "code/insn.h"
#include "engine/kernel/bpf.h"
#include "engine/kernel/pool.h"
#include "engine/kernel/private.h"
#include "lib/clock.h"
#include "lib/kernel.h"
#include "lib/kernel_can.h"
#include "lib/markers.h"

enum { KEEPERS_OF_UNIT = 4 };

static int *descriptors_new(struct arena *arena, unsigned len)
{
	int *fds = arena_new_array(arena, int, len + 1);

	for (unsigned i = 0; i < len; i++)
		fds[i] = -1;
	return fds;
}

static struct kernel_engine *engine_new(const struct image *image, const struct engine_config *config)
{
	struct arena *arena = arena_new();
	struct kernel_engine *engine = arena_new_one(arena, struct kernel_engine);

	engine->base = (struct engine){&kernel_engine_ops, image};
	engine->arena = arena;
	engine->image = image;
	engine->target = config->target ? *config->target : (struct target){0};
	engine->maps = descriptors_new(arena, image->maps_len);
	engine->programs = descriptors_new(arena, image->programs_len);
	engine->progs_map = engine->dispatcher = -1;
	engine->ring.epoll_fd = -1;
	meter_init(&engine->meter);
	engine->keepers_len = config->parts ? METER_UNITS : 1;
	engine->keepers = arena_new_array(arena, struct keepers, engine->keepers_len);
	for (unsigned i = 0; i < engine->keepers_len; i++) {
		keepers_init(&engine->keepers[i]);
		if (config->parts) /* of each unit; dozens of processes to trace must not become a thousand keepers */
			engine->keepers[i].most = KEEPERS_OF_UNIT;
	}
	return engine;
}

/* Are there links for one process only? */
static bool is_by_pid(const struct kernel_engine *engine)
{
	const struct image *image = engine->image;

	for (unsigned i = 0; i < image->attaches_len; i++)
		if (image->attaches[i].probe && image->attaches[i].probe->pid)
			return true;
	return engine->target.pids_len > 0;
}

static unsigned count_sites(const struct image *image)
{
	unsigned n = 0;

	for (unsigned i = 0; i < image->attaches_len; i++)
		n += kernel_engine_is_uprobe(&image->attaches[i]);
	return n;
}

/* A program takes a descriptor, a perf event one per probe and process; the usual soft limit is 1024. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool has_kprobes(const struct image *image)
{
	for (unsigned i = 0; i < image->programs_len; i++)
		if (image->programs[i].ctx == CTX_KPROBE)
			return true;
	return false;
}

static int load(const struct image *image, const struct engine_config *config, struct diags *diags, struct engine **out)
{
	struct kernel_engine *engine = engine_new(image, config);
	uint64_t start = now_ns(), mapped;
	int error;

	mark_load_start(image->maps_len, image->programs_len);
	kernel_engine_silence();
	raise_descriptor_limit();
	*out = &engine->base;
	engine->has_tracepoint_cookies = !config->no_multi && bpf_has_tracepoint_cookies();
	engine->has_multi_kprobes = !config->no_multi && has_kprobes(image) && kernel_can(KERNEL_MULTI_KPROBES);
	if (count_sites(image) && !config->no_multi)
		engine->has_multi = bpf_has_uprobe_multi(is_by_pid(engine));
	engine->before = engine->other = config->before ? kernel_engine_of_const(config->before) : NULL;
	error = kernel_engine_count_processors(engine, diags);
	if (!error)
		error = kernel_engine_make_maps(engine, diags);
	engine->before = NULL;
	if (!error && engine->state) {
		engine->state->tracer = (uint32_t)getpid();
		engine->state->by_pid = engine->target.pids_len > 0;
		engine->state->wall_offset_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - now_ns());
	}
	if (!error)
		meter_make(
			&engine->meter); /* without it nothing is counted, which kernel_engine_meter.is_there() tells */
	mapped = now_ns();
	engine->timing.maps_ns = mapped - start;
	if (!error)
		error = kernel_engine_load_programs(engine, diags);
	engine->timing.load_ns = now_ns() - mapped;
	mark_load_done(error, engine->timing.maps_ns, engine->timing.load_ns);
	return error;
}

static int attach(struct engine *base, struct diags *diags)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	uint64_t start = now_ns();
	int error;

	mark_attach_start(engine->image->plan->probes_len, count_sites(engine->image));
	error = kernel_engine_attach_sites(engine, diags);
	if (!error)
		error = kernel_engine_attach_tracepoints(engine, diags);
	if (!error)
		error = kernel_engine_attach_functions(engine, diags);
	if (!error)
		error = kernel_engine_attach_timers(engine, diags);
	engine->other = NULL; /* whoever has it may close it from here on */
	meter_weigh(engine);
	engine->timing.attach_ns = now_ns() - start;
	if (mark_is_on(probe__attached) || mark_is_on(probe__refused))
		kernel_engine_mark_probes(engine, error);
	mark_attach_done(engine->kept_len + engine->links_len, error, engine->timing.attach_ns);
	return error;
}

static int run_program(int fd, uint64_t *context)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = DIRECT_CONTEXT_LEN * sizeof(*context));
	int error = bpf_prog_test_run_opts(fd, &opts);

	return error < 0 ? error : 0;
}

static int run_direct(struct engine *base, enum probe_kind kind, const uint64_t *args, unsigned args_len)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	const struct image *image = engine->image;
	uint64_t context[DIRECT_CONTEXT_LEN] = {0};
	int error = 0;

	for (unsigned i = 0; i < args_len && i + 1 < DIRECT_CONTEXT_LEN; i++)
		context[i + 1] = args[i];
	for (unsigned i = 0; i < image->attaches_len && !error; i++) {
		if (image->attaches[i].probe->kind != kind)
			continue;
		context[0] = image->attaches[i].cookie;
		error = run_program(engine->programs[image->attaches[i].program], context);
	}
	return error;
}

static void set_run(struct engine *base, enum image_run run)
{
	struct kernel_engine *engine = kernel_engine_of(base);

	if (!engine->state)
		return;
	__atomic_store_n(&engine->state->run, (uint32_t)run, __ATOMIC_RELEASE);
}

static enum image_run get_run(const struct engine *base)
{
	const struct kernel_engine *engine = kernel_engine_of_const(base);

	return engine->state ? (enum image_run)__atomic_load_n(&engine->state->run, __ATOMIC_ACQUIRE) : RUN_NOT_YET;
}

static bool has_lost_links(struct engine *base)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	bool have_lost = false;

	for (unsigned i = 0; i < engine->keepers_len; i++)
		have_lost |= keepers_have_lost(&engine->keepers[i]);
	return have_lost;
}

static void close_link(void *data, unsigned i)
{
	struct kernel_engine *engine = data;

	if (engine->links[i].fd >= 0)
		close(engine->links[i].fd);
}

static unsigned count_keepers(const struct kernel_engine *engine)
{
	unsigned len = 0;

	for (unsigned i = 0; i < engine->keepers_len; i++)
		len += engine->keepers[i].len;
	return len;
}

static void detach(struct engine *base)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	uint64_t start = now_ns();

	if (!engine->links_len && !count_keepers(engine))
		return;
	mark_detach_start(engine->kept_len + engine->links_len, count_keepers(engine));
	for (unsigned i = 0; i < engine->keepers_len; i++)
		keepers_release(&engine->keepers[i]);
	pool_run(POOL_THREADS_MAX, engine->links_len, close_link, engine);
	engine->links_len = engine->kept_len = 0;
	for (unsigned i = 0; i < engine->keepers_len; i++)
		keepers_wait(&engine->keepers[i]);
	engine->timing.detach_ns = now_ns() - start;
	mark_detach_done(engine->timing.detach_ns);
}

static void close_all(const int *fds, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void free_engine(struct engine *base)
{
	struct kernel_engine *engine = kernel_engine_of(base);

	detach(base);
	meter_free(&engine->meter);
	ring_close(&engine->ring);
	if (engine->state)
		munmap(engine->state, engine->state_size);
	close_all(&engine->dispatcher, 1);
	close_all(&engine->progs_map, 1);
	close_all(engine->programs, engine->image->programs_len);
	close_all(engine->maps, engine->image->maps_len);
	buf_free(&engine->log);
	btf__free(engine->function_types);
	arena_free(engine->arena);
}

static int poll_records(struct engine *base, int timeout_ms, int (*each)(void *data, const void *record, size_t size),
			void *data)
{
	struct kernel_engine *engine = kernel_engine_of(base);

	ring_wait(&engine->ring, timeout_ms);
	return ring_drain(&engine->ring, each, data);
}

static void wait_also(struct engine *base, int fd)
{
	ring_wait_also(&kernel_engine_of(base)->ring, fd);
}

static void add_counted_drops(struct kernel_engine *engine, uint64_t drops[DROP_CAUSES])
{
	unsigned map = engine->image->map_drops;
	const uint32_t zero = 0;
	size_t room = map == MAP_NONE ? 0 : kernel_engine_value_room(&engine->image->maps[map]);
	uint64_t *values = calloc(engine->cpus_len, room + 1);

	if (room && values && !bpf_map_lookup_elem(engine->maps[map], &zero, values))
		for (unsigned cpu = 0; cpu < engine->cpus_len; cpu++)
			for (unsigned i = 0; i < DROP_CAUSES && i < room / 8; i++)
				drops[i] += values[cpu * (room / 8) + i];
	free(values);
}

static void read_drops(struct engine *base, uint64_t drops[DROP_CAUSES])
{
	struct kernel_engine *engine = kernel_engine_of(base);

	memset(drops, 0, DROP_CAUSES * sizeof(*drops));
	add_counted_drops(engine, drops);
	for (unsigned i = 0; i < engine->image->programs_len; i++)
		drops[DROP_SYSTEM] += bpf_prog_misses(engine->programs[i]);
	if (engine->dispatcher >= 0)
		drops[DROP_SYSTEM] += bpf_prog_misses(engine->dispatcher);
	for (unsigned i = 0; engine->has_multi_kprobes && i < engine->links_len; i++)
		drops[DROP_SYSTEM] += engine->links[i].fd < 0 ? 0 : bpf_link_misses(engine->links[i].fd);
}

static const char *verifier_log(const struct engine *base)
{
	const struct kernel_engine *engine = kernel_engine_of_const(base);

	return engine->log.data ? engine->log.data : "";
}

static struct engine_timing timing(const struct engine *base)
{
	return kernel_engine_of_const(base)->timing;
}

struct loc kernel_engine_probe_loc(const struct kernel_engine *engine, const struct probe *probe)
{
	const struct plan *plan = engine->image->plan;
	struct loc nowhere = {0};

	for (unsigned i = 0; plan && i < plan->clauses_len; i++)
		for (unsigned j = 0; j < plan->clauses[i].probes_len; j++)
			if (plan->clauses[i].probes[j] == probe)
				return plan->clauses[i].probes_loc;
	return nowhere;
}

const char *kernel_engine_probe_name(struct arena *arena, const struct probe *probe)
{
	return arena_printf(arena, "%s:%s:%s:%s", probe->prov, probe->mod, probe->func, probe->name);
}

const struct engine_ops kernel_engine_ops = {
	.name = "kernel",
	.doc = "programs run in the kernel, which the traced process enters at each probe",
	.why_not = kernel_engine_why_not,
	.examine = kernel_engine_examine,
	.rules = kernel_engine_rules,
	.find_left = kernel_engine_find_left,
	.clean_left = kernel_engine_clean_left,
	.load = load,
	.attach = attach,
	.attach_process = kernel_engine_attach_process,
	.attaches_processes = kernel_engine_attaches_processes,
	.has_lost_links = has_lost_links,
	.detach = detach,
	.free = free_engine,
	.run_direct = run_direct,
	.set_run = set_run,
	.get_run = get_run,
	.poll = poll_records,
	.wait_also = wait_also,
	.map_update = kernel_engine_map_update,
	.map_update_many = kernel_engine_map_update_many,
	.map_remove = kernel_engine_map_remove,
	.map_lookup = kernel_engine_map_lookup,
	.map_take_keys = kernel_engine_map_take_keys,
	.agg_each = kernel_engine_agg_each,
	.agg_delete = kernel_engine_agg_delete,
	.agg_zero = kernel_engine_agg_zero,
	.drops = read_drops,
	.verifier_log = verifier_log,
	.timing = timing,
	.meter = &kernel_engine_meter,
};
