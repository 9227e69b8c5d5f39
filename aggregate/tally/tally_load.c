/*
 * tally_load.c: a hot day's rows back into a tally.
 *
 * Records get new places; what refers to them (pairs, visits that reach over midnight) is
 * translated by the numbers and tags in their rows. Numbers are given in the order in which records
 * first came, so that ties at the caps fall by them whatever the rows' keys are.
 */
#include "aggregate/tally/tally_load.h"
#include <stdlib.h>

int load_damaged(struct error *error)
{
	return error_set(error, "a row of a hot day does not fit: the state is damaged or was "
				"written by another version");
}

int load_out_of_memory(struct error *error)
{
	return error_set(error, "out of memory for a hot day");
}

int load_open(struct load *load, const struct store_row *row, struct unpack *ret,
	      struct error *error)
{
	size_t n;
	if (load->plain_cap < row->body.n) {
		free(load->plain);
		load->plain = malloc(2 * row->body.n);
		load->plain_cap = load->plain ? 2 * row->body.n : 0;
		if (!load->plain)
			return load_out_of_memory(error);
	}
	if (seal_open(load->keys, row->day, row->table, row->key, row->body, load->plain, &n))
		return error_set(error, "a row of a hot day does not open with the day's key");
	*ret = unpack_from(slice_make((const char *)load->plain, n));
	return 0;
}

bool load_period_of(const struct load *load, uint64_t site, int32_t *ret)
{
	if (site >= HIT_SECTIONS_MAX || load->sections[site] < 0)
		return false;
	*ret = hit_period(load->day, (unsigned)load->sections[site]);
	return true;
}

unsigned load_slot(const struct load *load, uint64_t slot)
{
	unsigned first = slot >= SLOT_PAID ? SLOT_PAID : SLOT_GOAL;
	if (slot < SLOT_GOAL || slot >= SLOT__COUNT)
		return slot < SLOT__COUNT ? (unsigned)slot : SLOT__COUNT;
	/* A goal that is no longer configured has no place: its figures end. */
	uint8_t goal = load->goals[slot - first];
	return goal == UINT8_MAX ? SLOT__COUNT : first + goal;
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
		unsigned now = load_slot(load, slot);
		if (now < SLOT__COUNT)
			slots_see(seen, now);
	}
	return unpack->failed ? -1 : 0;
}

static bool is_time(int64_t time)
{
	return time > -LOAD_TIME_MAX && time < LOAD_TIME_MAX;
}

static int unpack_pages(struct load *load, struct unpack *unpack, struct visitor *visitor)
{
	int64_t entry = unpack_signed(unpack), exit = unpack_signed(unpack);
	visitor->entry = unpack_name(load, unpack);
	visitor->exit = unpack_name(load, unpack);
	if (!is_time(visitor->first) || !is_time(entry) || !is_time(exit) || !visitor->entry ||
	    !visitor->exit)
		return -1;
	visitor->entry_time = visitor->first + entry;
	visitor->exit_time = visitor->first + exit;
	return 0;
}

static int unpack_visit(struct load *load, struct unpack *unpack, struct visitor *visitor)
{
	struct visitor none;
	tally_visit_none(&none);
	visitor->first = unpack_signed(unpack);
	visitor->last = unpack_signed(unpack);
	visitor->visit_pages = (uint32_t)unpack_number(unpack);
	visitor->before_tag = unpack_fixed(unpack);
	if ((!is_time(visitor->first) && visitor->first != none.first) ||
	    (!is_time(visitor->last) && visitor->last != none.last))
		return -1;
	return visitor->visit_pages ? unpack_pages(load, unpack, visitor) : 0;
}

static int unpack_visitor(struct load *load, struct unpack *unpack, struct visitor *visitor)
{
	uint64_t number = unpack_number(unpack);
	if (!load_period_of(load, unpack_number(unpack), &visitor->period) || !number ||
	    number >= UINT32_MAX)
		return -1;
	visitor->number = (uint32_t)number;
	visitor->day = load->day;
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
	return unpack_visit(load, unpack, visitor) || unpack->failed ? -1 : 0;
}

static int remember_visitor(struct load *load, const struct visitor *visitor, uint32_t index)
{
	if (load->visitors_n == load->visitors_cap) {
		size_t cap = load->visitors_cap ? 2 * load->visitors_cap : 256;
		struct loaded_visitor *visitors = realloc(load->visitors, cap * sizeof(*visitors));
		if (!visitors)
			return -1;
		load->visitors = visitors;
		load->visitors_cap = cap;
	}
	load->visitors[load->visitors_n++] =
	    (struct loaded_visitor){visitor->tag, visitor->number, index};
	return 0;
}

/* Puts a record in its place. Its gate's number is given anew; room is made by retiring others. */
static int place_visitor(struct load *load, const struct visitor *read)
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
	load->entry->visitors = visitor->number;
	return remember_visitor(load, visitor, index);
}

int load_each_page(void *context, const struct store_row *row, struct error *error)
{
	struct load *load = context;
	struct unpack unpack;
	if (row->key.n != ROWS_PAGE_KEY)
		return load_damaged(error);
	if (load_open(load, row, &unpack, error))
		return -1;
	uint32_t page = rows_get32(row->key.p);
	while (unpack.n) {
		struct visitor visitor = {0};
		if (unpack_visitor(load, &unpack, &visitor) || visitor.number / ROWS_PAGE != page ||
		    visitor.number <= load->entry->visitors)
			return load_damaged(error);
		if (place_visitor(load, &visitor))
			return load_out_of_memory(error);
	}
	return 0;
}

/* ---- a day ---- */

static int load_records(struct load *load, struct error *error)
{
	struct tally *tally = load->tally;
	if (!load->keys) {
		load->entry->rewrite = true;
		return store_each_row(load->store, load->day, STORE_CELL, load_each_cell, load,
				      error);
	}
	if (load->sketched && !tally->pairs_sketched) {
		/* Rows of other days stay as they are when no pairs of theirs are turned. */
		bool moved = tally->moved || tally->unit_pairs.n || tally->visitor_pairs.n;
		tally_sketch_pairs(tally);
		tally->moved = moved;
	}
	tally->visitors_capped |= load->capped;
	return store_each_row(load->store, load->day, STORE_VISITOR, load_each_page, load, error) ||
		       store_each_row(load->store, load->day, STORE_CELL, load_each_cell, load,
				      error) ||
		       load_sets(load, error)
		   ? -1
		   : 0;
}

int tally_load(struct tally *tally, int32_t day, struct store *store, struct sealing_keys *keys,
	       struct error *error)
{
	struct load *load = calloc(1, sizeof(*load));
	if (!load)
		return load_out_of_memory(error);
	*load = (struct load){.tally = tally, .store = store, .keys = keys, .day = day};
	load->entry = tally_day(tally, day);
	memset(load->sections, 0xFF, sizeof(load->sections)); /* -1 each */
	memset(load->goals, UINT8_MAX, sizeof(load->goals));
	int failed = store_each_row(store, day, STORE_PERIOD, load_each_period, load, error);
	if (!failed)
		failed = load_records(load, error);
	if (!failed && tally->failed)
		failed = load_out_of_memory(error);
	if (!failed && tally->pairs_sketched)
		tally_recount_sketches(tally);
	free(load->visitors);
	free(load->cells);
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
