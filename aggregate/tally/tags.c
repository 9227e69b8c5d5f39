#include "aggregate/tally/tags.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 1024 };

/* A number costs its tag, its period and two slots. */
static size_t cost(size_t cap)
{
	return cap * (sizeof(uint64_t) + sizeof(int32_t) + sizeof(bool) + 2 * sizeof(uint32_t));
}

int tags_init(struct tags *tags, struct budget *budget)
{
	*tags = (struct tags){.cap = FIRST_CAP, .mask = 2 * FIRST_CAP - 1, .budget = budget};
	tags->tags = malloc(FIRST_CAP * sizeof(*tags->tags));
	tags->periods = malloc(FIRST_CAP * sizeof(*tags->periods));
	tags->slots = calloc(2 * FIRST_CAP, sizeof(*tags->slots));
	tags->kept = malloc(FIRST_CAP * sizeof(*tags->kept));
	if (tags->tags && tags->periods && tags->slots && tags->kept)
		return 0;
	tags_release(tags);
	return -1;
}

void tags_release(struct tags *tags)
{
	if (tags->cap > FIRST_CAP)
		budget_give(tags->budget, cost(tags->cap));
	free(tags->tags);
	free(tags->periods);
	free(tags->kept);
	free(tags->slots);
	*tags = (struct tags){0};
}

static size_t start(const struct tags *tags, uint64_t tag, int32_t period)
{
	return (size_t)(tag ^ (uint64_t)(uint32_t)period * 0x9E3779B97F4A7C15u) & tags->mask;
}

static void place(struct tags *tags, uint32_t number)
{
	size_t at = start(tags, tags->tags[number], tags->periods[number]);
	while (tags->slots[at])
		at = (at + 1) & tags->mask;
	tags->slots[at] = number + 1;
}

static int grow(struct tags *tags)
{
	uint32_t cap = 2 * tags->cap;
	if (tags->cap > UINT32_MAX / 4 || !budget_take(tags->budget, cost(cap)))
		return -1;
	uint64_t *list = realloc(tags->tags, cap * sizeof(*list));
	if (list)
		tags->tags = list;
	int32_t *periods = realloc(tags->periods, cap * sizeof(*periods));
	if (periods)
		tags->periods = periods;
	bool *kept = realloc(tags->kept, cap * sizeof(*kept));
	if (kept)
		tags->kept = kept;
	uint32_t *slots = list && periods && kept ? calloc(2 * (size_t)cap, sizeof(*slots)) : NULL;
	if (!slots) {
		budget_give(tags->budget, cost(cap));
		return -1;
	}
	free(tags->slots);
	if (tags->cap > FIRST_CAP)
		budget_give(tags->budget, cost(tags->cap));
	tags->slots = slots;
	tags->mask = 2 * (size_t)cap - 1;
	tags->cap = cap;
	for (uint32_t i = 0; i < tags->n; i++)
		place(tags, i);
	return 0;
}

uint32_t tags_number(struct tags *tags, uint64_t tag, int32_t period, bool *ret_new)
{
	*ret_new = false;
	for (size_t at = start(tags, tag, period);; at = (at + 1) & tags->mask) {
		uint32_t slot = tags->slots[at];
		if (!slot)
			break;
		if (tags->tags[slot - 1] == tag && tags->periods[slot - 1] == period)
			return slot - 1;
	}
	if (tags->n == tags->cap && grow(tags))
		return TAG_NONE;
	uint32_t number = tags->n++;
	tags->tags[number] = tag;
	tags->periods[number] = period;
	tags->kept[number] = false;
	place(tags, number);
	*ret_new = true;
	return number;
}
