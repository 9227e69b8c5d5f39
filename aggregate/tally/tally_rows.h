/*
 * tally_rows.h: the bytes of a hot day's rows. Inside of tally_save.c and tally_load.c: what one
 * packs the other unpacks, field by field in the same order.
 *
 *   PERIOD    key: site number (4 bytes, big endian)       body plain: sums, flags, slots
 *   CELL      key: row key (seal.h)                        sums plain; body sealed: literal,
 * counts, sets VISITOR   key: page number                             body sealed: up to ROWS_PAGE
 * records UNIT      key: segment number                          body sealed: tags of units, first
 * come first PAIR      key: kind, segment number                    body sealed: (cell, visitor),
 * (cell, gate tag) CUSTOMER  key: segment number                          body sealed: the two
 * halves of set members
 */
#ifndef TALLY_TALLY_ROWS_H
#define TALLY_TALLY_ROWS_H

#include <stdint.h>
#include "aggregate/tally/store.h"

enum {
	ROWS_LAYOUT = 1,      /* changes whenever slots, lists or the order of fields do */
	ROWS_PAGE = 16,	      /* visitors of a page */
	ROWS_SEGMENT = 16384, /* bytes from which a segment is written */
	ROWS_KEY = 5
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
