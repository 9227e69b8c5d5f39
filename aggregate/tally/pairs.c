#include "aggregate/tally/pairs.h"
#include <assert.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 4096, JOURNAL_MAX = 1 << 16 };

int pairs_init(struct pairs *pairs, struct budget *budget)
{
	*pairs = (struct pairs){.mask = FIRST_SLOTS - 1, .budget = budget};
	pairs->slots = calloc(FIRST_SLOTS, sizeof(*pairs->slots));
	return pairs->slots ? 0 : -1;
}

void pairs_release(struct pairs *pairs)
{
	if (pairs->mask >= FIRST_SLOTS) /* the first table is not charged */
		budget_give(pairs->budget, (pairs->mask + 1) * sizeof(*pairs->slots));
	free(pairs->slots);
	free(pairs->journal);
	*pairs = (struct pairs){0};
}

void pairs_journal(struct pairs *pairs)
{
	pairs->journals = true;
}

void pairs_written(struct pairs *pairs)
{
	pairs->journal_n = 0;
	pairs->journal_lost = false;
}

/* Half a megabyte at most, made when first needed. */
static void write_down(struct pairs *pairs, uint64_t key)
{
	if (!pairs->journals || pairs->journal_lost)
		return;
	if (!pairs->journal)
		pairs->journal = malloc(JOURNAL_MAX * sizeof(*pairs->journal));
	pairs->journal_lost = !pairs->journal || pairs->journal_n == JOURNAL_MAX;
	if (!pairs->journal_lost)
		pairs->journal[pairs->journal_n++] = key;
}

int pairs_new(const struct pairs *pairs, size_t *at, uint32_t *ret_cell, uint32_t *ret_number)
{
	if (*at == pairs->journal_n)
		return 0;
	uint64_t key = pairs->journal[(*at)++];
	*ret_cell = (uint32_t)(key >> 32) - 1;
	*ret_number = (uint32_t)key;
	return 1;
}

static size_t start(const struct pairs *pairs, uint64_t key)
{
	/* Fibonacci hashing; the keys are numbers we gave out, nobody outside can aim them. */
	uint64_t h = key * 0x9E3779B97F4A7C15u;
	return (size_t)(h ^ h >> 29) & pairs->mask;
}

static int place(struct pairs *pairs, uint64_t key)
{
	for (size_t at = start(pairs, key);; at = (at + 1) & pairs->mask) {
		if (pairs->slots[at] == key)
			return 0;
		if (pairs->slots[at])
			continue;
		pairs->slots[at] = key;
		pairs->n++;
		return 1;
	}
}

static int rebuild(struct pairs *pairs, size_t size)
{
	uint64_t *old = pairs->slots;
	size_t old_size = pairs->mask + 1;
	uint64_t *slots = calloc(size, sizeof(*slots));
	if (!slots)
		return -1;
	pairs->slots = slots;
	pairs->mask = size - 1;
	pairs->n = 0;
	for (size_t i = 0; i < old_size; i++)
		if (old[i])
			place(pairs, old[i]);
	free(old);
	return 0;
}

static int grow(struct pairs *pairs)
{
	size_t old = pairs->mask + 1, size = 2 * old;
	if (!budget_take(pairs->budget, size * sizeof(*pairs->slots)))
		return -1;
	if (rebuild(pairs, size)) {
		budget_give(pairs->budget, size * sizeof(*pairs->slots));
		return -1;
	}
	if (old > FIRST_SLOTS)
		budget_give(pairs->budget, old * sizeof(*pairs->slots));
	return 0;
}

int pairs_add(struct pairs *pairs, uint32_t cell, uint32_t number)
{
	uint64_t key = ((uint64_t)cell + 1) << 32 | number;
	for (size_t at = start(pairs, key);; at = (at + 1) & pairs->mask) {
		if (pairs->slots[at] == key)
			return 0;
		if (!pairs->slots[at])
			break;
	}
	/* 3/4 full: double, or when the budget is used up fill to 7/8 and no further. */
	if (pairs->n >= pairs->mask / 4 * 3 && grow(pairs) && pairs->n >= pairs->mask / 8 * 7)
		return -1;
	write_down(pairs, key);
	return place(pairs, key);
}

int pairs_next(const struct pairs *pairs, size_t *at, uint32_t *ret_cell, uint32_t *ret_number)
{
	while (*at <= pairs->mask) {
		uint64_t key = pairs->slots[(*at)++];
		if (!key)
			continue;
		*ret_cell = (uint32_t)(key >> 32) - 1;
		*ret_number = (uint32_t)key;
		return 1;
	}
	return 0;
}

int pairs_move(struct pairs *pairs, const uint32_t *map, size_t cells)
{
	pairs->journal_lost = pairs->journals;
	for (size_t i = 0; i <= pairs->mask; i++) {
		uint64_t key = pairs->slots[i];
		if (!key)
			continue;
		size_t cell = (size_t)(key >> 32) - 1;
		assert(cell < cells);
		pairs->slots[i] = ((uint64_t)map[cell] + 1) << 32 | (uint32_t)key;
	}
	/* The keys no longer stand where they hash to: place them anew, which also drops those that
	 * met. */
	return rebuild(pairs, pairs->mask + 1);
}
