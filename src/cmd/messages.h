/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standard error, kept back while a full screen is up, where it would be written over what is drawn. What this process
 * and its children say meanwhile goes into memory; the newest line can be asked for; at the end all of it goes where it
 * would have gone.
 */
#ifndef CEPHTAP_CMD_MESSAGES_H
#define CEPHTAP_CMD_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

/* False: there is no room for it, nothing is kept back. */
bool messages_keep(void);
/* The newest whole line, without its end; false: none is newer than at the last call. */
bool messages_newest(char *line, size_t size);
/* Says it all. May be called from a handler of signals, and twice. */
void messages_say(void);

#endif
