/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/meter.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code/insn.h"
#include "engine/kernel/private.h"
#include "lib/held.h"
#include "lib/kernel.h"
#include "probe/prologue.h"

/* Units: of probes in processes, of probes of the kernel, of timers. */
enum {
	PROCESS_UNITS = 48,
	KERNEL_UNITS = METER_UNITS - PROCESS_UNITS - 1,
	TIMER_UNIT = METER_UNITS - 1,
	USES_MAX = 8192, /* pairs of a process and a unit that are counted at a time */
	SPREAD = 32,	 /* an event is counted after 1 to so many, at random: markers that alternate are met alike */
	CODE_SIZE = 16,	 /* no instruction is longer */
};

/* Twice SAMPLE, the mean of 1 to SPREAD. */
enum { SAMPLE_TWICE = SPREAD + 1 };

/*
 * What the kernel spends to get to a program and back, ns. Those of uprobes hold until they are measured; the others
 * are round figures of the same machine as in doc/cost-of-a-probe.md.
 */
enum {
	REACH_UPROBE = 600,
	REACH_STEP = 10000,
	REACH_KPROBE = 200,
	REACH_TRACEPOINT = 30,
	REACH_FUNCTION = 30,
	REACH_TIMER = 500
};

/* One per processor. */
struct counter {
	int64_t left;  /* events until one is counted */
	uint64_t lost; /* events that should have been counted and found no room */
};

struct use_key {
	uint32_t pid, unit;
};

void meter_init(struct meter *meter)
{
	meter->counters = meter->uses = meter->accounts = -1;
	meter->executed_ns = REACH_UPROBE;
	meter->stepped_ns = REACH_STEP;
	hit_init(&meter->hit);
}

int meter_make(struct meter *meter)
{
	meter->counters = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "ct_meter", 4, sizeof(struct counter), 1, NULL);
	if (meter->counters >= 0)
		meter->uses = bpf_map_create(BPF_MAP_TYPE_HASH, "ct_uses", sizeof(struct use_key), 8, USES_MAX, NULL);
	if (meter->uses >= 0)
		return 0;
	meter_free(meter);
	return -errno;
}

void meter_free(struct meter *meter)
{
	int *fds[] = {&meter->counters, &meter->uses, &meter->accounts};

	for (unsigned i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	hit_free(&meter->hit);
}

/* ---- units ---- */

static unsigned probes_len(const struct image *image)
{
	return image->plan ? image->plan->probes_len : 0;
}

static unsigned process_unit(unsigned probes, unsigned probe)
{
	return probes <= PROCESS_UNITS ? probe % PROCESS_UNITS
				       : (unsigned)((uint64_t)probe * PROCESS_UNITS / probes) % PROCESS_UNITS;
}

/* Programs on the kernel's probes are attached to all of their places at once. */
static unsigned kernel_unit(unsigned program)
{
	return PROCESS_UNITS + program % KERNEL_UNITS;
}

unsigned meter_unit(const struct image *image, const struct image_attach *attach)
{
	if (kernel_engine_is_uprobe(attach))
		return process_unit(probes_len(image), (uint32_t)attach->cookie);
	return attach->site ? kernel_unit(attach->program) : TIMER_UNIT;
}

static bool may_take_away(unsigned unit)
{
	return unit != TIMER_UNIT;
}

/* ---- what stands before a program ---- */

struct code {
	struct bpf_insn *insns;
	unsigned len;
	unsigned ends[8], ends_len; /* jumps to the end */
};

static void put(struct code *code, struct bpf_insn insn)
{
	code->insns[code->len++] = insn;
}

static void put_map(struct code *code, int reg, int fd)
{
	put(code, INSN(BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_FD, 0, fd));
	put(code, INSN(0, 0, 0, 0, 0));
}

static void put_number(struct code *code, int reg, uint64_t number)
{
	put(code, INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, (int32_t)(uint32_t)number));
	put(code, INSN(0, 0, 0, 0, (int32_t)(uint32_t)(number >> 32)));
}

static void put_address(struct code *code, int reg, int offset)
{
	put(code, INSN_MOV_REG(reg, R10));
	put(code, INSN_ALU_IMM(BPF_ADD, reg, offset));
}

static void put_end_if(struct code *code, int op, int reg, int imm)
{
	code->ends[code->ends_len++] = code->len;
	put(code, INSN(BPF_JMP | op | BPF_K, reg, 0, 0, imm));
}

enum { AT_KEY = -8, AT_PID = -8, AT_UNIT = -4, AT_VALUE = -16, AT_IDS = -24 };

/* R0 = the process, by the number that it has where we run; those that cannot be seen from there are not counted. */
static void put_process(struct code *code)
{
	uint64_t dev, ino;

	if (kernel_pid_namespace(&dev, &ino)) {
		put_number(code, R1, dev);
		put_number(code, R2, ino);
		put_address(code, R3, AT_IDS);
		put(code, INSN_MOV_IMM(R4, 8)); /* struct bpf_pidns_info: the thread, then the process */
		put(code, INSN_CALL(HELPER_NS_PID_TGID));
		put_end_if(code, BPF_JNE, R0, 0);
		put(code, INSN_LOAD(BPF_W, R0, R10, AT_IDS + 4));
	} else {
		put(code, INSN_CALL(HELPER_PID_TGID));
		put(code, INSN_ALU_IMM(BPF_RSH, R0, 32));
	}
	put_end_if(code, BPF_JEQ, R0, 0); /* a processor without work */
}

/* R0 = the unit. Programs of processes' probes serve several. */
static void put_unit(struct code *code, const struct image *image, unsigned program)
{
	unsigned probes = probes_len(image);

	if (image->programs[program].ctx != CTX_UPROBE) {
		put(code,
		    INSN_MOV_IMM(R0, image->programs[program].ctx == CTX_TIMER ? TIMER_UNIT : kernel_unit(program)));
		return;
	}
	put(code, INSN_MOV_REG(R1, REG_CTX));
	put(code, INSN_CALL(HELPER_COOKIE));
	put(code, INSN_MOV32_REG(R0, R0));
	if (probes > PROCESS_UNITS) {
		put(code, INSN_ALU_IMM(BPF_MUL, R0, PROCESS_UNITS));
		put(code, INSN_ALU_IMM(BPF_DIV, R0, (int)probes));
	}
}

unsigned meter_emit(const struct kernel_engine *engine, unsigned program, struct bpf_insn *insns)
{
	const struct meter *meter = &engine->meter;
	struct code code = {.insns = insns};

	if (meter->uses < 0 || engine->image->programs[program].ctx == CTX_DIRECT)
		return 0;
	put(&code, INSN_MOV_REG(REG_CTX, R1));
	put(&code, INSN_STORE_IMM(BPF_W, R10, AT_KEY, 0));
	put_map(&code, R1, meter->counters);
	put_address(&code, R2, AT_KEY);
	put(&code, INSN_CALL(HELPER_MAP_LOOKUP));
	put_end_if(&code, BPF_JEQ, R0, 0);
	put(&code, INSN_LOAD(BPF_DW, R1, R0, 0));
	put(&code, INSN_ALU_IMM(BPF_ADD, R1, -1));
	put(&code, INSN_STORE(BPF_DW, R0, 0, R1));
	put_end_if(&code, BPF_JSGT, R1, 0);
	put(&code, INSN_MOV_REG(R7, R0));
	put(&code, INSN_CALL(BPF_FUNC_get_prandom_u32));
	put(&code, INSN_ALU_IMM(BPF_AND, R0, SPREAD - 1));
	put(&code, INSN_ALU_IMM(BPF_ADD, R0, 1));
	put(&code, INSN_STORE(BPF_DW, R7, 0, R0));
	put_process(&code);
	put(&code, INSN_STORE(BPF_W, R10, AT_PID, R0));
	put_unit(&code, engine->image, program);
	put(&code, INSN_STORE(BPF_W, R10, AT_UNIT, R0));
	put_map(&code, R1, meter->uses);
	put_address(&code, R2, AT_KEY);
	put(&code, INSN_CALL(HELPER_MAP_LOOKUP));
	put(&code, INSN(BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 3, 0));
	put(&code, INSN_MOV_IMM(R1, 1));
	put(&code, INSN_ATOMIC(BPF_ADD, R0, 0, R1));
	put_end_if(&code, BPF_JNE, R0, 0);
	put(&code, INSN_STORE_IMM(BPF_DW, R10, AT_VALUE, 1));
	put_map(&code, R1, meter->uses);
	put_address(&code, R2, AT_KEY);
	put_address(&code, R3, AT_VALUE);
	put(&code, INSN_MOV_IMM(R4, BPF_ANY));
	put(&code, INSN_CALL(HELPER_MAP_UPDATE));
	put_end_if(&code, BPF_JEQ, R0, 0);
	put(&code, INSN_MOV_IMM(R1, 1));
	put(&code, INSN_ATOMIC(BPF_ADD, R7, offsetof(struct counter, lost), R1));
	for (unsigned i = 0; i < code.ends_len; i++)
		insns[code.ends[i]].off = (int16_t)(code.len - code.ends[i] - 1);
	put(&code, INSN_MOV_REG(R1, REG_CTX));
	return code.len;
}

/* ---- reading ---- */

static unsigned read_uses(struct engine *base, struct arena *arena, struct engine_use **uses)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	struct use_key key, *at = NULL;
	uint64_t sampled;
	unsigned len = 0;

	*uses = NULL;
	while (engine->meter.uses >= 0 && len < USES_MAX && !bpf_map_get_next_key(engine->meter.uses, at, &key)) {
		at = &key;
		if (!bpf_map_lookup_elem(engine->meter.uses, &key, &sampled))
			*arena_push(arena, *uses, len) = (struct engine_use){
				.pid = (pid_t)key.pid, .unit = key.unit, .events = sampled * SAMPLE_TWICE / 2};
	}
	return len;
}

static void forget_use(struct engine *base, const struct engine_use *use)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	const struct use_key key = {(uint32_t)use->pid, use->unit};

	bpf_map_delete_elem(engine->meter.uses, &key);
}

static uint64_t uses_lost(const struct engine *base)
{
	const struct kernel_engine *engine = kernel_engine_of_const(base);
	const uint32_t zero = 0;
	struct counter *counters = calloc(engine->cpus_len, sizeof(*counters));
	uint64_t lost = 0;

	if (counters && engine->meter.counters >= 0 && !bpf_map_lookup_elem(engine->meter.counters, &zero, counters))
		for (unsigned cpu = 0; cpu < engine->cpus_len; cpu++)
			lost += counters[cpu].lost;
	free(counters);
	return lost * SAMPLE_TWICE / 2;
}

static bool is_there(const struct engine *base)
{
	return kernel_engine_of_const(base)->meter.uses >= 0;
}

/* ---- what an event costs ---- */

static bool keep_accounts(struct engine *base, bool on)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	struct meter *meter = &engine->meter;

	if (on && meter->accounts < 0)
		meter->accounts = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (!on && meter->accounts >= 0)
		close(meter->accounts);
	if (!on || meter->accounts < 0)
		meter->accounts = -1;
	return meter->accounts >= 0;
}

struct account {
	uint64_t runs, ns;
};

static void add_account(struct account *account, int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	account->runs += info.run_cnt;
	account->ns += info.run_time_ns;
}

static uint64_t mean(const struct account *account)
{
	return account->runs ? account->ns / account->runs : 0;
}

static uint64_t reach_ns(const struct meter *meter, unsigned unit)
{
	const struct meter_places *places = &meter->places[unit];
	uint64_t all = places->executed + places->stepped + places->others;

	return all ? (places->executed * meter->executed_ns + places->stepped * meter->stepped_ns + places->others_ns) /
			       all
		   : 0;
}

static bool measure(struct engine *base)
{
	struct meter *meter = &kernel_engine_of(base)->meter;
	uint64_t executed_ns, stepped_ns;

	if (!hit_measure(&meter->hit, &executed_ns, &stepped_ns))
		return false;
	meter->executed_ns = executed_ns;
	meter->stepped_ns = stepped_ns ? stepped_ns : meter->stepped_ns;
	return true;
}

/* Programs that are reached by the dispatcher are in its account. */
static void event_costs(const struct engine *base, uint64_t costs[METER_UNITS])
{
	const struct kernel_engine *engine = kernel_engine_of_const(base);
	const struct image *image = engine->image;
	struct account dispatcher = {0}, *programs = calloc(image->programs_len + 1, sizeof(*programs)),
		       units[METER_UNITS] = {0};

	add_account(&dispatcher, engine->dispatcher);
	for (unsigned i = 0; programs && i < image->programs_len; i++)
		add_account(&programs[i], engine->programs[i]);
	for (unsigned i = 0; programs && i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		unsigned unit = meter_unit(image, attach);

		units[unit].runs += programs[attach->program].runs;
		units[unit].ns += programs[attach->program].ns;
	}
	for (unsigned i = 0; i < METER_UNITS; i++)
		costs[i] = reach_ns(&engine->meter, i) + (units[i].runs	      ? mean(&units[i])
							  : i < PROCESS_UNITS ? mean(&dispatcher)
									      : 0);
	free(programs);
}

static bool is_stepped(const struct site *site)
{
#ifdef __x86_64__
	uint8_t code[CODE_SIZE];
	ssize_t size =
		!site->held || held_may_hang(site->held) ? 0 : held_read(site->held, code, sizeof(code), site->offset);

	return size > 0 && !prologue_is_executed(code, (size_t)size);
#else
	(void)site;
	return false;
#endif
}

static unsigned other_ns(const struct image *image, const struct image_attach *attach)
{
	switch (image->programs[attach->program].ctx) {
	case CTX_KPROBE:
		return REACH_KPROBE;
	case CTX_TRACEPOINT:
		return REACH_TRACEPOINT;
	case CTX_FUNCTION:
		return REACH_FUNCTION;
	case CTX_TIMER:
		return REACH_TIMER;
	default:
		return 0;
	}
}

void meter_weigh(struct kernel_engine *engine)
{
	const struct image *image = engine->image;

	memset(engine->meter.places, 0, sizeof(engine->meter.places));
	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		struct meter_places *places = &engine->meter.places[meter_unit(image, attach)];

		if (image->programs[attach->program].ctx != CTX_UPROBE) {
			places->others++;
			places->others_ns += other_ns(image, attach);
		} else if (is_stepped(attach->site)) {
			places->stepped++;
		} else {
			places->executed++;
		}
	}
}

/* ---- taking away ---- */

static void take_away(struct engine *base, unsigned unit)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	if (engine->keepers_len > unit) {
		keepers_release(&engine->keepers[unit]);
		keepers_wait(&engine->keepers[unit]);
	}
	for (unsigned i = 0; i < engine->links_len; i++) {
		if (engine->links[i].unit != unit || engine->links[i].fd < 0)
			continue;
		close(engine->links[i].fd);
		engine->links[i].fd = -1;
	}
	engine->taken_away |= 1ull << unit;
}

void kernel_engine_hold_link(struct kernel_engine *engine, int fd, const struct image_attach *attach)
{
	*arena_push(engine->arena, engine->links, engine->links_len) =
		(struct kernel_engine_link){fd, meter_unit(engine->image, attach)};
}

static void name_unit(const struct engine *base, unsigned unit, void (*name)(void *data, const struct probe *probe),
		      void *data)
{
	const struct kernel_engine *engine = kernel_engine_of_const(base);
	const struct image *image = engine->image;
	const struct probe *last = NULL;

	for (unsigned i = 0; i < image->attaches_len; i++) {
		if (meter_unit(image, &image->attaches[i]) == unit && image->attaches[i].probe != last)
			name(data, image->attaches[i].probe);
		last = image->attaches[i].probe;
	}
}

const struct engine_meter_ops kernel_engine_meter = {
	.is_there = is_there,
	.read_uses = read_uses,
	.forget_use = forget_use,
	.uses_lost = uses_lost,
	.keep_accounts = keep_accounts,
	.measure = measure,
	.event_costs = event_costs,
	.may_take_away = may_take_away,
	.take_away = take_away,
	.name_unit = name_unit,
};
