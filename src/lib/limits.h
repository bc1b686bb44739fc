/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many files may be open: a host can run code from thousands, and each that has probes is held. */
#ifndef CEPHTAP_LIB_LIMITS_H
#define CEPHTAP_LIB_LIMITS_H

#include <stdbool.h>

/* As many as the hard limit allows. */
void limits_raise_files(void);
/* As it was: for a program that we start, which may not expect more (select(2)). */
void limits_restore_files(void);
/* Is this descriptor among the last few, which are kept for what must be opened whatever happens? */
bool limits_is_scarce(int fd);

#endif
