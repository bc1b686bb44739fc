/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap catalogue`: check the catalogue, or print the reference page of markers. Neither needs Ceph or root. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/catalogue.h"
#include "cmd/cmd.h"

static const char help[] = "Usage: cephtap catalogue --check [FILE...]\n"
			   "       cephtap catalogue --markdown [FILE...]\n"
			   "\n"
			   "The catalogue of Ceph's markers: what they are called, what they mean, where they are.\n"
			   "Without FILEs, the catalogue inside this binary.\n"
			   "\n"
			   "  --check      say what is wrong with it; nothing and status 0 when it is sound\n"
			   "  --markdown   print the reference page, doc/markers.md\n"
			   "  --help       this text\n";

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

static int run(struct arena *arena, bool check, char **paths, int n)
{
	struct buf out = {0}, problems = {0};
	struct catalogue *cat;
	struct diags diags;

	diags_init(&diags, arena);
	cat = load(arena, paths, n, &diags);
	if (check)
		catalogue_check(cat, &diags);
	else
		catalogue_markdown(cat, &out);
	diags_print(&diags, false, &problems);
	fputs(problems.data ? problems.data : "", stderr);
	fputs(out.data ? out.data : "", stdout);
	buf_free(&problems);
	buf_free(&out);
	return diags.errors ? 1 : 0;
}

int cmd_catalogue(int argc, char **argv)
{
	static const struct option options[] = {{"check", no_argument, NULL, 'c'},
						{"markdown", no_argument, NULL, 'm'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct arena *arena;
	int c, what = 0, status;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if (c == '?' || (what && what != c)) {
			fputs("cephtap catalogue: one of --check and --markdown is wanted; see --help\n", stderr);
			return 2;
		}
		what = c;
	}
	if (!what) {
		fputs("cephtap catalogue: say --check or --markdown; see --help\n", stderr);
		return 2;
	}
	arena = arena_new();
	status = run(arena, what == 'c', argv + optind, argc - optind);
	arena_free(arena);
	return status;
}
