/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What probes cost, and whom. In: programs that are loaded and attached. Out: for each process and unit how many events
 * there were, for each unit what an event costs about. A unit is what is counted, and taken away, together: one probe,
 * where there are few.
 *
 * A few instructions before each program count one event in SAMPLE or so, chosen at random, by process and unit; that
 * costs some nanoseconds an event. How long a program takes the kernel tells, when it is asked to keep accounts, which
 * costs every program of the host some tens of nanoseconds a run: so only now and then. What it takes to get to a
 * program (the trap of a uprobe) is in no account: that is measured on this host (hit.h).
 */
#ifndef CEPHTAP_ENGINE_KERNEL_METER_H
#define CEPHTAP_ENGINE_KERNEL_METER_H

#include "engine/engine.h"
#include "engine/kernel/hit.h"

/* How many places of a unit are of which kind. */
struct meter_places {
	unsigned executed, stepped, others;
	uint64_t others_ns; /* what it takes to get to the programs of all others */
};

struct meter {
	int counters, uses; /* maps; -1: nothing is counted */
	int accounts;	    /* while it is open the kernel keeps accounts of programs; -1: it does not */
	struct hit hit;
	uint64_t executed_ns, stepped_ns; /* what it takes to get to a program of a uprobe */
	struct meter_places places[METER_UNITS];
};

/* The most that stands before a program, in instructions. */
enum { METER_INSNS = 80 };

struct kernel_engine;
struct image_program;
struct image_attach;
struct probe;
void meter_init(struct meter *meter);
/* Counts from then on, in programs that are loaded later. 0 or a negative errno. */
int meter_make(struct meter *meter);
/* Writes what is to stand before this program and returns how many instructions that is. */
unsigned meter_emit(const struct kernel_engine *engine, unsigned program, struct bpf_insn *insns);
/* Which one an attach belongs to. */
unsigned meter_unit(const struct image *image, const struct image_attach *attach);
/* How much is spent before a program runs. Reads the probed instructions, where that cannot hang. */
void meter_weigh(struct kernel_engine *engine);
void meter_free(struct meter *meter);

#endif
