/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ops from end to end: which are kept, the client's steps, clocks of several hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "views/op_clocks.h"
#include "views/op_store.h"

#define MS INT64_C(1000000)

static void add(struct op_store *store, int64_t client, uint64_t tid, const char *daemon, const char *name, int64_t at,
		int64_t a, const char *text)
{
	struct op_step step = {.wall_ns = at, .name = name, .a = a, .pid = client < 0 ? 77 : 1};

	snprintf(step.daemon, sizeof(step.daemon), "%s", daemon);
	snprintf(step.text, sizeof(step.text), "%s", text);
	op_add(op_store_find(store, client, tid, true), &step);
}

/* A write of client 9 from its first byte at `at` on, osd.0 to osd.1, whose clock is `ahead`. */
static void add_write(struct op_store *store, uint64_t tid, int64_t at, int64_t took, int64_t ahead)
{
	add(store, OP_IN_CLIENT, tid, "rados", "op-send", at - MS, 0, "thing");
	add(store, 9, tid, "osd.0", "op-recv", at, 4096, "");
	add(store, 9, tid, "osd.0", "op-start", at + MS, 0, "thing");
	add(store, 9, tid, "osd.0", "subop-send", at + 2 * MS, 1, "");
	add(store, 9, tid, "osd.1", "subop-recv", at + 3 * MS + ahead, 0, "");
	add(store, 9, tid, "osd.1", "subop-commit", at + took - 3 * MS + ahead, 0, "");
	add(store, 9, tid, "osd.0", "subop-reply", at + took - 2 * MS, 1, "");
	add(store, 9, tid, "osd.0", "op-done", at + took, 4096, "");
	op_done(store, op_store_find(store, 9, tid, false), at, at + took);
	add(store, 9, tid, "osd.0", "op-reply", at + took, 0, "");
	add(store, OP_IN_CLIENT, tid, "rados", "op-reply-recv", at + took + MS, 0, "thing");
}

static const struct op_step *step_of(const struct op *op, const char *name)
{
	for (unsigned i = 0; i < op->steps_len; i++)
		if (!strcmp(op->steps[i].name, name))
			return &op->steps[i];
	return NULL;
}

static void slowest(void **state)
{
	struct op_store *store = op_store_new(2);

	(void)state;
	for (uint64_t tid = 1; tid <= 40000; tid++)
		add_write(store, tid, (int64_t)tid * 10 * MS,
			  tid == 5	 ? 900 * MS
			  : tid == 39000 ? 300 * MS
					 : 20 * MS,
			  0);
	assert_int_equal(store->ops, 40000);
	assert_true(store->done_len < 20000); /* the quick ones of long ago are forgotten */
	op_store_finish(store);
	assert_int_equal(store->done[0]->tid, 5);
	assert_int_equal(store->done[1]->tid, 39000);
	/* the client's steps have come in, in order */
	assert_string_equal(store->done[0]->steps[0].name, "op-send");
	assert_string_equal(store->done[0]->steps[store->done[0]->steps_len - 1].name, "op-reply-recv");
	op_store_free(store);
}

static void one_host(void **state)
{
	struct op_store *store = op_store_new(3);
	struct shown said = {0};
	int64_t before;

	(void)state;
	for (uint64_t tid = 1; tid <= 3; tid++)
		add_write(store, tid, (int64_t)tid * 100 * MS, 20 * MS, 0);
	before = step_of(store->done[1], "subop-recv")->wall_ns;
	op_clocks_align(store, &said);
	assert_int_equal(step_of(store->done[1], "subop-recv")->wall_ns, before);
	assert_int_equal(said.buf.size, 0);
	op_store_free(store);
}

static void two_hosts(void **state)
{
	static const int64_t ahead[] = {50 * MS, -50 * MS, 3600000 * MS};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct op_store *store = op_store_new(3);
		struct shown said = {0};
		const struct op_step *sent, *arrived;

		for (uint64_t tid = 1; tid <= 3; tid++)
			add_write(store, tid, (int64_t)tid * 100 * MS, 20 * MS, ahead[i]);
		op_store_finish(store);
		op_clocks_align(store, &said);
		op_store_sort(store);
		sent = step_of(store->done[0], "subop-send");
		arrived = step_of(store->done[0], "subop-recv");
		assert_int_equal(arrived->wall_ns - sent->wall_ns, MS); /* as long as it took */
		assert_true(sent < arrived);
		assert_non_null(strstr(said.buf.data, i == 1 ? "osd.1 is 50.000 ms behind that of osd.0" : "osd.1"));
		shown_free(&said);
		op_store_free(store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(slowest), cmocka_unit_test(one_host),
					   cmocka_unit_test(two_hosts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
