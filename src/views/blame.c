/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/blame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { OSDS_MAX = 8 };

/* What time can go to, and the stages of scripts/osd.d that are it, by their names without the number. */
static const struct cause {
	const char *name, *stages[3], *means, *next;
} causes[] = {
	{"receive",
	 {"receive"},
	 "messages arrive slowly: the network, or the messenger's threads have no processor",
	 "report sched --seconds 5"},
	{"queue",
	 {"queue"},
	 "ops wait for a worker: too many on one shard (one PG?), or no processor",
	 "report sched --seconds 5"},
	{"prepare",
	 {"prepare"},
	 "ops wait for others on the same object, or for an object that is not there yet",
	 "top --once --panel objects"},
	{"store read", {"store read"}, "reads of the device, or of keys", "report bluestore --seconds 5"},
	{"execute", {"execute"}, "the work of ops themselves", "report profile --by stage --seconds 5"},
	{"old data",
	 {"old data", "shards"},
	 "writes of parts of a stripe read the rest of it first, and wait for earlier ones on their object",
	 "top --once --panel objects"},
	{"coding",
	 {"encode", "decode"},
	 "making shards of data, or data of shards",
	 "report profile --by stage --seconds 5"},
	{"data write", {"data write"}, "writes of data to the device", "report bluestore --seconds 5"},
	{"kv",
	 {"kv queue", "kv commit"},
	 "the log of the store: bstore_kv_sync waits for the device, or for a processor",
	 "report sched --seconds 5"},
	{"callback", {"callback"}, "committed ops wait for their PG or a worker", "report sched --seconds 5"},
	{"store", {"store", "build"}, "building transactions", "report profile --by stage --seconds 5"},
	{"send", {"send", "reply"}, "sending to replicas and clients", "report profile --by stage --seconds 5"},
	{"unknown", {"unknown"}, "ops were under way when the report began", "report osd --seconds 30"},
	{"on the way",
	 {NULL},
	 "a replica's part outside of its own account: the network, or it stood still",
	 "report offcpu --seconds 5"},
	{"not traced",
	 {NULL},
	 "it was waited for, and runs elsewhere or is not traced: trace it on its host",
	 "report osd --seconds 5"},
};

enum { CAUSES = sizeof(causes) / sizeof(*causes), QUEUE = 1, ON_THE_WAY = CAUSES - 2, NOT_TRACED = CAUSES - 1 };
enum { STAGES = 10 };

/* The sums of one OSD, of its clients' ops or of its parts for others', by their causes. */
struct account {
	double whole, stage[STAGES];
	unsigned stage_cause[STAGES];
	double part[STAGES][CAUSES];
};

/* What an OSD does for the ops of others: which ops wait for it, and what its part is called. */
enum { OWN, WRITES, READS, ACCOUNTS };

struct osd {
	const char *name;
	struct account accounts[ACCOUNTS];
	double waited[ACCOUNTS]; /* for its parts, by primaries; [OWN]: for its own shard, by itself */
	double all, of_own, by_cause[CAUSES];
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

static bool is_one_of(const char *class, const char *const *classes)
{
	for (; *classes; classes++)
		if (!strcmp(class, *classes))
			return true;
	return false;
}

bool blame_is_of_client(const char *class)
{
	static const char *const others[] = {"replica", "shard write", "shard read", "trim",
					     "pg work", "recovery",    "scrub",	     NULL};

	return !is_one_of(class, others);
}

/* ACCOUNTS: it is nothing that a client waits for. */
static unsigned account_of(const char *class)
{
	static const char *const writes[] = {"replica", "shard write", NULL};

	if (blame_is_of_client(class))
		return OWN;
	return is_one_of(class, writes) ? WRITES : !strcmp(class, "shard read") ? READS : ACCOUNTS;
}

static unsigned cause_of(const char *stage)
{
	const char *blank = strchr(stage, ' ');

	for (unsigned i = 0; blank && i < CAUSES; i++)
		for (unsigned j = 0; j < sizeof(causes[i].stages) / sizeof(causes[i].stages[0]); j++)
			if (causes[i].stages[j] && !strcmp(causes[i].stages[j], blank + 1))
				return i;
	return ON_THE_WAY;
}

static bool is_waiting(const char *stage)
{
	return !strcmp(stage, "6 replicas") || !strcmp(stage, "6 other shards"); /* their time, not the primary's */
}

static void take_stage(struct blame *blame, const struct blame_stage *row)
{
	unsigned stage = (unsigned)(row->stage[0] - '0'), of = account_of(row->class);
	struct account *account;

	if (of == ACCOUNTS || stage >= STAGES || is_waiting(row->stage))
		return;
	account = &osd_of(blame, row->daemon)->accounts[of];
	if (!strcmp(row->stage, "5 own shard")) {
		osd_of(blame, row->daemon)->waited[OWN] += row->ns;
	} else if (!stage) {
		account->whole += row->ns;
	} else if (row->stage[1] == ' ') {
		account->stage[stage] += row->ns;
		account->stage_cause[stage] = cause_of(row->stage);
	} else {
		account->part[stage][cause_of(row->stage)] += row->ns;
	}
}

static void give(struct blame *blame, struct osd *osd, unsigned cause, double ns)
{
	osd->by_cause[cause] += ns;
	osd->all += ns;
	blame->by_cause[cause] += ns;
	blame->all += ns;
}

/* Parts are measured by themselves, and may be of more ops than the stage, or longer, where the replicas were quicker.
 */
static void give_stage(struct blame *blame, struct osd *osd, const struct account *account, unsigned stage,
		       double factor)
{
	double parts = 0, scale;

	for (unsigned i = 0; i < CAUSES; i++)
		parts += account->part[stage][i];
	scale = parts > account->stage[stage] ? account->stage[stage] / parts : 1;
	for (unsigned i = 0; i < CAUSES; i++)
		if (account->part[stage][i] > 0)
			give(blame, osd, i, factor * scale * account->part[stage][i]);
	give(blame, osd, account->stage_cause[stage], factor * (account->stage[stage] - scale * parts));
}

/* What was waited for this OSD is divided as its own account of such parts is; what is more than that account is not in
 * it. */
static void give_waited(struct blame *blame, struct osd *osd, double waited, unsigned of)
{
	const struct account *account = &osd->accounts[of];
	double inside = waited < account->whole ? waited : account->whole, stages = 0;

	for (unsigned stage = 1; stage < STAGES; stage++)
		stages += account->stage[stage]; /* less than the whole: without those that were on their way at the
						    start */
	for (unsigned stage = 1; stages > 0 && stage < STAGES; stage++)
		give_stage(blame, osd, account, stage, inside / stages);
	if (stages <= 0)
		inside = 0;
	give(blame, osd, account->whole > 0 || osd->accounts[OWN].whole > 0 ? ON_THE_WAY : NOT_TRACED, waited - inside);
}

static void divide(struct blame *blame, struct osd *osd)
{
	for (unsigned stage = 1; stage < STAGES; stage++)
		give_stage(blame, osd, &osd->accounts[OWN], stage, 1);
	give_waited(blame, osd, osd->waited[OWN], READS);
	osd->of_own = osd->all;
	give_waited(blame, osd, osd->waited[WRITES], WRITES);
	give_waited(blame, osd, osd->waited[READS], READS);
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

	shown_printf(out, "%-16s %9.1f %% %9.1f %% %14.1f %%   %s %.0f %%, %s %.0f %%\n", osd->name,
		     100 * osd->all / blame->all, 100 * osd->of_own / blame->all,
		     100 * (osd->all - osd->of_own) / blame->all, causes[first].name,
		     100 * osd->by_cause[first] / osd->all, causes[second].name,
		     100 * osd->by_cause[second] / osd->all);
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
	shown_printf(out,
		     "%.0f %% of that for one placement group, %llu.%llx, which works on one op at a time: too few of "
		     "them in this pool?\n",
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
	shown_printf(out, "%.0f %% is %s of %s: %s\n",
		     100 * (on ? osd->by_cause[cause] : blame->by_cause[cause]) / blame->all, causes[cause].name,
		     on ? osd->name : "all together", causes[cause].means);
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
		osd_of(&blame, input->waits[i].daemon)
			->waited[strcmp(input->waits[i].class, "ec read") ? WRITES : READS] += input->waits[i].ns;
	for (unsigned i = 0; i < blame.osds_len; i++)
		divide(&blame, &blame.osds[i]);
	if (blame.all <= 0)
		return;
	qsort(blame.osds, blame.osds_len, sizeof(*blame.osds), compare_osds);
	shown_printf(out, "\n%-16s %11s %11s %16s   %s\n", "WHERE TIME WENT", "SHARE", "OWN OPS", "OTHERS WAITED",
		     "MOST OF IT");
	for (unsigned i = 0; i < blame.osds_len && i < OSDS_MAX && blame.osds[i].all > 0; i++)
		print_osd(&blame, &blame.osds[i], out);
	print_sentence(&blame, input, out);
}
