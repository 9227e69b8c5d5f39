/*
 * tally_count.c: cells, and what happens when a cap is reached.
 */
#include <stdlib.h>
#include <string.h>
#include "aggregate/tally/tally_state.h"
#include "base/saturate.h"

enum { NAMES_PAUSE = 5000 }; /* counted lines before looking for room for names again in vain */

uint32_t *tally_bins(struct tally *tally)
{
	size_t size = TALLY_BINS * sizeof(uint32_t);
	if (!budget_take(&tally->bins_budget, size))
		return NULL;
	return calloc(1, size);
}

/* Room that live-counted cells leave to those that every visitor counts in (day, country, status
 * …). */
static bool live_room(const struct tally *tally)
{
	return tally->pairs_budget.used < tally->pairs_budget.limit / 4 * 3;
}

/*
 * Adds a tag to a set and charges its growth to the budget as it happens. A set that may not grow
 * stays at its count, which can only take a name away.
 */
static void add_sketched(struct tally *tally, struct distinct *set, uint64_t tag, bool room)
{
	size_t before = distinct_held(set);
	distinct_add(set, tag, room);
	tally->pairs_budget.used += distinct_held(set) - before;
}

/* Turns the exact sets of cells into sketches, once, when they have no room left. */
void tally_sketch_pairs(struct tally *tally)
{
	struct pairs *sets[2] = {&tally->unit_pairs, &tally->visitor_pairs};
	uint32_t cell, number;
	tally->pairs_sketched = tally->moved = true;
	for (int s = 0; s < 2; s++) {
		for (size_t at = 0; pairs_next(sets[s], &at, &cell, &number);) {
			struct cell *c = cells_at(&tally->cells, cell);
			struct distinct *set = s ? &c->visitor_set : &c->unit_set;
			if (!c->established)
				continue; /* newcomers begin anew: they have fewer than k units */
			uint64_t tag = s ? visitors_at(&tally->visitors, number)->tag
					 : tally->gates.tags[number];
			add_sketched(tally, set, tag, true);
		}
		pairs_release(sets[s]);
	}
	for (uint32_t i = 0; i < tally->cells.n; i++) {
		struct cell *c = cells_at(&tally->cells, i);
		if (c->live && !c->unit_set.only)
			c->units = c->visitors = 0;
	}
}

void tally_recount_sketches(struct tally *tally)
{
	size_t used = 0;
	for (uint32_t i = 0; i < tally->cells.n; i++) {
		const struct cell *cell = cells_at(&tally->cells, i);
		if (cell->live)
			used += distinct_held(&cell->unit_set) + distinct_held(&cell->visitor_set) +
				distinct_held(&cell->people_set);
	}
	for (size_t p = 0; p < tally->periods_n; p++) {
		const struct period *period = tally->periods[p];
		const struct slot_sets *sets = period->sets;
		used += distinct_held(&period->units) + distinct_held(&period->gates) +
			distinct_held(&period->people) + distinct_held(&period->visitors);
		for (unsigned s = 0; sets && s < SLOT__COUNT; s++)
			used += distinct_held(&sets[s].units) + distinct_held(&sets[s].people) +
				distinct_held(&sets[s].visitors);
	}
	tally->pairs_budget.used = used;
}

/* Folds newcomers of a full dimension into (other) and lets the pairs follow. */
static bool purge(struct tally *tally, enum dimension dimension)
{
	uint32_t *map = malloc((tally->cells.n + 1) * sizeof(*map));
	size_t n = tally->cells.n;
	if (!map)
		return false;
	uint32_t folded = cells_purge(&tally->cells, dimension, map);
	tally->last_site = CELL_NONE;
	tally->moved |= folded > 0;
	if (folded && !tally->pairs_sketched &&
	    (pairs_move(&tally->unit_pairs, map, n) || pairs_move(&tally->visitor_pairs, map, n)))
		tally->failed = true;
	if (folded && tally->pairs_sketched)
		tally_recount_sketches(tally);
	free(map);
	return folded > 0;
}

uint32_t tally_cell(struct tally *tally, int32_t period, enum dimension dimension, uint64_t key)
{
	struct cells *cells = &tally->cells;
	uint32_t index = cells_find(cells, period, dimension, key);
	if (index != CELL_NONE) {
		cells_at(cells, index)->dirty = true; /* whoever asks is about to change it */
		return index;
	}
	index = cells_add(cells, period, dimension, key);
	if (index == CELL_NONE && key != CELL_KEY_OTHER && purge(tally, dimension))
		index = cells_add(cells, period, dimension, key);
	if (index != CELL_NONE)
		return index;
	cells->capped[dimension] = true;
	index = cells_find(cells, period, dimension, CELL_KEY_OTHER);
	if (index == CELL_NONE)
		index = cells_add(cells, period, dimension, CELL_KEY_OTHER);
	if (index == CELL_NONE)
		tally->failed = true;
	return index;
}

/* Counts the unit and, of people, the visitor of a live cell. */
static void count_distinct(struct tally *tally, uint32_t index, uint32_t visitor_index)
{
	struct cell *cell = cells_at(&tally->cells, index);
	const struct visitor *visitor = visitors_at(&tally->visitors, visitor_index);
	bool person = !visitor->crawler;
	if (!tally->pairs_sketched) {
		int seen = person ? pairs_add(&tally->visitor_pairs, index, visitor_index) : 1;
		int fresh = seen ? pairs_add(&tally->unit_pairs, index, visitor->gate_number) : 0;
		if (seen >= 0 && fresh >= 0) {
			cell->visitors += person && seen;
			cell->units += (uint32_t)fresh;
			if (!cell->established && cell->units >= tally->options.min_visitors)
				cells_establish(&tally->cells, cell);
			return;
		}
		tally_sketch_pairs(tally);
	}
	add_sketched(tally, &cell->unit_set, visitor->gate, live_room(tally));
	if (person)
		add_sketched(tally, &cell->visitor_set, visitor->tag, live_room(tally));
	if (!cell->established && distinct_count(&cell->unit_set) >= tally->options.min_visitors)
		cells_establish(&tally->cells, cell);
}

struct cell *tally_count(struct tally *tally, int32_t period, enum dimension dimension,
			 uint64_t key, uint32_t visitor, uint64_t bytes)
{
	uint32_t index =
	    tally_cell(tally, period, dimension, key == NAME_OTHER ? CELL_KEY_OTHER : key);
	if (index == CELL_NONE)
		return NULL;
	struct cell *cell = cells_at(&tally->cells, index);
	cell->dirty = true;
	cell->hits++;
	cell->bytes += bytes;
	count_distinct(tally, index, visitor);
	return cells_at(&tally->cells, index);
}

static void flush_to(struct tally *tally, enum dimension dimension, uint64_t key,
		     const struct visitor *visitor,
		     void (*each)(struct tally *, struct cell *, const struct visitor *, void *),
		     void *context)
{
	uint32_t index = tally_cell(tally, visitor->period, dimension, key);
	if (index != CELL_NONE)
		each(tally, cells_at(&tally->cells, index), visitor, context);
}

void tally_flush(struct tally *tally, const struct visitor *visitor,
		 void (*each)(struct tally *, struct cell *, const struct visitor *, void *),
		 void *context)
{
	const struct tally_options *options = &tally->options;
	flush_to(tally, DIM_DAY, tally_day_key(visitor->day), visitor, each, context);
	if (visitor->crawler) {
		flush_to(tally, DIM_CRAWLER, visitor->crawler, visitor, each, context);
		return;
	}
	if (visitor->country || options->has_country)
		flush_to(tally, DIM_COUNTRY, visitor->country, visitor, each, context);
	if (visitor->as || options->has_as)
		flush_to(tally, DIM_AS, visitor->as == NAME_OTHER ? CELL_KEY_OTHER : visitor->as,
			 visitor, each, context);
	flush_to(tally, DIM_BROWSER, visitor->browser, visitor, each, context);
	flush_to(tally, DIM_BROWSER_VERSION, (uint64_t)visitor->browser << 16 | visitor->version,
		 visitor, each, context);
	flush_to(tally, DIM_OS, visitor->os, visitor, each, context);
	flush_to(tally, DIM_DEVICE_CLASS, visitor->device, visitor, each, context);
}

static void add_figures(struct cell *cell, const struct visitor *visitor)
{
	cell->hits += visitor->hits;
	cell->bytes += visitor->bytes;
	cell->pages += visitor->pages;
	cell->visits += visitor->visits;
	cell->bounces += visitor->bounces;
	cell->amount = saturate_add(cell->amount, visitor->amount);
}

static void flush_cell_sketched(struct tally *tally, struct cell *cell,
				const struct visitor *visitor, void *context)
{
	(void)context;
	add_figures(cell, visitor);
	add_sketched(tally, &cell->unit_set, visitor->gate, true);
	if (!visitor->crawler || cell->dimension == DIM_CRAWLER)
		add_sketched(tally, &cell->visitor_set, visitor->tag, true);
	if (!visitor->crawler && cell->dimension == DIM_DAY)
		add_sketched(tally, &cell->people_set, visitor->gate, true);
}

static void flush_slots_sketched(struct tally *tally, struct slot_sets *sets,
				 const struct visitor *visitor)
{
	for (unsigned s = 0; s < SLOT__COUNT; s++) {
		if (!slots_seen(visitor->seen, s))
			continue;
		add_sketched(tally, &sets[s].units, visitor->gate, true);
		if (visitor->crawler)
			continue;
		add_sketched(tally, &sets[s].people, visitor->gate, true);
		add_sketched(tally, &sets[s].visitors, visitor->tag, true);
	}
}

void tally_flush_sketched(struct tally *tally, const struct visitor *visitor)
{
	struct period *period = tally_period(tally, visitor->period);
	tally_flush(tally, visitor, flush_cell_sketched, NULL);
	if (!period->sets)
		period->sets = calloc(SLOT__COUNT, sizeof(*period->sets));
	if (!period->sets) {
		tally->failed = true;
		return;
	}
	flush_slots_sketched(tally, period->sets, visitor);
	add_sketched(tally, &period->units, visitor->unit, true);
	add_sketched(tally, &period->gates, visitor->gate, true);
	if (visitor->crawler)
		return;
	add_sketched(tally, &period->people, visitor->gate, true);
	add_sketched(tally, &period->visitors, visitor->tag, true);
	period->totals.visits += visitor->visits;
	period->totals.bounces += visitor->bounces;
	period->totals.visit_seconds += visitor->visit_seconds;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static bool not_after(const struct visitor *visitor, const void *context)
{
	return visitor->last <= *(const int64_t *)context;
}

void tally_retire(struct tally *tally)
{
	struct visitors *visitors = &tally->visitors;
	int64_t *times = malloc((visitors->live + 1) * sizeof(*times));
	uint32_t n = 0;
	if (!times) {
		tally->failed = true;
		return;
	}
	tally->visitors_capped = tally->moved = true;
	if (!tally->pairs_sketched)
		tally_sketch_pairs(tally);
	for (uint32_t i = 0; i < visitors->n; i++)
		if (visitors_at(visitors, i)->live)
			times[n++] = visitors_at(visitors, i)->last;
	qsort(times, n, sizeof(*times), by_time);
	int64_t limit = times[n / 2];
	free(times);
	for (uint32_t i = 0; i < visitors->n; i++) {
		if (!visitors_at(visitors, i)->live || visitors_at(visitors, i)->last > limit)
			continue;
		tally_visit_end(tally, i);
		tally_flush_sketched(tally, visitors_at(visitors, i));
	}
	visitors_remove(visitors, not_after, &limit);
}

bool tally_keyed_by_name(enum dimension dimension)
{
	return dimension == DIM_PAGE || dimension == DIM_ENTRY_PAGE || dimension == DIM_EXIT_PAGE ||
	       dimension == DIM_NOT_FOUND_PAGE || dimension == DIM_REFERRER_HOST ||
	       dimension == DIM_CAMPAIGN || dimension == DIM_AS || dimension == DIM_SITE;
}

static void each_name(struct tally *tally, void (*visit)(uint32_t *name, uint32_t *marks),
		      uint32_t *marks)
{
	for (uint32_t i = 0; i < tally->cells.n; i++) {
		struct cell *cell = cells_at(&tally->cells, i);
		if (!cell->live || cell->key == CELL_KEY_OTHER)
			continue;
		if (cell->dimension == DIM_FLOW) {
			uint32_t from = (uint32_t)(cell->key >> 32), to = (uint32_t)cell->key;
			visit(&from, marks);
			visit(&to, marks);
			cell->key = (uint64_t)from << 32 | to;
		} else if (tally_keyed_by_name((enum dimension)cell->dimension)) {
			uint32_t name = (uint32_t)cell->key;
			visit(&name, marks);
			cell->key = name;
		}
	}
	for (uint32_t i = 0; i < tally->visitors.n; i++) {
		struct visitor *visitor = visitors_at(&tally->visitors, i);
		if (!visitor->live)
			continue;
		visit(&visitor->entry, marks);
		visit(&visitor->exit, marks);
		visit(&visitor->as, marks);
		visit(&visitor->site, marks);
	}
}

static void mark(uint32_t *name, uint32_t *marks)
{
	marks[*name] = 1;
}

static void renumber(uint32_t *name, uint32_t *marks)
{
	if (*name >= NAME_FIRST)
		*name = marks[*name];
}

/* Forgets names that nothing refers to. */
static void renumber_names(struct tally *tally)
{
	uint32_t *marks = calloc(names_end(&tally->names) + 1, sizeof(*marks));
	if (!marks)
		return;
	tally->last_site = CELL_NONE;
	each_name(tally, mark, marks);
	if (!names_renumber(&tally->names, marks)) {
		each_name(tally, renumber, marks);
		cells_rehash(&tally->cells);
	}
	free(marks);
}

/* Ends the visits that no line can join any more, so that their pages are not kept. */
static void end_stale_visits(struct tally *tally)
{
	int64_t limit = tally->latest - 2 * (int64_t)tally->options.visit_timeout;
	for (uint32_t i = 0; i < tally->visitors.n; i++) {
		struct visitor *visitor = visitors_at(&tally->visitors, i);
		if (!visitor->live || !visitor->visit_pages || visitor->last >= limit)
			continue;
		tally_visit_end(tally, i);
		tally_visit_none(visitor);
		visitor->dirty = true;
	}
}

/*
 * Pages of visits that saw one page so far, in (other) as entry and exit: under a flood they are
 * nearly all, and hold as many names as there are visitors.
 */
static void forget_single_pages(struct tally *tally)
{
	for (uint32_t i = 0; i < tally->visitors.n; i++) {
		struct visitor *visitor = visitors_at(&tally->visitors, i);
		if (visitor->live && visitor->visit_pages == 1) {
			visitor->entry = visitor->exit = NAME_OTHER;
			visitor->dirty = true;
		}
	}
}

void tally_make_names_room(struct tally *tally)
{
	static const enum dimension dimensions[] = {
	    DIM_FLOW,		DIM_ENTRY_PAGE,	   DIM_EXIT_PAGE, DIM_PAGE,
	    DIM_NOT_FOUND_PAGE, DIM_REFERRER_HOST, DIM_CAMPAIGN};
	end_stale_visits(tally);
	renumber_names(tally);
	if (names_roomy(&tally->names))
		return;
	forget_single_pages(tally);
	for (size_t i = 0; i < sizeof(dimensions) / sizeof(*dimensions); i++)
		purge(tally, dimensions[i]);
	renumber_names(tally);
	if (!names_roomy(&tally->names))
		tally->names_next = tally->balance.counted + NAMES_PAUSE;
}
