/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probes that nobody can hit, for tests of the stages that only need their names and types:
 *   dtrace:::BEGIN END ERROR; profile:::tick-1s; test:lib.so:f:ints ints2 strs ptr long none blocked partly
 */
#ifndef TEST_FAKE_PROBES_H
#define TEST_FAKE_PROBES_H

#include "probe/probe.h"

struct probe_source fake_probes(struct arena *arena);

#endif
