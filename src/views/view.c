/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all views share: values of options, records, the heading of a table. */
#include "views/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/common.h"

/* --- Records --- */

static int view_event(struct report *report, const struct record_layout *layout, const struct schema_probe *probe,
		      const struct record_head *head)
{
	struct view *view = report->data;

	view->report = report;
	return view->ops->event ? view->ops->event(view, layout, probe, head) : 0;
}

static int view_drop(struct report *report, enum drop_cause cause, uint64_t count)
{
	struct view *view = report->data;

	if (cause != DROP_RECORD || !view->ops->lost)
		return report_nothing.drop(report, cause, count);
	view->ops->lost(view, count);
	return 0;
}

/* What was lost is known by now; a view of aggregations was printed with the last interval. */
static int view_end(struct report *report)
{
	struct view *view = report->data;

	return view_reads_records(view) ? view->ops->end(view, report) : report_nothing.end(report);
}

static struct report_ops records_of_view(void)
{
	struct report_ops ops = report_nothing;

	ops.event_begin = view_event;
	ops.drop = view_drop;
	ops.end = view_end;
	return ops;
}

bool view_reads_records(const struct view *view)
{
	return view->ops->event;
}

bool view_has_tables(const struct view *view)
{
	return view->ops->end && (!view_reads_records(view) || view->ops->interval);
}

int view_tables(struct view *view, struct report *report, bool is_last)
{
	if (!is_last)
		return view->ops->interval ? view->ops->interval(view, report) : 0;
	return view_reads_records(view) ? 0 : view->ops->end(view, report);
}

const struct report_ops *view_reader(struct view *view, void **data)
{
	if (!view->ops->end && (!view->ops->tables || view->form == FORM_TEXT))
		return report_formats[view->form].ops;
	if (!view->ops->end)
		view->records = tables_ops(view);
	*data = view;
	return &view->records;
}

/* --- One view --- */

struct view *view_new(const struct view_ops *ops, struct arena *arena)
{
	struct view *view = arena_new_one(arena, struct view);

	*view = (struct view){
		.ops = ops, .arena = arena, .own = arena_alloc(arena, ops->size), .records = records_of_view()};
	view->values = arena_new_array(arena, struct view_value, ops->options_len);
	for (unsigned i = 0; i < ops->options_len; i++)
		view->values[i] = (struct view_value){.number = ops->options[i].otherwise};
	return view;
}

void view_free(struct view *view)
{
	if (view && view->ops->free)
		view->ops->free(view);
}

static const struct view_option *find_option(const struct view *view, const char *name)
{
	for (unsigned i = 0; i < view->ops->options_len; i++)
		if (!strcmp(view->ops->options[i].name, name))
			return &view->ops->options[i];
	return NULL;
}

const struct view_value *view_value(const struct view *view, const char *name)
{
	static const struct view_value none;
	const struct view_option *option = find_option(view, name);

	return option ? &view->values[option - view->ops->options] : &none;
}

/* --- Taking a value --- */

static bool take_number(const struct view_option *option, const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *number >= option->least &&
	       *number <= option->most;
}

/* 20ms, 1.5s, 800us, 5000 (ns) */
static bool take_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1}};
	char *end;
	double number = strtod(text, &end);

	for (unsigned i = 0; text[0] >= '0' && text[0] <= '9' && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].name) && number * units[i].ns < 1e18) {
			*ns = (uint64_t)(number * units[i].ns);
			return true;
		}
	return false;
}

static bool take_word(const struct view_option *option, const char *text, uint64_t *number)
{
	for (unsigned i = 0; option->words[i]; i++)
		if (!strcmp(option->words[i], text)) {
			*number = i;
			return true;
		}
	return false;
}

static void say_words(const struct view_option *option, struct buf *why)
{
	for (unsigned i = 0; option->words[i]; i++)
		buf_printf(why, "%s%s", !i ? "" : option->words[i + 1] ? ", " : " or ", option->words[i]);
}

static void say_wanted(const struct view_option *option, const char *written, const char *text, struct buf *why)
{
	buf_printf(why, "%s wants ", written);
	if (option->kind == VIEW_WORD)
		say_words(option, why);
	else if (option->kind == VIEW_TIME)
		buf_puts(why, "a time such as 20ms or 1.5s");
	else
		buf_printf(why, "a number%s%s from %llu to %llu", option->of ? " of " : "",
			   option->of ? option->of : "", (unsigned long long)option->least,
			   (unsigned long long)option->most);
	buf_printf(why, ", not `%s`", text);
}

static bool take(const struct view_option *option, const char *text, uint64_t *number)
{
	switch (option->kind) {
	case VIEW_NUMBER:
		return take_number(option, text, number);
	case VIEW_TIME:
		return take_time(text, number);
	case VIEW_WORD:
		return take_word(option, text, number);
	case VIEW_FLAG:
		*number = 1;
		return true;
	case VIEW_TEXT:
	case VIEW_CONTENT:
	case VIEW_FILE:
		return true;
	}
	return true;
}

int view_take(struct view *view, const char *name, const char *written, const char *text, struct buf *why)
{
	const struct view_option *option = find_option(view, name);
	struct view_value value = {.is_given = true, .text = text};

	if (!option)
		return 0;
	if (option->is_form && view->form != FORM_TEXT) {
		buf_printf(why, "--%s and %s exclude each other", report_formats[view->form].name, written);
		return -1;
	}
	if (!take(option, text, &value.number)) {
		say_wanted(option, written, text, why);
		return -1;
	}
	view->values[option - view->ops->options] = value;
	return 1;
}

/* --- As facts of a recording --- */

static bool is_fact(const struct view_option *option)
{
	return option->kind == VIEW_NUMBER || option->kind == VIEW_TIME || option->kind == VIEW_WORD ||
	       option->kind == VIEW_TEXT;
}

struct facts view_facts(const struct view *view)
{
	struct facts facts = {0};

	for (unsigned i = 0; i < view->ops->options_len; i++) {
		const struct view_option *option = &view->ops->options[i];
		const struct view_value *value = &view->values[i];

		if (!option->sets && is_fact(option) && (value->is_given || option->otherwise))
			*arena_push(view->arena, facts.list, facts.list_len) = (struct fact){
				option->name, value->number, option->kind == VIEW_TEXT ? value->text : ""};
	}
	*arena_push(view->arena, facts.list, facts.list_len) = (struct fact){"interval", view->interval, ""};
	*arena_push(view->arena, facts.list, facts.list_len) = (struct fact){"cpus", view->processors, ""};
	return facts;
}

static bool is_possible(const struct view_option *option, uint64_t number)
{
	unsigned words = 0;

	if (option->kind == VIEW_NUMBER)
		return number >= option->least && number <= option->most;
	while (option->kind == VIEW_WORD && option->words[words])
		words++;
	return option->kind != VIEW_WORD || number < words;
}

/* A recording may say anything: a number that nobody could have asked for is not taken. */
void view_take_facts(struct view *view, const struct facts *facts)
{
	for (unsigned i = 0; i < view->ops->options_len; i++) {
		const struct view_option *option = &view->ops->options[i];
		uint64_t number = fact_number(facts, option->name, 0);

		if (option->sets || !is_fact(option) || view->values[i].is_given ||
		    !fact_is_known(facts, option->name) || !is_possible(option, number))
			continue;
		view->values[i] = (struct view_value){
			.is_given = true,
			.number = number,
			.text = option->kind == VIEW_TEXT ? fact_text(facts, option->name, "?") : NULL,
		};
	}
	view->interval = (unsigned)fact_number(facts, "interval", 0);
}

/* --- Printing --- */

void view_heading(const struct view *view, struct report *report, double elapsed_ns, bool is_last)
{
	if (view->is_on_terminal && is_last) /* ^C is pressed to keep what is seen */
		shown_puts(&report->pending, "\n");
	else if (view->is_on_terminal)
		shown_puts(&report->pending, SHOWN_CLEAR);
	report_date(report, report_time_ns(report), &report->pending);
	shown_printf(&report->pending, ", the last %.1f s%s\n", elapsed_ns / 1e9,
		     view->is_on_terminal && !is_last ? "; ^C ends" : "");
}
