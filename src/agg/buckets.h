/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a value to the number of its bucket, and back: the formulas that generated code, merging and printing share.
 * Bucket i of a value lives in word 1 + i (word 0 counts updates). Tests compare generated code with these.
 */
#ifndef CEPHTAP_AGG_BUCKETS_H
#define CEPHTAP_AGG_BUCKETS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A processor's copy of a value must fit what the kernel gives one entry of a per-CPU map: 32 KiB (PCPU_MIN_UNIT_SIZE).
 */
enum { AGG_WORDS_MAX = 4096, AGG_BUCKETS_MAX = AGG_WORDS_MAX - 1 };

/*
 * quantize: bucket 63 holds zero, 64 + k holds 2^k .. 2^(k+1)-1, 62 - k holds -(2^(k+1)-1) .. -2^k, for k = 0 to 62;
 * the smallest number of all, -2^63, is counted in bucket 0 as well.
 */
enum { QUANTIZE_BUCKETS = 127, QUANTIZE_ZERO = 63 };
unsigned quantize_bucket(int64_t value);
int64_t quantize_value(unsigned bucket); /* what its row is labelled with: 0, 2^k or -2^k */

/*
 * lquantize: levels = (high - low) / step, rounded down. Bucket 0: value < low. Bucket 1 + i: low + i * step <= value,
 * for i < levels. Bucket 1 + levels: the rest. The difference of value and low is taken as an unsigned 64-bit number,
 * so nothing overflows: value < low ? 0 : 1 + min((uint64_t)(value - low) / step, levels)
 */
unsigned lquantize_levels(const int64_t *params);
unsigned lquantize_bucket(const int64_t *params, int64_t value);
/* The smallest value of a bucket; of bucket 0: low, which is just above it. */
int64_t lquantize_value(const int64_t *params, unsigned bucket);

/*
 * llquantize: buckets of negative numbers mirror those of positive ones, about the middle one, which holds what is
 * nearer to 0 than factor^lmag. A number of size s is `step` buckets from it. Step 0: s < factor^lmag. Then for each
 * magnitude m from lmag to hmag the sizes from factor^m to below = factor^(m+1), in steps of the same size = below /
 * min(steps, below), which start at multiples of that size (but the first at factor^m). Last: s >= factor^(hmag+1).
 * s < from of range 0 ? 0 : in the first range r with s < r.below: s / r.size + r.shift; else llquantize_levels + 1
 */
struct llquantize_range {
	uint64_t from, below;
	uint64_t size;
	unsigned first; /* its first step */
	unsigned len;	/* how many steps */
	int64_t shift;	/* may be negative */
};
/* Range i (magnitude lmag + i); false past hmag. */
bool llquantize_range(const int64_t *params, unsigned i, struct llquantize_range *range);
unsigned llquantize_levels(const int64_t *params); /* steps of all ranges: without the middle and the last */
unsigned llquantize_middle(const int64_t *params); /* the bucket of 0 */
unsigned llquantize_bucket(const int64_t *params, int64_t value);
/* The smallest size that is so many steps from the middle; of step 0: factor^lmag, which is just above it. */
uint64_t llquantize_size(const int64_t *params, unsigned step);

/*
 * tquantize: bucket 0 holds what is below 2^10, the last what is 2^37 or more; between, each power of two has 16
 * buckets of the same size.
 */
enum { TQUANTIZE_BUCKETS = 434 };
unsigned tquantize_bucket(int64_t value);
int64_t tquantize_value(unsigned bucket); /* the smallest value in it, for the first: 0 */

#endif
