/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of `cephtap report sched`. In: the aggregations of scripts/sched.d, and facts of the host. Out: tables of
 * who had a processor, waited for one or was blocked, sorted by the waiting; or the same as JSON, an object for each
 * interval.
 */
#ifndef CEPHTAP_VIEWS_SCHED_H
#define CEPHTAP_VIEWS_SCHED_H

/* Facts: sums since the host started. Time of all processors, in ticks; how long some thread could run and had none, in
 * us. Where the kernel does not tell, the first are 0, and the last is no fact. */
#define SCHED_ALL     "processors-all"
#define SCHED_BUSY    "processors-busy"
#define SCHED_STOLEN  "processors-stolen"
#define SCHED_PRESSED "processors-pressed-us"

#endif
