/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The next option of a command line; what is wrong with it is said here, since getopt would print the word as it is. One that several have. */
#include <getopt.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/shown.h"
#include "plan/options.h"

static const struct option *find_code(const struct option *longs, int code)
{
	while (longs->name && longs->val != code)
		longs++;
	return longs->name ? longs : NULL;
}

static unsigned count_beginnings(const struct option *longs, const char *word)
{
	size_t size = strcspn(word, "=");
	unsigned n = 0;

	for (; longs->name; longs++)
		n += !strncmp(longs->name, word, size);
	return n;
}

static bool is_name_of(const struct option *option, const char *word)
{
	return option && !strncmp(word, "--", 2) && !strncmp(option->name, word + 2, strcspn(word + 2, "="));
}

/* optopt is 0 for a long option that is not known, else the option's code; a word of short options may not be at its end yet. */
static void say_wrong(const char *name, const char *word, const char *shorts, const struct option *longs)
{
	const struct option *known = find_code(longs, optopt);
	bool is_long = !optopt || is_name_of(known, word);
	char letter[] = {'-', (char)optopt, '\0'};

	if (is_long && optopt)
		say(stderr, known->has_arg == no_argument ? "%s: `%s` takes no value; see %s --help\n" : "%s: `%s` needs a value; see %s --help\n",
		    name, word, name);
	else if (is_long)
		say(stderr, count_beginnings(longs, word + 2) > 1 ? "%s: several options begin with `%s`; see %s --help\n"
								  : "%s: there is no option `%s`; see %s --help\n",
		    name, word, name);
	else
		say(stderr, optopt != ':' && strchr(shorts, optopt) ? "%s: `%s` needs a value; see %s --help\n"
								    : "%s: there is no option `%s`; see %s --help\n",
		    name, letter, name);
}

int cmd_option(const char *name, int argc, char **argv, const char *shorts, const struct option *longs)
{
	int c;

	opterr = 0;
	c = getopt_long(argc, argv, shorts, longs, NULL);
	if (c == '?')
		say_wrong(name, argv[optind - 1], shorts, longs);
	return c;
}

bool cmd_take_max_cost(struct options *options, const char *text, struct buf *why)
{
	struct buf reason = {0};
	const char *wrong = options_set(options, "maxcost", text, &reason);

	if (wrong)
		buf_printf(why, "--max-cost %s: %s", text, wrong);
	buf_free(&reason);
	return !wrong;
}
