/*
 * dimension.h: what is counted by what. One row of dimension.c per dimension; the row says what the
 * panel's hits count, so that each panel's rows add up to a total that the report prints.
 */
#ifndef TALLY_DIMENSION_H
#define TALLY_DIMENSION_H

#include <stdbool.h>

enum dimension {
	DIM_DAY,
	DIM_HOUR,
	DIM_PAGE,
	DIM_ENTRY_PAGE,
	DIM_EXIT_PAGE,
	DIM_FLOW,
	DIM_NOT_FOUND_PAGE,
	DIM_REFERRER_HOST,
	DIM_REFERRER_CLASS,
	DIM_SEARCH_ENGINE,
	DIM_CAMPAIGN,
	DIM_GOAL,
	DIM_CUSTOMERS,
	DIM_COUNTRY,
	DIM_AS,
	DIM_BROWSER,
	DIM_BROWSER_VERSION,
	DIM_OS,
	DIM_DEVICE_CLASS,
	DIM_CRAWLER,
	DIM_STATUS,
	DIM_METHOD,
	DIM_PROTOCOL,
	DIM_CONTENT_CLASS,
	DIM_SITE,
	DIM_LATENCY,
	DIM_SIZE,
	DIM__COUNT
};

/* What one hit of a row is. */
enum counts {
	COUNTS_HITS,	     /* every counted line */
	COUNTS_PEOPLE_HITS,  /* counted lines that are not a crawler's */
	COUNTS_CRAWLER_HITS, /* the rest of them */
	COUNTS_PAGES,	     /* page views of people */
	COUNTS_VISITS,	     /* visits that saw at least one page */
	COUNTS_STEPS,	     /* page → page steps within visits */
	COUNTS_CAMPAIGNS,    /* hits of people that carry a campaign */
	COUNTS_SEARCHES,     /* page views of people that came from a search engine */
	COUNTS_REFERRALS,    /* page views of people that came from another site */
	COUNTS_NOT_FOUND,    /* lines answered 404 or 410 */
	COUNTS_GOALS,	     /* goals reached by people */
	COUNTS_CUSTOMERS,    /* lines with an authenticated user */
	COUNTS_TIMED,	     /* lines with a duration */
	COUNTS_SIZED,	     /* lines with a size */
	COUNTS__COUNT
};

struct dimension_info {
	const char *name;   /* panel name in JSON and CSV: "entry_page" */
	const char *title;  /* heading in text: "Entry pages" */
	const char *column; /* what the hits column is called in text: "visits" */
	enum counts counts;
	bool by_key; /* sorted by key (bins by their lower edge) instead of by hits */
	bool nested; /* keys are "parent child…" and fold inside their parent */
};

/* The row of the table; static. */
const struct dimension_info *dimension_info(enum dimension dimension);

/* "page views of people", for docs and JSON; static. */
const char *dimension_counts_text(enum counts counts);

#endif
