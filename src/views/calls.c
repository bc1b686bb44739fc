/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From records to trees: each thread has the frames that are open now. */
#include "views/calls.h"

#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"
#include "views/calls_private.h"
#include "report/common.h"

/* What is deeper is time of the caller: runaway recursion would make trees that nobody can read. */
enum { DEPTH_MAX = 200, ROOM_FIRST = 64 };

/* The values of a record, in their order. */
enum { VALUE_TID, VALUE_TIME, VALUE_SP, VALUE_CALL, VALUE_NUMBER, VALUE_THROWN, VALUES };

struct event {
	unsigned function;
	bool is_entry;
	uint64_t tid, ns, sp, call, number, thrown;
};

/* --- Threads --- */

static struct call_thread *place_of(struct call_thread *threads, unsigned room, uint64_t id)
{
	unsigned i = (unsigned)((id * 0x9e3779b97f4a7c15u) >> 32) & (room - 1);

	while (threads[i].id && threads[i].id != id)
		i = (i + 1) & (room - 1);
	return &threads[i];
}

static void grow_threads(struct calls *calls)
{
	unsigned room = calls->threads_room ? 2 * calls->threads_room : ROOM_FIRST;
	struct call_thread *threads = calloc(room, sizeof(*threads));

	if (!threads)
		memory_end();
	for (unsigned i = 0; i < calls->threads_room; i++)
		if (calls->threads[i].id)
			*place_of(threads, room, calls->threads[i].id) = calls->threads[i];
	free(calls->threads);
	calls->threads = threads;
	calls->threads_room = room;
}

/* Numbers of threads are those of their process's own namespace: two containers may both have a 17. */
static struct call_thread *thread_of(struct calls *calls, uint64_t tid)
{
	uint64_t id = (uint64_t)(uint32_t)calls->pid << 32 | (uint32_t)tid;
	struct call_thread *thread;

	if (2 * calls->threads_len >= calls->threads_room)
		grow_threads(calls);
	thread = place_of(calls->threads, calls->threads_room, id);
	if (!thread->id) {
		thread->id = id;
		calls->threads_len++;
	}
	return thread;
}

static void abandon(struct call_thread *thread)
{
	call_node_free(thread->tree);
	thread->tree = NULL;
	thread->frames_len = 0;
}

/* --- Whole calls --- */

/* Keeps the tree if it is one of the slowest. */
static void keep_slowest(struct calls *calls, struct whole_call call)
{
	unsigned at = calls->slowest_len, max = calls->slowest_max;

	while (at && calls->slowest[at - 1].ns < call.ns)
		at--;
	if (at == max) {
		call_node_free(call.tree);
		return;
	}
	if (calls->slowest_len == max)
		call_node_free(calls->slowest[max - 1].tree);
	else
		calls->slowest_len++;
	memmove(&calls->slowest[at + 1], &calls->slowest[at], (calls->slowest_len - at - 1) * sizeof(call));
	calls->slowest[at] = call;
}

static struct call_node *sum_of(struct calls *calls, unsigned function)
{
	for (unsigned i = 0; i < calls->trees_len; i++)
		if (calls->trees[i]->function == function)
			return calls->trees[i];
	calls->trees = realloc(calls->trees, (calls->trees_len + 1) * sizeof(struct call_node *));
	if (!calls->trees)
		memory_end();
	return calls->trees[calls->trees_len++] = call_node_new(function);
}

static void take_whole(struct calls *calls, struct call_thread *thread, uint64_t start_ns)
{
	struct call_node *tree = thread->tree;

	calls->count++;
	calls->total_ns += tree->total_ns;
	if (tree->total_ns > calls->max_ns)
		calls->max_ns = tree->total_ns;
	call_node_merge(sum_of(calls, tree->function), tree);
	keep_slowest(calls, (struct whole_call){.pid = (pid_t)(thread->id >> 32),
						.tid = (uint32_t)thread->id,
						.start_ns = start_ns,
						.ns = tree->total_ns,
						.tree = tree});
	thread->tree = NULL;
}

/* --- Frames --- */

static void push(struct calls *calls, struct call_thread *thread, const struct event *event, struct call_node *node)
{
	if (thread->frames_len == thread->frames_room) {
		thread->frames_room = thread->frames_room ? 2 * thread->frames_room : ROOM_FIRST;
		thread->frames = realloc(thread->frames, thread->frames_room * sizeof(*thread->frames));
		if (!thread->frames)
			memory_end();
	}
	calls->too_deep += !node;
	thread->frames[thread->frames_len++] = (struct call_frame){node, event->function, event->sp, event->ns};
}

static void pop(struct call_thread *thread, uint64_t ns, bool is_return)
{
	const struct call_frame *frame = &thread->frames[--thread->frames_len];

	if (frame->node)
		call_node_add(frame->node, ns > frame->start_ns ? ns - frame->start_ns : 0, !is_return);
}

/* Those that the thread has left without a return: it is further up the stack now. */
static void pop_gone(struct calls *calls, struct call_thread *thread, const struct event *event)
{
	while (thread->frames_len) {
		uint64_t sp = thread->frames[thread->frames_len - 1].sp;

		if (sp > event->sp || (sp == event->sp && !event->is_entry))
			return;
		pop(thread, event->ns, false);
	}
	if (!thread->tree)
		return;
	calls->unseen_end++; /* when it ended is not known: only when it was seen that it had */
	abandon(thread);
}

static void enter(struct calls *calls, struct call_thread *thread, const struct event *event)
{
	const struct call_frame *caller;
	struct call_node *node;

	if (!thread->tree) {
		if (!calls->names.functions[event->function].is_trigger)
			return;
		thread->tree = call_node_new(event->function);
		push(calls, thread, event, thread->tree);
		return;
	}
	caller = &thread->frames[thread->frames_len - 1];
	node = caller->node && thread->frames_len < DEPTH_MAX ? call_node_child(caller->node, event->function) : NULL;
	push(calls, thread, event, node);
}

static void leave(struct calls *calls, struct call_thread *thread, const struct event *event)
{
	const struct call_frame *frame = &thread->frames[thread->frames_len - 1];
	uint64_t start_ns = thread->frames[0].start_ns;

	if (!thread->tree)
		return;
	if (frame->function != event->function) {
		calls->unmatched++;
		return;
	}
	pop(thread, event->ns, true);
	if (!thread->frames_len)
		take_whole(calls, thread, start_ns);
}

/* --- Is anything missing? --- */

static void lose(struct calls *calls, struct call_thread *thread)
{
	calls->damaged += !thread->is_damaged;
	thread->is_damaged = true;
	abandon(thread);
}

/* The thread's next call; records of the one before may be missing at its end, all records of those between are. */
static void next_call(struct calls *calls, struct call_thread *thread, const struct event *event)
{
	if (thread->tree && event->thrown > thread->thrown)
		calls->unseen_end++;
	else if (thread->tree)
		calls->damaged++;
	abandon(thread);
	if (event->call > thread->call)
		calls->damaged += event->call - thread->call - 1;
	thread->call = event->call;
	thread->thrown = event->thrown;
	thread->number = 0;
	thread->is_damaged = false;
}

static bool follows(struct calls *calls, struct call_thread *thread, const struct event *event)
{
	if (event->call != thread->call)
		next_call(calls, thread, event);
	if (event->number != thread->number + 1)
		lose(calls, thread);
	thread->number = event->number;
	return !thread->is_damaged;
}

static void take(struct calls *calls, const struct event *event)
{
	struct call_thread *thread = thread_of(calls, event->tid);

	if (!follows(calls, thread, event) || !calls->names.functions[event->function].is_followed)
		return;
	pop_gone(calls, thread, event);
	if (event->is_entry)
		enter(calls, thread, event);
	else if (thread->frames_len)
		leave(calls, thread, event);
}

/* --- The view --- */

enum { TRIGGER, FUNCTIONS, SLOWEST, FOLDED, SCRIPT_OPTION, OPTIONS };

static void begin(struct view *view, const struct report *report)
{
	struct calls *calls = view->own;

	calls->report = report;
	calls->trigger = view->values[TRIGGER].is_given ? view->values[TRIGGER].text : "?";
	calls->slowest_max = (unsigned)view->values[SLOWEST].number;
	calls->slowest = calloc(calls->slowest_max + 1, sizeof(*calls->slowest));
	if (!calls->slowest)
		memory_end();
	call_names_init(&calls->names, report->schema);
	calls->begin_ns = report->now.mono_ns;
}

static void free_own(struct view *view)
{
	struct calls *calls = view->own;

	for (unsigned i = 0; i < calls->threads_room; i++) {
		call_node_free(calls->threads[i].tree);
		free(calls->threads[i].frames);
	}
	for (unsigned i = 0; i < calls->trees_len; i++)
		call_node_free(calls->trees[i]);
	for (unsigned i = 0; i < calls->slowest_len; i++)
		call_node_free(calls->slowest[i].tree);
	free(calls->threads);
	free(calls->trees);
	free(calls->slowest);
	call_names_free(&calls->names);
}

/* The values that trace() recorded; returns how many there are. */
static unsigned values_of(const struct record_layout *layout, const struct record_head *head, uint64_t values[VALUES])
{
	const char *record = (const char *)head;
	unsigned len = 0;

	for (unsigned i = 0; i < layout->actions_len && len < VALUES; i++) {
		const struct record_action *action = &layout->actions[i];

		if (action->fields_len && action->fields[0].kind == FIELD_INT && record[action->present])
			values[len++] = field_int(&action->fields[0], record + action->fields[0].offset);
	}
	return len;
}

static int event(struct view *view, const struct record_layout *layout, const struct schema_probe *probe,
		 const struct record_head *head)
{
	struct calls *calls = view->own;
	uint64_t values[VALUES];

	calls->pid = probe->pid;
	if (values_of(layout, head, values) == VALUES)
		take(calls, &(struct event){.function = calls->names.of_probe[head->probe],
					    .is_entry = calls->names.is_entry[head->probe],
					    .tid = values[VALUE_TID],
					    .ns = values[VALUE_TIME],
					    .sp = values[VALUE_SP],
					    .call = values[VALUE_CALL],
					    .number = values[VALUE_NUMBER],
					    .thrown = values[VALUE_THROWN]});
	return 0;
}

/* They are counted, and so are the calls that they belonged to. */
static void lost(struct view *view, uint64_t count)
{
	((struct calls *)view->own)->lost += count;
}

static int end(struct view *view, struct report *report)
{
	struct calls *calls = view->own;

	for (unsigned i = 0; i < calls->threads_room; i++)
		calls->unfinished += calls->threads[i].tree != NULL;
	calls->form = view->form == FORM_JSON ? CALLS_JSON : view->values[FOLDED].is_given ? CALLS_FOLDED : CALLS_TEXT;
	calls_print(calls, &report->pending);
	return report_flush(report);
}

static bool check(const struct view *view, const struct facts *facts, struct buf *why)
{
	const struct view_value *trigger = &view->values[TRIGGER];

	if (!facts && (!trigger->is_given || !*trigger->text))
		buf_puts(why,
			 "--trigger says which function: cephtap report calls --trigger PrimaryLogPG::do_op --osd 0");
	return !why->size;
}

static const struct view_option options[OPTIONS] = {
	[TRIGGER] = {.name = CALLS_TRIGGER,
		     .arg = "FUNCTION",
		     .kind = VIEW_TEXT,
		     .is_gathered = true,
		     .help = "as people write it (PrimaryLogPG::do_op), with its parameters, or as it is in the file; "
			     "a glob"},
	[FUNCTIONS] = {.name = CALLS_FUNCTIONS,
		       .arg = "GLOB[,...]",
		       .kind = VIEW_TEXT,
		       .is_gathered = true,
		       .help = "the functions to follow, such as 'PrimaryLogPG::*,BlueStore::*' (default: the "
			       "trigger's class)"},
	[SLOWEST] = {.name = "slowest",
		     .arg = "N",
		     .kind = VIEW_NUMBER,
		     .least = 1,
		     .most = 1000,
		     .help = "the N slowest calls one at a time, instead of the sum of all"},
	[FOLDED] = {.name = "folded",
		    .is_form = true,
		    .help = "folded stacks, `a;b;c N` with N ns in c itself, for flame graphs"},
	[SCRIPT_OPTION] = {.letter = 'x',
			   .name = "x",
			   .arg = "bufsize=SIZE",
			   .kind = VIEW_TEXT,
			   .sets = "",
			   .is_gathered = true,
			   .help = "memory for records that wait to be read (default 32m), where some are lost"},
};

const struct view_ops view_calls = {
	.name = "calls",
	.doc = "what one function of a process calls, as a tree with the time in each step, from its entry to its "
	       "return",
	.options = options,
	.options_len = OPTIONS,
	.forms = VIEW_FORM(JSON),
	.needs = VIEW_PROCESSES | VIEW_ONE_HOST | VIEW_NAMES_REFUSED,
	.size = sizeof(struct calls),
	.begin = begin,
	.event = event,
	.lost = lost,
	.end = end,
	.free = free_own,
	.check = check,
};
