/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/flow.h"

#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"

enum { INDENT_STEP = 2, INDENT_MAX = 512, CPUS_MAX = 1 << 16 };

struct flow_cpu {
	unsigned indent;
	bool has_last;
	uint32_t last_clause, last_probe; /* of the record before */
};

struct flow {
	struct flow_cpu *cpus;
	unsigned cpus_len;
};

enum flow_kind { FLOW_OTHER, FLOW_ENTRY, FLOW_RETURN };

/* `entry`, or a name that ends in `-entry`: probes of programs may take part. */
static bool is_called(const char *name, const char *what)
{
	size_t size = strlen(name), end = strlen(what);

	return size >= end && !strcmp(name + size - end, what) && (size == end || name[size - end - 1] == '-');
}

static struct flow_cpu *flow_of(struct report *report, uint32_t cpu)
{
	struct flow *flow = report->flow;
	unsigned len;

	if (!flow)
		flow = report->flow = calloc(1, sizeof(*flow));
	if (!flow)
		memory_end();
	cpu %= CPUS_MAX; /* a recording may say anything */
	if (cpu >= flow->cpus_len) {
		len = cpu + 1;
		flow->cpus = reallocarray(flow->cpus, len, sizeof(*flow->cpus));
		if (!flow->cpus)
			memory_end();
		memset(flow->cpus + flow->cpus_len, 0, (len - flow->cpus_len) * sizeof(*flow->cpus));
		flow->cpus_len = len;
	}
	return &flow->cpus[cpu];
}

/* A second clause of the probe that has just been entered is no deeper. */
static enum flow_kind kind_of(const struct flow_cpu *cpu, const struct record_head *head,
			      const struct schema_probe *probe)
{
	if (is_called(probe->name, "return"))
		return FLOW_RETURN;
	if (!is_called(probe->name, "entry"))
		return FLOW_OTHER;
	if (cpu->has_last && cpu->last_probe == head->probe && cpu->last_clause != head->clause)
		return FLOW_OTHER;
	return FLOW_ENTRY;
}

bool flow_print(struct report *report, const struct record_head *head, const struct schema_probe *probe,
		struct shown *out)
{
	static const char *const marks[2][3] = {
		[false] = {[FLOW_OTHER] = "| ", [FLOW_ENTRY] = " -> ", [FLOW_RETURN] = " <- "},
		[true] = {[FLOW_OTHER] = "| ", [FLOW_ENTRY] = " => ", [FLOW_RETURN] = " <= "},
	};
	struct flow_cpu *cpu = flow_of(report, head->cpu);
	enum flow_kind kind = kind_of(cpu, head, probe);

	if (kind == FLOW_RETURN && cpu->indent)
		cpu->indent -= INDENT_STEP;
	shown_printf(out, "%*s%s", (int)cpu->indent, "", marks[!strcmp(probe->prov, "syscall")][kind]);
	if (kind == FLOW_ENTRY && cpu->indent < INDENT_MAX)
		cpu->indent += INDENT_STEP;
	cpu->has_last = true;
	cpu->last_clause = head->clause;
	cpu->last_probe = head->probe;
	return kind == FLOW_OTHER;
}

void flow_free(struct flow *flow)
{
	if (flow)
		free(flow->cpus);
	free(flow);
}
