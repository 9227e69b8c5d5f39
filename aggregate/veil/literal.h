/*
 * literal.h: which parts of a path, query or referrer may be read in the security log.
 *
 * The path's template (path.h) comes first. A segment of it then stays only if it is a placeholder,
 * in the shipped vocabulary (well-known and attack paths, extensions), below a prefix declared
 * public, or named by the gate of a closed day; any other becomes "~" + 16 hex, equal within a day,
 * testable with the day's key, not readable. Referrer hosts follow the same rule.
 */
#ifndef VEIL_LITERAL_H
#define VEIL_LITERAL_H

#include <stddef.h>
#include "aggregate/veil/path.h"
#include "aggregate/veil/pseudonym.h"
#include "base/error.h"
#include "base/slice.h"

enum { LITERAL_MAX = 4096 };

struct literal; /* read-only once filled: threads share it */

/* `routes` (declared routes and public prefixes) is borrowed. NULL when memory is out. */
struct literal *literal_new(const struct routes *routes);
void literal_free(struct literal *literal);
/* A page or referrer host that a closed day's gate has named: its segments may be read from now on.
 */
int literal_add_page(struct literal *literal, struct slice page);
int literal_add_host(struct literal *literal, struct slice host);
/* A query name that may be written. */
int literal_add_query(struct literal *literal, const char *name, struct error *error);

/* The path of a request target; returns the length, always at least 1. */
size_t literal_path(const struct literal *literal, struct pseudonym_keys *keys, struct slice target,
		    char out[LITERAL_MAX]);
/* The allowed names of a query ("a=1&b=2" -> "a&b"), each once, in order. */
size_t literal_query(const struct literal *literal, struct slice query, char out[LITERAL_MAX]);
/* The host of a Referer value; 0 when there is none. */
size_t literal_host(const struct literal *literal, struct pseudonym_keys *keys,
		    struct slice referrer, char out[LITERAL_MAX]);

#endif
