/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that travel inside the binary: the catalogue, layout cards, report scripts, D's library, the page of pictures.
 * They are packed, to a fourth of their size, and unpacked when asked for, at about 3 us per KiB. scripts/embed.sh
 * writes the arrays at build time; each ends with an element whose name is NULL.
 */
#ifndef CEPHTAP_LIB_EMBED_H
#define CEPHTAP_LIB_EMBED_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/diag.h"

struct embedded {
	const char *name; /* the file's base name: "ceph_osd.cat" */
	const unsigned char *packed;
	size_t packed_size, size; /* as gzip writes it; as the file is */
};

extern const struct embedded embedded_catalogue[], embedded_cards[], embedded_scripts[], embedded_library[],
	embedded_pictures[];

/* The file's text lives in the arena. */
struct source *embedded_unpack(struct arena *arena, const struct embedded *file);
/* The one of this name; NULL: there is none. */
struct source *embedded_find(struct arena *arena, const struct embedded *files, const char *name);

#endif
