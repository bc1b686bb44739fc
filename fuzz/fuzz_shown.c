/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes in any form: what is shown is UTF-8 that a terminal does not obey, no wider than was asked for, and tells
 * what it was. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shown.h"
#include "lib/utf8.h"

static void check_safe(const struct buf *shown)
{
	uint32_t code;
	size_t n;

	for (size_t i = 0; i < shown->size; i += n) {
		n = utf8_decode(shown->data + i, shown->size - i, &code);
		assert(n && (utf8_columns(code) >= 0 || code == '\n' || code == '\t' || code == '\r'));
	}
}

static void check_forms(const char *text, size_t size)
{
	struct buf shown = {0};

	for (int form = 0; form < SHOWN_FORMS; form++) {
		buf_clear(&shown);
		shown_add(&shown, form, text, size);
		if (form != SHOWN_BYTES)
			check_safe(&shown);
	}
	buf_free(&shown);
}

static void check_way_back(enum shown_form form, const char *name)
{
	struct buf shown = {0};

	buf_puts(&shown, "");
	shown_add(&shown, form, name, strlen(name));
	assert(!strcmp(shown_read(shown.data), name));
	buf_free(&shown);
}

static void check_width(const char *text, size_t size, size_t columns)
{
	struct buf shown = {0};

	assert(shown_add_cut(&shown, SHOWN_NAME, text, size, columns) == shown_columns(shown.data, shown.size));
	assert(shown_columns(shown.data, shown.size) <= columns);
	buf_clear(&shown);
	shown_add_end(&shown, text, size, columns, '~');
	assert(shown_columns(shown.data, shown.size) <= columns);
	check_safe(&shown);
	buf_free(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = strndup((const char *)data, size), *text = malloc(size ? size : 1);

	memcpy(text, data, size); /* of its own size, so that a byte read too far is seen */
	check_forms(text, size);
	check_way_back(SHOWN_NAME, name);
	check_way_back(SHOWN_FOLDED, name);
	if (size && size < 512)
		check_width(text, size, (unsigned char)text[0] % 40);
	shown_read(name); /* which may be anybody's */
	free(name);
	free(text);
	return 0;
}
