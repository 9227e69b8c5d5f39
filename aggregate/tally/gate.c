#include "aggregate/tally/gate.h"
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/tally/bins.h"
#include "aggregate/tally/gate_notes.h"
#include "aggregate/tally/gate_rows.h"
#include "aggregate/veil/agent.h"

/* The fold a row goes to: that of its panel, or of its browser. GROUP_NONE when memory is out. */
static uint32_t group_of(struct gate *gate, const struct gate_row *row, bool whole)
{
	uint32_t *known = whole ? &gate->whole[row->period][row->dimension]
				: &gate->inner[row->period][row->parent];
	if (*known)
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
	for (size_t i = 0; i < gate->rows_n; i++) {
		struct gate_row *row = &gate->rows[i];
		if (row->group || row->period != group->period ||
		    row->dimension != group->dimension ||
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
 * Folds until each fold has k units or nothing beside it is named. A fold of versions that is still
 * too small with all of its browser's named versions in it cannot be: the browser has k units
 * itself.
 */
static int fold_until_safe(struct gate *gate)
{
	unsigned k = gate->tally->options.min_visitors;
	for (bool again = true; again;) {
		again = false;
		if (fold_orphans(gate) || gate_count_groups(gate))
			return -1;
		for (size_t g = 1; g < gate->groups_n; g++) {
			const struct gate_group *group = &gate->groups[g];
			struct gate_row *row =
			    group->members && group->units < k ? smallest(gate, group) : NULL;
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
		if (row->units >= gate->tally->options.min_visitors && !is_other_cell(gate, row))
			continue;
		if (fold(gate, row, !is_version(gate, row)))
			return -1;
	}
	return 0;
}

static void add_quantiles(const uint32_t *bins, struct figures *figures)
{
	if (!bins)
		return;
	figures->has |= FIGURE_LATENCY;
	figures->p50_us = (uint32_t)bins_high(bins_quantile(bins, TALLY_BINS, 500), TALLY_BINS_K);
	figures->p95_us = (uint32_t)bins_high(bins_quantile(bins, TALLY_BINS, 950), TALLY_BINS_K);
}

/* Which figures beyond hits, bytes and visitors a dimension has. */
static unsigned figures_of(const struct gate *gate, enum dimension dimension)
{
	switch (dimension) {
	case DIM_DAY:
		return FIGURE_PAGES | FIGURE_VISITS | FIGURE_BOUNCES |
		       (gate->tally->options.goals_n ? FIGURE_AMOUNT : 0);
	case DIM_COUNTRY:
	case DIM_AS:
	case DIM_BROWSER:
	case DIM_BROWSER_VERSION:
	case DIM_OS:
	case DIM_DEVICE_CLASS:
		return FIGURE_PAGES | FIGURE_VISITS | FIGURE_BOUNCES;
	case DIM_ENTRY_PAGE:
		return FIGURE_BOUNCES;
	case DIM_CUSTOMERS:
		return FIGURE_CUSTOMERS;
	case DIM_GOAL:
		return FIGURE_AMOUNT;
	default:
		return 0;
	}
}

static struct figures row_figures(const struct gate *gate, const struct gate_row *row)
{
	struct figures figures = {
	    .hits = row->hits, .units = row->units, .visitors = row->visitors};
	figures.has = figures_of(gate, (enum dimension)row->dimension);
	if (row->slot < SLOT__COUNT) {
		const struct slot *slot = &gate->tally->periods[row->period]->slots[row->slot];
		figures.bytes = slot->bytes;
		figures.amount = slot->amount;
		add_quantiles(slot->bins, &figures);
		return figures;
	}
	const struct cell *cell = cells_at(&gate->tally->cells, row->cell);
	figures.bytes = cell->bytes;
	figures.pages = cell->pages;
	figures.visits = cell->visits;
	figures.bounces = cell->bounces;
	figures.customers = cell->customers;
	figures.amount = cell->amount;
	add_quantiles(cell->bins, &figures);
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
	into->amount += from->amount;
	into->has |= from->has & ~(unsigned)FIGURE_LATENCY;
}

static int emit_folds(const struct gate *gate, uint32_t period, const struct figures *sums,
		      struct trend *trend)
{
	for (uint32_t g = gate->first_group[period]; g; g = gate->groups[g].next) {
		const struct gate_group *group = &gate->groups[g];
		struct figures figures = sums[g];
		char key[KEY_MAX] = "(other)";
		if (!group->members)
			continue;
		figures.units = group->units;
		figures.visitors = group->visitors;
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
	char key[KEY_MAX];
	int failed = 0;
	for (size_t i = gate->starts[period]; i < gate->starts[period + 1] && !failed; i++) {
		const struct gate_row *row = &gate->rows[i];
		struct figures figures = row_figures(gate, row);
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

static struct trend *emit(struct gate *gate, uint32_t p, struct figures *sums)
{
	const struct tally *tally = gate->tally;
	struct trend *trend = trend_new(tally->options.min_visitors);
	if (!trend)
		return NULL;
	trend->shown = gate->gates[p] >= tally->options.min_visitors;
	if (!trend->shown)
		return trend; /* its balance only, also inside the totals of several periods */
	trend->totals = tally->periods[p]->totals;
	if (emit_rows(gate, p, sums, trend)) {
		trend_free(trend);
		return NULL;
	}
	for (size_t i = 0; i < trend->panels[DIM_CUSTOMERS].n; i++)
		trend->totals.customers += trend->panels[DIM_CUSTOMERS].rows[i].figures.customers;
	mark_approximate(gate, trend);
	return trend;
}

static struct trend *emit_all(struct gate *gate)
{
	struct trend *all = trend_new(gate->tally->options.min_visitors);
	struct figures *sums = calloc(gate->groups_n + 1, sizeof(*sums));
	int failed = all && sums ? 0 : -1;
	for (uint32_t p = 0; p < gate->tally->periods_n && !failed; p++) {
		struct trend *trend = emit(gate, p, sums);
		failed = trend ? 0 : -1;
		if (trend && gate->tally->periods_n == 1) {
			trend_free(all);
			all = trend;
		} else if (trend) {
			failed = trend_merge(all, trend);
			trend_free(trend);
		}
	}
	free(sums);
	if (failed)
		trend_free(all);
	return failed ? NULL : all;
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
	free(gate->slot_visitors);
	free(gate->slot_groups);
	free(gate->gates);
}

static struct trend *run(struct gate *gate)
{
	gate->groups = calloc(64, sizeof(*gate->groups));
	gate->groups_cap = 64;
	gate->groups_n = 1;
	if (!gate->groups || gate_count(gate) || gate_collect(gate) || fold_small(gate))
		return NULL;
	struct trend *notes = trend_new(gate->tally->options.min_visitors);
	if (!notes || gate_notes(gate, notes) || fold_until_safe(gate)) {
		trend_free(notes);
		return NULL;
	}
	struct trend *trend = emit_all(gate);
	for (size_t i = 0; trend && trend->shown && i < notes->notes_n; i++)
		trend_add_note(trend, notes->notes[i].text);
	trend_free(notes);
	return trend;
}

struct trend *gate_open(struct tally *tally, struct error *error)
{
	struct gate gate = {.tally = tally};
	tally_end_visits(tally);
	struct trend *trend = tally->failed ? NULL : run(&gate);
	release(&gate);
	if (trend)
		trend->balance = tally->balance;
	else
		error_set(error, "out of memory at the gate");
	return trend;
}
