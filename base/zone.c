#include "base/zone.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Instants that libc can surely turn into a date: about 30 million years each way. */
static const int64_t FAR = INT64_C(1000000000000000);

static const char ZONE_CHARACTERS[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";

/* libc takes any text for a zone and falls back to UTC, so its file is looked for here. */
static int zone_check(const char *name, struct error *error)
{
	const char *folder = getenv("TZDIR");
	char path[512], magic[4];
	if (!folder || !*folder)
		folder = "/usr/share/zoneinfo";
	if (!*name || *name == '/' || name[strspn(name, ZONE_CHARACTERS)])
		return error_set(error, "'%s' is not the name of a time zone", name);
	if (access(folder, X_OK))
		return error_set(error,
				 "time zone '%s': there is no %s; install the package tzdata or "
				 "use UTC",
				 name, folder);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return error_set(error, "the name of the time zone is too long");
	FILE *file = fopen(path, "rbe");
	if (!file)
		return errno == ENOENT || errno == ENOTDIR
			   ? error_set(error,
				       "time zone '%s' is unknown (some old names are in the "
				       "package tzdata-legacy)",
				       name)
			   : error_errno(error, "time zone '%s': %s", name, path);
	size_t n = fread(magic, 1, sizeof(magic), file);
	fclose(file);
	if (n != sizeof(magic) || memcmp(magic, "TZif", 4) != 0)
		return error_set(error, "'%s' is not a time zone: %s", name, path);
	return 0;
}

int zone_set(const char *name, struct error *error)
{
	if (strcmp(name, "local") != 0) {
		/* "UTC0" needs no file, so UTC works where tzdata is not installed. */
		const char *value = strcmp(name, "UTC") == 0 ? "UTC0" : name;
		if (value == name && zone_check(name, error))
			return -1;
		if (setenv("TZ", value, 1))
			return error_errno(error, "time zone '%s'", name);
	}
	tzset();
	return 0;
}

void zone_cache_init(struct zone_cache *cache)
{
	*cache = (struct zone_cache){.quarter = INT64_MIN, .local_quarter = INT64_MIN};
}

static int64_t quarter_of(int64_t time)
{
	return time / 900 - (time % 900 < 0);
}

static int32_t offset_at(int64_t time)
{
	time_t instant = (time_t)time;
	struct tm parts;
	return localtime_r(&instant, &parts) ? (int32_t)parts.tm_gmtoff : 0;
}

int32_t zone_offset(struct zone_cache *cache, int64_t time)
{
	if (time < -FAR || time > FAR)
		return 0;
	int64_t quarter = quarter_of(time);
	if (quarter == cache->quarter)
		return cache->offset;
	int32_t offset = offset_at(quarter * 900);
	/* Newfoundland changed at 00:01 until 2011; such a quarter is not remembered. */
	if (offset != offset_at(quarter * 900 + 899))
		return offset_at(time);
	cache->quarter = quarter;
	cache->offset = offset;
	return offset;
}

/*
 * The offset that turns a local clock time into an instant. Offsets are less than a day, so the
 * instant lies within a day of `local` read as UTC, and only the offsets a day before and a day
 * after can be in force there (no zone has changed twice within two days since 1970; a test looks).
 * A clock time that is skipped is valid under neither; under the earlier offset it lands behind the
 * gap.
 */
static int32_t local_offset_at(int64_t local)
{
	int32_t before = offset_at(local - 86400), after = offset_at(local + 86400);
	if (before == after)
		return before;
	bool before_holds = offset_at(local - before) == before;
	bool after_holds = offset_at(local - after) == after;
	if (before_holds && after_holds)
		return before > after ? before : after; /* the greater is the earlier instant */
	return after_holds ? after : before;
}

int64_t zone_to_utc(struct zone_cache *cache, int64_t local)
{
	if (local < -FAR || local > FAR)
		return local;
	int64_t quarter = quarter_of(local);
	if (quarter == cache->local_quarter)
		return local - cache->local_offset;
	int32_t offset = local_offset_at(quarter * 900);
	if (offset != local_offset_at(quarter * 900 + 899))
		return local - local_offset_at(local);
	cache->local_quarter = quarter;
	cache->local_offset = offset;
	return local - offset;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t days_to_year(int64_t year)
{
	int64_t last = year - 1;
	int64_t leaps = floor_divide(last, 4) - floor_divide(last, 100) + floor_divide(last, 400);
	return 365 * (year - 1970) + leaps - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static const int16_t DAYS_TO_MONTH[2][13] = {
    {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
    {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
};

int64_t zone_days(int year, int month, int day)
{
	return days_to_year(year) + DAYS_TO_MONTH[is_leap(year)][month - 1] + day - 1;
}

void zone_date(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	/* 400 years have 146097 days; the estimate is off by one at most. */
	int64_t year = 1970 + floor_divide(days * 400, 146097);
	year -= days < days_to_year(year);
	year += days >= days_to_year(year + 1);
	int rest = (int)(days - days_to_year(year)), month = 1;
	const int16_t *starts = DAYS_TO_MONTH[is_leap(year)];
	while (rest >= starts[month])
		month++;
	*ret_year = (int)year;
	*ret_month = month;
	*ret_day = rest - starts[month - 1] + 1;
}
