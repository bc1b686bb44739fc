/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap list --daemons`: a row for each of Ceph's processes. */
#include <json-c/json.h>
#include <stdio.h>

#include "cmd/daemon_rows.h"
#include "lib/shown.h"

/* ---- text ---- */

static void print_origin(const struct packaging *from, const char *program)
{
	const char *more = from->image ? from->image : from->package;

	say(stdout, "    %s", program);
	if (from->is_contained)
		say(stdout, ", in a container");
	if (more)
		say(stdout, "%s%s", from->image ? ", image " : ", package ", more);
	if (from->system)
		say(stdout, ", %s", from->system);
	say(stdout, "\n");
}

static void print_row(struct arena *arena, const struct daemon_row *row)
{
	say(stdout, "%-20s %8d %-8s %-9s %-9.8s %s\n", row->daemon->name, (int)row->daemon->pid, row->daemon->cluster,
	    row->release ? row->release : "-", row->build_id ? row->build_id : "-",
	    row->program ? daemon_row_count(arena, row) : "it cannot be looked at");
	if (row->program)
		print_origin(&row->packaging, row->program);
	for (unsigned i = 0; i < row->evidence_len; i++)
		say(stdout, "    %u: %s\n", row->evidence[i].markers, row->evidence[i].text);
	if (row->why)
		say(stdout, "    the first that cannot be used: %s\n", row->why);
	if (row->partly_why)
		say(stdout, "    the first argument that is missing: %s\n", row->partly_why);
	if (row->advice)
		say(stdout, "    %s\n", row->advice);
}

/* Those that only look like Ceph's are named, and what they would be. */
static void print_doubtful(const struct daemon_rows *rows)
{
	enum { SHOWN_MAX = 10 };
	unsigned n = 0;

	for (unsigned i = 0; i < rows->daemons_len; i++) {
		const struct daemon *daemon = &rows->daemons[i];

		if (daemon->doubt && ++n <= SHOWN_MAX)
			say(stdout, "%-20s %8d left out: %s (uid %u, %s)\n", daemon->name, (int)daemon->pid,
			    identity_doubt_text(daemon->doubt), daemon->uid, daemon->file);
	}
	if (n > SHOWN_MAX)
		say(stdout, "%u more processes that only look like Ceph's are left out\n", n - SHOWN_MAX);
}

static void print_text(struct arena *arena, const struct daemon_rows *rows)
{
	if (!rows->daemons_len) {
		say(stdout, "No process of Ceph's runs on this host, or none that may be looked at.\n");
		return;
	}
	say(stdout, "%-20s %8s %-8s %-9s %-9s %s\n", "NAME", "PID", "CLUSTER", "RELEASE", "BUILD", "MARKERS");
	for (unsigned i = 0; i < rows->len; i++)
		print_row(arena, &rows->rows[i]);
	if (rows->more_clients)
		say(stdout, "%u more processes use librados\n", rows->more_clients);
	print_doubtful(rows);
}

/* ---- JSON ---- */

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

static struct json_object *json_evidence(const struct daemon_row *row)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < row->evidence_len; i++) {
		struct json_object *object = json_object_new_object();

		add_text(object, "evidence", row->evidence[i].text);
		add_number(object, "markers", row->evidence[i].markers);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *json_row(const struct daemon_row *row)
{
	const struct packaging *from = &row->packaging;
	struct json_object *object = json_object_new_object();

	add_text(object, "name", row->daemon->name);
	add_number(object, "pid", (uint64_t)row->daemon->pid);
	add_number(object, "uid", row->daemon->uid);
	add_text(object, "cluster", row->daemon->cluster);
	add_text(object, "program", row->program);
	add_text(object, "release", row->release);
	add_text(object, "build_id", row->build_id);
	json_object_object_add(object, "in_container", json_object_new_boolean(from->is_contained));
	add_text(object, "image", from->image);
	add_text(object, "package", from->package);
	add_text(object, "system", from->system);
	add_number(object, "markers", row->markers);
	add_number(object, "usable", row->usable);
	add_number(object, "without_some_arguments", row->partly);
	json_object_object_add(object, "evidence", json_evidence(row));
	add_text(object, "why_not", row->why);
	add_text(object, "why_not_argument", row->partly_why);
	add_text(object, "advice", row->advice);
	return object;
}

static struct json_object *json_doubtful(const struct daemon_rows *rows)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < rows->daemons_len; i++) {
		const struct daemon *daemon = &rows->daemons[i];
		struct json_object *object;

		if (!daemon->doubt)
			continue;
		object = json_object_new_object();
		add_text(object, "name", daemon->name);
		add_number(object, "pid", (uint64_t)daemon->pid);
		add_number(object, "uid", daemon->uid);
		add_text(object, "file", daemon->file);
		add_text(object, "why_not", identity_doubt_text(daemon->doubt));
		json_object_array_add(array, object);
	}
	return array;
}

static void print_json(const struct daemon_rows *rows)
{
	struct json_object *all = json_object_new_object(), *array = json_object_new_array();

	for (unsigned i = 0; i < rows->len; i++)
		json_object_array_add(array, json_row(&rows->rows[i]));
	json_object_object_add(all, "daemons", array);
	json_object_object_add(all, "left_out", json_doubtful(rows));
	add_number(all, "more_clients", rows->more_clients);
	say_json(stdout, all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	json_object_put(all);
}

int list_daemons(bool is_json)
{
	struct arena *arena = arena_new();
	struct daemon_rows rows;

	daemon_rows_find(arena, &rows);
	if (is_json)
		print_json(&rows);
	else
		print_text(arena, &rows);
	arena_free(arena);
	return 0;
}
