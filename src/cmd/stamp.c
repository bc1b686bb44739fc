/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap stamp`: a copy of a stock Ceph binary with the catalogue's markers as SDT notes, for bpftrace, perf, gdb and
 * SystemTap. In: a binary that there is a layout card for. Out: the copy, which gets its name when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceph/card.h"
#include "ceph/stamp.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "lib/elf_sdt_write.h"
#include "lib/shown.h"
#include "lib/write.h"
#include "probe/host.h"

static const char usage[] = "Usage: cephtap stamp BINARY -o COPY\n"
			    "       cephtap stamp BINARY --list\n"
			    "\n"
			    "Write a copy of a stock Ceph binary (e.g. /usr/bin/ceph-osd) that names the catalogue's "
			    "markers in SDT notes, so\n"
			    "that bpftrace, perf, gdb and SystemTap see them. Code and data are not touched, and the "
			    "copy is compared with\n"
			    "BINARY before it gets its name. Run the copy in place of BINARY.\n"
			    "\n"
			    "Argument N of a note is the catalogue's argument N. One that a note cannot express is the "
			    "constant -2147483648.\n"
			    "Markers at a function's return, and those that fire on a condition, have no note.\n"
			    "\n";

struct job {
	struct arena *arena;
	const char *path, *copy; /* copy: NULL, only list */
	const char *build_id;
	struct held *held; /* the binary */
	int in;
	struct stat st;
	struct stamp stamp;
	unsigned told_len, args_len;
};

static int fail(const char *path, const char *sentence)
{
	say(stderr, "cephtap stamp: %s %s\n", path, sentence);
	return 1;
}

static int fail_why(const char *sentence)
{
	say(stderr, "cephtap stamp: %s\n", sentence);
	return 1;
}

static int fail_errno(const char *what, const char *path)
{
	say(stderr, "cephtap stamp: cannot %s %s: %s\n", what, path, strerror(errno));
	return 1;
}

/* ---- what to write ---- */

static int open_binary(struct job *job)
{
	struct buf why = {0};

	if (held_open(job->path, &job->held, &why)) {
		say(stderr, "cephtap stamp: %s\n", why.data);
		buf_free(&why);
		return 1;
	}
	job->in = open(held_path(job->held), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (job->in < 0 || fstat(job->in, &job->st))
		return fail_errno("open", job->path);
	return 0;
}

static int check_elf(struct job *job)
{
	struct elf_file *elf;
	int error = elf_file_read(job->held, job->path, &elf);
	bool has_sdt;

	if (error) {
		say(stderr, "cephtap stamp: %s\n", elf_error());
		return 1;
	}
	has_sdt = elf_has_sdt(elf);
	job->build_id = arena_strdup(job->arena, elf_build_id(elf));
	elf_file_close(elf);
	return has_sdt ? fail(job->path, "has SDT markers already") : 0;
}

/* Without a card some markers could be had, those that are all registers; but nobody wants a copy with a tenth of them.
 */
static int check_card(const struct job *job)
{
	const char *why = NULL;
	struct card *card;

	if (!card_find(job->arena, job->build_id, &card, &why))
		return 0;
	if (why)
		say(stderr, "cephtap stamp: %s\n", why);
	else
		say(stderr, "cephtap stamp: no layout card for build-id %s: run `cephtap learn %s` first\n",
		    job->build_id, job->path);
	return 1;
}

/* The file as the only one of its name in scope: no process but ourselves, who do not run it. */
static int find_marks(struct job *job)
{
	struct target target = {.main_pid = getpid()};
	struct probe_desc everything = {"ceph_*", "", "", "", 0};
	struct probe_host *host = probe_host_new(job->arena, &target);
	struct probe_source source = probe_host_source(host);
	struct probe_list found;
	struct buf bad = {0};
	const char *why = NULL;

	if (host_add_held(host, job->held, job->path, &bad)) {
		say(stderr, "cephtap stamp: %s\n", bad.data);
		buf_free(&bad);
		probe_host_free(host);
		return 1;
	}
	found = source.find(&source, &everything, &why);
	job->stamp.arena = job->arena;
	stamp_add(&job->stamp, &found, held_dev(job->held), held_ino(job->held));
	probe_host_free(host);
	if (!job->stamp.marks_len)
		return fail(job->path, "is not a file that the catalogue has markers for (it goes by the file's name)");
	return 0;
}

static void count_args(struct job *job)
{
	unsigned i;

	for (i = 0; i < job->stamp.marks_len; i++) {
		job->args_len += job->stamp.marks[i].args_len;
		job->told_len += job->stamp.marks[i].told_len;
	}
}

static int list(const struct job *job)
{
	struct buf out = {0};

	stamp_print(&job->stamp, &out);
	say_lines(stdout, out.data ? out.data : "");
	buf_free(&out);
	return 0;
}

/* ---- writing ---- */

/* COPY is replaced, so it must be nothing that somebody meant to be written through, and not the binary itself. */
static int check_copy(const struct job *job)
{
	struct stat st;

	if (lstat(job->copy, &st))
		return errno == ENOENT ? 0 : fail_errno("write", job->copy);
	if (S_ISLNK(st.st_mode))
		return fail(job->copy, "is a symbolic link: name the file itself");
	if (!S_ISREG(st.st_mode))
		return fail(job->copy, "is there, and is not a file");
	if (st.st_dev == job->st.st_dev && st.st_ino == job->st.st_ino)
		return fail(job->copy, "is the binary itself: the copy needs a name of its own");
	return 0;
}

/* A reader of our own must see what was meant. */
static int count_note(const struct elf_sdt_note *note, void *data)
{
	struct elf_sdt_note **next = data;
	bool is_same = note->vaddr == (*next)->vaddr && !note->semaphore && !strcmp(note->name, (*next)->name) &&
		       !strcmp(note->provider, (*next)->provider) && !strcmp(note->args, (*next)->args);

	(*next)++;
	return is_same ? 0 : -EIO;
}

static int read_back(const char *path, const struct elf_sdt_note *notes, unsigned notes_len)
{
	struct elf_sdt_note *next = (struct elf_sdt_note *)notes;
	struct elf_file *elf;
	bool is_sound;

	if (elf_file_open(path, &elf))
		return -EIO;
	is_sound = !elf_sdt_each(elf, count_note, &next) && next == notes + notes_len;
	elf_file_close(elf);
	return is_sound ? 0 : -EIO;
}

static int write_copy(const struct job *job, int out, const char *path)
{
	const struct elf_sdt_note *notes = stamp_notes(&job->stamp);
	struct buf why = {0};
	int error;

	error = elf_sdt_copy(job->in, out, notes, job->stamp.notes_len, &why);
	if (!error)
		error = elf_sdt_compare(job->in, out, &why);
	if (!error && read_back(path, notes, job->stamp.notes_len)) {
		error = -EIO;
		buf_puts(&why, "its copy does not have the notes that were written");
	}
	if (error)
		fail(job->path, why.data);
	buf_free(&why);
	return error ? 1 : 0;
}

/* Not set-user-id: the copy is of another owner. */
static int finish_copy(const struct job *job, struct write_file *out, struct buf *why)
{
	write_set_mode(out, job->st.st_mode & 0777);
	return write_commit(out, why) ? fail_why(why->data) : 0;
}

static int output(struct job *job)
{
	struct write_file *out;
	struct buf why = {0};
	int status;

	status = check_copy(job);
	if (status)
		return status;
	out = write_open(job->copy, WRITE_RESULT, &why);
	status = out ? write_copy(job, write_fd(out), arena_printf(job->arena, "/proc/self/fd/%d", write_fd(out)))
		     : fail_why(why.data);
	if (!status)
		status = finish_copy(job, out, &why);
	else
		write_abandon(out);
	buf_free(&why);
	if (status)
		return status;
	say(stdout, "%s: %u markers in notes, %u not (--list says why); %u of the %u arguments of these\n", job->copy,
	    job->stamp.notes_len, job->stamp.marks_len - job->stamp.notes_len, job->told_len, job->args_len);
	return 0;
}

static int run(struct job *job)
{
	int status = open_binary(job);

	if (!status)
		status = check_elf(job);
	if (!status)
		status = find_marks(job);
	if (!status)
		status = check_card(job);
	if (status)
		return status;
	count_args(job);
	if (!job->copy)
		return list(job);
	if (!job->stamp.notes_len)
		return fail(job->path,
			    arena_printf(job->arena, "cannot be given any marker: %s", job->stamp.marks[0].why));
	return output(job);
}

struct stamp_line {
	const char *copy;
	bool only_list;
};

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct stamp_line *line = data;

	if (option->id == OPTION_LIST)
		line->only_list = true;
	else
		line->copy = text;
	return OUTCOME_GO_ON;
}

int cmd_stamp(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct stamp_line line = {0};
	struct option_loop loop;
	enum outcome outcome;
	struct buf why = {0};
	struct job job = {.in = -1};
	int status;

	options_begin(&loop, COMMAND_STAMP, "cephtap stamp", argc, argv);
	outcome = options_read(&loop, &help, take_option, &line);
	options_end(&loop);
	if (outcome == OUTCOME_GO_ON && (argc - optind != 1 || !line.copy == !line.only_list)) {
		buf_puts(&why, "name one binary, and -o COPY or --list; see --help");
		outcome = OUTCOME_MISUSED;
	}
	if (outcome != OUTCOME_GO_ON)
		return cmd_status(loop.name, outcome, &why);
	job.copy = line.copy;
	job.path = argv[optind];
	job.arena = arena_new();
	status = run(&job);
	if (job.in >= 0)
		close(job.in);
	held_close(job.held);
	arena_free(job.arena);
	return status;
}
