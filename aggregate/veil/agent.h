/*
 * agent.h: what is left of a User-Agent: ids of closed lists. A name that is not on a list is
 * (unknown).
 */
#ifndef VEIL_AGENT_H
#define VEIL_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

/* Id 0 of each list is "(unknown)". Names are stable and are what reports print. */
enum device_class {
	DEVICE_UNKNOWN,
	DEVICE_DESKTOP,
	DEVICE_PHONE,
	DEVICE_TABLET,
	DEVICE_TV,
	DEVICE_CONSOLE,
	DEVICE_WATCH,
	DEVICE__COUNT
};

enum crawler_class { /* CRAWLER_NONE: a person's browser, as far as it says */
		     CRAWLER_NONE,
		     CRAWLER_SEARCH, /* Googlebot, bingbot */
		     CRAWLER_AI, /* GPTBot, ClaudeBot, CCBot, PerplexityBot … training and answering
				  */
		     CRAWLER_SEO,     /* AhrefsBot, SemrushBot */
		     CRAWLER_SOCIAL,  /* link previews: facebookexternalhit, Twitterbot */
		     CRAWLER_MONITOR, /* uptime and performance checks */
		     CRAWLER_FEED,    /* feed readers */
		     CRAWLER_TOOL,    /* curl, wget, python-requests, headless browsers */
		     CRAWLER_SCANNER, /* security scanners */
		     CRAWLER_ARCHIVE, /* archive.org_bot */
		     CRAWLER_OTHER,   /* calls itself bot, crawler or spider and is on no list */
		     CRAWLER__COUNT
};

struct agent {
	uint16_t crawler; /* index into the crawler list; 0 = not a crawler */
	uint16_t version; /* major version of the browser; 0 = unknown */
	uint8_t browser;  /* index into the browser list */
	uint8_t os;	  /* index into the OS list */
	uint8_t device;	  /* enum device_class */
	uint8_t crawler_class;
};

/*
 * Classifies one User-Agent value (any bytes, any length; the first 1,024 are looked at). An empty
 * agent is a crawler of class CRAWLER_TOOL named "(no agent)". Costs a few microseconds: callers
 * cache per distinct string.
 */
void agent_classify(struct slice agent, struct agent *ret);

unsigned agent_browsers(void); /* how many rows; ids are 0 … n-1; at most 256 */
unsigned agent_systems(void);
unsigned agent_crawlers(void); /* at most 65536 */
const char *agent_browser_name(unsigned id);
const char *agent_os_name(unsigned id);
const char *agent_device_name(unsigned id);
const char *agent_crawler_name(unsigned id);
const char *agent_crawler_class_name(unsigned class);

#endif
