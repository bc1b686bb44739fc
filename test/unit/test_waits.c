/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks as the kernel gives them at sched_switch, and what is read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "views/waits.h"

#define STACK(...)                                                                                                     \
	&(struct stack)                                                                                                \
	{                                                                                                              \
		.frames = (struct stack_frame[]){__VA_ARGS__},                                                         \
		.len = sizeof((struct stack_frame[]){__VA_ARGS__}) / sizeof(struct stack_frame)                        \
	}
#define F(name)                                                                                                        \
	{                                                                                                              \
		.function = (name)                                                                                     \
	}
#define TOP                                                                                                            \
	F("bpf_prog_6deef7357e7b4530"), F("bpf_trace_run4"), F("__traceiter_sched_switch"), F("__schedule"),           \
		F("schedule")

static void test_place(void **state)
{
	const struct stack *futex =
		STACK(TOP, F("futex_do_wait"), F("__futex_wait"), F("do_futex"), F("__x64_sys_futex"));
	const struct stack *poll = STACK(TOP, F("schedule_hrtimeout_range"), F("ep_poll"), F("do_syscall_64"));
	const struct stack *disk =
		STACK(TOP, F("io_schedule"), F("folio_wait_bit"), F("__x64_sys_fsync"), F("schedule_tail"));

	(void)state;
	assert_string_equal(waits_function(futex), "futex_do_wait");
	assert_string_equal(waits_syscall(futex), "futex");
	assert_string_equal(waits_function(poll), "ep_poll");
	assert_string_equal(waits_syscall(poll), "");
	assert_string_equal(waits_function(disk), "folio_wait_bit");
	assert_int_equal(waits_first_frame(disk), 6);
}

/* Addresses without names, nothing but the scheduler, no stack at all. */
static void test_unknown(void **state)
{
	const struct stack *nameless = STACK({.pc = 1}, {.pc = 2});

	(void)state;
	assert_string_equal(waits_function(nameless), "?");
	assert_string_equal(waits_function(STACK(TOP)), "?");
	assert_string_equal(waits_function(NULL), "?");
	assert_string_equal(waits_syscall(NULL), "");
	assert_int_equal(waits_first_frame(NULL), 0);
	assert_false(waits_is_idle(NULL, NULL));
}

static void test_idle(void **state)
{
	const struct stack *futex = STACK(TOP, F("futex_do_wait"), F("__x64_sys_futex"));
	const struct stack *mutex = STACK(F("__lll_lock_wait"), F("pthread_mutex_lock"), F("f"));
	const struct stack *condition = STACK(F("__futex_abstimed_wait_common"), F("pthread_cond_wait"), F("f"));

	(void)state;
	assert_false(waits_is_idle(futex, mutex));
	assert_false(waits_is_idle(futex, NULL));
	assert_true(waits_is_idle(futex, condition));
	assert_true(waits_is_idle(STACK(TOP, F("ep_poll"), F("do_epoll_wait")), NULL));
	assert_true(waits_is_idle(STACK(TOP, F("kdamond_fn"), F("kthread")), NULL));
	assert_false(waits_is_idle(STACK(TOP, F("folio_wait_bit"), F("f"), F("kthread")), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_place), cmocka_unit_test(test_unknown),
					   cmocka_unit_test(test_idle)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
