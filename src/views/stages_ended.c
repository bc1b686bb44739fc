/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/stages_ended.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "report/common.h"
#include "report/rows.h"
#include "views/opcode.h"

enum { SHOWN_MAX = 20 };

enum { DAEMON, CLIENT, RESULT, CODE, CLASS, KEYS };

struct ended {
	const char *daemon, *class;
	int64_t client, result;
	unsigned code; /* of the last operation; 0: it was never decoded */
	uint64_t count;
};

/* A recording may say anything of its aggregations. */
static unsigned find_agg(struct report *report)
{
	static const enum field_kind kinds[KEYS] = {FIELD_STRING, FIELD_INT, FIELD_INT, FIELD_INT, FIELD_STRING};
	unsigned agg = rows_find(report, "ended");
	const struct agg_layout *layout = agg == ROWS_NONE ? NULL : &report->schema->aggs[agg];

	if (!layout || layout->keys_len != KEYS)
		return ROWS_NONE;
	for (unsigned i = 0; i < KEYS; i++)
		if (layout->keys[i].kind != kinds[i])
			return ROWS_NONE;
	return agg;
}

static const char *key_text(const struct agg_layout *layout, const struct agg_row *row, unsigned i, struct arena *arena)
{
	const char *text = (const char *)row->key + layout->keys[i].offset;

	return arena_strndup(arena, text, field_text_size(&layout->keys[i], text));
}

static int64_t key_number(const struct agg_layout *layout, const struct agg_row *row, unsigned i)
{
	return (int64_t)field_int(&layout->keys[i], (const char *)row->key + layout->keys[i].offset);
}

static int compare_ended(const void *a, const void *b)
{
	const struct ended *x = a, *y = b;
	int order = strverscmp(x->daemon, y->daemon);

	return order ? order : (x->count < y->count) - (x->count > y->count);
}

static unsigned take_ended(struct report *report, struct arena *arena, struct ended **list)
{
	unsigned n = 0, len = 0, agg = find_agg(report);
	const struct agg_row *rows = agg == ROWS_NONE ? NULL : reader_agg_rows(report->reader, agg, &n);
	const struct agg_layout *layout = rows ? &report->schema->aggs[agg] : NULL;

	*list = NULL;
	for (unsigned i = 0; i < n; i++)
		if (rows[i].value[0])
			*arena_push(arena, *list, len) = (struct ended){
				.daemon = key_text(layout, &rows[i], DAEMON, arena),
				.client = key_number(layout, &rows[i], CLIENT),
				.result = (int32_t)key_number(layout, &rows[i], RESULT),
				.code = (unsigned)key_number(layout, &rows[i], CODE),
				.class = key_text(layout, &rows[i], CLASS, arena),
				.count = rows[i].value[0],
			};
	if (len)
		qsort(*list, len, sizeof(**list), compare_ended);
	return len;
}

static const char *errno_name(int64_t result)
{
	return result < 0 && result > -4096 ? strerrorname_np((int)-result) : NULL;
}

void stages_ended_print(struct report *report, struct arena *arena)
{
	struct shown *out = &report->pending;
	struct ended *list;
	unsigned len = take_ended(report, arena, &list);

	if (len)
		shown_printf(out, "\n%-16s %-8s %-12s %-20s %-16s %9s\n", "NOT COUNTED", "", "CLIENT", "RESULT",
			     "LAST OPERATION", "COUNT");
	for (unsigned i = 0; i < len && i < SHOWN_MAX; i++) {
		const char *name = errno_name(list[i].result);
		char result[32] = "-";

		if (list[i].result)
			snprintf(result, sizeof(result), "%d%s%s", (int)list[i].result, name ? " " : "",
				 name ? name : "");
		shown_printf(out, "%-16s %-8s %-12lld %-20s %-16s %9llu\n", list[i].daemon, list[i].class,
			     (long long)list[i].client, result, opcode_name(list[i].code, arena),
			     (unsigned long long)list[i].count);
	}
	if (len > SHOWN_MAX)
		shown_printf(out, "(and %u lines more; --json has them all)\n", len - SHOWN_MAX);
}

static struct json_object *ended_json(const struct ended *ended, uint64_t time_ns, struct arena *arena)
{
	struct json_object *line = json_object_new_object();
	const char *name = errno_name(ended->result);

	json_object_object_add(line, "type", json_object_new_string("ended"));
	json_object_object_add(line, "time", json_object_new_int64((int64_t)(time_ns / 1000000000u)));
	json_object_object_add(line, "daemon", json_object_new_string(ended->daemon));
	json_object_object_add(line, "class", json_object_new_string(ended->class));
	json_object_object_add(line, "client", json_object_new_int64(ended->client));
	json_object_object_add(line, "result", json_object_new_int64(ended->result));
	json_object_object_add(line, "errno", name ? json_object_new_string(name) : NULL);
	json_object_object_add(line, "last_operation", json_object_new_string(opcode_name(ended->code, arena)));
	json_object_object_add(line, "count", json_object_new_uint64(ended->count));
	return line;
}

struct json_object *stages_ended_json(struct report *report, struct arena *arena)
{
	struct json_object *lines = json_object_new_array();
	struct ended *list;
	unsigned len = take_ended(report, arena, &list);

	for (unsigned i = 0; i < len; i++)
		json_object_array_add(lines, ended_json(&list[i], report_time_ns(report), arena));
	return lines;
}

void stages_ended_print_json(struct report *report, struct arena *arena)
{
	struct json_object *lines = stages_ended_json(report, arena);

	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		shown_json(&report->pending, json_object_array_get_idx(lines, i), JSON_C_TO_STRING_PLAIN);
		shown_putc(&report->pending, '\n');
	}
	json_object_put(lines);
}
