#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/zone.h"

/* Criterion runs each test in a process of its own, so each may have its zone. */
static void use(const char *name)
{
	struct error error = {""};
	if (zone_set(name, &error))
		cr_skip_test("%s", error.text);
}

static const struct {
	const char *name, *zone;
	int64_t time;
	int32_t offset;
} offsets[] = {
    {"UTC", "UTC", 1700000000, 0},
    {"winter", "Europe/Berlin", 1700000000, 3600},
    {"summer", "Europe/Berlin", 1690000000, 7200},
    {"the last second of summer", "Europe/Berlin", 1698541199, 7200},
    {"the first second of winter", "Europe/Berlin", 1698541200, 3600},
    {"west", "America/New_York", 1700000000, -18000},
    {"half an hour of summer", "Australia/Lord_Howe", 1700000000, 39600},
    {"half an hour less", "Australia/Lord_Howe", 1690000000, 37800},
    {"quarter", "Asia/Kathmandu", 1700000000, 20700},
    {"before 1970", "Europe/Berlin", -1, 3600},
    {"before 1970, not on a quarter", "Europe/Berlin", -899, 3600},
    {"the last second before 1970 with summer", "America/New_York", -5767201, -14400},
    {"the first without", "America/New_York", -5767200, -18000},
    {"changed at one past midnight", "America/St_Johns", 1299987059, -12600},
    {"and so within a quarter", "America/St_Johns", 1299987060, -9000},
};

Test(zone, offsets)
{
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		struct zone_cache cache;
		use(offsets[i].zone);
		zone_cache_init(&cache);
		for (unsigned twice = 0; twice < 2; twice++)
			cr_expect_eq(zone_offset(&cache, offsets[i].time), offsets[i].offset, "%s",
				     offsets[i].name);
	}
}

static const struct {
	const char *name, *zone;
} wrong[] = {
    {"unknown", "Europe/Berlim"},
    {"empty", ""},
    {"a path", "/etc/localtime"},
    {"a way out", "../../../etc/passwd"},
    {"a folder", "Europe"},
    {"not a zone", "tzdata.zi"},
    {"a rule", "CET-1CEST,M3.5.0,M10.5.0/3"},
    {"a colon", ":UTC"},
    {"a long one",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
};

Test(zone, unknown_zones_are_refused)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct error error = {""};
		cr_expect_eq(zone_set(wrong[i].zone, &error), -1, "%s", wrong[i].name);
		cr_expect(error.text[0], "%s: no message", wrong[i].name);
	}
}

Test(zone, without_tzdata_there_is_utc_only)
{
	struct error error = {""};
	setenv("TZDIR", "/nowhere", 1);
	cr_assert_eq(zone_set("UTC", &error), 0);
	cr_assert_eq(zone_set("Europe/Berlin", &error), -1);
	cr_assert(strstr(error.text, "package tzdata"), "%s", error.text);
	cr_assert_eq(zone_set("local", &error), 0);
}

/* The same clock time is asked for on both sides of a change that is not on a quarter. */
Test(zone, a_quarter_with_a_change_is_not_remembered)
{
	struct zone_cache cache;
	use("America/St_Johns");
	zone_cache_init(&cache);
	cr_expect_eq(zone_to_utc(&cache, 1299978000), 1299990600, "01:00 does not exist");
	cr_expect_eq(zone_to_utc(&cache, 1299978300), 1299987300, "01:05 does");
}

Test(zone, a_file_that_is_no_zone_is_refused)
{
	struct error error = {""};
	char folder[] = "/tmp/veiltally-zone-XXXXXX", path[64];
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/Fake", folder);
	FILE *file = fopen(path, "w");
	cr_assert(file && fputs("TZ is not it", file) >= 0 && fclose(file) == 0);
	setenv("TZDIR", folder, 1);
	cr_expect_eq(zone_set("Fake", &error), -1);
	cr_expect(strstr(error.text, "is not a time zone"), "%s", error.text);
	unlink(path);
	rmdir(folder);
}

static int32_t libc_offset(int64_t time)
{
	time_t instant = (time_t)time;
	struct tm parts;
	localtime_r(&instant, &parts);
	return (int32_t)parts.tm_gmtoff;
}

/* By the definition in zone.h: the first instant whose local time this is, else as if the clock had
 * not been changed. */
static int64_t slow_to_utc(int64_t local)
{
	int32_t before = libc_offset(local - 86400);
	for (int64_t time = local - 86400; time <= local + 86400; time += 900)
		if (time + libc_offset(time) == local)
			return time;
	return local - before;
}

static const struct {
	const char *zone;
	int64_t from, days; /* around changes of the clock or of the date line */
} spans[] = {
    {"Europe/Berlin", 1679616000, 5},
    {"Europe/Berlin", 1698364800, 5},
    {"America/New_York", 1678492800, 5},
    {"America/New_York", 1698969600, 5},
    {"Australia/Lord_Howe", 1680220800, 5},
    {"Australia/Lord_Howe", 1696032000, 5},
    {"Asia/Kathmandu", 1690000200, 3},
    {"Asia/Kathmandu", 504835200, 4},
    {"Pacific/Apia", 1325116800, 5},
    {"Pacific/Kwajalein", 745804800, 5},
    {"UTC", 1690000200, 3},
};

Test(zone, local_times_around_every_change)
{
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		struct zone_cache cache;
		use(spans[i].zone);
		zone_cache_init(&cache);
		for (int64_t q = 0; q < spans[i].days * 96; q++) {
			int64_t local = spans[i].from + q * 900, wanted = slow_to_utc(local);
			int64_t got = zone_to_utc(&cache, local);
			cr_assert_eq(got, wanted, "%s %ld: %ld, not %ld", spans[i].zone, local, got,
				     wanted);
			cr_assert_eq(zone_to_utc(&cache, local + 899), wanted + 899, "%s %ld",
				     spans[i].zone, local + 899);
		}
	}
}

static const struct {
	const char *name, *zone;
	int64_t local, time;
} changes[] = {
    {"skipped: moved forward", "Europe/Berlin", 1679797800, 1679794200},
    {"twice: the earlier", "Europe/Berlin", 1698546600, 1698539400},
    {"just before what is skipped", "Europe/Berlin", 1679795999, 1679792399},
    {"just after what occurs twice", "Europe/Berlin", 1698548400, 1698544800},
    {"half an hour twice", "Australia/Lord_Howe", 1680399900, 1680360300},
    {"a minute past midnight", "America/St_Johns", 1299974459, 1299987059},
    {"behind what it skips", "America/St_Johns", 1299978300, 1299987300},
    {"and what it skips", "America/St_Johns", 1299974460, 1299987060},
};

Test(zone, local_times_that_occur_twice_or_never)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct zone_cache cache;
		use(changes[i].zone);
		zone_cache_init(&cache);
		int64_t got = zone_to_utc(&cache, changes[i].local);
		cr_expect_eq(got, changes[i].time, "%s: %ld", changes[i].name, got);
	}
}

/* The cache is asked in random order and must never say anything else than libc. */
Test(zone, the_cache_is_never_wrong)
{
	static const char *const zones[] = {"Europe/Berlin", "America/St_Johns", "Africa/Monrovia",
					    "Australia/Lord_Howe", "Antarctica/Casey"};
	unsigned seed = (unsigned)getpid();
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		struct zone_cache cache;
		use(zones[i]);
		zone_cache_init(&cache);
		int64_t time = 0;
		for (unsigned round = 0; round < 100000; round++) {
			if (rand_r(&seed) % 4 == 0)
				time = rand_r(&seed) % 1800000000;
			time += rand_r(&seed) % 1000 - 500;
			cr_assert_eq(zone_offset(&cache, time), libc_offset(time), "%s %ld",
				     zones[i], time);
			int64_t local = time + libc_offset(time), back = zone_to_utc(&cache, local);
			cr_assert(back <= time && back + libc_offset(back) == local, "%s %ld",
				  zones[i], time);
		}
	}
}

Test(zone, absurd_times_are_harmless)
{
	static const int64_t times[] = {INT64_MIN,	 INT64_MIN + 1, -1000000000000001,
					INT64_MAX - 1,	 INT64_MAX,	999999999999999,
					-999999999999999};
	struct zone_cache cache;
	zone_cache_init(&cache);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		zone_offset(&cache, times[i]);
		zone_to_utc(&cache, times[i]);
	}
}

Test(zone, civil_dates_against_libc)
{
	int64_t first = zone_days(1600, 1, 1), last = zone_days(2400, 12, 31);
	cr_assert_eq(zone_days(1970, 1, 1), 0);
	cr_assert_eq(last - first + 1, 801 * 365 + 195, "195 leap days");
	for (int64_t day = first; day <= last; day++) {
		time_t instant = (time_t)(day * 86400);
		struct tm parts;
		int year, month, date;
		gmtime_r(&instant, &parts);
		zone_date(day, &year, &month, &date);
		cr_assert(year == parts.tm_year + 1900 && month == parts.tm_mon + 1 &&
			      date == parts.tm_mday,
			  "day %ld: %d-%d-%d", day, year, month, date);
		cr_assert_eq(zone_days(year, month, date), day, "%d-%d-%d", year, month, date);
		cr_assert_eq(timegm(&parts), instant);
	}
}

Test(zone, civil_dates_far_away)
{
	int year, month, date;
	for (int64_t day = -800000; day < 4000000; day += 61) {
		zone_date(day, &year, &month, &date);
		cr_assert_eq(zone_days(year, month, date), day, "%d-%d-%d", year, month, date);
	}
}
