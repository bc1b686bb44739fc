/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

bool left_has_site(const struct left_places *left, unsigned left_len, const struct probe *probe, unsigned site)
{
	for (unsigned i = 0; i < left_len; i++)
		if (left[i].probe == probe)
			return !left[i].sites[site];
	return true;
}
