/*
 * trend.h: the gated model. What is in a struct trend has been through the gate (gate.h) and names
 * nobody; every report renders from it and none reads the tally.
 *
 * A trend owns its strings. Trends of several days (or of several states) add up with trend_merge.
 */
#ifndef TALLY_TREND_H
#define TALLY_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/tally/dimension.h"

enum { TREND_REASONS_MAX = 24 };

/* The line balance: lines = counted + Σ excluded + Σ rejected, checked when a trend is made. */
struct balance {
	uint64_t lines;
	uint64_t counted;
	uint64_t dropped; /* lost before us, reported by a kernel; not part of lines */
	uint64_t excluded[TREND_REASONS_MAX]; /* by enum exclude (aggregate/veil/hit.h) */
	uint64_t rejected[TREND_REASONS_MAX]; /* by enum reject (ingest/reject.h) */
	uint64_t bytes_read;		      /* uncompressed bytes of input */
};

void balance_add(struct balance *into, const struct balance *from);
bool balance_holds(const struct balance *balance);

enum { /* which figures of a row mean something */
       FIGURE_VISITS = 1 << 0,
       FIGURE_AMOUNT = 1 << 1,
       FIGURE_LATENCY = 1 << 2,
       FIGURE_PAGES = 1 << 3,
       FIGURE_BOUNCES = 1 << 4,
       FIGURE_CUSTOMERS = 1 << 5,
       FIGURE_LATENCY_LOST = 1 << 6, /* several quantiles met in a merge; they do not add up */
};

struct figures {
	uint64_t hits; /* what a hit is says dimension_info.counts */
	uint64_t bytes;
	uint64_t visitors; /* distinct (address unit, agent) per day, people only; in the crawler
			      panel crawlers */
	uint64_t units;	   /* distinct address units as the gate counts them: IPv4 /32, IPv6 /48 */
	uint64_t pages;
	uint64_t visits;
	uint64_t bounces;
	uint64_t customers;
	int64_t amount; /* minor units (cents) */
	uint32_t p50_us, p95_us;
	unsigned has; /* FIGURE_… */
};

struct trend_row {
	const char
	    *key; /* NUL-terminated, valid UTF-8, no control bytes; "(other)" for what was folded */
	struct figures figures;
	bool other; /* the fold of this panel, or of a parent inside a nested panel */
};

struct trend_panel {
	struct trend_row *rows; /* order is undefined until trend_sort */
	size_t n, cap;
	uint64_t total;	  /* Σ hits of all rows, kept by trend_add and trend_merge */
	bool approximate; /* a cap was reached: distinct counts or admission are estimates */
	uint64_t *index;  /* rows by key, only for trend_merge; NULL until it is needed */
	size_t index_mask;
};

struct trend_totals {
	uint64_t hits, pages, visits, bounces, visitors, units, customers, bytes;
	uint64_t crawler_hits, crawler_bytes;
	uint64_t reordered;	/* hits older than their visit by more than the timeout */
	uint64_t steps;		/* page → page steps within visits */
	uint64_t visit_seconds; /* between first and last hit, summed over visits */
	int64_t first,
	    last; /* Unix seconds of the first and last counted line; 0 when there is none */
	bool approximate;
};

struct trend_note { /* a section that looks personal, and other remarks; already safe to print */
	char text[256];
};

struct trend {
	struct balance balance;
	struct trend_totals totals;
	bool shown;	       /* false: fewer than k units, only the balance may be printed */
	unsigned min_visitors; /* k */
	struct trend_panel panels[DIM__COUNT];
	struct trend_note *notes;
	size_t notes_n;
	struct arena *strings;
};

/* Empty, nothing shown. NULL when memory is out. */
struct trend *trend_new(unsigned min_visitors);
void trend_free(struct trend *trend);

/* Appends a row; the key is copied. Returns -1 when memory is out. */
int trend_add(struct trend *trend, enum dimension dimension, const char *key, bool other,
	      const struct figures *figures);
/* The text is copied and cut at a character boundary when too long; a note that is there already is
 * not repeated. */
int trend_add_note(struct trend *trend, const char *text);

/* (other) or parent (other) of a panel: Σ hits of its folds. */
uint64_t trend_other_hits(const struct trend_panel *panel);

/*
 * Adds the rows, totals, notes and balance of `from` by key: (other) to (other). Quantiles do not
 * add up: they stay where only one side has them. Of a trend that is not shown only the balance is
 * taken. min_visitors becomes the smaller of what is shown: that is what the sum can promise.
 * O(rows of from) after the first call. Returns -1 when memory is out; `into` is then good for
 * trend_free only.
 */
int trend_merge(struct trend *into, const struct trend *from);

/* By hits, then key (day and hour by key), "(other)" last; nested panels keep a parent's (other) by
 * its hits. */
void trend_sort(struct trend *trend);

#endif
