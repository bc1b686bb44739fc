/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/cost.h"

enum { IDLE_PERCENT = 5 }; /* of one processor */

unsigned cost_permille(struct cost cost)
{
	if (!cost.cpu_ns || cost.used_ns >= cost.cpu_ns)
		return cost.used_ns ? 1000 : 0;
	return (unsigned)((double)cost.used_ns * 1000 / (double)cost.cpu_ns + 0.5);
}

static bool is_more(double used, double cpu, unsigned percent)
{
	return used * 100 > cpu * percent;
}

bool cost_is_idle(struct cost cost, uint64_t elapsed_ns)
{
	return cost.cpu_ns <= elapsed_ns / 100 * IDLE_PERCENT;
}

bool cost_is_over(struct cost cost, uint64_t elapsed_ns, unsigned percent)
{
	return !cost_is_idle(cost, elapsed_ns) && is_more((double)cost.used_ns, (double)cost.cpu_ns, percent);
}

/* Without probes the process does more of its own work in the same time, and meets the others oftener: shares are of
 * what is left. */
uint64_t cost_choose(struct cost cost, const uint64_t *unit_ns, unsigned units_len, uint64_t may, unsigned percent)
{
	double used = (double)cost.used_ns, cpu = (double)cost.cpu_ns;
	uint64_t chosen = 0;

	while (is_more(used, cpu, percent)) {
		unsigned most = units_len;

		for (unsigned i = 0; i < units_len; i++)
			if (may & ~chosen & 1ull << i && unit_ns[i] &&
			    (most == units_len || unit_ns[i] > unit_ns[most]))
				most = i;
		if (most == units_len)
			break;
		chosen |= 1ull << most;
		used -= (double)unit_ns[most];
		cpu -= (double)unit_ns[most];
	}
	return chosen;
}
