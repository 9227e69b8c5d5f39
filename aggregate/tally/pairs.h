/*
 * pairs.h: a set of pairs (cell, number), to count the distinct units and visitors of cells
 * exactly.
 *
 * Why one set of 64-bit keys and not a set per cell: most cells have few members, and one flat
 * table costs a single cache miss per question and no allocation. It grows by doubling while its
 * budget allows.
 */
#ifndef TALLY_PAIRS_H
#define TALLY_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/budget.h"

struct pairs {
	uint64_t *slots; /* (cell + 1) << 32 | number; 0 = empty */
	size_t mask, n;
	struct budget *budget;
	bool journals;	   /* whether additions are written down */
	bool journal_lost; /* they were too many, or pairs moved: only all pairs say what is new */
	uint64_t *journal;
	size_t journal_n;
};

/* Returns -1 when memory is out. The budget is borrowed. */
int pairs_init(struct pairs *pairs, struct budget *budget);
void pairs_release(struct pairs *pairs);

/* From now on additions are written down for pairs_new, as long as they are few. */
void pairs_journal(struct pairs *pairs);
/* The pairs added since pairs_journal or pairs_written, as pairs_next; not when journal_lost. */
int pairs_new(const struct pairs *pairs, size_t *at, uint32_t *ret_cell, uint32_t *ret_number);
void pairs_written(struct pairs *pairs);

/* 1: new, 0: was there, -1: not added, the set is full. */
int pairs_add(struct pairs *pairs, uint32_t cell, uint32_t number);

/* All pairs: *at starts at 0; false at the end. */
int pairs_next(const struct pairs *pairs, size_t *at, uint32_t *ret_cell, uint32_t *ret_number);

/*
 * Moves every pair of a cell to cell map[cell]; pairs that meet become one. cells is the length of
 * map.
 */
int pairs_move(struct pairs *pairs, const uint32_t *map, size_t cells);

#endif
