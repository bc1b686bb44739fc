/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/blame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { OSDS_MAX = 8 };

/* What time can go to. The stages of a cause are named by how they begin in scripts/osd.d. */
static const struct cause {
	const char *name, *stages[2], *means, *next;
} causes[] = {
	{"receive", {"1 "}, "messages arrive slowly: the network, or the messenger's threads have no processor", "report sched --seconds 5"},
	{"queue", {"2 "}, "ops wait for a worker: too many on one shard (one PG?), or no processor", "report sched --seconds 5"},
	{"prepare", {"3 "}, "ops wait for others on the same object, or for an object that is not there yet",
	 "top --once --panel objects"},
	{"store read", {"4a"}, "reads of the device, or of keys", "report bluestore --seconds 5"},
	{"execute", {"4 "}, "the work of ops themselves", "report profile --by stage --seconds 5"},
	{"data write", {"5c"}, "writes of data to the device", "report bluestore --seconds 5"},
	{"kv", {"5d", "5e"}, "the log of the store: bstore_kv_sync waits for the device, or for a processor", "report sched --seconds 5"},
	{"callback", {"5f"}, "committed ops wait for their PG or a worker", "report sched --seconds 5"},
	{"store", {"5 ", "5b"}, "building transactions", "report profile --by stage --seconds 5"},
	{"send", {"5a", "7 "}, "sending to replicas and clients", "report profile --by stage --seconds 5"},
	{"on the way", {""}, "a replica's part outside of its own account: the network, or it stood still", "report offcpu --seconds 5"},
	{"not traced", {"-"}, "it was waited for, and runs elsewhere or is not traced: trace it on its host", "report osd --seconds 5"},
};

enum { CAUSES = sizeof(causes) / sizeof(*causes), QUEUE = 1, ON_THE_WAY = CAUSES - 2, NOT_TRACED = CAUSES - 1, STAGES = 8, PARTS = 8 };

/* The sums of one OSD, of its clients' ops or of its parts as a replica. */
struct account {
	double stage[STAGES], part[STAGES][PARTS];
};

struct osd {
	const char *name;
	struct account own, replica;
	double waited, all, of_own, by_cause[CAUSES];
};

struct blame {
	struct arena *arena;
	struct osd *osds;
	unsigned osds_len;
	double all, by_cause[CAUSES];
};

static struct osd *osd_of(struct blame *blame, const char *name)
{
	struct osd *osd;

	for (unsigned i = 0; i < blame->osds_len; i++)
		if (!strcmp(blame->osds[i].name, name))
			return &blame->osds[i];
	osd = arena_push(blame->arena, blame->osds, blame->osds_len);
	*osd = (struct osd){.name = name};
	return osd;
}

static void take_stage(struct blame *blame, const struct blame_stage *row)
{
	struct osd *osd = osd_of(blame, row->daemon);
	struct account *account = strcmp(row->class, "replica") ? &osd->own : &osd->replica;
	unsigned stage = (unsigned)(row->stage[0] - '0'), part = (unsigned)(row->stage[1] - 'a');

	if (stage >= STAGES)
		return;
	if (row->stage[1] == ' ')
		account->stage[stage] += row->ns;
	else if (part < PARTS)
		account->part[stage][part] += row->ns;
}

static unsigned cause_of(char stage, char part)
{
	for (unsigned i = 0; i < CAUSES; i++)
		for (unsigned j = 0; j < 2; j++)
			if (causes[i].stages[j] && causes[i].stages[j][0] == stage && causes[i].stages[j][1] == part)
				return i;
	return ON_THE_WAY;
}

static void give(struct blame *blame, struct osd *osd, unsigned cause, double ns)
{
	osd->by_cause[cause] += ns;
	osd->all += ns;
	blame->by_cause[cause] += ns;
	blame->all += ns;
}

/* Parts are measured by themselves, and may be of more ops than the stage, or longer, where the replicas were quicker. */
static void give_stage(struct blame *blame, struct osd *osd, const struct account *account, unsigned stage, double factor)
{
	double parts = 0, scale;

	for (unsigned i = 0; i < PARTS; i++)
		parts += account->part[stage][i];
	scale = parts > account->stage[stage] ? account->stage[stage] / parts : 1;
	for (unsigned i = 0; i < PARTS; i++)
		if (account->part[stage][i] > 0)
			give(blame, osd, cause_of((char)('0' + stage), (char)('a' + i)), factor * scale * account->part[stage][i]);
	give(blame, osd, cause_of((char)('0' + stage), ' '), factor * (account->stage[stage] - scale * parts));
}

static void divide(struct blame *blame, struct osd *osd)
{
	double known = osd->replica.stage[0], inside = osd->waited < known ? osd->waited : known, stages = 0;

	for (unsigned stage = 1; stage < STAGES; stage++)
		if (stage != 6) /* waiting for replicas: theirs */
			give_stage(blame, osd, &osd->own, stage, 1);
	osd->of_own = osd->all;
	for (unsigned stage = 1; stage < STAGES; stage++)
		stages += osd->replica.stage[stage]; /* less than the whole: without those that were on their way at the start */
	for (unsigned stage = 1; stages > 0 && stage < STAGES; stage++)
		give_stage(blame, osd, &osd->replica, stage, inside / stages);
	if (stages <= 0)
		inside = 0;
	give(blame, osd, known > 0 || osd->own.stage[0] > 0 ? ON_THE_WAY : NOT_TRACED, osd->waited - inside);
}

static int compare_osds(const void *a, const void *b)
{
	const struct osd *x = a, *y = b;

	if (x->all != y->all)
		return x->all < y->all ? 1 : -1;
	return strverscmp(x->name, y->name);
}

static unsigned largest(const double *by_cause, unsigned other_than)
{
	unsigned most = other_than == 0;

	for (unsigned i = 0; i < CAUSES; i++)
		if (i != other_than && by_cause[i] > by_cause[most])
			most = i;
	return most;
}

static void print_osd(const struct blame *blame, const struct osd *osd, struct shown *out)
{
	unsigned first = largest(osd->by_cause, CAUSES), second = largest(osd->by_cause, first);

	shown_printf(out, "%-16s %9.1f %% %9.1f %% %14.1f %%   %s %.0f %%, %s %.0f %%\n", osd->name, 100 * osd->all / blame->all,
		     100 * osd->of_own / blame->all, 100 * (osd->all - osd->of_own) / blame->all, causes[first].name,
		     100 * osd->by_cause[first] / osd->all, causes[second].name, 100 * osd->by_cause[second] / osd->all);
}

/* A command to be copied: what it is about is one word of it, whatever a process calls itself. */
static void print_next(const char *before, const char *command, const struct osd *osd, struct shown *out)
{
	shown_printf(out, "next: %scephtap %s --daemon ", before, command);
	shown_text(out, SHOWN_WORD, osd->name, strlen(osd->name));
	shown_putc(out, '\n');
}

/* One placement group has (nearly) all of what is in an OSD's queue: more workers would not help. */
static bool print_pg(const struct blame_input *input, const struct osd *osd, struct shown *out)
{
	const struct blame_pg *most = NULL;
	double all = 0;

	for (unsigned i = 0; i < input->pgs_len; i++) {
		const struct blame_pg *pg = &input->pgs[i];

		if (strcmp(pg->daemon, osd->name))
			continue;
		all += pg->ns;
		if (!most || pg->ns > most->ns)
			most = pg;
	}
	if (!most || most->ns < 0.8 * all)
		return false;
	shown_printf(out, "%.0f %% of that for one placement group, %llu.%llx, which works on one op at a time: too few of them in this pool?\n",
		     100 * most->ns / all, (unsigned long long)most->pool, (unsigned long long)most->pg);
	print_next("ceph osd pool ls detail; ", "top --once --panel objects", osd, out);
	return true;
}

static void print_sentence(const struct blame *blame, const struct blame_input *input, struct shown *out)
{
	unsigned cause = largest(blame->by_cause, CAUSES), on = 0;
	const struct osd *osd = blame->osds;

	for (unsigned i = 0; i < blame->osds_len; i++) /* one OSD and one cause, if that is half of all */
		for (unsigned j = 0; j < CAUSES; j++)
			if (2 * blame->osds[i].by_cause[j] >= blame->all) {
				osd = &blame->osds[i];
				cause = j;
				on = 1;
			}
	if (2 * blame->by_cause[cause] < blame->all) {
		shown_puts(out, "no single cause takes half of the time\n");
		return;
	}
	shown_printf(out, "%.0f %% is %s of %s: %s\n", 100 * (on ? osd->by_cause[cause] : blame->by_cause[cause]) / blame->all,
		     causes[cause].name, on ? osd->name : "all together", causes[cause].means);
	if (cause == QUEUE && on && print_pg(input, osd, out))
		return;
	print_next("", causes[cause].next, osd, out);
}

void blame_print(struct arena *arena, const struct blame_input *input, struct shown *out)
{
	struct blame blame = {.arena = arena};

	for (unsigned i = 0; i < input->stages_len; i++)
		take_stage(&blame, &input->stages[i]);
	for (unsigned i = 0; i < input->waits_len; i++)
		osd_of(&blame, input->waits[i].daemon)->waited += input->waits[i].ns;
	for (unsigned i = 0; i < blame.osds_len; i++)
		divide(&blame, &blame.osds[i]);
	if (blame.all <= 0)
		return;
	qsort(blame.osds, blame.osds_len, sizeof(*blame.osds), compare_osds);
	shown_printf(out, "\n%-16s %11s %11s %16s   %s\n", "WHERE TIME WENT", "SHARE", "OWN OPS", "OTHERS WAITED", "MOST OF IT");
	for (unsigned i = 0; i < blame.osds_len && i < OSDS_MAX && blame.osds[i].all > 0; i++)
		print_osd(&blame, &blame.osds[i], out);
	print_sentence(&blame, input, out);
}
