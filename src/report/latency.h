/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Percentiles from a histogram, and times as people write them. */
#ifndef CEPHTAP_REPORT_LATENCY_H
#define CEPHTAP_REPORT_LATENCY_H

#include <stdint.h>

#include "agg/agg.h"

/*
 * The value below which `fraction` (0 to 1) of the updates lie, between the bounds of its bucket in proportion; 0 when
 * there are none. A bucket without an upper bound counts as its lower one.
 */
double histogram_percentile(const struct agg_shape *shape, const uint64_t *value, double fraction);

/* "870 ns", "12.3 us", "4.56 ms", "1.20 s": at most 9 characters. */
void duration_print(double ns, char text[16]);

#endif
