/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helpers that programs may call (src/code/insn.h), against fake maps, memory and time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "code/disasm.h"
#include "code/insn.h"
#include "private.h"

enum { READ_MAX = 1 << 29 };

/* R1 to R5 as the program left them; the result, which does not matter after a failure. */
typedef uint64_t (*helper_fn)(struct run *run, const uint64_t arg[5]);

static struct fake_map *map_arg(struct run *run, uint64_t arg)
{
	for (unsigned i = 0; i < run->interp->image->maps_len; i++)
		if ((uintptr_t)&run->interp->maps[i] == arg)
			return &run->interp->maps[i];
	run_fail(run, "r1 is no map");
	return NULL;
}

static uint64_t map_lookup(struct run *run, const uint64_t arg[5])
{
	struct fake_map *map = map_arg(run, arg[0]);
	const uint8_t *key = map ? run_access(run, arg[1], map->def->key_size, ACCESS_READ, false) : NULL;
	uint8_t *value = key ? fake_map_find(map, key, run->env->cpu) : NULL;

	if (value)
		run_give(run, (struct region){.start = value,
					      .size = map->def->value_size,
					      .what = "a value of map",
					      .name = map->def->name});
	return (uintptr_t)value;
}

static uint64_t map_update(struct run *run, const uint64_t arg[5])
{
	struct fake_map *map = map_arg(run, arg[0]);
	const uint8_t *key = map ? run_access(run, arg[1], map->def->key_size, ACCESS_READ, false) : NULL;
	const uint8_t *value = key ? run_access(run, arg[2], map->def->value_size, ACCESS_READ, false) : NULL;

	return value ? (uint64_t)(int64_t)fake_map_update(map, key, run->env->cpu, value, arg[3]) : 0;
}

static uint64_t map_delete(struct run *run, const uint64_t arg[5])
{
	struct fake_map *map = map_arg(run, arg[0]);
	const uint8_t *key = map ? run_access(run, arg[1], map->def->key_size, ACCESS_READ, false) : NULL;

	return key ? (uint64_t)(int64_t)fake_map_delete(map, key) : 0;
}

static uint64_t time_ns(struct run *run, const uint64_t arg[5])
{
	uint64_t now = run->env->time_ns;

	(void)arg;
	run->env->time_ns += run->env->time_step_ns;
	return now;
}

static uint64_t pid_tgid(struct run *run, const uint64_t arg[5])
{
	(void)arg;
	return run->env->pid_tgid;
}

/* struct bpf_pidns_info: the thread, then the process. Every second thread is of another namespace. */
static uint64_t ns_pid_tgid(struct run *run, const uint64_t arg[5])
{
	uint32_t both[2] = {(uint32_t)run->env->pid_tgid, (uint32_t)(run->env->pid_tgid >> 32)};
	uint8_t *to = run_access(run, arg[2], sizeof(both), ACCESS_WRITE, false);

	if (!to || arg[3] != sizeof(both) || run->env->pid_tgid & 1)
		return (uint64_t)-EINVAL;
	memcpy(to, both, sizeof(both));
	return 0;
}

static uint64_t uid_gid(struct run *run, const uint64_t arg[5])
{
	(void)arg;
	return run->env->uid_gid;
}

static uint64_t current_cpu(struct run *run, const uint64_t arg[5])
{
	(void)arg;
	return run->env->cpu;
}

static uint64_t current_task(struct run *run, const uint64_t arg[5])
{
	(void)arg;
	return run->env->task;
}

/* What is read there is the caller's to find out: the thread's registers are nowhere that can be read. */
static uint64_t task_regs(struct run *run, const uint64_t arg[5])
{
	(void)run;
	return arg[0];
}

/* Three frames, or as many as there is room for. */
static uint64_t kernel_stack(struct run *run, const uint64_t arg[5])
{
	static const uint64_t frames[] = {0xffffffff81000010, 0xffffffff81000020, 0xffffffff81000030};
	size_t size = arg[2] < sizeof(frames) ? (size_t)arg[2] & ~7ul : sizeof(frames);
	uint8_t *to = run_access(run, arg[1], arg[2], ACCESS_WRITE, false);

	if (!to || arg[3])
		return (uint64_t)-EINVAL;
	memcpy(to, frames, size);
	return size;
}

static uint64_t loop(struct run *run, const uint64_t arg[5])
{
	uint64_t times = (uint32_t)arg[0], function = arg[1], data = arg[2];

	if (times > 1 << 23)
		return (uint64_t)-E2BIG;
	if (arg[3])
		return (uint64_t)-EINVAL;
	for (uint64_t i = 0; i < times; i++)
		if (!run_call_back(run, function, i, data) || run->regs[0])
			return i + 1;
	return times;
}

static uint64_t random_number(struct run *run, const uint64_t arg[5])
{
	(void)arg;
	return (uint32_t)(run->env->time_ns * 2654435761u);
}

static uint64_t attach_cookie(struct run *run, const uint64_t arg[5])
{
	if (run->program->ctx == CTX_DIRECT)
		run_fail(run, "a program that the engine runs itself has no attach cookie");
	(void)arg;
	return run->env->cookie;
}

static uint64_t current_comm(struct run *run, const uint64_t arg[5])
{
	size_t size = (uint32_t)arg[1], used = strnlen(run->env->comm, sizeof(run->env->comm));
	uint8_t *to = run_access(run, arg[0], size, ACCESS_WRITE, false);

	if (!to || size == 0)
		return (uint64_t)-EINVAL;
	memset(to, 0, size);
	memcpy(to, run->env->comm, used < size ? used : size - 1);
	return 0;
}

static bool is_own_memory(const struct run *run, uint64_t address, uint64_t size)
{
	for (unsigned i = 0; i <= run->depth; i++) {
		uint64_t offset = address - (uintptr_t)run->frames[i].stack;

		if (offset < STACK_SIZE && size <= STACK_SIZE - offset)
			return true;
	}
	for (unsigned i = 0; i < run->regions_len; i++) {
		uint64_t offset = address - (uintptr_t)run->regions[i].start;

		if (offset < run->regions[i].size && size <= run->regions[i].size - offset)
			return true;
	}
	return false;
}

static bool is_readable(const struct run *run, uint64_t address, uint64_t size, bool is_user)
{
	const struct interp *interp = run->interp;

	for (unsigned i = 0; i < interp->ranges_len; i++) {
		uint64_t offset = address - interp->ranges[i].start;

		if (interp->ranges[i].is_user == is_user && offset < interp->ranges[i].size &&
		    size <= interp->ranges[i].size - offset)
			return true;
	}
	return !is_user && is_own_memory(run, address, size);
}

static uint64_t read_bytes(struct run *run, const uint64_t arg[5], bool is_user)
{
	uint64_t size = arg[1];
	uint8_t *to;

	if (size > READ_MAX)
		return run_fail(run, "reads %llu bytes", (unsigned long long)size);
	if (size == 0)
		return 0;
	to = run_access(run, arg[0], size, ACCESS_WRITE, false);
	if (!to)
		return 0;
	if (!is_readable(run, arg[2], size, is_user)) {
		memset(to, 0, size);
		return (uint64_t)-EFAULT;
	}
	memmove(to, (const void *)(uintptr_t)arg[2], size);
	return 0;
}

/* As the kernel: the result counts the final NUL; what does not fit is cut; after a fault the whole room is zero. */
static uint64_t read_text(struct run *run, const uint64_t arg[5], bool is_user)
{
	uint64_t size = arg[1];
	uint8_t *to;

	if (size > READ_MAX)
		return run_fail(run, "reads %llu bytes", (unsigned long long)size);
	if (size == 0)
		return 0;
	to = run_access(run, arg[0], size, ACCESS_WRITE, false);
	for (uint64_t i = 0; to && i < size; i++) {
		if (!is_readable(run, arg[2] + i, 1, is_user)) {
			memset(to, 0, size);
			return (uint64_t)-EFAULT;
		}
		to[i] = *(const uint8_t *)(uintptr_t)(arg[2] + i);
		if (i + 1 == size)
			to[i] = 0;
		if (!to[i])
			return i + 1;
	}
	return 0;
}

static uint64_t read_user(struct run *run, const uint64_t arg[5])
{
	return read_bytes(run, arg, true);
}

static uint64_t read_kernel(struct run *run, const uint64_t arg[5])
{
	return read_bytes(run, arg, false);
}

static uint64_t read_user_text(struct run *run, const uint64_t arg[5])
{
	return read_text(run, arg, true);
}

static uint64_t read_kernel_text(struct run *run, const uint64_t arg[5])
{
	return read_text(run, arg, false);
}

/* --- the ring --- */

static bool ring_takes(struct run *run, uint64_t map_arg_value, uint64_t size)
{
	struct fake_map *map = map_arg(run, map_arg_value);
	size_t needed = 8 + ((size + 7) & ~(uint64_t)7);

	if (!map)
		return false;
	if (map->def->kind != IMAGE_RING)
		return run_fail(run, "map %s is no ring", map->def->name);
	if (size > READ_MAX || run->interp->ring_used + needed >= map->def->max_entries)
		return false;
	run->interp->ring_used += needed;
	return true;
}

static void ring_add(struct interp *interp, struct record record)
{
	interp->records = interp_realloc(interp->records, (interp->records_len + 1) * sizeof(*interp->records));
	interp->records[interp->records_len++] = record;
}

static uint64_t ring_reserve(struct run *run, const uint64_t arg[5])
{
	uint8_t *data;

	if (arg[2])
		return run_fail(run, "reserves with flags");
	if (!ring_takes(run, arg[0], arg[1]))
		return 0;
	data = interp_calloc(1, arg[1]);
	memset(data, 0xa5, arg[1]); /* the kernel's ring holds old records */
	run_give(run, (struct region){.start = data,
				      .size = arg[1],
				      .is_reservation = true,
				      .what = "the reserved",
				      .name = "record"});
	return (uintptr_t)data;
}

/* The program gives its reservation back; its memory is no longer the program's. No data: it was no reservation. */
static struct record ring_release(struct run *run, uint64_t address)
{
	struct region *region = run_reservation(run, address);
	struct record released = {0};

	if (!region) {
		run_fail(run, "r1 is no reserved record");
		return released;
	}
	released = (struct record){region->start, region->size};
	*region = run->regions[--run->regions_len];
	return released;
}

static uint64_t ring_submit(struct run *run, const uint64_t arg[5])
{
	struct record record = ring_release(run, arg[0]);

	if (record.data)
		ring_add(run->interp, record);
	return 0;
}

static uint64_t ring_discard(struct run *run, const uint64_t arg[5])
{
	free(ring_release(run, arg[0]).data);
	return 0;
}

static uint64_t ring_output(struct run *run, const uint64_t arg[5])
{
	const uint8_t *data = run_access(run, arg[1], arg[2], ACCESS_READ, false);
	uint8_t *copy;

	if (!data || !ring_takes(run, arg[0], arg[2]))
		return (uint64_t)-EAGAIN;
	copy = interp_calloc(1, arg[2]);
	memcpy(copy, data, arg[2]);
	ring_add(run->interp, (struct record){copy, arg[2]});
	return 0;
}

struct helper {
	unsigned args;
	helper_fn call;
};

static const struct helper helpers[] = {
	[HELPER_MAP_LOOKUP] = {2, map_lookup},
	[HELPER_MAP_UPDATE] = {4, map_update},
	[HELPER_MAP_DELETE] = {2, map_delete},
	[HELPER_TIME_NS] = {0, time_ns},
	[HELPER_PID_TGID] = {0, pid_tgid},
	[HELPER_NS_PID_TGID] = {4, ns_pid_tgid},
	[HELPER_UID_GID] = {0, uid_gid},
	[HELPER_COMM] = {2, current_comm},
	[HELPER_CPU] = {0, current_cpu},
	[HELPER_TASK] = {0, current_task},
	[HELPER_TASK_BTF] = {0, current_task},
	[HELPER_TASK_REGS] = {1, task_regs},
	[HELPER_KERNEL_STACK] = {4, kernel_stack},
	[HELPER_LOOP] = {4, loop},
	[HELPER_RANDOM] = {0, random_number},
	[HELPER_COOKIE] = {1, attach_cookie},
	[HELPER_READ_USER] = {3, read_user},
	[HELPER_WAIT_USER] = {3, read_user},
	[HELPER_READ_KERNEL] = {3, read_kernel},
	[HELPER_READ_USER_STR] = {3, read_user_text},
	[HELPER_READ_KERNEL_STR] = {3, read_kernel_text},
	[HELPER_RING_RESERVE] = {3, ring_reserve},
	[HELPER_RING_SUBMIT] = {2, ring_submit},
	[HELPER_RING_DISCARD] = {2, ring_discard},
	[BPF_FUNC_ringbuf_output] = {4, ring_output},
};

bool run_helper(struct run *run, int32_t id)
{
	const struct helper *helper;
	uint64_t args[5];

	if (id < 0 || id >= (int32_t)(sizeof(helpers) / sizeof(*helpers)) || !helpers[id].call)
		return run_fail(run, "calls a helper that programs may not use");
	helper = &helpers[id];
	for (unsigned i = 1; i <= helper->args; i++)
		if (!run_reg_valid(run, i))
			return false;
	if (run->env->on_helper)
		run->env->on_helper(run->interp, id, run->env->data);
	memcpy(args, &run->regs[1], sizeof(args)); /* a function that is called back has them too */
	run->regs[0] = helper->call(run, args);
	run->valid = (run->valid & ~0x3eu) | 1;
	for (unsigned i = 1; i <= 5; i++)
		run->regs[i] = 0xdeadbeefdeadbeefull;
	return !run->has_failed;
}
