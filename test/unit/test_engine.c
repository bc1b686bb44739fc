/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine against the kernel, with programs written by hand. Needs the right to load programs. Every test on sites
 * runs twice: with multi-uprobe links and with perf events.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine_child.h"
#include "engine_fixture.h"
#include "plan/options.h"

#ifdef __x86_64__
enum { OFFSET_DI = 112 }; /* in struct pt_regs */
#endif

static bool no_multi;

static void test_count(void **state)
{
	struct fixture *f = fixture_new();
	struct child child = child_new();

	(void)state;
	fixture_attach(f, fixture_site(f, "target_one"), program_count(f, CTX_UPROBE, 1), 3);
	fixture_start(f, no_multi);
	child_tell(&child, '1', 1000);
	child_tell(&child, '2', 10);
	assert_int_equal(fixture_count(f, 3), 1000);
	engine_set_run(f->engine, RUN_EXITING);
	child_tell(&child, '1', 10);
	engine_detach(f->engine);
	engine_set_run(f->engine, RUN_ON);
	child_tell(&child, '1', 10);
	assert_int_equal(fixture_count(f, 3), 1000);
	assert_int_equal(f->diags.errors + f->diags.warnings, 0);
	child_end(&child);
	fixture_free(f);
}

/* Three programs in one link, one of them twice, and two on the same instruction. */
static void test_dispatcher(void **state)
{
	struct fixture *f = fixture_new();
	struct child child = child_new();
	unsigned by_1 = program_count(f, CTX_UPROBE, 1), by_5 = program_count(f, CTX_UPROBE, 5);
	unsigned by_7 = program_count(f, CTX_UPROBE, 7);

	(void)state;
	fixture_attach(f, fixture_site(f, "target_one"), by_1, 1);
	fixture_attach(f, fixture_site(f, "target_two"), by_5, 2);
	fixture_attach(f, fixture_site(f, "target_three"), by_7, 3);
	fixture_attach(f, fixture_site(f, "target_three"), by_7, 4);
	fixture_attach(f, fixture_site(f, "target_one"), by_5, 5);
	fixture_start(f, no_multi);
	child_tell(&child, '1', 100);
	child_tell(&child, '2', 10);
	child_tell(&child, '3', 1);
	assert_int_equal(fixture_count(f, 1), 100);
	assert_int_equal(fixture_count(f, 2), 50);
	assert_int_equal(fixture_count(f, 3), 7);
	assert_int_equal(fixture_count(f, 4), 7);
	assert_int_equal(fixture_count(f, 5), 500);
	child_end(&child);
	fixture_free(f);
}

static void test_pids(void **state)
{
	struct fixture *f = fixture_new();
	struct child a = child_new(), b = child_new(), c = child_new();
	pid_t pids[2] = {a.pid, c.pid};

	(void)state;
	f->target = (struct target){.pids = pids, .pids_len = 2};
	fixture_attach(f, fixture_site(f, "target_one"), program_count(f, CTX_UPROBE, 1), 1);
	fixture_start(f, no_multi);
	child_tell(&a, '1', 100);
	child_tell(&b, '1', 1000);
	child_tell(&c, '1', 20);
	assert_int_equal(fixture_count(f, 1), 120);
	child_end(&a);
	child_end(&b);
	child_end(&c);
	fixture_free(f);
}

static void test_ended(void **state)
{
	struct fixture *f = fixture_new();
	struct child child = child_new(), other = child_new();
	pid_t pids[2] = {child.pid, other.pid};
	struct engine_config config = {.target = &f->target, .no_multi = no_multi};

	(void)state;
	f->target = (struct target){.pids = pids, .pids_len = 1};
	child_end(&child);
	fixture_attach(f, fixture_site(f, "target_one"), program_count(f, CTX_UPROBE, 1), 1);
	assert_int_equal(engine_load(&f->image, &config, &f->diags, &f->engine), 0);
	assert_int_equal(engine_attach(f->engine, &f->diags), -ESRCH);
	assert_non_null(strstr(fixture_messages(f), "has ended"));
	engine_free(f->engine);
	f->target.pids_len = 2;
	fixture_start(f, no_multi);
	child_tell(&other, '1', 3);
	assert_int_equal(fixture_count(f, 1), 3);
	child_end(&other);
	fixture_free(f);
}

static void test_semaphore(void **state)
{
	struct fixture *f = fixture_new();
	struct child child = child_new();
	struct site *marker = fixture_marker(f);

	(void)state;
	/* A probe on the marker's instruction that knows nothing of the semaphore must not stand in the way. */
	struct site *same = arena_memdup(f->arena, marker, sizeof(*marker));

	same->ref_ctr_offset = 0;
	fixture_attach(f, same, program_count(f, CTX_UPROBE, 2), 2);
	fixture_attach(f, marker, program_count(f, CTX_UPROBE, 1), 1);
	assert_int_equal(child_tell(&child, 's', 0), 0);
	fixture_start(f, no_multi);
	assert_true(child_tell(&child, 's', 0) > 0);
	child_tell(&child, 'm', 1000);
	assert_int_equal(fixture_count(f, 1), 1000);
	assert_int_equal(fixture_count(f, 2), 2000);
	engine_detach(f->engine);
	assert_int_equal(child_tell(&child, 's', 0), 0);
	child_end(&child);
	fixture_free(f);
}

static void trace_marker(void *data)
{
	struct fixture *f = data;

	fixture_attach(f, fixture_marker(f), program_count(f, CTX_UPROBE, 1), 1);
	fixture_start(f, no_multi);
}

static void test_killed(void **state)
{
	struct fixture *f = fixture_new();
	struct child child = child_new();
	pid_t tracer = child_tracer(trace_marker, f);

	(void)state;
	assert_true(child_tell(&child, 's', 0) > 0);
	child_kill(tracer);
	for (int i = 0; i < 100 && child_tell(&child, 's', 0); i++)
		usleep(20000);
	assert_int_equal(child_tell(&child, 's', 0), 0);
	child_tell(&child, 'm', 10);
	child_end(&child);
	fixture_free(f);
}

#ifdef __x86_64__
static void test_unprobeable(void **state)
{
	struct fixture *f = fixture_new();
	struct child child = child_new();
	unsigned program = program_count(f, CTX_UPROBE, 1), other = program_count(f, CTX_UPROBE, 3);

	(void)state;
	fixture_attach(f, fixture_site(f, "target_one"), program, 1);
	fixture_attach(f, fixture_site(f, "target_locked"), program, 2);
	fixture_attach(f, fixture_site(f, "target_two"), other, 3);
	for (unsigned i = 0; i < 20; i++)
		fixture_attach(f, fixture_site(f, "target_three"), program, 10 + i);
	fixture_start(f, no_multi);
	assert_int_equal(f->diags.errors, 0);
	assert_int_equal(f->diags.warnings, 1);
	assert_non_null(strstr(fixture_messages(f), "cannot be probed"));
	child_tell(&child, '1', 10);
	child_tell(&child, '2', 10);
	child_tell(&child, '3', 10);
	assert_int_equal(fixture_count(f, 1), 10);
	assert_int_equal(fixture_count(f, 3), 30);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(fixture_count(f, 10 + i), 10);
	child_end(&child);
	fixture_free(f);
}

static void test_nothing_left(void **state)
{
	struct fixture *f = fixture_new();
	struct child child = child_new();
	struct engine_config config = {.target = &f->target, .no_multi = no_multi};

	(void)state;
	fixture_attach(f, fixture_site(f, "target_locked"), program_count(f, CTX_UPROBE, 1), 2);
	assert_int_equal(engine_load(&f->image, &config, &f->diags, &f->engine), 0);
	assert_true(engine_attach(f->engine, &f->diags) < 0);
	assert_int_equal(f->diags.errors, 1);
	child_end(&child);
	fixture_free(f);
}
#endif

/* Sends { argument, 0 } for each hit; counts drops. */
static unsigned program_record(struct fixture *f, int flags)
{
	struct asm_ a = {.arena = f->arena};

	put_run_check(f, &a);
	put_map(&a, R1, f->image.map_ring, RELOC_MAP, 0);
	put(&a, INSN_MOV_IMM(R2, RECORD_SIZE));
	put(&a, INSN_MOV_IMM(R3, 0));
	put(&a, INSN_CALL(HELPER_RING_RESERVE));
	put(&a, INSN(BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 8, 0));
	put(&a, INSN_LOAD(BPF_DW, R1, R6, OFFSET_DI));
	put(&a, INSN_STORE(BPF_DW, R0, 0, R1));
	put(&a, INSN_STORE_IMM(BPF_DW, R0, 8, 0));
	put(&a, INSN_MOV_REG(R1, R0));
	put(&a, INSN_MOV_IMM(R2, flags));
	put(&a, INSN_CALL(HELPER_RING_SUBMIT));
	put_exit(&a);
	put(&a, INSN_STORE_IMM(BPF_W, R10, -4, 0));
	put(&a, INSN_MOV_IMM(R7, 1));
	put_map(&a, R1, f->image.map_drops, RELOC_MAP, 0);
	put_add_r7(&a, -4);
	put_exit(&a);
	return fixture_program(f, "record", CTX_UPROBE, &a);
}

struct order {
	uint64_t next;
	unsigned stop_after; /* 0: never */
};

static int in_order(void *data, const void *record, size_t size)
{
	struct order *order = data;

	assert_int_equal(size, RECORD_SIZE);
	assert_int_equal(*(const uint64_t *)record, order->next);
	order->next++;
	return order->stop_after && order->next == order->stop_after ? 77 : 0;
}

static struct fixture *record_fixture(int flags, uint32_t ring_size)
{
	struct fixture *f = fixture_new();

	f->image.map_ring =
		fixture_map(f, (struct image_map){.name = "ring", .kind = IMAGE_RING, .max_entries = ring_size});
	fixture_attach(f, fixture_site(f, "target_one"), program_record(f, flags), 1);
	fixture_start(f, no_multi);
	return f;
}

static double elapsed_ms(struct timespec since)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - since.tv_sec) * 1e3 + (double)(t.tv_nsec - since.tv_nsec) / 1e6;
}

static void test_records(void **state)
{
	struct fixture *f = record_fixture(BPF_RB_NO_WAKEUP, 60000);
	struct child child = child_new();
	struct order order = {.stop_after = 10};
	uint64_t drops[DROP_CAUSES];
	struct timespec start;

	(void)state;
	child_tell(&child, '1', 1000);
	assert_int_equal(engine_poll(f->engine, 10, in_order, &order), 77);
	assert_int_equal(engine_poll(f->engine, 0, in_order, &order), 990);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(engine_poll(f->engine, 30, in_order, &order), 0);
	assert_true(elapsed_ms(start) > 29);
	engine_drops(f->engine, drops);
	for (unsigned i = 0; i < DROP_CAUSES; i++)
		assert_int_equal(drops[i], 0);
	child_end(&child);
	fixture_free(f);
}

static void test_records_wake(void **state)
{
	struct fixture *f = record_fixture(BPF_RB_FORCE_WAKEUP, 65536);
	struct child child = child_new();
	struct order order = {0};
	struct timespec start;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	child_tell(&child, '1', 5);
	assert_int_equal(engine_poll(f->engine, 5000, in_order, &order), 5);
	assert_true(elapsed_ms(start) < 2500);
	child_end(&child);
	fixture_free(f);
}

static void test_ring_full(void **state)
{
	struct fixture *f = record_fixture(BPF_RB_NO_WAKEUP, 1);
	struct child child = child_new();
	struct order order = {0};
	uint64_t drops[DROP_CAUSES];
	struct timespec start;
	int len;

	(void)state;
	child_tell(&child, '1', 1000);
	clock_gettime(CLOCK_MONOTONIC, &start);
	len = engine_poll(f->engine, 2000, in_order, &order);
	assert_true(elapsed_ms(start) < 1000); /* a full ring does not wait */
	engine_drops(f->engine, drops);
	assert_true(len > 100);
	assert_int_equal((uint64_t)len + drops[DROP_RECORD], 1000);
	child_end(&child);
	fixture_free(f);
}

/*
 * On this thread's processor, kept busy: some virtual machines let the timers of a processor sleep with it. Of the
 * others only the most that there can be is known.
 */
static void test_timers(void **state)
{
	struct fixture *f = fixture_new();
	unsigned program = program_count(f, CTX_TIMER, 1);
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	struct timespec start;
	cpu_set_t all, here;
	double ms;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	assert_int_equal(sched_setaffinity(0, sizeof(here), &here), 0);
	fixture_timer(f, PROBE_TICK, 5000000, program, 1);
	fixture_timer(f, PROBE_PROFILE, 10000000, program, 2);
	fixture_timer(f, PROBE_TICK, 86400ULL * 1000000000, program, 3);
	fixture_timer(f, PROBE_PROFILE, 200000, program, 4);
	clock_gettime(CLOCK_MONOTONIC, &start);
	fixture_start(f, no_multi);
	while (elapsed_ms(start) < 200)
		;
	engine_set_run(f->engine, RUN_EXITING);
	ms = elapsed_ms(start);
	assert_in_range(fixture_count(f, 1), 20, (uint64_t)(ms / 5) + 1);
	assert_in_range(fixture_count(f, 2), 10, cpus * (uint64_t)(ms / 10) + cpus);
	assert_int_equal(fixture_count(f, 3), 0);
	assert_in_range(fixture_count(f, 4), 200, cpus * (uint64_t)(ms / 0.2) + cpus);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	fixture_free(f);
}

static void test_direct(void **state)
{
	struct fixture *f = fixture_new();
	unsigned by_1 = program_count(f, CTX_DIRECT, 1), by_5 = program_count(f, CTX_DIRECT, 5);

	(void)state;
	fixture_timer(f, PROBE_BEGIN, 0, by_1, 1);
	fixture_timer(f, PROBE_BEGIN, 0, by_5, 1);
	fixture_timer(f, PROBE_END, 0, by_5, 2);
	fixture_start(f, no_multi);
	assert_int_equal(engine_run_direct(f->engine, PROBE_BEGIN), 0);
	assert_int_equal(fixture_count(f, 1), 6);
	assert_int_equal(fixture_count(f, 2), 0);
	assert_int_equal(engine_run_direct(f->engine, PROBE_END), 0);
	assert_int_equal(fixture_count(f, 2), 5);
	assert_int_equal(engine_poll(f->engine, 1, in_order, NULL), 0); /* no ring */
	fixture_free(f);
}

static int key_seen(void *data, const void *key, const void *values, unsigned values_len)
{
	uint8_t *seen = data;

	assert_non_null(values);
	assert_true(values_len >= 1);
	assert_true(*(const uint32_t *)key < COUNTS);
	seen[*(const uint32_t *)key]++;
	return 0;
}

static void test_aggs(void **state)
{
	struct fixture *f = fixture_new();
	uint8_t seen[COUNTS] = {0};
	uint32_t key = 7;

	(void)state;
	fixture_timer(f, PROBE_BEGIN, 0, program_count(f, CTX_DIRECT, 4), 7);
	fixture_start(f, no_multi);
	assert_int_equal(engine_run_direct(f->engine, PROBE_BEGIN), 0);
	assert_int_equal(fixture_count(f, 7), 4);
	assert_int_equal(engine_agg_zero(f->engine, 0, &key), 0);
	assert_int_equal(fixture_count(f, 7), 0);
	assert_int_equal(engine_agg_delete(f->engine, 0, &key), 0);
	assert_int_equal(engine_agg_delete(f->engine, 0, &key), -ENOENT);
	assert_int_equal(engine_agg_zero(f->engine, 0, &key), -ENOENT);
	assert_int_equal(engine_agg_each(f->engine, 0, key_seen, seen), 0);
	for (unsigned i = 0; i < COUNTS; i++)
		assert_int_equal(seen[i], i != 7);
	fixture_free(f);
}

static void test_refused(void **state)
{
	static const char text[] = "BEGIN\n{\n\tx = 1;\n\ty = 2;\n}\n";
	static const struct source source = {"x.d", text, sizeof(text) - 1};
	struct fixture *f = fixture_new();
	struct engine_config config = {.target = &f->target};
	struct asm_ a = {.arena = f->arena};

	(void)state;
	*arena_push(a.arena, a.lines, a.lines_len) = (struct image_line){0, {&source, 9, 5}};
	put(&a, INSN_MOV_IMM(R1, 0));
	*arena_push(a.arena, a.lines, a.lines_len) = (struct image_line){1, {&source, 17, 5}};
	put(&a, INSN_LOAD(BPF_DW, R0, R1, 0));
	put(&a, INSN_EXIT());
	fixture_timer(f, PROBE_BEGIN, 0, fixture_program(f, "bad", CTX_DIRECT, &a), 0);
	assert_true(engine_load(&f->image, &config, &f->diags, &f->engine) < 0);
	assert_int_equal(f->diags.errors, 1);
	assert_int_equal(f->diags.first->loc.offset, 17);
	assert_string_equal(f->diags.first->text, "the kernel refuses this clause: R1 invalid mem access 'scalar'");
	assert_non_null(strstr(engine_verifier_log(f->engine), "invalid mem access"));
	fixture_free(f);
}

static void test_too_large(void **state)
{
	struct fixture *f = fixture_new();
	struct engine_config config = {.target = &f->target};

	(void)state;
	fixture_map(f, (struct image_map){.name = "huge",
					  .kind = IMAGE_HASH,
					  .prealloc = true,
					  .key_size = 4,
					  .value_size = 1 << 20,
					  .max_entries = 1 << 28});
	assert_true(engine_load(&f->image, &config, &f->diags, &f->engine) < 0);
	assert_int_equal(f->diags.errors, 1);
	assert_non_null(strstr(f->diags.first->text, "`huge`"));
	fixture_free(f);
}

static int group_multi(void **state)
{
	(void)state;
	no_multi = false;
	return 0;
}

static int group_perf(void **state)
{
	(void)state;
	no_multi = true;
	return 0;
}

/* What the option takes by default is an engine, and the table's first one. */
static void test_table(void **state)
{
	struct options options;

	(void)state;
	options_default(&options);
	assert_non_null(engine_find(options.engine));
	assert_ptr_equal(engine_find(options.engine), engine_nth(0));
	assert_null(engine_find("inside"));
	for (unsigned i = 0; engine_nth(i); i++)
		assert_ptr_equal(engine_find(engine_nth(i)->name), engine_nth(i));
}

int main(void)
{
	const struct CMUnitTest sites[] = {
		cmocka_unit_test(test_count),	    cmocka_unit_test(test_dispatcher),
		cmocka_unit_test(test_pids),	    cmocka_unit_test(test_ended),
		cmocka_unit_test(test_semaphore),   cmocka_unit_test(test_killed),
		cmocka_unit_test(test_records),	    cmocka_unit_test(test_records_wake),
		cmocka_unit_test(test_ring_full),
#ifdef __x86_64__
		cmocka_unit_test(test_unprobeable), cmocka_unit_test(test_nothing_left),
#endif
	};
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_timers),	cmocka_unit_test(test_direct),	  cmocka_unit_test(test_aggs),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_too_large), cmocka_unit_test(test_table),
	};
	const char *why = engine_why_not();
	int failed;

	if (why) {
		printf("SKIPPED: %s\n", why);
		return 0;
	}
	failed = cmocka_run_group_tests_name("engine: multi-uprobe links", sites, group_multi, NULL);
	failed += cmocka_run_group_tests_name("engine: perf events", sites, group_perf, NULL);
	failed += cmocka_run_group_tests_name("engine: the rest", others, group_multi, NULL);
	return failed;
}
