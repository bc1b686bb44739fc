/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/top_page.h"

#include <stdio.h>
#include <string.h>

#include "report/latency.h"

/* The two titles, the two headings, the summary, the line between the tables, messages, keys. */
enum { LINES_FIXED = 8, CELL_SIZE = 24 };

/* --- Lines --- */

/* The text is ours, or shown already. */
static void add(struct top_page *page, const struct top_look *look, enum top_line_kind kind, const char *text)
{
	struct buf line = {0};

	if (page->lines_len >= look->height)
		return;
	shown_add_cut(&line, SHOWN_SENTENCE, text, strlen(text), look->width);
	*arena_push(page->arena, page->lines, page->lines_len) = (struct top_line){
		.kind = kind,
		.text = arena_strdup(page->arena, line.size ? line.data : ""),
	};
	buf_free(&line);
}

static void add_shown(struct top_page *page, const struct top_look *look, enum top_line_kind kind, struct shown *text)
{
	add(page, look, kind, text->buf.size ? text->buf.data : "");
	shown_free(text);
}

/* --- Cells --- */

static void print_short(double number, char text[CELL_SIZE])
{
	snprintf(text, CELL_SIZE, number < 99.95 ? "%.1f" : "%.0f", number);
}

static void print_size(double bytes, char text[CELL_SIZE])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	unsigned i = 0;

	for (; i < 4 && bytes >= 999.5; i++)
		bytes /= 1000;
	snprintf(text, CELL_SIZE, "%.*f %s", i && bytes < 99.95, bytes, units[i]);
}

static void print_cell(const struct top_column *column, const struct top_cell *cell, char text[CELL_SIZE])
{
	switch (cell->count ? column->unit : TOP_TEXT) {
	case TOP_NUMBER:
		print_short(cell->number, text);
		break;
	case TOP_COUNT:
		snprintf(text, CELL_SIZE, "%.0f", cell->number);
		break;
	case TOP_MEGA:
		snprintf(text, CELL_SIZE, cell->number < 9.995e6 ? "%.2f" : "%.1f", cell->number / 1e6);
		break;
	case TOP_SIZE:
		print_size(cell->number, text);
		break;
	case TOP_TIME:
		duration_print(cell->number, text);
		break;
	case TOP_TEXT:
		snprintf(text, CELL_SIZE, "-");
	}
}

/* --- Which columns there is room for --- */

/* What the last column, which takes what is left, must have at least. */
enum { REST_MIN = 12 };

static unsigned needed(const struct top_table *table)
{
	unsigned width = 0;

	for (unsigned i = 0; i < table->columns_len; i++)
		if (!table->columns[i].is_extra)
			width += table->columns[i].width ? table->columns[i].width : REST_MIN;
	return width;
}

/* A bit for each column. */
static unsigned choose(const struct top_table *table, unsigned width)
{
	unsigned used = needed(table), chosen = 0;

	for (unsigned i = 0; i < table->columns_len; i++) {
		const struct top_column *column = &table->columns[i];

		if (column->is_extra && used + column->width > width)
			continue;
		used += column->is_extra ? column->width : 0;
		chosen |= 1u << i;
	}
	return chosen;
}

/* Names of objects differ at their ends: of one that is too long the beginning is left out. */
static void put_rest(struct shown *out, const char *text, size_t room)
{
	struct buf end = {0};

	shown_add_end(&end, text, strlen(text), room, '~');
	shown_putc(out, ' ');
	shown_bytes(out, end.data, end.size);
	buf_free(&end);
}

static void put(struct shown *out, const struct top_column *column, const char *text, unsigned width)
{
	size_t used = shown_columns(out->buf.data, out->buf.size);

	if (!column->width)
		put_rest(out, text, width - used - 1);
	else if (column->unit == TOP_TEXT)
		shown_printf(out, "%s%-*.*s", used ? " " : "", (int)(column->width - !!used),
			     (int)(column->width - !!used), text);
	else
		shown_printf(out, "%*s", (int)column->width, text);
}

/* --- Tables --- */

static void add_title(struct top_page *page, const struct top_look *look, const struct top_table *table,
		      const char *more)
{
	const struct top_column *column = &table->columns[table->sort];
	const char *order = column->unit == TOP_TEXT ? (table->is_reversed ? "Z to A" : "A to Z")
			    : table->is_reversed     ? "smallest first"
						     : "largest first";
	struct shown out = {0};

	shown_printf(&out, "%s by %s, %s%s", table->title, column->name, order, more);
	add_shown(page, look, TOP_LINE_TITLE, &out);
}

/* The column that is sorted by has a mark, for those who see neither colours nor bold letters. */
static void add_heading(struct top_page *page, const struct top_look *look, const struct top_table *table,
			unsigned chosen)
{
	struct shown out = {0};
	char text[CELL_SIZE];

	for (unsigned i = 0; i < table->columns_len; i++) {
		snprintf(text, sizeof(text), "%s%s", i == table->sort ? ">" : "", table->columns[i].name);
		if (chosen & 1u << i)
			put(&out, &table->columns[i], text, look->width);
	}
	add_shown(page, look, TOP_LINE_HEADING, &out);
}

static void add_row(struct top_page *page, const struct top_look *look, const struct top_table *table, unsigned chosen,
		    const struct top_row *row)
{
	struct shown out = {0};
	char text[CELL_SIZE];

	for (unsigned i = 0; i < table->columns_len; i++) {
		const struct top_cell *cell = &row->cells[i];

		print_cell(&table->columns[i], cell, text);
		if (chosen & 1u << i)
			put(&out, &table->columns[i],
			    table->columns[i].unit == TOP_TEXT && cell->text ? cell->text : text, look->width);
	}
	add_shown(page, look, TOP_LINE_PLAIN, &out);
}

/* Returns how many rows there were. */
static unsigned add_table(struct top_page *page, const struct top_look *look, const struct top_table *table,
			  unsigned first, unsigned rows_max, const char *more)
{
	unsigned chosen = choose(table, look->width), n = 0;

	add_title(page, look, table, more);
	add_heading(page, look, table, chosen);
	for (; n < rows_max && first + n < table->rows_len; n++)
		add_row(page, look, table, chosen, table->rows[first + n]);
	return n;
}

/* --- The page --- */

static void add_summary(struct top_page *page, const struct top_look *look, const struct top_model *model)
{
	struct top_summary summary = top_summary(model);
	char ops[CELL_SIZE], reads[CELL_SIZE], writes[CELL_SIZE];
	struct shown out = {0};

	print_short(summary.ops, ops);
	print_short(summary.reads, reads);
	print_short(summary.writes, writes);
	shown_printf(&out, "%s%s", look->time, *look->time ? "  " : "");
	shown_printf(&out, look->is_paused ? "PAUSED" : "every %g s", look->interval);
	shown_printf(&out, "  %u OSD%s", summary.osds, summary.osds == 1 ? "" : "s");
	if (summary.seconds > 0)
		shown_printf(&out, "  %s ops/s (%s r, %s w)  %.1f MB/s  %llu lost", ops, reads, writes,
			     summary.bytes / 1e6, (unsigned long long)summary.lost);
	add_shown(page, look, TOP_LINE_TITLE, &out);
}

/* As many OSDs as there are, if they leave the panel half of the room. */
static unsigned room_for_osds(const struct top_look *look, unsigned osds)
{
	unsigned room = look->height - LINES_FIXED;

	return osds < room / 2 ? osds : room / 2;
}

static void add_osds(struct top_page *page, const struct top_look *look, const struct top_model *model)
{
	struct top_table table = top_table(model, TOP_OSDS);
	unsigned room = room_for_osds(look, table.rows_len), first = look->first;
	char more[64] = "";

	if (first + room > table.rows_len)
		first = table.rows_len - room;
	if (room < table.rows_len)
		snprintf(more, sizeof(more), "; %u to %u of %u", first + 1, first + room, table.rows_len);
	page->osds_shown = add_table(page, look, &table, first, room, more);
}

static void add_panel(struct top_page *page, const struct top_look *look, const struct top_model *model)
{
	struct top_table table = top_table(model, look->panel);
	struct top_summary summary = top_summary(model);
	unsigned room = look->height - page->lines_len - 4, shown; /* its title and heading, messages, keys */
	char more[64] = "", floor[16];

	duration_print(summary.slow_floor_ns, floor);
	if (look->panel == TOP_SLOW && summary.slow_floor_ns > 0)
		snprintf(more, sizeof(more), "; all that took more than %s", floor);
	else if (room < table.rows_len)
		snprintf(more, sizeof(more), "; %u of %u", room, table.rows_len);
	shown = add_table(page, look, &table, 0, room, more);
	if (!shown)
		add(page, look, TOP_LINE_PLAIN, summary.seconds > 0 ? "(none in this interval)" : "(gathering)");
}

static const char *const help[] = {
	"Keys:",
	"  q        quit; all warnings are printed then",
	"  p space  pause: the numbers stand still, gathering goes on",
	"  s < >    sort the OSDs by the next column; < and left arrow: by the one before",
	"  r        reverse that order; S and R: the same for the lower panel",
	"  t o c l  the lower panel: stages, objects, clients, slowest ops; Tab: the next",
	"  + -      a longer or shorter interval;  up, down: more OSDs than fit",
	"",
	"All numbers are of the last interval alone. MB are 10^6 bytes; - is: none seen.",
	"OPS/S    clients' ops that were done, reads and writes (which may read too)",
	"REPLICA  writes that this OSD made for another one, its primary",
	"MB/S     data of clients' ops;  MEAN, P99: how long clients' ops took",
	"QUEUE    how many ops, of clients and replicas, waited for a worker; a mean",
	"FLIGHT   how many ops of clients were in the OSD; a mean",
	"Stages:  RECEIVE the message, wait in the QUEUE, PREPARE (checks), EXECUTE,",
	"         the own STORE, then the other REPLICAS, REPLY. They add up to WHOLE.",
	"LAST: the replica that a slow op waited for.",
};

static void add_help(struct top_page *page, const struct top_look *look)
{
	for (unsigned i = 0; i < sizeof(help) / sizeof(help[0]) && page->lines_len + 2 < look->height; i++)
		add(page, look, TOP_LINE_PLAIN, help[i]);
}

static void fill(struct top_page *page, const struct top_look *look)
{
	while (look->has_keys && page->lines_len + 2 < look->height)
		add(page, look, TOP_LINE_PLAIN, "");
}

static void add_end(struct top_page *page, const struct top_look *look)
{
	fill(page, look);
	if (look->has_keys || (look->message && *look->message))
		add(page, look, TOP_LINE_WARNING, look->message ? look->message : "");
	if (!look->has_keys)
		return;
	add(page, look, TOP_LINE_KEYS,
	    look->is_help ? "h: back to the numbers   q: quit"
			  : "q quit h help p pause s sort r reverse  Tab: t stages o objects c clients l slow");
}

void top_page_make(struct arena *arena, const struct top_model *model, const struct top_look *look,
		   struct top_page *page)
{
	struct shown out = {0};

	*page = (struct top_page){.arena = arena};
	if (look->width < TOP_WIDTH_MIN || look->height < TOP_HEIGHT_MIN) {
		shown_printf(&out, "cephtap top needs %d x %d, not %u x %u", TOP_WIDTH_MIN, TOP_HEIGHT_MIN, look->width,
			     look->height);
		add_shown(page, look, TOP_LINE_PLAIN, &out);
		return;
	}
	add_summary(page, look, model);
	if (look->is_help) {
		add_help(page, look);
	} else {
		add_osds(page, look, model);
		add(page, look, TOP_LINE_PLAIN, "");
		add_panel(page, look, model);
	}
	add_end(page, look);
}
