/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/host_ops.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ceph/admin_socket.h"
#include "ceph/daemons.h"
#include "lib/moment.h"
#include "views/inflight.h"

enum { LIMIT_MS = 1000 };

struct asking {
	struct arena *arena;
	struct facts facts;
	uint64_t now_ns;
};

static void add(struct asking *asking, const char *name, uint64_t number, const char *text)
{
	*arena_push(asking->arena, asking->facts.list, asking->facts.list_len) = (struct fact){name, number, text};
}

static const char *text_in(struct json_object *object, const char *name)
{
	struct json_object *member;

	return json_object_object_get_ex(object, name, &member) ? json_object_get_string(member) : "";
}

/* "initiated|queued_for_pg|started": all that Ceph noted of it. */
static const char *events_of(struct arena *arena, struct json_object *op)
{
	struct json_object *data, *events;
	const char *all = "";

	if (!json_object_object_get_ex(op, "type_data", &data) || !json_object_object_get_ex(data, "events", &events) ||
	    !json_object_is_type(events, json_type_array))
		return all;
	for (size_t i = 0; i < json_object_array_length(events); i++)
		all = arena_printf(arena, "%s%s%s", all, i ? "|" : "",
				   text_in(json_object_array_get_idx(events, i), "event"));
	return all;
}

static void add_op(struct asking *asking, pid_t pid, struct json_object *op)
{
	struct arena *scratch = arena_new();
	struct json_object *age;
	double seconds = json_object_object_get_ex(op, "age", &age) ? json_object_get_double(age) : 0;

	if (seconds >= 0 && seconds < 1e9)
		add(asking, INFLIGHT_OP, asking->now_ns - (uint64_t)(seconds * 1e9),
		    arena_printf(asking->arena, "%d\t%s\t%s", (int)pid, events_of(scratch, op),
				 text_in(op, "description")));
	arena_free(scratch);
}

/* NULL, or why the answer says nothing. */
static const char *take_answer(struct asking *asking, const struct admin_question *question)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *answer = json_tokener_parse_ex(tokener, question->text.data, (int)question->text.size);
	struct json_object *ops;
	bool has_ops = json_object_object_get_ex(answer, "ops", &ops) && json_object_is_type(ops, json_type_array);

	for (size_t i = 0; has_ops && i < json_object_array_length(ops); i++)
		add_op(asking, question->pid, json_object_array_get_idx(ops, i));
	json_object_put(answer);
	json_tokener_free(tokener);
	return has_ops ? NULL : "it does not say which ops it has (osd_enable_op_tracker may be off)";
}

/* Stopped by a signal or a debugger. */
static bool is_stopped(pid_t pid)
{
	char path[32], text[256], *end;
	FILE *file;
	size_t size = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file) {
		size = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[size] = '\0';
	end = strrchr(text, ')');
	return end && (end[2] == 'T' || end[2] == 't');
}

static bool is_chosen(const struct target *target, pid_t pid)
{
	for (unsigned i = 0; i < target->pids_len; i++)
		if (target->pids[i] == pid)
			return true;
	return !target->pids_len;
}

struct facts host_ops_now(struct arena **arena, const struct target *target)
{
	struct asking asking = {.arena = arena_new()};
	struct daemons_request request = {.identity = identity_new(asking.arena), .target = target};
	struct admin_question *questions = NULL;
	struct daemon *daemons;
	unsigned daemons_len, len = 0;

	arena_free(*arena);
	*arena = asking.arena;
	daemons_look(&request, asking.arena, &daemons, &daemons_len);
	for (unsigned i = 0; i < daemons_len; i++) {
		const struct daemon *daemon = &daemons[i];

		if (daemon->is_client)
			add(&asking, INFLIGHT_CLIENT, (uint64_t)daemon->pid, "");
		if (strncmp(daemon->own_name, "osd.", 4) || daemon->doubt || !is_chosen(target, daemon->pid))
			continue;
		add(&asking, INFLIGHT_OSD, (uint64_t)daemon->pid, daemon->name);
		if (is_stopped(daemon->pid))
			add(&asking, INFLIGHT_MUTE, (uint64_t)daemon->pid, INFLIGHT_STOPPED);
		else
			arena_push(asking.arena, questions, len)->pid = daemon->pid;
	}
	admin_ask(questions, len, "dump_ops_in_flight", LIMIT_MS);
	asking.now_ns = moment_now().wall_ns;
	for (unsigned i = 0; i < len; i++) {
		const char *why = questions[i].why ? questions[i].why : take_answer(&asking, &questions[i]);

		if (why)
			add(&asking, INFLIGHT_MUTE, (uint64_t)questions[i].pid, why);
		buf_free(&questions[i].text);
	}
	return asking.facts;
}
