#include "ingest/stamp.h"

#include <assert.h>

enum { DAY_SECONDS = 86400, ZONE_MAX = 16 * 3600 };

/* Where reading stands: `at` moves on, `end` does not. */
struct cursor {
	const char *at;
	const char *end;
};

static const char months[12][4] = {"jan", "feb", "mar", "apr", "may", "jun",
				   "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const months_long[12] = {"january",	 "february", "march",	 "april",
					    "may",	 "june",     "july",	 "august",
					    "september", "october",  "november", "december"};

void stamp_init(struct stamp *stamp, int64_t now)
{
	memset(stamp, 0, sizeof(*stamp));
	stamp->now = now;
	zone_cache_init(&stamp->zone);
}

static bool take(struct cursor *c, char byte)
{
	if (c->at == c->end || *c->at != byte)
		return false;
	c->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Between `least` and `most` digits; -1 when there are fewer. */
static int take_digits(struct cursor *c, int least, int most)
{
	int value = 0, n = 0;
	while (n < most && c->at < c->end && is_digit(*c->at))
		value = value * 10 + (*c->at++ - '0'), n++;
	return n < least ? -1 : value;
}

static bool take_word(struct cursor *c, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(c->end - c->at) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (slice_lower(c->at[i]) != word[i])
			return false;
	c->at += n;
	return true;
}

/* 1-12, or -1. A long name is taken whole when `whole` says so. */
static int take_month(struct cursor *c, bool whole)
{
	for (int m = 0; m < 12; m++)
		if ((whole && take_word(c, months_long[m])) || take_word(c, months[m]))
			return m + 1;
	return -1;
}

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool date_possible(int year, int month, int day)
{
	static const signed char lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= lengths[month - 1] + (month == 2 && leap(year));
}

static bool put_date(struct moment *moment, int year, int month, int day)
{
	if (!date_possible(year, month, day))
		return false;
	moment->day = zone_days(year, month, day);
	moment->flags |= STAMP_HAS_DAY;
	return true;
}

static bool put_clock(struct moment *moment, int hour, int minute, int second)
{
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	moment->second = hour * 3600 + minute * 60 + second;
	moment->flags |= STAMP_HAS_CLOCK;
	return true;
}

/* ".123" or ",123": no figure of ours is finer than a second, so it is only passed over. */
static void take_fraction(struct cursor *c)
{
	if (c->end - c->at < 2 || (*c->at != '.' && *c->at != ',') || !is_digit(c->at[1]))
		return;
	c->at++;
	while (c->at < c->end && is_digit(*c->at))
		c->at++;
}

/* 7:55:20 as well as 07:55:20, the seconds may have a fraction. */
static bool take_clock(struct cursor *c, struct moment *moment)
{
	int hour = take_digits(c, 1, 2);
	if (!take(c, ':'))
		return false;
	int minute = take_digits(c, 2, 2);
	if (!take(c, ':'))
		return false;
	int second = take_digits(c, 2, 2);
	if (!put_clock(moment, hour, minute, second))
		return false;
	take_fraction(c);
	return true;
}

/* "Z", "UTC", "GMT", "+01", "+0100", "+01:00". False when nothing of the kind stands there. */
static bool take_zone(struct cursor *c, struct moment *moment)
{
	struct cursor start = *c;
	int sign = 0;
	if (take_word(c, "utc") || take_word(c, "gmt") || take(c, 'Z') || take(c, 'z'))
		moment->zone = 0;
	else if (take(c, '+'))
		sign = 1;
	else if (take(c, '-'))
		sign = -1;
	else
		return false;
	if (sign) {
		int hours = take_digits(c, 2, 2);
		take(c, ':');
		int minutes = c->at < c->end && is_digit(*c->at) ? take_digits(c, 2, 2) : 0;
		int32_t offset = hours * 3600 + minutes * 60;
		if (hours < 0 || minutes < 0 || minutes > 59 || offset > ZONE_MAX) {
			*c = start;
			return false;
		}
		moment->zone = sign * offset;
	}
	moment->flags |= STAMP_HAS_ZONE;
	return true;
}

/*
 * The latest year that does not put the stamp more than a day ahead of now. 29 February goes back
 * to the last leap year.
 */
static bool guess_year(const struct stamp *stamp, struct moment *moment)
{
	int year, month, day, unused;
	zone_date(moment->day, &unused, &month, &day);
	zone_date(stamp->now / DAY_SECONDS + 1, &year, &unused, &unused);
	for (int tries = 0; tries < 9; tries++, year--) {
		if (!date_possible(year, month, day))
			continue;
		int64_t first = zone_days(year, month, day);
		if (first * DAY_SECONDS + moment->second > stamp->now + DAY_SECONDS)
			continue;
		moment->day = first;
		return true;
	}
	return false;
}

bool stamp_finish(struct stamp *stamp, struct moment *moment, bool utc)
{
	if (moment->flags & STAMP_HAS_TIME)
		return true;
	if (!(moment->flags & STAMP_HAS_DAY) || !(moment->flags & STAMP_HAS_CLOCK))
		return false;
	if ((moment->flags & STAMP_NO_YEAR) && !guess_year(stamp, moment))
		return false;
	int64_t local = moment->day * DAY_SECONDS + moment->second;
	if (moment->flags & STAMP_HAS_ZONE)
		moment->time = local - moment->zone;
	else
		moment->time = utc ? local : zone_to_utc(&stamp->zone, local);
	moment->flags |= STAMP_HAS_TIME;
	return true;
}

static void clf_remember(struct stamp *stamp, const char *p, const struct moment *moment)
{
	memcpy(stamp->clf_day, p, STAMP_CLF_DAY);
	memcpy(stamp->clf_zone, p + 20, 6);
	stamp->clf_base = moment->time - moment->second;
	stamp->clf_known = true;
}

static size_t read_clf(struct stamp *stamp, struct slice text, struct moment *moment)
{
	if (text.n >= STAMP_CLF_LENGTH && stamp_clf_again(stamp, text.p, &moment->time)) {
		moment->flags |= STAMP_HAS_TIME;
		return STAMP_CLF_LENGTH;
	}
	struct cursor c = {text.p, text.p + text.n};
	int day = take_digits(&c, 1, 2);
	if (!take(&c, '/'))
		return 0;
	int month = take_month(&c, false);
	if (!take(&c, '/'))
		return 0;
	int year = take_digits(&c, 4, 4);
	if (!take(&c, ':') || !put_date(moment, year, month, day) || !take_clock(&c, moment))
		return 0;
	struct cursor zone = c;
	if (take(&zone, ' ') && take_zone(&zone, moment))
		c = zone;
	if (!stamp_finish(stamp, moment, false))
		return 0;
	size_t used = (size_t)(c.at - text.p);
	/* A named zone is 25 bytes long; a missing one may change its offset within the day. */
	if (used == STAMP_CLF_LENGTH && text.p[11] == ':' && text.p[20] == ' ')
		clf_remember(stamp, text.p, moment);
	return used;
}

/* The day of the last ISO stamp again, with the same zone behind any fraction. */
static size_t iso_again(const struct stamp *stamp, struct slice text, struct moment *moment)
{
	if (!stamp->iso_known || text.n < STAMP_ISO_CLOCK ||
	    memcmp(text.p, stamp->iso_day, STAMP_ISO_DAY) != 0)
		return 0;
	int32_t second = stamp_clock(text.p + STAMP_ISO_DAY);
	if (second < 0)
		return 0;
	struct cursor c = {text.p + STAMP_ISO_CLOCK, text.p + text.n};
	take_fraction(&c);
	if ((size_t)(c.end - c.at) < stamp->iso_zone_n ||
	    memcmp(c.at, stamp->iso_zone, stamp->iso_zone_n) != 0)
		return 0;
	/* "+01" is also how "+01:30" begins. */
	const char *behind = c.at + stamp->iso_zone_n;
	if (behind < c.end && (*behind == ':' || is_digit(*behind)))
		return 0;
	moment->time = stamp->iso_base + second;
	moment->flags |= STAMP_HAS_TIME;
	return (size_t)(c.at - text.p) + stamp->iso_zone_n;
}

static void iso_remember(struct stamp *stamp, const char *p, struct slice zone,
			 const struct moment *moment)
{
	if (!zone.n || zone.n > sizeof(stamp->iso_zone))
		return;
	memcpy(stamp->iso_day, p, STAMP_ISO_DAY);
	memcpy(stamp->iso_zone, zone.p, zone.n);
	stamp->iso_zone_n = (uint8_t)zone.n;
	stamp->iso_base = moment->time - moment->second;
	stamp->iso_known = true;
}

static size_t read_iso(struct stamp *stamp, struct slice text, struct moment *moment)
{
	size_t again = iso_again(stamp, text, moment);
	if (again)
		return again;
	struct cursor c = {text.p, text.p + text.n};
	int year = take_digits(&c, 4, 4);
	char separator = text.n > 4 && text.p[4] == '/' ? '/' : '-';
	if (!take(&c, separator))
		return 0;
	int month = take_digits(&c, 2, 2);
	if (!take(&c, separator))
		return 0;
	int day = take_digits(&c, 2, 2);
	if (!put_date(moment, year, month, day) ||
	    !(take(&c, 'T') || take(&c, ' ') || take(&c, 't') || take(&c, '_')))
		return 0;
	const char *clock = c.at;
	if (!take_clock(&c, moment))
		return 0;
	const char *zone = c.at;
	struct cursor spaced = c;
	if (!take_zone(&c, moment) && take(&spaced, ' ') && take_zone(&spaced, moment))
		c = spaced;
	if (!stamp_finish(stamp, moment, false))
		return 0;
	/* Without a zone the offset may change within a day: that is not remembered. */
	if (clock == text.p + STAMP_ISO_DAY && text.p[13] == ':')
		iso_remember(stamp, text.p, slice_make(zone, (size_t)(c.at - zone)), moment);
	return (size_t)(c.at - text.p);
}

/* The whole number is scaled down to seconds; what stands behind its point is passed over. */
static size_t read_epoch(enum stamp_form form, struct slice text, struct moment *moment)
{
	struct cursor c = {text.p, text.p + text.n};
	uint64_t value = 0;
	size_t n = 0;
	while (c.at < c.end && is_digit(*c.at) && n < 19)
		value = value * 10 + (uint64_t)(*c.at++ - '0'), n++;
	if (n == 0 || (c.at < c.end && is_digit(*c.at)))
		return 0;
	uint64_t scale = 1;
	if (form == STAMP_EPOCH)
		/* Seconds stay below 10^11 until the year 5138; each finer unit is a thousand times
		 * that. */
		scale = value < 100000000000u	      ? 1
			: value < 100000000000000u    ? 1000
			: value < 100000000000000000u ? 1000000
						      : 1000000000;
	else if (form == STAMP_EPOCH_MS)
		scale = 1000;
	else if (form == STAMP_EPOCH_US)
		scale = 1000000;
	else if (form == STAMP_EPOCH_NS)
		scale = 1000000000;
	value /= scale;
	if (value > 253402300799u) /* the end of the year 9999 */
		return 0;
	take_fraction(&c);
	moment->time = (int64_t)value;
	moment->flags |= STAMP_HAS_TIME;
	return (size_t)(c.at - text.p);
}

/* "Feb  6 12:14:14", also with a year behind the day ("Feb  6 2024 12:14:14") as Cisco and some
 * relays do. */
static size_t read_syslog(struct stamp *stamp, struct slice text, struct moment *moment)
{
	struct cursor c = {text.p, text.p + text.n};
	int month = take_month(&c, false);
	if (!take(&c, ' '))
		return 0;
	while (take(&c, ' '))
		;
	int day = take_digits(&c, 1, 2);
	if (!take(&c, ' '))
		return 0;
	int year = 1972;
	if (c.end - c.at > 5 && is_digit(c.at[2]) && is_digit(c.at[3]) && c.at[4] == ' ') {
		year = take_digits(&c, 4, 4);
		take(&c, ' ');
	} else {
		moment->flags |= STAMP_NO_YEAR;
	}
	if (!put_date(moment, year, month, day) || !take_clock(&c, moment) ||
	    !stamp_finish(stamp, moment, false))
		return 0;
	return (size_t)(c.at - text.p);
}

/* The whole text is the date of the last line again. */
static bool date_again(const struct stamp *stamp, struct slice text, struct moment *moment)
{
	if (!stamp->date_known || text.n != STAMP_DATE_LENGTH ||
	    memcmp(text.p, stamp->date, STAMP_DATE_LENGTH) != 0)
		return false;
	moment->day = stamp->date_day;
	moment->flags |= STAMP_HAS_DAY;
	return true;
}

static size_t read_date(struct stamp *stamp, struct slice text, struct moment *moment)
{
	if (date_again(stamp, text, moment))
		return STAMP_DATE_LENGTH;
	struct cursor c = {text.p, text.p + text.n};
	int first = take_digits(&c, 1, 4), month, day, year;
	if (take(&c, '-')) {
		year = first;
		month = take_digits(&c, 2, 2);
		if (!take(&c, '-'))
			return 0;
		day = take_digits(&c, 2, 2);
	} else if (take(&c, '/')) {
		bool named = c.at < c.end && !is_digit(*c.at);
		month = named ? take_month(&c, false) : first;
		day = named ? first : take_digits(&c, 1, 2);
		if (!take(&c, '/'))
			return 0;
		year = take_digits(&c, 2, 4);
		if (year >= 0 && year < 100)
			year += year < 70 ? 2000 : 1900;
	} else {
		return 0;
	}
	if (!put_date(moment, year, month, day))
		return 0;
	if (c.at == c.end && text.n == STAMP_DATE_LENGTH) {
		memcpy(stamp->date, text.p, STAMP_DATE_LENGTH);
		stamp->date_day = moment->day;
		stamp->date_known = true;
	}
	return (size_t)(c.at - text.p);
}

static size_t read_clock(struct slice text, struct moment *moment)
{
	struct cursor c = {text.p, text.p + text.n};
	return take_clock(&c, moment) ? (size_t)(c.at - text.p) : 0;
}

/* The parts of a strftime form, kept apart until the whole of it has been read. */
struct pattern_parts {
	int year, month, day, hour, minute, second;
	int afternoon; /* -1 unknown, 0 AM, 1 PM */
};

/* Letters (and points) of a day or zone name, which say nothing that we need. */
static bool take_name(struct cursor *c)
{
	const char *start = c->at;
	while (c->at < c->end &&
	       ((*c->at >= 'A' && *c->at <= 'Z') || (*c->at >= 'a' && *c->at <= 'z')))
		c->at++;
	return c->at > start;
}

static bool take_pattern(struct cursor *c, const char *pattern, struct pattern_parts *parts,
			 struct moment *moment);

static bool take_zone_name(struct cursor *c, struct moment *moment)
{
	return take_zone(c, moment) || take_name(c);
}

static bool take_directive(struct cursor *c, char directive, struct pattern_parts *parts,
			   struct moment *moment)
{
	switch (directive) {
	case 'Y':
		return (parts->year = take_digits(c, 4, 4)) >= 0;
	case 'y': {
		int two = take_digits(c, 2, 2);
		parts->year = two < 70 ? two + 2000 : two + 1900;
		return two >= 0;
	}
	case 'm':
		return (parts->month = take_digits(c, 1, 2)) >= 0;
	case 'b':
	case 'B':
	case 'h':
		return (parts->month = take_month(c, true)) >= 0;
	case 'd':
	case 'e':
		take(c, ' ');
		return (parts->day = take_digits(c, 1, 2)) >= 0;
	case 'H':
	case 'I':
	case 'k':
	case 'l':
		take(c, ' ');
		return (parts->hour = take_digits(c, 1, 2)) >= 0;
	case 'M':
		return (parts->minute = take_digits(c, 2, 2)) >= 0;
	case 'S':
		return (parts->second = take_digits(c, 2, 2)) >= 0;
	case 'p':
	case 'P':
		parts->afternoon = take_word(c, "pm") ? 1 : take_word(c, "am") ? 0 : -1;
		return parts->afternoon >= 0;
	case 'T':
		return take_pattern(c, "%H:%M:%S", parts, moment);
	case 'R':
		return take_pattern(c, "%H:%M", parts, moment);
	case 'D':
		return take_pattern(c, "%m/%d/%y", parts, moment);
	case 'F':
		return take_pattern(c, "%Y-%m-%d", parts, moment);
	case 'c':
		return take_pattern(c, "%a %b %e %H:%M:%S %Y", parts, moment);
	case 'z':
		return take_zone(c, moment);
	case 'Z':
		return take_zone_name(c, moment);
	case 'a':
	case 'A':
		return take_name(c);
	case 'j':
		return take_digits(c, 1, 3) >= 0;
	case 'u':
	case 'w':
		return take_digits(c, 1, 1) >= 0;
	case 's': {
		size_t used =
		    read_epoch(STAMP_EPOCH_S, slice_make(c->at, (size_t)(c->end - c->at)), moment);
		c->at += used;
		return used > 0;
	}
	case 'n':
		return take(c, '\n');
	case 't':
		return take(c, '\t');
	case '%':
		return take(c, '%');
	default:
		return false;
	}
}

static bool take_pattern(struct cursor *c, const char *pattern, struct pattern_parts *parts,
			 struct moment *moment)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			if (!take(c, *pattern))
				return false;
			continue;
		}
		if (!*++pattern)
			return false;
		if ((*pattern == 'E' || *pattern == 'O' || *pattern == '-') && pattern[1])
			pattern++;
		if (!take_directive(c, *pattern, parts, moment))
			return false;
	}
	return true;
}

static bool put_pattern(const struct pattern_parts *parts, struct moment *moment)
{
	int hour = parts->hour;
	if (parts->afternoon >= 0) {
		if (hour < 1 || hour > 12)
			return false;
		hour = hour % 12 + 12 * parts->afternoon;
	}
	if (parts->day >= 0 || parts->month >= 0) {
		/* A year that is not written waits in 1972, a leap year, to be guessed. */
		if (!put_date(moment, parts->year < 0 ? 1972 : parts->year, parts->month,
			      parts->day))
			return false;
		if (parts->year < 0)
			moment->flags |= STAMP_NO_YEAR;
	}
	if (hour < 0)
		return true;
	return put_clock(moment, hour, parts->minute < 0 ? 0 : parts->minute,
			 parts->second < 0 ? 0 : parts->second);
}

static size_t read_pattern(const char *pattern, struct slice text, struct moment *moment)
{
	struct cursor c = {text.p, text.p + text.n};
	struct pattern_parts parts = {-1, -1, -1, -1, -1, -1, -1};
	assert(pattern);
	if (!take_pattern(&c, pattern, &parts, moment) || !put_pattern(&parts, moment))
		return 0;
	return (size_t)(c.at - text.p);
}

static size_t read_any(struct stamp *stamp, struct slice text, struct moment *moment)
{
	if (text.n < 2)
		return 0;
	if (!is_digit(text.p[0]))
		return read_syslog(stamp, text, moment);
	if (text.p[1] == '/' || (text.n > 2 && text.p[2] == '/'))
		return read_clf(stamp, text, moment);
	if (text.n > 4 && (text.p[4] == '-' || text.p[4] == '/'))
		return read_iso(stamp, text, moment);
	return read_epoch(STAMP_EPOCH, text, moment);
}

size_t stamp_read(struct stamp *stamp, enum stamp_form form, const char *pattern, struct slice text,
		  struct moment *moment)
{
	if (!text.n)
		return 0;
	switch (form) {
	case STAMP_CLF:
		return read_clf(stamp, text, moment);
	case STAMP_ISO:
		return read_iso(stamp, text, moment);
	case STAMP_EPOCH:
	case STAMP_EPOCH_S:
	case STAMP_EPOCH_MS:
	case STAMP_EPOCH_US:
	case STAMP_EPOCH_NS:
		return read_epoch(form, text, moment);
	case STAMP_SYSLOG:
		return read_syslog(stamp, text, moment);
	case STAMP_DATE:
		return read_date(stamp, text, moment);
	case STAMP_CLOCK:
		return read_clock(text, moment);
	case STAMP_PATTERN:
		return read_pattern(pattern, text, moment);
	case STAMP_ANY:
	case STAMP__COUNT:
		break;
	}
	return read_any(stamp, text, moment);
}
