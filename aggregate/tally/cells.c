#include "aggregate/tally/cells.h"
#include "base/saturate.h"
#include <stdlib.h>

#include <string.h>

enum { FIRST_SLOTS = 4096, NEWCOMERS_MIN = 256 };

#define NEW_ORDER (UINT32_C(1) << 31) /* behind all that a state has */

/* Shares of the cells in 64ths, for dimensions whose keys come from outside. Others have few keys
 * and share the rest. */
static const uint8_t shares[DIM__COUNT] = {
    [DIM_PAGE] = 13,	       [DIM_FLOW] = 11,	   [DIM_NOT_FOUND_PAGE] = 7, [DIM_ENTRY_PAGE] = 7,
    [DIM_EXIT_PAGE] = 7,       [DIM_CAMPAIGN] = 2, [DIM_REFERRER_HOST] = 5,  [DIM_AS] = 3,
    [DIM_BROWSER_VERSION] = 6, [DIM_SITE] = 1,
};

/* Bytes of a cell with its place in the table at a load of a half, and its index in the free list.
 */
static size_t cell_cost(void)
{
	return sizeof(struct cell) + 3 * sizeof(uint32_t);
}

int cells_init(struct cells *cells, struct budget *budget)
{
	*cells =
	    (struct cells){.mask = FIRST_SLOTS - 1, .seed = hash_seed_random(), .budget = budget};
	size_t room = budget->limit / cell_cost();
	if (room > UINT32_MAX / 4)
		room = UINT32_MAX / 4;
	for (unsigned d = 0; d < DIM__COUNT; d++)
		cells->quota[d] = shares[d] ? (uint32_t)(room * shares[d] / 64) : UINT32_MAX;
	cells->slots = calloc(FIRST_SLOTS, sizeof(*cells->slots));
	return cells->slots ? 0 : -1;
}

void cells_release(struct cells *cells)
{
	for (uint32_t i = 0; i < cells->n; i++) {
		distinct_release(&cells_at(cells, i)->unit_set);
		distinct_release(&cells_at(cells, i)->visitor_set);
		distinct_release(&cells_at(cells, i)->people_set);
		free(cells_at(cells, i)->bins);
	}
	for (size_t i = 0; i < cells->blocks_n; i++)
		free(cells->blocks[i]);
	free(cells->blocks);
	free(cells->slots);
	free(cells->free_list);
	*cells = (struct cells){0};
}

static size_t start(const struct cells *cells, int32_t period, unsigned dimension, uint64_t key)
{
	uint64_t h =
	    hash_number(&cells->seed, key ^ hash_fold((uint64_t)(uint32_t)period << 8 | dimension,
						      0x9E3779B97F4A7C15u));
	return (size_t)h & cells->mask;
}

uint32_t cells_find(const struct cells *cells, int32_t period, enum dimension dimension,
		    uint64_t key)
{
	for (size_t at = start(cells, period, dimension, key);; at = (at + 1) & cells->mask) {
		if (!cells->slots[at])
			return CELL_NONE;
		uint32_t index = cells->slots[at] - 1;
		const struct cell *cell = cells_at(cells, index);
		if (cell->key == key && cell->dimension == dimension && cell->period == period)
			return index;
	}
}

static void place(struct cells *cells, uint32_t index)
{
	const struct cell *cell = cells_at(cells, index);
	size_t at = start(cells, cell->period, cell->dimension, cell->key);
	while (cells->slots[at])
		at = (at + 1) & cells->mask;
	cells->slots[at] = index + 1;
}

void cells_rehash(struct cells *cells)
{
	memset(cells->slots, 0, (cells->mask + 1) * sizeof(*cells->slots));
	for (uint32_t i = 0; i < cells->n; i++)
		if (cells_at(cells, i)->live)
			place(cells, i);
}

static int grow_slots(struct cells *cells)
{
	size_t size = 2 * (cells->mask + 1);
	uint32_t *slots = malloc(size * sizeof(*slots));
	if (!slots)
		return -1;
	free(cells->slots);
	cells->slots = slots;
	cells->mask = size - 1;
	cells_rehash(cells);
	return 0;
}

static int add_block(struct cells *cells, bool must)
{
	size_t cost = CELLS_BLOCK * cell_cost();
	if (!budget_take(cells->budget, cost)) {
		if (!must)
			return -1;
		cells->budget->used += cost; /* (other) cells: few, and sums depend on them */
	}
	struct cell **blocks = realloc(cells->blocks, (cells->blocks_n + 1) * sizeof(*blocks));
	if (!blocks)
		return -1;
	cells->blocks = blocks;
	blocks[cells->blocks_n] = malloc(CELLS_BLOCK * sizeof(struct cell));
	if (!blocks[cells->blocks_n])
		return -1;
	cells->blocks_n++;
	return 0;
}

/* An index for a new cell; CELL_NONE when there is no room. */
static uint32_t take_index(struct cells *cells, bool must)
{
	if (cells->free_n)
		return cells->free_list[--cells->free_n];
	if (cells->n == cells->blocks_n * CELLS_BLOCK && add_block(cells, must))
		return CELL_NONE;
	return cells->n++;
}

uint32_t cells_add(struct cells *cells, int32_t period, enum dimension dimension, uint64_t key)
{
	bool other = key == CELL_KEY_OTHER;
	if (!other && cells->used[dimension] >= cells->quota[dimension])
		return CELL_NONE;
	if (cells->live >= cells->mask / 4 * 3 && grow_slots(cells))
		return CELL_NONE;
	uint32_t index = take_index(cells, other);
	if (index == CELL_NONE)
		return CELL_NONE;
	*cells_at(cells, index) = (struct cell){.key = key,
						.period = period,
						.dimension = (uint8_t)dimension,
						.weight = cells->floor[dimension],
						.order = NEW_ORDER + cells->made++ % NEW_ORDER,
						.live = true,
						.dirty = true,
						.established = other};
	cells->live++;
	cells->used[dimension] += !other;
	cells->newcomers[dimension] += !other;
	place(cells, index);
	return index;
}

struct newcomer {
	uint64_t weight;
	uint32_t order, index;
	int32_t period;
	uint8_t dimension;
};

static int by_weight(const void *a, const void *b)
{
	const struct newcomer *x = a, *y = b;
	if (x->dimension != y->dimension)
		return x->dimension < y->dimension ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->period < y->period ? -1 : x->period > y->period;
}

static void fold(struct cell *into, struct cell *from)
{
	into->hits += from->hits;
	into->bytes += from->bytes;
	into->pages += from->pages;
	into->visits += from->visits;
	into->bounces += from->bounces;
	into->customers += from->customers;
	into->amount = saturate_add(into->amount, from->amount);
	distinct_merge(&into->unit_set, &from->unit_set);
	distinct_merge(&into->visitor_set, &from->visitor_set);
	distinct_release(&from->unit_set);
	distinct_release(&from->visitor_set);
	distinct_merge(&into->people_set, &from->people_set);
	distinct_release(&from->people_set);
	free(from->bins);
	from->bins = NULL;
	from->live = false;
}

static uint32_t other_of(struct cells *cells, const struct cell *cell)
{
	enum dimension dimension = (enum dimension)cell->dimension;
	uint32_t index = cells_find(cells, cell->period, dimension, CELL_KEY_OTHER);
	return index == CELL_NONE ? cells_add(cells, cell->period, dimension, CELL_KEY_OTHER)
				  : index;
}

/* A purge looks at every cell and pair, so it takes along the dimensions that would need one soon.
 */
static bool is_due(const struct cells *cells, unsigned dimension)
{
	uint32_t newcomers = cells->newcomers[dimension], quota = cells->quota[dimension];
	return newcomers >= NEWCOMERS_MIN && newcomers >= cells->used[dimension] / 16 &&
	       cells->used[dimension] >= quota - quota / 4;
}

/* The newcomers of the dimensions that are due, by dimension and weight. */
static uint32_t collect(const struct cells *cells, enum dimension dimension, struct newcomer *list)
{
	bool due[DIM__COUNT];
	uint32_t n = 0;
	for (unsigned d = 0; d < DIM__COUNT; d++)
		due[d] = d == (unsigned)dimension || is_due(cells, d);
	for (uint32_t i = 0; i < cells->n; i++) {
		const struct cell *cell = cells_at(cells, i);
		if (cell->live && !cell->established && due[cell->dimension])
			list[n++] = (struct newcomer){cell->weight + cell->hits, cell->order, i,
						      cell->period, cell->dimension};
	}
	qsort(list, n, sizeof(*list), by_weight);
	return n;
}

/* Folds the lighter half of one dimension's newcomers; returns how many. The folded ones stand
 * first in the list. */
static uint32_t fold_half(struct cells *cells, const struct newcomer *list, uint32_t n,
			  uint32_t *map)
{
	unsigned dimension = list[0].dimension;
	uint32_t folded = 0;
	for (; folded < (n + 1) / 2; folded++) {
		struct cell *cell = cells_at(cells, list[folded].index);
		uint32_t other = other_of(cells, cell);
		if (other == CELL_NONE)
			break;
		map[list[folded].index] = other;
		fold(cells_at(cells, other), cell);
		cells->floor[dimension] = list[folded].weight;
	}
	cells->live -= folded;
	cells->used[dimension] -= folded;
	cells->newcomers[dimension] -= folded;
	cells->capped[dimension] = true;
	return folded;
}

uint32_t cells_purge(struct cells *cells, enum dimension dimension, uint32_t *map)
{
	uint32_t folded = 0, n = 0;
	if (cells->newcomers[dimension] < NEWCOMERS_MIN ||
	    cells->newcomers[dimension] < cells->used[dimension] / 16)
		return 0;
	struct newcomer *list = malloc((cells->n + 1) * sizeof(*list));
	uint32_t *free_list = realloc(cells->free_list, (cells->n + 1) * sizeof(*free_list));
	if (free_list)
		cells->free_list = free_list;
	for (uint32_t i = 0; i < cells->n; i++)
		map[i] = i;
	if (list && free_list)
		n = collect(cells, dimension, list);
	for (uint32_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && list[to].dimension == list[from].dimension; to++)
			;
		uint32_t half = fold_half(cells, list + from, to - from, map);
		memmove(list + folded, list + from, half * sizeof(*list));
		folded += half;
	}
	/* Indexes become free only now, last first, so that the first is used next; an (other) cell
	 * made above is none of them. */
	for (uint32_t i = folded; i-- > 0;)
		cells->free_list[cells->free_n++] = list[i].index;
	free(list);
	cells_rehash(cells);
	return folded;
}
