/* tally_load_period.c: the plain rows of a day: sums of its sites, and what their numbers mean. */
#include <stdlib.h>
#include "aggregate/tally/tally_load.h"
#include "base/saturate.h"

static void unpack_balance(struct unpack *unpack, struct balance *balance)
{
	balance->lines += unpack_number(unpack);
	balance->counted += unpack_number(unpack);
	balance->dropped += unpack_number(unpack);
	balance->bytes_read += unpack_number(unpack);
	for (unsigned i = 0; i < TREND_REASONS_MAX; i++) {
		balance->excluded[i] += unpack_number(unpack);
		balance->rejected[i] += unpack_number(unpack);
	}
}

static void unpack_totals(struct unpack *unpack, struct trend_totals *totals)
{
	totals->hits = unpack_number(unpack);
	totals->pages = unpack_number(unpack);
	totals->visits = unpack_number(unpack);
	totals->bounces = unpack_number(unpack);
	totals->visitors = unpack_number(unpack);
	totals->units = unpack_number(unpack);
	totals->bytes = unpack_number(unpack);
	totals->crawler_hits = unpack_number(unpack);
	totals->crawler_bytes = unpack_number(unpack);
	totals->reordered = unpack_number(unpack);
	totals->steps = unpack_number(unpack);
	totals->visit_seconds = unpack_number(unpack);
	totals->first = unpack_signed(unpack);
	totals->last = unpack_signed(unpack);
	totals->approximate = unpack_number(unpack) != 0;
}

static void unpack_lost(struct unpack *unpack, struct lost *lost)
{
	lost->visitors = unpack_number(unpack);
	lost->hits = unpack_number(unpack);
	lost->bytes = unpack_number(unpack);
	lost->pages = unpack_number(unpack);
	lost->visits = unpack_number(unpack);
	lost->bounces = unpack_number(unpack);
	lost->visit_seconds = unpack_number(unpack);
	lost->amount = unpack_signed(unpack);
	lost->crawler_hits = unpack_number(unpack);
	lost->crawler_bytes = unpack_number(unpack);
	lost->gates = unpack_number(unpack);
	lost->people = unpack_number(unpack);
}

struct packed_slot {
	uint64_t slot, hits, bytes;
};

static int unpack_slots(struct unpack *unpack, struct packed_slot slots[SLOT__COUNT],
			unsigned *ret_n)
{
	uint64_t n = unpack_number(unpack), slot = 0;
	if (n > SLOT__COUNT)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		slot += unpack_number(unpack);
		slots[i].slot = slot;
		slots[i].hits = unpack_number(unpack);
		slots[i].bytes = unpack_number(unpack);
	}
	*ret_n = (unsigned)n;
	return unpack->failed ? -1 : 0;
}

static int unpack_goals(struct load *load, struct unpack *unpack, struct period *period)
{
	const struct tally_options *options = &load->tally->options;
	uint64_t n = unpack_number(unpack);
	if (n > SLOTS_GOAL)
		return -1;
	memset(load->goals, UINT8_MAX, sizeof(load->goals));
	for (unsigned i = 0; i < n; i++) {
		struct slice name = unpack_text(unpack);
		int64_t amount = unpack_signed(unpack);
		for (unsigned g = 0; g < options->goals_n; g++)
			if (slice_is(name, options->goals[g]))
				load->goals[i] = (uint8_t)g;
		load->entry->rewrite |= load->goals[i] != i;
		if (load->goals[i] != UINT8_MAX)
			period->goal_amounts[load->goals[i]] = amount;
	}
	return unpack->failed ? -1 : 0;
}

int load_bins(struct load *load, struct unpack *unpack, uint32_t **bins)
{
	uint64_t n = unpack_number(unpack), bin = 0;
	if (!n)
		return unpack->failed ? -1 : 0;
	if (!*bins)
		*bins = tally_bins(load->tally);
	for (uint64_t i = 1; i < n && !unpack->failed; i++) {
		bin += unpack_number(unpack);
		uint64_t count = unpack_number(unpack);
		if (bin >= TALLY_BINS)
			return -1;
		if (*bins)
			(*bins)[bin] += (uint32_t)count;
	}
	return unpack->failed ? -1 : 0;
}

static void unpack_caps(struct load *load, struct unpack *unpack)
{
	struct tally *tally = load->tally;
	load->sketched |= unpack_number(unpack) != 0;
	load->capped |= unpack_number(unpack) != 0;
	load->sketched |= load->capped; /* retired visitors are in sketches only */
	tally->customers_capped |= unpack_number(unpack) != 0;
	tally->names.turned_away |= unpack_number(unpack) != 0;
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		tally->cells.capped[d] |= unpack_number(unpack) != 0;
		uint64_t floor = unpack_number(unpack);
		if (floor > tally->cells.floor[d])
			tally->cells.floor[d] = floor;
	}
}

/* The period of a row, made for it: two rows of one site would be counted twice. */
static struct period *period_of_row(struct load *load, const struct store_row *row,
				    struct slice site, struct error *error)
{
	uint32_t number = rows_get32(row->key.p);
	unsigned section = tally_section(load->tally, site);
	if (section >= HIT_SECTIONS_MAX) {
		error_set(error, "there are more sites than there is room for");
		return NULL;
	}
	bool known = number >= HIT_SECTIONS_MAX;
	for (unsigned i = 0; i < HIT_SECTIONS_MAX; i++)
		known |= load->sections[i] == (int16_t)section;
	if (known || load->sections[number] >= 0) {
		load_damaged(error);
		return NULL;
	}
	load->sections[number] = (int16_t)section;
	load->entry->rewrite |= section != number; /* rows must agree on what a number means */
	load->tally->loading = true;
	struct period *period = tally_period(load->tally, hit_period(load->day, section));
	load->tally->loading = false;
	if (!period)
		error_set(error, "no room for a hot day; more --memory would do");
	return period;
}

/* Nobody can be told apart any more: what is known of the visitors are their sums. */
static void lose(struct period *period, const struct lost *sums)
{
	struct lost *lost = &period->lost;
	lost->visitors += sums->visitors;
	lost->hits += sums->hits;
	lost->bytes += sums->bytes;
	lost->pages += sums->pages;
	lost->visits += sums->visits;
	lost->bounces += sums->bounces;
	lost->visit_seconds += sums->visit_seconds;
	lost->amount = saturate_add(lost->amount, sums->amount);
	lost->crawler_hits += sums->crawler_hits;
	lost->crawler_bytes += sums->crawler_bytes;
	lost->gates = lost->gates > sums->gates ? lost->gates : sums->gates;
	lost->people = lost->people > sums->people ? lost->people : sums->people;
	period->totals.approximate = true; /* who comes again is counted again */
	period->dirty = true;
}

static bool is_time(int64_t time)
{
	return time > -LOAD_TIME_MAX && time < LOAD_TIME_MAX;
}

static int load_period(struct load *load, struct unpack *unpack, struct period *period)
{
	struct packed_slot slots[SLOT__COUNT];
	struct lost sums;
	unsigned n;
	int64_t latest = unpack_signed(unpack);
	if (latest > load->tally->latest)
		load->tally->latest = latest;
	unpack_balance(unpack, &period->balance);
	unpack_totals(unpack, &period->totals);
	unpack_lost(unpack, &period->lost);
	unpack_lost(unpack, &sums);
	if (unpack_slots(unpack, slots, &n) || unpack_goals(load, unpack, period) ||
	    !is_time(latest) || !is_time(period->totals.first) || !is_time(period->totals.last))
		return -1;
	for (unsigned i = 0; i < n; i++) {
		unsigned slot = load_slot(load, slots[i].slot);
		if (slot == SLOT__COUNT)
			continue;
		period->slots[slot].hits = slots[i].hits;
		period->slots[slot].bytes = slots[i].bytes;
	}
	for (unsigned hour = 0; hour < SLOTS_HOUR; hour++)
		if (load_bins(load, unpack, &period->hour_bins[hour]))
			return -1;
	unpack_caps(load, unpack);
	if (!load->keys)
		lose(period, &sums);
	return unpack->failed ? -1 : 0;
}

/* What retired visitors left: a row behind the period's own. */
static int load_slot_sets(struct load *load, const struct store_row *row, struct error *error)
{
	struct unpack unpack;
	int32_t id;
	if (!load_period_of(load, rows_get32(row->key.p), &id))
		return load_damaged(error);
	if (!load->keys)
		return 0;
	struct period *period = tally_period(load->tally, id);
	if (load_open(load, row, &unpack, error))
		return -1;
	if (!period || period->sets)
		return load_damaged(error);
	period->sets = calloc(SLOT__COUNT, sizeof(*period->sets));
	if (!period->sets)
		return load_out_of_memory(error);
	int failed = distinct_unpack(&period->units, &unpack) ||
		     distinct_unpack(&period->gates, &unpack) ||
		     distinct_unpack(&period->people, &unpack) ||
		     distinct_unpack(&period->visitors, &unpack);
	for (unsigned s = 0; s < SLOT__COUNT && !failed; s++) {
		struct slot_sets none = {{0}, {0}, {0}}, *set = &none;
		unsigned slot = load_slot(load, s);
		if (slot < SLOT__COUNT)
			set = &period->sets[slot];
		failed = distinct_unpack(&set->units, &unpack) ||
			 distinct_unpack(&set->people, &unpack) ||
			 distinct_unpack(&set->visitors, &unpack);
		distinct_release(&none.units);
		distinct_release(&none.people);
		distinct_release(&none.visitors);
	}
	return failed ? load_damaged(error) : 0;
}

int load_each_period(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	if (row->key.n == ROWS_SETS_KEY)
		return load_slot_sets(load, row, error);
	struct unpack unpack = unpack_from(row->body);
	if (row->key.n != ROWS_PERIOD_KEY)
		return load_damaged(error);
	if (unpack_number(&unpack) != ROWS_LAYOUT)
		return error_set(error, "a hot day was counted by another version of veiltally; "
					"close it with that version first");
	struct period *period = period_of_row(load, row, unpack_text(&unpack), error);
	if (!period)
		return -1;
	return load_period(load, &unpack, period) ? load_damaged(error) : 0;
}
