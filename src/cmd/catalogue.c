/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap catalogue`: check the catalogue, or print what is made of it: the reference page of markers, scripts for
 * other tracers. None of it needs Ceph or root.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/catalogue.h"
#include "ceph/catalogue_scripts.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "lib/shown.h"

static const char usage[] = "Usage: cephtap catalogue --check [FILE...]\n"
			    "       cephtap catalogue --markdown | --tapset [FILE...]\n"
			    "       cephtap catalogue --bpftrace[=NAME] | --systemtap[=NAME] [FILE...]\n"
			    "\n"
			    "The catalogue of Ceph's markers: what they are called, what they mean, where they are.\n"
			    "Without FILEs, the catalogue inside this binary.\n"
			    "\n";

/* What is asked for; `name` is that of a script, or NULL. */
struct request {
	enum option_id what;
	struct buf *why;
	const char *name;
};

static int read_file(struct arena *arena, const char *path, struct source *source)
{
	struct buf text = {0};
	char chunk[65536];
	FILE *file = fopen(path, "re");
	size_t n;
	int err = 0;

	if (!file)
		return -errno;
	while ((n = fread(chunk, 1, sizeof(chunk), file)))
		buf_add(&text, chunk, n);
	if (ferror(file))
		err = -EIO;
	fclose(file);
	*source = (struct source){path, arena_strndup(arena, text.data ? text.data : "", text.size), text.size};
	if (text.size)
		source->text = arena_memdup(arena, text.data, text.size + 1);
	buf_free(&text);
	return err;
}

static struct catalogue *load(struct arena *arena, char **paths, int n, struct diags *diags)
{
	struct catalogue *cat = arena_new_one(arena, struct catalogue);
	int i, err;

	catalogue_init(cat, arena);
	if (!n)
		catalogue_parse_builtin(cat, diags);
	for (i = 0; i < n; i++) {
		struct source *source = arena_new_one(arena, struct source);

		err = read_file(arena, paths[i], source);
		if (err)
			diag_error(diags, (struct loc){0}, NULL, "cannot read %s: %s", paths[i], strerror(-err));
		else
			catalogue_parse(cat, source, diags);
	}
	return cat;
}

static void print_questions(struct buf *out)
{
	const struct cat_question *question;
	unsigned i;

	for (i = 0; (question = cat_question_at(i)); i++)
		buf_printf(out, "%-18s %s\n", question->name, question->question);
}

static void print_script(const struct catalogue *cat, const char *name, enum cat_tracer tracer, struct buf *out,
			 struct diags *diags)
{
	const struct cat_question *question;
	const char *why = NULL;
	unsigned i;

	for (i = 0; (question = cat_question_at(i)) && strcmp(question->name, name) != 0; i++)
		;
	if (!question)
		diag_error(diags, (struct loc){0}, NULL,
			   "there is no script `%s`: give the option without a name for a list", name);
	else if (catalogue_script(cat, question, tracer, out, &why))
		diag_error(diags, (struct loc){0}, NULL, "script %s: %s", name, why);
}

static void make(struct catalogue *cat, const struct request *request, struct buf *out, struct diags *diags)
{
	if (request->what == OPTION_CHECK)
		catalogue_check(cat, diags);
	else if (request->what == OPTION_MARKDOWN)
		catalogue_markdown(cat, out);
	else if (request->what == OPTION_TAPSET)
		catalogue_tapset(cat, out);
	else if (!request->name)
		print_questions(out);
	else
		print_script(cat, request->name, request->what == OPTION_BPFTRACE ? CAT_BPFTRACE : CAT_SYSTEMTAP, out,
			     diags);
}

static int run(struct arena *arena, const struct request *request, char **paths, int n)
{
	struct buf out = {0}, problems = {0};
	struct diags diags;

	diags_init(&diags, arena);
	make(load(arena, paths, n, &diags), request, &out, &diags);
	diags_print(&diags, false, &problems);
	say_lines(stderr, problems.data ? problems.data : "");
	if (out.data && (!diags.errors || request->what == OPTION_MARKDOWN))
		say_lines(stdout, out.data);
	buf_free(&problems);
	buf_free(&out);
	return diags.errors ? 1 : 0;
}

static const char one_of[] = "give one of --check, --markdown, --tapset, --bpftrace and --systemtap; see --help";

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct request *request = data;

	if (request->what && request->what != option->id) {
		buf_puts(request->why, one_of);
		return OUTCOME_MISUSED;
	}
	request->what = option->id;
	request->name = text;
	return OUTCOME_GO_ON;
}

int cmd_catalogue(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct buf why = {0};
	struct request request = {.why = &why};
	struct option_loop loop;
	enum outcome outcome;
	struct arena *arena;
	int status;

	options_begin(&loop, COMMAND_CATALOGUE, "cephtap catalogue", argc, argv);
	outcome = options_read(&loop, &help, take_option, &request);
	options_end(&loop);
	if (outcome == OUTCOME_GO_ON && !request.what) {
		buf_puts(&why, one_of);
		outcome = OUTCOME_MISUSED;
	}
	if (outcome != OUTCOME_GO_ON)
		return cmd_status(loop.name, outcome, &why);
	arena = arena_new();
	status = run(arena, &request, argv + optind, argc - optind);
	arena_free(arena);
	return status;
}
