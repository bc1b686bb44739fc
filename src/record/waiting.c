/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records that wait for commit() or discard(), by the token that they carry: the number that the script has, and which
 * use of it this is. A use that has ended takes no more.
 */
#include <errno.h>
#include <string.h>

#include "record/reader.h"

static struct waiting *waiting_of(struct reader *reader, uint32_t token)
{
	return &reader->waiting[token % READER_SPECULATIONS];
}

static int tell_lost(struct reader *reader, struct waiting *waiting)
{
	uint64_t lost = waiting->lost;

	waiting->lost = 0;
	return lost ? reader->report->ops->drop(reader->report, DROP_SPECULATIVE, lost) : 0;
}

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

void waiting_add(struct reader *reader, const struct record_head *head, size_t size)
{
	static const char zeros[8];
	struct waiting *waiting = waiting_of(reader, head->speculation);
	uint64_t prefix = size;

	if (waiting->ended == head->speculation)
		return;
	if (waiting->token != head->speculation) {
		buf_free(&waiting->records);
		waiting->token = head->speculation;
		waiting->lost = 0;
	}
	if (waiting->records.size + sizeof(prefix) + padded(size) > reader->options->specsize) {
		waiting->lost++;
		return;
	}
	buf_add(&waiting->records, (const char *)&prefix, sizeof(prefix));
	buf_add(&waiting->records, (const char *)head, size);
	buf_add(&waiting->records, zeros, padded(size) - size);
}

void reader_commit(struct reader *reader, uint32_t token)
{
	struct waiting *waiting = waiting_of(reader, token);

	if (!token)
		return;
	waiting->ended = token;
	if (waiting->token != token)
		return;
	buf_add(&reader->committed, waiting->records.data, waiting->records.size);
	buf_free(&waiting->records);
	reader->committed_lost += waiting->lost;
	waiting->lost = 0;
}

int reader_discard(struct reader *reader, uint32_t token)
{
	struct waiting *waiting = waiting_of(reader, token);

	if (!token)
		return 0;
	waiting->ended = token;
	if (waiting->token != token)
		return 0;
	buf_free(&waiting->records);
	return tell_lost(reader, waiting);
}

/* What has been committed, as if it came now. */
int waiting_play(struct reader *reader)
{
	struct buf records = reader->committed;
	struct waiting lost = {.lost = reader->committed_lost};
	size_t at = 0;
	int err = 0;

	reader->committed = (struct buf){0};
	reader->committed_lost = 0;
	while (at < records.size && !err) {
		uint64_t size;

		memcpy(&size, records.data + at, sizeof(size));
		at += sizeof(size);
		((struct record_head *)(void *)(records.data + at))->speculation = 0;
		err = reader_record(reader, records.data + at, (size_t)size);
		at += padded((size_t)size);
	}
	buf_free(&records);
	return err ? err : tell_lost(reader, &lost);
}

void waiting_take_over(struct reader *reader, struct reader *before)
{
	memcpy(reader->waiting, before->waiting, sizeof(reader->waiting));
	memset(before->waiting, 0, sizeof(before->waiting));
}

void waiting_free(struct reader *reader)
{
	for (unsigned i = 0; i < READER_SPECULATIONS; i++)
		buf_free(&reader->waiting[i].records);
	buf_free(&reader->committed);
}
