/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this host failed to give us while we read files and processes: a descriptor, memory, a block of a disk. Who
 * reads has other things to do than to pass that on (a file that is not read has no markers, no names, no stacks), so
 * it is noted where it is met and told by who talks to the user: otherwise a report would lack something in silence.
 * What a file or process is like is no trouble.
 */
#ifndef CEPHTAP_LIB_TROUBLE_H
#define CEPHTAP_LIB_TROUBLE_H

#include <stdbool.h>

/* `error` is a negative errno: nothing is noted where it is no failure of the host. The sentence goes on with its
 * words. */
__attribute__((format(printf, 2, 3))) void trouble_note(int error, const char *format, ...);

/* Hands over what was noted since the last time, in one sentence. */
void trouble_tell(void (*tell)(void *data, const char *sentence), void *data);

#endif
