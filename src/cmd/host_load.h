/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of its processors: sums since the host started, of all processes, whichever were chosen. */
#ifndef CEPHTAP_CMD_HOST_LOAD_H
#define CEPHTAP_CMD_HOST_LOAD_H

#include "report/fact.h"

enum { HOST_LOAD_FACTS = 4 };

/* As report/sched.h names them. */
struct facts host_load_now(struct fact facts[HOST_LOAD_FACTS]);

#endif
