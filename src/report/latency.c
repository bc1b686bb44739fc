/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/latency.h"

#include <stdio.h>

/* With it, a bucket whose width is a sixteenth of its least value makes an error of 5 % at most. */
static const double MARGIN = 0.2;

struct walk {
	double wanted, seen, result;
	bool is_found;
};

static void count_all(void *data, int64_t low, int64_t high, uint64_t count)
{
	(void)low;
	(void)high;
	*(double *)data += (double)count;
}

static void walk_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct walk *walk = data;
	double within;

	if (walk->is_found)
		return;
	if (walk->seen + (double)count < walk->wanted) {
		walk->seen += (double)count;
		return;
	}
	within = (walk->wanted - walk->seen) / (double)count;
	if (within < MARGIN || within > 1 - MARGIN) /* what is in a bucket may all be at its other end */
		within = within < MARGIN ? MARGIN : 1 - MARGIN;
	if (low == INT64_MIN)
		walk->result = (double)high * within;
	else if (high == INT64_MAX)
		walk->result = (double)low;
	else
		walk->result = (double)low + ((double)high + 1 - (double)low) * within;
	walk->is_found = true;
}

double histogram_percentile(const struct agg_shape *shape, const uint64_t *value, double fraction)
{
	struct walk walk = {0};
	double all = 0;

	if (!shape->agg->buckets)
		return 0;
	shape->agg->buckets(shape, value, count_all, &all);
	walk.wanted = all * fraction;
	shape->agg->buckets(shape, value, walk_bucket, &walk);
	return walk.result;
}

void duration_print(double ns, char text[16])
{
	static const struct {
		double from, unit;
		const char *name;
	} units[] = {{999.5e6, 1e9, "s"}, {999.5e3, 1e6, "ms"}, {999.5, 1e3, "us"}, {0, 1, "ns"}};
	unsigned i = 0;
	double number;

	while (i < 3 && ns < units[i].from)
		i++;
	number = ns / units[i].unit;
	snprintf(text, 16, "%.*f %s", i == 3 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2, number, units[i].name);
}
