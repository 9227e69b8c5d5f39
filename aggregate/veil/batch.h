/*
 * batch.h: the hits of one chunk, in line order, as they are handed from a veil to the tally.
 *
 * A veil gives ids to scrubbed names as it meets them and may forget them all when its cache is
 * full. A batch carries the news: whether ids start again (reset), and the texts of the ids given
 * out during this chunk, in order. Whoever takes the batches of one worker in order can therefore
 * translate every id.
 */
#ifndef VEIL_BATCH_H
#define VEIL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/hit.h"
#include "base/slice.h"
#include "ingest/reject.h"

struct batch {
	struct hit *hits;
	size_t n, cap;
	bool reset;    /* ids of this worker start again at 1 */
	uint32_t news; /* how many names follow */
	char *texts;   /* per name: 2 bytes of length (host order), then the text */
	size_t texts_n, texts_cap;
	unsigned worker; /* whose ids these are */
	uint64_t lines;	 /* lines of the chunk, whatever became of them */
	uint64_t excluded[EXCLUDE__COUNT];
	uint64_t rejected[REJECT__COUNT];
};

void batch_clear(struct batch *batch); /* empty but reusable */
void batch_release(struct batch *batch);

/* Room for one more hit, not counted until batch->n grows; NULL when memory is out. Grows by
 * doubling. */
struct hit *batch_room(struct batch *batch);

/* Appends a name to the news; returns -1 when memory is out. Text is at most 65,535 bytes. */
int batch_tell(struct batch *batch, struct slice text);

/* Reads the news: *at starts at 0; returns the next text. Call it `news` times. */
struct slice batch_news(const struct batch *batch, size_t *at);

#endif
