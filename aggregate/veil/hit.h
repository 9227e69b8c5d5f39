/*
 * hit.h: one counted request, past the veil. It has no room for an identity: clients are keyed
 * tags, texts are ids of scrubbed names, the rest are numbers and ids of closed lists.
 *
 * Name ids (page, referrer, campaign, site, as) are those of the worker that made the hit; a batch
 * carries the names that its worker gives out for the first time, so whoever reads batches in order
 * can translate (names.h). Id 0 is "none".
 */
#ifndef VEIL_HIT_H
#define VEIL_HIT_H

#include <stdint.h>
#include "base/slice.h"

enum exclude { /* why a line is not counted although nothing is wrong with it */
	       EXCLUDE_NONE = 0,
	       EXCLUDE_BLANK,
	       EXCLUDE_DIRECTIVE, /* #Fields and other lines that describe the file */
	       EXCLUDE_OPT_OUT,	  /* Sec-GPC: 1 or DNT: 1 */
	       EXCLUDE_PERIOD,	  /* outside --since … --until */
	       EXCLUDE_SITE,	  /* not the --site asked for */
	       EXCLUDE_PATH,	  /* --exclude */
	       EXCLUDE_ADDRESS,
	       EXCLUDE_AGENT,
	       EXCLUDE_LATE, /* its day is closed */
	       EXCLUDE_TOO_MANY_DAYS,
	       EXCLUDE__COUNT
};

const char *exclude_name(unsigned exclude); /* "opt_out", stable; "none" for EXCLUDE_NONE */

enum method { /* METHOD_OTHER: anything else, METHOD_NONE: the line had no request */
	      METHOD_NONE,
	      METHOD_OTHER,
	      METHOD_GET,
	      METHOD_HEAD,
	      METHOD_POST,
	      METHOD_PUT,
	      METHOD_DELETE,
	      METHOD_CONNECT,
	      METHOD_OPTIONS,
	      METHOD_TRACE,
	      METHOD_PATCH,
	      METHOD_PROPFIND,
	      METHOD_REPORT,
	      METHOD_MKCOL,
	      METHOD_MOVE,
	      METHOD_COPY,
	      METHOD_LOCK,
	      METHOD_UNLOCK,
	      METHOD_PURGE,
	      METHOD__COUNT
};

enum protocol {
	PROTOCOL_NONE,
	PROTOCOL_OTHER,
	PROTOCOL_HTTP_09,
	PROTOCOL_HTTP_10,
	PROTOCOL_HTTP_11,
	PROTOCOL_HTTP_2,
	PROTOCOL_HTTP_3,
	PROTOCOL__COUNT
};

/* What the words of a request line are; no word is METHOD_NONE and PROTOCOL_NONE. */
enum method hit_method(struct slice word);
enum protocol hit_protocol(struct slice word);

const char *hit_method_name(unsigned method);	  /* "GET" */
const char *hit_protocol_name(unsigned protocol); /* "HTTP/1.1" */

enum {			  /* hit.flags */
       HIT_PAGE = 1 << 0, /* a page view: GET, 200-299 or 304, a document, not a crawler */
       HIT_CRAWLER = 1 << 1,
       HIT_DURATION = 1 << 2, /* duration_us is known */
       HIT_SIZE = 1 << 3,     /* bytes is known */
       HIT_AMOUNT = 1 << 4,   /* amount is known */
};

enum { HIT_GOALS_MAX = 16, HIT_SECTIONS_MAX = 1024 };

/*
 * What is counted and gated together: a day of a declared site (section; 0 = of none). Ascending by
 * day, then section.
 */
static inline int32_t hit_period(int32_t day, unsigned section)
{
	return day * HIT_SECTIONS_MAX + (int32_t)section;
}

static inline int32_t hit_period_day(int32_t period) /* rounds down, also before 1970 */
{
	return period >> 10;
}

static inline unsigned hit_period_section(int32_t period)
{
	return (unsigned)period & (HIT_SECTIONS_MAX - 1);
}

struct hit {
	uint64_t visitor;	 /* tag of (unit, agent or cookie, day, section) */
	uint64_t visitor_before; /* the same visitor's tag of the day before; 0 when no visit
				    reaches back to it */
	uint64_t visitor_after;	 /* and of the day after; 0 when no visit that began there can reach
				    back */
	uint64_t unit;		 /* tag of the address unit: IPv4 /32, IPv6 /64 */
	uint64_t gate;		 /* tag of the unit as the gate counts it: IPv4 /32, IPv6 /48 */
	uint64_t customer;	 /* tag of the authenticated user; 0 = none */
	uint64_t bytes;
	int64_t amount;	 /* minor units */
	int64_t time;	 /* Unix seconds */
	int32_t day;	 /* days since 1970-01-01 in the configured zone */
	uint32_t second; /* of that day, by the zone's clock */
	uint32_t duration_us;
	uint32_t page;	   /* name: template of the path */
	uint32_t referrer; /* name: host */
	uint32_t campaign; /* name */
	uint32_t site;	   /* name */
	uint32_t as;	   /* name: "AS64496 Example Org" */
	uint16_t country;  /* two capital letters, first in the high byte; 0 = unknown */
	uint16_t status;   /* 0 = not logged */
	uint16_t crawler;  /* ids of the closed lists in agent.h */
	uint16_t version;
	uint16_t goals;	  /* bit per configured goal */
	uint16_t section; /* of the declared sites; 0 = none of them */
	uint8_t browser, os, device;
	uint8_t method;		/* enum method */
	uint8_t protocol;	/* enum protocol */
	uint8_t content;	/* enum content_class (path.h) */
	uint8_t referrer_class; /* enum referrer_class */
	uint8_t engine;		/* search engine */
	uint8_t flags;		/* HIT_… */
};

#endif
