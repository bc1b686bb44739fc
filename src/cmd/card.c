/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap card`: which layout cards there are, which one a binary gets and what its code says of it, and a new one. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ceph/family.h"
#include "ceph/learn.h"
#include "cmd/cmd.h"
#include "cmd/file_markers.h"
#include "cmd/option.h"
#include "lib/elf.h"
#include "lib/file.h"
#include "lib/held.h"
#include "lib/shown.h"

static const char usage[] =
	"Usage: cephtap card list [--json]\n"
	"       cephtap card add FILE...\n"
	"       cephtap card check [--json] BINARY\n"
	"       cephtap card show BINARY | BUILD-ID\n"
	"       cephtap card show --release X.Y.Z [--distribution NAME] BINARY-NAME\n"
	"\n"
	"A layout card says where a build of Ceph has what markers read. list: the cards inside cephtap and those in\n"
	"folders. add: put cards where cephtap looks for them. check: which card a binary gets, what its code says of "
	"it,\n"
	"and which markers it has; status 1 if there is none. show: a card as text; of a binary without a card of its "
	"own,\n"
	"its family's as its code confirms it; with --release, of the nearest family, by version alone.\n"
	"\n";

static const char tail[] =
	"\nCards are looked for in $CEPHTAP_CARDS (folders with : between), ~/.cache/cephtap/cards, "
	"/var/lib/cephtap/cards,\n/etc/cephtap/cards, /usr/share/cephtap/cards, and inside cephtap. A card in a folder "
	"counts if root or you own it\nand nobody else can write it.\n";

struct card_line {
	const char *release, *distribution;
	bool is_json;
	struct arena *arena;
};

static int fail(const char *why)
{
	say(stderr, "cephtap card: %s\n", why);
	return 1;
}

static int misuse(const char *why)
{
	say(stderr, "cephtap card: %s; see --help\n", why);
	return 2;
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

static unsigned count_members(const struct card *card)
{
	unsigned n = 0;

	for (unsigned i = 0; i < card->types_len; i++)
		n += card->types[i].members_len;
	return n;
}

/* ---- list ---- */

static struct json_object *json_file(const struct card_file *file)
{
	struct json_object *object = json_object_new_object();
	const struct card *card = file->card;

	add_text(object, "file", file->path);
	add_text(object, "name", file->name);
	add_text(object, "why_not", file->why);
	if (!card)
		return object;
	add_text(object, "binary", card->binary);
	add_text(object, "release", card->release);
	add_text(object, "release_to", card->release_to);
	add_text(object, "distribution", card->distribution);
	add_text(object, "build_id", card->build_id);
	json_object_object_add(object, "members", json_object_new_uint64(count_members(card)));
	return object;
}

static void print_file(const struct card_file *file)
{
	const struct card *card = file->card;

	if (!card) {
		say(stdout, "%s: not used: %s\n", file->path, file->why);
		return;
	}
	say(stdout, "%-20s %-8s%s%-8s %-7s %-40s %7u  %s\n", card->binary, card->release, card->release_to ? "-" : " ",
	    card->release_to ? card->release_to : "", card->distribution ? card->distribution : "-",
	    card->build_id ? card->build_id : "a family's", count_members(card),
	    file->path ? file->path : "inside cephtap");
}

static int list_cards(struct card_line *line, char **words, int n)
{
	struct card_file *files;
	struct json_object *array;
	unsigned len;

	(void)words;
	if (n)
		return misuse("list takes no names");
	card_files(line->arena, &files, &len);
	if (line->is_json) {
		array = json_object_new_array();
		for (unsigned i = 0; i < len; i++)
			json_object_array_add(array, json_file(&files[i]));
		say_json(stdout, array, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
		json_object_put(array);
		return 0;
	}
	say(stdout, "%-20s %-17s %-7s %-40s %7s  %s\n", "BINARY", "RELEASE", "DISTR", "BUILD-ID", "MEMBERS", "WHERE");
	for (unsigned i = 0; i < len; i++)
		print_file(&files[i]);
	return 0;
}

/* ---- add ---- */

/* What becomes a part of a file's name. */
static bool is_word(const char *text)
{
	return *text && *text != '.' &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")];
}

static const char *file_name(struct arena *arena, const struct card *card)
{
	if (card->build_id)
		return strspn(card->build_id, "0123456789abcdef") == strlen(card->build_id) ? card->build_id : NULL;
	if (!is_word(card->binary) || !is_word(card->release) || !is_word(card->distribution))
		return NULL;
	return arena_printf(arena, "family-%s-%s-%s", card->binary, card->distribution, card->release);
}

static int add_card(struct arena *arena, const char *from)
{
	struct source source = {.name = from};
	const char *why = NULL, *name, *path;
	struct buf text = {0};
	struct card *card;
	char *data;
	int error = file_read(arena, from, CARD_FILE_SIZE, &data, &source.size, &text);

	source.text = data;
	if (!error && !(error = card_read(arena, &source, &card, &why))) {
		name = file_name(arena, card);
		error = !name || !card_is_for_here(card);
		path = error ? NULL : card_default_path(arena, name);
		if (!name)
			buf_printf(&text,
				   "%s: its build-id, or its binary, release and distribution, are no plain words",
				   from);
		else if (error)
			buf_printf(&text,
				   "%s is a card for another architecture (%s): markers are read of x86_64 alone", from,
				   card->architecture);
		else if (!(error = card_store(card, path, &text)))
			say(stdout, "%s: %s\n", path, card_name(arena, card));
	}
	if (error)
		fail(why ? why : text.data);
	buf_free(&text);
	return error ? 1 : 0;
}

static int add_cards(struct card_line *line, char **words, int n)
{
	int status = 0;

	if (!n)
		return misuse("say which file to add");
	for (int i = 0; i < n; i++)
		status |= add_card(line->arena, words[i]);
	return status;
}

/* ---- check ---- */

/* A binary and the card that it gets. */
struct checked {
	const char *path, *base;
	struct held *held;
	struct elf_file *elf;
	struct card *card;
	struct evidence_count count;
};

static void checked_close(struct checked *c)
{
	elf_file_close(c->elf);
	held_close(c->held);
}

static void count_verdicts(const struct card *card, struct evidence_count *count)
{
	for (unsigned i = 0; i < card->types_len; i++)
		for (unsigned j = 0; j < card->types[i].members_len; j++) {
			uint8_t verdict = card->types[i].members[j].verdict;

			count->confirmed += verdict == VERDICT_CONFIRMED;
			count->consistent += verdict == VERDICT_CONSISTENT;
			count->between += verdict == VERDICT_BETWEEN;
			count->unseen += verdict == VERDICT_UNSEEN;
			count->contradicted += verdict == VERDICT_CONTRADICTED;
		}
}

static int find_card(struct arena *arena, struct checked *c, const char **why)
{
	struct catalogue *cat = catalogue_builtin(arena);
	int error = card_find_of(arena, c->elf, &c->card, why);

	if (!error) {
		evidence_judge(evidence_open(arena, cat, c->elf, c->base), c->card, &c->count);
		return 0;
	}
	if (*why)
		return error;
	error = family_choose(arena, cat, c->elf, c->base, NULL, NULL, &c->card, why);
	if (!error)
		count_verdicts(c->card, &c->count);
	if (error && !*why)
		*why = "no card is of a binary of that name";
	return error;
}

/* 0, or a negative errno with a sentence. */
static int check_open(struct arena *arena, const char *path, struct checked *c, const char **why)
{
	struct buf text = {0};
	int error;

	*c = (struct checked){.path = path, .base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path};
	error = held_open(path, &c->held, &text);
	if (!error && (error = elf_file_read(c->held, path, &c->elf)))
		buf_puts(&text, elf_error());
	if (!error && (error = find_card(arena, c, why)))
		buf_printf(&text, "%s (build-id %s): %s", path, *elf_build_id(c->elf) ? elf_build_id(c->elf) : "none",
			   *why);
	*why = error ? arena_strdup(arena, text.data) : NULL;
	buf_free(&text);
	return error;
}

static const char *member_state(const struct card *card, const struct card_member *member)
{
	if (!card_is_of_build(card))
		return verdict_name(member->verdict);
	return arena_printf(card->arena, "%s by the code; debug information counts", verdict_name(member->verdict));
}

static void print_checked(struct arena *arena, const struct checked *c, const struct file_markers *markers)
{
	const struct evidence_count *n = &c->count;
	const struct card *card = c->card;

	say(stdout, "%s: build-id %s\n", c->path, elf_build_id(c->elf));
	say(stdout, "%s %s\n",
	    card_is_of_build(card) ? "a card of this very build:"
	    : card->is_published   ? "figures that were published for this build, in the layout of"
	    : card->is_sound	   ? "the layout of another build, which the code agrees with:"
				   : "no family's layout; as far as the code shows it, from",
	    card_name(arena, card));
	say(stdout, "members: %u confirmed by the code, %u consistent, %u between, %u unseen, %u contradicted\n",
	    n->confirmed, n->consistent, n->between, n->unseen, n->contradicted);
	for (unsigned i = 0; i < card->types_len; i++)
		for (unsigned j = 0; j < card->types[i].members_len; j++)
			if (card->types[i].members[j].verdict == VERDICT_CONTRADICTED ||
			    (card->types[i].members[j].verdict == VERDICT_UNSEEN && !card_is_of_build(card) &&
			     !card->is_sound))
				say(stdout, "    %s::%s: %s\n", card->types[i].name, card->types[i].members[j].path,
				    member_state(card, &card->types[i].members[j]));
	say(stdout, "markers: %u of %u can be used, %u of them without some arguments\n", markers->usable, markers->len,
	    markers->partly);
	for (unsigned i = 0; i < markers->len; i++)
		if (markers->list[i].why)
			say(stdout, "    %s: %s\n", markers->list[i].name, markers->list[i].why);
	if (markers->why && !card_is_of_build(card))
		say(stdout, "`cephtap learn %s` makes a card of it where its debug information is\n", c->path);
}

static void add_number(struct json_object *object, const char *key, unsigned number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

static void print_checked_json(struct arena *arena, const struct checked *c, const struct file_markers *markers)
{
	struct json_object *all = json_object_new_object();
	const struct card *card = c->card;

	add_text(all, "binary", c->path);
	add_text(all, "build_id", elf_build_id(c->elf));
	add_text(all, "card", card_name(arena, card));
	json_object_object_add(all, "of_this_build", json_object_new_boolean(card_is_of_build(card)));
	json_object_object_add(all, "published", json_object_new_boolean(card->is_published));
	json_object_object_add(all, "sound", json_object_new_boolean(card->is_sound));
	add_number(all, "confirmed", c->count.confirmed);
	add_number(all, "consistent", c->count.consistent);
	add_number(all, "between", c->count.between);
	add_number(all, "unseen", c->count.unseen);
	add_number(all, "contradicted", c->count.contradicted);
	add_number(all, "markers", markers->len);
	add_number(all, "usable", markers->usable);
	add_number(all, "without_some_arguments", markers->partly);
	add_text(all, "why_not", markers->why);
	say_json(stdout, all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	json_object_put(all);
}

static int check_binary(struct card_line *line, char **words, int n)
{
	struct file_markers markers;
	const char *why = NULL;
	struct checked checked;
	int error;

	if (n != 1)
		return misuse("name one binary to check, e.g. /usr/bin/ceph-osd");
	error = check_open(line->arena, words[0], &checked, &why);
	if (!error) {
		file_markers_find(line->arena, checked.held, words[0], &markers);
		if (line->is_json)
			print_checked_json(line->arena, &checked, &markers);
		else
			print_checked(line->arena, &checked, &markers);
	}
	checked_close(&checked);
	return error ? fail(why) : 0;
}

/* ---- show ---- */

static int print_card(const struct card *card)
{
	struct buf text = {0};

	card_print(card, &text);
	say_lines(stdout, text.data);
	buf_free(&text);
	return 0;
}

static const char *check_version(const struct card_line *line)
{
	static const char *const distributions[] = {"debian", "ubuntu", "el8", "el9"};
	unsigned major, minor, patch;
	char rest;
	bool is_known = !line->distribution;

	for (unsigned i = 0; i < sizeof(distributions) / sizeof(distributions[0]); i++)
		is_known |= line->distribution && !strcmp(line->distribution, distributions[i]);
	if (!is_known)
		return "distributions are debian, ubuntu, el8 and el9";
	if (sscanf(line->release, "%3u.%2u.%2u%c", &major, &minor, &patch, &rest) != 3)
		return "a release is three numbers, such as 19.2.3";
	return NULL;
}

/* By what is known from outside. */
static int show_family(struct card_line *line, const char *name)
{
	const char *why = check_version(line);
	struct card *card;

	if (why)
		return misuse(why);
	card = family_nearest(line->arena, name, line->release, line->distribution);
	if (!card)
		return fail(arena_printf(line->arena,
					 "no card is of a binary called %s; there are such as ceph-osd, ceph-mon, "
					 "librados.so.2, librbd.so.1, libceph-common.so.2",
					 name));
	if (!family_covers(card, line->release, line->distribution))
		say(stderr, "cephtap card: no family of %s is of %s%s%s: the nearest is %s\n", name, line->release,
		    line->distribution ? " on " : "", line->distribution ? line->distribution : "",
		    card_name(line->arena, card));
	return print_card(card);
}

static int show_card(struct card_line *line, char **words, int n)
{
	struct checked checked;
	const char *why = NULL;
	struct card *card;
	int error;

	if (n != 1)
		return misuse("show one card");
	if (line->release)
		return show_family(line, words[0]);
	if (line->distribution)
		return misuse("--distribution goes with --release");
	if (strlen(words[0]) >= 16 && strspn(words[0], "0123456789abcdef") == strlen(words[0])) {
		error = card_find(line->arena, words[0], &card, &why);
		return !error ? print_card(card) : fail(why ? why : "there is no card of this build-id");
	}
	if (!strchr(words[0], '/'))
		return misuse("name a binary by its path, a build-id, or give --release");
	error = check_open(line->arena, words[0], &checked, &why);
	if (!error)
		print_card(checked.card);
	checked_close(&checked);
	return error ? fail(why) : 0;
}

/* ---- the command line ---- */

static enum outcome take_option(void *data, const struct cmd_option *option, const char *text)
{
	struct card_line *line = data;

	if (option->id == OPTION_RELEASE)
		line->release = text;
	else if (option->id == OPTION_DISTRIBUTION)
		line->distribution = text;
	else
		line->is_json = true;
	return OUTCOME_GO_ON;
}

static int run(struct card_line *line, char **words, int n)
{
	static const struct {
		const char *name;
		int (*run)(struct card_line *line, char **words, int n);
		bool has_json, has_release;
	} verbs[] = {{"list", list_cards, true, false},
		     {"add", add_cards, false, false},
		     {"check", check_binary, true, false},
		     {"show", show_card, false, true}};

	for (unsigned i = 0; n && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(words[0], verbs[i].name) != 0)
			continue;
		if ((line->is_json && !verbs[i].has_json) ||
		    ((line->release || line->distribution) && !verbs[i].has_release))
			return misuse(arena_printf(line->arena, "`card %s` does not take that option", words[0]));
		return verbs[i].run(line, words + 1, n - 1);
	}
	return misuse("say one of list, add, check and show");
}

int cmd_card(int argc, char **argv)
{
	static const struct command_help help = {.usage = usage, .tail = tail};
	struct card_line line = {0};
	struct buf why = {0};
	struct option_loop loop;
	enum outcome outcome;
	int status;

	options_begin(&loop, COMMAND_CARD, "cephtap card", argc, argv);
	outcome = options_read(&loop, &help, take_option, &line);
	options_end(&loop);
	if (outcome != OUTCOME_GO_ON)
		return cmd_status(loop.name, outcome, &why);
	line.arena = arena_new();
	status = run(&line, argv + optind, argc - optind);
	arena_free(line.arena);
	return status;
}
