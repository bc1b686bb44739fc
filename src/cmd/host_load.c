/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/host_load.h"

#include <inttypes.h>
#include <stdio.h>

#include "views/sched.h"

static void add(struct facts *facts, const char *name, uint64_t number)
{
	facts->list[facts->list_len++] = (struct fact){name, number, ""};
}

static void add_ticks(struct facts *facts)
{
	uint64_t ticks[8] = {0}, all = 0, busy = 0; /* user nice system idle iowait irq softirq steal */
	FILE *file = fopen("/proc/stat", "re");
	char line[256];

	if (file && fgets(line, sizeof(line), file) &&
	    sscanf(line,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]) >= 4)
		for (unsigned i = 0; i < 8; i++) {
			all += ticks[i];
			busy += i == 3 || i == 4 ? 0 : ticks[i];
		}
	if (file)
		fclose(file);
	add(facts, SCHED_ALL, all);
	add(facts, SCHED_BUSY, busy);
	add(facts, SCHED_STOLEN, ticks[7]);
}

static void add_pressure(struct facts *facts)
{
	FILE *file = fopen("/proc/pressure/cpu", "re");
	uint64_t pressed_us;

	if (!file)
		return;
	if (fscanf(file, "some avg10=%*f avg60=%*f avg300=%*f total=%" SCNu64, &pressed_us) == 1)
		add(facts, SCHED_PRESSED, pressed_us);
	fclose(file);
}

struct facts host_load_now(struct fact list[HOST_LOAD_FACTS])
{
	struct facts facts = {.list = list};

	add_ticks(&facts);
	add_pressure(&facts);
	return facts;
}
