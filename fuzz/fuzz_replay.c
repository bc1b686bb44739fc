/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hostile recordings, by themselves and two at a time, to every kind of report: the first byte says which. Nearly no
 * change of bytes has a right checksum, so the checksums are put right first: what is behind them is what is looked
 * for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "recording/chunk.h"
#include "recording/replay.h"
#include "views/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t file_head[CHUNK_FILE_HEAD] = {'c', 't', 'a', 'p', 'r',	      'e', 'c', '\n',
						   4,	3,   2,	  1,   CHUNK_VERSION, 0,   64,	0};

static void correct_checksums(uint8_t *data, size_t size)
{
	size_t at = CHUNK_FILE_HEAD;
	uint32_t length, sum;

	if (size < at)
		return;
	memcpy(data, file_head, sizeof(file_head));
	while (size - at >= CHUNK_HEAD + CHUNK_TAIL) {
		memcpy(&length, data + at + 4, sizeof(length));
		if (length > size - at - CHUNK_HEAD - CHUNK_TAIL)
			return;
		sum = (uint32_t)crc32(crc32(0, NULL, 0), data + at, (uInt)(CHUNK_HEAD + length));
		memcpy(data + at + CHUNK_HEAD + length, &sum, sizeof(sum));
		at += CHUNK_HEAD + length + CHUNK_TAIL;
	}
}

/* ---- every view, and every format of scripts ---- */

static void give(struct view *view, const char *name, const char *value)
{
	struct buf why = {0};

	view_take(view, name, name, value, &why);
	buf_free(&why);
}

static struct view *view_of(const char *name, struct arena *arena, enum report_form form)
{
	struct view *view = view_new(view_find(name), arena);

	view->form = form;
	view->interval = 5;
	view->picture = form == FORM_JSON ? fopen("/dev/null", "w") : NULL;
	give(view, "verbose", NULL);
	give(view, "trigger", "t");
	give(view, "by", "stage");
	if (form == FORM_OPENMETRICS || form == FORM_CSV)
		give(view, "folded", NULL);
	if (form == FORM_OPENMETRICS)
		give(view, "slowest", "3");
	return view;
}

static void on_start(const struct report *report, void *data)
{
	struct view *view = data;

	if (view && view->ops->begin)
		view->ops->begin(view, report);
}

static int print_view(struct report *report, bool is_last, void *data)
{
	struct view *view = data;

	if (is_last)
		return view->ops->end(view, report);
	return view->ops->interval ? view->ops->interval(view, report) : 0;
}

static int print_tables(struct report *report, bool is_last, void *data)
{
	(void)data;
	return is_last ? 0 : report_tables(report);
}

/* `view` NULL: as a script's. */
static void replay(uint8_t *data, size_t size, unsigned files, struct replay_config config, struct view *view)
{
	struct replay_input inputs[2];
	struct replay *opened;
	struct buf said = {0};

	if (view)
		config = (struct replay_config){.ops = &view->records,
						.report_data = view,
						.data = view,
						.on_start = on_start,
						.interval = view_reads_records(view) ? NULL : print_view};
	for (unsigned i = 0; i < files; i++)
		inputs[i] = (struct replay_input){"fuzz", fmemopen(data, size, "r")};
	config.out = fopen("/dev/null", "w");
	config.err = fopen("/dev/null", "w");
	opened = replay_open(inputs, files, &said);
	if (opened)
		replay_run(opened, &config, &said);
	else if (!said.size)
		abort(); /* it refuses, and says why */
	replay_free(opened);
	buf_free(&said);
	for (unsigned i = 0; i < files; i++)
		fclose(inputs[i].file);
	fclose(config.out);
	fclose(config.err);
}

/* The first byte says what is made of it: all of it each time would take too long. */
static void replay_as(uint8_t what, uint8_t *data, size_t size)
{
	static const char *const names[] = {"osd", "profile", "sched", "offcpu", "op", "calls"};
	enum report_form form = (enum report_form)(what / 8 % FORMS);
	unsigned files = what % 8 == 5 ? 1 : 1 + what / 32 % 2;
	struct arena *arena = arena_new();
	struct view *view = what % 8 < 6 ? view_of(names[what % 8], arena, form) : NULL;

	replay(data, size, files,
	       (struct replay_config){.ops = report_formats[form].ops, .interval = what & 1 ? print_tables : NULL},
	       view);
	if (view && view->picture)
		fclose(view->picture);
	view_free(view);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 2 || size > 1 << 16)
		return 0;
	copy = malloc(size - 1);
	memcpy(copy, data + 1, size - 1);
	replay_as(data[0], copy, size - 1); /* as it is: the checksum's own path */
	correct_checksums(copy, size - 1);
	replay_as(data[0], copy, size - 1);
	free(copy);
	return 0;
}
