/*
 * tally_state.h: the inside of a tally, shared by tally.c (the way of a hit), tally_visit.c
 * (visits), tally_count.c (cells, caps) and gate.c (the way out). Nobody else includes it.
 */
#ifndef TALLY_TALLY_STATE_H
#define TALLY_TALLY_STATE_H

#include "aggregate/tally/cells.h"
#include "aggregate/tally/names.h"
#include "aggregate/tally/pairs.h"
#include "aggregate/tally/slots.h"
#include "aggregate/tally/tags.h"
#include "aggregate/tally/tally.h"
#include "aggregate/tally/visitors.h"

enum { TALLY_BINS_K = 5, TALLY_BINS = 768 }; /* durations in µs up to 64 s and more: 1.6 % wide */

struct slot {
	uint64_t hits, bytes;
};

struct slot_sets { /* once visitors have been retired */
	struct distinct units, people, visitors;
};

/* What became of visitors whose records a lost key took: their sums; nobody can tell them apart. */
struct lost {
	uint64_t visitors, hits, bytes, pages, visits, bounces, visit_seconds; /* of people */
	int64_t amount;
	uint64_t crawler_hits, crawler_bytes;
	uint64_t gates,
	    people; /* units as the gate counts them, of all and of people: at least so many */
};

struct period {
	int32_t id;
	bool dirty;		    /* changed since it was saved */
	struct lost lost, sums;	    /* sums: scratch of tally_save */
	struct balance balance;	    /* by_day: of this period alone */
	struct trend_totals totals; /* visits, visitors and units are filled by the gate */
	struct slot slots[SLOT__COUNT];
	int64_t goal_amounts[SLOTS_GOAL];
	uint32_t *hour_bins[SLOTS_HOUR]; /* durations, or NULL */
	struct slot_sets *sets;		 /* SLOT__COUNT of them, or NULL while records are whole */
	struct distinct units, gates, people, visitors; /* the same for the period */
};

struct tally_day {
	int32_t day;
	bool open;    /* lines of it may be counted */
	bool rewrite; /* its rows in the state are to be dropped and written anew */
	uint32_t visitors, cells, segments; /* numbers given out to its rows */
};

struct tally {
	struct tally_options options;
	struct balance balance, undated;
	struct tally_late *late;
	size_t late_n;
	struct tally_day *days; /* that were asked for, ascending */
	size_t days_n, days_cap;
	char **
	    sites; /* texts of sections 1 … sites_n: the declared ones, then others a state knows */
	size_t sites_n;
	bool moved; /* rows of a state no longer fit the records: all are to be written anew */
	struct error *error; /* of the batch at hand: where a day that cannot be opened says why */
	struct names names;
	struct visitors visitors;
	struct cells cells;
	struct pairs unit_pairs, visitor_pairs; /* (cell, gate number), (cell, visitor index) */
	struct tags units, gates;
	struct tags customers; /* (tag, day and section) */
	struct budget visitors_budget, pairs_budget, cells_budget, periods_budget;
	struct budget bins_budget, customers_budget;
	struct period **periods;
	size_t periods_n, periods_cap;
	uint32_t open_days; /* that have a period */
	bool loading;	    /* a day that a state has is no new one */
	uint32_t last_site; /* cell of the site counted last, or CELL_NONE */
	struct period *last_period;
	int64_t latest;	      /* greatest time of a counted line */
	uint64_t names_next;  /* counted lines before which no room for names is looked for */
	bool pairs_sketched;  /* exact (cell, number) sets became too large */
	bool visitors_capped; /* visitors were retired before the end: all distinct counts are
				 estimates */
	bool customers_capped;
	bool failed; /* memory is out, or a day could not be opened */
};

/* tally_count.c */

/* The cell of a key: found, made, or the dimension's (other). Never CELL_NONE unless memory is out
 * (failed is set). */
uint32_t tally_cell(struct tally *tally, int32_t period, enum dimension dimension, uint64_t key);

/* One hit of a visitor in a live-counted cell: figures, distinct unit, and distinct visitor when it
 * is a person. */
struct cell *tally_count(struct tally *tally, int32_t period, enum dimension dimension,
			 uint64_t key, uint32_t visitor, uint64_t bytes);

/* Adds what a visitor's record holds to the cells of what is the same for all its hits (day,
 * country, browser …), calling `each` for each cell. */
void tally_flush(struct tally *tally, const struct visitor *visitor,
		 void (*each)(struct tally *, struct cell *, const struct visitor *, void *),
		 void *context);

/* Makes room for visitors: adds the half that was seen least recently to cells and sketches and
 * frees its records. */
void tally_retire(struct tally *tally);

/* Adds a visitor's tags to the sketches of its slots and cells; used for those that are retired. */
void tally_flush_sketched(struct tally *tally, const struct visitor *visitor);

/*
 * Forgets names that nothing refers to; when that is not enough folds newcomers for it. Looks at
 * everything, and so pauses when it was in vain.
 */
void tally_make_names_room(struct tally *tally);

/* A table of TALLY_BINS counters under the budget, or NULL. */
uint32_t *tally_bins(struct tally *tally);

/* tally_visit.c */

void tally_visit_hit(struct tally *tally, struct period *period, uint32_t visitor,
		     const struct hit *hit, uint32_t page);
/* Marks that no visit is going on: no line joins, whatever its time. */
void tally_visit_none(struct visitor *visitor);
/* Ends the visit of a record and counts its entry and exit. */
void tally_visit_end(struct tally *tally, uint32_t visitor);

/* Ends the visits that are still going on. */
void tally_end_visits(struct tally *tally);

/* Whether lines of a day may be counted; asks for it the first time (options.open_day). */
bool tally_day_open(struct tally *tally, int32_t day);

/* Found, or made; NULL when its day is closed or there are as many days as may be open. */
struct period *tally_period(struct tally *tally, int32_t id);

/* The day's entry, or NULL when it was never asked for. */
struct tally_day *tally_day(const struct tally *tally, int32_t day);

/* Makes the entry of a day that was not asked for yet, open. -1 when memory is out. */
int tally_add_day(struct tally *tally, int32_t day);

/* The section of a site's text, made when it is new; 0 for "". HIT_SECTIONS_MAX when there is no
 * room. */
unsigned tally_section(struct tally *tally, struct slice site);

/* The key of a day's cell, also of days before 1970. */
static inline uint64_t tally_day_key(int32_t day)
{
	return (uint64_t)(int64_t)day + (1u << 31);
}

/* Whether cells of a dimension are keyed by one name. */
bool tally_keyed_by_name(enum dimension dimension);

/* Turns the exact sets of cells into sketches (tally_count.c). */
void tally_sketch_pairs(struct tally *tally);
/* Charges what the sketches hold now, after many came or went. */
void tally_recount_sketches(struct tally *tally);

#endif
