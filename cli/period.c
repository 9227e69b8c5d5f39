#include "cli/period.h"
#include <stdio.h>
#include <string.h>
#include "base/zone.h"

int period_parse(const char *text, bool end, int64_t *ret, struct error *error)
{
	int year, month, day, hour = 0, minute = 0, second = 0, read = 0;
	char separator = 0;
	int n = sscanf(text, "%4d-%2d-%2d%n%c%2d:%2d%n:%2d%n", &year, &month, &day, &read,
		       &separator, &hour, &minute, &read, &second, &read);
	bool bare = n == 3, timed = n >= 6 && (separator == 'T' || separator == ' ');
	if ((!bare && !timed) || text[read])
		return error_set(error, "not a date: %s (expected YYYY-MM-DD[THH:MM[:SS]])", text);
	int64_t days = zone_days(year, month, day);
	int y, m, d;
	zone_date(days, &y, &m, &d);
	if (month < 1 || month > 12 || y != year || m != month || d != day || hour > 23 ||
	    minute > 59 || second > 59 || hour < 0 || minute < 0 || second < 0)
		return error_set(error, "no such date: %s", text);
	struct zone_cache zone;
	zone_cache_init(&zone);
	*ret = zone_to_utc(&zone,
			   (days + (bare && end)) * ZONE_DAY + hour * 3600 + minute * 60 + second);
	return 0;
}

int period_parse_day(const char *text, int32_t *ret, struct error *error)
{
	int64_t time;
	struct zone_cache zone;
	if (period_parse(text, false, &time, error))
		return -1;
	zone_cache_init(&zone);
	int64_t local = time + zone_offset(&zone, time);
	*ret = zone_day(local);
	return local % ZONE_DAY ? error_set(error, "not a day (YYYY-MM-DD): %s", text) : 0;
}
