/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clocks of the hosts that ops cross. In: ops with steps of several daemons, each by its own host's clock (recordings
 * of several hosts). Out: the same steps by one clock. What is known are messages, which arrive after they were sent:
 * of all messages from A to B and back, those that were quickest bound the difference of the clocks from both sides,
 * and half way between is the estimate, as NTP has it. Clocks are moved only where some message arrived before it was
 * sent: within one host nothing is touched.
 */
#ifndef CEPHTAP_VIEWS_OP_CLOCKS_H
#define CEPHTAP_VIEWS_OP_CLOCKS_H

#include "lib/shown.h"
#include "views/op_store.h"

/* A line about each clock that was moved goes to `said`. */
void op_clocks_align(struct op_store *store, struct shown *said);

#endif
