/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbols/unwinder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/memory.h"
#include "lib/proc.h"
#include "lib/trouble.h"
#include "lib/unwind.h"

enum {
	SPARE_ROWS = 1 << 21, /* for files of processes that come later: 16 MiB */
	ROWS_MAX = 1 << 25,
	WANTED_MAX = 1024,
	AGAIN_NS = 1000000, /* a process that is asked for again (it maps its libraries) is looked at after this long,
			       then twice as long, ... */
	AGAIN_MAX_NS = 1000000000,
};

struct later {
	pid_t pid; /* 0: the place is free */
	uint64_t next_ns, wait_ns;
};

struct unwinder {
	struct arena *arena;
	struct stack_store store;
	bool has_store;
	struct mappings *mappings;
	struct unwind_row *rows; /* until the store is there */
	uint64_t rows_len, rows_room;
	uint32_t store_room; /* in rows */
	struct unwind_process *value;
	struct later *later;
	unsigned later_len, next_later; /* of which is seen next whether it has ended */
	pid_t *first;			/* the processes to begin with */
	unsigned first_len;
	unsigned left_out; /* files without room */
};

/* ---- tables ---- */

static void keep_rows(struct unwinder *unwinder, const struct unwind *table)
{
	uint64_t len = unwinder->rows_len + table->rows_len;

	if (len > unwinder->rows_room) {
		unwinder->rows_room = len + len / 2;
		unwinder->rows = realloc(unwinder->rows, unwinder->rows_room * sizeof(*unwinder->rows));
		if (!unwinder->rows)
			memory_end();
	}
	memcpy(unwinder->rows + unwinder->rows_len, table->rows, table->rows_len * sizeof(*table->rows));
}

static int send_rows(struct unwinder *unwinder, const struct unwind_row *rows, uint64_t first, uint64_t len)
{
	int error = len ? unwinder->store.put_rows(unwinder->store.data, (uint32_t)first, (uint32_t)len, rows) : 0;

	trouble_note(error, "call-frame information cannot be given to the kernel, and stacks end early");
	return error;
}

/* The file's table, read once. Without room its frames stay unknown, which every stack through it says. */
static void load_file(struct unwinder *unwinder, struct mapped_file *file)
{
	struct unwind *table;

	if (file->rows_of == unwinder || !file->elf)
		return;
	file->rows_of = unwinder;
	file->rows_len = 0;
	table = unwind_read(file->elf);
	if (unwinder->rows_len + table->rows_len <= (unwinder->has_store ? unwinder->store_room : ROWS_MAX)) {
		file->rows_base = table->base;
		file->rows_first = (uint32_t)unwinder->rows_len;
		file->rows_len = table->rows_len;
		if (!unwinder->has_store)
			keep_rows(unwinder, table);
		else if (send_rows(unwinder, table->rows, unwinder->rows_len, table->rows_len))
			file->rows_len = 0;
		unwinder->rows_len += table->rows_len;
	} else {
		unwinder->left_out++;
	}
	unwind_free(table);
}

/* ---- processes ---- */

static void load_process(struct unwinder *unwinder, pid_t pid)
{
	struct mapped_process *process = mappings_look(unwinder->mappings, pid);

	for (unsigned i = 0; process && i < process->newest_len; i++)
		load_file(unwinder, process->maps[i].file);
}

static void send_process(struct unwinder *unwinder, pid_t pid)
{
	const struct mapped_process *process = mappings_process(unwinder->mappings, pid);
	struct unwind_process *value = unwinder->value;
	int error;

	if (!process)
		return;
	value->len = process->newest_len < UNWIND_MAPPINGS ? process->newest_len : UNWIND_MAPPINGS;
	for (unsigned i = 0; i < UNWIND_MAPPINGS; i++) {
		const struct code_mapping *map = &process->maps[i];

		value->maps[i] = (struct unwind_mapping){.start = UINT64_MAX, .end = UINT64_MAX};
		if (i >= value->len)
			continue;
		value->maps[i] = (struct unwind_mapping){.start = map->start,
							 .end = map->end,
							 .delta = map->bias + map->file->rows_base,
							 .first = map->file->rows_first,
							 .len = map->file->rows_len};
	}
	error = unwinder->store.put_process(unwinder->store.data, (uint32_t)pid, value);
	trouble_note(error, "the mappings of process %d cannot be given to the kernel, and its stacks end early",
		     (int)pid);
}

static void choose_first(struct unwinder *unwinder, const struct target *target)
{
	pid_t *all = NULL;
	unsigned len = 0;

	for (unsigned i = 0; i < target->pids_len; i++)
		*arena_push(unwinder->arena, unwinder->first, unwinder->first_len) = target->pids[i];
	if (target->main_pid)
		*arena_push(unwinder->arena, unwinder->first, unwinder->first_len) = target->main_pid;
	if (unwinder->first_len)
		return;
	proc_pids(unwinder->arena, &all, &len);
	unwinder->first = all;
	unwinder->first_len = len;
}

struct unwinder *unwinder_new(struct arena *arena, const struct target *target, struct mappings *mappings)
{
	struct unwinder *unwinder = arena_new_one(arena, struct unwinder);

	*unwinder = (struct unwinder){.arena = arena, .mappings = mappings};
	unwinder->value = arena_new_one(arena, struct unwind_process);
	choose_first(unwinder, target);
	for (unsigned i = 0; i < unwinder->first_len; i++)
		load_process(unwinder, unwinder->first[i]);
	unwinder->store_room = (uint32_t)unwinder->rows_len + SPARE_ROWS;
	return unwinder;
}

uint32_t unwinder_rows(const struct unwinder *unwinder)
{
	return unwinder->store_room;
}

int unwinder_fill(struct unwinder *unwinder, const struct stack_store *store)
{
	int error;

	if (!unwinder)
		return 0;
	unwinder->store = *store;
	unwinder->has_store = true;
	error = send_rows(unwinder, unwinder->rows, 0, unwinder->rows_len);
	free(unwinder->rows);
	unwinder->rows = NULL;
	for (unsigned i = 0; i < unwinder->first_len; i++)
		send_process(unwinder, unwinder->first[i]);
	return error;
}

static struct later *find_later(const struct unwinder *unwinder, pid_t pid)
{
	for (unsigned i = 0; i < unwinder->later_len; i++)
		if (unwinder->later[i].pid == pid)
			return &unwinder->later[i];
	return NULL;
}

static bool is_due(struct unwinder *unwinder, pid_t pid, uint64_t now)
{
	struct later *later = find_later(unwinder, pid);

	if (later) {
		if (now < later->next_ns)
			return false;
		if (later->wait_ns < AGAIN_MAX_NS)
			later->wait_ns *= 2;
		later->next_ns = now + later->wait_ns;
		return true;
	}
	later = find_later(unwinder, 0);
	if (!later)
		later = arena_push(unwinder->arena, unwinder->later, unwinder->later_len);
	*later = (struct later){pid, now + AGAIN_NS, AGAIN_NS};
	return true;
}

/* Processes that have ended make room for those that come: for each of these, two are looked at. */
static void forget_ended(struct unwinder *unwinder, unsigned come)
{
	for (unsigned n = 0; n < 2 * come && n < unwinder->later_len; n++) {
		struct later *later = &unwinder->later[unwinder->next_later++ % unwinder->later_len];

		if (!later->pid || !proc_has_ended(later->pid))
			continue;
		unwinder->store.forget_process(unwinder->store.data, (uint32_t)later->pid);
		later->pid = 0;
	}
}

void unwinder_step(struct unwinder *unwinder)
{
	uint32_t pids[WANTED_MAX];
	uint64_t now = now_ns();
	unsigned len;

	if (!unwinder)
		return;
	len = unwinder->store.take_wanted(unwinder->store.data, pids, WANTED_MAX);
	forget_ended(unwinder, len);
	for (unsigned i = 0; i < len; i++) {
		if (!is_due(unwinder, (pid_t)pids[i], now))
			continue;
		load_process(unwinder, (pid_t)pids[i]);
		send_process(unwinder, (pid_t)pids[i]);
	}
}

unsigned unwinder_left_out(const struct unwinder *unwinder)
{
	return unwinder ? unwinder->left_out : 0;
}

void unwinder_free(struct unwinder *unwinder)
{
	if (unwinder)
		free(unwinder->rows);
}
