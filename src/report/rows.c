/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/rows.h"

#include <string.h>

#include "agg/agg.h"

unsigned rows_find(const struct report *report, const char *name)
{
	const struct schema *schema = report->schema;

	for (unsigned i = 0; i < schema->aggs_len; i++)
		if (!strcmp(schema->aggs[i].name, name))
			return i;
	return ROWS_NONE;
}

/* A recording may say anything of an aggregation of that name: NULL if it has no such key, or one of another kind. */
static const struct field *key_of(const struct report *report, unsigned agg, unsigned key, enum field_kind kind)
{
	const struct agg_layout *layout = &report->schema->aggs[agg];

	return key < layout->keys_len && layout->keys[key].kind == kind ? &layout->keys[key] : NULL;
}

const char *rows_text(const struct report *report, struct arena *arena, unsigned agg, const struct agg_row *row,
		      unsigned key)
{
	const struct field *field = key_of(report, agg, key, FIELD_STRING);
	const char *text = field ? (const char *)row->key + field->offset : "";

	return arena_strndup(arena, text, field ? field_text_size(field, text) : 0);
}

const struct stack *rows_stack(const struct report *report, unsigned agg, const struct agg_row *row, unsigned key)
{
	const struct field *field = key_of(report, agg, key, FIELD_STACK);

	return field ? report_stack_of(report, field_int(field, (const char *)row->key + field->offset)) : NULL;
}

uint64_t rows_word(const struct report *report, unsigned agg, const struct agg_row *row, unsigned word)
{
	return word < report->schema->aggs[agg].value_size / sizeof(uint64_t) ? row->value[word] : 0;
}

double rows_number(const struct report *report, unsigned agg, const struct agg_row *row)
{
	const struct agg_shape *shape = &report->schema->aggs[agg].shape;

	return (double)shape->agg->number(shape, row->value, 1);
}

const struct agg_row *rows_join(const struct report *report, const char *const *names, unsigned len, unsigned *aggs,
				unsigned *rows_len)
{
	*rows_len = 0;
	for (unsigned i = 0; i < len; i++) {
		aggs[i] = rows_find(report, names[i]);
		if (aggs[i] == ROWS_NONE)
			return NULL;
	}
	return reader_agg_join(report->reader, aggs, len, rows_len);
}

void rows_restart(struct report *report)
{
	for (unsigned i = 0; i < report->schema->aggs_len; i++) {
		reader_agg_mark_printed(report->reader, i);
		reader_agg_trunc(report->reader, i, false, 0);
	}
}
