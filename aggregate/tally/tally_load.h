/*
 * tally_load.h: a hot day on its way from a store into a tally. Inside of tally_load*.c: periods
 * first, which say what numbers of sites and goals mean, then visitors, cells, and the sets that
 * refer to both.
 *
 * Rows are read as if anybody could have written them: those of periods and all sums are plain, and
 * what is sealed may come from a version that made a mistake. So no number of a row is used as an
 * index before it was looked at, and no size of a table follows from one.
 */
#ifndef TALLY_TALLY_LOAD_H
#define TALLY_TALLY_LOAD_H

#include "aggregate/tally/tally_keep.h"
#include "aggregate/tally/tally_rows.h"
#include "aggregate/tally/tally_state.h"
#include "base/pack.h"

struct loaded_visitor { /* a record by the number in its row */
	uint64_t tag;
	uint32_t number, index;
};

struct loaded_cell { /* the same; where it is now says its key, also when it was folded since */
	uint64_t key;
	uint32_t number, index;
	int32_t period;
	uint8_t dimension;
	bool whole; /* it has its own place, and its row says how many units it has */
};

struct load {
	struct tally *tally;
	struct store *store;
	struct sealing_keys *keys; /* NULL: lost */
	int32_t day;
	struct tally_day *entry;
	struct loaded_visitor *visitors; /* ascending by number */
	size_t visitors_n, visitors_cap;
	struct loaded_cell *cells; /* ascending by number, once all are there */
	size_t cells_n, cells_cap;
	uint8_t *plain;
	size_t plain_cap;
	bool sketched, capped;
	uint8_t goals[SLOTS_GOAL];	    /* goal of the rows → goal of this run */
	int16_t sections[HIT_SECTIONS_MAX]; /* the same for sites; -1: no row names it */
};

/* Instants and spans beyond it are no log's. */
#define LOAD_TIME_MAX (INT64_C(1) << 40)

int load_damaged(struct error *error);	     /* -1, with a message that a row makes no sense */
int load_out_of_memory(struct error *error); /* -1 */

/* The plain bytes of a sealed row, valid until the next. */
int load_open(struct load *load, const struct store_row *row, struct unpack *ret,
	      struct error *error);

/* The period of a site's number in the rows; false when there is none. */
bool load_period_of(const struct load *load, uint64_t site, int32_t *ret);

/* The slot that a row's slot is now; SLOT__COUNT when it has no place any more. */
unsigned load_slot(const struct load *load, uint64_t slot);

int load_bins(struct load *load, struct unpack *unpack, uint32_t **bins);

/* For store_each_row with a struct load as context. */
int load_each_period(void *context, const struct store_row *row, struct error *error);
int load_each_page(void *context, const struct store_row *row, struct error *error);
int load_each_cell(void *context, const struct store_row *row, struct error *error);

/* After all cells: what refers to them. */
int load_sets(struct load *load, struct error *error);

#endif
