/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ops in flight that the OSDs of this host tell of themselves, by their admin sockets: facts for `report inflight`.
 */
#ifndef CEPHTAP_CMD_HOST_OPS_H
#define CEPHTAP_CMD_HOST_OPS_H

#include "probe/probe.h"
#include "report/fact.h"

/* Of the chosen processes, or of all. As views/inflight.h names them; *arena is theirs, and made anew. */
struct facts host_ops_now(struct arena **arena, const struct target *target);

#endif
