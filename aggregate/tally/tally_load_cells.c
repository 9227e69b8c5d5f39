/* tally_load_cells.c: cells, and the sets of who was in them. */
#include <stdlib.h>
#include "aggregate/tally/tally_load.h"
#include "base/saturate.h"

/* ---- cells ---- */

static bool is_letter(uint64_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

/* Whether a dimension keyed by numbers has such a key: reports print it without asking. */
static bool is_number_of(const struct load *load, enum dimension dimension, uint64_t key)
{
	switch (dimension) {
	case DIM_DAY:
	case DIM_CUSTOMERS:
		return key == tally_day_key(load->day);
	case DIM_COUNTRY:
		return !key || (key <= UINT16_MAX && is_letter(key >> 8) && is_letter(key & 0xFF));
	case DIM_BROWSER:
	case DIM_OS:
	case DIM_DEVICE_CLASS:
		return key <= UINT8_MAX;
	case DIM_CRAWLER:
		return key <= UINT16_MAX;
	case DIM_BROWSER_VERSION:
		return key >> 24 == 0;
	default:
		return false;
	}
}

static bool has_cells(unsigned dimension)
{
	return dimension < DIM__COUNT &&
	       (tally_keyed_by_name((enum dimension)dimension) || dimension == DIM_FLOW ||
		dimension == DIM_DAY || dimension == DIM_CUSTOMERS || dimension == DIM_COUNTRY ||
		dimension == DIM_BROWSER || dimension == DIM_OS || dimension == DIM_DEVICE_CLASS ||
		dimension == DIM_CRAWLER || dimension == DIM_BROWSER_VERSION);
}

/* A name that found no room goes where all such names go. */
static uint64_t unpack_key(struct load *load, struct unpack *unpack)
{
	uint32_t name = names_keep(&load->tally->names, unpack_text(unpack));
	return name == NAME_OTHER ? CELL_KEY_OTHER : name;
}

static bool unpack_literal(struct load *load, struct unpack *unpack, enum dimension dimension,
			   uint64_t *ret_key)
{
	uint64_t kind = unpack_number(unpack), from, to;
	switch (kind) {
	case LITERAL_OTHER:
		*ret_key = CELL_KEY_OTHER;
		return true;
	case LITERAL_NONE:
		*ret_key = NAME_NONE;
		return dimension == DIM_AS || dimension == DIM_SITE;
	case LITERAL_NUMBER:
		*ret_key = unpack_number(unpack);
		return is_number_of(load, dimension, *ret_key);
	case LITERAL_NAME:
		*ret_key = unpack_key(load, unpack);
		return tally_keyed_by_name(dimension);
	case LITERAL_FLOW:
		from = unpack_key(load, unpack);
		to = unpack_key(load, unpack);
		*ret_key = from == CELL_KEY_OTHER || to == CELL_KEY_OTHER ? CELL_KEY_OTHER
									  : from << 32 | to;
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
		       const struct loaded_cell *at)
{
	struct tally *tally = load->tally;
	struct cell *cell = cells_at(&tally->cells, at->index);
	struct distinct sets[3] = {{0}};
	struct distinct *into[3] = {&cell->unit_set, &cell->visitor_set, &cell->people_set};
	bool established = unpack_number(unpack) != 0;
	uint64_t weight = unpack_number(unpack), units = unpack_number(unpack),
		 visitors = unpack_number(unpack);
	int failed = 0;
	for (int i = 0; i < 3; i++)
		failed |= distinct_unpack(&sets[i], unpack);
	failed = failed || load_bins(load, unpack, &cell->bins);
	for (int i = 0; i < 3; i++) {
		if (!failed)
			distinct_merge(into[i], &sets[i]);
		distinct_release(&sets[i]);
	}
	add_sums(cell, row);
	cell->dirty = !at->whole;
	if (failed || !at->whole)
		return failed;
	cell->number = cell->order = at->number;
	cell->weight = weight;
	cell->units = (uint32_t)units;
	cell->visitors = (uint32_t)visitors;
	if (established && !cell->established)
		cells_establish(&tally->cells, cell);
	return 0;
}

static int remember_cell(struct load *load, const struct loaded_cell *cell)
{
	if (load->cells_n == load->cells_cap) {
		size_t cap = load->cells_cap ? 2 * load->cells_cap : 256;
		struct loaded_cell *cells = realloc(load->cells, cap * sizeof(*cells));
		if (!cells)
			return -1;
		load->cells = cells;
		load->cells_cap = cap;
	}
	load->cells[load->cells_n++] = *cell;
	if (cell->number > load->entry->cells)
		load->entry->cells = cell->number;
	return 0;
}

static int load_cell(struct load *load, const struct store_row *row, int32_t period,
		     struct error *error)
{
	struct cells *cells = &load->tally->cells;
	enum dimension dimension = (enum dimension)row->dimension;
	struct loaded_cell at = {.period = period, .dimension = row->dimension};
	struct unpack unpack;
	if (load_open(load, row, &unpack, error))
		return -1;
	bool known = unpack_literal(load, &unpack, dimension, &at.key);
	uint64_t number = unpack_number(&unpack);
	if (!known || unpack.failed || !number || number >= UINT32_MAX)
		return load_damaged(error);
	/* Whole: it has its own place. Otherwise there was no room, or its name found none, or
	 * visitors who were retired while loading made one. */
	bool there = cells_find(cells, period, dimension, at.key) != CELL_NONE;
	at.number = (uint32_t)number;
	at.index = tally_cell(load->tally, period, dimension, at.key);
	if (at.index == CELL_NONE || load->tally->failed)
		return load_out_of_memory(error);
	at.whole = !there && cells_at(cells, at.index)->key == at.key;
	load->entry->rewrite |= !at.whole; /* its row is another's now */
	if (remember_cell(load, &at))
		return load_out_of_memory(error);
	return unpack_cell(load, &unpack, row, &at) ? load_damaged(error) : 0;
}

/* Without the key only what a cell's dimension is can be told: its sums go to (other), those of the
 * day to the day. */
static int fold_cell(struct load *load, const struct store_row *row, int32_t period,
		     struct error *error)
{
	bool of_day = row->dimension == DIM_DAY || row->dimension == DIM_CUSTOMERS;
	uint64_t key = of_day ? tally_day_key(load->day) : CELL_KEY_OTHER;
	uint32_t index = tally_cell(load->tally, period, (enum dimension)row->dimension, key);
	if (index == CELL_NONE)
		return load_out_of_memory(error);
	add_sums(cells_at(&load->tally->cells, index), row);
	return 0;
}

int load_each_cell(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	int32_t period;
	if (!has_cells(row->dimension) ||
	    !load_period_of(load, (uint64_t)row->sums[SUM_SITE], &period))
		return load_damaged(error);
	return load->keys ? load_cell(load, row, period, error)
			  : fold_cell(load, row, period, error);
}

/* ---- sets ---- */

/* Segments that are written later come behind those that are there. */
static int check_segment(struct load *load, const struct store_row *row, struct error *error)
{
	if (row->key.n != ROWS_SEGMENT_KEY)
		return load_damaged(error);
	uint32_t number = rows_get32(row->key.p + 1);
	if (number == UINT32_MAX)
		return load_damaged(error);
	if (number >= load->entry->segments)
		load->entry->segments = number + 1;
	return 0;
}

static int each_tags(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	struct unpack unpack;
	int32_t period;
	bool fresh;
	struct tags *tags =
	    row->table == STORE_UNIT ? &load->tally->units : &load->tally->customers;
	if (check_segment(load, row, error) || load_open(load, row, &unpack, error))
		return -1;
	while (unpack.n) {
		bool known = load_period_of(load, unpack_number(&unpack), &period);
		uint64_t tag = unpack_fixed(&unpack);
		if (unpack.failed || !known)
			return load_damaged(error);
		uint32_t number = tags_number(tags, tag, period, &fresh);
		if (number != TAG_NONE)
			tags->kept[number] = true;
		else if (row->table == STORE_CUSTOMER)
			load->tally->customers_capped = true;
		else if (!load->tally->visitors_capped)
			tally_retire(load->tally);
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct loaded_cell *)a)->number;
	uint32_t y = ((const struct loaded_cell *)b)->number;
	return x < y ? -1 : x > y;
}

static struct loaded_cell *find_cell(const struct load *load, uint64_t number)
{
	struct loaded_cell wanted = {.number = (uint32_t)number};
	if (number > UINT32_MAX || !load->cells_n)
		return NULL;
	return bsearch(&wanted, load->cells, load->cells_n, sizeof(wanted), by_number);
}

static const struct loaded_visitor *find_visitor(const struct load *load, uint64_t number)
{
	size_t low = 0, high = load->visitors_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (load->visitors[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < load->visitors_n && load->visitors[low].number == number ? &load->visitors[low]
									      : NULL;
}

/* Where a cell is now. Cells that came after it may have made it fold: then it is in (other). */
static uint32_t place_of(struct load *load, struct loaded_cell *at)
{
	struct cells *cells = &load->tally->cells;
	enum dimension dimension = (enum dimension)at->dimension;
	const struct cell *cell = cells_at(cells, at->index);
	if (cell->live && cell->key == at->key && cell->dimension == at->dimension &&
	    cell->period == at->period)
		return at->index;
	at->index = cells_find(cells, at->period, dimension, at->key);
	if (at->index != CELL_NONE)
		return at->index;
	at->key = CELL_KEY_OTHER;
	at->whole = false;
	return at->index = tally_cell(load->tally, at->period, dimension, CELL_KEY_OTHER);
}

/* A member of a cell's set; into the sketch when sets have become sketches. */
static int add_member(struct load *load, unsigned kind, struct loaded_cell *at, uint64_t member)
{
	struct tally *tally = load->tally;
	uint32_t index = place_of(load, at);
	const struct loaded_visitor *visitor =
	    kind == PAIRS_VISITORS ? find_visitor(load, member) : NULL;
	bool fresh;
	if (index == CELL_NONE || (kind == PAIRS_VISITORS && !visitor))
		return -1;
	struct cell *cell = cells_at(&tally->cells, index);
	uint64_t tag = visitor ? visitor->tag : member;
	if (!tally->pairs_sketched) {
		struct pairs *pairs =
		    kind == PAIRS_UNITS ? &tally->unit_pairs : &tally->visitor_pairs;
		uint32_t number = visitor ? visitor->index
					  : tags_number(&tally->gates, tag, cell->period, &fresh);
		int added = number == TAG_NONE ? -1 : pairs_add(pairs, index, number);
		if (added > 0 && !at->whole) /* of a cell that is whole the row says how many */
			++*(kind == PAIRS_UNITS ? &cell->units : &cell->visitors);
		if (added >= 0)
			return 0;
		tally_sketch_pairs(tally);
	}
	distinct_add(kind == PAIRS_UNITS ? &cell->unit_set : &cell->visitor_set, tag, true);
	return 0;
}

static int each_pairs(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	struct unpack unpack;
	if (check_segment(load, row, error) || load_open(load, row, &unpack, error))
		return -1;
	unsigned kind = (uint8_t)row->key.p[0];
	if (kind > PAIRS_VISITORS)
		return load_damaged(error);
	while (unpack.n) {
		struct loaded_cell *at = find_cell(load, unpack_number(&unpack));
		uint64_t member =
		    kind == PAIRS_UNITS ? unpack_fixed(&unpack) : unpack_number(&unpack);
		if (unpack.failed || !at || add_member(load, kind, at, member))
			return load_damaged(error);
	}
	return 0;
}

int load_sets(struct load *load, struct error *error)
{
	struct tally *tally = load->tally;
	if (load->cells_n)
		qsort(load->cells, load->cells_n, sizeof(*load->cells), by_number);
	for (size_t i = 1; i < load->cells_n; i++)
		if (load->cells[i - 1].number == load->cells[i].number)
			return load_damaged(error);
	bool journals = tally->unit_pairs.journals;
	tally->unit_pairs.journals = tally->visitor_pairs.journals = false; /* the store has them */
	int failed =
	    store_each_row(load->store, load->day, STORE_UNIT, each_tags, load, error) ||
	    store_each_row(load->store, load->day, STORE_CUSTOMER, each_tags, load, error) ||
	    store_each_row(load->store, load->day, STORE_PAIR, each_pairs, load, error);
	tally->unit_pairs.journals = tally->visitor_pairs.journals = journals;
	return failed ? -1 : 0;
}
