/*
 * schema.h: the tables of a state, and the steps that bring an older state up to them.
 *
 * docs/state.md describes the tables and views for people who query them. A step that was shipped
 * never changes; a new one is added behind it. Views hold no data and are made anew after each
 * migration.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { SCHEMA_APPLICATION = 0x76746C79 }; /* "vtly", in the header of the file */

struct schema_step { /* from version i to i + 1 is step i */
	const char *what;
	const char *const *sql; /* statements, NULL at the end */
};

/* Static; their number is the version of this program. */
const struct schema_step *schema_steps(size_t *ret_n);

/*
 * An empty database becomes a state of version n (header, tables, views, canary, zone), in one
 * transaction.
 */
int schema_make(sqlite3 *db, const struct schema_step *steps, size_t n, const char *zone,
		struct error *error);

/* Is it a state, and of which version? -1 when it is none, or one that cannot be read. */
int schema_identify(sqlite3 *db, size_t *ret_version, struct error *error);

/* Runs the steps from `version` on, in one transaction. */
int schema_bring_up(sqlite3 *db, const struct schema_step *steps, size_t version, size_t n,
		    struct error *error);

/* Are the tables and views those that this program or an earlier one made, and the canary row
 * there? */
int schema_verify(sqlite3 *db, struct error *error);

#endif
