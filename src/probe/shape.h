/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the arguments of a marker are whose places differ: in number, size, sign or kind. In: the arguments of those
 * places that may decide. Out: for each argument the narrowest type that holds the values of all of them. Then every
 * place is made to fit: an argument that it lacks, or whose values that type cannot hold, is there with the reason, and
 * a script that asks for it leaves the place out.
 */
#ifndef CEPHTAP_PROBE_SHAPE_H
#define CEPHTAP_PROBE_SHAPE_H

#include "lib/arena.h"
#include "probe/probe.h"

struct shape {
	struct arg *args; /* without locations */
	unsigned args_len;
	uint32_t raw; /* bits of those that are of different kinds, and so nothing but numbers */
};

/* Widen the shape to hold these as well. Integers: the larger size, signed if any is. Different kinds: the raw number.
 */
void shape_add(struct arena *arena, struct shape *shape, const struct arg *args, unsigned args_len);
/* Give a site exactly the arguments of the shape, or the reasons. */
void shape_fit(struct arena *arena, const struct shape *shape, struct site *site, unsigned args_len);

#endif
