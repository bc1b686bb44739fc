/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/late.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/proc.h"
#include "lib/shown.h"
#include "probe/ceph_files.h"
#include "probe/function_find.h"
#include "probe/sdt.h"

/* To look at all processes costs milliseconds. */
static const uint64_t look_ns = 500000000;
enum {
	FILE_HEADS = 1024,
	ARRIVED_MAX = 256, /* more at a time are not told apart */
	TRIES = 3,	   /* a process may have ended before its file was read; the next one that maps it is as good */
};

/* A file that was looked into: for markers, or for functions of one process. */
struct seen_file {
	struct seen_file *next;
	dev_t dev;
	ino_t ino;
	pid_t pid;	/* 0: of any process */
	unsigned tries; /* that are left; 0: nothing more will come of it */
};

struct late {
	struct late_config config;
	struct arena *arena;
	struct pipeline *now; /* the first one is the caller's, later ones are ours */
	struct pipeline **made;
	unsigned made_len;
	struct seen_file *heads[FILE_HEADS];
	pid_t arrived[ARRIVED_MAX];
	unsigned arrived_len;
	bool looks_at_all; /* next */
	uint64_t next_look_ns;
};

/* What one look finds. */
struct look {
	struct late *late;
	struct arena *arena;
	struct target_process *chosen; /* where not everybody is */
	unsigned chosen_len;
	struct seen_file **fits;
	unsigned fits_len;
	pid_t *pids; /* that map those */
	unsigned pids_len;
};

struct late *late_new(const struct late_config *config)
{
	struct arena *arena;
	struct late *late;

	if (!config->pipeline->plan->awaited_len)
		return NULL;
	arena = arena_new();
	late = arena_new_one(arena, struct late);
	late->config = *config;
	late->arena = arena;
	late->now = config->pipeline;
	late->looks_at_all = true; /* what came while the script was compiled */
	return late;
}

void late_free(struct late *late)
{
	unsigned i;

	if (!late)
		return;
	for (i = 0; i < late->made_len; i++)
		pipeline_free(late->made[i]);
	arena_free(late->arena);
}

void late_arrived(struct late *late, pid_t pid)
{
	if (!late)
		return;
	for (unsigned i = 0; i < late->arrived_len; i++)
		if (late->arrived[i] == pid)
			return;
	if (pid && late->arrived_len < ARRIVED_MAX)
		late->arrived[late->arrived_len++] = pid;
	else
		late->looks_at_all = true;
}

/* ---- files ---- */

static struct seen_file *seen_file(struct late *late, const struct proc_file *file, pid_t pid)
{
	struct seen_file **head = &late->heads[file->ino % FILE_HEADS], *seen;

	for (seen = *head; seen; seen = seen->next)
		if (seen->ino == file->ino && seen->dev == file->dev && seen->pid == pid)
			return seen;
	seen = arena_new_one(late->arena, struct seen_file);
	*seen = (struct seen_file){*head, file->dev, file->ino, pid, TRIES};
	*head = seen;
	return seen;
}

static bool has_site_in(const struct plan *plan, dev_t dev, ino_t ino, pid_t pid)
{
	for (unsigned i = 0; i < plan->probes_len; i++) {
		const struct probe *probe = plan->probes[i];

		for (unsigned j = 0; j < probe->sites_len; j++)
			if (!site_is_kernel(&probe->sites[j]) && probe->sites[j].ino == ino &&
			    probe->sites[j].dev == dev && probe->pid == pid)
				return true;
	}
	return false;
}

/* pid123 */
static bool is_of_process(const struct probe_desc *desc, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "pid%d", (int)pid);
	return !strcmp(desc->prov, text);
}

enum fit { FIT_NONE, FIT_MAYBE, FIT_UNREAD };

static enum fit fits_functions(const struct late *late, const struct proc_file *file)
{
	const struct plan *plan = late->now->plan;

	for (unsigned i = 0; i < plan->awaited_len; i++)
		if (is_of_process(plan->awaited[i], file->pid) &&
		    function_module_may_fit(plan->awaited[i]->mod, file->name))
			return FIT_MAYBE;
	return FIT_NONE;
}

static enum fit fits_markers(const struct late *late, const struct proc_file *file)
{
	const struct plan *plan = late->now->plan;
	struct held *held = NULL;
	struct elf_file *elf;
	struct buf why = {0};
	enum fit fit = FIT_UNREAD;

	if (!held_open_mapped(file, &held, &why) && !elf_file_read(held, file->path, &elf)) {
		fit = FIT_NONE;
		for (unsigned i = 0; i < plan->awaited_len && !fit; i++)
			if (ceph_file_may_fit(file->name, plan->awaited[i]) ||
			    sdt_file_matches(elf, file->name, plan->awaited[i]))
				fit = FIT_MAYBE;
		elf_file_close(elf);
	}
	held_close(held);
	buf_free(&why);
	return fit;
}

/* Each file is looked into once: when there is nothing in it now, there will never be. */
static void look_at_file(struct look *look, const struct proc_file *file, pid_t pid,
			 enum fit (*fits)(const struct late *late, const struct proc_file *file))
{
	struct seen_file *seen = seen_file(look->late, file, pid);
	enum fit fit = FIT_NONE;

	if (!seen->tries)
		return;
	if (!has_site_in(look->late->now->plan, file->dev, file->ino, pid))
		fit = fits(look->late, file);
	seen->tries = fit ? seen->tries - 1 : 0;
	if (fit != FIT_MAYBE)
		return;
	*arena_push(look->arena, look->fits, look->fits_len) = seen;
	*arena_push(look->arena, look->pids, look->pids_len) = file->pid;
}

static bool has_functions_of(const struct late *late, pid_t pid)
{
	const struct plan *plan = late->now->plan;

	for (unsigned i = 0; i < plan->awaited_len; i++)
		if (is_of_process(plan->awaited[i], pid))
			return true;
	return false;
}

static void look_at_process(struct look *look, pid_t pid)
{
	bool has_functions = has_functions_of(look->late, pid);
	struct proc_file *files;
	unsigned files_len, i;

	if (proc_files(look->arena, pid, &files, &files_len))
		return; /* it has ended */
	for (i = 0; i < files_len; i++) {
		look_at_file(look, &files[i], 0, fits_markers);
		if (has_functions)
			look_at_file(look, &files[i], pid, fits_functions);
	}
}

/* ---- processes ---- */

static bool is_of_all(const struct late *late)
{
	return !late->config.pipeline->target.pids_len;
}

static bool is_chosen(const struct look *look, pid_t pid)
{
	for (unsigned i = 0; i < look->chosen_len; i++)
		if (look->chosen[i].pid == pid)
			return true;
	return is_of_all(look->late);
}

static void look_at_all(struct look *look)
{
	unsigned len = 0, i;
	pid_t *all = NULL;

	if (is_of_all(look->late))
		proc_pids(look->arena, &all, &len);
	for (i = 0; i < len; i++)
		look_at_process(look, all[i]);
	for (i = 0; i < look->chosen_len; i++)
		look_at_process(look, look->chosen[i].pid);
}

static void look_now(struct look *look)
{
	struct late *late = look->late;

	follow_chosen(late->config.follow, look->arena, &look->chosen, &look->chosen_len);
	if (late->looks_at_all)
		look_at_all(look);
	for (unsigned i = 0; i < late->arrived_len && !late->looks_at_all; i++)
		if (is_chosen(look, late->arrived[i]))
			look_at_process(look, late->arrived[i]);
	late->arrived_len = 0;
	late->looks_at_all = false;
}

/* ---- the script once more ---- */

static void choose(const struct look *look, struct pipeline *pipeline)
{
	const struct target_list *targets = look->late->config.targets;
	struct target_list now = {.processes = look->chosen, .processes_len = look->chosen_len};
	const struct target *before = &look->late->now->target;

	pipeline->target = *before;
	pipeline->target.identity = host_identity(look->late->now->host); /* what was said is not said again */
	if (is_of_all(look->late))
		return;
	now.vouches_for_all = targets && targets->vouches_for_all;
	now.identity = pipeline->target.identity;
	target_fill(&now, pipeline->arena, &pipeline->target);
}

static void each_file(const struct plan *plan, void (*each)(void *data, const struct site *site), void *data)
{
	const struct site *last = NULL;

	for (unsigned i = 0; i < plan->probes_len; i++)
		for (unsigned j = 0; j < plan->probes[i]->sites_len; j++) {
			const struct site *site = &plan->probes[i]->sites[j];

			if (site_is_kernel(site) || (last && last->ino == site->ino && last->dev == site->dev))
				continue;
			each(data, site);
			last = site;
		}
}

static void take_pids(void *data, const struct site *site)
{
	struct look *look = data;

	host_pids_of(look->late->now->host, site, look->arena, &look->pids, &look->pids_len);
}

static void keep_file(void *data, const struct site *site)
{
	host_keep(data, site);
}

/* What other processes have was looked at before; files whose processes have ended stay in scope. */
static void look_again(struct look *look, struct pipeline *pipeline)
{
	const struct plan *plan = look->late->now->plan;

	each_file(plan, take_pids, look);
	if (is_of_all(look->late))
		host_look_at(pipeline->host,
			     arena_memdup(pipeline->arena, look->pids, look->pids_len * sizeof(*look->pids)),
			     look->pids_len);
	each_file(plan, keep_file, pipeline->host);
}

static struct pipeline *same_script(struct look *look)
{
	struct late *late = look->late;
	struct pipeline *pipeline = arena_new_one(late->arena, struct pipeline);
	const struct pipeline *from = late->now;

	pipeline_init(pipeline);
	*arena_push(late->arena, late->made, late->made_len) = pipeline;
	pipeline->front = from->front;
	pipeline->sources = from->sources;
	pipeline->sources_len = from->sources_len;
	pipeline->macros = from->macros;
	pipeline->options = from->options;
	choose(look, pipeline);
	pipeline->no_multi = from->no_multi;
	pipeline->shared_mappings = from->mappings;
	pipeline->before = from->engine;
	pipeline->host = probe_host_new(pipeline->arena, &pipeline->target);
	look_again(look, pipeline);
	return pipeline;
}

/* Probes in files where there was none. */
static unsigned count_new(const struct plan *now, const struct plan *next)
{
	unsigned n = 0;

	for (unsigned i = 0; i < next->probes_len; i++) {
		const struct probe *probe = next->probes[i];
		unsigned j = 0;

		while (j < probe->sites_len && (site_is_kernel(&probe->sites[j]) ||
						has_site_in(now, probe->sites[j].dev, probe->sites[j].ino, probe->pid)))
			j++;
		n += j < probe->sites_len;
	}
	return n;
}

static void say_found(const struct late *late, unsigned n)
{
	if (!late->config.quiet)
		say(stderr, "%s: a file with the script's probes is in use now: %u more probe%s\n", late->config.name,
		    n, n == 1 ? "" : "s");
}

/* NULL: no probe came of it, or the script does not fit these files, which is said. */
static struct pipeline *compile_again(struct look *look)
{
	struct late *late = look->late;
	struct pipeline *next = same_script(look);
	bool good = pipeline_run(next, stage_find("check"), NULL);
	unsigned n = good ? count_new(late->now->plan, next->plan) : 0;

	if (good && !n)
		return NULL;
	good = good && pipeline_run_from(next, "ebpf") && !engine_attach(next->engine, &next->diags);
	for (unsigned i = 0; i < look->fits_len; i++)
		look->fits[i]->tries = 0;
	if (!good) {
		pipeline_say(next, stderr);
		engine_free(next->engine);
		next->engine = NULL;
		return NULL;
	}
	say_found(late, n);
	late->now = next;
	return next;
}

struct pipeline *late_step(struct late *late)
{
	struct look look = {.late = late};
	struct pipeline *next = NULL;

	if (!late)
		return NULL;
	late->looks_at_all |= !late->config.is_told;
	if (late->looks_at_all ? now_ns() < late->next_look_ns : !late->arrived_len)
		return NULL;
	look.arena = arena_new();
	if (late->looks_at_all)
		late->next_look_ns = now_ns() + look_ns;
	look_now(&look);
	if (look.fits_len)
		next = compile_again(&look);
	arena_free(look.arena);
	return next;
}
