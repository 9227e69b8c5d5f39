/*
 * pipeline.h: the one wiring file: sources → parser → veil → tally and security log.
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
#include "ingest/source.h"

struct pipeline_progress {
	uint64_t lines;	   /* booked so far */
	uint64_t consumed; /* bytes of the sources read so far, as they are on disk */
};

struct pipeline_source { /* read one after the other */
	struct source *source;
	const struct veil_source *veil;
	int32_t last; /* in: period of its last readable line, or BATCH_BEFORE; out: the same now */
	int64_t last_time; /* and its stamp */
	bool failed;	   /* out: in the middle; what was read of it before is counted */
};

struct pipeline_options {
	struct pipeline_source *sources;
	size_t sources_n;
	const struct veil_options *veil;
	struct keyring *keyring;
	struct tally *tally; /* made for `threads` workers */
	unsigned threads;    /* at least 1 */
	size_t max_line;
	int64_t now;
	/* Called after each chunk, never by two threads at once. May be NULL. */
	void (*progress)(void *context, const struct pipeline_progress *progress);
	/* Called for a source that failed in the middle; what was read of it before is counted.
	 * Never while another of the two functions runs. */
	void (*complain)(void *context, const char *message);
	/*
	 * The security log, when the veil makes traces: `record` writes one as text into `out`
	 * (record_max bytes) and returns its length, by several threads at once; `append` gets the
	 * lines of one day in line order, never at the same time. -1 with a message ends the run.
	 */
	size_t (*record)(void *context, const struct trace *trace, char *out);
	size_t record_max;
	int (*append)(void *context, int32_t day, struct slice lines, struct error *error);
	void *record_context;
	void *context;
};

/*
 * Reads all sources. Returns how many of them failed in the middle, or -1 with a message when
 * memory is out, the keys of a day cannot be had or the security log cannot be written: then
 * nothing of this run may be kept.
 */
int pipeline_run(const struct pipeline_options *options, struct error *error);

#endif
