/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a format of printf() and printa(): parsed, checked against values of the first kinds that come, and
 * printed with fewer, as many and more values than it wants.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "front/d/check/format.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS = 24, RECORD_SIZE = FIELDS * 8 };

static void print(const struct format *format, const uint8_t *data, size_t size)
{
	static const uint32_t sizes[] = {1, 2, 4, 8};
	char record[RECORD_SIZE] = {0};
	struct field fields[FIELDS];
	struct shown out = {0};
	unsigned i;

	for (i = 0; i < FIELDS; i++) {
		uint8_t way = size ? data[i % size] : 0;

		fields[i] = (struct field){.kind = way % 3   ? FIELD_INT
						   : way & 4 ? FIELD_STRING
							     : FIELD_BYTES,
					   .is_signed = way & 8,
					   .offset = i * 8,
					   .size = way % 3 ? sizes[way >> 4 & 3] : 8};
	}
	memcpy(record, data, size < sizeof(record) ? size : sizeof(record));
	for (i = 0; i <= FIELDS; i += 6) {
		format_print(NULL, format, fields, i, record, &out);
		shown_clear(&out);
	}
	shown_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct type *types[] = {&type_int, &type_ulong, &type_error};
	struct loc locs[3] = {{0}}, loc = {0};
	struct arena *arena = arena_new();
	struct diags diags;
	struct format *format;

	diags_init(&diags, arena);
	format = size < 4096 ? check_format(arena, (const char *)data, size, loc, &diags) : NULL;
	if (format) {
		check_format_args(format, "printf", types, locs, 3, loc, &diags);
		check_format_keys(format, "printa", types, 3, 1, loc, &diags);
		print(format, data, size);
	}
	arena_free(arena);
	return 0;
}
