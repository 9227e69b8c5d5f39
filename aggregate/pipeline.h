/*
 * pipeline.h: the one wiring file: sources → parser → veil → tally.
 *
 * Three stages: reading is done by one thread at a time, parsing and veiling by any number at once,
 * tallying by one at a time in line order. Every thread takes the next piece of work that there is,
 * so that the stages balance themselves on any number of processors, and one thread alone does all
 * three in turn with the same results.
 */
#ifndef AGGREGATE_PIPELINE_H
#define AGGREGATE_PIPELINE_H

#include <stddef.h>
#include <stdint.h>
#include "aggregate/tally/tally.h"
#include "aggregate/veil/veil.h"
#include "base/error.h"
#include "ingest/source_list.h"

struct pipeline_progress {
	uint64_t lines;	   /* booked so far */
	uint64_t consumed; /* bytes of the sources read so far, as they are on disk */
};

struct pipeline_options {
	const struct source_list *sources;
	const struct veil_options *veil;
	const struct counting_keys *keys;
	struct tally *tally; /* made for `threads` workers */
	unsigned threads;    /* at least 1 */
	size_t max_line;
	int64_t now;
	/* Called after each chunk, never by two threads at once. May be NULL. */
	void (*progress)(void *context, const struct pipeline_progress *progress);
	/* Called for a source that failed in the middle; what was read of it before is counted.
	 * Never while another of the two functions runs. */
	void (*complain)(void *context, const char *message);
	void *context;
};

/*
 * Reads all sources. Returns how many of them failed in the middle, or -1 with a message when
 * memory or threads are out.
 */
int pipeline_run(const struct pipeline_options *options, struct error *error);

#endif
