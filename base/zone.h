/*
 * zone.h: days and clock times in the configured time zone.
 *
 * libc knows one time zone per process; zone_set chooses it once, before any thread starts. A
 * zone_cache belongs to one thread and remembers the UTC offset of the quarter of an hour asked for
 * last, so that a line costs a comparison. Nearly all changes are on a quarter-hour mark; a quarter
 * that has one inside is not remembered.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>
#include "base/error.h"

struct zone_cache {
	int64_t quarter;       /* floor(time / 900) that `offset` is of; INT64_MIN = empty */
	int32_t offset;	       /* seconds east of UTC */
	int64_t local_quarter; /* the same for zone_to_utc, by local time */
	int32_t local_offset;
};

enum { ZONE_DAY = 86400 }; /* seconds of a day by the zone's own clock */

/* The day of a local clock time (Unix seconds plus offset), also before 1970. */
static inline int32_t zone_day(int64_t local)
{
	return (int32_t)(local / ZONE_DAY - (local % ZONE_DAY < 0));
}

/* "UTC", "Europe/Berlin", …; "local" keeps the system's own. Returns 0, or -1 for an unknown zone.
 */
int zone_set(const char *name, struct error *error);

void zone_cache_init(struct zone_cache *cache);

/* Seconds east of UTC at the instant `time` (Unix seconds). */
int32_t zone_offset(struct zone_cache *cache, int64_t time);

/*
 * The instant of a local clock time given as seconds since 1970-01-01 00:00 of the zone's own
 * clock. A clock time that occurs twice is the earlier instant, one that is skipped is moved
 * forward, as mktime does.
 */
int64_t zone_to_utc(struct zone_cache *cache, int64_t local);

/* Days since 1970-01-01 of a civil date (proleptic Gregorian), and back. Month 1-12. */
int64_t zone_days(int year, int month, int day);
void zone_date(int64_t days, int *ret_year, int *ret_month, int *ret_day);

#endif
