/*
 * cells.h: the figures of one (period, dimension, key), for dimensions with an open set of keys.
 *
 * Bounded by a budget and a quota per dimension. A cell that k units touched is established and
 * stays. Newcomers compete: when a dimension is at its quota the lighter half of its newcomers is
 * folded into the dimension's (other) cell. A newcomer's weight is its hits plus the greatest
 * weight folded so far, so that any key with more than N / m hits survives: Space-Saving (Metwally
 * et al. 2005), with the eviction done in batches as DataSketches' frequent items do, because that
 * needs no linked list and nothing at all while there is room. Figures count since admission, what
 * came before is in (other), so sums are exact.
 */
#ifndef TALLY_CELLS_H
#define TALLY_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/tally/dimension.h"
#include "aggregate/tally/distinct.h"
#include "base/budget.h"
#include "base/hash.h"

#define CELL_NONE      UINT32_MAX
#define CELL_KEY_OTHER UINT64_MAX /* the key of a dimension's (other) cell */

struct cell {
	uint64_t key; /* what it is depends on the dimension: name, two names, number */
	uint64_t hits, bytes;
	uint64_t pages, visits, bounces, customers;
	int64_t amount;
	uint64_t weight;	  /* what the dimension had folded when it came: its handicap in the
				     competition */
	uint32_t units, visitors; /* exact while the tally is; as the gate counts them */
	uint32_t people, paid; /* filled by the gate: units of people; units that paid for a goal */
	uint32_t people_stamp, paid_stamp;
	uint32_t stamp;	 /* scratch of the gate */
	uint32_t group;	 /* scratch of the gate */
	uint32_t number; /* of its row in a state, per day from 1; 0 = not saved yet */
	uint32_t
	    order; /* in which cells came, for ties: those of a state by number, then new ones */
	int32_t period;
	uint8_t dimension;
	bool live, established;
	bool dirty;			       /* changed since it was saved */
	struct distinct people_set;	       /* days: units of people */
	struct distinct unit_set, visitor_set; /* only when exact sets became too large */
	uint32_t *bins;			       /* durations, TALLY_BINS of them, or NULL */
};

struct cells {
	struct cell **blocks;
	size_t blocks_n;
	uint32_t n, live;
	uint32_t made; /* ever */
	uint32_t *free_list;
	uint32_t free_n;
	uint32_t *slots; /* index + 1 */
	size_t mask;
	struct hash_seed seed;
	struct budget *budget;
	uint32_t quota[DIM__COUNT], used[DIM__COUNT];
	uint32_t newcomers[DIM__COUNT]; /* of the used: not established */
	uint64_t floor[DIM__COUNT];	/* greatest weight folded */
	bool capped[DIM__COUNT]; /* something was folded or turned away: the panel is approximate */
};

enum { CELLS_BLOCK = 256 };

int cells_init(struct cells *cells, struct budget *budget);
void cells_release(struct cells *cells);

static inline struct cell *cells_at(const struct cells *cells, uint32_t index)
{
	return &cells->blocks[index / CELLS_BLOCK][index % CELLS_BLOCK];
}

/* Index of the cell, or CELL_NONE. */
uint32_t cells_find(const struct cells *cells, int32_t period, enum dimension dimension,
		    uint64_t key);

/*
 * Makes the cell that cells_find did not find. CELL_NONE when its dimension is at its quota or the
 * budget is used up: the caller purges or turns to the (other) cell, which can always be made.
 */
uint32_t cells_add(struct cells *cells, int32_t period, enum dimension dimension, uint64_t key);

/* To be called when k units have touched a cell: it is a newcomer no longer. */
static inline void cells_establish(struct cells *cells, struct cell *cell)
{
	cell->established = true;
	cells->newcomers[cell->dimension]--;
}

/*
 * Chooses the lighter half of the newcomers of a dimension at its quota, and of the others that are
 * near theirs, adds their figures to their (other) cells and frees them. map (cells->n entries,
 * filled by the call) says to which cell each index went: itself, or an (other) cell. Pairs and
 * whatever else refers to cells must follow the map at once. Returns how many were folded; 0 when
 * newcomers are so few that folding them would not pay: then the dimension is full.
 */
uint32_t cells_purge(struct cells *cells, enum dimension dimension, uint32_t *map);

/* Places all cells anew after their keys have changed (names were renumbered). */
void cells_rehash(struct cells *cells);

#endif
