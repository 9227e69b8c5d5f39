/*
 * visitors.h: one record per visitor and day, the working memory of a hot day.
 *
 * What is the same for all hits of a visitor (country, browser …) is kept once here and added to
 * the cells at the end; what takes one of few values (status, hour …) is a bit of `seen`. So an
 * ordinary hit costs one look-up and a few bits instead of twenty set insertions.
 */
#ifndef TALLY_VISITORS_H
#define TALLY_VISITORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/tally/slots.h"
#include "base/budget.h"

#define VISITOR_NONE UINT32_MAX

struct visitor {
	uint64_t tag;
	uint64_t unit, gate;	   /* tags of the first unit seen */
	uint64_t seen[SLOT_WORDS]; /* slots.h */
	uint64_t bytes;
	int64_t amount;
	/* The visit that is going on: visits is counted when it begins. */
	int64_t first, last;
	int64_t entry_time, exit_time;
	uint32_t entry, exit; /* names of pages; 0 = no page yet */
	uint32_t visit_pages;
	uint32_t hits, pages, visits, bounces;
	uint32_t visit_seconds; /* of visits that are over */
	/* The record of the day before while its visit may go on, or VISITOR_NONE; of a record that
	 * was loaded its tag until somebody asks, 0 when there is none. */
	uint32_t before;
	uint64_t before_tag;
	uint32_t gate_number; /* dense, per period */
	uint32_t as, site;    /* names; site: the last one counted */
	int32_t day, period;
	uint16_t country, crawler, version;
	uint32_t number; /* of its row in a state, per day from 1; 0 = not saved yet */
	uint8_t browser, os, device;
	bool live;  /* false: the record is free */
	bool dirty; /* changed since it was saved */
};

struct visitors {
	struct visitor **blocks;
	size_t blocks_n;
	uint32_t n; /* records ever made, live or free */
	uint32_t live;
	uint32_t *free_list; /* indexes to use again, last first */
	uint32_t free_n;
	uint64_t *slots; /* upper half of the tag, index + 1 */
	size_t mask;
	struct budget *budget;
};

enum { VISITORS_BLOCK = 1024 };

int visitors_init(struct visitors *visitors, struct budget *budget);
void visitors_release(struct visitors *visitors);

static inline struct visitor *visitors_at(const struct visitors *visitors, uint32_t index)
{
	return &visitors->blocks[index / VISITORS_BLOCK][index % VISITORS_BLOCK];
}

/* Tags are keyed hashes: their low bits place, their high bits check. */
static inline void visitors_prefetch(const struct visitors *visitors, uint64_t tag)
{
	__builtin_prefetch(&visitors->slots[(size_t)tag & visitors->mask]);
}

/* Index, or VISITOR_NONE. */
uint32_t visitors_find(const struct visitors *visitors, uint64_t tag);

/* A zeroed record with its tag; VISITOR_NONE when the budget is used up or memory is out. */
uint32_t visitors_add(struct visitors *visitors, uint64_t tag);

/* Frees the records for which `over` says so; their indexes are used again. */
void visitors_remove(struct visitors *visitors, bool (*over)(const struct visitor *, const void *),
		     const void *context);

#endif
