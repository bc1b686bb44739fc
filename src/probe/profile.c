/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provider `profile`: timers. profile-N fires on every CPU, tick-N on one. N is a rate in hertz, or with a suffix an
 * interval. Any N is a probe: it is made when a description names it; a pattern finds only the common ones, as in
 * DTrace.
 *
 * arg0 is the program counter when it was in the kernel, arg1 when it was in a process, and the other one is 0: both
 * are located as the register rip, and src/code tells them apart by their number.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "probe/host.h"

#define NS_PER_S 1000000000ull

/* DTrace's own limit; a timer that fires more often mostly measures itself. */
enum { PERIOD_MIN_NS = 200000 };

static const struct {
	const char *name;
	uint64_t ns; /* 0: hertz */
} suffixes[] = {
	{"", 0},
	{"hz", 0},
	{"ns", 1},
	{"nsec", 1},
	{"us", 1000},
	{"usec", 1000},
	{"ms", 1000000},
	{"msec", 1000000},
	{"s", NS_PER_S},
	{"sec", NS_PER_S},
	{"m", 60 * NS_PER_S},
	{"min", 60 * NS_PER_S},
	{"h", 3600 * NS_PER_S},
	{"hour", 3600 * NS_PER_S},
	{"d", 86400 * NS_PER_S},
	{"day", 86400 * NS_PER_S},
};

static const char *const common_names[] = {
	"profile-97", "profile-199", "profile-499", "profile-997", "profile-1999", "tick-1",
	"tick-10",    "tick-100",    "tick-500",    "tick-1000",   "tick-5000",
};

static const struct {
	const char *prefix, *doc;
	enum probe_kind kind;
} kinds[] = {
	{"profile-", "fires on every CPU at this rate or interval", PROBE_PROFILE},
	{"tick-", "fires on one CPU at this rate or interval", PROBE_TICK},
};

enum { SUFFIXES = sizeof(suffixes) / sizeof(suffixes[0]), COMMON = sizeof(common_names) / sizeof(common_names[0]) };

/* Which of `kinds` the name is of, -1: none. */
static int kind_of(const char *name)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (!strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix)))
			return i;
	}
	return -1;
}

static const char *too_often(struct arena *arena, const char *name)
{
	return arena_printf(
		arena, "`%s` would fire more often than every 200 microseconds, which is the limit (5000 hz)", name);
}

/* The part behind the dash becomes a period; returns NULL, or a sentence. */
static const char *parse_period(struct arena *arena, const char *name, const char *text, uint64_t *period_ns)
{
	uint64_t number = 0;
	unsigned i;

	if (!isdigit((unsigned char)*text))
		return arena_printf(arena, "`%s` lacks its rate or interval: write `%.*s100` (hertz) or `%.*s1s`", name,
				    (int)(text - name), name, (int)(text - name), name);
	for (; isdigit((unsigned char)*text); text++) {
		if (number > (INT64_MAX - 9) / 10)
			return arena_printf(arena, "`%s`: the number is too big", name);
		number = 10 * number + (unsigned)(*text - '0');
	}
	for (i = 0; i < SUFFIXES && strcasecmp(text, suffixes[i].name) != 0;)
		i++;
	if (i == SUFFIXES)
		return arena_printf(arena, "`%s`: no such unit `%s`: the units are ns, us, ms, s, m, h, d and hz", name,
				    text);
	if (!number)
		return arena_printf(arena, "`%s` would never fire: its rate or interval must be above 0", name);
	if (suffixes[i].ns && number > INT64_MAX / suffixes[i].ns)
		return arena_printf(arena, "`%s` is longer than 292 years", name);
	*period_ns = suffixes[i].ns ? number * suffixes[i].ns : NS_PER_S / number;
	return *period_ns < PERIOD_MIN_NS ? too_often(arena, name) : NULL;
}

static void add_args(struct arena *arena, struct probe *probe)
{
	static const struct arg args[] = {
		{
			.name = "kernel_pc",
			.doc = "program counter in the kernel, or 0",
			.type = ARGTYPE_INT,
			.size = 8,
			.loc = {.n = 1, .steps = {{.op = STEP_REG, .reg = ABI_REG_PC}}},
		},
		{
			.name = "user_pc",
			.doc = "program counter in the process, or 0",
			.type = ARGTYPE_INT,
			.size = 8,
			.loc = {.n = 1, .steps = {{.op = STEP_REG, .reg = ABI_REG_PC}}},
		},
	};

	probe->args = arena_memdup(arena, args, sizeof(args));
	probe->args_len = 2;
}

static const char *add_timer(struct probe_host *host, struct probe_list *list, const char *name)
{
	int kind = kind_of(name);
	struct probe *probe;
	uint64_t period_ns = 0;
	const char *why;

	why = parse_period(host_arena(host), name, name + strlen(kinds[kind].prefix), &period_ns);
	if (why)
		return why;
	probe = host_probe_new(host, &provider_profile, "profile", "", "", name);
	probe->kind = kinds[kind].kind;
	probe->ctx = CTX_TIMER;
	probe->doc = kinds[kind].doc;
	probe->period_ns = period_ns;
	add_args(host_arena(host), probe);
	probe_list_add(list, probe);
	return NULL;
}

static int profile_match(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list,
			 const char **why)
{
	unsigned i;

	if (!probe_desc_may_match(desc, "profile", "", "", NULL))
		return 0;
	if (*desc->name && probe_glob_is_plain(desc->name)) {
		if (kind_of(desc->name) < 0)
			return 0;
		*why = add_timer(host, list, desc->name);
		return *why ? -EINVAL : 0;
	}
	for (i = 0; i < COMMON; i++) {
		if (probe_glob_match(desc->name, common_names[i]))
			add_timer(host, list, common_names[i]);
	}
	return 0;
}

/* Only when the description says `profile`: an unknown name alone can be anybody's. */
static const char *profile_why_not(struct probe_host *host, const struct probe_desc *desc)
{
	if (strcmp(desc->prov, "profile") != 0)
		return NULL;
	if (*desc->mod || *desc->func)
		return "timers have neither a module nor a function: write `profile:::tick-1s`";
	return arena_printf(host_arena(host),
			    "`%s` is not a timer: timers are called `profile-N` and `tick-N`, such as `tick-1s`",
			    desc->name);
}

const struct provider provider_profile = {
	.name = "profile",
	.doc = "timers: profile-N on every CPU, tick-N on one",
	.claims = PROVIDER_CLAIMS_NAME,
	.match = profile_match,
	.why_not = profile_why_not,
};
