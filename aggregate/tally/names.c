#include "aggregate/tally/names.h"
#include <stdlib.h>
#include "aggregate/veil/path.h"

enum { FIRST_IDS = 1024, NAMES_PER_LINE = 8 };

int names_init(struct names *names, unsigned workers, size_t max)
{
	*names = (struct names){.workers_n = workers};
	names->workers = calloc(workers, sizeof(*names->workers));
	if (names->workers && textmap_init(&names->map, 0, max) == 0)
		return 0;
	free(names->workers);
	return -1;
}

void names_release(struct names *names)
{
	for (unsigned i = 0; i < names->workers_n; i++) {
		free(names->workers[i].texts);
		free(names->workers[i].at);
		free(names->workers[i].length);
		free(names->workers[i].name);
	}
	free(names->workers);
	textmap_release(&names->map);
}

static int grow_ids(struct names_worker *worker, uint32_t need)
{
	uint32_t cap = worker->cap ? worker->cap : FIRST_IDS;
	while (cap < need)
		cap *= 2;
	size_t *at = realloc(worker->at, cap * sizeof(*at));
	if (at)
		worker->at = at;
	uint16_t *length = realloc(worker->length, cap * sizeof(*length));
	if (length)
		worker->length = length;
	uint32_t *name = realloc(worker->name, cap * sizeof(*name));
	if (name)
		worker->name = name;
	if (!at || !length || !name)
		return -1;
	worker->cap = cap;
	return 0;
}

static int grow_texts(struct names_worker *worker, size_t need)
{
	size_t cap = worker->texts_cap ? worker->texts_cap : 4096;
	while (cap < need)
		cap *= 2;
	char *texts = realloc(worker->texts, cap);
	if (!texts)
		return -1;
	worker->texts = texts;
	worker->texts_cap = cap;
	return 0;
}

int names_learn(struct names *names, const struct batch *batch)
{
	struct names_worker *worker = &names->workers[batch->worker];
	size_t at = 0;
	if (batch->reset)
		worker->n = 0, worker->texts_n = 0;
	if (worker->n + batch->news > worker->cap && grow_ids(worker, worker->n + batch->news))
		return -1;
	if (worker->texts_n + batch->texts_n > worker->texts_cap &&
	    grow_texts(worker, worker->texts_n + batch->texts_n))
		return -1;
	for (uint32_t i = 0; i < batch->news; i++) {
		struct slice text = batch_news(batch, &at);
		memcpy(worker->texts + worker->texts_n, text.p, text.n);
		worker->at[worker->n] = worker->texts_n;
		worker->length[worker->n] = (uint16_t)text.n;
		worker->name[worker->n++] = NAME_NONE;
		worker->texts_n += text.n;
	}
	return 0;
}

uint32_t names_keep(struct names *names, struct slice text)
{
	uint64_t hash = textmap_hash(&names->map, text);
	uint32_t index = textmap_find(&names->map, text, hash);
	if (index == TEXTMAP_NONE)
		index = textmap_add(&names->map, text, hash);
	if (index != TEXTMAP_NONE)
		return index + NAME_FIRST;
	names->turned_away = true;
	return NAME_OTHER;
}

uint32_t names_of(struct names *names, unsigned worker_index, uint32_t id)
{
	struct names_worker *worker = &names->workers[worker_index];
	if (!id)
		return NAME_NONE;
	uint32_t *name = &worker->name[id - 1];
	if (*name != NAME_NONE)
		return *name;
	struct slice text = slice_make(worker->texts + worker->at[id - 1], worker->length[id - 1]);
	uint32_t kept = names_keep(names, text);
	if (kept == NAME_OTHER)
		return kept; /* not remembered: there may be room later */
	return *name = kept;
}

bool names_roomy(struct names *names)
{
	return textmap_reserve(&names->map, NAMES_PER_LINE, NAMES_PER_LINE * PATH_TEMPLATE_MAX);
}

int names_renumber(struct names *names, uint32_t *marks)
{
	struct textmap fresh;
	if (textmap_init(&fresh, 0, names->map.max))
		return -1;
	for (uint32_t i = 0; i < names->map.n; i++) {
		struct slice text = textmap_text(&names->map, i);
		if (!marks[i + NAME_FIRST])
			continue;
		uint32_t index = textmap_add(&fresh, text, textmap_hash(&fresh, text));
		if (index == TEXTMAP_NONE) {
			textmap_release(&fresh);
			return -1;
		}
		marks[i + NAME_FIRST] = index + NAME_FIRST;
	}
	textmap_release(&names->map);
	names->map = fresh;
	for (unsigned w = 0; w < names->workers_n; w++) /* asked for again when next used */
		if (names->workers[w].n)
			memset(names->workers[w].name, 0, names->workers[w].n * sizeof(uint32_t));
	return 0;
}
