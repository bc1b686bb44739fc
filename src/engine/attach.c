/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Uprobes. In: groups of sites and the chosen processes. Out: links. A link is made whole or not at all, and the kernel
 * does not say which site it refused: what fails is cut into parts until the offenders stand alone, and the parts that
 * succeed stay as they are (closing them to make one would cost a wait each).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/bpf.h"
#include "engine/group.h"
#include "lib/elf.h"
#include "lib/markers.h"
#include "lib/proc.h"

/* A failed part is cut into this many, tried at the same time. */
enum { CUT = 8 };

/* One link to make: some neighbours of a group, for one process. */
struct job {
	const struct group *group;
	const char *path; /* of the group, or of the same file as another process has it */
	unsigned from, len;
	pid_t pid; /* 0: every process */
	int err;   /* 0: a keeper has the link */
};

struct attaching {
	struct engine *engine;
	struct arena *arena;
	struct job *jobs;
	unsigned jobs_len;
	pid_t ended; /* a chosen process that was no more */
};

static int job_multi(const struct engine *engine, const struct job *job)
{
	const struct group *group = job->group;
	const struct image_attach *first = &engine->image->attaches[group->attaches[job->from]];
	struct uprobe_multi multi = {
		.path = job->path,
		.offsets = group->offsets + job->from,
		.refs = group->refs + job->from,
		.cookies = group->cookies + job->from,
		.len = job->len,
		.pid = job->pid,
	};

	return bpf_uprobe_multi_link(group->is_mixed ? engine->dispatcher : engine->programs[first->program], &multi);
}

static int job_perf(const struct engine *engine, const struct job *job)
{
	const struct group *group = job->group;
	struct perf_uprobe uprobe = {
		.path = job->path,
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

static int job_run(void *data, unsigned i)
{
	struct attaching *a = data;
	const struct job *job = &a->jobs[i];

	return a->engine->has_multi ? job_multi(a->engine, job) : job_perf(a->engine, job);
}

static void job_add(struct attaching *a, const struct group *group, const char *path, unsigned from, unsigned len,
		    pid_t pid)
{
	unsigned step = a->engine->has_multi ? len : 1;

	for (unsigned at = from; at < from + len; at += step)
		*arena_push(a->arena, a->jobs, a->jobs_len) = (struct job){group, path, at, step, pid, 0};
}

/* Suspects stand alone from the start, so that they do not fail the others. */
static void group_link(struct attaching *a, const struct group *group, const char *path, pid_t pid)
{
	unsigned len = group->len - group->suspects_len;

	if (len)
		job_add(a, group, path, 0, len, pid);
	for (unsigned i = len; i < group->len; i++)
		job_add(a, group, path, i, 1, pid);
}

static bool runs_file(pid_t pid, const struct group *group)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return !stat(path, &st) && st.st_dev == group->dev && st.st_ino == group->ino;
}

/* A link per process; but where some run this very file as their program, the others need none. A probe's own process
 * counts alone: the provider has found it among the chosen ones. */
static void group_jobs(struct attaching *a, const struct group *group)
{
	const struct target *target = &a->engine->target;
	bool some_run = false;

	if (group->pid || !target->pids_len) {
		group_link(a, group, group->path, group->pid);
		return;
	}
	for (unsigned i = 0; i < target->pids_len && !some_run; i++)
		some_run = runs_file(target->pids[i], group);
	for (unsigned i = 0; i < target->pids_len; i++)
		if (!some_run || runs_file(target->pids[i], group))
			group_link(a, group, group->path, target->pids[i]);
}

/* What speaks against a site rather than against the whole link. */
static bool is_site_error(int err)
{
	return err == -KERNEL_ENOTSUPP || err == -EOPNOTSUPP || err == -ENOEXEC || err == -EINVAL || err == -EIO ||
	       err == -EOVERFLOW;
}

static void job_cut(struct attaching *a, const struct job *job)
{
	unsigned step = (job->len + CUT - 1) / CUT;

	for (unsigned at = 0; at < job->len; at += step)
		job_add(a, job->group, job->path, job->from + at, at + step < job->len ? step : job->len - at,
			job->pid);
}

static void job_mark(const struct job *job)
{
	if (!job->err)
		mark_link_made(job->path, job->len, job->pid);
	else
		mark_link_refused(job->path, job->len, job->pid, job->err);
}

static int job_done(struct attaching *a, const struct job *job)
{
	job_mark(job);
	if (!job->err)
		a->engine->kept_len++;
	else if (job->pid && job->err == -ESRCH)
		a->ended = job->pid;
	else if (is_site_error(job->err) && job->len > 1)
		job_cut(a, job);
	else if (is_site_error(job->err))
		a->engine->site_errors[job->group->attaches[job->from]] = job->err;
	else
		return job->err;
	return 0;
}

static int jobs_make(struct attaching *a)
{
	struct engine *engine = a->engine;
	int *results = arena_new_array(a->arena, int, a->jobs_len);
	int err = keepers_run(&engine->keepers, engine->arena, a->jobs_len, job_run, a, results);

	for (unsigned i = 0; i < a->jobs_len; i++)
		a->jobs[i].err = err ? err : results[i];
	return err;
}

/* Makes every link of a->jobs. On a failure that is no site's fault returns its errno, with the file's name in *path.
 */
static int jobs_run(struct attaching *a, const char **path)
{
	int err = 0;

	while (a->jobs_len && !err) {
		struct job *jobs = a->jobs;
		unsigned len = a->jobs_len;

		err = jobs_make(a);
		if (err)
			*path = jobs[0].path;
		a->jobs = NULL;
		a->jobs_len = 0;
		for (unsigned i = 0; i < len && !err; i++) {
			err = job_done(a, &jobs[i]);
			if (err)
				*path = jobs[i].path;
		}
	}
	return err;
}

static const char *site_why(int err)
{
	switch (err) {
	case -EINVAL:
		return "the kernel refuses the address, or another tracer holds it with another semaphore";
	case -EIO:
		return "the file has no such address";
	case -EOVERFLOW:
		return "its semaphore lies too far into the file for this kernel's perf events";
	default:
		return "the first instruction there cannot be probed";
	}
}

static void report_sites(struct attaching *a, struct diags *diags)
{
	const struct image *image = a->engine->image;

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		int err = a->engine->site_errors[i];
		const char *name;

		if (!err || !is_uprobe(attach) ||
		    attach->is_save) /* the return of the same function has the same to say */
			continue;
		name = engine_probe_name(a->arena, attach->probe);
		attach->probe->why_not = site_why(err); /* at one of its places at least */
		mark_site_refused(name, attach->site->path, attach->site->vaddr, err, site_why(err));
		diag_warning(diags, engine_probe_loc(a->engine, attach->probe), NULL,
			     "probe %s at %s+0x%llx is left out: %s", name, attach->site->path,
			     (unsigned long long)attach->site->vaddr, site_why(err));
	}
}

static void report_failure(struct attaching *a, int err, const char *path, struct diags *diags)
{
	struct loc nowhere = {0};
	struct diag *diag;

	if (!path && a->ended) {
		diag_error(diags, nowhere, NULL, "process %d has ended", (int)a->ended);
	} else if (!path) {
		diag_error(diags, nowhere, NULL, "no probe is left that the kernel can attach");
	} else {
		diag = diag_error(diags, nowhere, NULL, "cannot attach to %s: %s", path, strerror(-err));
		if (err == -ENXIO)
			diag_hint(diags, diag, "the kernel's number for perf events of uprobes cannot be read in /sys/bus/event_source/devices/uprobe: mount /sys");
		if (err == -EMFILE)
			diag_hint(diags, diag, "choose fewer probes, or raise the limit of open files (ulimit -n)");
		if (err == -EACCES || err == -EPERM)
			diag_hint(diags, diag, "uprobes need root, or CAP_BPF and CAP_PERFMON");
	}
}

static int attach_groups(struct attaching *a, const struct groups *groups, struct diags *diags)
{
	const char *path = NULL;
	int err;

	for (unsigned i = 0; i < groups->len; i++)
		group_jobs(a, &groups->list[i]);
	err = jobs_run(a, &path);
	report_sites(a, diags);
	if (!err && groups->len && !a->engine->kept_len)
		err = a->ended ? -ESRCH : -EOPNOTSUPP;
	if (err)
		report_failure(a, err, path, diags);
	return err;
}

int engine_attach_sites(struct engine *engine, struct diags *diags)
{
	struct attaching a = {.engine = engine, .arena = arena_new()};
	int err;

	engine->groups = arena_new_one(engine->arena, struct groups);
	*engine->groups = groups_make(engine, engine->arena);
	engine->site_errors = arena_new_array(engine->arena, int, engine->image->attaches_len + 1);
	err = attach_groups(&a, engine->groups, diags);
	arena_free(a.arena);
	return err;
}

/* ---- a process that comes later ---- */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_build_id(const char *path, const char *id)
{
	struct elf_file *elf;
	bool has;

	if (!*id || elf_file_open(path, &elf))
		return false;
	has = !strcmp(elf_build_id(elf), id);
	elf_file_close(elf);
	return has;
}

/* The group's file among those of the process; NULL: it does not run it. *other: it runs another build of that name. */
static const char *find_file(const struct group *group, const struct proc_file *files, unsigned files_len,
			     const char **other)
{
	for (unsigned i = 0; i < files_len; i++)
		if (files[i].dev == group->dev && files[i].ino == group->ino)
			return files[i].path;
	for (unsigned i = 0; i < files_len; i++) {
		if (strcmp(base_of(files[i].name), base_of(group->path)))
			continue;
		if (has_build_id(files[i].path, group->build_id))
			return files[i].path;
		*other = files[i].name;
	}
	return NULL;
}

bool engine_has_uprobes(const struct engine *engine)
{
	return engine->groups->len;
}

unsigned engine_attach_process(struct engine *engine, pid_t pid, struct buf *why)
{
	struct attaching a = {.engine = engine, .arena = arena_new()};
	const char *path = NULL, *other = NULL;
	const uint32_t one = 1;
	struct proc_file *files = NULL;
	unsigned files_len = 0, n = 0;
	int err;

	if (engine->image->map_pids != MAP_NONE)
		engine_map_update(engine, engine->image->map_pids, &pid, &one);
	proc_files(a.arena, pid, &files, &files_len);
	for (unsigned i = 0; i < engine->groups->len; i++) {
		const struct group *group = &engine->groups->list[i];

		path = group->pid ? NULL : find_file(group, files, files_len, &other);
		if (!path)
			continue;
		group_link(&a, group, path, pid);
		n++;
	}
	err = jobs_run(&a, &path);
	if (err)
		buf_printf(why, "cannot attach to %s: %s", path, strerror(-err));
	else if (other)
		buf_printf(why, "it runs another build of %s: start the script anew for it", other);
	arena_free(a.arena);
	return err ? 0 : n;
}

/* How the sites of one probe fared. */
struct fate {
	unsigned attached, refused;
	int err; /* of the last one that was refused */
};

static struct fate *fates_of(const struct engine *engine, struct arena *arena)
{
	const struct image *image = engine->image;
	struct fate *fates = arena_new_array(arena, struct fate, image->checked->probes_len + 1);

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		struct fate *fate = &fates[(uint32_t)attach->cookie]; /* the probe's index in checked->probes */

		if (!attach->site || attach->is_save)
			continue;
		fate->attached += !engine->site_errors[i];
		fate->refused += engine->site_errors[i] != 0;
		if (engine->site_errors[i])
			fate->err = engine->site_errors[i];
	}
	return fates;
}

void engine_mark_probes(const struct engine *engine, bool failed)
{
	const struct checked *checked = engine->image->checked;
	struct arena *arena = arena_new();
	const struct fate *fates = fates_of(engine, arena);

	for (unsigned i = 0; i < checked->probes_len; i++) {
		const char *name = engine_probe_name(arena, checked->probes[i]);

		if (fates[i].refused && !fates[i].attached)
			mark_probe_refused(name, checked->probes[i]->id, site_why(fates[i].err));
		else if (!failed)
			mark_probe_attached(name, checked->probes[i]->id, fates[i].attached, fates[i].refused);
	}
	arena_free(arena);
}
