/*
 * path.h: what is left of a request target. Stages A and B of docs/privacy.md generalise the path
 * to a template; sections that name people and declared routes are templated always.
 *
 * The patterns only generalise, they are no promise: what may be shown is decided by the gate.
 */
#ifndef VEIL_PATH_H
#define VEIL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

enum {
	PATH_TEMPLATE_MAX = 2048
}; /* no template is longer: 12 segments of at most 64 bytes and what placeholders add */

enum content_class {		       /* by the extension of the last segment */
		     CONTENT_DOCUMENT, /* pages, also without an extension */
		     CONTENT_STYLE,
		     CONTENT_SCRIPT,
		     CONTENT_IMAGE,
		     CONTENT_FONT,
		     CONTENT_MEDIA,    /* audio and video */
		     CONTENT_DATA,     /* json, xml, map, wasm … fetched by programs */
		     CONTENT_FEED,     /* rss, atom, and paths whose last segment is feed */
		     CONTENT_DOWNLOAD, /* pdf, zip, office files, packages */
		     CONTENT_TEXT,     /* robots.txt, security.txt and other .txt, sitemaps */
		     CONTENT__COUNT
};

const char *path_content_name(enum content_class content); /* "document", "style", … */

/*
 * Stages A and B on a request target (with or without query): writes the template, not
 * NUL-terminated, and returns its length, at most PATH_TEMPLATE_MAX, which `out` must hold. Always
 * valid UTF-8 without control bytes. The reference cases are
 * data/vectors/path_templating/path_template_cases.tsv.
 */
size_t path_template(struct slice target, char out[PATH_TEMPLATE_MAX]);

/* Stage B on one decoded segment or name (campaign parts use it too). out holds 256 bytes; returns
 * the length. */
size_t path_generalise(struct slice segment, char out[256]);

/* Sections, declared routes and public prefixes. The built-in sections are in it from the start. */
struct routes *routes_new(void);
void routes_free(struct routes *routes);
/* "/crew/{name}/posts": a segment in braces matches any one segment and is shown as written. */
int routes_add(struct routes *routes, const char *pattern, struct error *error);
/* "/people/team": what lies below this prefix is public, built-in sections and name placeholders do
 * not apply. */
int routes_add_public(struct routes *routes, const char *prefix, struct error *error);

/*
 * The whole veil of a path: stages A and B, then routes and sections. `routes` is not changed.
 * Writes the template as path_template does and says what kind of content the target names.
 */
size_t path_veil(const struct routes *routes, struct slice target, char out[PATH_TEMPLATE_MAX],
		 enum content_class *ret_content);

/*
 * The same template, and which of its segments the configuration itself names: bit i of
 * *ret_declared for the i-th, counted from 0, when it is a part of a declared route (written
 * exactly so, or its placeholder) or the path lies at or below a public prefix.
 */
size_t path_veil_declared(const struct routes *routes, struct slice target,
			  char out[PATH_TEMPLATE_MAX], unsigned *ret_declared);

#endif
