/*
 * stamp.h: time stamps of logs.
 *
 * A stamp reader belongs to one thread. Lines come in bursts, so it remembers the text of the last
 * minute it read: an equal minute costs two comparisons and two digits. Impossible dates (31
 * February, hour 25) are refused; second 60 is accepted as the first of the next minute. A stamp
 * without a zone is in the configured zone (base/zone.h), except where its form is defined as UTC.
 */
#ifndef INGEST_STAMP_H
#define INGEST_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/slice.h"
#include "base/zone.h"

enum stamp_form {
	STAMP_ANY,   /* decided by its first bytes: CLF, ISO 8601, epoch or syslog */
	STAMP_CLF,   /* 20/Feb/2016:00:00:45 -0500, zone optional, fraction allowed */
	STAMP_ISO,   /* 2016-02-20T00:00:45.123+01:00, "T" or blank, zone optional */
	STAMP_EPOCH, /* Unix time with optional fraction; s, ms, us or ns by magnitude */
	STAMP_EPOCH_S,
	STAMP_EPOCH_MS,
	STAMP_EPOCH_US,
	STAMP_EPOCH_NS,
	STAMP_SYSLOG,  /* Feb 20 00:00:45, no year */
	STAMP_DATE,    /* 2016-02-20 alone, also 20/Feb/2016 and 02/20/2016: sets the day */
	STAMP_CLOCK,   /* 00:00:45.123 alone: sets the second of the day */
	STAMP_PATTERN, /* strftime(3) form, as in Apache's %{...}t */
	STAMP__COUNT
};

enum {
	STAMP_HAS_TIME = 1 << 0,  /* `time` is the instant */
	STAMP_HAS_DAY = 1 << 1,	  /* `day` is set */
	STAMP_HAS_CLOCK = 1 << 2, /* `second` is set */
	STAMP_HAS_ZONE = 1 << 3,  /* `zone` is set */
	STAMP_NO_YEAR = 1 << 4,	  /* `day` lies in 1972 and waits for its year */
};

/* What is known of a line's time so far: several fields may say it together. */
struct moment {
	int64_t time;	/* Unix seconds */
	int64_t day;	/* days since 1970-01-01 in the stamp's own zone */
	int32_t second; /* of the day */
	int32_t zone;	/* seconds east of UTC */
	unsigned flags;
};

enum {
	STAMP_CLF_DAY = 12,	/* bytes of "20/Feb/2016:" */
	STAMP_CLF_LENGTH = 26,	/* "20/Feb/2016:00:00:45 -0500" */
	STAMP_ISO_DAY = 11,	/* "2016-02-20T" */
	STAMP_DATE_LENGTH = 10, /* "2016-02-20" */
	STAMP_ISO_CLOCK = 19,	/* up to the seconds */
};

struct stamp {
	int64_t now;
	struct zone_cache zone;
	bool clf_known, iso_known;
	uint8_t iso_zone_n;
	char clf_day[STAMP_CLF_DAY];
	char clf_zone[6]; /* " -0500" */
	char iso_day[STAMP_ISO_DAY];
	char iso_zone[8];
	int64_t clf_base; /* when that day began in that zone */
	int64_t iso_base;
	bool date_known;
	char date[STAMP_DATE_LENGTH]; /* the last of STAMP_DATE */
	int64_t date_day;
};

/* `now`: Unix seconds, see parser_new. */
void stamp_init(struct stamp *stamp, int64_t now);

/*
 * Reads a stamp of the given form from the start of `text` into *moment (which keeps what other
 * fields said). `pattern` is used by STAMP_PATTERN only. Returns how many bytes the stamp takes, 0
 * when there is no possible date.
 */
size_t stamp_read(struct stamp *stamp, enum stamp_form form, const char *pattern, struct slice text,
		  struct moment *moment);

/* Makes the instant of what is known; false when that is not enough. `utc`: a stamp without a zone
 * is UTC. */
bool stamp_finish(struct stamp *stamp, struct moment *moment, bool utc);

static inline int stamp_two(const char *p)
{
	unsigned a = (unsigned)(unsigned char)p[0] - '0', b = (unsigned)(unsigned char)p[1] - '0';
	return a > 9 || b > 9 ? -1 : (int)(a * 10 + b);
}

/* The second of the day in "00:00:45", -1 when it is not one. */
static inline int32_t stamp_clock(const char *p)
{
	int hour = stamp_two(p), minute = stamp_two(p + 3), second = stamp_two(p + 6);
	if (((unsigned)hour > 23) | ((unsigned)minute > 59) | ((unsigned)second > 60) |
	    (p[2] != ':') | (p[5] != ':'))
		return -1;
	return hour * 3600 + minute * 60 + second;
}

/* The hot case of STAMP_CLF: the day and zone of the last stamp. 26 bytes must be readable. */
static inline bool stamp_clf_again(const struct stamp *stamp, const char *p, int64_t *ret)
{
	if (!stamp->clf_known || memcmp(p, stamp->clf_day, STAMP_CLF_DAY) != 0 ||
	    memcmp(p + 20, stamp->clf_zone, 6) != 0)
		return false;
	int32_t second = stamp_clock(p + STAMP_CLF_DAY);
	*ret = stamp->clf_base + second;
	return second >= 0;
}

#endif
