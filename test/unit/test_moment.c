/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A time zone that was asked of C's library once says what the library says, of any time, also when the library's own
 * is another by then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gen_script.h"
#include "lib/moment.h"

enum { TIMES = 2000 };
static const uint64_t YEAR_2100 = 4102444800;

static void set_zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void expect_same(struct tm a, struct tm b)
{
	assert_int_equal(a.tm_year, b.tm_year);
	assert_int_equal(a.tm_mon, b.tm_mon);
	assert_int_equal(a.tm_mday, b.tm_mday);
	assert_int_equal(a.tm_hour, b.tm_hour);
	assert_int_equal(a.tm_min, b.tm_min);
	assert_int_equal(a.tm_sec, b.tm_sec);
}

static void check_zone(const char *name)
{
	struct arena *arena = arena_new();
	struct tm wanted[TIMES];
	uint64_t times[TIMES], random = 7;
	struct zone zone;

	set_zone(name);
	zone = zone_of_host(arena);
	assert_true(zone.changes_len >= 1 && zone.changes_len < 1000);
	for (unsigned i = 0; i < TIMES; i++) {
		/* Half of them about a change. */
		times[i] = i % 2 ? gen_random(&random) % YEAR_2100
				 : zone.changes[gen_random(&random) % zone.changes_len].from_s + i / 2 % 5;
		if (times[i] > 2 && !(i % 2))
			times[i] -= 2;
		wanted[i] = zone_time(NULL, times[i] * 1000000000);
	}
	set_zone("XYZ-9:17");
	for (unsigned i = 0; i < TIMES; i++)
		expect_same(zone_time(&zone, times[i] * 1000000000 + 999999999), wanted[i]);
	arena_free(arena);
}

/* Those that have a name are of the zone's own history, where its file is installed. */
static void test_zones(void **state)
{
	static const char *const names[] = {"UTC",
					    "IST-5:30",
					    "CET-1CEST,M3.5.0,M10.5.0/3",
					    "NZST-12NZDT,M9.5.0,M4.1.0/3",
					    "LHST-10:30LHDT-11,M10.1.0,M4.1.0",
					    "Europe/Berlin",
					    "America/St_Johns",
					    "Africa/Casablanca",
					    "Pacific/Apia",
					    "Asia/Kathmandu"};

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_zone(names[i]);
}

/* A file may say anything. */
static void test_odd(void **state)
{
	struct zone_change odd[] = {{50, -2147483647 - 1}, {10, 2147483647}, {10, 0}};
	const struct zone none = {0}, zone = {odd, 3};

	(void)state;
	expect_same(zone_time(&none, 1000000000), (struct tm){.tm_year = 70, .tm_mday = 1, .tm_sec = 1});
	zone_time(&zone, 0);
	zone_time(&zone, UINT64_MAX);
	zone_time(&none, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_zones), cmocka_unit_test(test_odd)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
