/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/memory.h"

static const char magic[8] = "ctaprec\n";

enum { BYTE_ORDER_MARK = 0x01020304, OTHER_BYTE_ORDER = 0x04030201, WORD_BITS = 64, READ_STEP = 1 << 20 };

/* ---- writing ---- */

void chunk_out_open(struct chunk_out *out, int fd)
{
	const uint16_t numbers[2] = {CHUNK_VERSION, WORD_BITS};

	*out = (struct chunk_out){.fd = fd};
	buf_add(&out->pending, magic, sizeof(magic));
	pack_u32(&out->pending, BYTE_ORDER_MARK);
	buf_add(&out->pending, numbers, sizeof(numbers));
}

void chunk_out_free(struct chunk_out *out)
{
	buf_free(&out->pending);
	if (out->fd >= 0)
		close(out->fd);
	out->fd = -1;
}

static uint32_t checksum(const unsigned char *head, const void *body, size_t size)
{
	uLong sum = crc32(crc32(0, NULL, 0), head, CHUNK_HEAD);

	return (uint32_t)(size ? crc32(sum, body, (uInt)size) : sum);
}

/* The size is known, and so is the checksum. */
static void end(struct chunk_out *out)
{
	uint32_t size = (uint32_t)(out->pending.size - out->head - CHUNK_HEAD);
	unsigned char *head = (unsigned char *)out->pending.data + out->head;

	if (!out->growing)
		return;
	out->growing = false;
	memcpy(head + 4, &size, sizeof(size));
	pack_u32(&out->pending, checksum(head, head + CHUNK_HEAD, size));
}

void chunk_begin(struct chunk_out *out, enum chunk_type type)
{
	end(out);
	out->growing = true;
	out->head = out->pending.size;
	pack_u32(&out->pending, type);
	pack_u32(&out->pending, 0);
}

void chunk_put(struct chunk_out *out, enum chunk_type type, const struct buf *body)
{
	chunk_begin(out, type);
	if (body->size)
		buf_add(&out->pending, body->data, body->size);
	end(out);
}

int chunk_flush(struct chunk_out *out)
{
	size_t at = 0;

	end(out);
	while (!out->error && at < out->pending.size) {
		ssize_t n = write(out->fd, out->pending.data + at, out->pending.size - at);

		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			out->error = n == 0 ? -EIO : -errno;
	}
	out->written += at;
	buf_clear(&out->pending);
	return out->error;
}

/* ---- reading ---- */

bool chunk_in_open(struct chunk_in *in, FILE *file, struct buf *why)
{
	unsigned char head[CHUNK_FILE_HEAD];
	uint32_t order;
	uint16_t numbers[2];
	size_t n;

	*in = (struct chunk_in){.file = file, .at = CHUNK_FILE_HEAD};
	n = fread(head, 1, sizeof(head), file);
	if (ferror(file)) {
		buf_printf(why, "cannot be read: %s", strerror(errno));
		return false;
	}
	if (n != sizeof(head) || memcmp(head, magic, sizeof(magic))) {
		buf_puts(why, "is not a recording of cephtap");
		return false;
	}
	memcpy(&order, head + 8, sizeof(order));
	memcpy(numbers, head + 12, sizeof(numbers));
	if (order == OTHER_BYTE_ORDER || (order == BYTE_ORDER_MARK && numbers[1] != WORD_BITS)) {
		buf_puts(why, "was recorded on a machine with another byte order or word size, and cannot be read on "
			      "this one");
		return false;
	}
	if (order != BYTE_ORDER_MARK || numbers[0] != CHUNK_VERSION) {
		buf_printf(why,
			   "is a recording in version %u of the format; this cephtap (" CEPHTAP_VERSION
			   ") reads version %d",
			   numbers[0], CHUNK_VERSION);
		return false;
	}
	return true;
}

void chunk_in_free(struct chunk_in *in)
{
	free(in->body);
	in->body = NULL;
	in->room = 0;
}

/* Room comes as bytes come: a size alone, which may be a lie, takes no memory. */
static size_t read_body(struct chunk_in *in, size_t size)
{
	size_t have = 0;

	while (have < size) {
		size_t step = size - have < READ_STEP ? size - have : READ_STEP, n;

		if (have + step > in->room) {
			in->room = have + step > 2 * in->room ? have + step : 2 * in->room;
			in->body = realloc(in->body, in->room);
			if (!in->body)
				memory_end();
		}
		n = fread(in->body + have, 1, step, in->file);
		have += n;
		if (n < step)
			break;
	}
	in->at += have;
	return have;
}

/* There was less than expected. */
static enum chunk_result end_of(struct chunk_in *in, enum chunk_result otherwise)
{
	in->error = ferror(in->file) ? -errno : 0;
	return in->error ? CHUNK_UNREADABLE : otherwise;
}

enum chunk_result chunk_next(struct chunk_in *in, struct chunk *chunk)
{
	unsigned char head[CHUNK_HEAD];
	uint32_t size, sum;
	size_t n = fread(head, 1, sizeof(head), in->file);

	in->at += n;
	if (n != sizeof(head))
		return end_of(in, n ? CHUNK_CUT : CHUNK_EOF);
	memcpy(&chunk->type, head, sizeof(chunk->type));
	memcpy(&size, head + 4, sizeof(size));
	if (size > CHUNK_MAX)
		return CHUNK_DAMAGED;
	if (read_body(in, (size_t)size + CHUNK_TAIL) != (size_t)size + CHUNK_TAIL)
		return end_of(in, CHUNK_CUT);
	memcpy(&sum, in->body + size, sizeof(sum));
	if (sum != checksum(head, in->body, size))
		return CHUNK_DAMAGED;
	chunk->body = (struct unpack){.data = in->body, .size = size};
	return CHUNK_OK;
}
