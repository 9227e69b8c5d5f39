/*
 * referrer_names.h: the hosts that say what kind of place a visitor came from. Inside the referrer
 * modules only.
 */
#ifndef VEIL_REFERRER_NAMES_H
#define VEIL_REFERRER_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include "aggregate/veil/referrer.h"
#include "base/slice.h"

/*
 * A host matches when it is `host` or a subdomain of it. A name that ends in ".*" stands for that
 * name under any top-level domain or second-level country domain: google.* is google.de,
 * google.co.uk, www.google.com.au. The first row that matches wins.
 */
struct referrer_host {
	struct slice host;
	enum referrer_class class;
	const char *engine; /* name of the search engine, else NULL */
};

extern const struct referrer_host referrer_hosts[];
extern const size_t referrer_hosts_n;

/* The row for a host name in lower case, or NULL. */
const struct referrer_host *referrer_find_host(struct slice host);

/* True for "com", "co", "org" …, which stand between a name and a country ("example.co.uk"). */
bool referrer_is_second_level(struct slice label);

#endif
