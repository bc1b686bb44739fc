/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/moment.h"

#include "lib/clock.h"

MEMBERS_TABLE(moment, MOMENT_MEMBERS);
MEMBERS_TABLE(zone_change, ZONE_CHANGE_MEMBERS);
MEMBERS_TABLE(zone, ZONE_MEMBERS);

enum { NS = 1000000000, WEEK = 7 * 24 * 3600 };
static const uint64_t YEAR_2100 = 4102444800;

struct moment moment_now(void)
{
	return (struct moment){now_ns(), clock_ns(CLOCK_REALTIME)};
}

static int offset_at(uint64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm local;

	return localtime_r(&time, &local) ? (int)local.tm_gmtoff : 0;
}

/* The first second after `before`, up to `after`, at which the offset is no longer that of `before`. */
static uint64_t find_change(uint64_t before, uint64_t after)
{
	int old = offset_at(before);

	while (after - before > 1) {
		uint64_t middle = before + (after - before) / 2;

		if (offset_at(middle) == old)
			before = middle;
		else
			after = middle;
	}
	return after;
}

/* C's library tells the local time of a moment and nothing else; no zone changes there and back within a week. */
struct zone zone_of_host(struct arena *arena)
{
	struct zone zone = {0};
	uint64_t at = 0;

	tzset();
	while (at < YEAR_2100) {
		struct zone_change change = {at, offset_at(at)};

		if (!zone.changes_len || zone.changes[zone.changes_len - 1].offset_s != change.offset_s)
			*arena_push(arena, zone.changes, zone.changes_len) = change;
		at = offset_at(at + WEEK) == change.offset_s ? at + WEEK : find_change(at, at + WEEK);
	}
	return zone;
}

static int offset_of(const struct zone *zone, uint64_t seconds)
{
	uint32_t low = 0, high = zone->changes_len;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (zone->changes[middle].from_s <= seconds)
			low = middle;
		else
			high = middle;
	}
	return zone->changes_len ? zone->changes[low].offset_s : 0;
}

struct tm zone_time(const struct zone *zone, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS);
	struct tm local = {0};

	if (!zone) {
		localtime_r(&seconds, &local);
		return local;
	}
	seconds += offset_of(zone, (uint64_t)seconds);
	gmtime_r(&seconds, &local);
	return local;
}
