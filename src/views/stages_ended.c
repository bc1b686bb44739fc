/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/stages_ended.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "report/common.h"
#include "report/rows.h"

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

/* Ceph's codes of operations: rados.h. */
static const char *code_name(unsigned code, struct arena *arena)
{
	static const struct {
		unsigned code;
		const char *name;
	} names[] = {
		{0x1201, "read"},
		{0x1202, "stat"},
		{0x1203, "mapext"},
		{0x1205, "sparse-read"},
		{0x1206, "notify"},
		{0x1207, "notify-ack"},
		{0x1208, "assert-version"},
		{0x1209, "list-watchers"},
		{0x120a, "list-snaps"},
		{0x120b, "sync-read"},
		{0x1211, "omap-get-keys"},
		{0x1212, "omap-get-values"},
		{0x1213, "omap-get-header"},
		{0x1214, "omap-get-values"},
		{0x1219, "omap-compare"},
		{0x1220, "compare-extent"},
		{0x2201, "write"},
		{0x2202, "write-full"},
		{0x2203, "truncate"},
		{0x2204, "zero"},
		{0x2205, "delete"},
		{0x2206, "append"},
		{0x220d, "create"},
		{0x220e, "rollback"},
		{0x220f, "watch"},
		{0x2215, "omap-set-values"},
		{0x2216, "omap-set-header"},
		{0x2217, "omap-clear"},
		{0x2218, "omap-remove-keys"},
		{0x221a, "copy-from"},
		{0x2226, "write-same"},
		{0x1301, "getxattr"},
		{0x1302, "getxattrs"},
		{0x1303, "compare-xattr"},
		{0x2301, "setxattr"},
		{0x2304, "rmxattr"},
		{0x1401, "call"},
		{0x1501, "list"},
		{0x1502, "list-filtered"},
		{0x1503, "list hit sets"},
		{0x1504, "get hit set"},
		{0x1505, "list"},
		{0x1506, "list-filtered"},
		{0x1507, "scrub result"},
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return code ? arena_printf(arena, "operation 0x%x", code) : "not decoded";
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
			     (long long)list[i].client, result, code_name(list[i].code, arena),
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
	json_object_object_add(line, "last_operation", json_object_new_string(code_name(ended->code, arena)));
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
