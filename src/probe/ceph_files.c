/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/ceph_files.h"

#include <string.h>

#include "ceph/identity.h"

enum { SHUT_OUT_MAX = 8 };

/* One process that maps the file. */
struct user_of {
	pid_t pid;
	struct proc_user user;
	struct proc_file *files, *file; /* all of its files; this one, NULL: it has ended, or has the file no more */
	unsigned files_len;
};

/* What is known while the file is judged. */
struct judging {
	struct probe_host *host;
	struct identity *identity;
	struct host_binary *binary;
	struct ceph_verdict *verdict;
	uid_t shut_out[SHUT_OUT_MAX]; /* users who run this file with code of their own */
	unsigned shut_out_len;
	bool is_crowd; /* more of them than there is room for */
};

bool ceph_has_provider(const char *provider)
{
	return !strncmp(provider, "ceph_", 5);
}

static bool is_daemons_program(const struct host_binary *binary)
{
	return binary->is_main && identity_daemon_type(binary->base);
}

static bool look_at(const struct judging *judging, struct arena *scratch, pid_t pid, struct user_of *out)
{
	*out = (struct user_of){.pid = pid};
	if (proc_user(pid, &out->user) || proc_files(scratch, pid, &out->files, &out->files_len))
		return false;
	for (unsigned i = 0; i < out->files_len && !out->file; i++)
		if (out->files[i].ino == judging->binary->ino && out->files[i].dev == judging->binary->dev)
			out->file = &out->files[i];
	return out->file;
}

static void leave_out(struct judging *judging, const struct user_of *one, const char *what, enum doubt doubt)
{
	identity_leave_out(judging->identity, one->pid, one->user.real, what, doubt);
}

static void add_cond(struct judging *judging, enum argcond_op op, uid_t uid)
{
	struct ceph_verdict *verdict = judging->verdict;
	struct argcond *cond = arena_push(host_arena(judging->host), verdict->conds, verdict->conds_len);

	*cond = (struct argcond){.loc = {.n = 1, .steps = {{.op = STEP_UID}}}, .op = (uint8_t)op, .imm = uid};
}

static void shut_out(struct judging *judging, uid_t uid)
{
	for (unsigned i = 0; i < judging->shut_out_len; i++)
		if (judging->shut_out[i] == uid)
			return;
	judging->is_crowd |= judging->shut_out_len == SHUT_OUT_MAX;
	if (judging->is_crowd)
		return;
	judging->shut_out[judging->shut_out_len++] = uid;
	add_cond(judging, COND_NE, uid);
}

/*
 * The program is Ceph's, but users who run it with a library of their own (LD_PRELOAD) make it do what they like: their
 * processes do not count, nor do those that they start later.
 */
static void look_for_other_code(struct judging *judging, const struct user_of *one)
{
	const struct proc_file *file;

	if (identity_is_trusted(&one->user) || identity_of_daemon(judging->identity, &one->user, one->files,
								  one->files_len, one->file, &file) != DOUBT_CODE)
		return;
	leave_out(judging, one, file->name, DOUBT_CODE);
	shut_out(judging, one->user.real);
}

/* With a user for each process they cannot be told one by one. Then one user is left: root, or else Ceph's own. */
static void shut_out_crowd(struct judging *judging)
{
	uid_t left = (uid_t)-1;
	struct user_of one;

	for (unsigned i = 0; i < judging->binary->pids_len; i++)
		if (!proc_user(judging->binary->pids[i], &one.user) && (left == (uid_t)-1 || !one.user.real) &&
		    identity_is_cephs(judging->identity, one.user.real))
			left = one.user.real;
	judging->verdict->conds_len = 0;
	add_cond(judging, COND_EQ, left);
	for (unsigned i = 0; i < judging->binary->pids_len; i++) {
		one.pid = judging->binary->pids[i];
		if (!proc_user(one.pid, &one.user) && one.user.real != left)
			leave_out(judging, &one, judging->binary->name, DOUBT_CROWD);
	}
}

static void judge_processes(struct judging *judging, enum doubt doubt)
{
	bool has_trusted = false;
	struct user_of one;

	for (unsigned i = 0; i < judging->binary->pids_len; i++) {
		struct arena *scratch = arena_new();
		bool is_there = look_at(judging, scratch, judging->binary->pids[i], &one);

		if (is_there && !doubt) {
			if (is_daemons_program(judging->binary))
				look_for_other_code(judging, &one);
		} else if (is_there && doubt != DOUBT_CONTENT && identity_is_trusted(&one.user)) {
			if (!has_trusted)
				add_cond(judging, COND_EQ, one.user.real);
			has_trusted = true;
		} else if (is_there) {
			leave_out(judging, &one, judging->binary->name, doubt);
		}
		arena_free(scratch);
	}
	if (judging->is_crowd)
		shut_out_crowd(judging);
	judging->verdict->is_left_out = doubt && !has_trusted;
}

static bool is_vouched_for(const struct probe_host *host, const struct host_binary *binary)
{
	for (unsigned i = 0; i < binary->pids_len; i++)
		if (target_vouches_for(host_target(host), binary->pids[i]))
			return true;
	return !binary->pids_len; /* a file that the user has named, or that is installed */
}

const struct ceph_verdict *ceph_judge_file(struct probe_host *host, struct host_binary *binary)
{
	struct ceph_verdict *verdict;
	struct judging judging;

	if (binary->verdict)
		return binary->verdict;
	binary->verdict = verdict = arena_new_one(host_arena(host), struct ceph_verdict);
	judging = (struct judging){.host = host, .identity = host_identity(host), .binary = binary, .verdict = verdict};
	if (binary->is_kept && !binary->pids_len)
		verdict->is_left_out = true;
	else if (!is_vouched_for(host, binary))
		judge_processes(&judging, host_binary_doubt(host, binary));
	return verdict;
}

bool ceph_file_may_fit(const char *name, const struct probe_desc *desc)
{
	static const char *const files[] = {"ceph-", "radosgw", "librados", "librbd", "libceph"};
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;

	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (!strncmp(base, files[i], strlen(files[i])))
			return ceph_has_provider(desc->prov) || !probe_glob_is_plain(desc->prov);
	return false;
}

void ceph_add_conds(struct probe_host *host, const struct ceph_verdict *verdict, struct site *site)
{
	struct argcond *conds;

	if (!verdict->conds_len)
		return;
	conds = arena_new_array(host_arena(host), struct argcond, site->conds_len + verdict->conds_len);
	memcpy(conds, verdict->conds, verdict->conds_len * sizeof(*conds));
	if (site->conds_len)
		memcpy(conds + verdict->conds_len, site->conds, site->conds_len * sizeof(*conds));
	site->conds = conds;
	site->conds_len += verdict->conds_len;
}
