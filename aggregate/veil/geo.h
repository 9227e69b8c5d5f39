/*
 * geo.h: country and autonomous system of an address, from MaxMind DB files (libmaxminddb).
 *
 * A geo handle is read-only once all databases are added and may then be shared by threads. The
 * files are mapped: replace them by rename, as geoipupdate does; one that is truncated in place
 * ends the process with SIGBUS.
 */
#ifndef VEIL_GEO_H
#define VEIL_GEO_H

#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/address.h"
#include "base/error.h"

enum { GEO_AS_MAX = 96 };

struct geo_place {
	char country[3];	  /* ISO 3166-1 alpha-2, or "" when unknown */
	uint32_t as_number;	  /* 0 = unknown */
	char as_text[GEO_AS_MAX]; /* "AS64496 Example Org", "AS64496", "" when unknown; showable
				     UTF-8, cut at a character */
};

struct geo;

struct geo *geo_new(void); /* NULL when memory is out */
/*
 * Adds a database (country, city or ASN; the first that knows an address wins, per field). The
 * country is where the network is (country.iso_code), else where it is registered
 * (registered_country.iso_code). A file that cannot be opened, is broken or has neither field in
 * its first records is an error that names the file; returns 0 or -1.
 */
int geo_add(struct geo *geo, const char *path, struct error *error);
void geo_free(struct geo *geo);		    /* NULL is allowed */
int geo_has_country(const struct geo *geo); /* whether any database has countries; NULL has none */
int geo_has_as(const struct geo *geo);

/*
 * Fills *ret, with empty fields for what no database knows. A database broken inside counts as not
 * knowing; a NULL geo knows nothing. About half a microsecond per database.
 */
void geo_find(const struct geo *geo, const struct address *address, struct geo_place *ret);

#endif
