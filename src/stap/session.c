/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session: handlers of begin by their priority, then timers until the script, the command or a person ends it, then
 * handlers of end, or of error after too many errors. Then globals that nothing reads are printed.
 */
#include <stdlib.h>
#include <string.h>

#include "stap/run.h"

struct timer {
	const struct stap_site *site;
	uint64_t due;
};

struct session {
	struct stap_run *run;
	const struct stap_output *output;
	struct timer *timers;
	unsigned timers_len;
};

void stap_run_limits(struct stap_limits *limits)
{
	*limits = (struct stap_limits){
		.actions = 1000, .nesting = 100, .entries = 2048, .string_size = 512, .skipped = 100};
}

/* ---- one handler ---- */

static const char *kind_of(const struct stap_node *node)
{
	switch (node->kind) {
	case S_NUMBER:
		return "number";
	case S_TEXT:
		return "string";
	case S_NAME:
	case S_INDEX:
	case S_CALL:
	case S_PRINT:
		return "identifier";
	default:
		return "operator";
	}
}

static void tell_error(struct session *s)
{
	struct stap_run *run = s->run;
	struct loc loc = run->error_node ? run->error_node->loc : run->error_loc;
	struct buf text = {0};
	unsigned line, column;

	buf_printf(&text, "ERROR: %s", run->error);
	if (loc.source) {
		loc_position(loc, &line, &column);
		buf_puts(&text, " near ");
		if (run->error_node)
			buf_printf(&text, "%s '%.60s'", kind_of(run->error_node), run->error_node->name);
		else
			buf_puts(&text, "statement");
		buf_printf(&text, " at %s:%u:%u", loc.source->name, line, column);
	}
	buf_putc(&text, '\n');
	s->output->message(s->output->data, text.data);
	buf_free(&text);
}

static void hand_out(struct session *s)
{
	struct stap_run *run = s->run;

	if (run->out.size)
		s->output->text(s->output->data, run->out.data, run->out.size);
	if (run->warnings.size)
		s->output->message(s->output->data, run->warnings.data);
	buf_clear(&run->out);
	buf_clear(&run->warnings);
}

static void take_error(struct session *s)
{
	struct stap_run *run = s->run;

	tell_error(s);
	if (++run->errors > run->limits.errors)
		run->is_failed = run->is_exiting = true;
}

static void run_handler(struct session *s, const struct stap_site *site)
{
	struct stap_run *run = s->run;
	const struct stap_scope *scope = &site->probe->scope;
	struct stap_frame frame = {.slots = calloc(scope->locals_len + 1, sizeof(*frame.slots))};
	struct stap_mark mark = stap_mark(run);
	int64_t actions = run->limits.long_actions ? run->limits.long_actions : run->limits.actions * 10;

	if (!frame.slots)
		abort();
	run->frame = &frame;
	run->site = site;
	run->leave = LEAVE_NOT;
	run->depth = 0;
	run->error_node = NULL;
	run->actions = site->event == EVENT_TIMER ? run->limits.actions : actions;
	if (!site->condition || stap_eval(run, site->condition).number)
		stap_exec(run, site->probe->body);
	hand_out(s);
	if (run->leave == LEAVE_ERROR)
		take_error(s);
	for (unsigned i = 0; i < scope->locals_len; i++)
		free((char *)frame.slots[i].text);
	free(frame.slots);
	stap_release(run, mark);
	run->frame = NULL;
}

/* ---- begin, end, error ---- */

static int compare_priority(const void *a, const void *b)
{
	const struct stap_site *x = *(struct stap_site *const *)a, *y = *(struct stap_site *const *)b;

	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

/* By priority, then as they stand. Those of begin end with the session that one of them ends. */
static void run_event(struct session *s, enum stap_event event)
{
	const struct stap_site **list;
	unsigned len = 0, all = 0;

	for (const struct stap_site *site = s->run->script->sites; site; site = site->next)
		all += site->event == event;
	list = calloc(all + 1, sizeof(*list));
	if (!list)
		abort();
	for (const struct stap_site *site = s->run->script->sites; site; site = site->next)
		if (site->event == event)
			list[len++] = site;
	qsort(list, len, sizeof(*list), compare_priority);
	for (unsigned i = 0; i < len; i++) {
		if (event == EVENT_BEGIN ? s->run->is_exiting : event == EVENT_END && s->run->is_failed)
			break;
		run_handler(s, list[i]);
	}
	free(list);
}

/* ---- timers ---- */

static uint64_t period(struct session *s, const struct stap_site *site)
{
	uint64_t spread = site->spread_ns;

	if (!spread)
		return site->period_ns;
	s->run->seed = s->run->seed * 6364136223846793005ull + 1442695040888963407ull;
	return site->period_ns - spread + (s->run->seed >> 11) % (2 * spread + 1);
}

static void arm_timers(struct session *s)
{
	uint64_t now = s->output->now(s->output->data);
	unsigned all = 0;

	for (const struct stap_site *site = s->run->script->sites; site; site = site->next)
		all += site->event == EVENT_TIMER;
	s->timers = calloc(all + 1, sizeof(*s->timers));
	if (!s->timers)
		abort();
	for (const struct stap_site *site = s->run->script->sites; site; site = site->next)
		if (site->event == EVENT_TIMER)
			s->timers[s->timers_len++] = (struct timer){site, now + period(s, site)};
}

static struct timer *next_timer(struct session *s)
{
	struct timer *next = NULL;

	for (unsigned i = 0; i < s->timers_len; i++)
		if (!next || s->timers[i].due < next->due)
			next = &s->timers[i];
	return next;
}

/* A firing that is late by more than its period is one firing: as the kernel's timers. */
static void rearm(struct session *s, struct timer *timer)
{
	uint64_t now = s->output->now(s->output->data), wait = period(s, timer->site);

	timer->due += wait ? wait : 1;
	if (timer->due < now)
		timer->due = now + (wait ? wait : 1) - (now - timer->due) % (wait ? wait : 1);
}

static void run_timers(struct session *s)
{
	while (!s->run->is_exiting) {
		struct timer *timer = next_timer(s);

		if (!s->output->wait(s->output->data, timer ? timer->due : UINT64_MAX))
			return;
		if (!timer)
			continue;
		run_handler(s, timer->site);
		rearm(s, timer);
	}
}

/* ---- what is only written ---- */

static void add_stat(struct buf *out, const struct stap_stat *stat, const struct stap_var *var)
{
	static const enum stap_stat_op ops[] = {STAT_COUNT, STAT_MIN, STAT_MAX, STAT_SUM, STAT_AVG};

	if (!stat || !stat->count) {
		buf_puts(out, " @count=0x0\n");
		return;
	}
	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		buf_printf(out, " %s=%lld", stap_stat_names[ops[i]], (long long)stap_stat_read(stat, var, ops[i]));
	buf_putc(out, '\n');
}

static void add_value(struct buf *out, const struct stap_value *value)
{
	if (!value->text) {
		buf_printf(out, "%lld", (long long)value->number);
		return;
	}
	buf_putc(out, '"');
	stap_escape(value->text, 0, false, out);
	buf_putc(out, '"');
}

static int compare_falling(const void *a, const void *b, void *data)
{
	const struct stap_element *x = *(struct stap_element *const *)a, *y = *(struct stap_element *const *)b;
	int64_t by_x = x->stat ? x->stat->count : x->value.number, by_y = y->stat ? y->stat->count : y->value.number;

	(void)data;
	if (x->value.text && y->value.text)
		return strcmp(y->value.text, x->value.text);
	return by_x > by_y ? -1 : by_x < by_y;
}

static void add_array(struct buf *out, const struct stap_global *global)
{
	struct stap_element **list = malloc(sizeof(struct stap_element *) * (global->len + 1));
	unsigned len = 0;

	if (!list)
		abort();
	for (struct stap_element *e = global->elements; e; e = e->hh.next)
		list[len++] = e;
	qsort_r(list, len, sizeof(*list), compare_falling, NULL);
	for (unsigned i = 0; i < len; i++) {
		buf_puts(out, global->var->name);
		for (unsigned k = 0; k < global->var->keys_len; k++) {
			buf_putc(out, k ? ',' : '[');
			add_value(out, &list[i]->keys[k]);
		}
		buf_putc(out, ']');
		if (list[i]->stat) {
			add_stat(out, list[i]->stat, global->var);
			continue;
		}
		buf_putc(out, '=');
		add_value(out, &list[i]->value);
		buf_putc(out, '\n');
	}
	free(list);
}

static void print_unread(struct session *s)
{
	struct buf *out = &s->run->out;

	for (unsigned i = 0; i < s->run->script->globals_len; i++) {
		const struct stap_global *global = &s->run->globals[i];
		const struct stap_var *var = global->var;

		if (var->is_read || !var->is_written || var->is_library || !var->type)
			continue;
		if (var->keys_len) {
			add_array(out, global);
			continue;
		}
		buf_puts(out, var->name);
		if (var->type == STAP_STATS) {
			add_stat(out, global->stat, var);
			continue;
		}
		buf_putc(out, '=');
		add_value(out, &global->value);
		buf_putc(out, '\n');
	}
	hand_out(s);
}

int stap_session(struct stap_run *run, const struct stap_output *output)
{
	struct session s = {.run = run, .output = output};

	stap_globals_new(run);
	run_event(&s, EVENT_BEGIN);
	if (!run->is_exiting) {
		arm_timers(&s);
		run_timers(&s);
	}
	if (run->is_failed) {
		run_event(&s, EVENT_ERROR);
	} else {
		run_event(&s, EVENT_END);
		if (!run->is_failed)
			print_unread(&s);
	}
	if (run->errors) {
		struct buf text = {0};

		buf_printf(&text, "WARNING: Number of errors: %u, skipped probes: 0\n", run->errors);
		output->message(output->data, text.data);
		buf_free(&text);
	}
	free(s.timers);
	stap_globals_free(run);
	return run->is_failed;
}
