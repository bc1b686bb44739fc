/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/view_setup.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/memory.h"
#include "lib/write.h"
#include "plan/options.h"

enum { CONTENT_MAX = 256 << 20 };

/* Which reports have it. */
static void say_owners(const struct cmd_option *option, struct buf *out)
{
	for (unsigned i = 0; views[i]; i++) {
		struct arena *arena = arena_new();
		struct option_list list = options_of(arena, COMMAND_REPORT, views[i]);

		for (unsigned j = 0; j < list.len; j++)
			if (list.rows[j]->letter == option->letter && list.rows[j]->name == option->name)
				buf_printf(out, "%s%s", out->size ? ", " : "", views[i]->name);
		arena_free(arena);
	}
}

static enum outcome refuse(const struct view *view, const struct cmd_option *option, struct buf *why)
{
	struct buf owners = {0};

	say_owners(option, &owners);
	buf_printf(why,
		   option->name ? "`%s` has no --%s; it is an option of: %s"
				: "`%s` has no -%s; it is an option of: %s",
		   view->ops->name, option->name ? option->name : (const char[]){option->letter, '\0'},
		   owners.size ? owners.data : "");
	buf_free(&owners);
	return OUTCOME_MISUSED;
}

/* --- Options of the script --- */

static enum outcome set_named(struct view_setup *setup, const char *text, struct buf *why)
{
	struct arena *arena = setup->view->arena;
	const char *equal = strchr(text, '='),
		   *name = equal ? arena_strndup(arena, text, (size_t)(equal - text)) : text, *wrong;
	struct buf reason = {0};

	wrong = options_set(setup->options, name, equal ? equal + 1 : NULL, &reason);
	if (wrong)
		buf_printf(why, "-x %s: %s", text, wrong);
	buf_free(&reason);
	return wrong ? OUTCOME_MISUSED : OUTCOME_GO_ON;
}

static enum outcome set_option(struct view_setup *setup, const struct view_option *option, const char *text,
			       struct buf *why)
{
	if (!option->sets || !setup->options)
		return OUTCOME_GO_ON;
	return set_named(setup, *option->sets ? option->sets : text, why);
}

/* --- Files --- */

static enum outcome read_content(struct view *view, struct view_value *value, struct buf *why)
{
	char *data;
	size_t size;

	if (file_read(view->arena, value->text, CONTENT_MAX, &data, &size, why))
		return OUTCOME_FAILED;
	value->text = data;
	return OUTCOME_GO_ON;
}

/* What is written at the end: that it can be is known at once. */
static enum outcome check_file(const char *path, struct buf *why)
{
	return write_check(path, WRITE_RESULT, why) ? OUTCOME_FAILED : OUTCOME_GO_ON;
}

static enum outcome open_files(struct view_setup *setup, struct buf *why)
{
	struct view *view = setup->view;
	enum outcome outcome = OUTCOME_GO_ON;

	for (unsigned i = 0; i < view->ops->options_len && outcome == OUTCOME_GO_ON; i++) {
		struct view_value *value = &view->values[i];

		if (value->is_given && view->ops->options[i].kind == VIEW_CONTENT)
			outcome = read_content(view, value, why);
		else if (value->is_given && view->ops->options[i].kind == VIEW_FILE)
			outcome = check_file(value->text, why);
	}
	if (outcome == OUTCOME_GO_ON && setup->html)
		outcome = check_file(setup->html, why);
	return outcome;
}

/* --- All of it --- */

static const struct view_option *find_option(const struct view *view, const char *name)
{
	for (unsigned i = 0; i < view->ops->options_len; i++)
		if (!strcmp(view->ops->options[i].name, name))
			return &view->ops->options[i];
	return NULL;
}

static enum outcome take_own(struct view_setup *setup, const struct given_option *given, struct buf *why)
{
	const struct cmd_option *option = given->option;
	const char *name = option->name ? option->name : arena_printf(setup->view->arena, "%c", option->letter);
	int taken = view_take(setup->view, name, option_name(setup->view->arena, option), given->text, why);

	if (!taken)
		return refuse(setup->view, option, why);
	return taken < 0 ? OUTCOME_MISUSED : set_option(setup, find_option(setup->view, name), given->text, why);
}

static enum outcome take(struct view_setup *setup, const struct given_option *given, struct buf *why)
{
	switch (given->option->id) {
	case OPTION_VIEW:
		return take_own(setup, given, why);
	case OPTION_HTML:
		setup->html = given->text;
		return setup->view->ops->picture ? OUTCOME_GO_ON : refuse(setup->view, given->option, why);
	default:
		return OUTCOME_GO_ON;
	}
}

enum outcome view_setup(struct view_setup *setup, const struct given_options *given, struct buf *why)
{
	enum outcome outcome = OUTCOME_GO_ON;

	for (unsigned i = 0; i < given->len && outcome == OUTCOME_GO_ON; i++)
		outcome = take(setup, &given->list[i], why);
	if (outcome == OUTCOME_GO_ON)
		outcome = open_files(setup, why);
	if (outcome != OUTCOME_GO_ON || !setup->html)
		return outcome;
	setup->view->picture = open_memstream(&setup->picture, &setup->picture_size);
	if (!setup->view->picture)
		memory_end();
	return OUTCOME_GO_ON;
}

bool view_finish(struct view_setup *setup, struct buf *why)
{
	bool good = true;

	if (!setup->view || !setup->view->picture)
		return true;
	fclose(setup->view->picture);
	setup->view->picture = NULL;
	if (setup->picture_size)
		good = !write_gathered(setup->html, setup->picture, setup->picture_size, why);
	free(setup->picture);
	return good;
}
