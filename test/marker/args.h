/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ARGS_H
#define ARGS_H

#ifdef BARE
#define MARKERS 0
#define CEPHTAP_MARKER(...)	      ((void)0)
#define CEPHTAP_MARKER_NAMED(...)     ((void)0)
#define CEPHTAP_MARKER_ENABLED(...)   0
#define CEPHTAP_MARKER_SEMAPHORE(...) struct nothing
#else
#include <cephtap/marker.h>
#define MARKERS CEPHTAP_MARKERS
#endif

#ifndef __cplusplus
#include <stdbool.h>
#endif

#define NOINLINE __attribute__((noinline))

/* The same marker in two source files, and in one function more than once. */
static inline void inlined(long value)
{
	CEPHTAP_MARKER_NAMED(fixture, inlined, ("value", value));
}

void elsewhere(int n);

#endif
