#include "aggregate/veil/batch.h"
#include <stdlib.h>

enum { FIRST_HITS = 1024, FIRST_TEXTS = 4096 };

void batch_clear(struct batch *batch)
{
	batch->n = 0;
	batch->reset = false;
	batch->news = 0;
	batch->texts_n = 0;
	batch->lines = 0;
	batch->books_n = 0;
	batch->last = BATCH_BEFORE;
}

void batch_release(struct batch *batch)
{
	free(batch->hits);
	free(batch->texts);
	free(batch->books);
	*batch = (struct batch){0};
}

struct batch_book *batch_book(struct batch *batch, int32_t period)
{
	/* Nearly always the last one made; a chunk rarely has more than two. */
	for (size_t i = batch->books_n; i-- > 0;)
		if (batch->books[i].period == period)
			return &batch->books[i];
	if (batch->books_n == batch->books_cap) {
		size_t cap = batch->books_cap ? 2 * batch->books_cap : 4;
		struct batch_book *books = realloc(batch->books, cap * sizeof(*books));
		if (!books)
			return NULL;
		batch->books = books;
		batch->books_cap = cap;
	}
	struct batch_book *book = &batch->books[batch->books_n++];
	*book = (struct batch_book){.period = period};
	return book;
}

uint64_t batch_excluded(const struct batch *batch, enum exclude reason)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < batch->books_n; i++)
		sum += batch->books[i].excluded[reason];
	return sum;
}

uint64_t batch_rejected(const struct batch *batch, enum reject reason)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < batch->books_n; i++)
		sum += batch->books[i].rejected[reason];
	return sum;
}

struct hit *batch_room(struct batch *batch)
{
	if (batch->n == batch->cap) {
		size_t cap = batch->cap ? 2 * batch->cap : FIRST_HITS;
		struct hit *hits = realloc(batch->hits, cap * sizeof(*hits));
		if (!hits)
			return NULL;
		batch->hits = hits;
		batch->cap = cap;
	}
	return &batch->hits[batch->n];
}

int batch_tell(struct batch *batch, struct slice text)
{
	uint16_t length = (uint16_t)text.n;
	size_t need = batch->texts_n + sizeof(length) + length;
	if (need > batch->texts_cap) {
		size_t cap = batch->texts_cap ? batch->texts_cap : FIRST_TEXTS;
		while (cap < need)
			cap *= 2;
		char *texts = realloc(batch->texts, cap);
		if (!texts)
			return -1;
		batch->texts = texts;
		batch->texts_cap = cap;
	}
	memcpy(batch->texts + batch->texts_n, &length, sizeof(length));
	if (length)
		memcpy(batch->texts + batch->texts_n + sizeof(length), text.p, length);
	batch->texts_n = need;
	batch->news++;
	return 0;
}

struct slice batch_news(const struct batch *batch, size_t *at)
{
	uint16_t length;
	memcpy(&length, batch->texts + *at, sizeof(length));
	struct slice text = slice_make(batch->texts + *at + sizeof(length), length);
	*at += sizeof(length) + length;
	return text;
}
