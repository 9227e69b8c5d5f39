/*
 * source_list.h: the sources of one run, in the order in which they are read.
 */
#ifndef INGEST_SOURCE_LIST_H
#define INGEST_SOURCE_LIST_H

#include <stddef.h>
#include "base/error.h"
#include "ingest/source.h"

struct source_list {
	struct source **all;
	size_t n;
	size_t
	    repeated; /* files that were named more than once, also under another name: read once */
};

/*
 * Opens and probes every path and sorts the sources by their first time stamp (rotated files carry
 * names in any order), ties by their place in `paths`. All or none: on failure nothing is open and
 * the message names the file.
 */
int source_list_open(struct source_list *list, const char *const *paths, size_t n,
		     const struct source_options *options, struct error *error);
void source_list_release(struct source_list *list);

#endif
