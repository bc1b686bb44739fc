/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The terminal of `cephtap top`: draws pages, reads keys, follows the size of the window. While a screen is open the
 * terminal is in another state; screen_close() brings back the one before, and so does a signal that ends the process
 * (not SIGKILL).
 */
#ifndef CEPHTAP_TOP_TOP_SCREEN_H
#define CEPHTAP_TOP_TOP_SCREEN_H

#include "top/top_page.h"

enum top_key {
	TOP_KEY_NONE = -1, /* nothing was pressed */
	/* A character is itself. */
	TOP_KEY_LEFT = 256,
	TOP_KEY_RIGHT,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_RESIZED,
	TOP_KEY_OTHER,
};

/* False: the terminal is not known (TERM); *why says so. `at_crash` is called when a signal ends us: only what a
 * handler may do. */
bool top_screen_open(void (*at_crash)(void), const char **why);
void top_screen_close(void);
void top_screen_size(unsigned *width, unsigned *height);
int top_screen_key(void);
void top_screen_draw(const struct top_page *page);

#endif
