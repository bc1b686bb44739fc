/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/option.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shown.h"
#include "plan/options.h"
#include "run/target.h"

enum { LONG = 1000 /* getopt's codes of long options: this, and which row it is */ };

const char *option_name(struct arena *arena, const struct cmd_option *option)
{
	return option->name ? arena_printf(arena, "--%s", option->name) : arena_printf(arena, "-%c", option->letter);
}

/* --- The loop --- */

static int has_value(const struct cmd_option *option)
{
	if (!option->arg)
		return no_argument;
	return option->arg[0] == '[' && option->arg[1] == '=' ? optional_argument : required_argument;
}

void options_begin(struct option_loop *loop, enum command command, const char *name, int argc, char **argv)
{
	struct buf shorts = {0};
	unsigned longs_len = 0;

	*loop = (struct option_loop){
		.command = command, .name = name, .argc = argc, .argv = argv, .arena = arena_new()};
	loop->list = options_of(loop->arena, command, NULL);
	if (command == COMMAND_RUN ||
	    command == COMMAND_DTRACE) /* what follows is the script's; objects, in their order */
		buf_putc(&shorts, '+');
	for (unsigned i = 0; i < loop->list.len; i++) {
		const struct cmd_option *option = loop->list.rows[i];

		if (option->letter)
			buf_printf(&shorts, "%c%s", option->letter, option->arg ? ":" : "");
		if (option->name)
			*arena_push(loop->arena, loop->longs, longs_len) =
				(struct option){option->name, has_value(option), NULL, LONG + (int)i};
	}
	*arena_push(loop->arena, loop->longs, longs_len) = (struct option){0};
	loop->shorts = arena_strdup(loop->arena, shorts.size ? shorts.data : "");
	buf_free(&shorts);
	optind = 1;
	opterr = 0;
}

void options_end(struct option_loop *loop)
{
	arena_free(loop->arena);
}

static const struct cmd_option *row_of(const struct option_loop *loop, int code)
{
	if (code >= LONG)
		return loop->list.rows[code - LONG];
	for (unsigned i = 0; i < loop->list.len; i++)
		if (loop->list.rows[i]->letter == code)
			return loop->list.rows[i];
	return NULL;
}

/* --- What is wrong --- */

static unsigned count_beginnings(const struct option_loop *loop, const char *word)
{
	size_t size = strcspn(word, "=");
	unsigned n = 0;

	for (const struct option *option = loop->longs; option->name; option++)
		n += !strncmp(option->name, word, size);
	return n;
}

static bool is_same(const struct cmd_option *option, const char *name, size_t size)
{
	return option->name && strlen(option->name) == size && !strncmp(option->name, name, size);
}

/* Which other commands have the long option: "cephtap top, cephtap report osd". */
static void say_owners(const struct option_loop *loop, const char *word, struct buf *out)
{
	size_t size = strcspn(word, "=");

	for (int command = 0; command < COMMANDS; command++) {
		struct option_list list = options_of(loop->arena, (enum command)command, NULL);

		for (unsigned i = 0; i < list.len; i++)
			if (is_same(list.rows[i], word, size)) {
				buf_printf(out, "%scephtap%s%s", out->size ? ", " : "", command ? " " : "",
					   command_names[command]);
				break;
			}
	}
}

static void say_unknown(const struct option_loop *loop, const char *word)
{
	struct buf owners = {0};

	if (!strncmp(word, "--", 2))
		say_owners(loop, word + 2, &owners);
	if (owners.size)
		say(stderr, "%s: there is no option `%s` here, but in %s; see %s --help\n", loop->name, word,
		    owners.data, loop->name);
	else
		say(stderr, "%s: there is no option `%s`; see %s --help\n", loop->name, word, loop->name);
	buf_free(&owners);
}

/* optopt is 0 for a long option that is not known, else the option's code; a word of short options may not be at its
 * end yet. */
static void say_wrong(const struct option_loop *loop, const char *word)
{
	const struct cmd_option *known = optopt ? row_of(loop, optopt) : NULL;
	char letter[] = {'-', (char)optopt, '\0'};

	if (optopt >= LONG)
		say(stderr,
		    known->arg ? "%s: `%s` needs a value; see %s --help\n" : "%s: `%s` takes no value; see %s --help\n",
		    loop->name, word, loop->name);
	else if (known)
		say(stderr, "%s: `%s` needs a value; see %s --help\n", loop->name, letter, loop->name);
	else if (!optopt && count_beginnings(loop, word + 2) > 1)
		say(stderr, "%s: several options begin with `%s`; see %s --help\n", loop->name, word, loop->name);
	else
		say_unknown(loop, optopt ? letter : word);
}

/* The last option that getopt() gave, with its value; MISUSED: it gave what there is not. */
static enum outcome next(struct option_loop *loop, const struct cmd_option **option, const char **text)
{
	int code = getopt_long(loop->argc, loop->argv, loop->shorts, loop->longs, NULL);

	*option = code == -1 || code == '?' ? NULL : row_of(loop, code);
	*text = optarg;
	if (code != '?')
		return OUTCOME_GO_ON;
	say_wrong(loop, loop->argv[optind - 1]);
	return OUTCOME_MISUSED;
}

void options_print_help(enum command command, const struct command_help *help)
{
	say_lines(stdout, help->usage);
	options_help(stdout, command, NULL);
	say_lines(stdout, help->tail ? help->tail : "");
}

static enum outcome give(struct option_loop *loop, const struct command_help *help, const struct cmd_option *option,
			 const char *text, enum outcome (*take)(void *, const struct cmd_option *, const char *),
			 void *data)
{
	if (option->id != OPTION_HELP || !help)
		return take(data, option, text);
	options_print_help(loop->command, help);
	return OUTCOME_DONE;
}

enum outcome options_read_one(struct option_loop *loop, const struct command_help *help,
			      enum outcome (*take)(void *data, const struct cmd_option *option, const char *text),
			      void *data)
{
	const struct cmd_option *option;
	const char *text;
	enum outcome outcome = next(loop, &option, &text);

	return outcome == OUTCOME_GO_ON && option ? give(loop, help, option, text, take, data) : outcome;
}

enum outcome options_read(struct option_loop *loop, const struct command_help *help,
			  enum outcome (*take)(void *data, const struct cmd_option *option, const char *text),
			  void *data)
{
	const struct cmd_option *option;
	const char *text;
	enum outcome outcome = next(loop, &option, &text);

	while (outcome == OUTCOME_GO_ON && option) {
		outcome = give(loop, help, option, text, take, data);
		if (outcome == OUTCOME_GO_ON)
			outcome = next(loop, &option, &text);
	}
	return outcome;
}

bool options_has(const struct option_loop *loop, const char *word)
{
	if (word[0] != '-' || !word[1])
		return false;
	if (word[1] != '-')
		return row_of(loop, word[1]);
	for (unsigned i = 0; i < loop->list.len; i++)
		if (is_same(loop->list.rows[i], word + 2, strcspn(word + 2, "=")))
			return true;
	return false;
}

/* --- The end --- */

int cmd_status(const char *name, enum outcome outcome, struct buf *why)
{
	if (why->size && (outcome == OUTCOME_FAILED || outcome == OUTCOME_MISUSED))
		say(stderr, "%s: %s\n", name, why->data);
	buf_free(why);
	return outcome == OUTCOME_MISUSED ? 2 : outcome == OUTCOME_FAILED ? 1 : 0;
}

/* --- What several commands have --- */

static enum outcome take_max_cost(struct options *options, const char *text, struct buf *why)
{
	struct buf reason = {0};
	const char *wrong = options_set(options, "maxcost", text, &reason);

	if (wrong)
		buf_printf(why, "--max-cost %s: %s", text, wrong);
	buf_free(&reason);
	return wrong ? OUTCOME_MISUSED : OUTCOME_GO_ON;
}

static enum outcome take_target(const struct cmd_option *option, const char *text, struct target_list *targets,
				struct buf *why)
{
	static const int codes[] = {
		[OPTION_PID] = 'p',
		[OPTION_OSD] = TARGET_OSD,
		[OPTION_DAEMON] = TARGET_DAEMON,
		[OPTION_CGROUP] = TARGET_CGROUP,
		[OPTION_CONTAINER] = TARGET_CONTAINER,
		[OPTION_UNTRUSTED] = TARGET_UNTRUSTED,
	};

	if (target_take(targets, codes[option->id], text, why) > 0)
		return OUTCOME_GO_ON;
	return targets->is_misused ? OUTCOME_MISUSED : OUTCOME_FAILED;
}

static enum outcome take_form(enum report_form taken, enum report_form *form, struct buf *why)
{
	if (*form != FORM_TEXT && *form != taken) {
		buf_printf(why, "--%s and --%s exclude each other", report_formats[*form].name,
			   report_formats[taken].name);
		return OUTCOME_MISUSED;
	}
	*form = taken;
	return OUTCOME_GO_ON;
}

enum outcome option_take_common(const struct cmd_option *option, const char *text, const struct option_common *common,
				struct buf *why)
{
	switch (option->id) {
	case OPTION_PID:
	case OPTION_OSD:
	case OPTION_DAEMON:
	case OPTION_CGROUP:
	case OPTION_CONTAINER:
	case OPTION_UNTRUSTED:
		return take_target(option, text, common->targets, why);
	case OPTION_MAX_COST:
		return take_max_cost(common->options, text, why);
	default:
		break;
	}
	if (option->id > OPTION_FORM && option->id < OPTION_FORM_LAST)
		return take_form((enum report_form)(option->id - OPTION_FORM), common->form, why);
	assert(!"the table gives it to a command that does not take it");
	return OUTCOME_MISUSED;
}

enum outcome option_take_seconds(const struct cmd_option *option, const char *text, uint64_t most, uint64_t *seconds,
				 struct buf *why)
{
	char *end;

	*seconds = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && *seconds && *seconds <= most)
		return OUTCOME_GO_ON;
	buf_printf(why, "--%s wants a number of seconds from 1 to %llu, not `%s`", option->name,
		   (unsigned long long)most, text);
	return OUTCOME_MISUSED;
}
