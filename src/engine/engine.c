/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of an engine: load, attach, run, detach. The work of each step is in the files beside this one.
 */
#include "engine/engine.h"

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
#include "engine/bpf.h"
#include "engine/pool.h"
#include "engine/private.h"
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

static struct engine *engine_new(const struct image *image, const struct engine_config *config)
{
	struct arena *arena = arena_new();
	struct engine *engine = arena_new_one(arena, struct engine);

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

/* What goes wrong is told by diagnostics and return values; libbpf would print as well. */
static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* Are there links for one process only? */
static bool is_by_pid(const struct engine *engine)
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
		n += is_uprobe(&image->attaches[i]);
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

int engine_load(const struct image *image, const struct engine_config *config, struct diags *diags, struct engine **out)
{
	struct engine *engine = engine_new(image, config);
	uint64_t start = now_ns(), mapped;
	int err;

	mark_load_start(image->maps_len, image->programs_len);
	libbpf_set_print(silent);
	raise_descriptor_limit();
	*out = engine;
	engine->has_tracepoint_cookies = engine_has_tracepoint_cookies(config->no_multi);
	engine->has_multi_kprobes = !config->no_multi && has_kprobes(image) && kernel_can(KERNEL_MULTI_KPROBES);
	if (count_sites(image) && !config->no_multi)
		engine->has_multi = bpf_has_uprobe_multi(is_by_pid(engine));
	engine->before = config->before;
	engine->other = config->before;
	err = engine_count_processors(engine, diags);
	if (!err)
		err = engine_make_maps(engine, diags);
	engine->before = NULL;
	if (!err && engine->state) {
		engine->state->tracer = (uint32_t)getpid();
		engine->state->by_pid = engine->target.pids_len > 0;
		engine->state->wall_offset_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - now_ns());
	}
	if (!err)
		meter_make(&engine->meter); /* without it nothing is counted, which engine_has_meter() tells */
	mapped = now_ns();
	engine->timing.maps_ns = mapped - start;
	if (!err)
		err = engine_load_programs(engine, diags);
	engine->timing.load_ns = now_ns() - mapped;
	mark_load_done(err, engine->timing.maps_ns, engine->timing.load_ns);
	return err;
}

int engine_attach(struct engine *engine, struct diags *diags)
{
	uint64_t start = now_ns();
	int err;

	mark_attach_start(engine->image->plan->probes_len, count_sites(engine->image));
	err = engine_attach_sites(engine, diags);
	if (!err)
		err = engine_attach_tracepoints(engine, diags);
	if (!err)
		err = engine_attach_functions(engine, diags);
	if (!err)
		err = engine_attach_timers(engine, diags);
	engine->other = NULL; /* whoever has it may close it from here on */
	meter_weigh(engine);
	engine->timing.attach_ns = now_ns() - start;
	if (mark_is_on(probe__attached) || mark_is_on(probe__refused))
		engine_mark_probes(engine, err);
	mark_attach_done(engine->kept_len + engine->links_len, err, engine->timing.attach_ns);
	return err;
}

static int run_program(int fd, uint64_t *context)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = DIRECT_CONTEXT_LEN * sizeof(*context));
	int err = bpf_prog_test_run_opts(fd, &opts);

	return err < 0 ? err : 0;
}

int engine_run_direct_args(struct engine *engine, enum probe_kind kind, const uint64_t *args, unsigned args_len)
{
	const struct image *image = engine->image;
	uint64_t context[DIRECT_CONTEXT_LEN] = {0};
	int err = 0;

	for (unsigned i = 0; i < args_len && i + 1 < DIRECT_CONTEXT_LEN; i++)
		context[i + 1] = args[i];
	for (unsigned i = 0; i < image->attaches_len && !err; i++) {
		if (image->attaches[i].probe->kind != kind)
			continue;
		context[0] = image->attaches[i].cookie;
		err = run_program(engine->programs[image->attaches[i].program], context);
	}
	return err;
}

int engine_run_direct(struct engine *engine, enum probe_kind kind)
{
	return engine_run_direct_args(engine, kind, NULL, 0);
}

void engine_set_run(struct engine *engine, enum image_run run)
{
	if (!engine->state)
		return;
	__atomic_store_n(&engine->state->run, (uint32_t)run, __ATOMIC_RELEASE);
}

enum image_run engine_get_run(const struct engine *engine)
{
	return engine->state ? (enum image_run)__atomic_load_n(&engine->state->run, __ATOMIC_ACQUIRE) : RUN_NOT_YET;
}

bool engine_has_lost_links(struct engine *engine)
{
	bool have_lost = false;

	for (unsigned i = 0; i < engine->keepers_len; i++)
		have_lost |= keepers_have_lost(&engine->keepers[i]);
	return have_lost;
}

static void close_link(void *data, unsigned i)
{
	struct engine *engine = data;

	if (engine->links[i].fd >= 0)
		close(engine->links[i].fd);
}

static unsigned count_keepers(const struct engine *engine)
{
	unsigned len = 0;

	for (unsigned i = 0; i < engine->keepers_len; i++)
		len += engine->keepers[i].len;
	return len;
}

void engine_detach(struct engine *engine)
{
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

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	engine_detach(engine);
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

int engine_poll(struct engine *engine, int timeout_ms, int (*each)(void *data, const void *record, size_t size),
		void *data)
{
	ring_wait(&engine->ring, timeout_ms);
	return ring_drain(&engine->ring, each, data);
}

static void add_counted_drops(struct engine *engine, uint64_t drops[DROP_CAUSES])
{
	unsigned map = engine->image->map_drops;
	const uint32_t zero = 0;
	size_t room = map == MAP_NONE ? 0 : engine_value_room(&engine->image->maps[map]);
	uint64_t *values = calloc(engine->cpus_len, room + 1);

	if (room && values && !bpf_map_lookup_elem(engine->maps[map], &zero, values))
		for (unsigned cpu = 0; cpu < engine->cpus_len; cpu++)
			for (unsigned i = 0; i < DROP_CAUSES && i < room / 8; i++)
				drops[i] += values[cpu * (room / 8) + i];
	free(values);
}

void engine_drops(struct engine *engine, uint64_t drops[DROP_CAUSES])
{
	memset(drops, 0, DROP_CAUSES * sizeof(*drops));
	add_counted_drops(engine, drops);
	for (unsigned i = 0; i < engine->image->programs_len; i++)
		drops[DROP_SYSTEM] += bpf_prog_misses(engine->programs[i]);
	if (engine->dispatcher >= 0)
		drops[DROP_SYSTEM] += bpf_prog_misses(engine->dispatcher);
	for (unsigned i = 0; engine->has_multi_kprobes && i < engine->links_len; i++)
		drops[DROP_SYSTEM] += engine->links[i].fd < 0 ? 0 : bpf_link_misses(engine->links[i].fd);
}

const char *engine_verifier_log(const struct engine *engine)
{
	return engine->log.data ? engine->log.data : "";
}

struct engine_timing engine_timing(const struct engine *engine)
{
	return engine->timing;
}

struct loc engine_probe_loc(const struct engine *engine, const struct probe *probe)
{
	const struct plan *plan = engine->image->plan;
	struct loc nowhere = {0};

	for (unsigned i = 0; plan && i < plan->clauses_len; i++)
		for (unsigned j = 0; j < plan->clauses[i].probes_len; j++)
			if (plan->clauses[i].probes[j] == probe)
				return plan->clauses[i].probes_loc;
	return nowhere;
}

const char *engine_probe_name(struct arena *arena, const struct probe *probe)
{
	return arena_printf(arena, "%s:%s:%s:%s", probe->prov, probe->mod, probe->func, probe->name);
}

/* The sentence is used at once. */
static const char *refusal(int err)
{
	static char text[128];

	if (err == -ENOSYS || err == -EINVAL)
		return "this kernel has no BPF, or too old a one: Linux 5.15 or later is needed";
	if (err != -EPERM && err != -EACCES) {
		snprintf(text, sizeof(text), "the kernel cannot load even the smallest program now: %s", strerror(-err));
		return text;
	}
	if (geteuid())
		return "this needs root (or the capabilities CAP_BPF and CAP_PERFMON)";
	return "root may not use BPF here: a container without privilege, a seccomp filter, or a locked-down kernel";
}

const char *engine_why_not(void)
{
	const struct bpf_insn nothing[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	int fd;

	if (kernel_proc_why())
		return kernel_proc_why();
	libbpf_set_print(silent);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ct_why_not", 4, 4, 1, NULL);
	if (fd < 0)
		return refusal(fd);
	close(fd);
	fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ct_why_not", "GPL", nothing, 2, NULL);
	if (fd < 0)
		return refusal(fd);
	close(fd);
	for (int i = 0; i < KERNEL_NEEDED; i++)
		if (!kernel_can((enum kernel_ability)i))
			return kernel_ability_why((enum kernel_ability)i);
	return NULL;
}
