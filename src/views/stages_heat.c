/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/stages_heat.h"

#include <string.h>

#include "report/heat.h"
#include "pictures/picture.h"

enum { COLUMNS_MAX = 240, BUCKETS_MAX = 60 };

/* A histogram when it was looked at last. */
struct seen {
	struct seen *next;
	const char *name;
	uint64_t *value, *since; /* and room for what has come since */
	unsigned words;
};

struct stages_heat {
	struct arena *arena;
	FILE *out;
	struct seen *seen;
	struct heat_row *rows; /* their times are columns: how many looks came before */
	unsigned rows_len, column;
	uint64_t first_ns, last_ns; /* of the first look, and of the one that began the last column */
};

struct stages_heat *stages_heat_new(struct arena *arena, FILE *out)
{
	struct stages_heat *heat = arena_new_one(arena, struct stages_heat);

	heat->arena = arena;
	heat->out = out;
	return heat;
}

static struct seen *find_seen(struct stages_heat *heat, const char *name, unsigned words)
{
	struct seen *seen = heat->seen;

	while (seen && strcmp(seen->name, name) != 0)
		seen = seen->next;
	if (seen)
		return seen;
	seen = arena_new_one(heat->arena, struct seen);
	*seen = (struct seen){.next = heat->seen, .name = arena_strdup(heat->arena, name), .words = words};
	seen->value = arena_new_array(heat->arena, uint64_t, words);
	seen->since = arena_new_array(heat->arena, uint64_t, words);
	heat->seen = seen;
	return seen;
}

static void add_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct stages_heat *heat = data;
	uint64_t from = low < 0 ? 0 : (uint64_t)low, to = high < 0 || high == INT64_MAX ? from : (uint64_t)high;

	if ((int64_t)count > 0)
		*arena_push(heat->arena, heat->rows, heat->rows_len) =
			(struct heat_row){.time_ns = heat->column, .value = from + (to - from) / 2, .count = count};
}

/* What comes at the end is less than a column, and belongs to the one before if it is less than half of one. */
void stages_heat_look(struct stages_heat *heat, uint64_t time_ns)
{
	if (!heat->first_ns) {
		heat->first_ns = heat->last_ns = time_ns;
	} else if (!heat->column || time_ns - heat->last_ns >= (heat->last_ns - heat->first_ns) / heat->column / 2) {
		heat->column++;
		heat->last_ns = time_ns;
	}
}

void stages_heat_add(struct stages_heat *heat, const struct agg_shape *shape, const char *name, const uint64_t *value,
		     unsigned words)
{
	struct seen *seen = find_seen(heat, name, words);

	memcpy(seen->since, value, words * sizeof(*value));
	shape->agg->subtract(shape, seen->since, seen->value);
	memcpy(seen->value, value, words * sizeof(*value));
	shape->agg->buckets(shape, seen->since, add_bucket, heat);
}

void stages_heat_restart(struct stages_heat *heat)
{
	for (struct seen *seen = heat->seen; seen; seen = seen->next)
		memset(seen->value, 0, seen->words * sizeof(*seen->value));
}

/* A look sees what came before it. */
int stages_heat_draw(struct stages_heat *heat)
{
	uint64_t look_ns = heat->column ? (heat->last_ns - heat->first_ns) / heat->column : 1000000000;
	struct heat_row nothing = {.value = 1};
	struct picture *picture;
	struct heat made;

	heat_make(&made, heat->arena, heat->rows_len ? heat->rows : &nothing, heat->rows_len ? heat->rows_len : 1,
		  COLUMNS_MAX, BUCKETS_MAX);
	picture = picture_heat(heat->out, "latency of clients' ops", "ns",
			       heat->first_ns - look_ns + made.start_ns * look_ns, made.step_ns * look_ns, made.buckets,
			       made.buckets_len);
	if (!heat->rows_len)
		picture_note(picture, "no op of a client was done meanwhile");
	for (unsigned i = 0; i < made.columns_len; i++)
		picture_column(picture, heat_column(&made, i));
	return picture_end(picture);
}
