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

/*
 * What became of lines that are no hits, by the period they are booked on. A line that is no hit
 * but has a time is booked on its own period; one that cannot be read on that of the last readable
 * line before it, which for the first lines of a chunk only who knows the chunk before can say
 * (BATCH_BEFORE).
 */
struct batch_book {
	int32_t period; /* hit_period, or BATCH_BEFORE */
	uint64_t excluded[EXCLUDE__COUNT];
	uint64_t rejected[REJECT__COUNT];
};

#define BATCH_BEFORE INT32_MIN

struct batch {
	struct hit *hits;
	size_t n, cap;
	bool reset;    /* ids of this worker start again at 1 */
	uint32_t news; /* how many names follow */
	char *texts;   /* per name: 2 bytes of length (host order), then the text */
	size_t texts_n, texts_cap;
	unsigned worker;	  /* whose ids these are */
	uint64_t lines;		  /* lines of the chunk, whatever became of them */
	struct batch_book *books; /* lines = hits + everything in all books */
	size_t books_n, books_cap;
	int32_t last;	   /* period of the last readable line, or BATCH_BEFORE */
	int64_t last_time; /* and its stamp */
};

void batch_clear(struct batch *batch); /* empty but reusable */
void batch_release(struct batch *batch);

/* The book of a period; NULL when memory is out. Moves when another period's is made. */
struct batch_book *batch_book(struct batch *batch, int32_t period);
/* Sums over all books. */
uint64_t batch_excluded(const struct batch *batch, enum exclude reason);
uint64_t batch_rejected(const struct batch *batch, enum reject reason);

/* Room for one more hit, not counted until batch->n grows; NULL when memory is out. Grows by
 * doubling. */
struct hit *batch_room(struct batch *batch);

/* Appends a name to the news; returns -1 when memory is out. Text is at most 65,535 bytes. */
int batch_tell(struct batch *batch, struct slice text);

/* Reads the news: *at starts at 0; returns the next text. Call it `news` times. */
struct slice batch_news(const struct batch *batch, size_t *at);

#endif
