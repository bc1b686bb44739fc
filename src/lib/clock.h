/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CEPHTAP_LIB_CLOCK_H
#define CEPHTAP_LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* How long something takes: the clock of `timestamp` in scripts. */
static inline uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

#endif
