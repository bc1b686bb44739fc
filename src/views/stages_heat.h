/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Latencies of clients' ops over time, for a heat map: what came into histograms since they were looked at last. */
#ifndef CEPHTAP_VIEWS_STAGES_HEAT_H
#define CEPHTAP_VIEWS_STAGES_HEAT_H

#include <stdio.h>

#include "agg/agg.h"
#include "lib/arena.h"

struct stages_heat;

struct stages_heat *stages_heat_new(struct arena *arena, FILE *out);
/* All histograms are looked at, which makes a column. */
void stages_heat_look(struct stages_heat *heat, uint64_t time_ns);
/* The histogram `name` as it is now; `words` of 8 bytes. */
void stages_heat_add(struct stages_heat *heat, const struct agg_shape *shape, const char *name, const uint64_t *value,
		     unsigned words);
/* Histograms were cleared: they begin anew. */
void stages_heat_restart(struct stages_heat *heat);
/* Writes the page. 0 or a negative errno. */
int stages_heat_draw(struct stages_heat *heat);

#endif
