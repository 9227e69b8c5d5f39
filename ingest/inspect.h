/*
 * inspect.h: what `veiltally check` tells about a source: its format, how many lines are read, and
 * where and why the first ones are not. Positions and reasons only: nothing in here holds a byte of
 * the log.
 */
#ifndef INGEST_INSPECT_H
#define INGEST_INSPECT_H

#include <stdint.h>
#include "base/error.h"
#include "ingest/reject.h"
#include "ingest/source.h"

enum { INSPECT_SHOWN = 10 };

struct inspection {
	uint64_t lines, readable, blank, directives;
	uint64_t rejected[REJECT__COUNT];
	unsigned shown; /* how many of the first rejected lines are below */
	struct {
		uint64_t line;	 /* from 1 */
		uint64_t offset; /* byte of the uncompressed text at which it begins */
		enum reject reason;
	} first[INSPECT_SHOWN];
};

/*
 * Reads the source to its end. Returns -1 with a message when it fails in the middle; *ret then
 * holds what was before.
 */
int inspect_source(struct source *source, const struct source_options *options,
		   struct inspection *ret, struct error *error);

#endif
