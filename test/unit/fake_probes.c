/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake_probes.h"

#include <string.h>

static const struct argloc in_rdi = {.n = 1, .steps = {{.op = STEP_REG, .reg = ARGREG_RDI}}};

static struct arg ints_args[] = {
	{.name = "a", .type = ARGTYPE_INT, .size = 1, .is_signed = true}, {.name = "b", .type = ARGTYPE_INT, .size = 1},
	{.name = "c", .type = ARGTYPE_INT, .size = 2, .is_signed = true}, {.name = "d", .type = ARGTYPE_INT, .size = 2},
	{.name = "e", .type = ARGTYPE_INT, .size = 4, .is_signed = true}, {.name = "f", .type = ARGTYPE_INT, .size = 4},
	{.name = "g", .type = ARGTYPE_INT, .size = 8, .is_signed = true}, {.name = "h", .type = ARGTYPE_INT, .size = 8},
};
static struct arg ints2_args[] = {
	{.name = "a", .type = ARGTYPE_INT, .size = 1, .is_signed = true},
	{.name = "b", .type = ARGTYPE_INT, .size = 8},
};
static struct arg strs_args[] = {
	{.name = "s", .type = ARGTYPE_STRING, .size = 8},
	{.name = "c", .type = ARGTYPE_CSTRING, .size = 8},
};
static struct arg ptr_args[] = {{.name = "p", .type = ARGTYPE_PTR, .size = 8}};
static struct arg long_args[] = {{.name = "x", .type = ARGTYPE_INT, .size = 8, .is_signed = true}};
static struct arg partly_args[] = {
	{.name = "tid", .type = ARGTYPE_INT, .size = 8},
	{.name = "size", .type = ARGTYPE_INT, .size = 8, .why = "no card says where it is"},
};

static const struct fake {
	const char *prov, *mod, *func, *name;
	enum probe_kind kind;
	struct arg *args;
	unsigned args_len;
	const char *why_not;
} fakes[] = {
	{"dtrace", "", "", "BEGIN", PROBE_BEGIN, NULL, 0, NULL},
	{"dtrace", "", "", "END", PROBE_END, NULL, 0, NULL},
	{"dtrace", "", "", "ERROR", PROBE_ERROR, NULL, 0, NULL},
	{"profile", "", "", "tick-1s", PROBE_TICK, NULL, 0, NULL},
	{"test", "lib.so", "f", "ints", PROBE_UPROBE, ints_args, 8, NULL},
	{"test", "lib.so", "f", "ints2", PROBE_UPROBE, ints2_args, 2, NULL},
	{"test", "lib.so", "f", "strs", PROBE_UPROBE, strs_args, 2, NULL},
	{"test", "lib.so", "f", "ptr", PROBE_UPROBE, ptr_args, 1, NULL},
	{"test", "lib.so", "g", "long", PROBE_UPROBE, long_args, 1, NULL},
	{"test", "lib.so", "g", "none", PROBE_UPROBE, NULL, 0, NULL},
	{"test", "lib.so", "g", "blocked", PROBE_UPROBE, NULL, 0, "the function was inlined everywhere"},
	{"test", "lib.so", "g", "partly", PROBE_UPROBE, partly_args, 2, NULL},
	{"profile", "", "", "profile-97", PROBE_PROFILE, NULL, 0, NULL},
};

enum { FAKES_LEN = sizeof(fakes) / sizeof(fakes[0]) };

struct fake_list {
	struct arena *arena;
	struct probe *probes[FAKES_LEN];
};

static enum probe_ctx ctx_of(enum probe_kind kind)
{
	return kind == PROBE_UPROBE ? CTX_UPROBE : kind == PROBE_TICK || kind == PROBE_PROFILE ? CTX_TIMER : CTX_DIRECT;
}

static struct arg *located(struct arena *arena, const struct fake *fake)
{
	struct arg *args = arena_new_array(arena, struct arg, fake->args_len + 1);
	unsigned i;

	for (i = 0; i < fake->args_len; i++) {
		args[i] = fake->args[i];
		if (args[i].why)
			continue;
		args[i].loc = in_rdi;
		if (args[i].type == ARGTYPE_STRING)
			args[i].len_loc = in_rdi;
	}
	return args;
}

static struct probe *make_probe(struct arena *arena, const struct fake *fake, unsigned id)
{
	struct probe *probe = arena_new_one(arena, struct probe);

	*probe = (struct probe){
		.id = id,
		.prov = fake->prov,
		.mod = fake->mod,
		.func = fake->func,
		.name = fake->name,
		.kind = fake->kind,
		.ctx = ctx_of(fake->kind),
		.args = located(arena, fake),
		.args_len = fake->args_len,
		.why_not = fake->why_not,
		.period_ns = fake->kind == PROBE_TICK	   ? 1000000000
			     : fake->kind == PROBE_PROFILE ? 1000000000 / 97
							   : 0,
	};
	if (fake->kind != PROBE_UPROBE)
		return probe;
	probe->sites = arena_new_one(arena, struct site);
	probe->sites_len = 1;
	probe->sites->path = fake->mod;
	probe->sites->args = probe->args;
	return probe;
}

static struct probe_list find(struct probe_source *source, const struct probe_desc *desc, const char **why_not)
{
	struct fake_list *fake = source->data;
	struct probe_list list = {.arena = fake->arena};
	unsigned i;

	for (i = 0; i < FAKES_LEN; i++)
		if (probe_matches(fake->probes[i], desc))
			*arena_push(list.arena, list.probes, list.len) = fake->probes[i];
	*why_not = list.len || strcmp(desc->name, "itns") ? NULL : "no probe `itns` in test; did you mean `ints`?";
	return list;
}

struct probe_source fake_probes(struct arena *arena)
{
	struct fake_list *list = arena_new_one(arena, struct fake_list);
	unsigned i;

	list->arena = arena;
	for (i = 0; i < FAKES_LEN; i++)
		list->probes[i] = make_probe(arena, &fakes[i], i + 1);
	return (struct probe_source){.data = list, .find = find};
}
