/*
 * names.h: the scrubbed texts that cells are keyed by, under one numbering for all workers.
 *
 * Each worker numbers names in its own way (batch.h). A worker's text is given its number here when
 * a counted line first uses it, so that which names are admitted when room is short depends on the
 * order of lines alone, not on how they were cut into chunks or spread over threads.
 */
#ifndef TALLY_NAMES_H
#define TALLY_NAMES_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include "aggregate/veil/batch.h"
#include "base/textmap.h"

enum { NAME_NONE = 0, NAME_OTHER = 1, NAME_FIRST = 2 }; /* NAME_OTHER: there was no room for it */

struct names_worker {
	char *texts;
	size_t texts_n, texts_cap;
	size_t *at; /* per id: where its text begins */
	uint16_t *length;
	uint32_t *name;	 /* its number here, or NAME_NONE when not asked for yet */
	uint32_t n, cap; /* ids are 1 … n */
};

struct names {
	struct textmap map; /* number = index + NAME_FIRST */
	struct names_worker *workers;
	unsigned workers_n;
	bool turned_away; /* a name was refused */
};

int names_init(struct names *names, unsigned workers, size_t max);
void names_release(struct names *names);

/* Takes in the news of a batch; to be called with the batches of each worker in order. -1 when
 * memory is out. */
int names_learn(struct names *names, const struct batch *batch);

/* The number of a worker's id. */
uint32_t names_of(struct names *names, unsigned worker, uint32_t id);

/* The number of a text itself; NAME_OTHER when there is no room for it. */
uint32_t names_keep(struct names *names, struct slice text);

static inline struct slice names_text(const struct names *names, uint32_t name)
{
	assert(name >= NAME_FIRST);
	return textmap_text(&names->map, name - NAME_FIRST);
}

/* Whether the names of one more line surely fit. */
bool names_roomy(struct names *names);

/*
 * Forgets every name whose mark is 0 and renumbers the rest: marks (one per name, by number)
 * becomes the new numbers. -1 when memory is out, with nothing changed.
 */
int names_renumber(struct names *names, uint32_t *marks);

static inline uint32_t names_end(const struct names *names) /* one more than the greatest number */
{
	return names->map.n + NAME_FIRST;
}

#endif
