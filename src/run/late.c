/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/late.h"

#include <stdio.h>

#include "lib/clock.h"
#include "lib/proc.h"
#include "lib/shown.h"
#include "probe/host.h"
#include "probe/sdt.h"

/* To look at all processes costs milliseconds. */
static const uint64_t look_ns = 500000000;
enum { FILE_HEADS = 1024 };

/* A file that was looked into. */
struct seen_file {
	struct seen_file *next;
	dev_t dev;
	ino_t ino;
};

struct late {
	struct arena *arena;
	struct pipeline *now; /* the first one is the caller's, later ones are ours */
	struct pipeline **made;
	unsigned made_len;
	struct seen_file *heads[FILE_HEADS];
	const char *name;
	bool quiet;
	uint64_t next_look_ns;
};

struct late *late_new(struct pipeline *pipeline, const char *name, bool quiet)
{
	struct arena *arena;
	struct late *late;

	if (!pipeline->plan->unmatched_len)
		return NULL;
	arena = arena_new();
	late = arena_new_one(arena, struct late);
	late->arena = arena;
	late->now = pipeline;
	late->name = name;
	late->quiet = quiet;
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

/* ---- files ---- */

static bool is_new(struct late *late, const struct proc_file *file)
{
	struct seen_file **head = &late->heads[file->ino % FILE_HEADS], *seen;

	for (seen = *head; seen; seen = seen->next)
		if (seen->ino == file->ino && seen->dev == file->dev)
			return false;
	seen = arena_new_one(late->arena, struct seen_file);
	*seen = (struct seen_file){*head, file->dev, file->ino};
	*head = seen;
	return true;
}

static bool has_markers(const struct late *late, const struct proc_file *file)
{
	const struct plan *plan = late->now->plan;
	struct held *held = NULL;
	struct elf_file *elf;
	struct buf why = {0};
	bool has = false;
	unsigned i;

	/* one that cannot be read is looked at again with the others, and said there */
	if (!held_open_mapped(file, &held, &why) && !elf_file_read(held, file->path, &elf)) {
		for (i = 0; i < plan->unmatched_len && !has; i++)
			has = sdt_file_matches(elf, file->name, plan->unmatched[i]);
		elf_file_close(elf);
	}
	held_close(held);
	buf_free(&why);
	return has;
}

/* Each file is looked into once: when there is nothing in it now, there will never be. */
static bool look_at_process(struct late *late, struct arena *scratch, pid_t pid)
{
	struct proc_file *files;
	unsigned files_len, i;
	bool found = false;

	if (proc_files(scratch, pid, &files, &files_len))
		return false; /* it has ended */
	for (i = 0; i < files_len; i++)
		if (is_new(late, &files[i]))
			found |= has_markers(late, &files[i]);
	return found;
}

static bool look_at_processes(struct late *late)
{
	const struct target *target = &late->now->target;
	struct arena *scratch = arena_new();
	unsigned len = 0, i;
	pid_t *all = NULL;
	bool found = false;

	if (!target->pids_len)
		proc_pids(scratch, &all, &len);
	for (i = 0; i < len; i++)
		found |= look_at_process(late, scratch, all[i]);
	for (i = 0; i < target->pids_len; i++)
		found |= look_at_process(late, scratch, target->pids[i]);
	arena_free(scratch);
	return found;
}

/* ---- the script once more ---- */

static struct pipeline *same_script(struct late *late)
{
	struct pipeline *pipeline = arena_new_one(late->arena, struct pipeline);
	const struct pipeline *from = late->now;

	pipeline_init(pipeline);
	*arena_push(late->arena, late->made, late->made_len) = pipeline;
	pipeline->sources = from->sources;
	pipeline->sources_len = from->sources_len;
	pipeline->macros = from->macros;
	pipeline->options = from->options;
	pipeline->target = from->target;
	pipeline->target.identity = host_identity(from->host); /* what was said is not said again */
	pipeline->no_multi = from->no_multi;
	pipeline->shared_mappings = from->mappings;
	pipeline->before = from->engine;
	pipeline->host = probe_host_new(pipeline->arena, &pipeline->target);
	return pipeline;
}

static void say_found(const struct late *late, const struct pipeline *next)
{
	unsigned n = next->plan->probes_len - late->now->plan->probes_len;

	if (!late->quiet)
		say(stderr, "%s: a file with the script's markers is in use now: %u more probe%s\n", late->name, n,
		    n == 1 ? "" : "s");
}

/* NULL: no probe came of it, or the script does not fit these markers, which is said. */
static struct pipeline *compile_again(struct late *late)
{
	struct pipeline *next = same_script(late);
	bool good = pipeline_run(next, stage_find("check"), NULL);

	if (good && next->plan->unmatched_len >= late->now->plan->unmatched_len)
		return NULL;
	good = good && pipeline_run_from(next, "ebpf") && !engine_attach(next->engine, &next->diags);
	if (!good) {
		pipeline_say(next, stderr);
		engine_free(next->engine);
		next->engine = NULL;
		return NULL;
	}
	say_found(late, next);
	late->now = next;
	return next;
}

struct pipeline *late_step(struct late *late)
{
	struct pipeline *next = NULL;

	if (!late || now_ns() < late->next_look_ns || !late->now->plan->unmatched_len)
		return NULL;
	if (look_at_processes(late))
		next = compile_again(late);
	late->next_look_ns = now_ns() + look_ns;
	return next;
}
