/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that travel inside the binary: the catalogue, layout cards, report scripts, D's library, the page of pictures. scripts/embed.sh writes the arrays
 * at build time; each ends with an element whose name is NULL. `data` is followed by a NUL byte that `size` does not
 * count.
 */
#ifndef CEPHTAP_LIB_EMBED_H
#define CEPHTAP_LIB_EMBED_H

#include <stddef.h>

struct embedded {
	const char *name; /* the file's base name: "ceph_osd.cat" */
	const char *data;
	size_t size;
};

extern const struct embedded embedded_catalogue[], embedded_cards[], embedded_scripts[], embedded_library[], embedded_pictures[];

#endif
