/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ops that are under way, found by any of their keys. */
#include <stdlib.h>

#include "lib/memory.h"
#include "views/inflight.h"

enum { HEADS = 1 << 12 };

struct flights {
	struct flight *first;
	struct flight *heads[KEYS][HEADS];
};

static void *checked(void *memory)
{
	if (!memory)
		memory_end();
	return memory;
}

struct flights *flights_new(void)
{
	return checked(calloc(1, sizeof(struct flights)));
}

void flights_free(struct flights *flights)
{
	while (flights && flights->first)
		flights_remove(flights, flights->first);
	free(flights);
}

struct flight *flights_first(const struct flights *flights)
{
	return flights->first;
}

static unsigned hash(pid_t pid, uint64_t key)
{
	return (unsigned)((key ^ (uint64_t)pid << 32) * 0x9e3779b97f4a7c15u >> 52);
}

struct flight *flights_find(const struct flights *flights, pid_t pid, enum flight_key which, uint64_t key)
{
	struct flight *flight = key ? flights->heads[which][hash(pid, key)] : NULL;

	while (flight && (flight->key[which] != key || flight->pid != pid))
		flight = flight->next[which];
	return flight;
}

static void unlink_key(struct flights *flights, struct flight *flight, enum flight_key which)
{
	struct flight **link = &flights->heads[which][hash(flight->pid, flight->key[which])];

	while (*link && *link != flight)
		link = &(*link)->next[which];
	if (*link)
		*link = flight->next[which];
}

void flights_set_key(struct flights *flights, struct flight *flight, enum flight_key which, uint64_t key)
{
	struct flight **head = &flights->heads[which][hash(flight->pid, key)];

	if (flight->key[which])
		unlink_key(flights, flight, which);
	flight->key[which] = key;
	if (!key)
		return;
	flight->next[which] = *head;
	*head = flight;
}

struct flight *flights_add(struct flights *flights, pid_t pid)
{
	struct flight *flight = checked(calloc(1, sizeof(*flight)));

	flight->pid = pid;
	flight->pool = -1;
	flight->after = flights->first;
	if (flights->first)
		flights->first->before = flight;
	flights->first = flight;
	return flight;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
	for (unsigned i = 0; i < KEYS; i++)
		flights_set_key(flights, flight, i, 0);
	if (flight->before)
		flight->before->after = flight->after;
	else
		flights->first = flight->after;
	if (flight->after)
		flight->after->before = flight->before;
	free(flight);
}

/* Any number: two ops of one key would only be taken for each other, and keys of one client are no further apart. */
uint64_t flight_request(int64_t client, uint64_t tid)
{
	return client ? ((uint64_t)client << 32) + tid + 1 : 0;
}
