/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `cephtap list`: what can be traced here, and what cannot and why. In: probe descriptions. Out: the table that `dtrace
 * -l` prints; with -v the meaning, arguments and places of each probe; with --json all of it for programs.
 */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/front.h"
#include "ceph/catalogue.h"
#include "ceph/identity.h"
#include "plan/type.h"
#include "cmd/cmd.h"
#include "cmd/daemon_rows.h"
#include "cmd/option.h"
#include "cmd/list_functions.h"
#include "run/target.h"
#include "lib/diag.h"
#include "lib/shown.h"
#include "types/native_types.h"
#include "probe/host.h"

static const char usage[] =
	"Usage: cephtap list [-v] [--json] [-p PID] [--osd ID[,ID]] [--daemon NAME] [--cgroup PATH]\n"
	"                    [--container ID] [PROBE...]\n"
	"       cephtap list --functions [--json | --markdown]\n"
	"       cephtap list --daemons [--json]\n"
	"\n"
	"List probes as ID PROVIDER MODULE FUNCTION NAME. PROBE is provider:module:function:name "
	"with globs, its fields from the\n"
	"right as in a script; a word without a colon may also be a provider: `cephtap list "
	"'ceph_osd'`, `cephtap list 'op-*'`.\n"
	"\n";

enum list_format { LIST_TABLE, LIST_VERBOSE, LIST_JSON, LIST_MARKDOWN };

struct list {
	struct arena *arena;
	struct probe_host *host;
	struct catalogue *cat;
	struct native_types *natives;
	enum list_format format;
	bool functions, daemons; /* not probes */
};

/* A type as a script would write it. */
const char *cmd_type_of(const struct arg *arg)
{
	static const char *const ints[2][9] = {
		{[1] = "uint8_t", [2] = "uint16_t", [4] = "uint32_t", [8] = "uint64_t"},
		{[1] = "int8_t", [2] = "int16_t", [4] = "int32_t", [8] = "int64_t"},
	};

	switch (arg->type) {
	case ARGTYPE_INT:
		return arg->size <= 8 && ints[arg->is_signed][arg->size] ? ints[arg->is_signed][arg->size] : "int";
	case ARGTYPE_PTR:
		return "void *";
	case ARGTYPE_D:
	case ARGTYPE_NATIVE:
		return arg->d_type;
	case ARGTYPE_CSTRING:
		return "char *";
	default:
		return "string";
	}
}

static const struct cat_marker *marker_of(const struct list *list, const struct probe *probe)
{
	return catalogue_find(list->cat, probe->prov, probe->name);
}

/* ---- text ---- */

static void print_row(const struct probe *probe)
{
	say(stdout, "%5u %10s %17s %33s %s\n", probe->id, probe->prov, probe->mod, probe->func, probe->name);
}

static void print_marker(struct list *list, const struct cat_marker *marker)
{
	const char *pair = cat_marker_pair(list->arena, marker);

	say(stdout, "\tstage %s", marker->stage ? marker->stage : "none");
	if (pair)
		say(stdout, ", other end %s", pair);
	if (marker->links)
		say(stdout, ", tied to the op: %s", marker->links);
	if (marker->counter)
		say(stdout, ", Ceph's counter: %s", marker->counter);
	say(stdout, "\n");
}

static void print_arg(const struct probe *probe, unsigned i)
{
	const struct arg *arg = &probe->args[i];
	const char *why = probe->sites_len && probe->sites[0].args ? probe->sites[0].args[i].why : NULL;

	say(stdout, "\t%sargs[%u] %-16s %-9s %s", i < 10 ? " " : "", i, arg->name ? arg->name : "", cmd_type_of(arg),
	    arg->doc ? arg->doc : "");
	if (why)
		say(stdout, " [not here: %s]", why);
	say(stdout, "\n");
}

static void print_site(const struct site *site)
{
	if (site_is_tracepoint(site)) {
		say(stdout, "\tat the kernel's tracepoint %s%s\n", site->tracepoint,
		    site->task.n ? ", for the thread that comes" : "");
		return;
	}
	if (site_is_kernel_function(site)) {
		say(stdout, "\tat the kernel's function, 0x%llx%s\n", (unsigned long long)site->vaddr,
		    site_is_return(site) ? ", its return" : "");
		return;
	}
	say(stdout, "\tat %s, 0x%llx", site->path, (unsigned long long)site->vaddr);
	if (site->shift)
		say(stdout, " (its entry +%u, a cheaper place)", site->shift);
	say(stdout, "%s%s%s\n", site_is_return(site) ? ", its return" : "", site->why_not ? "; left out: " : "",
	    site->why_not ? site->why_not : "");
	if (site->evidence)
		say(stdout, "\tlayout: %s\n", site->evidence);
}

/* ---- parameters: args[] of functions ---- */

/* As a script sees it. */
static const char *parameter_type(struct list *list, const struct arg *arg)
{
	struct buf text = {0};
	const char *copy;

	if (arg->type != ARGTYPE_NATIVE)
		return cmd_type_of(arg);
	type_print(native_type(list->natives, arg->native), &text);
	copy = arena_strdup(list->arena, text.data ? text.data : "");
	buf_free(&text);
	return strncmp(copy, "userland ", strlen("userland ")) ? copy : copy + strlen("userland ");
}

/* "rdi as s32"; of a structure in registers each piece. */
static const char *parameter_place(struct list *list, const struct arg *arg)
{
	struct buf text = {0};
	const char *copy;

	if (arg->loc.n)
		argloc_print(&arg->loc, &text);
	for (unsigned i = 0; i < arg->pieces_len; i++) {
		buf_printf(&text, "%s%u bytes at %u: ", i ? ", " : "", arg->pieces[i].size, arg->pieces[i].offset);
		if (arg->pieces[i].why)
			buf_puts(&text, "not here");
		else
			argloc_print(&arg->pieces[i].loc, &text);
	}
	copy = arena_strdup(list->arena, text.data ? text.data : "");
	buf_free(&text);
	return copy;
}

static void print_parameters(struct list *list, const struct probe *probe)
{
	for (unsigned i = 0; i < probe->typed_len; i++) {
		const struct arg *arg = &probe->typed[i];

		say(stdout, "\t%sargs[%u] %-16s %-20s", i < 10 ? " " : "", i, arg->name ? arg->name : "",
		    parameter_type(list, arg));
		if (arg->why)
			say(stdout, " [not here: %s]\n", arg->why);
		else
			say(stdout, " %s\n", parameter_place(list, arg));
	}
	if (!probe->typed_len && probe->typed_why)
		say(stdout, "\tno args[]: %s\n", probe->typed_why);
}

static void print_details(struct list *list, const struct probe *probe)
{
	const struct cat_marker *marker = marker_of(list, probe);
	unsigned i;

	if (probe->doc)
		say(stdout, "\t%s\n", probe->doc);
	if (marker)
		print_marker(list, marker);
	if (probe->has_typed)
		print_parameters(list, probe);
	else
		for (i = 0; i < probe->args_len; i++)
			print_arg(probe, i);
	for (i = 0; i < probe->sites_len; i++)
		print_site(&probe->sites[i]);
	if (probe->why_not)
		say(stdout, "\tcannot be attached: %s\n", probe->why_not);
	say(stdout, "\n");
}

static void print_text(struct list *list, const struct probe_list *probes)
{
	unsigned i, lost = 0;

	say(stdout, "%5s %10s %17s %33s %s\n", "ID", "PROVIDER", "MODULE", "FUNCTION", "NAME");
	for (i = 0; i < probes->len; i++) {
		print_row(probes->probes[i]);
		if (list->format == LIST_VERBOSE)
			print_details(list, probes->probes[i]);
		lost += probes->probes[i]->why_not != NULL;
	}
	if (lost && list->format == LIST_TABLE)
		say(stderr, "%u of these cannot be attached here; `cephtap list -v` says why\n", lost);
}

/* ---- JSON ---- */

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *json_args(const struct probe *probe)
{
	struct json_object *array = json_object_new_array(), *object;
	unsigned i;

	for (i = 0; i < probe->args_len; i++) {
		object = json_object_new_object();
		add_text(object, "name", probe->args[i].name);
		add_text(object, "type", cmd_type_of(&probe->args[i]));
		add_text(object, "doc", probe->args[i].doc);
		if (probe->sites_len && probe->sites[0].args)
			add_text(object, "why_not", probe->sites[0].args[i].why);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *json_pieces(const struct arg *arg)
{
	struct json_object *array = json_object_new_array(), *object;

	for (unsigned i = 0; i < arg->pieces_len; i++) {
		object = json_object_new_object();
		json_object_object_add(object, "offset", json_object_new_uint64(arg->pieces[i].offset));
		json_object_object_add(object, "size", json_object_new_uint64(arg->pieces[i].size));
		add_text(object, "why_not", arg->pieces[i].why);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *json_parameters(struct list *list, const struct probe *probe)
{
	struct json_object *array = json_object_new_array(), *object;

	for (unsigned i = 0; i < probe->typed_len; i++) {
		const struct arg *arg = &probe->typed[i];

		object = json_object_new_object();
		add_text(object, "name", arg->name);
		add_text(object, "type", parameter_type(list, arg));
		if (!arg->why)
			add_text(object, "place", parameter_place(list, arg));
		if (arg->pieces_len)
			json_object_object_add(object, "pieces", json_pieces(arg));
		add_text(object, "why_not", arg->why);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *json_sites(const struct probe *probe)
{
	struct json_object *array = json_object_new_array(), *object;
	unsigned i;

	for (i = 0; i < probe->sites_len; i++) {
		object = json_object_new_object();
		json_object_array_add(array, object);
		add_text(object, "tracepoint",
			 site_is_tracepoint(&probe->sites[i]) ? probe->sites[i].tracepoint : NULL);
		if (site_is_kernel_function(&probe->sites[i])) {
			add_text(object, "function", probe->func);
			json_object_object_add(object, "address", json_object_new_uint64(probe->sites[i].vaddr));
			json_object_object_add(object, "return",
					       json_object_new_boolean(site_is_return(&probe->sites[i])));
		}
		if (site_is_kernel(&probe->sites[i]))
			continue;
		add_text(object, "why_not", probe->sites[i].why_not);
		add_text(object, "path", probe->sites[i].path);
		json_object_object_add(object, "offset", json_object_new_uint64(probe->sites[i].offset));
		json_object_object_add(object, "address", json_object_new_uint64(probe->sites[i].vaddr));
		json_object_object_add(object, "behind_entry", json_object_new_uint64(probe->sites[i].shift));
		json_object_object_add(object, "return", json_object_new_boolean(site_is_return(&probe->sites[i])));
	}
	return array;
}

static struct json_object *json_probe(struct list *list, const struct probe *probe)
{
	const struct cat_marker *marker = marker_of(list, probe);
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "id", json_object_new_uint64(probe->id));
	add_text(object, "provider", probe->prov);
	add_text(object, "module", probe->mod);
	add_text(object, "function", probe->func);
	add_text(object, "name", probe->name);
	add_text(object, "doc", probe->doc);
	if (marker) {
		add_text(object, "stage", marker->stage);
		add_text(object, "pair", cat_marker_pair(list->arena, marker));
		add_text(object, "links", marker->links);
		add_text(object, "counter", marker->counter);
	}
	json_object_object_add(object, "args", json_args(probe));
	if (probe->has_typed) {
		json_object_object_add(object, "parameters", json_parameters(list, probe));
		add_text(object, "no_parameters", probe->typed_len ? NULL : probe->typed_why);
	}
	json_object_object_add(object, "sites", json_sites(probe));
	add_text(object, "why_not", probe->why_not);
	return object;
}

static void print_json(struct list *list, const struct probe_list *probes)
{
	struct json_object *array = json_object_new_array();
	unsigned i;

	for (i = 0; i < probes->len; i++)
		json_object_array_add(array, json_probe(list, probes->probes[i]));
	say_json(stdout, array, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	json_object_put(array);
}

/* ---- what is asked for ---- */

/* A word without a colon is a name first, then a provider; what neither fits is said for the name. */
static struct probe_list find_word(struct list *list, const char *word, const char **why)
{
	struct probe_source source = probe_host_source(list->host);
	struct probe_desc desc = {"", "", "", word, 0};
	struct probe_list found = source.find(&source, &desc, why);
	const char *other = NULL;

	if (found.len)
		return found;
	desc = (struct probe_desc){word, "", "", "", 0};
	found = source.find(&source, &desc, &other);
	if (!*why)
		*why = other;
	return found;
}

/* 0; 1 with a sentence in *why: nothing matches; 2: no description, said on stderr. */
static int find(struct list *list, const char *text, struct probe_list *found, const char **why)
{
	struct probe_source probes = probe_host_source(list->host);
	struct source *source = arena_new_one(list->arena, struct source);
	struct probe_desc desc = {"", "", "", "", 0};
	struct buf problems = {0};
	struct diags diags;

	if (*text && !strchr(text, ':')) {
		*found = find_word(list, text, why);
		return found->len ? 0 : 1;
	}
	*source = (struct source){"the description", text, strlen(text)};
	diags_init(&diags, list->arena);
	if (*text && !front_for(NULL)->parse_desc(list->arena, source, &diags, &desc)) {
		diags_print(&diags, false, &problems);
		say_lines(stderr, problems.data ? problems.data : "");
		buf_free(&problems);
		return 2;
	}
	*found = probes.find(&probes, &desc, why);
	return found->len ? 0 : 1;
}

static void add_found(struct probe_list *all, const struct probe_list *found)
{
	unsigned i, j;

	for (i = 0; i < found->len; i++) {
		for (j = 0; j < all->len && all->probes[j] != found->probes[i]; j++)
			;
		if (j == all->len)
			probe_list_add(all, found->probes[i]);
	}
}

static void say_stranger(void *data, const char *sentence)
{
	(void)data;
	say(stderr, "cephtap list: %s\n", sentence);
}

static void say_left_out(struct list *list)
{
	struct buf text = {0};
	struct diags diags;

	diags_init(&diags, list->arena);
	host_say_left_out(list->host, &diags);
	diags_print(&diags, false, &text);
	say_lines(stderr, text.data ? text.data : "");
	buf_free(&text);
}

static int run(struct list *list, char **texts, int n)
{
	struct probe_list all = {.arena = list->arena}, found;
	char *everything[] = {""};
	int i, status = 0;

	host_number_all(list->host);
	for (i = 0; i < (n ? n : 1); i++) {
		const char *text = n ? texts[i] : everything[0], *why = NULL;
		int answer = find(list, text, &found, &why);

		if (answer == 1)
			say(stderr, "cephtap list: %s\n", why ? why : "no probe matches");
		if (answer)
			status = answer;
		else
			add_found(&all, &found);
	}
	for (unsigned j = 0; j < all.len && list->format != LIST_TABLE; j++)
		probe_load_args(list->host, all.probes[j]);
	say_left_out(list);
	if (list->format == LIST_JSON)
		print_json(list, &all);
	else if (all.len)
		print_text(list, &all);
	identity_say(host_identity(list->host), say_stranger, NULL);
	return status;
}

struct list_request {
	struct list *list;
	struct target_list *targets;
	struct buf why;
};

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct list_request *request = data;
	const struct option_common common = {.targets = request->targets};
	struct list *list = request->list;

	switch (option->id) {
	case OPTION_VERBOSE:
		list->format = list->format == LIST_TABLE ? LIST_VERBOSE : list->format;
		return OUTCOME_GO_ON;
	case OPTION_JSON:
		list->format = LIST_JSON;
		return OUTCOME_GO_ON;
	case OPTION_MARKDOWN:
		list->format = LIST_MARKDOWN;
		return OUTCOME_GO_ON;
	case OPTION_FUNCTIONS:
		list->functions = true;
		return OUTCOME_GO_ON;
	case OPTION_DAEMONS:
		list->daemons = true;
		return OUTCOME_GO_ON;
	default:
		return option_take_common(option, text, &common, &request->why);
	}
}

/* -1: go on; else the status to end with. */
static int parse_options(int argc, char **argv, struct list *list, struct target_list *targets)
{
	static const struct command_help help = {.usage = usage};
	struct list_request request = {.list = list, .targets = targets};
	struct option_loop loop;
	enum outcome outcome;
	int status;

	options_begin(&loop, COMMAND_LIST, "cephtap list", argc, argv);
	outcome = options_read(&loop, &help, take_option, &request);
	status = cmd_status(loop.name, outcome, &request.why);
	options_end(&loop);
	return outcome == OUTCOME_GO_ON ? -1 : status;
}

/* 0; 2 after a sentence. */
static int print_functions(const struct list *list, bool has_others)
{
	if (has_others) {
		say(stderr, "cephtap list: --functions lists all functions: leave out probes and processes\n");
		return 2;
	}
	if (list->format == LIST_JSON)
		list_functions_json();
	else if (list->format == LIST_MARKDOWN)
		list_functions_markdown();
	else
		list_functions_text();
	return 0;
}

static int print_daemons(const struct list *list, bool has_others)
{
	if (!has_others && !list->functions && list->format != LIST_MARKDOWN)
		return list_daemons(list->format == LIST_JSON);
	say(stderr, "cephtap list: --daemons lists Ceph's processes on this host: nothing but --json goes with it\n");
	return 2;
}

int cmd_list(int argc, char **argv)
{
	struct list list = {.arena = arena_new()};
	struct target_list targets = {.arena = list.arena};
	struct target target = {0};
	int status = parse_options(argc, argv, &list, &targets);

	if (status < 0 && list.daemons) {
		status = print_daemons(&list, optind < argc || targets.rules_len || targets.processes_len);
	} else if (status < 0 && list.functions) {
		status = print_functions(&list, optind < argc || targets.rules_len || targets.processes_len);
	} else if (status < 0 && list.format == LIST_MARKDOWN) {
		say(stderr, "cephtap list: --markdown goes with --functions\n");
		status = 2;
	} else if (status < 0) {
		target_fill(&targets, list.arena, &target);
		list.cat = catalogue_builtin(list.arena);
		list.natives = native_types_new(list.arena);
		list.host = probe_host_new(list.arena, &target);
		target_say(&targets, say_stranger, NULL);
		status = run(&list, argv + optind, argc - optind);
		probe_host_free(list.host);
	}
	arena_free(list.arena);
	return status;
}
