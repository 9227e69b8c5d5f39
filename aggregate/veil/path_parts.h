/*
 * path_parts.h: a request target taken apart: what each of its segments said and what of it may be
 * shown. Inside the path modules only.
 */
#ifndef VEIL_PATH_PARTS_H
#define VEIL_PATH_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/path.h"
#include "base/slice.h"

enum { PATH_PARTS_MAX = 12, PATH_PART_TEXT = 64 };

struct path_part {
	uint8_t said_n; /* 0: it is no text or longer than PATH_PART_TEXT; no word equals it */
	uint8_t shown_n;
	char said[PATH_PART_TEXT]; /* decoded */
	char shown[192];	   /* after stage B */
};

struct path_parts {
	const char *whole; /* not NULL: the template is this, whatever the parts are */
	bool cut;	   /* there may be more segments than parts */
	unsigned n;
	struct path_part part[PATH_PARTS_MAX];
};

/* The path of a target: without fragment, query, scheme and authority. */
struct slice path_of_target(struct slice target);

/* Stages A and B. */
void path_split(struct slice target, struct path_parts *ret);

/* Joins what is shown; returns the length. */
size_t path_join(const struct path_parts *parts, char out[PATH_TEMPLATE_MAX]);

/* The text of a part; empty when there is none to compare. */
struct slice path_part_said(const struct path_part *part);

/* Replaces what a part shows by `text` of at most 192 bytes. */
void path_part_show(struct path_part *part, struct slice text);

/*
 * The built-in sections that name people: replaces the segments that follow one, home directories
 * (~name) and "User:name", from part `from` on.
 */
void path_veil_people(struct path_parts *parts, unsigned from);

/* What kind of content the last segment of a path names. */
enum content_class path_content(struct slice path);

#endif
