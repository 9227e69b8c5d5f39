/*
 * tally_load.c: a hot day's rows back into a tally.
 *
 * Records get new places; what refers to them (pairs, visits that reach over midnight) is
 * translated by the numbers in their rows. Cells and visitors are taken in the order of their
 * numbers, which is the order in which they first came, so that ties at the caps fall as they would
 * have.
 */
#include <stdlib.h>
#include "aggregate/tally/tally_keep.h"
#include "aggregate/tally/tally_rows.h"
#include "aggregate/tally/tally_state.h"
#include "base/pack.h"
#include "base/saturate.h"

struct numbered { /* a record by the number in its row */
	uint64_t tag;
	uint32_t index;
};

struct link { /* a visit that began the day before, by the tag of that record */
	uint32_t index;
	uint64_t before;
};

struct load {
	struct tally *tally;
	struct store *store;
	struct sealing_keys *keys; /* NULL: lost */
	int32_t day;
	struct tally_day *entry;
	struct numbered *visitors, *cells; /* by number */
	uint32_t visitors_n, cells_n;	   /* numbers given out */
	uint8_t *plain;
	size_t plain_cap;
	struct link *links;
	size_t links_n, links_cap;
	bool sketched, capped;
	uint8_t goals[SLOTS_GOAL];	     /* goal of the rows → goal of this run */
	uint16_t sections[HIT_SECTIONS_MAX]; /* the same for sites */
};

static int damaged(const struct load *load, struct error *error)
{
	(void)load;
	return error_set(error, "a row of a hot day does not fit: the state is damaged or was "
				"written by another version");
}

static int out_of_memory(struct error *error)
{
	return error_set(error, "out of memory for a hot day");
}

/* The plain bytes of a sealed row, valid until the next. */
static int open_row(struct load *load, const struct store_row *row, struct unpack *ret,
		    struct error *error)
{
	size_t n;
	if (load->plain_cap < row->body.n) {
		free(load->plain);
		load->plain = malloc(2 * row->body.n);
		load->plain_cap = load->plain ? 2 * row->body.n : 0;
		if (!load->plain)
			return out_of_memory(error);
	}
	if (seal_open(load->keys, row->day, row->table, row->key, row->body, load->plain, &n))
		return error_set(error, "a row of a hot day does not open with the day's key");
	*ret = unpack_from(slice_make((const char *)load->plain, n));
	return 0;
}

/* ---- periods ---- */

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
	lost->visitors += unpack_number(unpack);
	lost->hits += unpack_number(unpack);
	lost->bytes += unpack_number(unpack);
	lost->pages += unpack_number(unpack);
	lost->visits += unpack_number(unpack);
	lost->bounces += unpack_number(unpack);
	lost->visit_seconds += unpack_number(unpack);
	lost->amount = saturate_add(lost->amount, unpack_signed(unpack));
	lost->crawler_hits += unpack_number(unpack);
	lost->crawler_bytes += unpack_number(unpack);
	lost->gates += unpack_number(unpack);
	lost->people += unpack_number(unpack);
}

/* A goal that is no longer configured has no place: its figures end. */
static unsigned slot_now(const struct load *load, uint64_t slot)
{
	if (slot >= SLOT_GOAL && slot < SLOT_GOAL + SLOTS_GOAL)
		return load->goals[slot - SLOT_GOAL] == UINT8_MAX
			   ? SLOT__COUNT
			   : SLOT_GOAL + (unsigned)load->goals[slot - SLOT_GOAL];
	if (slot >= SLOT_PAID && slot < SLOT_PAID + SLOTS_PAID)
		return load->goals[slot - SLOT_PAID] == UINT8_MAX
			   ? SLOT__COUNT
			   : SLOT_PAID + (unsigned)load->goals[slot - SLOT_PAID];
	return slot < SLOT__COUNT ? (unsigned)slot : SLOT__COUNT;
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

static int unpack_bins(struct load *load, struct unpack *unpack, uint32_t **bins)
{
	uint64_t n = unpack_number(unpack), bin = 0;
	if (!n)
		return 0;
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
	load->sketched = unpack_number(unpack) != 0;
	load->capped = unpack_number(unpack) != 0;
	tally->customers_capped |= unpack_number(unpack) != 0;
	tally->names.turned_away |= unpack_number(unpack) != 0;
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		tally->cells.capped[d] |= unpack_number(unpack) != 0;
		uint64_t floor = unpack_number(unpack);
		if (floor > tally->cells.floor[d])
			tally->cells.floor[d] = floor;
	}
}

static void number_max(uint32_t *into, uint64_t value)
{
	if (value > *into && value < UINT32_MAX / 2)
		*into = (uint32_t)value;
}

static struct period *period_of_row(struct load *load, const struct store_row *row,
				    struct slice site, struct error *error)
{
	uint32_t number = row->key.n >= 4 ? rows_get32(row->key.p) : UINT32_MAX;
	unsigned section = tally_section(load->tally, site);
	if (number >= HIT_SECTIONS_MAX || section >= HIT_SECTIONS_MAX) {
		damaged(load, error);
		return NULL;
	}
	load->sections[number] = (uint16_t)section;
	load->entry->rewrite |= section != number; /* rows must agree on what a number means */
	struct period *period = tally_period(load->tally, hit_period(load->day, section));
	if (!period)
		error_set(error,
			  "no room for a hot day; more --memory or fewer open days would do");
	return period;
}

static int load_period(struct load *load, struct unpack *unpack, struct period *period)
{
	struct packed_slot slots[SLOT__COUNT];
	struct lost sums = {0};
	unsigned n;
	int64_t latest = unpack_signed(unpack);
	if (latest > load->tally->latest)
		load->tally->latest = latest;
	unpack_balance(unpack, &period->balance);
	unpack_totals(unpack, &period->totals);
	unpack_lost(unpack, &period->lost);
	unpack_lost(unpack, &sums);
	if (unpack_slots(unpack, slots, &n) || unpack_goals(load, unpack, period))
		return -1;
	for (unsigned i = 0; i < n; i++) {
		unsigned slot = slot_now(load, slots[i].slot);
		if (slot == SLOT__COUNT)
			continue;
		period->slots[slot].hits = slots[i].hits;
		period->slots[slot].bytes = slots[i].bytes;
	}
	for (unsigned hour = 0; hour < SLOTS_HOUR; hour++)
		if (unpack_bins(load, unpack, &period->hour_bins[hour]))
			return -1;
	unpack_caps(load, unpack);
	if (!load->keys) { /* nobody can be told apart any more */
		struct lost *lost = &period->lost;
		lost->visitors += sums.visitors;
		lost->hits += sums.hits;
		lost->bytes += sums.bytes;
		lost->pages += sums.pages;
		lost->visits += sums.visits;
		lost->bounces += sums.bounces;
		lost->visit_seconds += sums.visit_seconds;
		lost->amount = saturate_add(lost->amount, sums.amount);
		lost->crawler_hits += sums.crawler_hits;
		lost->crawler_bytes += sums.crawler_bytes;
		lost->gates = lost->gates > sums.gates ? lost->gates : sums.gates;
		lost->people = lost->people > sums.people ? lost->people : sums.people;
		period->totals.approximate = true; /* who comes again is counted again */
		period->dirty = true;
	}
	return unpack->failed ? -1 : 0;
}

static int load_sets(struct load *load, const struct store_row *row, struct error *error)
{
	struct unpack unpack;
	uint32_t number = rows_get32(row->key.p);
	if (!load->keys || number >= HIT_SECTIONS_MAX)
		return 0;
	struct period *period =
	    tally_period(load->tally, hit_period(load->day, load->sections[number]));
	if (!period || open_row(load, row, &unpack, error))
		return -1;
	period->sets = calloc(SLOT__COUNT, sizeof(*period->sets));
	if (!period->sets)
		return out_of_memory(error);
	int failed = distinct_unpack(&period->units, &unpack) ||
		     distinct_unpack(&period->gates, &unpack) ||
		     distinct_unpack(&period->people, &unpack) ||
		     distinct_unpack(&period->visitors, &unpack);
	for (unsigned s = 0; s < SLOT__COUNT && !failed; s++)
		failed = distinct_unpack(&period->sets[s].units, &unpack) ||
			 distinct_unpack(&period->sets[s].people, &unpack) ||
			 distinct_unpack(&period->sets[s].visitors, &unpack);
	return failed ? damaged(load, error) : 0;
}

static int each_period(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	if (row->key.n == ROWS_KEY)
		return load_sets(load, row, error);
	struct unpack unpack = unpack_from(row->body);
	if (unpack_number(&unpack) != ROWS_LAYOUT)
		return error_set(error, "a hot day was counted by another version of veiltally; "
					"close it with that version first");
	struct slice site = unpack_text(&unpack);
	number_max(&load->visitors_n, unpack_number(&unpack));
	number_max(&load->cells_n, unpack_number(&unpack));
	number_max(&load->entry->segments, unpack_number(&unpack));
	struct period *period = period_of_row(load, row, site, error);
	if (!period)
		return -1;
	load->entry = tally_day(load->tally, load->day);
	return load_period(load, &unpack, period) ? damaged(load, error) : 0;
}

/* ---- visitors ---- */

static uint32_t unpack_name(struct load *load, struct unpack *unpack)
{
	uint64_t kind = unpack_number(unpack);
	return kind < NAME_FIRST ? (uint32_t)kind
				 : names_keep(&load->tally->names, unpack_text(unpack));
}

static int unpack_seen(const struct load *load, struct unpack *unpack, uint64_t seen[SLOT_WORDS])
{
	uint64_t n = unpack_number(unpack), slot = 0;
	for (uint64_t i = 0; i < n && !unpack->failed; i++) {
		slot += unpack_number(unpack);
		if (slot >= SLOT__COUNT)
			return -1;
		unsigned now = slot_now(load, slot);
		if (now < SLOT__COUNT)
			slots_see(seen, now);
	}
	return unpack->failed ? -1 : 0;
}

/* `before` is looked up later, when the day before is there: its tag waits in *ret_before. */
static void unpack_visit(struct load *load, struct unpack *unpack, struct visitor *visitor,
			 uint64_t *ret_before)
{
	visitor->first = unpack_signed(unpack);
	visitor->last = unpack_signed(unpack);
	visitor->visit_pages = (uint32_t)unpack_number(unpack);
	*ret_before = unpack_fixed(unpack);
	if (!visitor->visit_pages)
		return;
	visitor->entry_time = visitor->first + unpack_signed(unpack);
	visitor->exit_time = visitor->first + unpack_signed(unpack);
	visitor->entry = unpack_name(load, unpack);
	visitor->exit = unpack_name(load, unpack);
}

static int unpack_visitor(struct load *load, struct unpack *unpack, struct visitor *visitor,
			  uint64_t *ret_before)
{
	visitor->number = (uint32_t)unpack_number(unpack);
	uint64_t section = unpack_number(unpack);
	if (section >= HIT_SECTIONS_MAX || !visitor->number || visitor->number > load->visitors_n)
		return -1;
	visitor->day = load->day;
	visitor->period = hit_period(load->day, load->sections[section]);
	visitor->tag = unpack_fixed(unpack);
	visitor->unit = unpack_fixed(unpack);
	visitor->gate = unpack_fixed(unpack);
	visitor->country = (uint16_t)unpack_number(unpack);
	visitor->crawler = (uint16_t)unpack_number(unpack);
	visitor->version = (uint16_t)unpack_number(unpack);
	visitor->browser = (uint8_t)unpack_number(unpack);
	visitor->os = (uint8_t)unpack_number(unpack);
	visitor->device = (uint8_t)unpack_number(unpack);
	visitor->as = unpack_name(load, unpack);
	visitor->site = unpack_name(load, unpack);
	if (unpack_seen(load, unpack, visitor->seen))
		return -1;
	visitor->hits = (uint32_t)unpack_number(unpack);
	visitor->bytes = unpack_number(unpack);
	visitor->pages = (uint32_t)unpack_number(unpack);
	visitor->visits = (uint32_t)unpack_number(unpack);
	visitor->bounces = (uint32_t)unpack_number(unpack);
	visitor->visit_seconds = (uint32_t)unpack_number(unpack);
	visitor->amount = unpack_signed(unpack);
	unpack_visit(load, unpack, visitor, ret_before);
	return unpack->failed ? -1 : 0;
}

static int add_link(struct load *load, uint32_t index, uint64_t before)
{
	if (load->links_n == load->links_cap) {
		size_t cap = load->links_cap ? 2 * load->links_cap : 64;
		struct link *links = realloc(load->links, cap * sizeof(*links));
		if (!links)
			return -1;
		load->links = links;
		load->links_cap = cap;
	}
	load->links[load->links_n++] = (struct link){index, before};
	return 0;
}

/* Puts a record in its place. Its gate's number is given anew; room is made by retiring others. */
static int place_visitor(struct load *load, const struct visitor *read, uint64_t before)
{
	struct tally *tally = load->tally;
	bool fresh;
	uint32_t gate = 0;
	if (!tally->visitors_capped) {
		gate = tags_number(&tally->gates, read->gate, read->period, &fresh);
		if (gate == TAG_NONE)
			tally_retire(tally);
	}
	uint32_t index = visitors_add(&tally->visitors, read->tag);
	if (index == VISITOR_NONE) {
		tally_retire(tally);
		index = visitors_add(&tally->visitors, read->tag);
	}
	if (index == VISITOR_NONE)
		return -1;
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	*visitor = *read;
	visitor->live = true;
	visitor->before = VISITOR_NONE;
	visitor->gate_number = gate == TAG_NONE ? 0 : gate;
	load->visitors[read->number] = (struct numbered){read->tag, index};
	return before ? add_link(load, index, before) : 0;
}

static int each_page(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	struct unpack unpack;
	if (open_row(load, row, &unpack, error))
		return -1;
	while (unpack.n) {
		struct visitor visitor = {0};
		uint64_t before;
		if (unpack_visitor(load, &unpack, &visitor, &before))
			return damaged(load, error);
		if (place_visitor(load, &visitor, before))
			return out_of_memory(error);
	}
	return 0;
}

static int load_visitors(struct load *load, struct error *error)
{
	load->visitors = calloc((size_t)load->visitors_n + 1, sizeof(*load->visitors));
	load->cells = calloc((size_t)load->cells_n + 1, sizeof(*load->cells));
	if (!load->visitors || !load->cells)
		return out_of_memory(error);
	return store_each_row(load->store, load->day, STORE_VISITOR, each_page, load, error);
}

/* ---- cells ---- */

static bool unpack_literal(struct load *load, struct unpack *unpack, unsigned dimension,
			   uint64_t *ret_key)
{
	uint64_t kind = unpack_number(unpack), from, to;
	switch (kind) {
	case LITERAL_OTHER:
		*ret_key = CELL_KEY_OTHER;
		return true;
	case LITERAL_NONE:
		*ret_key = NAME_NONE;
		return tally_keyed_by_name((enum dimension)dimension);
	case LITERAL_NUMBER:
		*ret_key = unpack_number(unpack);
		return !tally_keyed_by_name((enum dimension)dimension);
	case LITERAL_NAME:
		*ret_key = names_keep(&load->tally->names, unpack_text(unpack));
		if (*ret_key == NAME_OTHER)
			*ret_key = CELL_KEY_OTHER;
		return tally_keyed_by_name((enum dimension)dimension);
	case LITERAL_FLOW:
		from = names_keep(&load->tally->names, unpack_text(unpack));
		to = names_keep(&load->tally->names, unpack_text(unpack));
		*ret_key =
		    from == NAME_OTHER || to == NAME_OTHER ? CELL_KEY_OTHER : from << 32 | to;
		return dimension == DIM_FLOW;
	default:
		return false;
	}
}

static void add_sums(struct cell *cell, const struct store_row *row)
{
	cell->hits += (uint64_t)row->sums[SUM_HITS];
	cell->bytes += (uint64_t)row->sums[SUM_BYTES];
	cell->pages += (uint64_t)row->sums[SUM_PAGES];
	cell->visits += (uint64_t)row->sums[SUM_VISITS];
	cell->bounces += (uint64_t)row->sums[SUM_BOUNCES];
	cell->customers += (uint64_t)row->sums[SUM_CUSTOMERS];
	cell->amount = saturate_add(cell->amount, row->sums[SUM_AMOUNT]);
}

static int unpack_cell(struct load *load, struct unpack *unpack, const struct store_row *row,
		       uint32_t index, uint32_t number, bool whole)
{
	struct tally *tally = load->tally;
	struct cell *cell = cells_at(&tally->cells, index);
	struct distinct sets[3] = {{0}};
	bool established = unpack_number(unpack) != 0;
	uint64_t weight = unpack_number(unpack), units = unpack_number(unpack),
		 visitors = unpack_number(unpack);
	int failed = 0;
	for (int i = 0; i < 3; i++)
		failed |= distinct_unpack(&sets[i], unpack);
	add_sums(cell, row);
	if (failed || unpack_bins(load, unpack, &cell->bins)) {
		for (int i = 0; i < 3; i++)
			distinct_release(&sets[i]);
		return -1;
	}
	struct distinct *into[3] = {&cell->unit_set, &cell->visitor_set, &cell->people_set};
	for (int i = 0; i < 3; i++) {
		distinct_merge(into[i], &sets[i]);
		distinct_release(&sets[i]);
	}
	cell->dirty = !whole;
	if (!whole)
		return 0;
	cell->number = number;
	cell->weight = weight;
	cell->units = (uint32_t)units;
	cell->visitors = (uint32_t)visitors;
	if (established && !cell->established)
		cells_establish(&tally->cells, cell);
	return 0;
}

static int load_cell(struct load *load, const struct store_row *row, int32_t period,
		     struct error *error)
{
	struct unpack unpack;
	uint64_t key;
	if (open_row(load, row, &unpack, error))
		return -1;
	bool known = unpack_literal(load, &unpack, row->dimension, &key);
	uint64_t number = unpack_number(&unpack);
	if (!known || unpack.failed || !number || number > load->cells_n)
		return damaged(load, error);
	uint32_t before =
	    cells_find(&load->tally->cells, period, (enum dimension)row->dimension, key);
	uint32_t index = tally_cell(load->tally, period, (enum dimension)row->dimension, key);
	if (index == CELL_NONE)
		return out_of_memory(error);
	/* Whole: it has its own place. Otherwise there was no room, or its name found none. */
	bool whole = before == CELL_NONE && cells_at(&load->tally->cells, index)->key == key;
	load->cells[number].index = index;
	load->cells[number].tag = whole;
	load->entry->rewrite |= !whole; /* its row is (other)'s now */
	return unpack_cell(load, &unpack, row, index, (uint32_t)number, whole)
		   ? damaged(load, error)
		   : 0;
}

/* Without the key only what a cell's dimension is can be told: its sums go to (other), those of the
 * day to the day. */
static int fold_cell(struct load *load, const struct store_row *row, int32_t period,
		     struct error *error)
{
	bool of_day = row->dimension == DIM_DAY || row->dimension == DIM_CUSTOMERS;
	uint64_t key = of_day ? (uint64_t)(int64_t)load->day + (1u << 31) : CELL_KEY_OTHER;
	uint32_t index = tally_cell(load->tally, period, (enum dimension)row->dimension, key);
	if (index == CELL_NONE)
		return out_of_memory(error);
	add_sums(cells_at(&load->tally->cells, index), row);
	return 0;
}

static int each_cell(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	uint64_t site = (uint64_t)row->sums[SUM_SITE];
	if (row->dimension >= DIM__COUNT || site >= HIT_SECTIONS_MAX)
		return damaged(load, error);
	int32_t period = hit_period(load->day, load->sections[site]);
	return load->keys ? load_cell(load, row, period, error)
			  : fold_cell(load, row, period, error);
}

/* ---- sets ---- */

static int each_tags(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	struct unpack unpack;
	bool fresh;
	struct tags *tags =
	    row->table == STORE_UNIT ? &load->tally->units : &load->tally->customers;
	if (open_row(load, row, &unpack, error))
		return -1;
	while (unpack.n) {
		uint64_t site = unpack_number(&unpack), tag = unpack_fixed(&unpack);
		if (unpack.failed || site >= HIT_SECTIONS_MAX)
			return damaged(load, error);
		uint32_t number =
		    tags_number(tags, tag, hit_period(load->day, load->sections[site]), &fresh);
		if (number != TAG_NONE)
			tags->kept[number] = true;
		else if (row->table == STORE_CUSTOMER)
			load->tally->customers_capped = true;
		else if (!load->tally->visitors_capped)
			tally_retire(load->tally);
	}
	return 0;
}

/* A member of a cell's set; into the sketch when sets have become sketches. */
static int add_member(struct load *load, unsigned kind, const struct numbered *at, uint64_t member)
{
	struct tally *tally = load->tally;
	struct cell *cell = cells_at(&tally->cells, at->index);
	uint64_t tag = member;
	bool fresh;
	if (kind == PAIRS_VISITORS) {
		if (!member || member > load->visitors_n || !load->visitors[member].tag)
			return -1;
		tag = load->visitors[member].tag;
	}
	if (!tally->pairs_sketched) {
		struct pairs *pairs =
		    kind == PAIRS_UNITS ? &tally->unit_pairs : &tally->visitor_pairs;
		uint32_t number = kind == PAIRS_UNITS
				      ? tags_number(&tally->gates, tag, cell->period, &fresh)
				      : load->visitors[member].index;
		int added = number == TAG_NONE ? -1 : pairs_add(pairs, at->index, number);
		if (added > 0 && !at->tag) /* of a cell that is whole the row says how many */
			++*(kind == PAIRS_UNITS ? &cell->units : &cell->visitors);
		if (added >= 0)
			return 0;
		tally_sketch_pairs(tally);
	}
	if (tally->pairs_sketched)
		distinct_add(kind == PAIRS_UNITS ? &cell->unit_set : &cell->visitor_set, tag, true);
	return 0;
}

static int each_pairs(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	struct unpack unpack;
	unsigned kind = row->key.n ? (uint8_t)row->key.p[0] : 2;
	if (kind > PAIRS_VISITORS || open_row(load, row, &unpack, error))
		return kind > PAIRS_VISITORS ? damaged(load, error) : -1;
	while (unpack.n) {
		uint64_t cell = unpack_number(&unpack);
		uint64_t member =
		    kind == PAIRS_UNITS ? unpack_fixed(&unpack) : unpack_number(&unpack);
		if (unpack.failed || !cell || cell > load->cells_n ||
		    add_member(load, kind, &load->cells[cell], member))
			return damaged(load, error);
	}
	return 0;
}

static int load_sets_of_cells(struct load *load, struct error *error)
{
	struct tally *tally = load->tally;
	tally->unit_pairs.journals = tally->visitor_pairs.journals = false; /* the store has them */
	int failed =
	    store_each_row(load->store, load->day, STORE_UNIT, each_tags, load, error) ||
	    store_each_row(load->store, load->day, STORE_CUSTOMER, each_tags, load, error) ||
	    store_each_row(load->store, load->day, STORE_PAIR, each_pairs, load, error);
	tally->unit_pairs.journals = tally->visitor_pairs.journals = true;
	return failed;
}

/* ---- a day ---- */

/* Visits that began the day before: opens it, which may load it in turn. */
static void resolve_links(struct load *load)
{
	struct tally *tally = load->tally;
	if (!load->links_n || !tally_day_open(tally, load->day - 1))
		return;
	for (size_t i = 0; i < load->links_n; i++) {
		struct visitor *visitor = visitors_at(&tally->visitors, load->links[i].index);
		if (visitor->live && visitor->day == load->day)
			visitor->before = visitors_find(&tally->visitors, load->links[i].before);
	}
}

static int load_records(struct load *load, struct error *error)
{
	struct tally *tally = load->tally;
	if (!load->keys) {
		load->entry->rewrite = true;
		load->entry->visitors = load->entry->cells = 0;
		return store_each_row(load->store, load->day, STORE_CELL, each_cell, load, error);
	}
	load->entry->visitors = load->visitors_n;
	load->entry->cells = load->cells_n;
	if (load->sketched && !tally->pairs_sketched)
		tally_sketch_pairs(tally);
	tally->visitors_capped |= load->capped;
	return load_visitors(load, error) ||
		       store_each_row(load->store, load->day, STORE_CELL, each_cell, load, error) ||
		       load_sets_of_cells(load, error)
		   ? -1
		   : 0;
}

int tally_load(struct tally *tally, int32_t day, struct store *store, struct sealing_keys *keys,
	       struct error *error)
{
	struct load *load = calloc(1, sizeof(*load));
	if (!load)
		return out_of_memory(error);
	*load = (struct load){.tally = tally, .store = store, .keys = keys, .day = day};
	load->entry = tally_day(tally, day);
	int failed = store_each_row(store, day, STORE_PERIOD, each_period, load, error);
	if (!failed)
		failed = load_records(load, error);
	if (!failed && tally->failed)
		failed = out_of_memory(error);
	if (!failed)
		resolve_links(load);
	failed |= tally->failed;
	free(load->visitors);
	free(load->cells);
	free(load->links);
	free(load->plain);
	free(load);
	return failed ? -1 : 0;
}

int tally_open(struct tally *tally, int32_t day, struct error *error)
{
	tally->error = error;
	error_set(error, "out of memory for a hot day");
	tally_day_open(tally, day);
	return tally->failed ? -1 : 0;
}

int tally_load_folded(struct tally *tally, int32_t day, struct store *store, struct error *error)
{
	/* An entry without asking: who would be asked has the key. */
	struct tally_options asked = tally->options;
	tally->options.open_day = NULL;
	tally->error = error;
	int failed = tally_add_day(tally, day) || tally_load(tally, day, store, NULL, error);
	tally->options.open_day = asked.open_day;
	return failed ? -1 : 0;
}

const char *tally_site(const struct tally *tally, unsigned section)
{
	return section ? tally->sites[section - 1] : "";
}
