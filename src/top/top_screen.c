/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/top_screen.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PAIR_WARNING = 1, RESTORE_SIZE = 256 };

static struct {
	SCREEN *screen; /* NULL: not open */
	struct termios before;
	char restore[RESTORE_SIZE]; /* what a terminal is sent to be as before: a handler cannot ask ncurses */
	size_t restore_size;
	void (*at_crash)(void);
	bool has_colors;
} terminal;

/* Signals that end a process, and that the tracer does not catch. */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS};
enum { CRASHES = sizeof(crashes) / sizeof(crashes[0]) };

static void on_crash(int number)
{
	if (write(STDOUT_FILENO, terminal.restore, terminal.restore_size) < 0) {
		/* The terminal has gone: there is nothing to bring back. */
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
	if (terminal.at_crash)
		terminal.at_crash();
	signal(number, SIG_DFL);
	raise(number);
}

static void set_crash_handlers(void (*handler)(int))
{
	for (unsigned i = 0; i < CRASHES; i++)
		signal(crashes[i], handler);
}

/* Without pauses for slow terminals of old, `$<5>`. */
static void remember(const char *capability)
{
	const char *text = tigetstr(capability), *end;

	if (!text || text == (char *)-1)
		return;
	for (; *text && terminal.restore_size < RESTORE_SIZE; text++) {
		end = strncmp(text, "$<", 2) ? NULL : strchr(text, '>');
		if (end)
			text = end;
		else
			terminal.restore[terminal.restore_size++] = *text;
	}
}

static void remember_all(void)
{
	static const char *const capabilities[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};

	terminal.restore_size = 0;
	for (unsigned i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		remember(capabilities[i]);
}

/* https://no-color.org: set to anything but nothing. */
static void begin_colors(void)
{
	const char *no_color = getenv("NO_COLOR");

	terminal.has_colors = !(no_color && *no_color) && has_colors() && start_color() == OK;
	if (!terminal.has_colors)
		return;
	use_default_colors();
	init_pair(PAIR_WARNING, COLOR_RED, -1);
}

/* What a page is in. The environment's locale may be none, as it is for root after sudo. */
static void use_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && !setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "C");
}

bool top_screen_open(void (*at_crash)(void), const char **why)
{
	use_utf8();
	terminal.at_crash = at_crash;
	tcgetattr(STDIN_FILENO, &terminal.before);
	set_escdelay(25); /* ms; an arrow key is three bytes that begin with Esc */
	terminal.screen = newterm(NULL, stdout, stdin);
	if (!terminal.screen) {
		*why = "this terminal is not known (is TERM right?)";
		return false;
	}
	set_term(terminal.screen);
	remember_all();
	set_crash_handlers(on_crash);
	begin_colors();
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	return true;
}

void top_screen_close(void)
{
	if (!terminal.screen)
		return;
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
	set_crash_handlers(SIG_DFL);
	delscreen(terminal.screen);
	terminal.screen = NULL;
}

void top_screen_size(unsigned *width, unsigned *height)
{
	int y, x;

	getmaxyx(stdscr, y, x);
	*width = (unsigned)x;
	*height = (unsigned)y;
}

int top_screen_key(void)
{
	int key = getch();

	switch (key) {
	case ERR:
		return TOP_KEY_NONE;
	case KEY_LEFT:
		return TOP_KEY_LEFT;
	case KEY_RIGHT:
		return TOP_KEY_RIGHT;
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_RESIZE:
		return TOP_KEY_RESIZED;
	default:
		return key < 256 ? key : TOP_KEY_OTHER;
	}
}

static int look_of(const struct top_line *line)
{
	switch (line->kind) {
	case TOP_LINE_TITLE:
		return A_BOLD;
	case TOP_LINE_HEADING:
		return A_REVERSE;
	case TOP_LINE_WARNING:
		return A_BOLD | (terminal.has_colors ? COLOR_PAIR(PAIR_WARNING) : 0);
	default:
		return A_NORMAL;
	}
}

/* Where no locale knows UTF-8, ncurses would show bytes of it by a notation of its own, in more columns. */
static void draw_text(const char *text)
{
	if (MB_CUR_MAX > 1) {
		addstr(text);
		return;
	}
	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			addch((unsigned char)*text < 0x80 ? (chtype)*text : '?');
}

void top_screen_draw(const struct top_page *page)
{
	erase();
	for (unsigned i = 0; i < page->lines_len; i++) {
		const struct top_line *line = &page->lines[i];

		attrset(look_of(line));
		move((int)i, 0);
		draw_text(line->text);
		if (line->kind == TOP_LINE_HEADING) /* a bar over the whole line */
			mvchgat((int)i, 0, -1, A_REVERSE, 0, NULL);
	}
	attrset(A_NORMAL);
	refresh();
}
