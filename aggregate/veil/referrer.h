/*
 * referrer.h: what is left of a Referer: its host, scrubbed, and a class; and of a query: its
 * campaign.
 */
#ifndef VEIL_REFERRER_H
#define VEIL_REFERRER_H

#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

enum referrer_class {
	REFERRER_DIRECT,   /* none sent */
	REFERRER_INTERNAL, /* the site itself */
	REFERRER_SEARCH,
	REFERRER_SOCIAL,
	REFERRER_AI,	  /* chat assistants: chatgpt.com, perplexity.ai … */
	REFERRER_MAIL,	  /* web mail */
	REFERRER_WEBSITE, /* any other */
	REFERRER_APP,	  /* android-app:// and the like */
	REFERRER_INVALID, /* not a URL */
	REFERRER__COUNT
};

enum { REFERRER_HOST_MAX = 256 };

struct referrer {
	uint8_t class;	/* enum referrer_class */
	uint8_t engine; /* search engine: index into the list, 0 = none; fewer than 32 rows */
	size_t host_n;	/* bytes of host; 0 when there is none to show (direct) */
	char host[REFERRER_HOST_MAX]; /* lower case, without port, userinfo, trailing dot and "www."
				       */
};

const char *referrer_class_name(unsigned class);
unsigned referrer_engines(void);
const char *referrer_engine_name(unsigned id);

/*
 * Takes a Referer value apart (any bytes). `site` is the host the request went to, lower case or
 * not, with or without port or "www.", empty when unknown; a referrer of the same host is
 * REFERRER_INTERNAL. An address literal as host is "{ip}"; a label that embeds four address bytes
 * or at least eight hex digits cuts the host to its registrable domain; anything that is not a host
 * name is REFERRER_INVALID with "{bad}".
 */
void referrer_veil(struct slice value, struct slice site, struct referrer *ret);

/*
 * A host name by the same rules (for sites): writes it to out and returns its length; 0 for an
 * empty one.
 */
size_t referrer_host_veil(struct slice host, char out[REFERRER_HOST_MAX]);

enum { CAMPAIGN_MAX = 256 };

/*
 * The campaign of a query ("a=b&utm_source=x…", any bytes): "source/medium/campaign" from
 * utm_source, utm_medium and utm_campaign, each percent-decoded, lower case, generalised like a
 * path segment and "-" when missing; 0 when there is none of them. Other query values are never
 * looked at. Valid UTF-8 without control bytes.
 */
size_t campaign_veil(struct slice query, char out[CAMPAIGN_MAX]);

#endif
