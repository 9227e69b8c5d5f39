/*
 * tally_rows.h: the bytes of a hot day's rows. Inside of tally_pack.c and tally_load*.c: what one
 * packs the others unpack, field by field in the same order.
 *
 *   PERIOD    site number (4 bytes, big endian)    plain: sums, flags, slots; with 's' behind the
 *                                                  number sealed: sketches of retired visitors
 *   CELL      row key (seal.h)                     sums plain; sealed: literal, counts, sets
 *   VISITOR   page number                          sealed: up to ROWS_PAGE records, by number
 *   UNIT      0, segment number                    sealed: tags of units, first come first
 *   PAIR      kind, segment number                 sealed: (cell, visitor), (cell, gate tag)
 *   CUSTOMER  0, segment number                    sealed: tags of customers
 */
#ifndef TALLY_TALLY_ROWS_H
#define TALLY_TALLY_ROWS_H

#include <stdint.h>
#include "aggregate/tally/store.h"

enum {
	ROWS_LAYOUT = 2,      /* changes whenever slots, lists or the order of fields do */
	ROWS_PAGE = 16,	      /* visitors of a page */
	ROWS_SEGMENT = 16384, /* bytes from which a segment is written */
	/* Bytes of a key. */
	ROWS_PERIOD_KEY = 4,
	ROWS_SETS_KEY = 5,
	ROWS_PAGE_KEY = 4,
	ROWS_SEGMENT_KEY = 5
};

enum { PAIRS_UNITS, PAIRS_VISITORS };

enum rows_sum { /* sums of a cell */
		SUM_HITS,
		SUM_BYTES,
		SUM_PAGES,
		SUM_VISITS,
		SUM_BOUNCES,
		SUM_CUSTOMERS,
		SUM_AMOUNT,
		SUM_SITE /* number of the period's row */
};

enum rows_literal { LITERAL_OTHER, LITERAL_NONE, LITERAL_NAME, LITERAL_FLOW, LITERAL_NUMBER };

static inline void rows_put32(uint8_t *out, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static inline uint32_t rows_get32(const char *p)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v = v << 8 | (uint8_t)p[i];
	return v;
}

#endif
