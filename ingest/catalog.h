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

struct catalog_entry {
	struct source *source; /* positioned: source_read gives what is new. NULL when unchanged */
	const char *path;
	struct mark mark; /* before reading; brought up to date by catalog_advance */
	size_t section;	  /* index of its catalog_source */
	uint64_t pending; /* bytes on disk to read; an estimate where compressed */
	bool is_new;	  /* never read before */
	bool changed;	  /* the mark is to be stored again, if only for its hint (renamed, touched) */
	bool failed;	  /* could not be read; says catalog.complain */
};

struct catalog {
	struct catalog_entry *all; /* in the order in which they are to be read */
	size_t n;
	size_t files;	  /* files looked at */
	size_t unchanged; /* of them by hint alone */
	size_t repeated;  /* same file by another name, or a copy of another */
	size_t failed;	  /* could not be opened: each was complained about */
};

struct catalog_options {
	const struct catalog_source *sources;
	size_t sources_n;
	const struct mark *marks; /* all the state knows */
	size_t marks_n;
	const uint8_t *key; /* K_p */
	void (*complain)(void *context,
			 const char *message); /* a file that cannot be read, and why */
	void *context;
};

/* One unreadable file is complained about and does not stop the others. -1 with a message when
 * memory is out or a name is missing altogether. */
int catalog_open(struct catalog *catalog, const struct catalog_options *options,
		 struct error *error);
void catalog_release(struct catalog *catalog);

/*
 * After the sources were read: what the marks are now. For each entry read, entry->mark is the new
 * mark (offset, digests, points, hint, directive, complete). last_time and last_day are the
 * caller's to set.
 */
int catalog_advance(struct catalog *catalog, struct error *error);

#endif
