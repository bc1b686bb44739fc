/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last step of the front: from the checked tree to the plan. Names are resolved, inlines and translators put in and
 * types known by then; here syntax goes, and C's rules of conversion become conversions.
 */
#ifndef CEPHTAP_D_LOWER_H
#define CEPHTAP_D_LOWER_H

#include "front/d/check/check.h"

const struct plan *lower_script(struct arena *arena, const struct checked *checked);

#endif
