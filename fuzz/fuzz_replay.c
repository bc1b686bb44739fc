/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hostile recordings, by themselves and two at a time, to every kind of report: the first byte says which. Nearly no change of bytes has
 * a right checksum, so the checksums are put right first: what is behind them is what is looked for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "recording/chunk.h"
#include "recording/replay.h"
#include "views/calls.h"
#include "views/offcpu.h"
#include "views/op.h"
#include "views/profile.h"
#include "views/sched.h"
#include "views/stages.h"
#include "views/stages_heat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t file_head[CHUNK_FILE_HEAD] = {'c', 't', 'a', 'p', 'r', 'e', 'c', '\n', 4, 3, 2, 1, CHUNK_VERSION, 0, 64, 0};

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

struct views {
	struct arena *arena;
	struct stages_options layout;
	struct profile_options profile;
	struct sched_view sched;
	struct offcpu_view offcpu;
	struct op_view op;
	struct calls_options calls;
	struct calls *calls_data;
};

static void views_init(struct views *views, enum report_form form)
{
	*views = (struct views){.arena = arena_new()};
	views->layout = (struct stages_options){.form = form, .verbose = true};
	views->layout.heat = form == FORM_JSON ? stages_heat_new(views->arena, fopen("/dev/null", "w")) : NULL;
	views->profile = (struct profile_options){.form = form, .verbose = true, .folded = form == FORM_OPENMETRICS, .by = PROFILE_BY_STAGE, .hz = 97};
	views->sched.options = views->offcpu.options = &views->layout;
	views->op = (struct op_view){.form = form, .slowest_asked = 3};
	views->calls = (struct calls_options){.trigger = "t", .form = form == FORM_JSON ? CALLS_JSON : form == FORM_CSV ? CALLS_FOLDED : CALLS_TEXT,
					      .slowest = form == FORM_OPENMETRICS ? 2 : 0};
	views->calls_data = calls_new(&views->calls);
	op_begin(&views->op);
}

static void views_free(struct views *views)
{
	op_free(&views->op);
	calls_free(views->calls_data);
	arena_free(views->arena);
}

static void on_start(const struct report *report, void *data)
{
	struct views *views = data;

	views->profile.start_wall_ns = views->offcpu.since_ns = report_time_ns(report);
	sched_start(&views->sched, report);
}

static int print_stages(struct report *report, bool is_last, void *data)
{
	return stages_print(report, is_last, &((struct views *)data)->layout);
}

static int print_profile(struct report *report, bool is_last, void *data)
{
	return profile_print(report, is_last, &((struct views *)data)->profile);
}

static int print_sched(struct report *report, bool is_last, void *data)
{
	return sched_print(report, is_last, &((struct views *)data)->sched);
}

static int print_offcpu(struct report *report, bool is_last, void *data)
{
	return offcpu_print(report, is_last, &((struct views *)data)->offcpu);
}

static int print_op(struct report *report, bool is_last, void *data)
{
	return op_print(report, is_last, &((struct views *)data)->op);
}

static int print_tables(struct report *report, bool is_last, void *data)
{
	(void)data;
	return is_last ? 0 : report_tables(report);
}

static void replay(uint8_t *data, size_t size, unsigned files, enum report_form form, const struct report_ops *ops,
		   int (*interval)(struct report *, bool, void *))
{
	struct replay_input inputs[2];
	struct replay_config config = {.ops = ops, .on_start = on_start, .interval = interval};
	struct replay *opened;
	struct views views;
	struct buf said = {0};

	views_init(&views, form);
	config.data = &views;
	config.report_data = ops == &report_op ? (void *)&views.op : ops == &report_calls ? (void *)views.calls_data : NULL;
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
	views_free(&views);
}

/* The first byte says what is made of it: all of it each time would take too long. */
static void replay_as(uint8_t what, uint8_t *data, size_t size)
{
	static int (*const prints[])(struct report *, bool, void *) = {print_stages, print_profile, print_sched, print_offcpu};
	enum report_form form = (enum report_form)(what / 8 % FORMS);
	unsigned files = 1 + what / 32 % 2;

	if (what % 8 < 4)
		replay(data, size, files, form, &report_nothing, prints[what % 8]);
	else if (what % 8 == 4)
		replay(data, size, files, form, &report_op, print_op);
	else if (what % 8 == 5)
		replay(data, size, 1, form, &report_calls, NULL);
	else
		replay(data, size, files, form, report_formats[form].ops, what & 1 ? print_tables : NULL);
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
