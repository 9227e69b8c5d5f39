/*
 * literal.h: which parts of a path, query or referrer may be read in the security log.
 *
 * The path's template (path.h) comes first. A segment of it then stays only if it is a placeholder,
 * in the shipped vocabulary (well-known and attack paths: literal_words.c), named by the
 * configuration (declared routes, below a public prefix), or named in that very place by the gate
 * of a closed day; any other becomes "~" + 16 hex, behind which a known extension stays
 * ("~0123456789abcdef.php"). That is equal within a day, testable with the day's key, not readable.
 *
 * What the 16 hex are of: pseudonym_path(prefix, segment), both as the template writes them. Of
 * /blog/1234/alice.html the template is /blog/{n}/alice.html, the prefix "/blog/{n}", the segment
 * "alice.html"; the prefix of a first segment is "". Who tests a guess makes its template first.
 * "~" alone is what is left when the library fails.
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
void literal_free(struct literal *literal); /* NULL is allowed */

/*
 * A page template ("/blog/{n}/comments") or referrer host that a closed day's gate has named. Each
 * segment of the page may be read from now on in that place, behind that prefix, not elsewhere; the
 * host may be read as a whole. What is neither ("(other)") is passed over. Returns 0, 1 when the
 * place for such names (64 MiB) is full and it stays unreadable, -1 when memory is out.
 */
int literal_add_page(struct literal *literal, struct slice page);
int literal_add_host(struct literal *literal, struct slice host);

/* A query name that may be written: at most 256 of letters, digits and "-_.:[]", copied. No name is
 * allowed before the first. -1 with a message. */
int literal_add_query(struct literal *literal, const char *name, struct error *error);

/* The path of a request target; returns the length, always at least 1. */
size_t literal_path(const struct literal *literal, struct pseudonym_keys *keys, struct slice target,
		    char out[LITERAL_MAX]);

/*
 * The allowed names of a query ("a=1&b=2" -> "a&b"), each once, in order, as many as fit. A name is
 * compared exactly, after one percent-decoding.
 */
size_t literal_query(const struct literal *literal, struct slice query, char out[LITERAL_MAX]);

/*
 * The host of a Referer value, or a bare host (of the site); 0 when there is none. Scrubbed by
 * referrer.h first. It stays when it is a placeholder, named, or on the shipped list of search
 * engines and other well-known places; of a host below one of these the labels in front are hidden
 * ("~0123456789abcdef.tumblr.com"), any other host is hidden as a whole. The 16 hex are
 * pseudonym_host of the whole scrubbed host.
 */
size_t literal_host(const struct literal *literal, struct pseudonym_keys *keys,
		    struct slice referrer, char out[LITERAL_MAX]);

#endif
