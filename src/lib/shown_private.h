/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The escapes of a text that is shown: written by shown.c, read by shown_read.c, so that both know the same ones. */
#ifndef CEPHTAP_LIB_SHOWN_PRIVATE_H
#define CEPHTAP_LIB_SHOWN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHOWN_ESCAPE_SIZE = 12 };

/* One character, or a byte that is no part of one. */
struct unit {
	size_t size;
	uint32_t code;
	int columns;
	bool is_byte;
};

/* Most text needs nothing, whatever the form: how many bytes of its beginning are so. No quote and no backslash is
 * among them. */
size_t shown_simple_size(const char *text, size_t size);
struct unit shown_unit(const char *text, size_t size);
/* \n, \033, \377, \u202e, \U000e0041 */
void shown_escape(const struct unit *unit, char text[SHOWN_ESCAPE_SIZE]);
/* Behind a backslash: the size of an escape as shown_escape() writes it, and what it stands for; 0: it is none. */
size_t shown_unescape(const char *text, size_t size, struct unit *unit);

#endif
