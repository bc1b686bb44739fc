/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the checker and the compiler accept, the kernel loads: scripts made at random go through the whole pipeline.
 * Without the right to load programs they are only compiled, and run in the interpreter. A script that the kernel
 * refuses is printed with its seed.
 *
 * Environment, or variables of make: SCRIPTS=N (how many), SHAPES=N (settings in which constructs are tried to their
 * limits, at most 12), MATRIX=N (every Nth script of each construct in each probe; 1: all), LOADS=N (every Nth is
 * loaded), SEED=N (of the first script), SHOW=1 (print the scripts, and why some were not accepted). `make test
 * FILTER=test_verifier SCRIPTS=10000 SHAPES=12 MATRIX=1` is a long run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "code/disasm.h"
#include "fake_probes.h"
#include "gen_script.h"
#include "run_image.h"
#include "types/kernel_types.h"
#include "lib/kernel.h"
#include "lib/kernel_can.h"
#include "run/pipeline.h"

static bool may_load(void)
{
	return (!getenv("UNPRIVILEGED") || !*getenv("UNPRIVILEGED")) && !engine_why_not();
}

/* Our own process, where the host has what the scripts then ask for: types of the kernel. */
static int traced_pid(void)
{
	return kernel_member_offset("task_struct", "tgid") >= 0 ? (int)getpid() : 0;
}

struct tally {
	unsigned made, accepted, loaded, too_large, refused, bad_runs;
	unsigned insns_max, looked_at;
	uint64_t hardest; /* the seed of the program that took the verifier longest */
};

/* Markers, BEGIN and timers come from fake_probes.h, all else from this host. */
struct both {
	struct probe_source real, fake;
};

/* Makes a marker of a function's return, whose arguments the entry had to save. */
static void make_return(struct arena *arena, struct probe *probe)
{
	enum { SAVES = 40 /* more than fit the stack beside ERROR clauses and stacks */ };
	struct site *site = probe->sites;

	site->kind = SITE_RETURN;
	site->saves_len = SAVES;
	site->saves = arena_new_array(arena, struct argloc, SAVES);
	for (unsigned i = 0; i < SAVES; i++)
		site->saves[i] = (struct argloc){.n = 3,
						 .steps = {{.op = STEP_REG, .reg = ARGREG_RDI},
							   {.op = STEP_SPAN, .imm = 8 * i},
							   {.op = STEP_LOAD, .size = 4, .imm = i}}};
	for (unsigned i = 0; i < probe->args_len; i++)
		site->args[i].loc = (struct argloc){.n = 1, .steps = {{.op = STEP_SAVED, .imm = SAVES - 1 - i}}};
}

/* Every step that an argument's location can have, and every condition; a file that the tracer itself runs. */
static void make_rich(struct arena *arena, struct probe *probe)
{
	static const struct argcond conds[] = {
		{{.n = 2, .steps = {{.op = STEP_CONST, .imm = 3}, {.op = STEP_ADD_REG, .reg = ARGREG_RSI, .imm = 8}}},
		 COND_NE,
		 7},
		{{.n = 3,
		  .steps = {{.op = STEP_REG, .reg = ARGREG_RDI},
			    {.op = STEP_LOAD, .size = 8},
			    {.op = STEP_PICK, .imm = 0x7654}}},
		 COND_LT,
		 1ull << 40},
		{{.n = 3,
		  .steps = {{.op = STEP_REG, .reg = ARGREG_RDI},
			    {.op = STEP_LOAD, .size = 8, .imm = 8},
			    {.op = STEP_UTIME}}},
		 COND_GE,
		 0},
		{{.n = 2,
		  .steps = {{.op = STEP_REG, .reg = ARGREG_RDX}, {.op = STEP_CAST, .size = 2, .is_signed = true}}},
		 COND_MASK,
		 -1},
	};
	static const struct argcheck checks[] = {
		{.kind = CHECK_SMALL, .imm = 1 << 20},
		{.kind = CHECK_STRING, .arg = 1, .imm = 1 << 16},
		{.kind = CHECK_TIME, .imm = 1ll << 50},
		{.kind = CHECK_SAME,
		 .other = {.n = 2, .steps = {{.op = STEP_REG, .reg = ARGREG_RDI}, {.op = STEP_LOAD, .size = 8}}},
		 .conds = {{{.n = 1, .steps = {{.op = STEP_REG, .reg = ARGREG_RSI}}}, COND_GE, 5}},
		 .conds_len = 1},
	};
	struct site *site = probe->sites;

	site->checks = arena_memdup(arena, checks, sizeof(checks));
	site->checks_len = probe->args_len > 1 ? sizeof(checks) / sizeof(checks[0]) : 0;
	site->conds = arena_memdup(arena, conds, sizeof(conds));
	site->conds_len = sizeof(conds) / sizeof(conds[0]);
	site->is_ours = true;
	site->extra = 0xfff0;
	site->vaddr = 0x401000;
	if (!probe->args_len)
		return;
	site->args[0].loc = (struct argloc){.n = 4,
					    .steps = {{.op = STEP_EXTRA},
						      {.op = STEP_SHR, .imm = 3},
						      {.op = STEP_AND, .imm = 0xff},
						      {.op = STEP_UDIV, .imm = 10}}};
	site->args[1].loc = (struct argloc){.n = 3,
					    .steps = {{.op = STEP_IMAGE, .imm = 0x123456789a},
						      {.op = STEP_ADD, .imm = -8},
						      {.op = STEP_LOAD, .size = 2, .imm = 1ll << 40}}};
	site->args[1].len_loc = (struct argloc){.n = 1, .steps = {{.op = STEP_REG, .reg = ARGREG_RDX}}};
}

static void make_special(struct arena *arena, struct probe *probe)
{
	if (!strcmp(probe->name, "long"))
		make_return(arena, probe);
	else if (!strcmp(probe->name, "ints2") || !strcmp(probe->name, "none"))
		make_rich(arena, probe);
	else if (!strcmp(probe->name, "ptr"))
		probe->sites->may_be_absent = true;
}

/* BEGIN and timers might be anybody's markers too: what else runs on this host is not looked at for them. */
static bool is_fake_probe(const struct probe_desc *desc)
{
	return !*desc->prov || !strcmp(desc->prov, "test");
}

/* Numbers of both kinds go together. */
static void make_distinct(struct probe *probe)
{
	enum { FIRST_FAKE = 10000 };

	if (probe->id < FIRST_FAKE)
		probe->id += FIRST_FAKE;
}

static struct probe_list find_both(struct probe_source *source, const struct probe_desc *desc, const char **why_not)
{
	struct both *both = source->data;
	bool is_fake = is_fake_probe(desc);
	struct probe_source *from = is_fake ? &both->fake : &both->real;
	struct probe_list list = from->find(from, desc, why_not);

	for (unsigned i = 0; i < list.len; i++)
		if (is_fake) {
			make_special(list.arena, list.probes[i]);
			make_distinct(list.probes[i]);
		}
	return list;
}

static unsigned long number_from(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

static void show_diags(const struct pipeline *pipeline, const char *what, const char *script, uint64_t seed)
{
	struct buf text = {0};

	diags_print(&pipeline->diags, false, &text);
	printf("# %s, seed %llu:\n%s\n%s\n", what, (unsigned long long)seed, script, text.data ? text.data : "");
	buf_free(&text);
}

/* How many instructions the verifier looked at, for the hardest of our programs: it gives up at a million. */
static unsigned hardest_program(const struct image *image)
{
	unsigned most = 0;

	for (uint32_t id = 0; !bpf_prog_get_next_id(id, &id);) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			for (unsigned i = 0; i < image->programs_len; i++)
				if (!strcmp(info.name, image->programs[i].name) && info.verified_insns > most)
					most = info.verified_insns;
		if (fd >= 0)
			close(fd);
	}
	return most;
}

static void note_hardest(const struct image *image, uint64_t seed, struct tally *tally)
{
	unsigned looked_at = hardest_program(image);

	if (looked_at > tally->looked_at) {
		tally->looked_at = looked_at;
		tally->hardest = seed;
	}
}

static void load_script(struct pipeline *pipeline, uint64_t seed, const char *script, bool can_load,
			struct tally *tally)
{
	/* Not each for itself: a kernel that lacks the one may have the other. In a container processes have numbers of
	 * their own. */
	struct code_rules rules = engine_rules(engine_nth(0), CODE_NEEDS_LOOPS, false);
	struct engine_config config = {.target = &pipeline->target};
	struct buf unsound = {0};
	struct loc where = {0};
	const char *why;

	why = plan_why_not(pipeline->plan, &where);
	if (why)
		fail_msg("%s: not so at `%.*s` of seed %llu", why, (int)where.size,
			 where.source ? where.source->text + where.offset : "", (unsigned long long)seed);
	rules.can_sleep &= seed & 1;
	rules.has_cookies &= (seed & 2) != 0;
	rules.pid_ns_dev = seed & 4 ? 4 : 0;
	rules.pid_ns_ino = seed & 4 ? 0xeffffffc : 0;
	pipeline->image = code_compile(pipeline->arena, pipeline->plan, &pipeline->options, &rules, &pipeline->diags);
	if (!pipeline->image) {
		tally->too_large++;
		if (getenv("SHOW"))
			show_diags(pipeline, "not compiled", script, seed);
		return;
	}
	if (!schema_is_sound(pipeline->image->schema, &unsound))
		fail_msg("%s of seed %llu", unsound.data, (unsigned long long)seed);
	for (unsigned i = 0; i < pipeline->image->programs_len; i++)
		if (pipeline->image->programs[i].insns_len > tally->insns_max)
			tally->insns_max = pipeline->image->programs[i].insns_len;
	why = run_image(pipeline->image, seed);
	if (why) {
		tally->bad_runs++;
		printf("# interpreter, seed %llu: %s\n%s\n", (unsigned long long)seed, why, script);
	}
	if (!can_load || tally->accepted % number_from("LOADS", 1))
		return;
	if (engine_load(pipeline->image, &config, &pipeline->diags, &pipeline->engine) == 0) {
		tally->loaded++;
		note_hardest(pipeline->image, seed, tally);
	} else {
		tally->refused++;
		show_diags(pipeline, "REFUSED BY THE KERNEL", script, seed);
	}
	engine_free(pipeline->engine);
}

static void try_text(const char *text, size_t size, uint64_t seed, bool can_load, struct tally *tally)
{
	const pid_t own = getpid();
	/* Any provider may be markers of some process: of the others on this host none is looked at. */
	struct pipeline pipeline = {.arena = arena_new(), .target = {.pids = &own, .pids_len = 1}};
	const struct source source = {.name = "made.d", .text = text, .size = size};
	struct probe_source probes;
	struct both both;

	diags_init(&pipeline.diags, pipeline.arena);
	options_default(&pipeline.options);
	pipeline.options.record_time = seed & 8; /* as for a recording */
	pipeline.host = probe_host_new(pipeline.arena, &pipeline.target);
	both = (struct both){probe_host_source(pipeline.host), fake_probes(pipeline.arena)};
	probes = (struct probe_source){.data = &both, .find = find_both};
	tally->made++;
	if (traced_pid())
		probes.types = kernel_types_new(pipeline.arena, kernel_btf, kernel_module_btf_nth);
	pipeline.script = front_d.begin(pipeline.arena);
	if (front_d.parse(pipeline.script, &source, &pipeline.macros, &pipeline.diags) &&
	    front_d.set_options(pipeline.script, &pipeline.options, &pipeline.diags))
		pipeline.plan = front_d.check(pipeline.script, &probes, &pipeline.options, &pipeline.diags);
	if (pipeline.plan) {
		tally->accepted++;
		load_script(&pipeline, seed, text, can_load, tally);
	} else if (getenv("SHOW")) {
		show_diags(&pipeline, "not accepted", text, seed);
	}
	probe_host_free(pipeline.host);
	arena_free(pipeline.arena);
}

static void try_seed(uint64_t seed, const struct gen_limits *limits, bool can_load, struct tally *tally)
{
	struct buf text = {0};

	gen_script(seed, limits, &text);
	if (getenv("SHOW") && !strcmp(getenv("SHOW"), "2"))
		printf("# seed %llu\n%s\n", (unsigned long long)seed, text.data);
	try_text(text.data, text.size, seed, can_load, tally);
	buf_free(&text);
}

static void judge(const struct tally *tally)
{
	printf("# %u scripts made, %u accepted by the checker, %u too large, %u loaded, %u refused by the kernel; "
	       "largest program: %u "
	       "instructions; hardest: seed %llu, the verifier looked at %u\n",
	       tally->made, tally->accepted, tally->too_large, tally->loaded, tally->refused, tally->insns_max,
	       (unsigned long long)tally->hardest, tally->looked_at);
	assert_int_equal(tally->refused, 0);
	assert_int_equal(tally->bad_runs, 0);
}

static void try_many(unsigned long n, struct gen_limits limits)
{
	bool can_load = may_load();
	unsigned long first = number_from("SEED", 1);
	struct tally tally = {0};

	limits.pid = traced_pid();
	for (unsigned long seed = first; seed < first + n; seed++)
		try_seed(seed, &limits, can_load, &tally);
	judge(&tally);
	assert_true(n < 10 || tally.accepted > tally.made / 2);
}

static void test_small(void **state)
{
	(void)state;
	try_many(number_from("SCRIPTS", 300), (struct gen_limits){.clauses = 2, .statements = 2, .depth = 3});
}

static void test_deep(void **state)
{
	(void)state;
	try_many(number_from("SCRIPTS", 300) / 3,
		 (struct gen_limits){.clauses = 2, .statements = 2, .depth = 9, .strsize = 64});
}

static void test_many_clauses(void **state)
{
	(void)state;
	try_many(number_from("SCRIPTS", 300) / 10, (struct gen_limits){.clauses = 20, .statements = 6, .depth = 3});
}

/* Each construct more and more often, until it is refused with a sentence: by us, not by the kernel. */
static void try_shape(unsigned shape, unsigned strsize, bool has_error, bool can_load, struct tally *tally)
{
	for (unsigned n = 1; n <= 4096; n += (n + 3) / 4) {
		struct tally before = *tally;
		struct buf text = {0};
		const char *name = gen_shape(shape, n, strsize, has_error, &text);

		try_text(text.data, text.size, n, can_load, tally);
		buf_free(&text);
		if (tally->refused > before.refused || tally->bad_runs > before.bad_runs)
			printf("# %s, %u times, strsize %u, %s\n", name, n, strsize,
			       has_error ? "with ERROR" : "without ERROR");
		if (tally->loaded == before.loaded && can_load) {
			if (getenv("SHOW"))
				printf("# %s: at most about %u times at strsize %u\n", name, n - 1, strsize);
			break;
		}
	}
}

static void test_shapes(void **state)
{
	static const unsigned sizes[] = {256, 8, 512, 1024, 4096, 16384};
	bool can_load = may_load();
	unsigned long rounds = number_from("SHAPES", 1);
	struct tally tally = {0};
	struct buf none = {0};

	(void)state;
	for (unsigned i = 0; i < rounds && i < 12; i++)
		for (unsigned shape = 0; gen_shape(shape, 0, 8, false, &none); shape++)
			try_shape(shape, sizes[i / 2], i & 1, can_load, &tally);
	buf_free(&none);
	judge(&tally);
}

/* Each construct in each probe: a crash or a refusal that takes just these two together. */
static void test_matrix(void **state)
{
	const struct gen_limits limits = {.pid = traced_pid()};
	unsigned long step =
		number_from("MATRIX", 101); /* a prime number: every construct and every probe has its turn */
	bool can_load = may_load();
	struct tally tally = {0};
	struct buf text = {0};

	(void)state;
	for (unsigned long i = number_from("SEED", 1) % step; gen_matrix(i, &limits, &text); i += step) {
		if (text.size)
			try_text(text.data, text.size, i, can_load, &tally);
		buf_clear(&text);
	}
	buf_free(&text);
	judge(&tally);
	assert_true(tally.accepted > tally.made * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix), cmocka_unit_test(test_shapes),	    cmocka_unit_test(test_small),
		cmocka_unit_test(test_deep),   cmocka_unit_test(test_many_clauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
