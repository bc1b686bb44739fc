/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Uprobes. In: groups of sites and the chosen processes. Out: links. A link is made whole or not at all, and the kernel
 * does not say which site it refused: what fails is cut into parts until the offenders stand alone, and the parts that
 * succeed stay as they are (closing them to make one would cost a wait each).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/kernel/bpf.h"
#include "engine/kernel/group.h"
#include "lib/elf.h"
#include "lib/held.h"
#include "lib/markers.h"
#include "lib/proc.h"

/* A failed part is cut into this many, tried at the same time. */
enum { CUT = 8, PAGE = 4096 };
/* What the kernel is given for a file whose file system may never answer. */
static const uint64_t patience_ns = 5000000000;

/* A file: what messages call it, and what is attached to. */
struct job_file {
	const char *path;
	struct held *held;
};

/* One link to make: some neighbours of a group, for one process. */
struct job {
	const struct group *group;
	struct job_file where; /* of the group, or the same file as another process has it */
	unsigned from, len;
	pid_t pid;    /* 0: every process */
	int error;    /* 0: a keeper has the link */
	unsigned nth; /* among those that are made at a time */
};

/* The file that a process runs as its program. */
struct program_file {
	dev_t dev;
	ino_t ino;
};

struct attaching {
	struct kernel_engine *engine;
	struct arena *arena;
	struct job *jobs;
	unsigned jobs_len;
	const struct job *running;     /* those of them that are being made */
	struct program_file *programs; /* of the chosen processes, in their order; NULL: not looked up yet */
	pid_t ended;		       /* a chosen process that was no more */
};

static int job_multi(const struct kernel_engine *engine, const struct job *job)
{
	const struct group *group = job->group;
	const struct image_attach *first = &engine->image->attaches[group->attaches[job->from]];
	struct uprobe_multi multi = {
		.path = held_path(job->where.held),
		.offsets = group->offsets + job->from,
		.refs = group->refs + job->from,
		.cookies = group->cookies + job->from,
		.len = job->len,
		.pid = job->pid,
	};

	return bpf_uprobe_multi_link(group->is_mixed ? engine->dispatcher : engine->programs[first->program], &multi);
}

static int job_perf(const struct kernel_engine *engine, const struct job *job)
{
	const struct group *group = job->group;
	struct perf_uprobe uprobe = {
		.path = held_path(job->where.held),
		.offset = group->offsets[job->from],
		.ref = group->refs[job->from],
		.pid = job->pid,
	};
	int fd = perf_uprobe_open(&uprobe);

	if (fd < 0)
		return fd;
	return bpf_perf_link(engine->programs[engine->image->attaches[group->attaches[job->from]].program], fd,
			     group->cookies[job->from]);
}

static struct keepers *keepers_of(const struct kernel_engine *engine, unsigned unit)
{
	return &engine->keepers[engine->keepers_len > 1 ? unit : 0];
}

/* In a keeper: of other keepers, who would not end before this one does. */
static void close_ends(const struct kernel_engine *engine, const struct keepers *but)
{
	for (unsigned i = 0; engine && i < engine->keepers_len; i++) {
		struct keepers *other = &engine->keepers[i];

		if (other == but || other->hold[1] < 0)
			continue;
		close(other->hold[1]);
		other->hold[1] = -1;
	}
}

static int job_run(void *data, unsigned i)
{
	struct attaching *a = data;
	const struct job *job = &a->running[i];

	close_ends(a->engine, keepers_of(a->engine, job->group->unit));
	close_ends(a->engine->other, NULL);

	return a->engine->has_multi ? job_multi(a->engine, job) : job_perf(a->engine, job);
}

/* `where`: the group's file, as one process has it. */
static void job_add(struct attaching *a, const struct group *group, const struct job_file *where, unsigned from,
		    unsigned len, pid_t pid)
{
	unsigned step = a->engine->has_multi ? len : 1;

	for (unsigned at = from; at < from + len; at += step)
		*arena_push(a->arena, a->jobs, a->jobs_len) = (struct job){group, *where, at, step, pid, 0, 0};
}

/* Suspects stand alone from the start, so that they do not fail the others. */
static void group_link(struct attaching *a, const struct group *group, const struct job_file *where, pid_t pid)
{
	unsigned len = group->len - group->suspects_len;

	if (len)
		job_add(a, group, where, 0, len, pid);
	for (unsigned i = len; i < group->len; i++)
		job_add(a, group, where, i, 1, pid);
}

/* ---- files whose file system may never answer ---- */

static const char silent[] = "its file system does not answer",
		  foreign[] = "somebody else's program is its file system, and while that keeps the kernel waiting for "
			      "a page no process of "
			      "the host can start another; if you trust it, choose the process (-p)";

static void group_refuse(struct attaching *a, struct group *group, const char *why)
{
	group->why_not = why;
	for (unsigned i = 0; i < group->len; i++)
		a->engine->site_errors[group->attaches[i]] = -ETIMEDOUT;
}

/*
 * The kernel reads each page that it puts a probe on, and holds locks meanwhile for which the whole host waits. So the
 * pages are asked for before, by a process that holds none. False: they do not come.
 */
static bool is_at_hand(const struct group *group, struct held *held)
{
	uint64_t page = UINT64_MAX;
	char byte;

	for (unsigned i = 0; i < group->len; i++) {
		if (group->offsets[i] / PAGE != page && held_read(held, &byte, 1, group->offsets[i]) < 0)
			return false;
		if (group->refs[i] && held_read(held, &byte, 1, group->refs[i]) < 0)
			return false;
		page = group->offsets[i] / PAGE;
	}
	return true;
}

/* NULL: the group may be attached in this file. */
static const char *why_not_in(const struct kernel_engine *engine, const struct group *group, struct held *held)
{
	if (!held_may_hang(held))
		return NULL;
	if (held_is_foreign(held) && !group->pid && !engine->target.pids_len)
		return foreign;
	return is_at_hand(group, held) ? NULL : silent;
}

/* ---- which links ---- */

/* The chosen processes' programs, looked up once. */
static void find_programs(struct attaching *a)
{
	const struct target *target = &a->engine->target;
	struct arena *scratch = arena_new();

	a->programs = arena_new_array(a->arena, struct program_file, target->pids_len + 1);
	for (unsigned i = 0; i < target->pids_len; i++) {
		struct proc_file *files;
		unsigned len;

		if (proc_files(scratch, target->pids[i], &files, &len))
			continue;
		for (unsigned j = 0; j < len; j++)
			if (files[j].is_main)
				a->programs[i] = (struct program_file){files[j].dev, files[j].ino};
	}
	arena_free(scratch);
}

static bool runs_file(const struct program_file *program, const struct group *group)
{
	return program->ino && program->dev == group->dev && program->ino == group->ino;
}

/* A link per process; but where some run this very file as their program, the others need none. A probe's own process
 * counts alone: the provider has found it among the chosen ones. */
static void group_jobs(struct attaching *a, struct group *group)
{
	const struct target *target = &a->engine->target;
	const struct job_file where = {group->path, group->held};
	const char *why = why_not_in(a->engine, group, group->held);
	bool some_run = false;

	if (why) {
		group_refuse(a, group, why);
		return;
	}
	if (group->pid || !target->pids_len) {
		group_link(a, group, &where, group->pid);
		return;
	}
	if (!a->programs)
		find_programs(a);
	for (unsigned i = 0; i < target->pids_len && !some_run; i++)
		some_run = runs_file(&a->programs[i], group);
	for (unsigned i = 0; i < target->pids_len; i++)
		if (!some_run || runs_file(&a->programs[i], group))
			group_link(a, group, &where, target->pids[i]);
}

/* What speaks against a site rather than against the whole link. */
static bool is_site_error(int error)
{
	return error == -KERNEL_ENOTSUPP || error == -EOPNOTSUPP || error == -ENOEXEC || error == -EINVAL ||
	       error == -EIO || error == -EOVERFLOW;
}

static void job_cut(struct attaching *a, const struct job *job)
{
	unsigned step = (job->len + CUT - 1) / CUT;

	for (unsigned at = 0; at < job->len; at += step)
		job_add(a, job->group, &job->where, job->from + at, at + step < job->len ? step : job->len - at,
			job->pid);
}

static void job_mark(const struct job *job)
{
	if (!job->error)
		mark_link_made(job->where.path, job->len, job->pid);
	else
		mark_link_refused(job->where.path, job->len, job->pid, job->error);
}

static int job_done(struct attaching *a, const struct job *job)
{
	job_mark(job);
	if (!job->error)
		a->engine->kept_len++;
	else if (job->pid && job->error == -ESRCH)
		a->ended = job->pid;
	else if (job->error == -ETIMEDOUT)
		group_refuse(a, (struct group *)job->group, silent);
	else if (is_site_error(job->error) && job->len > 1)
		job_cut(a, job);
	else if (is_site_error(job->error))
		a->engine->site_errors[job->group->attaches[job->from]] = job->error;
	else
		return job->error;
	return 0;
}

/* Jobs of one kind and unit, which stand together. */
static int jobs_make_some(struct attaching *a, unsigned from, unsigned len, uint64_t limit_ns)
{
	struct kernel_engine *engine = a->engine;
	int *results = arena_new_array(a->arena, int, len + 1);
	int error;

	if (!len)
		return 0;
	a->running = a->jobs + from;
	error = keepers_run(keepers_of(engine, a->jobs[from].group->unit), engine->arena, len, job_run, a, results,
			    limit_ns);
	for (unsigned i = 0; i < len; i++)
		a->jobs[from + i].error = error ? error : results[i];
	return error;
}

static bool is_same_kind(const struct job *a, const struct job *b)
{
	return held_may_hang(a->where.held) == held_may_hang(b->where.held) && a->group->unit == b->group->unit;
}

static int job_compare(const void *left, const void *right)
{
	const struct job *a = left, *b = right;

	if (held_may_hang(a->where.held) != held_may_hang(b->where.held))
		return held_may_hang(a->where.held) ? 1 : -1;
	if (a->group->unit != b->group->unit)
		return a->group->unit < b->group->unit ? -1 : 1;
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

/* The kernel reads the file as well. Where that may never end, it is given some time. */
static int jobs_make(struct attaching *a)
{
	int error = 0;

	for (unsigned i = 0; i < a->jobs_len; i++)
		a->jobs[i].nth = i;
	qsort(a->jobs, a->jobs_len, sizeof(*a->jobs), job_compare);
	for (unsigned i = 0, end; i < a->jobs_len && !error; i = end) {
		for (end = i + 1; end < a->jobs_len && is_same_kind(&a->jobs[i], &a->jobs[end]); end++)
			;
		error = jobs_make_some(a, i, end - i, held_may_hang(a->jobs[i].where.held) ? patience_ns : 0);
	}
	return error;
}

/* Makes every link of a->jobs. On a failure that is no site's fault returns its errno, with the file's name in *path.
 */
static int jobs_run(struct attaching *a, const char **path)
{
	int error = 0;

	while (a->jobs_len && !error) {
		struct job *jobs = a->jobs;
		unsigned len = a->jobs_len;

		error = jobs_make(a);
		if (error)
			*path = jobs[0].where.path;
		a->jobs = NULL;
		a->jobs_len = 0;
		for (unsigned i = 0; i < len && !error; i++) {
			error = job_done(a, &jobs[i]);
			if (error)
				*path = jobs[i].where.path;
		}
	}
	return error;
}

static const char *site_why(int error)
{
	switch (error) {
	case -EINVAL:
		return "the kernel refuses the address, or another tracer holds it with another semaphore";
	case -EIO:
		return "the file has no such address";
	case -EOVERFLOW:
		return "its semaphore lies too far into the file for this kernel's perf events";
	case -ETIMEDOUT:
		return silent;
	default:
		return "the first instruction there cannot be probed";
	}
}

static void report_sites(struct attaching *a, struct diags *diags)
{
	const struct image *image = a->engine->image;

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		int error = a->engine->site_errors[i];
		const char *name;

		if (!error || error == -ETIMEDOUT || !kernel_engine_is_uprobe(attach) ||
		    attach->is_save) /* the return of the same function has the same to say */
			continue;
		name = kernel_engine_probe_name(a->arena, attach->probe);
		attach->probe->why_not = site_why(error); /* at one of its places at least */
		mark_site_refused(name, attach->site->path, attach->site->vaddr, error, site_why(error));
		diag_warning(diags, kernel_engine_probe_loc(a->engine, attach->probe), NULL,
			     "probe %s at %s+0x%llx is left out: %s", name, attach->site->path,
			     (unsigned long long)attach->site->vaddr, site_why(error));
	}
}

/* Files of which nothing is attached. */
static void report_groups(const struct groups *groups, struct diags *diags)
{
	const struct loc nowhere = {0};

	for (unsigned i = 0; i < groups->len; i++)
		if (groups->list[i].why_not)
			diag_warning(diags, nowhere, NULL, "%s is left out: %s", groups->list[i].path,
				     groups->list[i].why_not);
}

static const char *failure_text(int error)
{
	return error == -EOWNERDEAD
		       ? "the processes ct-links, which make and hold the probes, were killed time and again"
		       : strerror(-error);
}

static unsigned count_killed(const struct kernel_engine *engine)
{
	unsigned killed = 0;

	for (unsigned i = 0; i < engine->keepers_len; i++)
		killed += engine->keepers[i].killed;
	return killed;
}

/* Nothing is missing, but somebody on this host kills what they should not. */
static void report_killed(unsigned killed, struct diags *diags)
{
	const struct loc nowhere = {0};

	if (killed)
		diag_warning(diags, nowhere, NULL,
			     "%u process%s ct-links, which make%s the probes, %s killed (kill -9, or the kernel for "
			     "want of memory): "
			     "%s probes were attached again, and all are there",
			     killed, killed > 1 ? "es" : "", killed > 1 ? "" : "s", killed > 1 ? "were" : "was",
			     killed > 1 ? "their" : "its");
}

static void report_failure(struct attaching *a, int error, const char *path, struct diags *diags)
{
	struct loc nowhere = {0};
	struct diag *diag;

	if (!path && a->ended) {
		diag_error(diags, nowhere, NULL, "process %d has ended", (int)a->ended);
	} else if (!path) {
		diag_error(diags, nowhere, NULL, "no probe is left that the kernel can attach");
	} else {
		diag = diag_error(diags, nowhere, NULL, "cannot attach to %s: %s", path, failure_text(error));
		if (error == -EOWNERDEAD)
			diag_hint(diags, diag,
				  "whatever killed them (kill -9, or the kernel for want of memory) may have left "
				  "breakpoints behind: `cephtap doctor` finds them");
		if (error == -ENXIO)
			diag_hint(diags, diag,
				  "the kernel's number for perf events of uprobes cannot be read in "
				  "/sys/bus/event_source/devices/uprobe: mount /sys");
		if (error == -EMFILE)
			diag_hint(diags, diag, "choose fewer probes, or raise the limit of open files (ulimit -n)");
		if (error == -EACCES || error == -EPERM)
			diag_hint(diags, diag, "uprobes need root, or CAP_BPF and CAP_PERFMON");
	}
}

static int attach_groups(struct attaching *a, struct groups *groups, struct diags *diags)
{
	const char *path = NULL;
	int error;

	for (unsigned i = 0; i < groups->len; i++)
		group_jobs(a, &groups->list[i]);
	error = jobs_run(a, &path);
	report_groups(groups, diags);
	report_sites(a, diags);
	if (!error)
		report_killed(count_killed(a->engine), diags);
	if (!error && groups->len && !a->engine->kept_len)
		error = a->ended ? -ESRCH : -EOPNOTSUPP;
	if (error)
		report_failure(a, error, path, diags);
	return error;
}

int kernel_engine_attach_sites(struct kernel_engine *engine, struct diags *diags)
{
	struct attaching a = {.engine = engine, .arena = arena_new()};
	int error;

	engine->groups = arena_new_one(engine->arena, struct groups);
	*engine->groups = groups_make(engine, engine->arena);
	engine->site_errors = arena_new_array(engine->arena, int, engine->image->attaches_len + 1);
	error = attach_groups(&a, engine->groups, diags);
	arena_free(a.arena);
	return error;
}

/* ---- a process that comes later ---- */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_build_id(struct held *held, const char *path, const char *id)
{
	struct elf_file *elf;
	bool has;

	if (!*id || elf_file_read(held, path, &elf))
		return false;
	has = !strcmp(elf_build_id(elf), id);
	elf_file_close(elf);
	return has;
}

/* A build-id is anybody's to write: a file takes another one's place when it has its owner, and nobody more may write
 * it. */
static bool is_replacement(const struct group *group, struct held *held, const char *path)
{
	const struct statx *now = held_stat(held), *before = held_stat(group->held);

	return now->stx_uid == before->stx_uid && !(now->stx_mode & (S_IWGRP | S_IWOTH) & ~before->stx_mode) &&
	       has_build_id(held, path, group->build_id);
}

/* The group's file among those of a process. False: it does not run it. */
struct file_search {
	const struct proc_file *files;
	unsigned files_len;
	const char *other; /* it runs another build of that name */
	struct buf *why;   /* a file cannot be opened */
};

static bool find_same(const struct group *group, struct file_search *look, struct job_file *where)
{
	for (unsigned i = 0; i < look->files_len; i++)
		if (look->files[i].dev == group->dev && look->files[i].ino == group->ino) {
			where->path = look->files[i].path;
			return !held_open_mapped(&look->files[i], &where->held, look->why);
		}
	return false;
}

static bool find_same_build(const struct group *group, struct file_search *look, struct job_file *where)
{
	for (unsigned i = 0; i < look->files_len; i++) {
		const struct proc_file *file = &look->files[i];

		if (strcmp(base_of(file->name), base_of(group->path)) ||
		    held_open_mapped(file, &where->held, look->why))
			continue;
		where->path = file->path;
		if (is_replacement(group, where->held, file->path))
			return true;
		held_close(where->held);
		look->other = file->name;
	}
	return false;
}

bool kernel_engine_attaches_processes(const struct engine *base)
{
	return kernel_engine_of_const(base)->groups->len;
}

/* Keepers that are started now end with this process at the latest. */
static int jobs_run_for(struct attaching *a, pid_t pid, const char **path)
{
	struct kernel_engine *engine = a->engine;
	int process = (int)syscall(SYS_pidfd_open, pid, 0), error;

	for (unsigned i = 0; i < engine->keepers_len; i++)
		engine->keepers[i].process = process;
	error = jobs_run(a, path);
	for (unsigned i = 0; i < engine->keepers_len; i++)
		engine->keepers[i].process = -1;
	if (process >= 0)
		close(process);
	return error;
}

unsigned kernel_engine_attach_process(struct engine *base, pid_t pid, struct buf *why)
{
	struct kernel_engine *engine = kernel_engine_of(base);
	struct attaching a = {.engine = engine, .arena = arena_new()};
	struct file_search look = {.why = why};
	struct job_file *found = arena_new_array(a.arena, struct job_file, engine->groups->len + 1);
	struct proc_file *files = NULL;
	const char *path = NULL, *refused;
	const uint32_t one = 1;
	unsigned n = 0, traced = 0;
	int error;

	if (engine->image->map_pids != MAP_NONE)
		kernel_engine_map_update(base, engine->image->map_pids, &pid, &one);
	proc_files(a.arena, pid, &files, &look.files_len);
	look.files = files;
	for (unsigned i = 0; i < engine->groups->len; i++) {
		const struct group *group = &engine->groups->list[i];

		if (group->pid || (!find_same(group, &look, &found[n]) && !find_same_build(group, &look, &found[n])))
			continue;
		refused = why_not_in(engine, group, found[n++].held);
		if (engine->taken_away >> group->unit & 1)
			; /* and stays away */
		else if (refused)
			buf_printf(why, "%s is left out: %s", found[n - 1].path, refused);
		else
			group_link(&a, group, &found[n - 1], pid);
		traced += !refused;
	}
	error = jobs_run_for(&a, pid, &path);
	for (unsigned i = 0; i < n; i++)
		held_close(found[i].held);
	if (error)
		buf_printf(why, "cannot attach to %s: %s", path, failure_text(error));
	else if (look.other && !why->size)
		buf_printf(why, "it runs another build of %s: start the script again for it", look.other);
	arena_free(a.arena);
	return error ? 0 : traced;
}

/* How the sites of one probe fared. */
struct fate {
	unsigned attached, refused;
	int error; /* of the last one that was refused */
};

static struct fate *fates_of(const struct kernel_engine *engine, struct arena *arena)
{
	const struct image *image = engine->image;
	struct fate *fates = arena_new_array(arena, struct fate, image->plan->probes_len + 1);

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		struct fate *fate = &fates[(uint32_t)attach->cookie]; /* the probe's index in plan->probes */

		if (!attach->site || attach->is_save)
			continue;
		fate->attached += !engine->site_errors[i];
		fate->refused += engine->site_errors[i] != 0;
		if (engine->site_errors[i])
			fate->error = engine->site_errors[i];
	}
	return fates;
}

void kernel_engine_mark_probes(const struct kernel_engine *engine, bool failed)
{
	const struct plan *plan = engine->image->plan;
	struct arena *arena = arena_new();
	const struct fate *fates = fates_of(engine, arena);

	for (unsigned i = 0; i < plan->probes_len; i++) {
		const char *name = kernel_engine_probe_name(arena, plan->probes[i]);

		if (fates[i].refused && !fates[i].attached)
			mark_probe_refused(name, plan->probes[i]->id, site_why(fates[i].error));
		else if (!failed)
			mark_probe_attached(name, plan->probes[i]->id, fates[i].attached, fates[i].refused);
	}
	arena_free(arena);
}
