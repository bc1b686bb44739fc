/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/guard.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "lib/clock.h"
#include "lib/proc.h"
#include "lib/shown.h"
#include "run/cost.h"

enum {
	WARN_PERCENT = 10,
	PATIENCE = 2,	    /* seconds in a row: one is a burst, or the noise of what is sampled */
	SHOWN_MAX = 5,	    /* processes that are named */
	NAMED_MAX = 3,	    /* probes that are, of those that go together */
	TOLD_PERMILLE = 1,  /* less is not worth a word, */
	KEPT_PERMILLE = 10, /* nor of a process that has ended less than this, */
	ENDED_MAX = 64,	    /* and not of more than so many of them */
	ACCOUNTS_FIRST = 2, /* seconds at first, in which the kernel keeps accounts of programs, */
	ACCOUNTS_EVERY = 8, /* and one in this many later */
};

static const uint64_t second_ns = 1000000000, shortest_ns = 50000000;

struct process {
	UT_hash_handle hh;
	pid_t pid;
	char name[16];
	uint64_t cpu_ns;				    /* its clock, when it was looked at last */
	uint64_t events[METER_UNITS], used_ns[METER_UNITS]; /* by then; and in the last second */
	struct cost second, all;
	unsigned over; /* seconds in a row */
	bool is_warned, has_ended;
	bool is_new;	      /* seen in this second for the first time */
	struct process *next; /* of those that have ended */
};

/* What was taken away, and when. */
struct gone {
	const char *names;
	unsigned len;
	uint64_t after_ns;
};

struct guard {
	struct guard_config config;
	struct process *processes, *ended;
	unsigned ended_len, ended_more; /* that were left out, though they lost too much */
	uint64_t start_ns, last_ns;
	uint64_t taken_away; /* a bit for each unit of the engine */
	struct gone *gone;
	unsigned gone_len, seconds;
	const char **gone_probes; /* each by its name */
	unsigned gone_probes_len;
	bool has_accounts, is_measured;
};

static void tell(struct guard *guard, const char *sentence)
{
	guard->config.say(guard->config.data, sentence);
}

/* False: it has ended. One of another user's namespace has no number here. */
static bool cpu_time(pid_t pid, uint64_t *ns)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
		return false;
	*ns = (uint64_t)time.tv_sec * second_ns + (uint64_t)time.tv_nsec;
	return true;
}

static struct process *find_process(struct guard *guard, pid_t pid)
{
	struct process *process;

	HASH_FIND_INT(guard->processes, &pid, process);
	return process;
}

/* From now on: what it did before is not known. */
static struct process *add_process(struct guard *guard, pid_t pid)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		abort();
	process->pid = pid;
	proc_comm(pid, process->name);
	process->has_ended = !cpu_time(pid, &process->cpu_ns);
	HASH_ADD_INT(guard->processes, pid, process);
	return process;
}

struct guard *guard_new(const struct guard_config *config)
{
	struct guard *guard = arena_new_one(config->arena, struct guard);

	guard->config = *config;
	guard->start_ns = guard->last_ns = now_ns();
	for (unsigned i = 0; i < config->target->pids_len; i++)
		if (!find_process(guard, config->target->pids[i]))
			add_process(guard, config->target->pids[i]);
	if (engine_has_meter(config->engine))
		guard->has_accounts = engine_keep_accounts(config->engine, true);
	else if (config->percent && !config->engine->ops->meter)
		tell(guard, "maxcost has no effect: this engine does not count what probes cost");
	else if (config->percent)
		tell(guard, "maxcost has no effect: the kernel does not make the maps that are needed to see what the "
			    "probes cost");
	return guard;
}

/* ---- looking ---- */

static void add_use(struct guard *guard, const struct engine_use *use, const uint64_t *costs)
{
	struct process *process = find_process(guard, use->pid);
	uint64_t before;

	/* a timer interrupts whoever runs, chosen or not */
	if (use->unit >= METER_UNITS ||
	    (!process && !engine_may_take_away(guard->config.engine, use->unit) && guard->config.target->pids_len))
		return;
	if (!process) {
		process = add_process(guard, use->pid);
		process->is_new = true; /* but what it did until now is not known */
	}
	before = process->is_new ? use->events : process->events[use->unit];
	process->events[use->unit] = use->events;
	process->used_ns[use->unit] = use->events > before ? (use->events - before) * costs[use->unit] : 0;
}

static void close_second(struct process *process, uint64_t elapsed_ns, unsigned percent)
{
	uint64_t cpu_ns;

	process->second = (struct cost){0};
	if (process->has_ended || !cpu_time(process->pid, &cpu_ns)) {
		process->has_ended = true;
		return;
	}
	if (cpu_ns >= process->cpu_ns && !process->is_new) {
		process->second.cpu_ns = cpu_ns - process->cpu_ns;
		for (unsigned i = 0; i < METER_UNITS; i++)
			process->second.used_ns += process->used_ns[i];
	}
	process->is_new = false;
	process->cpu_ns = cpu_ns;
	process->all.cpu_ns += process->second.cpu_ns;
	process->all.used_ns += process->second.used_ns;
	process->over = cost_is_over(process->second, elapsed_ns, percent) ? process->over + 1 : 0;
}

static void keep_ended(struct guard *guard, struct process *process)
{
	unsigned permille = cost_permille(process->all);

	if (process->all.cpu_ns < second_ns || permille < KEPT_PERMILLE) {
		free(process);
	} else if (guard->ended_len == ENDED_MAX) {
		guard->ended_more += permille >= WARN_PERCENT * 10;
		free(process);
	} else {
		process->next = guard->ended;
		guard->ended = process;
		guard->ended_len++;
	}
}

/* Whose number may come back as another process's. What is worth a word at the end is kept. */
static void forget_ended(struct guard *guard, const struct engine_use *uses, unsigned uses_len)
{
	struct process *process, *next;

	for (unsigned i = 0; i < uses_len; i++) {
		process = find_process(guard, uses[i].pid);
		if (process && process->has_ended)
			engine_forget_use(guard->config.engine, &uses[i]);
	}
	HASH_ITER(hh, guard->processes, process, next)
	{
		if (!process->has_ended)
			continue;
		HASH_DEL(guard->processes, process);
		keep_ended(guard, process);
	}
}

static void look_at_processes(struct guard *guard, uint64_t elapsed_ns, bool is_last)
{
	unsigned percent = guard->config.percent ? guard->config.percent : WARN_PERCENT, len;
	struct arena *scratch = arena_new();
	uint64_t costs[METER_UNITS];
	struct process *process;
	struct engine_use *uses;

	engine_event_costs(guard->config.engine, costs);
	len = engine_read_uses(guard->config.engine, scratch, &uses);
	for (process = guard->processes; process; process = process->hh.next)
		memset(process->used_ns, 0, sizeof(process->used_ns));
	for (unsigned i = 0; i < len; i++)
		add_use(guard, &uses[i], costs);
	for (process = guard->processes; process; process = process->hh.next)
		close_second(process, elapsed_ns, percent);
	if (!is_last)
		forget_ended(guard, uses, len);
	arena_free(scratch);
}

/* ---- sentences ---- */

static void put_seconds(struct buf *text, uint64_t ns)
{
	buf_printf(text, "%.1f s", (double)ns / 1e9);
}

static void put_share(struct buf *text, struct cost cost)
{
	unsigned permille = cost_permille(cost);

	if (permille >= 100)
		buf_printf(text, "about %u %%", (permille + 5) / 10);
	else
		buf_printf(text, "about %u.%u %%", permille / 10, permille % 10);
}

static void put_process(struct buf *text, const struct process *process)
{
	buf_printf(text, "process %d (", (int)process->pid);
	shown_add(text, SHOWN_NAME, process->name, strlen(process->name));
	buf_puts(text, ")");
}

struct names {
	struct guard *guard;
	struct buf list;
	unsigned len;
};

static void add_name(void *data, const struct probe *probe)
{
	struct names *names = data;
	struct guard *guard = names->guard;
	char *name =
		arena_printf(guard->config.arena, "%s:%s:%s:%s", probe->prov, probe->mod, probe->func, probe->name);

	*arena_push(guard->config.arena, guard->gone_probes, guard->gone_probes_len) = name;
	if (names->len++ >= NAMED_MAX)
		return;
	buf_puts(&names->list, names->len > 1 ? ", " : "");
	shown_add(&names->list, SHOWN_NAME, name, strlen(name));
}

/* ---- too much ---- */

static void warn(struct guard *guard, struct process *process)
{
	struct buf text = {0};

	if (process->is_warned)
		return;
	process->is_warned = true;
	buf_puts(&text, "the probes take ");
	put_share(&text, process->second);
	buf_puts(&text, " of the processor time of ");
	put_process(&text, process);
	buf_puts(&text, ", seen ");
	put_seconds(&text, now_ns() - guard->start_ns);
	if (guard->config.percent)
		buf_printf(
			&text,
			" after the start, and the limit is %u %%; what is left are timers, which are never taken away",
			guard->config.percent);
	else
		buf_printf(&text, " after the start; choose fewer, or give a limit: --max-cost %u", WARN_PERCENT);
	tell(guard, text.data);
	buf_free(&text);
}

static uint64_t may_go(const struct guard *guard)
{
	uint64_t may = 0;

	for (unsigned i = 0; i < METER_UNITS; i++)
		if (engine_may_take_away(guard->config.engine, i) && !(guard->taken_away >> i & 1))
			may |= 1ull << i;
	return may;
}

static void say_gone(struct guard *guard, const struct process *process, const struct gone *gone,
		     const struct cost *own, const struct moment *now)
{
	struct tm at = zone_time(NULL, now->wall_ns);
	unsigned n = gone->len;
	struct buf text = {0};

	buf_printf(&text, "from %02d:%02d:%02d on (", at.tm_hour, at.tm_min, at.tm_sec);
	put_seconds(&text, gone->after_ns);
	buf_printf(&text, " after the start) %s %s taken away: %s took ", gone->names, n == 1 ? "is" : "are",
		   n == 1 ? "it" : "they");
	put_share(&text, *own);
	buf_puts(&text, " of the processor time of ");
	put_process(&text, process);
	buf_puts(&text, ", all probes ");
	put_share(&text, process->second);
	buf_printf(&text, ", and the limit is %u %%; figures that depend on %s end there", guard->config.percent,
		   n == 1 ? "it" : "them");
	tell(guard, text.data);
	buf_free(&text);
}

static void take_away(struct guard *guard, const struct process *process, uint64_t units, const struct moment *now)
{
	struct cost own = {process->second.cpu_ns, 0};
	struct names names = {.guard = guard};
	struct gone *gone;

	for (unsigned i = 0; i < METER_UNITS; i++) {
		if (!(units >> i & 1))
			continue;
		engine_take_away(guard->config.engine, i);
		engine_name_unit(guard->config.engine, i, add_name, &names);
		own.used_ns += process->used_ns[i];
	}
	guard->taken_away |= units;
	if (names.len > NAMED_MAX)
		buf_printf(&names.list, " and %u more probe%s", names.len - NAMED_MAX,
			   names.len == NAMED_MAX + 1 ? "" : "s");
	gone = arena_push(guard->config.arena, guard->gone, guard->gone_len);
	*gone = (struct gone){arena_strdup(guard->config.arena, names.list.data), names.len,
			      now->mono_ns - guard->start_ns};
	say_gone(guard, process, gone, &own, now);
	buf_free(&names.list);
}

/* One at a time: what goes for its sake may have been what the others suffered from. */
static void act(struct guard *guard, const struct moment *now)
{
	struct process *worst = NULL, *process;
	uint64_t units;

	for (process = guard->processes; process; process = process->hh.next) {
		if (process->over < PATIENCE || process->has_ended)
			continue;
		if (!guard->config.percent)
			warn(guard, process);
		else if (!worst || cost_permille(process->second) > cost_permille(worst->second))
			worst = process;
	}
	units = worst ? cost_choose(worst->second, worst->used_ns, METER_UNITS, may_go(guard), guard->config.percent)
		      : 0;
	if (!units) {
		if (worst)
			warn(guard, worst);
		return;
	}
	take_away(guard, worst, units, now);
	for (process = guard->processes; process; process = process->hh.next)
		process->over = 0;
}

static bool is_account_second(const struct guard *guard)
{
	return guard->seconds < ACCOUNTS_FIRST || guard->seconds % ACCOUNTS_EVERY == 0;
}

void guard_step(struct guard *guard, const struct moment *now)
{
	uint64_t elapsed_ns = now->mono_ns > guard->last_ns ? now->mono_ns - guard->last_ns : 0;
	bool on;

	if (elapsed_ns < second_ns || !engine_has_meter(guard->config.engine))
		return;
	guard->last_ns = now->mono_ns;
	if (is_account_second(guard))
		guard->is_measured |= engine_measure(guard->config.engine);
	look_at_processes(guard, elapsed_ns, false);
	act(guard, now);
	guard->seconds++;
	on = is_account_second(guard);
	guard->has_accounts |= engine_keep_accounts(guard->config.engine, on) && on;
}

/* ---- another engine ---- */

struct look_up {
	const struct guard *guard;
	bool found;
};

static void look_up_name(void *data, const struct probe *probe)
{
	struct look_up *look_up = data;
	const struct guard *guard = look_up->guard;
	char *name = NULL;
	struct buf text = {0};

	buf_printf(&text, "%s:%s:%s:%s", probe->prov, probe->mod, probe->func, probe->name);
	name = text.data;
	for (unsigned i = 0; i < guard->gone_probes_len && !look_up->found; i++)
		look_up->found = !strcmp(guard->gone_probes[i], name);
	buf_free(&text);
}

/* What was taken away stays away. */
void guard_go_over(struct guard *guard, struct engine *engine)
{
	struct process *process;

	guard->config.engine = engine;
	guard->taken_away = 0;
	for (unsigned i = 0; i < METER_UNITS && guard->gone_len; i++) {
		struct look_up look_up = {.guard = guard};

		engine_name_unit(engine, i, look_up_name, &look_up);
		if (!look_up.found)
			continue;
		engine_take_away(engine, i);
		guard->taken_away |= 1ull << i;
	}
	for (process = guard->processes; process; process = process->hh.next)
		memset(process->events, 0, sizeof(process->events));
	if (engine_has_meter(engine))
		engine_keep_accounts(engine, true);
	guard->seconds = 0;
}

/* ---- the end ---- */

void guard_close(struct guard *guard)
{
	uint64_t now = now_ns();

	if (!engine_has_meter(guard->config.engine))
		return;
	if (!guard->is_measured)
		guard->is_measured = engine_measure(guard->config.engine);
	if (now - guard->last_ns >= shortest_ns)
		look_at_processes(guard, now - guard->last_ns, true);
	guard->last_ns = now;
	engine_keep_accounts(guard->config.engine, false);
}

/* Its place among those that are named: first who ran, by share. */
struct ranked_process {
	const struct process *process;
	bool is_idle;
};

static int compare(const void *left, const void *right)
{
	const struct ranked_process *a = left, *b = right;
	unsigned x = cost_permille(a->process->all), y = cost_permille(b->process->all);

	if (a->is_idle != b->is_idle)
		return a->is_idle ? 1 : -1;
	if (x != y)
		return x < y ? 1 : -1;
	return a->process->pid < b->process->pid ? -1 : a->process->pid > b->process->pid;
}

static void say_process(struct guard *guard, const struct ranked_process *place)
{
	struct cost all = place->process->all;
	struct buf text = {0};

	buf_puts(&text, "the probes took ");
	put_share(&text, all);
	buf_puts(&text, " of the processor time of ");
	put_process(&text, place->process);
	buf_printf(&text, ": %.2f of %.2f s%s%s", (double)(all.used_ns < all.cpu_ns ? all.used_ns : all.cpu_ns) / 1e9,
		   (double)all.cpu_ns / 1e9, place->is_idle ? "; it hardly ran" : "",
		   guard->has_accounts
			   ? ""
			   : ", without the time of the programs themselves, of which this kernel keeps no accounts");
	tell(guard, text.data);
	buf_free(&text);
}

static void say_more(struct guard *guard, unsigned n)
{
	struct buf text = {0};

	buf_printf(&text, "the probes took a part of the processor time of %u more process%s too", n,
		   n == 1 ? "" : "es");
	if (n)
		tell(guard, text.data);
	buf_free(&text);
}

static struct ranked_process *place_processes(const struct guard *guard, struct arena *arena, unsigned *len)
{
	uint64_t elapsed_ns = guard->last_ns - guard->start_ns;
	struct ranked_process *list = NULL;
	const struct process *process;

	*len = 0;
	for (process = guard->processes; process; process = process->hh.next)
		if (process->all.cpu_ns)
			*arena_push(arena, list, *len) =
				(struct ranked_process){process, cost_is_idle(process->all, elapsed_ns)};
	for (process = guard->ended; process; process = process->next)
		*arena_push(arena, list, *len) =
			(struct ranked_process){process, cost_is_idle(process->all, elapsed_ns)};
	if (*len)
		qsort(list, *len, sizeof(*list), compare);
	return list;
}

/* With a limit the first, and whoever lost something worth a word; without one who lost too much, and else the first.
 */
static bool is_named(const struct guard *guard, const struct ranked_process *place, bool is_first, bool is_told)
{
	unsigned permille = cost_permille(place->process->all);

	if (guard->config.percent)
		return is_first || (!place->is_idle && permille >= TOLD_PERMILLE);
	return !place->is_idle && (permille >= WARN_PERCENT * 10 || (is_first && is_told && permille >= TOLD_PERMILLE));
}

void guard_each_cost(const struct guard *guard, void (*each)(void *data, const struct guard_cost *cost), void *data)
{
	struct arena *scratch = arena_new();
	unsigned len = 0;
	const struct ranked_process *places = guard ? place_processes(guard, scratch, &len) : NULL;

	for (unsigned i = 0; i < len; i++) {
		struct cost all = places[i].process->all;

		each(data, &(struct guard_cost){.pid = places[i].process->pid,
						.process = places[i].process->name,
						.probes_ns = all.used_ns < all.cpu_ns ? all.used_ns : all.cpu_ns,
						.processor_ns = all.cpu_ns,
						.is_idle = places[i].is_idle,
						.has_programs = guard->has_accounts});
	}
	arena_free(scratch);
}

void guard_each_gone(const struct guard *guard, void (*each)(void *data, const struct guard_gone *gone), void *data)
{
	for (unsigned i = 0; guard && i < guard->gone_len; i++)
		each(data, &(struct guard_gone){guard->gone[i].names, guard->gone[i].after_ns,
						guard->last_ns - guard->start_ns});
}

static void say_processes(struct guard *guard, bool is_told)
{
	struct arena *scratch = arena_new();
	unsigned len, n = 0;
	const struct ranked_process *places = place_processes(guard, scratch, &len);

	for (; n < len && is_named(guard, &places[n], !n, is_told); n++)
		if (n < SHOWN_MAX)
			say_process(guard, &places[n]);
	say_more(guard, (n > SHOWN_MAX ? n - SHOWN_MAX : 0) + guard->ended_more);
	arena_free(scratch);
}

static void say_taken_away(struct guard *guard)
{
	struct buf text = {0};

	for (unsigned i = 0; i < guard->gone_len; i++) {
		buf_clear(&text);
		buf_printf(&text, "%s: probed for the first ", guard->gone[i].names);
		put_seconds(&text, guard->gone[i].after_ns);
		buf_puts(&text, " of ");
		put_seconds(&text, guard->last_ns - guard->start_ns);
		buf_printf(&text, " only (maxcost); figures that depend on %s end there",
			   guard->gone[i].len == 1 ? "it" : "them");
		tell(guard, text.data);
	}
	buf_free(&text);
}

static void say_lost(struct guard *guard)
{
	uint64_t lost = engine_has_meter(guard->config.engine) ? engine_uses_lost(guard->config.engine) : 0;
	struct buf text = {0};

	buf_printf(&text, "the cost of about %llu events is not known: too many processes met them at a time",
		   (unsigned long long)lost);
	if (lost)
		tell(guard, text.data);
	buf_free(&text);
}

void guard_end(struct guard *guard, bool is_told)
{
	if (!guard)
		return;
	say_taken_away(guard);
	say_processes(guard, is_told);
	say_lost(guard);
}

void guard_free(struct guard *guard)
{
	struct process *process, *next;

	if (!guard)
		return;
	HASH_ITER(hh, guard->processes, process, next)
	{
		HASH_DEL(guard->processes, process);
		free(process);
	}
	for (process = guard->ended; process; process = next) {
		next = process->next;
		free(process);
	}
}
