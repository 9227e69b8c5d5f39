/*
 * geo.h: country and autonomous system of an address, from MaxMind DB files (libmaxminddb).
 *
 * A geo handle is read-only after geo_open and may be shared by threads.
 */
#ifndef VEIL_GEO_H
#define VEIL_GEO_H

#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/address.h"
#include "base/error.h"

enum { GEO_AS_MAX = 96 };

struct geo_place {
	char country[3];      /* ISO 3166-1 alpha-2, or "" when unknown */
	uint32_t as_number;   /* 0 = unknown */
	char as_text[GEO_AS_MAX]; /* "AS64496 Example Org", "" when unknown; UTF-8 without control bytes, cut at a character */
};

struct geo;

struct geo *geo_new(void);
/*
 * Adds a database (country, city or ASN; the first that knows an address wins, per field). A file that cannot be
 * opened, is broken or has neither field is an error that names the file.
 */
int geo_add(struct geo *geo, const char *path, struct error *error);
void geo_free(struct geo *geo);
int geo_has_country(const struct geo *geo);
int geo_has_as(const struct geo *geo);

/* Fills *ret, with empty fields for what no database knows. A database broken inside counts as not knowing. */
void geo_find(const struct geo *geo, const struct address *address, struct geo_place *ret);

#endif
