/*
 * hits.h: makes batches by hand, for tests of the tally and the gate.
 */
#ifndef TESTS_UNIT_HITS_H
#define TESTS_UNIT_HITS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "aggregate/tally/gate.h"
#include "aggregate/tally/tally.h"
#include "aggregate/veil/agent.h"
#include "aggregate/veil/path.h"

/* A splitmix64: the same numbers for the same seed anywhere. */
static inline uint64_t test_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9E3779B97F4A7C15u);
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static inline uint64_t test_mix(uint64_t v)
{
	return test_random(&v);
}

/* Numbers of names as a worker gives them: one per text, told to the batch when new. */
struct test_names {
	char text[4096][48];
	uint32_t n;
};

static inline uint32_t test_name(struct test_names *names, struct batch *batch, const char *text)
{
	for (uint32_t i = 0; i < names->n; i++)
		if (strcmp(names->text[i], text) == 0)
			return i + 1;
	snprintf(names->text[names->n], sizeof(names->text[0]), "%s", text);
	batch_tell(batch, slice_from(text));
	return ++names->n;
}

/* A page view of a person: unit `unit`, agent number `agent`, at `time` in UTC. */
static inline struct hit *test_hit(struct batch *batch, uint64_t unit, uint64_t agent, int64_t time)
{
	struct hit *hit = batch_room(batch);
	int32_t day = (int32_t)(time / 86400);
	*hit = (struct hit){
	    .visitor = test_mix(unit * 1000003 + agent * 101 + (uint64_t)day * 7919),
	    .visitor_before = test_mix(unit * 1000003 + agent * 101 + (uint64_t)(day - 1) * 7919),
	    .visitor_after = test_mix(unit * 1000003 + agent * 101 + (uint64_t)(day + 1) * 7919),
	    .unit = test_mix(unit + 1),
	    .gate = test_mix(unit + 1),
	    .bytes = 100,
	    .time = time,
	    .day = day,
	    .second = (uint32_t)(time % 86400),
	    .status = 200,
	    .method = METHOD_GET,
	    .protocol = PROTOCOL_HTTP_11,
	    .browser = 1,
	    .version = 100,
	    .os = 1,
	    .device = 1,
	    .content = CONTENT_DOCUMENT,
	    .flags = HIT_PAGE | HIT_SIZE,
	};
	batch->n++;
	batch->lines++;
	return hit;
}

static inline struct tally_options test_options(unsigned k)
{
	return (struct tally_options){.min_visitors = k,
				      .visit_timeout = 1800,
				      .memory = 64 << 20,
				      .workers = 1,
				      .max_open_days = 100};
}

static inline const struct trend_row *test_row(const struct trend *trend, enum dimension dimension,
					       const char *key)
{
	const struct trend_panel *panel = &trend->panels[dimension];
	for (size_t i = 0; i < panel->n; i++)
		if (strcmp(panel->rows[i].key, key) == 0)
			return &panel->rows[i];
	return NULL;
}

static inline uint64_t test_hits(const struct trend *trend, enum dimension dimension,
				 const char *key)
{
	const struct trend_row *row = test_row(trend, dimension, key);
	return row ? row->figures.hits : 0;
}

#endif
