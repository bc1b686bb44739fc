/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/follow.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "run/child.h"
#include "lib/clock.h"
#include "lib/markers.h"
#include "lib/proc.h"
#include "lib/shown.h"

/* To look at all processes costs milliseconds: seldom while all is well, often while one is missing. */
enum { LOOK_MISSING_NS = 250 * 1000 * 1000, LOOK_NS = 2000 * 1000 * 1000 };
/* A process that has just been made runs its program only after exec(), and its libraries some milliseconds later. */
static const uint64_t become_ns = 3000000000;

struct followed {
	struct target_process process;
	bool has_ended; /* and the next of its label takes its place */
};

/* Seen, but it does not run the files with the probes (yet). */
struct newcomer {
	struct target_process process; /* number 0: the place is free */
	uint64_t seen_ns;
};

struct follow {
	struct follow_config config;
	struct newcomer *newcomers;
	unsigned newcomers_len;
	struct followed *list;
	unsigned len;
	uint64_t next_look_ns, soonest_ns;
	unsigned missing; /* that may come back */
	bool by_rule;	  /* some were chosen by what they are */
};

static void add_followed(struct follow *follow, const struct target_process *process)
{
	*arena_push(follow->config.arena, follow->list, follow->len) = (struct followed){.process = *process};
}

struct follow *follow_new(const struct follow_config *config)
{
	struct follow *follow = arena_new_one(config->arena, struct follow);
	unsigned i;

	follow->config = *config;
	for (i = 0; config->targets && i < config->targets->processes_len; i++) {
		add_followed(follow, &config->targets->processes[i]);
		follow->by_rule |= config->targets->processes[i].by_rule;
	}
	follow->next_look_ns = now_ns() + LOOK_NS;
	return follow;
}

/* ---- the end of one ---- */

/* As dtrace: unless quiet; but that a program crashed is never kept back. */
static void say_ended(const struct follow *follow, const struct target_process *process, int status)
{
	const struct follow_config *config = &follow->config;
	int pid = (int)process->pid;
	struct shown text = {0};

	if (WIFSIGNALED(status))
		shown_printf(&text, "process %d was killed by signal %d (%s)", pid, WTERMSIG(status),
			     strsignal(WTERMSIG(status)));
	else if (process->by_rule)
		shown_printf(&text, "%s has ended (process %d); it is traced again when it comes back", process->label,
			     pid);
	else if (!config->quiet && process->pid == config->child)
		say(stderr, "%s: process %d has exited with status %d\n", config->name, pid, WEXITSTATUS(status));
	else if (!config->quiet)
		say(stderr, "%s: process %d has ended\n", config->name, pid);
	if (text.buf.size)
		config->say(config->data, text.buf.data);
	shown_free(&text);
}

/* True: it was the child of -c, with which the run ends. */
static bool look_for_ends(struct follow *follow)
{
	bool is_child = false;
	unsigned i;

	for (i = 0; i < follow->len; i++) {
		struct followed *one = &follow->list[i];
		pid_t pid = one->process.pid;
		int status = 0;

		if (one->has_ended ||
		    !(pid == follow->config.child ? child_has_ended(pid, &status) : proc_has_ended(pid)))
			continue;
		one->has_ended = true;
		engine_forget_process(follow->config.engine, pid);
		follow->missing += one->process.by_rule;
		mark_process_ended(pid, status);
		say_ended(follow, &one->process, status);
		is_child |= pid == follow->config.child;
	}
	return is_child;
}

/* ---- the beginning of one ---- */

static struct followed *predecessor(struct follow *follow, const struct target_process *process)
{
	unsigned i;

	for (i = 0; i < follow->len; i++) {
		struct followed *one = &follow->list[i];

		if (one->has_ended && !strcmp(one->process.label, process->label))
			return one;
	}
	return NULL;
}

static bool is_followed(const struct follow *follow, pid_t pid)
{
	unsigned i;

	for (i = 0; i < follow->len; i++)
		if (follow->list[i].process.pid == pid && !follow->list[i].has_ended)
			return true;
	return false;
}

static struct newcomer *find_newcomer(const struct follow *follow, pid_t pid)
{
	for (unsigned i = 0; i < follow->newcomers_len; i++)
		if (follow->newcomers[i].process.pid == pid)
			return &follow->newcomers[i];
	return NULL;
}

static bool is_waiting(const struct follow *follow, const struct newcomer *newcomer)
{
	return newcomer->process.pid && !is_followed(follow, newcomer->process.pid);
}

/* Is it too soon to say that there is nothing to trace in it? */
static bool may_become(struct follow *follow, const struct target_process *process)
{
	struct newcomer *newcomer = find_newcomer(follow, process->pid);

	if (newcomer)
		return now_ns() - newcomer->seen_ns < become_ns;
	newcomer = find_newcomer(follow, 0);
	if (!newcomer)
		newcomer = arena_push(follow->config.arena, follow->newcomers, follow->newcomers_len);
	*newcomer = (struct newcomer){*process, now_ns()};
	return true;
}

/* `why`: empty, or what is not traced of it. */
static void begin_to_follow(struct follow *follow, const struct target_process *process, const char *why)
{
	const struct follow_config *config = &follow->config;
	struct followed *before = predecessor(follow, process);
	struct shown text = {0};

	if (before) {
		follow->missing -= before->process.by_rule;
		shown_printf(&text, "%s has restarted: process %d is now %d", process->label, (int)before->process.pid,
			     (int)process->pid);
	} else {
		shown_printf(&text, "%s has started: process %d", process->label, (int)process->pid);
	}
	shown_printf(&text, "%s", why);
	config->say(config->data, text.buf.data);
	shown_free(&text);
	if (before)
		*before = (struct followed){.process = *process};
	else
		add_followed(follow, process);
}

static void follow_process(struct follow *follow, const struct target_process *process)
{
	struct engine *engine = follow->config.engine;
	struct buf why = {0}, text = {0};
	bool has_uprobes = engine_attaches_processes(engine);
	unsigned links;

	if (follow->config.on_new) /* its name has to be there when its first probe fires */
		follow->config.on_new(follow->config.data, process->pid, process->is_vouched_for ? process->label : "");
	links = engine_attach_process(engine, process->pid, &why);

	if (links || !has_uprobes || !may_become(follow, process)) {
		if (!links && has_uprobes && !why.size)
			buf_puts(&why, "it runs no file with the script's probes");
		if (why.size)
			buf_printf(&text, "; %s%s", links ? "" : "not all of it is traced: ", why.data);
		begin_to_follow(follow, process, text.size ? text.data : "");
	}
	buf_free(&text);
	buf_free(&why);
}

/* Those that have become something, or that nobody will look at again. */
static void forget_newcomers(struct follow *follow)
{
	for (unsigned i = 0; i < follow->newcomers_len; i++)
		if (is_followed(follow, follow->newcomers[i].process.pid) ||
		    now_ns() - follow->newcomers[i].seen_ns >= 2 * become_ns)
			follow->newcomers[i].process.pid = 0;
}

static void look_for_new(struct follow *follow)
{
	struct arena *scratch = arena_new();
	struct target_process *found = NULL;
	unsigned len = 0, i;

	forget_newcomers(follow);
	target_find(follow->config.targets, scratch, &found, &len);
	for (i = 0; i < len; i++)
		if (!is_followed(follow, found[i].pid))
			follow_process(follow, &found[i]);
	arena_free(scratch);
}

void follow_chosen(const struct follow *follow, struct arena *arena, struct target_process **chosen, unsigned *len)
{
	for (unsigned i = 0; i < follow->len; i++)
		if (!follow->list[i].has_ended)
			*arena_push(arena, *chosen, *len) = follow->list[i].process;
	for (unsigned i = 0; i < follow->newcomers_len; i++)
		if (is_waiting(follow, &follow->newcomers[i]))
			*arena_push(arena, *chosen, *len) = follow->newcomers[i].process;
}

void follow_go_over(struct follow *follow, struct engine *engine)
{
	unsigned len = follow->newcomers_len;

	follow->config.engine = engine;
	follow->newcomers_len = 0;
	for (unsigned i = 0; i < len; i++)
		if (is_waiting(follow, &follow->newcomers[i]))
			begin_to_follow(follow, &follow->newcomers[i].process, "");
}

void follow_hasten(struct follow *follow)
{
	if (follow->by_rule && follow->next_look_ns > follow->soonest_ns)
		follow->next_look_ns = follow->soonest_ns;
}

static bool is_left(const struct follow *follow)
{
	unsigned i;

	if (!follow->len)
		return true; /* nobody was chosen: everybody is traced */
	for (i = 0; i < follow->len; i++)
		if (!follow->list[i].has_ended || follow->list[i].process.by_rule)
			return true;
	return false;
}

static bool has_newcomers(const struct follow *follow)
{
	for (unsigned i = 0; i < follow->newcomers_len; i++)
		if (follow->newcomers[i].process.pid)
			return true;
	return false;
}

/* On a host with thousands of processes, which are somebody's to start, looking is no more than a tenth of what we do.
 */
static uint64_t after_look(struct follow *follow, uint64_t began)
{
	uint64_t now = now_ns(), pause = follow->missing || has_newcomers(follow) ? LOOK_MISSING_NS : LOOK_NS;

	follow->soonest_ns = now + 10 * (now - began);
	return now + pause > follow->soonest_ns ? now + pause : follow->soonest_ns;
}

bool follow_step(struct follow *follow)
{
	uint64_t now;

	if (look_for_ends(follow))
		return true;
	now = now_ns();
	if (follow->by_rule && now >= follow->next_look_ns) {
		look_for_new(follow);
		follow->next_look_ns = after_look(follow, now);
	} else if (follow->missing && follow->next_look_ns > now + LOOK_MISSING_NS && now >= follow->soonest_ns) {
		follow->next_look_ns = now + LOOK_MISSING_NS;
	}
	return !is_left(follow);
}
