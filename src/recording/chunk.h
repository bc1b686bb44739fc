/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of recordings, from outside: a head, then chunks, each with its type, its size and a checksum. Byte by byte in
 * doc/recording.md. Writing: whole chunks gather in memory and go to the file at once, so that a killed recorder leaves
 * whole chunks behind. Reading: a file is hostile until its checksum says that we wrote it, and after that still.
 */
#ifndef CEPHTAP_RECORDING_CHUNK_H
#define CEPHTAP_RECORDING_CHUNK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/buf.h"
#include "lib/pack.h"

enum {
	CHUNK_VERSION = 3,
	CHUNK_FILE_HEAD = 16,
	CHUNK_HEAD = 8,	       /* type, size */
	CHUNK_TAIL = 4,	       /* checksum of both and what is between */
	CHUNK_MAX = 256 << 20, /* the description of a million probes */
};

enum chunk_type {
	CHUNK_HOST = 1, /* who, where, when */
	CHUNK_SCHEMA,	/* the script's: schema/schema.h */
	CHUNK_START,	/* everything is attached */
	CHUNK_RECORDS,	/* as programs sent them */
	CHUNK_ROWS,	/* what has changed in an aggregation */
	CHUNK_STACK,	/* a stack's number and its frames */
	CHUNK_SYMBOL,	/* a symbol's number and its text */
	CHUNK_DROPS,	/* events were lost */
	CHUNK_SAID,	/* what else is missing in the report */
	CHUNK_TIME,	/* both clocks */
	CHUNK_INTERVAL, /* a live report printed here */
	CHUNK_END,	/* the recorder ended in peace */
};

/* What each chunk holds: recording/parts.h. */

/* ---- writing ---- */

struct chunk_out {
	int fd;
	struct buf pending; /* whole chunks, and the one that grows */
	size_t head;	    /* where that begins */
	bool growing;
	uint64_t written; /* bytes in the file */
	int error;	  /* negative errno of the first write that failed: nothing is written after it */
};

void chunk_out_open(struct chunk_out *out, int fd);
void chunk_out_free(struct chunk_out *out); /* closes the file */
/* A chunk in one piece. */
void chunk_put(struct chunk_out *out, enum chunk_type type, const struct buf *body);
/* A chunk that grows in out->pending, until something else is done with `out`. */
void chunk_begin(struct chunk_out *out, enum chunk_type type);
static inline size_t chunk_size(const struct chunk_out *out) /* of the one that grows; 0: none does */
{
	return out->growing ? out->pending.size - out->head : 0;
}
int chunk_flush(struct chunk_out *out);

/* ---- reading ---- */

struct chunk_in {
	FILE *file;
	unsigned char *body;
	size_t room;
	uint64_t at; /* bytes read so far */
	int error;   /* negative errno, with CHUNK_UNREADABLE */
};

struct chunk {
	uint32_t type;	    /* enum chunk_type, or one of a later cephtap: to be skipped */
	struct unpack body; /* valid until the next chunk is read */
};

enum chunk_result {
	CHUNK_OK,
	CHUNK_EOF,	  /* nothing is left */
	CHUNK_CUT,	  /* the file ends inside of a chunk */
	CHUNK_UNREADABLE, /* what comes next cannot be read */
	CHUNK_DAMAGED,	  /* a size that cannot be, or the checksum differs */
};

/* Reads the file's head. False: it is no recording, or none that can be read here; a sentence without the file's name
 * in *why. */
bool chunk_in_open(struct chunk_in *in, FILE *file, struct buf *why);
void chunk_in_free(struct chunk_in *in); /* leaves the file open */
enum chunk_result chunk_next(struct chunk_in *in, struct chunk *chunk);

#endif
