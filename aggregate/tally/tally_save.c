/*
 * tally_save.c: what changed of the hot days, as rows.
 *
 * One walk over the records for all days together (a batch over old logs has thousands of days),
 * then day by day. Visitors are written in pages of sixteen, because most are touched again by the
 * next run and a row of its own for each would cost more in keys, padding and calls than rewriting
 * neighbours.
 */
#include <stdlib.h>
#include "aggregate/tally/tally_keep.h"
#include "aggregate/tally/tally_pack.h"
#include "aggregate/tally/tally_rows.h"
#include "aggregate/tally/tally_state.h"
#include "base/pack.h"
#include "base/saturate.h"

struct bucket { /* what one day has to write */
	struct tally_day *day;
	struct sealing_keys *keys;
	bool touched, any;	    /* any: there is something of it at all */
	uint32_t *visitors, *cells; /* indexes */
	uint32_t visitors_n, cells_n;
	struct pack units, pairs[2], customers; /* segments being filled */
};

struct save {
	struct tally *tally;
	struct store *store;
	struct error *error;
	struct bucket *buckets; /* by index of tally->days */
	uint32_t *visitors, *cells;
	struct pack plain;
	uint8_t *sealed;
	size_t sealed_cap;
};

struct keyed { /* a cell on its way: rows are written in the order of their keys */
	uint8_t key[ROW_KEY_SIZE];
	uint32_t cell, order;
};

static int out_of_memory(const struct save *save)
{
	return error_set(save->error, "out of memory for the state's rows");
}

/* ---- rows ---- */

static int put_plain(struct save *save, struct store_row *row)
{
	if (save->plain.failed)
		return out_of_memory(save);
	row->body = pack_slice(&save->plain);
	return store_put_row(save->store, row, save->error);
}

static int put_sealed(struct save *save, const struct bucket *bucket, struct store_row *row,
		      const struct pack *plain)
{
	size_t need = seal_size(plain->n);
	if (plain->failed)
		return out_of_memory(save);
	if (save->sealed_cap < need) {
		free(save->sealed);
		save->sealed = malloc(2 * need);
		save->sealed_cap = save->sealed ? 2 * need : 0;
		if (!save->sealed)
			return out_of_memory(save);
	}
	row->day = bucket->day->day;
	if (seal_close(bucket->keys, row->day, row->table, row->key, pack_slice(plain),
		       save->sealed))
		return error_set(save->error, "libcrypto could not seal a row of the state");
	row->body = slice_make((const char *)save->sealed, need);
	return store_put_row(save->store, row, save->error);
}

static int put_segment(struct save *save, struct bucket *bucket, enum store_table table,
		       unsigned kind, struct pack *segment)
{
	uint8_t key[ROWS_SEGMENT_KEY] = {(uint8_t)kind};
	if (!segment->n && !segment->failed)
		return 0;
	rows_put32(key + 1, bucket->day->segments++);
	struct store_row row = {.table = (uint8_t)table,
				.key = slice_make((const char *)key, sizeof(key))};
	int failed = put_sealed(save, bucket, &row, segment);
	pack_clear(segment);
	return failed;
}

/* ---- visitors ---- */

struct numbered { /* a visitor on its way: rows are written in the order of their numbers */
	uint32_t number, index;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct numbered *)a)->number, y = ((const struct numbered *)b)->number;
	return x < y ? -1 : x > y;
}

static int save_page(struct save *save, const struct bucket *bucket,
		     const struct numbered *numbered, uint32_t n)
{
	struct visitors *visitors = &save->tally->visitors;
	uint8_t key[ROWS_PAGE_KEY];
	bool dirty = bucket->day->rewrite;
	for (uint32_t i = 0; i < n; i++)
		dirty |= visitors_at(visitors, numbered[i].index)->dirty;
	if (!dirty)
		return 0;
	pack_clear(&save->plain);
	for (uint32_t i = 0; i < n; i++) {
		struct visitor *visitor = visitors_at(visitors, numbered[i].index);
		tally_pack_visitor(&save->plain, save->tally, visitor);
		visitor->dirty = false;
	}
	rows_put32(key, numbered[0].number / ROWS_PAGE);
	struct store_row row = {.table = STORE_VISITOR,
				.key = slice_make((const char *)key, sizeof(key))};
	return put_sealed(save, bucket, &row, &save->plain);
}

static int save_visitors(struct save *save, struct bucket *bucket)
{
	uint32_t n = bucket->visitors_n;
	struct numbered *numbered = malloc(((size_t)n + 1) * sizeof(*numbered));
	int failed = 0;
	if (!numbered)
		return out_of_memory(save);
	for (uint32_t i = 0; i < n; i++) {
		struct visitor *visitor = visitors_at(&save->tally->visitors, bucket->visitors[i]);
		if (!visitor->number)
			visitor->number = ++bucket->day->visitors;
		numbered[i] = (struct numbered){visitor->number, bucket->visitors[i]};
	}
	if (n)
		qsort(numbered, n, sizeof(*numbered), by_number);
	for (uint32_t from = 0, to; from < n && !failed; from = to) {
		uint32_t page = numbered[from].number / ROWS_PAGE;
		for (to = from; to < n && numbered[to].number / ROWS_PAGE == page;)
			to++;
		failed = save_page(save, bucket, numbered + from, to - from);
	}
	free(numbered);
	return failed;
}

/* ---- cells ---- */

static int save_cell(struct save *save, const struct bucket *bucket, const struct keyed *keyed)
{
	struct cell *cell = cells_at(&save->tally->cells, keyed->cell);
	pack_clear(&save->plain);
	tally_pack_cell(&save->plain, save->tally, cell);
	struct store_row row = {
	    .table = STORE_CELL,
	    .dimension = cell->dimension,
	    .key = slice_make((const char *)keyed->key, ROW_KEY_SIZE),
	    .sums = {[SUM_HITS] = (int64_t)cell->hits,
		     [SUM_BYTES] = (int64_t)cell->bytes,
		     [SUM_PAGES] = (int64_t)cell->pages,
		     [SUM_VISITS] = (int64_t)cell->visits,
		     [SUM_BOUNCES] = (int64_t)cell->bounces,
		     [SUM_CUSTOMERS] = (int64_t)cell->customers,
		     [SUM_AMOUNT] = cell->amount,
		     [SUM_SITE] = (int64_t)hit_period_section(cell->period)},
	};
	cell->dirty = false;
	return put_sealed(save, bucket, &row, &save->plain);
}

static struct slice site_of(const struct tally *tally, int32_t period)
{
	return slice_from(tally_site(tally, hit_period_section(period)));
}

static int by_row_key(const void *a, const void *b)
{
	return memcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key, ROW_KEY_SIZE);
}

static int by_order(const void *a, const void *b)
{
	uint32_t x = ((const struct keyed *)a)->order, y = ((const struct keyed *)b)->order;
	return x < y ? -1 : x > y;
}

/* Numbers are given in the order in which cells came. */
static void number_cells(const struct save *save, const struct bucket *bucket, struct keyed *keyed)
{
	for (uint32_t i = 0; i < bucket->cells_n; i++) {
		keyed[i].cell = bucket->cells[i];
		keyed[i].order = cells_at(&save->tally->cells, keyed[i].cell)->order;
	}
	if (bucket->cells_n)
		qsort(keyed, bucket->cells_n, sizeof(*keyed), by_order);
	for (uint32_t i = 0; i < bucket->cells_n; i++) {
		struct cell *cell = cells_at(&save->tally->cells, keyed[i].cell);
		if (!cell->number)
			cell->number = ++bucket->day->cells;
	}
}

static int make_row_key(struct save *save, const struct bucket *bucket, struct keyed *keyed)
{
	const struct cell *cell = cells_at(&save->tally->cells, keyed->cell);
	pack_clear(&save->plain);
	tally_pack_literal(&save->plain, save->tally, cell);
	if (save->plain.failed)
		return out_of_memory(save);
	return seal_row_key(bucket->keys, cell->dimension, site_of(save->tally, cell->period),
			    pack_slice(&save->plain), keyed->key)
		   ? error_set(save->error, "libcrypto could not make a row's key")
		   : 0;
}

static int save_cells(struct save *save, struct bucket *bucket)
{
	struct keyed *keyed = malloc(((size_t)bucket->cells_n + 1) * sizeof(*keyed));
	int failed = 0;
	if (!keyed)
		return out_of_memory(save);
	number_cells(save, bucket, keyed);
	for (uint32_t i = 0; i < bucket->cells_n && !failed; i++)
		failed = make_row_key(save, bucket, &keyed[i]);
	if (!failed && bucket->cells_n)
		qsort(keyed, bucket->cells_n, sizeof(*keyed), by_row_key);
	for (uint32_t i = 0; i < bucket->cells_n && !failed; i++)
		failed = save_cell(save, bucket, &keyed[i]);
	free(keyed);
	return failed;
}

/* ---- sets ---- */

static struct bucket *bucket_of(struct save *save, int32_t day)
{
	const struct tally_day *found = tally_day(save->tally, day);
	struct bucket *bucket = found ? &save->buckets[found - save->tally->days] : NULL;
	return bucket && bucket->touched ? bucket : NULL;
}

/* Units and customers: the tags that the state does not have, in the order in which they came. */
static int save_tags(struct save *save, struct tags *tags, enum store_table table)
{
	for (uint32_t i = 0; i < tags->n; i++) {
		struct bucket *bucket = bucket_of(save, hit_period_day(tags->periods[i]));
		if (!bucket || (tags->kept[i] && !bucket->day->rewrite))
			continue;
		struct pack *segment = table == STORE_UNIT ? &bucket->units : &bucket->customers;
		pack_number(segment, hit_period_section(tags->periods[i]));
		pack_fixed(segment, tags->tags[i]);
		tags->kept[i] = true;
		if (segment->n >= ROWS_SEGMENT && put_segment(save, bucket, table, 0, segment))
			return -1;
	}
	return 0;
}

static int save_pair(struct save *save, unsigned kind, uint32_t cell_index, uint32_t number,
		     bool all)
{
	const struct tally *tally = save->tally;
	const struct cell *cell = cells_at(&tally->cells, cell_index);
	struct bucket *bucket = bucket_of(save, hit_period_day(cell->period));
	if (!bucket || (bucket->day->rewrite && !all) || (all && !bucket->day->rewrite))
		return 0;
	struct pack *segment = &bucket->pairs[kind];
	pack_number(segment, cell->number);
	if (kind == PAIRS_UNITS)
		pack_fixed(segment, tally->gates.tags[number]);
	else
		pack_number(segment, visitors_at(&tally->visitors, number)->number);
	return segment->n >= ROWS_SEGMENT ? put_segment(save, bucket, STORE_PAIR, kind, segment)
					  : 0;
}

/* What is new of days that go on, everything of days that are written anew. */
static int save_pairs(struct save *save, struct pairs *pairs, unsigned kind, bool any_rewrite)
{
	uint32_t cell, number;
	for (size_t at = 0; pairs_new(pairs, &at, &cell, &number);)
		if (save_pair(save, kind, cell, number, false))
			return -1;
	for (size_t at = 0; any_rewrite && pairs_next(pairs, &at, &cell, &number);)
		if (save_pair(save, kind, cell, number, true))
			return -1;
	pairs_written(pairs);
	return 0;
}

/* ---- periods ---- */

static int put_period(struct save *save, const struct bucket *bucket, const struct period *period)
{
	uint8_t key[ROWS_PERIOD_KEY];
	pack_clear(&save->plain);
	tally_pack_period(&save->plain, save->tally, period);
	rows_put32(key, hit_period_section(period->id));
	struct store_row row = {.day = bucket->day->day,
				.table = STORE_PERIOD,
				.key = slice_make((const char *)key, sizeof(key))};
	return put_plain(save, &row);
}

/* Sketches of visitors that were retired: who they were is in them, so they are sealed. */
static int put_sets(struct save *save, const struct bucket *bucket, const struct period *period)
{
	uint8_t key[ROWS_SETS_KEY];
	if (!period->sets)
		return 0;
	pack_clear(&save->plain);
	tally_pack_sets(&save->plain, period);
	rows_put32(key, hit_period_section(period->id));
	key[ROWS_PERIOD_KEY] = 's'; /* beside the period's own row, behind it */
	struct store_row row = {.table = STORE_PERIOD,
				.key = slice_make((const char *)key, sizeof(key))};
	return put_sealed(save, bucket, &row, &save->plain);
}

static int save_periods(struct save *save, const struct bucket *bucket)
{
	struct tally *tally = save->tally;
	for (size_t p = 0; p < tally->periods_n; p++) {
		struct period *period = tally->periods[p];
		if (hit_period_day(period->id) != bucket->day->day)
			continue;
		if (put_period(save, bucket, period) || put_sets(save, bucket, period))
			return -1;
		period->dirty = false;
	}
	return 0;
}

/* ---- which days, and what of them ---- */

/* How many units there are, told from the first visitor of each. */
static void count_units(uint8_t *seen, struct lost *sums, const struct visitor *visitor)
{
	uint8_t *unit = &seen[visitor->gate_number];
	sums->gates += !(*unit & 1);
	sums->people += !visitor->crawler && !(*unit & 2);
	*unit |= (uint8_t)(visitor->crawler ? 1 : 3);
}

static void add_sums(struct lost *sums, const struct visitor *visitor)
{
	if (visitor->crawler) {
		sums->crawler_hits += visitor->hits;
		sums->crawler_bytes += visitor->bytes;
		return;
	}
	sums->visitors++;
	sums->hits += visitor->hits;
	sums->bytes += visitor->bytes;
	sums->pages += visitor->pages;
	sums->visits += visitor->visits;
	sums->bounces += visitor->bounces;
	sums->visit_seconds += visitor->visit_seconds;
	sums->amount = saturate_add(sums->amount, visitor->amount);
}

static void touch(struct save *save, int32_t day)
{
	const struct tally_day *found = tally_day(save->tally, day);
	if (found)
		save->buckets[found - save->tally->days].touched = true;
}

/* Marks the days that changed, and adds up what a lost key would leave of their visitors. */
static int find_touched(struct save *save)
{
	struct tally *tally = save->tally;
	uint8_t *seen = calloc((size_t)tally->gates.n + 1, 1); /* by number of the gate's unit */
	if (!seen)
		return out_of_memory(save);
	for (size_t p = 0; p < tally->periods_n; p++) {
		tally->periods[p]->sums = (struct lost){0};
		const struct tally_day *day =
		    tally_day(tally, hit_period_day(tally->periods[p]->id));
		if (!day)
			continue;
		save->buckets[day - tally->days].any = true;
		save->buckets[day - tally->days].touched |= tally->periods[p]->dirty;
	}
	for (uint32_t i = 0; i < tally->visitors.n; i++) {
		const struct visitor *visitor = visitors_at(&tally->visitors, i);
		if (!visitor->live)
			continue;
		if (visitor->dirty)
			touch(save, visitor->day);
		struct lost *sums = &tally_period(tally, visitor->period)->sums;
		add_sums(sums, visitor);
		count_units(seen, sums, visitor);
	}
	free(seen);
	for (uint32_t i = 0; i < tally->cells.n; i++) {
		const struct cell *cell = cells_at(&tally->cells, i);
		if (cell->live && cell->dirty)
			touch(save, hit_period_day(cell->period));
	}
	return 0;
}

/* Counts, then deals out: afterwards each bucket has its records. */
static int fill_buckets(struct save *save)
{
	struct tally *tally = save->tally;
	struct bucket *bucket;
	save->visitors = malloc((tally->visitors.n + 1) * sizeof(*save->visitors));
	save->cells = malloc((tally->cells.n + 1) * sizeof(*save->cells));
	if (!save->visitors || !save->cells)
		return out_of_memory(save);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < tally->visitors.n; i++) {
			const struct visitor *visitor = visitors_at(&tally->visitors, i);
			if (!visitor->live || !(bucket = bucket_of(save, visitor->day)))
				continue;
			if (pass)
				bucket->visitors[bucket->visitors_n] = i;
			bucket->visitors_n++;
		}
		for (uint32_t i = 0; i < tally->cells.n; i++) {
			const struct cell *cell = cells_at(&tally->cells, i);
			if (!cell->live ||
			    !(bucket = bucket_of(save, hit_period_day(cell->period))) ||
			    (!cell->dirty && !bucket->day->rewrite))
				continue;
			if (pass)
				bucket->cells[bucket->cells_n] = i;
			bucket->cells_n++;
		}
		uint32_t visitors_n = 0, cells_n = 0;
		for (size_t b = 0; !pass && b < tally->days_n; b++) {
			bucket = &save->buckets[b];
			bucket->visitors = save->visitors + visitors_n;
			bucket->cells = save->cells + cells_n;
			visitors_n += bucket->visitors_n;
			cells_n += bucket->cells_n;
			bucket->visitors_n = bucket->cells_n = 0;
		}
	}
	return 0;
}

static int save_day(struct save *save, struct bucket *bucket)
{
	if (!bucket->touched)
		return 0;
	if (bucket->day->rewrite) {
		if (store_drop_rows(save->store, bucket->day->day, STORE_TABLE__COUNT, save->error))
			return -1;
		bucket->day->segments = 0;
	}
	return save_visitors(save, bucket) || save_cells(save, bucket) ? -1 : 0;
}

static int save_records(struct save *save)
{
	int failed = 0;
	for (size_t b = 0; b < save->tally->days_n && !failed; b++)
		/* The analyzer loses sight of release(), which frees the buckets. */
		failed = save_day(save, &save->buckets[b]); /* NOLINT(clang-analyzer-unix.Malloc) */
	return failed;
}

static int save_sets(struct save *save)
{
	struct tally *tally = save->tally;
	bool any_rewrite = false;
	for (size_t b = 0; b < tally->days_n; b++)
		any_rewrite |= save->buckets[b].touched && tally->days[b].rewrite;
	if (save_tags(save, &tally->units, STORE_UNIT) ||
	    save_tags(save, &tally->customers, STORE_CUSTOMER))
		return -1;
	if (!tally->pairs_sketched &&
	    (save_pairs(save, &tally->unit_pairs, PAIRS_UNITS, any_rewrite) ||
	     save_pairs(save, &tally->visitor_pairs, PAIRS_VISITORS, any_rewrite)))
		return -1;
	for (size_t b = 0; b < tally->days_n; b++) {
		struct bucket *bucket = &save->buckets[b];
		if (bucket->touched &&
		    (put_segment(save, bucket, STORE_UNIT, 0, &bucket->units) ||
		     put_segment(save, bucket, STORE_CUSTOMER, 0, &bucket->customers) ||
		     put_segment(save, bucket, STORE_PAIR, PAIRS_UNITS,
				 &bucket->pairs[PAIRS_UNITS]) ||
		     put_segment(save, bucket, STORE_PAIR, PAIRS_VISITORS,
				 &bucket->pairs[PAIRS_VISITORS])))
			return -1;
	}
	return 0;
}

/* Days whose rows no longer fit are written anew. A lost journal is one reason: the new pairs
 * cannot be told from the old. */
static void mark_rewrites(struct save *save)
{
	struct tally *tally = save->tally;
	bool all =
	    tally->moved || tally->unit_pairs.journal_lost || tally->visitor_pairs.journal_lost;
	for (size_t b = 0; b < tally->days_n; b++) {
		struct tally_day *day = &tally->days[b];
		save->buckets[b].day = day;
		day->rewrite |= all && day->open && save->buckets[b].any;
		save->buckets[b].touched |= day->rewrite;
	}
}

/* Rows of periods, and whoever wants to know which days were written. */
static int finish(struct save *save, int (*each)(void *, int32_t, struct error *), void *context)
{
	for (size_t b = 0; b < save->tally->days_n; b++) {
		struct bucket *bucket = &save->buckets[b];
		if (!bucket->touched)
			continue;
		if (save_periods(save, bucket) ||
		    (each && each(context, bucket->day->day, save->error)))
			return -1;
		bucket->day->rewrite = false;
	}
	save->tally->moved = false;
	return 0;
}

static int find_keys(struct save *save, tally_keys_of *keys_of, void *context)
{
	for (size_t b = 0; b < save->tally->days_n; b++) {
		struct bucket *bucket = &save->buckets[b];
		if (!bucket->touched)
			continue;
		bucket->keys = keys_of(context, bucket->day->day, save->error);
		if (!bucket->keys)
			return -1;
	}
	return 0;
}

static void release(struct save *save)
{
	for (size_t b = 0; save->buckets && b < save->tally->days_n; b++) {
		struct bucket *bucket = &save->buckets[b];
		pack_release(&bucket->units);
		pack_release(&bucket->customers);
		pack_release(&bucket->pairs[PAIRS_UNITS]);
		pack_release(&bucket->pairs[PAIRS_VISITORS]);
	}
	free(save->buckets);
	free(save->visitors);
	free(save->cells);
	free(save->sealed);
	pack_release(&save->plain);
}

int tally_save(struct tally *tally, struct store *store, tally_keys_of *keys_of, void *context,
	       int (*each)(void *context, int32_t day, struct error *error), struct error *error)
{
	struct save save = {.tally = tally, .store = store, .error = error};
	int failed = -1;
	save.buckets = calloc(tally->days_n + 1, sizeof(*save.buckets));
	if (!save.buckets) {
		out_of_memory(&save);
	} else if (!find_touched(&save)) {
		mark_rewrites(&save);
		failed = find_keys(&save, keys_of, context) || fill_buckets(&save) ||
				 save_records(&save) || save_sets(&save) ||
				 finish(&save, each, context)
			     ? -1
			     : 0;
	}
	release(&save);
	return failed;
}
