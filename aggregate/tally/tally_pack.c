/* tally_pack.c: records as bytes; tally_load*.c reads them back field by field. */
#include "aggregate/tally/tally_pack.h"
#include "aggregate/tally/tally_keep.h"
#include "aggregate/tally/tally_rows.h"

/* ---- visitors ---- */

static void pack_name(struct pack *pack, const struct tally *tally, uint32_t name)
{
	pack_number(pack, name < NAME_FIRST ? name : NAME_FIRST);
	if (name >= NAME_FIRST)
		pack_text(pack, names_text(&tally->names, name));
}

static void pack_seen(struct pack *pack, const uint64_t seen[SLOT_WORDS])
{
	unsigned n = 0, last = 0;
	for (unsigned w = 0; w < SLOT_WORDS; w++)
		n += (unsigned)__builtin_popcountll(seen[w]);
	pack_number(pack, n);
	for (unsigned s = 0; s < SLOT__COUNT; s++) {
		if (!slots_seen(seen, s))
			continue;
		pack_number(pack, s - last);
		last = s;
	}
}

/* Where a visit stands, and who the visitor was the day before while that one's may go on. */
static void pack_visit(struct pack *pack, const struct tally *tally, const struct visitor *visitor)
{
	uint64_t before = visitor->before == VISITOR_NONE
			      ? visitor->before_tag
			      : visitors_at(&tally->visitors, visitor->before)->tag;
	pack_signed(pack, visitor->first);
	pack_signed(pack, visitor->last);
	pack_number(pack, visitor->visit_pages);
	pack_fixed(pack, before);
	if (!visitor->visit_pages)
		return;
	pack_signed(pack, visitor->entry_time - visitor->first);
	pack_signed(pack, visitor->exit_time - visitor->first);
	pack_name(pack, tally, visitor->entry);
	pack_name(pack, tally, visitor->exit);
}

void tally_pack_visitor(struct pack *pack, const struct tally *tally, const struct visitor *visitor)
{
	pack_number(pack, visitor->number);
	pack_number(pack, hit_period_section(visitor->period));
	pack_fixed(pack, visitor->tag);
	pack_fixed(pack, visitor->unit);
	pack_fixed(pack, visitor->gate);
	pack_number(pack, visitor->country);
	pack_number(pack, visitor->crawler);
	pack_number(pack, visitor->version);
	pack_number(pack, visitor->browser);
	pack_number(pack, visitor->os);
	pack_number(pack, visitor->device);
	pack_name(pack, tally, visitor->as);
	pack_name(pack, tally, visitor->site);
	pack_seen(pack, visitor->seen);
	pack_number(pack, visitor->hits);
	pack_number(pack, visitor->bytes);
	pack_number(pack, visitor->pages);
	pack_number(pack, visitor->visits);
	pack_number(pack, visitor->bounces);
	pack_number(pack, visitor->visit_seconds);
	pack_signed(pack, visitor->amount);
	pack_visit(pack, tally, visitor);
}

/* ---- cells ---- */

void tally_pack_literal(struct pack *pack, const struct tally *tally, const struct cell *cell)
{
	if (cell->key == CELL_KEY_OTHER) {
		pack_number(pack, LITERAL_OTHER);
	} else if (cell->dimension == DIM_FLOW) {
		pack_number(pack, LITERAL_FLOW);
		pack_text(pack, names_text(&tally->names, (uint32_t)(cell->key >> 32)));
		pack_text(pack, names_text(&tally->names, (uint32_t)cell->key));
	} else if (!tally_keyed_by_name((enum dimension)cell->dimension)) {
		pack_number(pack, LITERAL_NUMBER);
		pack_number(pack, cell->key);
	} else if (cell->key < NAME_FIRST) {
		pack_number(pack, LITERAL_NONE);
	} else {
		pack_number(pack, LITERAL_NAME);
		pack_text(pack, names_text(&tally->names, (uint32_t)cell->key));
	}
}

static void pack_bins(struct pack *pack, const uint32_t *bins)
{
	unsigned n = 0, last = 0;
	for (unsigned i = 0; bins && i < TALLY_BINS; i++)
		n += bins[i] != 0;
	pack_number(pack, bins ? n + 1 : 0);
	for (unsigned i = 0; n && i < TALLY_BINS; i++) {
		if (!bins[i])
			continue;
		pack_number(pack, i - last);
		pack_number(pack, bins[i]);
		last = i;
	}
}

void tally_pack_cell(struct pack *pack, const struct tally *tally, const struct cell *cell)
{
	tally_pack_literal(pack, tally, cell);
	pack_number(pack, cell->number);
	pack_number(pack, cell->established);
	pack_number(pack, cell->weight);
	pack_number(pack, cell->units);
	pack_number(pack, cell->visitors);
	distinct_pack(&cell->unit_set, pack);
	distinct_pack(&cell->visitor_set, pack);
	distinct_pack(&cell->people_set, pack);
	pack_bins(pack, cell->bins);
}

/* ---- periods ---- */

static void pack_balance(struct pack *pack, const struct balance *balance)
{
	pack_number(pack, balance->lines);
	pack_number(pack, balance->counted);
	pack_number(pack, balance->dropped);
	pack_number(pack, balance->bytes_read);
	for (unsigned i = 0; i < TREND_REASONS_MAX; i++) {
		pack_number(pack, balance->excluded[i]);
		pack_number(pack, balance->rejected[i]);
	}
}

static void pack_totals(struct pack *pack, const struct trend_totals *totals)
{
	pack_number(pack, totals->hits);
	pack_number(pack, totals->pages);
	pack_number(pack, totals->visits);
	pack_number(pack, totals->bounces);
	pack_number(pack, totals->visitors);
	pack_number(pack, totals->units);
	pack_number(pack, totals->bytes);
	pack_number(pack, totals->crawler_hits);
	pack_number(pack, totals->crawler_bytes);
	pack_number(pack, totals->reordered);
	pack_number(pack, totals->steps);
	pack_number(pack, totals->visit_seconds);
	pack_signed(pack, totals->first);
	pack_signed(pack, totals->last);
	pack_number(pack, totals->approximate);
}

static void pack_lost(struct pack *pack, const struct lost *lost)
{
	pack_number(pack, lost->visitors);
	pack_number(pack, lost->hits);
	pack_number(pack, lost->bytes);
	pack_number(pack, lost->pages);
	pack_number(pack, lost->visits);
	pack_number(pack, lost->bounces);
	pack_number(pack, lost->visit_seconds);
	pack_signed(pack, lost->amount);
	pack_number(pack, lost->crawler_hits);
	pack_number(pack, lost->crawler_bytes);
	pack_number(pack, lost->gates);
	pack_number(pack, lost->people);
}

static void pack_slots(struct pack *pack, const struct slot slots[SLOT__COUNT])
{
	unsigned n = 0, last = 0;
	for (unsigned s = 0; s < SLOT__COUNT; s++)
		n += slots[s].hits != 0;
	pack_number(pack, n);
	for (unsigned s = 0; s < SLOT__COUNT; s++) {
		if (!slots[s].hits)
			continue;
		pack_number(pack, s - last);
		pack_number(pack, slots[s].hits);
		pack_number(pack, slots[s].bytes);
		last = s;
	}
}

/* What the caps did, for all days alike: a day that was counted beside a flood says approximate
 * too. */
static void pack_caps(struct pack *pack, const struct tally *tally)
{
	pack_number(pack, tally->pairs_sketched);
	pack_number(pack, tally->visitors_capped);
	pack_number(pack, tally->customers_capped);
	pack_number(pack, tally->names.turned_away);
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		pack_number(pack, tally->cells.capped[d]);
		pack_number(pack, tally->cells.floor[d]);
	}
}

void tally_pack_period(struct pack *pack, const struct tally *tally, const struct period *period)
{
	const struct tally_options *options = &tally->options;
	pack_number(pack, ROWS_LAYOUT);
	pack_text(pack, slice_from(tally_site(tally, hit_period_section(period->id))));
	pack_signed(pack, tally->latest);
	pack_balance(pack, &period->balance);
	pack_totals(pack, &period->totals);
	pack_lost(pack, &period->lost);
	pack_lost(pack, &period->sums);
	pack_slots(pack, period->slots);
	pack_number(pack, options->goals_n);
	for (unsigned g = 0; g < options->goals_n; g++) {
		pack_text(pack, slice_from(options->goals[g]));
		pack_signed(pack, period->goal_amounts[g]);
	}
	for (unsigned hour = 0; hour < SLOTS_HOUR; hour++)
		pack_bins(pack, period->hour_bins[hour]);
	pack_caps(pack, tally);
}

void tally_pack_sets(struct pack *pack, const struct period *period)
{
	distinct_pack(&period->units, pack);
	distinct_pack(&period->gates, pack);
	distinct_pack(&period->people, pack);
	distinct_pack(&period->visitors, pack);
	for (unsigned s = 0; s < SLOT__COUNT; s++) {
		distinct_pack(&period->sets[s].units, pack);
		distinct_pack(&period->sets[s].people, pack);
		distinct_pack(&period->sets[s].visitors, pack);
	}
}
