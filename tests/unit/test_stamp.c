/* Time stamps: every form, impossible dates, what is remembered between lines. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "ingest/stamp.h"

#define NOW 1709280000 /* 2024-03-01 08:00:00 UTC */
#define BAD (-1)

static const struct {
	const char *name;
	enum stamp_form form;
	const char *pattern;
	const char *text;
	int64_t time; /* BAD: refused */
	size_t used;
} cases[] = {
    {"clf", STAMP_CLF, NULL, "20/Feb/2016:00:00:45 -0500", 1455944445, 26},
    {"clf and more", STAMP_CLF, NULL, "20/Feb/2016:00:00:45 -0500] x", 1455944445, 26},
    {"clf east", STAMP_CLF, NULL, "20/Feb/2016:05:30:45 +0530", 1455926445, 26},
    {"clf without zone", STAMP_CLF, NULL, "20/Feb/2016:05:00:45", 1455944445, 20},
    {"clf with fraction", STAMP_CLF, NULL, "06/Feb/2009:12:14:14.655", 1233922454, 24},
    {"clf fraction and zone", STAMP_CLF, NULL, "06/Feb/2009:12:14:14.655 +0100", 1233918854, 30},
    {"clf short day", STAMP_CLF, NULL, "6/Feb/2009:12:14:14 +0000", 1233922454, 25},
    {"clf lower case", STAMP_CLF, NULL, "06/feb/2009:12:14:14 +0000", 1233922454, 26},
    {"clf leap day", STAMP_CLF, NULL, "29/Feb/2024:23:59:59 +0000", 1709251199, 26},
    {"clf leap day of 2000", STAMP_CLF, NULL, "29/Feb/2000:00:00:00 +0000", 951782400, 26},
    {"clf no leap day in 2100", STAMP_CLF, NULL, "29/Feb/2100:00:00:00 +0000", BAD, 0},
    {"clf no leap day in 2023", STAMP_CLF, NULL, "29/Feb/2023:00:00:00 +0000", BAD, 0},
    {"clf 31 April", STAMP_CLF, NULL, "31/Apr/2024:00:00:00 +0000", BAD, 0},
    {"clf leap second", STAMP_CLF, NULL, "31/Dec/2016:23:59:60 +0000", 1483228800, 26},
    {"clf second 61", STAMP_CLF, NULL, "31/Dec/2016:23:59:61 +0000", BAD, 0},
    {"clf hour 24", STAMP_CLF, NULL, "31/Dec/2016:24:00:00 +0000", BAD, 0},
    {"clf year 9999", STAMP_CLF, NULL, "31/Dec/9999:23:59:59 +0000", 253402300799, 26},
    {"clf year 1969", STAMP_CLF, NULL, "31/Dec/1969:23:59:59 +0000", BAD, 0},
    {"clf cut", STAMP_CLF, NULL, "31/Dec/2016:23:5", BAD, 0},
    {"clf empty", STAMP_CLF, NULL, "", BAD, 0},
    {"iso Z", STAMP_ISO, NULL, "2016-02-20T05:00:45Z", 1455944445, 20},
    {"iso offset", STAMP_ISO, NULL, "2016-02-20T00:00:45-05:00", 1455944445, 25},
    {"iso short offset", STAMP_ISO, NULL, "2016-02-20T06:00:45+01", 1455944445, 22},
    {"iso fraction", STAMP_ISO, NULL, "2016-02-20T05:00:45.123456789Z", 1455944445, 30},
    {"iso comma", STAMP_ISO, NULL, "2016-02-20 05:00:45,123", 1455944445, 23},
    {"iso blank before the zone", STAMP_ISO, NULL, "2016-02-20 05:00:45 +0000", 1455944445, 25},
    {"iso UTC", STAMP_ISO, NULL, "2016-02-20 05:00:45 UTC", 1455944445, 23},
    {"iso with slashes", STAMP_ISO, NULL, "2016/02/20 05:00:45", 1455944445, 19},
    {"iso month 13", STAMP_ISO, NULL, "2016-13-20T05:00:45Z", BAD, 0},
    {"iso day 0", STAMP_ISO, NULL, "2016-02-00T05:00:45Z", BAD, 0},
    {"iso without clock", STAMP_ISO, NULL, "2016-02-20", BAD, 0},
    {"epoch s", STAMP_EPOCH, NULL, "1455944445", 1455944445, 10},
    {"epoch s.ms", STAMP_EPOCH, NULL, "1455944445.123", 1455944445, 14},
    {"epoch ms", STAMP_EPOCH, NULL, "1455944445123", 1455944445, 13},
    {"epoch us", STAMP_EPOCH, NULL, "1455944445123456", 1455944445, 16},
    {"epoch ns", STAMP_EPOCH, NULL, "1455944445123456789", 1455944445, 19},
    {"epoch, unit given", STAMP_EPOCH_MS, NULL, "1000", 1, 4},
    {"epoch, seconds given", STAMP_EPOCH_S, NULL, "99999999999", 99999999999, 11},
    {"epoch past 9999", STAMP_EPOCH_S, NULL, "253402300800", BAD, 0},
    {"epoch too long", STAMP_EPOCH, NULL, "14559444451234567890", BAD, 0},
    {"epoch negative", STAMP_EPOCH, NULL, "-5", BAD, 0},
    {"syslog", STAMP_SYSLOG, NULL, "Feb 20 05:00:45", 1708405245, 15},
    {"syslog padded day", STAMP_SYSLOG, NULL, "Feb  6 12:14:14", 1707221654, 15},
    {"syslog with year", STAMP_SYSLOG, NULL, "Feb 20 2016 05:00:45", 1455944445, 20},
    {"syslog last year", STAMP_SYSLOG, NULL, "Dec 31 23:59:59", 1704067199, 15},
    {"syslog within a day ahead", STAMP_SYSLOG, NULL, "Mar  2 08:00:00", 1709366400, 15},
    {"syslog over a day ahead", STAMP_SYSLOG, NULL, "Mar  2 08:00:01", 1677744001, 15},
    {"syslog leap day", STAMP_SYSLOG, NULL, "Feb 29 10:00:00", 1709200800, 15},
    {"syslog 30 February", STAMP_SYSLOG, NULL, "Feb 30 10:00:00", BAD, 0},
    {"pattern clf", STAMP_PATTERN, "%d/%b/%Y:%T %z", "20/Feb/2016:00:00:45 -0500", 1455944445, 26},
    {"pattern long month", STAMP_PATTERN, "%A, %d %B %Y %R", "Saturday, 20 February 2016 05:00",
     1455944400, 32},
    {"pattern short year", STAMP_PATTERN, "%y%m%d %H%M%S", "160220 050045", 1455944445, 13},
    {"pattern D", STAMP_PATTERN, "%D %I:%M:%S %p", "02/20/16 05:00:45 AM", 1455944445, 20},
    {"pattern noon", STAMP_PATTERN, "%F %I:%M %p", "2016-02-20 12:00 PM", 1455969600, 19},
    {"pattern midnight", STAMP_PATTERN, "%F %I:%M %p", "2016-02-20 12:00 AM", 1455926400, 19},
    {"pattern hour 13 PM", STAMP_PATTERN, "%F %I:%M %p", "2016-02-20 13:00 PM", BAD, 0},
    {"pattern s", STAMP_PATTERN, "%s", "1455944445", 1455944445, 10},
    {"pattern c", STAMP_PATTERN, "%c", "Sat Feb 20 05:00:45 2016", 1455944445, 24},
    {"pattern zone name", STAMP_PATTERN, "%F %T %Z", "2016-02-20 05:00:45 GMT", 1455944445, 23},
    {"pattern percent", STAMP_PATTERN, "%%%F %T", "%2016-02-20 05:00:45", 1455944445, 20},
    {"pattern unknown", STAMP_PATTERN, "%Q", "2016", BAD, 0},
    {"pattern ends in a percent", STAMP_PATTERN, "%F %T%", "2016-02-20 05:00:45", BAD, 0},
    {"pattern year cut", STAMP_PATTERN, "%y", "1", BAD, 0},
    {"any clf", STAMP_ANY, NULL, "20/Feb/2016:00:00:45 -0500", 1455944445, 26},
    {"any iso", STAMP_ANY, NULL, "2016-02-20T05:00:45Z", 1455944445, 20},
    {"any epoch", STAMP_ANY, NULL, "1455944445.5", 1455944445, 12},
    {"any syslog", STAMP_ANY, NULL, "Feb 20 05:00:45", 1708405245, 15},
    {"any word", STAMP_ANY, NULL, "yesterday", BAD, 0},
    {"any empty", STAMP_ANY, NULL, "", BAD, 0},
};

static size_t read_text(struct stamp *stamp, enum stamp_form form, const char *pattern,
			const char *text, int64_t *ret)
{
	struct moment moment = {0};
	char exact[128];
	size_t n = strlen(text);
	/* At the end of its buffer, so that a read past it is seen. */
	memcpy(exact + sizeof(exact) - n, text, n);
	size_t used =
	    stamp_read(stamp, form, pattern, slice_make(exact + sizeof(exact) - n, n), &moment);
	*ret = used && stamp_finish(stamp, &moment, true) ? moment.time : BAD;
	return *ret == BAD ? 0 : used;
}

Test(stamp, table)
{
	cr_assert(zone_set("UTC", NULL) == 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stamp stamp;
		int64_t got;
		stamp_init(&stamp, NOW);
		for (int round = 0; round < 2; round++) {
			size_t used =
			    read_text(&stamp, cases[i].form, cases[i].pattern, cases[i].text, &got);
			cr_expect(got == cases[i].time && used == cases[i].used,
				  "%s, round %d: %lld from %zu bytes, expected %lld from %zu",
				  cases[i].name, round, (long long)got, used,
				  (long long)cases[i].time, cases[i].used);
		}
	}
}

/* What is remembered of one stamp must not leak into the next. */
Test(stamp, remembered_day_and_zone)
{
	static const struct {
		const char *text;
		int64_t time;
	} lines[] = {
	    {"20/Feb/2016:00:00:45 -0500", 1455944445}, {"20/Feb/2016:00:00:45 -0400", 1455940845},
	    {"20/Feb/2016:23:59:59 -0400", 1456027199}, {"21/Feb/2016:00:00:00 -0400", 1456027200},
	    {"21/Feb/2016:24:00:00 -0400", BAD},	{"21/Feb/2016:00:00:61 -0400", BAD},
	    {"21/Feb/2016:00 00:00 -0400", BAD},	{"21/Feb/2016:23:59:60 -0400", 1456113600},
	    {"2016-02-21T00:00:00+01", 1456009200},	{"2016-02-21T00:00:00+01:30", 1456007400},
	    {"2016-02-21T00:00:00+0130", 1456007400},	{"2016-02-21T00:00:00+01", 1456009200},
	    {"2016-02-21T00:00:00.5Z", 1456012800},	{"2016-02-21T00:00:00Z", 1456012800},
	    {"2016-02-21T00:00:00", 1456012800},	{"2016-02-21 00:00:00 +01", 1456009200},
	    {"2016-02-21 00:00:00 +0190", 1456012800}};
	struct stamp stamp;
	cr_assert(zone_set("UTC", NULL) == 0);
	stamp_init(&stamp, NOW);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		int64_t got;
		read_text(&stamp, STAMP_ANY, NULL, lines[i].text, &got);
		cr_expect(got == lines[i].time, "%s: %lld, expected %lld", lines[i].text,
			  (long long)got, (long long)lines[i].time);
	}
}

/* Date and clock in two fields. */
Test(stamp, parts)
{
	static const char *const dates[] = {"2016-02-20", "20/Feb/2016", "02/20/2016", "2/20/16"};
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		struct stamp stamp;
		struct moment moment = {0};
		stamp_init(&stamp, NOW);
		cr_expect(!stamp_finish(&stamp, &moment, true));
		cr_expect(stamp_read(&stamp, STAMP_CLOCK, NULL, slice_from("5:00:45"), &moment) ==
			  7);
		cr_expect(!stamp_finish(&stamp, &moment, true));
		cr_expect(stamp_read(&stamp, STAMP_DATE, NULL, slice_from(dates[i]), &moment) ==
			  strlen(dates[i]));
		cr_expect(stamp_finish(&stamp, &moment, true) && moment.time == 1455944445, "%s",
			  dates[i]);
	}
}

/* Random instants, written by libc and read back, in each form. */
Test(stamp, against_libc)
{
	unsigned seed = (unsigned)time(NULL);
	struct stamp stamp;
	stamp_init(&stamp, NOW);
	srand(seed);
	for (int i = 0; i < 200000; i++) {
		time_t when = (time_t)(((int64_t)rand() << 20 ^ rand()) % 4102444800);
		struct tm tm;
		char text[64];
		int64_t got;
		gmtime_r(&when, &tm);
		strftime(text, sizeof(text),
			 i % 2 ? "%d/%b/%Y:%H:%M:%S +0000" : "%Y-%m-%dT%H:%M:%SZ", &tm);
		read_text(&stamp, i % 2 ? STAMP_CLF : STAMP_ISO, NULL, text, &got);
		cr_assert(got == (int64_t)when, "seed %u: %s is %lld, read as %lld", seed, text,
			  (long long)when, (long long)got);
	}
}

/* Without a zone the configured one holds, and its change within a day is seen although days are
 * remembered. */
Test(stamp, configured_zone)
{
	static const struct {
		const char *text;
		int64_t time;
	} lines[] = {
	    {"30/Mar/2024:12:00:00", 1711796400},  {"31/Mar/2024:01:59:59", 1711846799},
	    {"31/Mar/2024:03:00:00", 1711846800},  {"31/Mar/2024:12:00:00", 1711879200},
	    {"2024-03-31 01:59:59,5", 1711846799}, {"2024-03-31 12:00:00", 1711879200},
	    {"Feb 20 05:00:45", 1708401645},	   {"31/Mar/2024:12:00:00 +0000", 1711886400}};
	struct stamp stamp;
	cr_assert(zone_set("Europe/Berlin", NULL) == 0);
	stamp_init(&stamp, NOW);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct moment moment = {0};
		cr_expect(stamp_read(&stamp, STAMP_ANY, NULL, slice_from(lines[i].text), &moment) &&
			      moment.time == lines[i].time,
			  "%s: %lld, expected %lld", lines[i].text, (long long)moment.time,
			  (long long)lines[i].time);
	}
}
