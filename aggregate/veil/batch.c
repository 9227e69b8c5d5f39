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
	memset(batch->excluded, 0, sizeof(batch->excluded));
	memset(batch->rejected, 0, sizeof(batch->rejected));
}

void batch_release(struct batch *batch)
{
	free(batch->hits);
	free(batch->texts);
	*batch = (struct batch){0};
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
