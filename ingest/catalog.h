/*
 * catalog.h: which files there are to read, from where on, in what order.
 *
 * Takes the configured names and globs and the marks of what was read before, and finds for each
 * file on disk its mark (renamed, copied, compressed since, or new). A line of a file is handed out
 * once, whatever became of the file. docs/positions.md has the rules and the cases.
 */
#ifndef INGEST_CATALOG_H
#define INGEST_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "ingest/mark.h"
#include "ingest/source.h"

struct catalog_source { /* a [source NAME] section, or the files named on the command line */
	const char *name;
	const char *const *patterns; /* paths and globs */
	size_t patterns_n;
	struct source_options options;
	const void *context; /* the caller's: comes back with each entry */
};

/*
 * A file on disk that is read, or that the state knows: an entry with mark.id says that the file of
 * this mark is still there, so marks without an entry for some weeks may be dropped.
 */
struct catalog_entry {
	struct source
	    *source;	  /* positioned: source_read gives what is new. NULL: nothing to read */
	const char *path; /* lives as long as the catalog */
	struct mark mark; /* before reading; brought up to date by catalog_advance */
	size_t section;	  /* index of its catalog_source */
	uint64_t pending; /* bytes on disk to read; an estimate where compressed */
	bool is_new;	  /* never read before */
	bool failed;	  /* could not be looked at; says catalog.complain */
	bool changed;	  /* `mark` is not what the state has: to be stored with the run's commit */
};

struct catalog {
	struct catalog_entry *all; /* in the order in which they are to be read */
	size_t n;
	size_t files;	   /* files looked at */
	size_t unchanged;  /* of them by hint alone */
	size_t repeated;   /* same file by another name, or a copy of another */
	size_t failed;	   /* could not be opened or are missing: each was complained about */
	struct hmac *hmac; /* its own */
	char **paths;	   /* of the entries; owned */
};

struct catalog_options {
	const struct catalog_source *sources;
	size_t sources_n;
	const struct mark *marks; /* all the state knows */
	size_t marks_n;
	const uint8_t *key; /* K_p, MARK_KEY bytes */
	int64_t idle_ns;    /* a file not written for so long is not being written; 0: a minute */
	/* A file that cannot be read, and why; a pattern that names no file. May be NULL. */
	void (*complain)(void *context, const char *message);
	void *context;
};

/*
 * One unreadable or missing file is complained about and does not stop the others; a pattern
 * without a match is complained about and is no failure. -1 with a message when memory is out.
 */
int catalog_open(struct catalog *catalog, const struct catalog_options *options,
		 struct error *error);
void catalog_release(struct catalog *catalog);

/*
 * After the sources were read: what the marks are now. For each entry read, entry->mark is the new
 * mark (offset, digests, points, hint, directive, complete) and entry->changed is set; what failed
 * in the middle is counted up to what was given out. last_time and last_day are the caller's to
 * set, before or after; they are carried over from the mark before, and none (INT64_MIN, INT32_MIN)
 * where there was none. -1 with a message when a digest cannot be made: nothing of the run may be
 * kept.
 */
int catalog_advance(struct catalog *catalog, struct error *error);

#endif
