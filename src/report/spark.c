/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/spark.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/latency.h"

enum { LABEL = 10, WIDTH_LEAST = 20, WIDTH_DEFAULT = 80 };

/* From nothing to all: the first stands for 0 alone. */
struct ramp {
	unsigned len;
	const char *steps[10];
};

static const struct ramp bars_utf8 = {9, {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}};
static const struct ramp shades_utf8 = {5, {" ", "░", "▒", "▓", "█"}};
static const struct ramp ascii = {10, {" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"}};
/* Of the 256 colours: blues to yellow, which are read on black and on white. */
static const unsigned char colours[] = {25, 31, 37, 71, 142, 178, 208};

/* --- What a terminal can show --- */

/* As setlocale() would choose; it is not asked, because the locale need not be installed here for the terminal to show
 * UTF-8. */
static bool locale_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static bool may_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && terminal && *terminal && strcmp(terminal, "dumb");
}

static unsigned terminal_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long width = columns ? strtol(columns, NULL, 10) : 0;

	if (!ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	if (width <= 0 || width > 1000)
		return WIDTH_DEFAULT;
	return width < WIDTH_LEAST ? WIDTH_LEAST : (unsigned)width;
}

struct spark_style spark_style_of(FILE *out)
{
	return (struct spark_style){.utf8 = locale_is_utf8(), .colour = may_colour(out), .width = terminal_width(out)};
}

/* --- Bars --- */

/* The step of a share from 0 to 1: what is not 0 is never shown as nothing. */
static unsigned step_of(double share, unsigned len)
{
	unsigned step;

	if (!(share > 0))
		return 0;
	step = (unsigned)ceil(share * (len - 1));
	return step < 1 ? 1 : step < len ? step : len - 1;
}

void spark_line(struct shown *out, const struct spark_style *style, const double *values, unsigned len)
{
	const struct ramp *ramp = style->utf8 ? &bars_utf8 : &ascii;
	double most = 0;

	for (unsigned i = 0; i < len; i++)
		if (isfinite(values[i]) && values[i] > most)
			most = values[i];
	for (unsigned i = 0; i < len; i++)
		shown_name(out,
			   ramp->steps[isfinite(values[i]) && most > 0 ? step_of(values[i] / most, ramp->len) : 0]);
}

/* --- Heat maps --- */

unsigned spark_heat_columns(const struct spark_style *style)
{
	return style->width - LABEL - 2;
}

static void print_label(struct shown *out, uint64_t value, bool is_ns)
{
	char text[24];

	if (is_ns)
		duration_print((double)value, text);
	else
		snprintf(text, sizeof(text), "%" PRIu64, value);
	shown_printf(out, "%*s ", LABEL, text);
}

static void print_cell(struct shown *out, const struct spark_style *style, double share, unsigned *last)
{
	const struct ramp *ramp = style->utf8 ? &shades_utf8 : &ascii;
	unsigned colours_len = sizeof(colours), step = step_of(share, ramp->len),
		 colour = step_of(share, colours_len + 1);

	if (style->colour && colour && colour != *last) {
		shown_printf(out, "\033[38;5;%um", colours[colour - 1]);
		*last = colour;
	}
	shown_name(out, ramp->steps[step]);
}

static void print_row(struct shown *out, const struct spark_style *style, const struct heat *heat, unsigned bucket,
		      uint64_t most)
{
	unsigned last = 0;

	shown_name(out, style->utf8 ? "│" : "|");
	for (unsigned i = 0; i < heat->columns_len;
	     i++) /* the root: few shades must do for counts that are far apart */
		print_cell(out, style, sqrt((double)heat_column(heat, i)[bucket] / (double)most), &last);
	if (last)
		shown_puts(out, "\033[0m");
	shown_putc(out, '\n');
}

static void print_axis(struct shown *out, const struct spark_style *style, const struct heat *heat, uint64_t most)
{
	const struct ramp *ramp = style->utf8 ? &shades_utf8 : &ascii;
	char length[16], step[16];

	duration_print((double)heat->step_ns * heat->columns_len, length);
	duration_print((double)heat->step_ns, step);
	shown_printf(out, "%*s %s", LABEL, "", style->utf8 ? "└" : "+");
	for (unsigned i = 0; i < heat->columns_len; i++)
		shown_name(out, style->utf8 ? "─" : "-");
	shown_printf(out, "\n%*s  0%*s\n", LABEL, "", heat->columns_len > 1 ? (int)heat->columns_len - 1 : 1, length);
	shown_printf(out, "%*s  a column is %s; counts from %s 1 to %s %" PRIu64 "\n", LABEL, "", step, ramp->steps[1],
		     ramp->steps[ramp->len - 1], most);
}

void spark_heat(struct shown *out, const struct spark_style *style, const struct heat *heat, bool is_ns)
{
	uint64_t most = 1;

	for (size_t i = 0; i < (size_t)heat->columns_len * heat->buckets_len; i++)
		most = heat->counts[i] > most ? heat->counts[i] : most;
	for (unsigned i = heat->buckets_len; i-- > 0;) {
		print_label(out, heat->buckets[i], is_ns);
		print_row(out, style, heat, i, most);
	}
	print_axis(out, style, heat, most);
}
