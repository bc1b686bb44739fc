/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hostile recordings, by themselves and two at a time, to every kind of report. Nearly no change of bytes has a right checksum, so
 * the checksums are put right first: what is behind them is what is looked for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "recording/chunk.h"
#include "recording/replay.h"
#include "report/profile.h"
#include "report/stages.h"

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

static void replay(uint8_t *data, size_t size, unsigned files, const struct report_ops *ops,
		   int (*interval)(struct report *, bool, void *), void *interval_data)
{
	struct replay_input inputs[2];
	struct replay_config config = {.ops = ops, .interval = interval, .data = interval_data};
	struct replay *opened;
	struct buf said = {0};

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stages_options stages = {.verbose = true}, stages_json = {.form = FORM_JSON};
	struct profile_options profile = {.verbose = true, .by = PROFILE_BY_STAGE}, folded = {.folded = true};
	uint8_t *copy;

	if (!size || size > 1 << 16)
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	replay(copy, size, 1, &report_text, NULL, NULL); /* as it is: the checksum's own path */
	correct_checksums(copy, size);
	replay(copy, size, 1, &report_text, NULL, NULL);
	replay(copy, size, 2, &report_json, NULL, NULL);
	replay(copy, size, 1, &report_stages, stages_print, &stages);
	replay(copy, size, 2, &report_stages, stages_print, &stages_json);
	replay(copy, size, 1, &report_stages, profile_print, &profile);
	replay(copy, size, 2, &report_stages, profile_print, &folded);
	free(copy);
	return 0;
}
