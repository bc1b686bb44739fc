/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ops as an OSD tells of them by its admin socket: "osd_op(client.4112.0:2 1.4 1:2482f207:::NAME:head [write 0~4096]
 * ...)". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/inflight.h"
#include "views/inflight_types.h"

static void copy(char *to, size_t room, const char *from, size_t size)
{
	snprintf(to, room, "%.*s", (int)(size < room ? size : room - 1), from);
}

/* "client.4112.0:2": anywhere in the text, as shards' writes have it further back. */
static void read_request(const char *text, struct flight *flight)
{
	for (const char *at = text; (at = strpbrk(at, " (=")); at++) {
		char type[16];
		long long client;
		unsigned long long tid;

		if (sscanf(at + 1, "%15[a-z].%lld.%*d:%llu", type, &client, &tid) != 3)
			continue;
		flight->client = client;
		flight->tid = tid;
		return;
	}
}

/* "1.4" or "1.4s0" behind a blank or the bracket. */
static void read_pg(const char *text, struct flight *flight)
{
	for (const char *at = text; (at = strpbrk(at, " (")); at++) {
		char *end;
		long long pool = strtoll(at + 1, &end, 10);

		if (end == at + 1 || *end != '.' || at[1] == '-')
			continue;
		flight->pool = pool;
		flight->pg = strtoll(end + 1, NULL, 16);
		return;
	}
}

/* Pool, hash, key space and key stand in front of the name, the snapshot behind it. */
static void read_object(const char *text, struct flight *flight)
{
	const char *name = strstr(text, ":::"), *end = name ? strstr(name, ":head") : NULL;

	if (name && !end)
		end = name + 3 + strcspn(name + 3, ": ");
	if (name)
		copy(flight->object, sizeof(flight->object), name + 3, (size_t)(end - name - 3));
}

static void read_ops(const char *text, struct flight *flight)
{
	const char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;

	if (flight->type == TYPE_OP && end)
		copy(flight->ops, sizeof(flight->ops), begin + 1, (size_t)(end - begin - 1));
}

static uint16_t type_of(const char *description)
{
	static const struct {
		const char *name;
		uint16_t type;
	} types[] = {{"osd_op(", TYPE_OP},
		     {"osd_repop(", TYPE_REPOP},
		     {"MOSDECSubOpWrite(", TYPE_SHARD_WRITE},
		     {"MOSDECSubOpRead(", TYPE_SHARD_READ}};

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strncmp(description, types[i].name, strlen(types[i].name)))
			return types[i].type;
	return 0;
}

/* A replica's part starts when it goes to the store. */
static void read_events(const char *text, size_t size, struct flight *flight)
{
	while (size) {
		size_t word = strcspn(text, "|");
		char event[96];

		if (word > size)
			word = size;
		copy(event, sizeof(event), text, word);
		flight_event(flight, event, 0);
		size -= word + (word < size);
		text += word + 1;
	}
	if (flight->why == WHY_EXECUTE && flight->type != TYPE_OP)
		flight_wait(flight, WHY_OWN_STORE, 0);
	flight->own = WHY_OWN_STORE;
}

bool told_read(const struct fact *fact, struct flight *flight)
{
	const char *events = strchr(fact->text, '\t'), *description = events ? strchr(events + 1, '\t') : NULL;

	if (strcmp(fact->name, INFLIGHT_OP) || !description)
		return false;
	*flight = (struct flight){
		.pid = atoi(fact->text), .begin_ns = (int64_t)fact->number, .pool = -1, .is_told = true};
	description++;
	flight->type = type_of(description);
	read_request(description, flight);
	read_pg(description, flight);
	read_object(description, flight);
	read_ops(description, flight);
	if (!flight->type)
		copy(flight->object, sizeof(flight->object), description, strlen(description));
	read_events(events + 1, (size_t)(description - events - 2), flight);
	return true;
}
