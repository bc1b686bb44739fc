/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees of calls as text, as JSON, or as folded stacks for flame graphs. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "views/calls_private.h"
#include "report/latency.h"

enum { NAMES_SAID = 3 };

static const char *name_of(const struct calls *calls, const struct call_node *node)
{
	return calls->names.functions[node->function].shown;
}

/* "14:03:05.123": when something was by the clock of `timestamp`. */
static void clock_print(const struct calls *calls, uint64_t ns, char text[32])
{
	const struct report *report = calls->report;
	uint64_t wall = report->now.wall_ns - (report->now.mono_ns - ns);
	struct tm local = zone_time(report->zone, wall);

	snprintf(text, 32, "%02d:%02d:%02d.%03u", local.tm_hour, local.tm_min, local.tm_sec,
		 (unsigned)(wall / 1000000 % 1000));
}

static uint64_t traced_ns(const struct calls *calls)
{
	return calls->report->now.mono_ns - calls->begin_ns;
}

/* --- Text --- */

static void print_node(const struct calls *calls, const struct call_node *node, unsigned depth, struct shown *out)
{
	char total[16], self[16], mean[16];

	duration_print((double)node->total_ns, total);
	duration_print((double)call_node_self_ns(node), self);
	duration_print(node->count ? (double)node->total_ns / (double)node->count : 0, mean);
	shown_printf(out, "%10s %10s %9" PRIu64 " %10s  %*s%s", total, self, node->count, mean, (int)(2 * depth), "",
		     name_of(calls, node));
	if (node->unreturned)
		shown_printf(out, "  [%" PRIu64 " left by an exception]", node->unreturned);
	shown_putc(out, '\n');
	for (const struct call_node *child = node->first; child; child = child->next)
		print_node(calls, child, depth + 1, out);
}

static void print_tree(const struct calls *calls, const struct call_node *tree, struct shown *out)
{
	shown_printf(out, "\n%10s %10s %9s %10s  %s\n", "TOTAL", "SELF", "COUNT", "MEAN", "FUNCTION");
	print_node(calls, tree, 0, out);
}

static void print_heading(const struct calls *calls, struct shown *out)
{
	char mean[16], max[16], span[16];

	duration_print((double)traced_ns(calls), span);
	shown_printf(out, "%s: %" PRIu64 " call%s in %s", calls->trigger, calls->count, calls->count == 1 ? "" : "s",
		     span);
	if (calls->count) {
		duration_print((double)calls->total_ns / (double)calls->count, mean);
		duration_print((double)calls->max_ns, max);
		shown_printf(out, ", mean %s, max %s", mean, max);
	}
	shown_printf(out, "; %u function%s probed\n", calls->names.probed, calls->names.probed == 1 ? "" : "s");
}

static void print_note(uint64_t count, const char *one, const char *many, const char *rest, struct shown *out)
{
	if (count)
		shown_printf(out, "%" PRIu64 " %s %s\n", count, count == 1 ? one : many, rest);
}

static bool can_begin(const struct call_names *names)
{
	for (unsigned i = 0; i < names->functions_len; i++)
		if (names->functions[i].is_trigger && names->functions[i].is_followed)
			return true;
	return false;
}

/* A function with one end only would be open for ever, or never. */
static void print_not_followed(const struct calls *calls, struct shown *out)
{
	const struct call_names *names = &calls->names;
	unsigned n = names->functions_len - names->probed, said = 0;

	if (!can_begin(names))
		shown_printf(out, "%s itself cannot be followed: trace what calls it, or what it calls\n",
			     calls->trigger);
	if (!n)
		return;
	shown_printf(out, "%u function%s cannot be followed, as the entry or a return cannot be probed:", n,
		     n == 1 ? "" : "s");
	for (unsigned i = 0; i < names->functions_len && said < NAMES_SAID; i++)
		if (!names->functions[i].is_followed)
			shown_printf(out, "%s %s", said++ ? "," : "", names->functions[i].shown);
	if (n > said)
		shown_printf(out, " and %u more", n - said);
	shown_putc(out, '\n');
}

/* What is not in the trees. */
static void print_notes(const struct calls *calls, struct shown *out)
{
	print_not_followed(calls, out);
	print_note(calls->lost, "record was", "records were",
		   "lost: the ring buffer was full; give -x bufsize=128m, or probe less", out);
	print_note(calls->damaged, "call is", "calls are", "left out: not all records came", out);
	print_note(calls->unseen_end, "call is", "calls are",
		   "left out: no return was seen, as when an exception leaves the trigger", out);
	print_note(calls->unfinished, "call is", "calls are", "left out: under way at the end", out);
	print_note(calls->unmatched, "return", "returns", "without an entry: not followed", out);
	print_note(calls->too_deep, "call", "calls", "too deep to be shown: their time is their callers' own", out);
}

static void print_text(const struct calls *calls, struct shown *out)
{
	print_heading(calls, out);
	print_notes(calls, out);
	for (unsigned i = 0; !calls->slowest_max && i < calls->trees_len; i++)
		print_tree(calls, calls->trees[i], out);
	for (unsigned i = 0; i < calls->slowest_len; i++) {
		const struct whole_call *call = &calls->slowest[i];
		char took[16], when[32];

		duration_print((double)call->ns, took);
		clock_print(calls, call->start_ns, when);
		shown_printf(out, "\n%u. %s, at %s, process %d, thread %" PRIu64, i + 1, took, when, (int)call->pid,
			     call->tid);
		print_tree(calls, call->tree, out);
	}
}

/* --- Folded stacks --- */

static void print_folded(const struct calls *calls, const struct call_node *node, struct buf *path, struct shown *out)
{
	size_t size = path->size;

	if (size)
		buf_putc(path, ';');
	shown_add(path, SHOWN_FOLDED, name_of(calls, node), strlen(name_of(calls, node)));
	shown_bytes(out, path->data, path->size);
	shown_printf(out, " %" PRIu64 "\n", call_node_self_ns(node));
	for (const struct call_node *child = node->first; child; child = child->next)
		print_folded(calls, child, path, out);
	path->size = size;
	path->data[size] = '\0';
}

static void print_all_folded(const struct calls *calls, struct shown *out)
{
	struct buf path = {0};

	for (unsigned i = 0; !calls->slowest_max && i < calls->trees_len; i++)
		print_folded(calls, calls->trees[i], &path, out);
	for (unsigned i = 0; i < calls->slowest_len; i++)
		print_folded(calls, calls->slowest[i].tree, &path, out);
	buf_free(&path);
}

/* --- JSON --- */

static void add_number(struct json_object *object, const char *name, uint64_t number)
{
	json_object_object_add(object, name, json_object_new_uint64(number));
}

static struct json_object *node_json(const struct calls *calls, const struct call_node *node)
{
	struct json_object *object = json_object_new_object(), *children = json_object_new_array();

	json_object_object_add(object, "function", json_object_new_string(name_of(calls, node)));
	add_number(object, "count", node->count);
	add_number(object, "total_ns", node->total_ns);
	add_number(object, "self_ns", call_node_self_ns(node));
	add_number(object, "max_ns", node->max_ns);
	add_number(object, "unreturned", node->unreturned);
	for (const struct call_node *child = node->first; child; child = child->next)
		json_object_array_add(children, node_json(calls, child));
	json_object_object_add(object, "calls", children);
	return object;
}

static struct json_object *slowest_json(const struct calls *calls, const struct whole_call *call)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "pid", json_object_new_int64(call->pid));
	add_number(object, "tid", call->tid);
	add_number(object, "start_ns", call->start_ns);
	add_number(object, "total_ns", call->ns);
	json_object_object_add(object, "tree", node_json(calls, call->tree));
	return object;
}

static struct json_object *left_out_json(const struct calls *calls)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "records_lost", calls->damaged);
	add_number(object, "no_return", calls->unseen_end);
	add_number(object, "under_way", calls->unfinished);
	return object;
}

static struct json_object *not_followed_json(const struct calls *calls)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < calls->names.functions_len; i++)
		if (!calls->names.functions[i].is_followed)
			json_object_array_add(list, json_object_new_string(calls->names.functions[i].shown));
	return list;
}

static void print_json(const struct calls *calls, struct shown *out)
{
	struct json_object *line = json_object_new_object(), *list = json_object_new_array();

	json_object_object_add(line, "type", json_object_new_string("calls"));
	json_object_object_add(line, "trigger", json_object_new_string(calls->trigger));
	add_number(line, "functions", calls->names.probed);
	json_object_object_add(line, "not_followed", not_followed_json(calls));
	add_number(line, "traced_ns", traced_ns(calls));
	add_number(line, "count", calls->count);
	add_number(line, "mean_ns", calls->count ? calls->total_ns / calls->count : 0);
	add_number(line, "max_ns", calls->max_ns);
	json_object_object_add(line, "left_out", left_out_json(calls));
	add_number(line, "lost_records", calls->lost);
	add_number(line, "unmatched_returns", calls->unmatched);
	add_number(line, "too_deep", calls->too_deep);
	for (unsigned i = 0; !calls->slowest_max && i < calls->trees_len; i++)
		json_object_array_add(list, node_json(calls, calls->trees[i]));
	for (unsigned i = 0; i < calls->slowest_len; i++)
		json_object_array_add(list, slowest_json(calls, &calls->slowest[i]));
	json_object_object_add(line, calls->slowest_max ? "slowest" : "trees", list);
	shown_json(out, line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	shown_putc(out, '\n');
	json_object_put(line);
}

/* ------ */

static int slower_first(const void *a, const void *b)
{
	const struct call_node *x = *(struct call_node *const *)a, *y = *(struct call_node *const *)b;

	return (x->total_ns < y->total_ns) - (x->total_ns > y->total_ns);
}

void calls_print(struct calls *calls, struct shown *out)
{
	for (unsigned i = 0; i < calls->trees_len; i++)
		call_node_sort(calls->trees[i]);
	for (unsigned i = 0; i < calls->slowest_len; i++)
		call_node_sort(calls->slowest[i].tree);
	if (calls->trees_len)
		qsort(calls->trees, calls->trees_len, sizeof(struct call_node *), slower_first);
	switch (calls->form) {
	case CALLS_TEXT:
		print_text(calls, out);
		break;
	case CALLS_JSON:
		print_json(calls, out);
		break;
	case CALLS_FOLDED:
		print_all_folded(calls, out);
		break;
	}
}
