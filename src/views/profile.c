/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `report profile`: samples with stacks, by thread and by function, as folded stacks or as JSON. In: the aggregation
 * @samples of scripts/profile.d, keyed by process, thread, stage, kernel's stack, process's stack.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/short_name.h"
#include "report/csv.h"
#include "report/common.h"
#include "pictures/picture.h"
#include "report/pprof.h"
#include "report/stack.h"
#include "views/view.h"

enum { KEY_PROCESS, KEY_THREAD, KEY_STAGE, KEY_KERNEL, KEY_USER, KEYS, GROUPS = 8, FUNCTIONS = 14, HEADS = 1 << 14 };

static const char *const stages[] = {
	"no stage",    "dispatch of a message", "op: PG", "op: execution", "store: transaction",
	"store: read", "store: key-value sync"};

/* What is counted under one name: a group, or a function. */
struct count {
	struct count *next;
	const char *name;
	uint64_t self, total;		    /* samples */
	uint64_t self_before, total_before; /* of the run to compare with */
	unsigned seen;			    /* the stack that counted it last: recursion counts once */
};

struct counts {
	struct count *heads[HEADS];
	struct count **list;
	unsigned len;
};

struct profile {
	struct arena *arena;
	struct report *report;
	const struct view *view;
	struct counts groups, functions;
	uint64_t samples, samples_before, without_stack, cut;
	unsigned stacks;
	struct buf name;
	struct picture *picture;
	struct pprof *pprof;
};

enum { BY, HZ, FOLDED, ICICLE, INLINES, BEFORE, PPROF, VERBOSE, OPTIONS };
enum { BY_THREAD, BY_PROCESS, BY_STAGE };

struct own {
	uint64_t start_wall_ns; /* in ns since 1970 */
};

static uint64_t option(const struct profile *profile, unsigned i)
{
	return profile->view->values[i].number;
}

static const char *before_text(const struct profile *profile)
{
	return profile->view->values[BEFORE].text;
}

static uint64_t start_ns(const struct profile *profile)
{
	return ((const struct own *)profile->view->own)->start_wall_ns;
}

/* One row of @samples. */
struct sample {
	const char *process, *thread;
	uint64_t stage;
	const struct stack *kernel, *user;
	uint64_t count;
};

static const char *stage_name(const struct sample *sample)
{
	return stages[sample->stage < sizeof(stages) / sizeof(stages[0]) ? sample->stage : 0];
}

/* ---- counting ---- */

static struct count *count_of(struct profile *profile, struct counts *counts, const char *name)
{
	uint64_t hash = 14695981039346656037u;
	struct count **head, *count;

	for (const char *at = name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	head = &counts->heads[hash % HEADS];
	for (count = *head; count; count = count->next)
		if (!strcmp(count->name, name))
			return count;
	count = arena_new_one(profile->arena, struct count);
	*count = (struct count){.next = *head, .name = arena_strdup(profile->arena, name)};
	*head = count;
	*arena_push(profile->arena, counts->list, counts->len) = count;
	return count;
}

static int compare_self(const void *left, const void *right)
{
	const struct count *a = *(struct count *const *)left, *b = *(struct count *const *)right;

	if (a->self != b->self)
		return a->self > b->self ? -1 : 1;
	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void count_function(struct profile *profile, const char *name, uint64_t count, bool is_leaf)
{
	struct count *function = count_of(profile, &profile->functions, name);

	if (is_leaf)
		function->self += count;
	if (function->seen == profile->stacks)
		return;
	function->seen = profile->stacks;
	function->total += count;
}

/* The frame's name in a table, in profile->name: short, unless all is to be shown. */
static void table_name(struct profile *profile, const char *module, const char *function)
{
	struct buf *name = &profile->name;

	buf_clear(name);
	if (module)
		buf_printf(name, "%s`", module);
	if (option(profile, VERBOSE))
		buf_puts(name, function);
	else
		short_name(function, name);
}

static void count_frames(struct profile *profile, const struct stack *stack, uint64_t count, bool *is_leaf)
{
	for (unsigned i = 0; stack && i < stack->len; i++) {
		const struct stack_frame *frame = &stack->frames[i];

		buf_clear(&profile->name);
		if (frame->function)
			table_name(profile, frame->module, frame->function);
		else
			stack_frame_print(frame, false, &profile->name);
		count_function(profile, profile->name.data, count, *is_leaf);
		*is_leaf = false;
	}
}

static void group_name(struct profile *profile, const struct sample *sample)
{
	struct buf *name = &profile->name;

	buf_clear(name);
	buf_puts(name, sample->process);
	if (option(profile, BY) == BY_THREAD)
		buf_printf(name, " %s", sample->thread);
	else if (option(profile, BY) == BY_STAGE)
		buf_printf(name, " %s", stage_name(sample));
}

static void count_sample(struct profile *profile, const struct sample *sample)
{
	bool is_leaf = true;

	profile->samples += sample->count;
	profile->stacks++;
	group_name(profile, sample);
	count_of(profile, &profile->groups, profile->name.data)->self += sample->count;
	count_frames(profile, sample->kernel, sample->count, &is_leaf);
	count_frames(profile, sample->user, sample->count, &is_leaf);
	if (is_leaf)
		profile->without_stack += sample->count;
	else if (sample->user && sample->user->note)
		profile->cut += sample->count;
}

/* ---- rows of the aggregation ---- */

static bool has_keys(const struct agg_layout *layout)
{
	static const enum field_kind kinds[KEYS] = {[KEY_PROCESS] = FIELD_STRING,
						    [KEY_THREAD] = FIELD_STRING,
						    [KEY_STAGE] = FIELD_INT,
						    [KEY_KERNEL] = FIELD_STACK,
						    [KEY_USER] = FIELD_STACK};

	if (layout->keys_len != KEYS)
		return false;
	for (unsigned i = 0; i < KEYS; i++)
		if (layout->keys[i].kind != kinds[i])
			return false;
	return true;
}

static unsigned find_samples(const struct schema *schema)
{
	for (unsigned i = 0; i < schema->aggs_len; i++)
		if (!strcmp(schema->aggs[i].name, "samples") && has_keys(&schema->aggs[i]))
			return i;
	return ~0u;
}

static const char *text_key(struct profile *profile, const struct field *field, const char *key)
{
	return arena_strndup(profile->arena, key + field->offset, field_text_size(field, key + field->offset));
}

static void each_sample(struct profile *profile, void (*each)(struct profile *profile, const struct sample *sample))
{
	unsigned agg = find_samples(profile->report->schema), rows_len;
	const struct agg_row *rows = reader_agg_rows(profile->report->reader, agg, &rows_len);
	const struct field *keys = profile->report->schema->aggs[agg].keys;

	for (unsigned i = 0; i < rows_len; i++) {
		const char *key = rows[i].key;
		struct sample sample = {
			.process = text_key(profile, &keys[KEY_PROCESS], key),
			.thread = text_key(profile, &keys[KEY_THREAD], key),
			.stage = field_int(&keys[KEY_STAGE], key + keys[KEY_STAGE].offset),
			.kernel = report_stack_of(profile->report,
						  field_int(&keys[KEY_KERNEL], key + keys[KEY_KERNEL].offset)),
			.user = report_stack_of(profile->report,
						field_int(&keys[KEY_USER], key + keys[KEY_USER].offset)),
			.count = rows[i].value[0],
		};

		each(profile, &sample);
	}
}

/* ---- folded stacks: outermost;...;innermost COUNT ---- */

/* Frames of one sample, the outermost first. */
struct frames {
	struct arena *arena;
	const char **names;
	unsigned len;
};

static void add_frame(struct frames *frames, const char *name)
{
	*arena_push(frames->arena, frames->names, frames->len) = name;
}

/* As flamegraph.pl expects: the kernel's functions are marked, and those that were inlined. */
static void add_stack(struct profile *profile, struct frames *frames, const struct stack *stack)
{
	for (unsigned i = stack ? stack->len : 0; i; i--) {
		buf_clear(&profile->name);
		stack_frame_print(&stack->frames[i - 1], false, &profile->name);
		buf_puts(&profile->name, !stack->pid ? "_[k]" : stack->frames[i - 1].is_inlined ? "_[i]" : "");
		add_frame(frames, arena_strdup(frames->arena, profile->name.data));
	}
}

static struct frames frames_of(struct profile *profile, const struct sample *sample)
{
	struct frames frames = {.arena = arena_new()};

	add_frame(&frames, sample->process);
	add_frame(&frames, option(profile, BY) == BY_STAGE ? stage_name(sample) : sample->thread);
	add_stack(profile, &frames, sample->user);
	add_stack(profile, &frames, sample->kernel);
	return frames;
}

static void print_folded(struct profile *profile, const struct sample *sample)
{
	struct shown *out = &profile->report->pending;
	struct frames frames = frames_of(profile, sample);

	for (unsigned i = 0; i < frames.len; i++) {
		if (i)
			shown_putc(out, ';');
		shown_text(out, SHOWN_FOLDED, frames.names[i], strlen(frames.names[i]));
	}
	shown_printf(out, " %" PRIu64 "\n", sample->count);
	arena_free(frames.arena);
}

/* ---- a flame graph ---- */

static void draw_sample(struct profile *profile, const struct sample *sample)
{
	struct frames frames = frames_of(profile, sample);

	if (before_text(profile))
		picture_stack_diff(profile->picture, frames.names, frames.len, 0, (double)sample->count);
	else
		picture_stack(profile->picture, frames.names, frames.len, (double)sample->count);
	arena_free(frames.arena);
}

static void draw_before(struct profile *profile)
{
	char *text = arena_strdup(profile->arena, before_text(profile)), *line, *next, *at, *space;

	for (line = text; line && *line; line = next) {
		const char **frames = NULL;
		unsigned len = 0;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		space = strrchr(line, ' ');
		if (!space)
			continue;
		*space = '\0';
		for (at = line; at;) {
			char *frame = at;

			at = strchr(at, ';');
			if (at)
				*at++ = '\0';
			*arena_push(profile->arena, frames, len) = shown_read(frame);
		}
		picture_stack_diff(profile->picture, frames, len, strtod(space + 1, NULL), 0);
	}
}

static int draw(struct profile *profile)
{
	bool is_change = before_text(profile);

	profile->picture = picture_flame(profile->view->picture,
					 is_change ? "what has changed on the processors" : "time on processors",
					 "samples", option(profile, ICICLE) ? PICTURE_ICICLE : PICTURE_FLAME);
	each_sample(profile, draw_sample);
	if (is_change)
		draw_before(profile);
	return picture_end(profile->picture);
}

/* ---- pprof ---- */

static void pprof_sample(struct profile *profile, const struct sample *sample)
{
	pprof_add(profile->pprof, &(struct pprof_sample){
					  .process = sample->process,
					  .thread = sample->thread,
					  .stage = option(profile, BY) == BY_STAGE ? stage_name(sample) : NULL,
					  .user = sample->user,
					  .kernel = sample->kernel,
					  .count = sample->count,
				  });
}

static int write_pprof(struct profile *profile)
{
	uint64_t began_ns = start_ns(profile), duration_ns = report_time_ns(profile->report) - began_ns;
	int error = report_flush(profile->report); /* what came before goes elsewhere */
	struct buf file = {0};

	if (error)
		return error;
	profile->pprof = pprof_new(1000000000 / option(profile, HZ));
	each_sample(profile, pprof_sample);
	error = pprof_end(profile->pprof, (int64_t)began_ns, duration_ns, &file);
	shown_bytes(&profile->report->pending, file.data, file.size);
	buf_free(&file);
	return error ? error : report_write(profile->report, profile->view->values[PPROF].text);
}

/* ---- another run, from its folded stacks ---- */

static void before_line(struct profile *profile, char *line)
{
	char *space = strrchr(line, ' '), *frame, *next, *at;
	uint64_t count = space ? strtoull(space + 1, NULL, 10) : 0;
	unsigned depth = 0;

	if (!count)
		return;
	*space = '\0';
	profile->stacks++;
	profile->samples_before += count;
	for (frame = line; frame; frame = next, depth++) {
		struct count *function;
		size_t size;

		next = strchr(frame, ';');
		if (next)
			*next++ = '\0';
		if (depth < 2) /* process and thread */
			continue;
		shown_read(frame);
		size = strlen(frame);
		if (size > 4 && (!strcmp(frame + size - 4, "_[k]") || !strcmp(frame + size - 4, "_[i]")))
			frame[size - 4] = '\0';
		at = strchr(frame, '`'); /* the names of this run, whichever way the other run's are */
		if (at)
			*at++ = '\0';
		table_name(profile, at ? frame : NULL, at ? at : frame);
		function = count_of(profile, &profile->functions, profile->name.data);
		if (!next)
			function->self_before += count;
		if (function->seen != profile->stacks)
			function->total_before += count;
		function->seen = profile->stacks;
	}
}

static void take_before(struct profile *profile)
{
	char *text = arena_strdup(profile->arena, before_text(profile)), *line, *next;

	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		before_line(profile, line);
	}
}

/* ---- text ---- */

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_heading(struct profile *profile)
{
	struct shown *out = &profile->report->pending;
	double seconds = (double)(report_time_ns(profile->report) - start_ns(profile)) / 1e9;
	uint64_t possible = (uint64_t)(seconds * (double)option(profile, HZ) * profile->view->processors);

	shown_printf(out,
		     "%" PRIu64
		     " samples in %.1f s, %u per second and processor: %.0f %% of what %u processors can do\n",
		     profile->samples, seconds, (unsigned)option(profile, HZ), share(profile->samples, possible),
		     profile->view->processors);
	if (profile->cut)
		shown_printf(out,
			     "%" PRIu64
			     " of them (%.1f %%) have a stack that ends early: see cephtap report profile --folded\n",
			     profile->cut, share(profile->cut, profile->samples));
	if (profile->without_stack)
		shown_printf(out, "%" PRIu64 " of them have no stack\n", profile->without_stack);
}

static void print_groups(struct profile *profile)
{
	static const char *const titles[] = {"PROCESS AND THREAD", "PROCESS", "PROCESS AND STAGE"};
	struct shown *out = &profile->report->pending;
	unsigned len = profile->groups.len, max = option(profile, VERBOSE) ? len : GROUPS;

	if (len)
		qsort(profile->groups.list, len, sizeof(*profile->groups.list), compare_self);
	shown_printf(out, "\n%8s %9s  %s\n", "SHARE", "SAMPLES", titles[option(profile, BY)]);
	for (unsigned i = 0; i < len && i < max; i++)
		shown_printf(out, "%6.1f %% %9" PRIu64 "  %s\n", share(profile->groups.list[i]->self, profile->samples),
			     profile->groups.list[i]->self, profile->groups.list[i]->name);
	if (len > max)
		shown_printf(out, "%18s  and %u more (-v shows them)\n", "", len - max);
}

static void print_functions(struct profile *profile)
{
	struct shown *out = &profile->report->pending;
	unsigned len = profile->functions.len, max = option(profile, VERBOSE) ? len : FUNCTIONS;

	if (len)
		qsort(profile->functions.list, len, sizeof(*profile->functions.list), compare_self);
	shown_printf(out, "\n%8s %8s  %s\n", "SELF", "TOTAL", "FUNCTION");
	for (unsigned i = 0; i < len && i < max; i++)
		shown_printf(out, "%6.1f %% %6.1f %%  %s\n", share(profile->functions.list[i]->self, profile->samples),
			     share(profile->functions.list[i]->total, profile->samples),
			     profile->functions.list[i]->name);
	if (len > max)
		shown_printf(out, "%17s  and %u more (-v shows them)\n", "", len - max);
}

static double change(const struct profile *profile, const struct count *function)
{
	return share(function->self, profile->samples) - share(function->self_before, profile->samples_before);
}

static int compare_change(const void *left, const void *right, void *data)
{
	double a = change(data, *(struct count *const *)left), b = change(data, *(struct count *const *)right);

	a = a < 0 ? -a : a;
	b = b < 0 ? -b : b;
	return a > b ? -1 : a < b;
}

static void print_changes(struct profile *profile)
{
	struct shown *out = &profile->report->pending;
	unsigned len = profile->functions.len, max = option(profile, VERBOSE) ? len : FUNCTIONS;

	if (len)
		qsort_r(profile->functions.list, len, sizeof(*profile->functions.list), compare_change, profile);
	shown_printf(out, "\n%8s %8s %8s  %s\n", "BEFORE", "NOW", "CHANGE", "FUNCTION, by the change of its own share");
	for (unsigned i = 0; i < len && i < max; i++) {
		const struct count *function = profile->functions.list[i];

		shown_printf(out, "%6.1f %% %6.1f %% %+6.1f %%  %s\n",
			     share(function->self_before, profile->samples_before),
			     share(function->self, profile->samples), change(profile, function), function->name);
	}
}

/* ---- JSON ---- */

static void add_json_frames(struct profile *profile, struct json_object *array, const struct stack *stack)
{
	for (unsigned i = stack ? stack->len : 0; i; i--) {
		buf_clear(&profile->name);
		stack_frame_line(&stack->frames[i - 1], false, &profile->name);
		json_object_array_add(array, json_object_new_string(profile->name.data));
	}
}

static void print_json(struct profile *profile, const struct sample *sample)
{
	struct json_object *object = json_object_new_object(), *frames = json_object_new_array();

	json_object_object_add(object, "type", json_object_new_string("samples"));
	json_object_object_add(object, "process", json_object_new_string(sample->process));
	json_object_object_add(object, "thread", json_object_new_string(sample->thread));
	if (option(profile, BY) == BY_STAGE)
		json_object_object_add(object, "stage", json_object_new_string(stage_name(sample)));
	json_object_object_add(object, "count", json_object_new_uint64(sample->count));
	add_json_frames(profile, frames, sample->user);
	add_json_frames(profile, frames, sample->kernel);
	json_object_object_add(object, "frames", frames);
	shown_json(&profile->report->pending, object, JSON_C_TO_STRING_PLAIN);
	shown_putc(&profile->report->pending, '\n');
	json_object_put(object);
}

/* ---- CSV: a row for each stack of a thread ---- */

static void print_csv(struct profile *profile, const struct sample *sample)
{
	static const char *const columns[] = {"process", "thread", "stage", "samples", "cpu_ns", "function", "stack"};
	struct json_object *object = json_object_new_object(), *stack = json_object_new_array();
	struct frames frames = {.arena = arena_new()};

	add_stack(profile, &frames, sample->user);
	add_stack(profile, &frames, sample->kernel);
	for (unsigned i = 0; i < frames.len; i++)
		json_object_array_add(stack, json_object_new_string(frames.names[i]));
	json_object_object_add(object, "process", json_object_new_string(sample->process));
	json_object_object_add(object, "thread", json_object_new_string(sample->thread));
	if (option(profile, BY) == BY_STAGE)
		json_object_object_add(object, "stage", json_object_new_string(stage_name(sample)));
	json_object_object_add(object, "samples", json_object_new_uint64(sample->count));
	json_object_object_add(object, "cpu_ns",
			       json_object_new_uint64(sample->count * 1000000000 / option(profile, HZ)));
	json_object_object_add(object, "function",
			       json_object_new_string(frames.len ? frames.names[frames.len - 1] : ""));
	json_object_object_add(object, "stack", stack);
	csv_row_of(profile->report, columns, sizeof(columns) / sizeof(columns[0]), object);
	json_object_put(object);
	arena_free(frames.arena);
}

/* ---- the view ---- */

static void print(struct profile *profile)
{
	if (profile->view->form == FORM_CSV) {
		each_sample(profile, print_csv);
	} else if (profile->view->form == FORM_JSON) {
		each_sample(profile, print_json);
	} else if (option(profile, FOLDED)) {
		each_sample(profile, print_folded);
	} else {
		each_sample(profile, count_sample);
		print_heading(profile);
		print_groups(profile);
		if (before_text(profile))
			take_before(profile);
		if (before_text(profile))
			print_changes(profile);
		else
			print_functions(profile);
	}
}

static void begin(struct view *view, const struct report *report)
{
	((struct own *)view->own)->start_wall_ns = report_time_ns(report);
}

static int end(struct view *view, struct report *report)
{
	struct profile profile = {.report = report, .view = view};
	int error;

	if (find_samples(report->schema) == ~0u)
		return -EINVAL;
	error = reader_snapshot(report->reader);
	if (error)
		return error;
	profile.arena = arena_new();
	print(&profile);
	if (view->picture)
		error = draw(&profile);
	if (!error && view->values[PPROF].is_given)
		error = write_pprof(&profile);
	reader_agg_mark_printed(report->reader, find_samples(report->schema)); /* not once more by itself */
	buf_free(&profile.name);
	arena_free(profile.arena);
	return error ? error : report_flush(report);
}

static const char *more(const struct view *view)
{
	return view->values[BY].number == BY_STAGE ? "profile-stages.d" : NULL;
}

static bool check(const struct view *view, const struct facts *facts, struct buf *why)
{
	if (!facts)
		return true;
	if (view->values[BY].is_given && view->values[BY].number == BY_STAGE &&
	    fact_number(facts, "by", BY_THREAD) != BY_STAGE)
		buf_puts(why, "was not recorded with --by stage");
	else if (!fact_number(facts, "hz", 0))
		buf_puts(why, "does not say how often it has sampled");
	return !why->size;
}

static const char *const by_words[] = {"thread", "process", "stage", NULL};

static const struct view_option options[OPTIONS] = {
	[BY] = {.name = "by",
		.arg = "WHAT",
		.kind = VIEW_WORD,
		.words = by_words,
		.help = "thread (default), process, or stage: what an OSD's thread works on"},
	[HZ] = {.name = "hz",
		.arg = "N",
		.kind = VIEW_NUMBER,
		.least = 1,
		.most = 5000,
		.otherwise = 97,
		.of = "samples per second",
		.help = "samples per second and processor (default 97)",
		.is_argument = true,
		.is_gathered = true},
	[FOLDED] = {.name = "folded",
		    .help = "one line for each stack, a;b;c COUNT, as flamegraph.pl and speedscope read them"},
	[ICICLE] = {.name = "icicle", .help = "the graph of --html with its root above"},
	[INLINES] = {.name = "inlines",
		     .help = "functions that were inlined too, where there is debug information",
		     .sets = "inlines",
		     .is_gathered = true},
	[BEFORE] = {.name = "before",
		    .arg = "FILE",
		    .kind = VIEW_CONTENT,
		    .help = "compare with another run's --folded"},
	[PPROF] = {.name = "pprof",
		   .arg = "FILE",
		   .kind = VIEW_FILE,
		   .help = "the samples as pprof reads them (gzip'ed profile.proto) as well"},
	[VERBOSE] = {.letter = 'v', .name = "verbose", .help = "all threads and functions, with their whole names"},
};

const struct view_ops view_profile = {
	.name = "profile",
	.doc = "where processors spend their time: by thread and function, with the stacks of kernel and process",
	.script = "profile.d",
	.options = options,
	.options_len = OPTIONS,
	.forms = VIEW_FORM(JSON) | VIEW_FORM(CSV),
	.picture = "a flame graph; two runs with --before: what has changed",
	.size = sizeof(struct own),
	.more = more,
	.check = check,
	.begin = begin,
	.end = end,
};
