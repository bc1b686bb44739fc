/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap weave`: the catalogue's markers into a tree of Ceph's source, and out of it again. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ceph/weave.h"
#include "cmd/cmd.h"
#include "cmd/option.h"
#include "lib/file.h"
#include "lib/shown.h"

enum { CATALOGUE_SIZE_MAX = 16 << 20 };

static const char usage[] =
	"Usage: cephtap weave [--partial] [--catalogue FILE]... SOURCE\n"
	"       cephtap weave --check [--json] | --diff | --undo [--catalogue FILE]... SOURCE\n"
	"\n"
	"Puts the catalogue's markers into a tree of Ceph's source: an option WITH_SYSTEMTAP for CMake, the header\n"
	"common/ceph_markers.h, and a call at each marker's place. Places are found by function and statement, not by\n"
	"line. Without -DWITH_SYSTEMTAP=ON the markers make no code. A tree that lacks a marker's place is left as it\n"
	"is. Weaving twice is weaving once; after a change of the catalogue, weave again.\n"
	"\n";

enum what { WEAVE, CHECK = OPTION_CHECK, DIFF = OPTION_DIFF, UNDO = OPTION_UNDO };

struct request {
	struct arena *arena;
	enum what what;
	bool partial, json;
	const char **catalogues;
	unsigned catalogues_len;
	const char *root;
};

static const char *const words[] = {"entry", "return", "before", "after"};

static int fail(const char *text)
{
	say(stderr, "cephtap weave: %s\n", text);
	return 1;
}

static int wrong_usage(const char *text)
{
	say(stderr, "cephtap weave: %s; see `cephtap weave --help`\n", text);
	return 2;
}

/* ---- the catalogue ---- */

static int read_catalogue(struct arena *arena, const struct request *request, struct catalogue *cat)
{
	struct buf why = {0}, problems = {0};
	struct diags diags;
	unsigned i;
	int status = 0;

	diags_init(&diags, arena);
	catalogue_init(cat, arena);
	if (!request->catalogues_len)
		catalogue_parse_builtin(cat, &diags);
	for (i = 0; i < request->catalogues_len && !status; i++) {
		struct source *source = arena_new_one(arena, struct source);
		char *text;

		source->name = request->catalogues[i];
		if (file_read(arena, source->name, CATALOGUE_SIZE_MAX, &text, &source->size, &why))
			status = fail(why.data);
		source->text = text;
		if (!status)
			catalogue_parse(cat, source, &diags);
	}
	if (!status)
		catalogue_check(cat, &diags);
	diags_print(&diags, false, &problems);
	say_lines(stderr, problems.data ? problems.data : "");
	buf_free(&problems);
	buf_free(&why);
	return status || diags.errors ? 1 : 0;
}

/* ---- what was found ---- */

static void print_place(const struct weave_place *place, FILE *out)
{
	struct buf name = {0};

	buf_printf(&name, "%s:::%s", place->marker->provider, place->marker->name);
	say(out, "%-36s ", name.data);
	buf_free(&name);
	if (place->why) {
		say(out, "no: %s\n", place->why);
		return;
	}
	say(out, "%s:%u %s %s", place->file->path, place->line, words[place->source->where], place->function->name);
	if (place->source->where == CAT_RETURN)
		say(out, " (%u)", place->count);
	say(out, "\n");
}

static struct json_object *json_args(const struct cat_marker *marker)
{
	struct json_object *list = json_object_new_array();
	unsigned i;

	for (i = 0; i < marker->args_len; i++) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "name", json_object_new_string(marker->args[i].name));
		json_object_object_add(one, "type", json_object_new_string(marker->args[i].type->name));
		json_object_array_add(list, one);
	}
	return list;
}

static void print_json(const struct weave *w)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();
	unsigned i;

	json_object_object_add(root, "release", json_object_new_string(w->release));
	for (i = 0; i < w->places_len; i++) {
		const struct weave_place *place = &w->places[i];
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "provider", json_object_new_string(place->marker->provider));
		json_object_object_add(one, "name", json_object_new_string(place->marker->name));
		json_object_object_add(one, "args", json_args(place->marker));
		if (place->file)
			json_object_object_add(one, "file", json_object_new_string(place->file->path));
		if (place->why) {
			json_object_object_add(one, "why_not", json_object_new_string(place->why));
		} else {
			json_object_object_add(one, "line", json_object_new_int64(place->line));
			json_object_object_add(one, "where", json_object_new_string(words[place->source->where]));
			json_object_object_add(one, "function", json_object_new_string(place->function->name));
			json_object_object_add(one, "calls", json_object_new_int64(place->count));
		}
		json_object_array_add(list, one);
	}
	json_object_object_add(root, "markers", list);
	say_json(stdout, root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	json_object_put(root);
}

static unsigned count_calls(const struct weave *w)
{
	unsigned i, n = 0;

	for (i = 0; i < w->places_len; i++)
		n += w->places[i].why ? 0 : w->places[i].count;
	return n;
}

static void print_all(const struct weave *w, const struct catalogue *cat)
{
	unsigned i;

	for (i = 0; i < w->places_len; i++)
		print_place(&w->places[i], stdout);
	say(stdout, "Ceph %s can carry %u of %u markers, with %u calls.\n", w->release, cat->markers_len - w->missing,
	    cat->markers_len, count_calls(w));
}

static int refuse(const struct weave *w)
{
	unsigned i;

	for (i = 0; i < w->places_len; i++)
		if (w->places[i].why)
			print_place(&w->places[i], stderr);
	say(stderr,
	    "cephtap weave: %u marker%s no place in this source of Ceph %s: nothing was written; --partial leaves "
	    "%s out\n",
	    w->missing, w->missing == 1 ? " has" : "s have", w->release, w->missing == 1 ? "it" : "them");
	return 1;
}

/* ---- doing it ---- */

static int undo(struct weave *w)
{
	struct buf why = {0};
	int status = 0;

	if (!w->was_woven)
		say(stdout, "%s has no markers: nothing to take out.\n", w->root);
	else if (weave_undo(w, &why))
		status = fail(why.data);
	else
		say(stdout, "The markers are out of %s; it is as it was.\n", w->root);
	buf_free(&why);
	return status;
}

static int weave(struct weave *w, const struct catalogue *cat)
{
	struct buf why = {0};
	int status = 0;

	if (weave_write(w, &why))
		status = fail(why.data);
	else
		say(stdout,
		    "%s: %u markers, %u calls. Build Ceph %s with -D" WEAVE_OPTION
		    "=ON; `cephtap weave --undo` takes them out.\n",
		    w->root, cat->markers_len - w->missing, count_calls(w), w->release);
	buf_free(&why);
	return status;
}

static void print_diff(const struct weave *w)
{
	struct buf out = {0};

	weave_diff(w, &out);
	say_content(stdout, out.data ? out.data : "", out.size);
	buf_free(&out);
}

static int plan(struct weave *w, const struct request *request, const struct catalogue *cat)
{
	struct buf why = {0};
	int status = 0;

	if (weave_plan(w, cat, &why))
		status = fail(why.data);
	buf_free(&why);
	if (status)
		return status;
	if (request->what == CHECK) {
		if (request->json)
			print_json(w);
		else
			print_all(w, cat);
		return w->missing ? 1 : 0;
	}
	if (w->missing && !request->partial)
		return refuse(w);
	if (request->what == WEAVE)
		return weave(w, cat);
	print_diff(w);
	return 0;
}

static int run(struct arena *arena, const struct request *request)
{
	struct buf why = {0};
	struct catalogue cat;
	struct weave w;
	int status = 0;

	if (read_catalogue(arena, request, &cat))
		return 1;
	if (weave_open(&w, arena, request->root, &why))
		status = fail(why.data);
	else
		status = request->what == UNDO ? undo(&w) : plan(&w, request, &cat);
	buf_free(&why);
	return status;
}

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct request *request = data;

	switch (option->id) {
	case OPTION_PARTIAL:
		request->partial = true;
		return OUTCOME_GO_ON;
	case OPTION_JSON:
		request->json = true;
		return OUTCOME_GO_ON;
	case OPTION_CATALOGUE:
		*arena_push(request->arena, request->catalogues, request->catalogues_len) = text;
		return OUTCOME_GO_ON;
	default:
		if (request->what && request->what != (enum what)option->id) {
			wrong_usage("one of --check, --diff and --undo");
			return OUTCOME_MISUSED;
		}
		request->what = (enum what)option->id;
		return OUTCOME_GO_ON;
	}
}

static const char *check_request(const struct request *request, int args)
{
	if (args != 1)
		return "which tree of Ceph's source? Its folder was expected, alone";
	return request->json && request->what != CHECK ? "--json goes with --check" : NULL;
}

int cmd_weave(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage};
	struct request request = {.arena = arena_new()};
	struct option_loop loop;
	enum outcome outcome;
	struct buf none = {0};
	const char *wrong;
	int status;

	options_begin(&loop, COMMAND_WEAVE, "cephtap weave", argc, argv);
	outcome = options_read(&loop, &help, take_option, &request);
	options_end(&loop);
	status = cmd_status(loop.name, outcome, &none);
	request.root = argv[optind];
	wrong = check_request(&request, argc - optind);
	if (outcome == OUTCOME_GO_ON)
		status = wrong ? wrong_usage(wrong) : run(request.arena, &request);
	arena_free(request.arena);
	return status;
}
