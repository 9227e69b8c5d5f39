#include "aggregate/tally/gate.h"
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/tally/bins.h"
#include "aggregate/tally/gate_notes.h"
#include "aggregate/tally/gate_rows.h"
#include "aggregate/veil/agent.h"
#include "base/saturate.h"

/* Lines with a duration from which a row has quantiles. */
enum { TIMED_MIN = 20 };

/* The fold a row goes to: that of its panel, or of its browser. GROUP_NONE when memory is out. */
static uint32_t group_of(struct gate *gate, const struct gate_row *row, bool whole)
{
	uint32_t *known = whole ? &gate->whole[row->period][row->dimension]
				: &gate->inner[row->period][row->parent];
	if (*known != GROUP_NONE)
		return *known;
	if (gate->groups_n == gate->groups_cap) {
		size_t cap = 2 * gate->groups_cap;
		struct gate_group *groups = realloc(gate->groups, cap * sizeof(*groups));
		if (!groups)
			return GROUP_NONE;
		gate->groups = groups;
		gate->groups_cap = cap;
	}
	gate->groups[gate->groups_n] = (struct gate_group){.period = row->period,
							   .dimension = row->dimension,
							   .parent = row->parent,
							   .whole = whole,
							   .cell = row->cell,
							   .next = gate->first_group[row->period]};
	uint32_t made = (uint32_t)gate->groups_n++;
	*known = gate->first_group[row->period] = made;
	return made;
}

/* Takes a row's name away: it becomes a member of the fold of its panel, or of its browser. */
static int fold(struct gate *gate, struct gate_row *row, bool whole)
{
	uint32_t g = group_of(gate, row, whole);
	if (g == GROUP_NONE)
		return -1;
	if (row->group)
		gate->groups[row->group].members--;
	row->group = g;
	gate->groups[g].members++;
	if (row->slot < SLOT__COUNT)
		gate->slot_groups[row->period][row->slot] = g;
	else
		cells_at(&gate->tally->cells, row->cell)->group = g;
	return 0;
}

static bool is_other_cell(const struct gate *gate, const struct gate_row *row)
{
	return row->slot == SLOT__COUNT &&
	       cells_at(&gate->tally->cells, row->cell)->key == CELL_KEY_OTHER;
}

static bool is_version(const struct gate *gate, const struct gate_row *row)
{
	return row->dimension == DIM_BROWSER_VERSION && !is_other_cell(gate, row);
}

/* Versions of a browser that is not named belong to the fold of the panel. */
static int fold_orphans(struct gate *gate)
{
	size_t n = gate->tally->periods_n;
	bool(*named)[256] = calloc(n + 1, sizeof(*named));
	int failed = named ? 0 : -1;
	for (size_t i = 0; !failed && i < gate->rows_n; i++) {
		const struct gate_row *row = &gate->rows[i];
		if (row->dimension == DIM_BROWSER && !row->group && !is_other_cell(gate, row))
			named[row->period][cells_at(&gate->tally->cells, row->cell)->key & 0xFF] =
			    true;
	}
	for (size_t i = 0; !failed && i < gate->rows_n; i++) {
		struct gate_row *row = &gate->rows[i];
		if (!is_version(gate, row) || named[row->period][row->parent])
			continue;
		if (!row->group || !gate->groups[row->group].whole)
			failed = fold(gate, row, true);
	}
	free(named);
	return failed;
}

/* The named row with the fewest hits in the scope of a group; ties by key. NULL when nothing is
 * named there. */
static struct gate_row *smallest(struct gate *gate, const struct gate_group *group)
{
	struct gate_row *best = NULL;
	char key[KEY_MAX], best_key[KEY_MAX];
	for (size_t i = gate->starts[group->period]; i < gate->starts[group->period + 1]; i++) {
		struct gate_row *row = &gate->rows[i];
		if (row->group || row->dimension != group->dimension ||
		    (!group->whole && row->parent != group->parent))
			continue;
		if (best && row->hits > best->hits)
			continue;
		if (!best || row->hits < best->hits ||
		    strcmp(gate_key(gate, row, key), gate_key(gate, best, best_key)) < 0)
			best = row;
	}
	return best;
}

/*
 * Whether figures may stand beside others: k units, and where people's figures of a row add up to a
 * total (days), none of them or k units of them; crawlers hide nobody.
 */
static bool is_safe(const struct gate *gate, unsigned dimension, uint64_t units, uint64_t people)
{
	unsigned k = gate->tally->options.min_visitors;
	return units >= k && (dimension != DIM_DAY || people == 0 || people >= k);
}

/*
 * Folds until each fold has k units or nothing beside it is named. A fold of versions that is still
 * too small with all of its browser's named versions in it cannot be: the browser has k units
 * itself.
 */
static int fold_until_safe(struct gate *gate)
{
	for (bool again = true; again;) {
		again = false;
		if (fold_orphans(gate) || gate_count_groups(gate))
			return -1;
		for (size_t g = 1; g < gate->groups_n; g++) {
			const struct gate_group *group = &gate->groups[g];
			bool unsafe = group->members &&
				      !is_safe(gate, group->dimension, group->units, group->people);
			struct gate_row *row = unsafe ? smallest(gate, group) : NULL;
			if (!row)
				continue;
			if (fold(gate, row, group->whole))
				return -1;
			again = true;
		}
	}
	return 0;
}

static int fold_small(struct gate *gate)
{
	for (size_t i = 0; i < gate->rows_n; i++) {
		struct gate_row *row = &gate->rows[i];
		if (is_safe(gate, row->dimension, row->units, row->people) &&
		    !is_other_cell(gate, row))
			continue;
		if (fold(gate, row, !is_version(gate, row)))
			return -1;
	}
	return 0;
}

/* Of few lines the 95th percentile is the slowest one, and the median is somebody's. */
static void add_quantiles(const uint32_t *bins, struct figures *figures)
{
	uint64_t timed = 0;
	for (unsigned i = 0; bins && i < TALLY_BINS; i++)
		timed += bins[i];
	if (timed < TIMED_MIN)
		return;
	figures->has |= FIGURE_LATENCY;
	figures->p50_us = (uint32_t)bins_high(bins_quantile(bins, TALLY_BINS, 500), TALLY_BINS_K);
	figures->p95_us = (uint32_t)bins_high(bins_quantile(bins, TALLY_BINS, 950), TALLY_BINS_K);
}

/* Which figures beyond hits, bytes and visitors a dimension has. */
static unsigned figures_of(enum dimension dimension)
{
	switch (dimension) {
	case DIM_DAY:
	case DIM_COUNTRY:
	case DIM_AS:
	case DIM_BROWSER:
	case DIM_BROWSER_VERSION:
	case DIM_OS:
	case DIM_DEVICE_CLASS:
		return FIGURE_PAGES | FIGURE_VISITS | FIGURE_BOUNCES;
	case DIM_ENTRY_PAGE:
		return FIGURE_BOUNCES;
	default:
		return 0;
	}
}

/* Figures of few people inside a row of many units: none. */
static void hide_people(const struct gate *gate, uint64_t people, struct figures *figures)
{
	if (people >= gate->tally->options.min_visitors)
		return;
	figures->visitors = figures->pages = figures->visits = figures->bounces = 0;
}

static const struct cell *cell_of(const struct gate *gate, const struct gate_row *row)
{
	return row->slot < SLOT__COUNT ? NULL : cells_at(&gate->tally->cells, row->cell);
}

/* Units that paid for a goal, or on a day. */
static uint32_t paid_units(const struct gate *gate, const struct gate_row *row)
{
	if (row->slot < SLOT__COUNT)
		return gate->slot_units[row->period][row->slot - SLOT_GOAL + SLOT_PAID];
	return cell_of(gate, row)->paid;
}

static int64_t amount_of(const struct gate *gate, const struct gate_row *row)
{
	if (row->dimension == DIM_GOAL)
		return gate->tally->periods[row->period]->goal_amounts[row->slot - SLOT_GOAL];
	return row->dimension == DIM_DAY ? cell_of(gate, row)->amount : 0;
}

static bool amount_is_safe(const struct gate *gate, const struct gate_row *row)
{
	return !amount_of(gate, row) ||
	       (!row->group && paid_units(gate, row) >= gate->tally->options.min_visitors);
}

/* What amounts and customers of a period may be shown: both add up to totals, so one that is hidden
 * hides all that could tell it. */
struct shown {
	bool day_amounts, customers;
};

static struct shown what_to_show(const struct gate *gate, uint32_t period)
{
	struct shown shown = {true, true};
	for (size_t i = gate->starts[period]; i < gate->starts[period + 1]; i++) {
		const struct gate_row *row = &gate->rows[i];
		shown.day_amounts &= amount_is_safe(gate, row);
		if (row->dimension == DIM_CUSTOMERS)
			shown.customers &= !row->group && cell_of(gate, row)->customers >=
							      gate->tally->options.min_visitors;
	}
	return shown;
}

static void add_amount(const struct gate *gate, const struct gate_row *row,
		       const struct shown *shown, struct figures *figures)
{
	bool safe = row->dimension == DIM_DAY ? shown->day_amounts : amount_is_safe(gate, row);
	int64_t amount = amount_of(gate, row);
	if (!amount || !safe)
		return;
	figures->amount = amount;
	figures->has |= FIGURE_AMOUNT;
}

static struct figures row_figures(const struct gate *gate, const struct gate_row *row,
				  const struct shown *shown)
{
	struct figures figures = {
	    .hits = row->hits, .units = row->units, .visitors = row->visitors};
	const struct period *period = gate->tally->periods[row->period];
	figures.has = figures_of((enum dimension)row->dimension);
	add_amount(gate, row, shown, &figures);
	if (row->slot < SLOT__COUNT) {
		figures.bytes = period->slots[row->slot].bytes;
		if (row->dimension == DIM_HOUR)
			add_quantiles(period->hour_bins[row->slot - SLOT_HOUR], &figures);
	} else {
		const struct cell *cell = cell_of(gate, row);
		figures.bytes = cell->bytes;
		figures.pages = cell->pages;
		figures.visits = cell->visits;
		figures.bounces = cell->bounces;
		figures.customers = shown->customers ? cell->customers : 0;
		add_quantiles(cell->bins, &figures);
	}
	if (row->dimension == DIM_CUSTOMERS && shown->customers)
		figures.has |= FIGURE_CUSTOMERS;
	if (!row->group)
		hide_people(gate, row->people, &figures);
	return figures;
}

static void add_to_fold(struct figures *into, const struct figures *from)
{
	into->hits += from->hits;
	into->bytes += from->bytes;
	into->pages += from->pages;
	into->visits += from->visits;
	into->bounces += from->bounces;
	into->customers += from->customers;
	into->amount = saturate_add(into->amount, from->amount);
	into->has |= from->has & ~(unsigned)FIGURE_LATENCY;
}

static int emit_folds(const struct gate *gate, uint32_t period, const struct figures *sums,
		      struct trend *trend)
{
	for (uint32_t g = gate->first_group[period]; g; g = gate->groups[g].next) {
		const struct gate_group *group = &gate->groups[g];
		struct figures figures = sums[g];
		char key[KEY_MAX] = "(other)";
		if (!group->members || group->units < gate->tally->options.min_visitors)
			continue; /* nothing is named beside it, and what is left would be of few */
		figures.units = group->units;
		figures.visitors = group->visitors < figures.hits ? group->visitors : figures.hits;
		hide_people(gate, group->people, &figures);
		if (!group->whole)
			snprintf(key, sizeof(key), "%s (other)", agent_browser_name(group->parent));
		if (trend_add(trend, (enum dimension)group->dimension, key, true, &figures))
			return -1;
	}
	return 0;
}

/* `sums` has a place for each group, zeroed for those of this period. */
static int emit_rows(const struct gate *gate, uint32_t period, struct figures *sums,
		     struct trend *trend)
{
	struct shown shown = what_to_show(gate, period);
	char key[KEY_MAX];
	int failed = 0;
	for (size_t i = gate->starts[period]; i < gate->starts[period + 1] && !failed; i++) {
		const struct gate_row *row = &gate->rows[i];
		struct figures figures = row_figures(gate, row, &shown);
		if (row->group)
			add_to_fold(&sums[row->group], &figures);
		else
			failed = trend_add(trend, (enum dimension)row->dimension,
					   gate_key(gate, row, key), false, &figures);
	}
	return failed || emit_folds(gate, period, sums, trend) ? -1 : 0;
}

static void mark_approximate(const struct gate *gate, struct trend *trend)
{
	const struct tally *tally = gate->tally;
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		bool live = d == DIM_PAGE || d == DIM_ENTRY_PAGE || d == DIM_EXIT_PAGE ||
			    d == DIM_FLOW || d == DIM_NOT_FOUND_PAGE || d == DIM_REFERRER_HOST ||
			    d == DIM_CAMPAIGN || d == DIM_SITE || d == DIM_CUSTOMERS;
		trend->panels[d].approximate =
		    tally->visitors_capped || tally->cells.capped[d] ||
		    (live && (tally->pairs_sketched || tally->names.turned_away)) ||
		    (d == DIM_CUSTOMERS && tally->customers_capped);
	}
}

/* Distinct customers, summed over days; 0 when they are fewer than k. */
static uint64_t count_customers(const struct gate *gate, uint32_t period)
{
	uint64_t customers = 0;
	for (size_t i = gate->starts[period]; i < gate->starts[period + 1]; i++)
		if (gate->rows[i].dimension == DIM_CUSTOMERS)
			customers += cell_of(gate, &gate->rows[i])->customers;
	return customers >= gate->tally->options.min_visitors ? customers : 0;
}

static struct trend *emit(struct gate *gate, uint32_t p, struct figures *sums)
{
	const struct tally *tally = gate->tally;
	struct trend *trend = trend_new(tally->options.min_visitors);
	if (!trend)
		return NULL;
	unsigned k = tally->options.min_visitors;
	trend->shown = gate->gates[p] >= k && (gate->people[p] == 0 || gate->people[p] >= k);
	if (!trend->shown)
		return trend; /* its balance only, also inside the totals of several periods */
	trend->totals = tally->periods[p]->totals;
	if (emit_rows(gate, p, sums, trend)) {
		trend_free(trend);
		return NULL;
	}
	trend->totals.customers = count_customers(gate, p);
	mark_approximate(gate, trend);
	return trend;
}

/* One trend per period, in their order; what `each` gets is its to free. */
struct each {
	int (*each)(void *context, int32_t period, struct trend *trend, struct error *error);
	void *context;
	struct error *error;
};

static int emit_all(struct gate *gate, const struct trend *notes, const struct each *each)
{
	struct figures *sums = calloc(gate->groups_n + 1, sizeof(*sums));
	int failed = sums ? 0 : error_set(each->error, "out of memory at the gate");
	for (uint32_t p = 0; p < gate->tally->periods_n && !failed; p++) {
		struct trend *trend = emit(gate, p, sums);
		if (!trend) {
			failed = error_set(each->error, "out of memory at the gate");
			break;
		}
		trend->balance = gate->tally->periods[p]->balance;
		for (size_t i = 0; trend->shown && i < notes->notes_n; i++)
			trend_add_note(trend, notes->notes[i].text);
		failed = each->each(each->context, gate->tally->periods[p]->id, trend, each->error);
	}
	free(sums);
	return failed;
}

static void release(struct gate *gate)
{
	free(gate->rows);
	free(gate->starts);
	free(gate->whole);
	free(gate->inner);
	free(gate->first_group);
	free(gate->groups);
	free(gate->order);
	free(gate->slot_units);
	free(gate->slot_people);
	free(gate->people);
	free(gate->slot_visitors);
	free(gate->slot_groups);
	free(gate->gates);
}

static int run(struct gate *gate, const struct each *each)
{
	gate->groups = calloc(64, sizeof(*gate->groups));
	gate->groups_cap = 64;
	gate->groups_n = 1;
	struct trend *notes = trend_new(gate->tally->options.min_visitors);
	int failed = !gate->groups || !notes || gate_count(gate) || gate_collect(gate) ||
		     fold_small(gate) || gate_notes(gate, notes) || fold_until_safe(gate);
	failed = failed ? error_set(each->error, "out of memory at the gate")
			: emit_all(gate, notes, each);
	trend_free(notes);
	return failed;
}

int gate_each(struct tally *tally,
	      int (*each)(void *context, int32_t period, struct trend *trend, struct error *error),
	      void *context, struct error *error)
{
	struct gate gate = {.tally = tally};
	struct each to = {each, context, error};
	tally_end_visits(tally);
	int failed =
	    tally->failed ? error_set(error, "out of memory at the gate") : run(&gate, &to);
	release(&gate);
	return failed ? -1 : 0;
}

struct sum { /* of the trends of a tally */
	struct trend *all;
	size_t periods_n;
};

static int add_to_sum(void *context, int32_t period, struct trend *trend, struct error *error)
{
	struct sum *sum = context;
	(void)period;
	if (sum->periods_n == 1) {
		trend_free(sum->all);
		sum->all = trend;
		return 0;
	}
	int failed = trend_merge(sum->all, trend);
	trend_free(trend);
	return failed ? error_set(error, "out of memory at the gate") : 0;
}

struct trend *gate_open(struct tally *tally, struct error *error)
{
	struct sum sum = {trend_new(tally->options.min_visitors), tally->periods_n};
	if (!sum.all) {
		error_set(error, "out of memory at the gate");
		return NULL;
	}
	if (gate_each(tally, add_to_sum, &sum, error)) {
		trend_free(sum.all);
		return NULL;
	}
	sum.all->balance = tally->balance;
	return sum.all;
}
