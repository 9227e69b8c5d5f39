#include "aggregate/tally/tally.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/tally/bins.h"
#include "aggregate/tally/tally_state.h"
#include "base/saturate.h"

/* A day and what the gate needs for it. */
enum { PREFETCH = 8, PERIOD_COST = sizeof(struct period) + 6 * SLOT__COUNT * sizeof(uint32_t) };

/* A tally that belongs to a state writes down what is new. */
static int journal(struct tally *tally)
{
	if (tally->options.open_day) {
		pairs_journal(&tally->unit_pairs);
		pairs_journal(&tally->visitor_pairs);
	}
	return 0;
}

static int init(struct tally *tally)
{
	size_t part = tally->options.memory / 64;
	/*
	 * Renumbering names needs them twice for a moment, hence the small share. Pairs double: 14
	 * parts are 9 in use.
	 */
	tally->visitors_budget.limit = 20 * part;
	tally->pairs_budget.limit = 14 * part;
	tally->cells_budget.limit = 12 * part;
	tally->periods_budget.limit = 6 * part;
	tally->bins_budget.limit = 2 * part;
	tally->customers_budget.limit = 1 * part;
	for (size_t i = 0; i < tally->options.sites_n; i++)
		if (tally_section(tally, slice_from(tally->options.sites[i])) != i + 1)
			return -1;
	return names_init(&tally->names, tally->options.workers, 8 * part) ||
	       visitors_init(&tally->visitors, &tally->visitors_budget) ||
	       cells_init(&tally->cells, &tally->cells_budget) ||
	       pairs_init(&tally->unit_pairs, &tally->pairs_budget) ||
	       pairs_init(&tally->visitor_pairs, &tally->pairs_budget) ||
	       tags_init(&tally->customers, &tally->customers_budget) ||
	       tags_init(&tally->units, &tally->visitors_budget) ||
	       tags_init(&tally->gates, &tally->visitors_budget) || journal(tally);
}

struct tally *tally_new(const struct tally_options *options, struct error *error)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	if (tally) {
		tally->options = *options;
		tally->last_site = CELL_NONE;
		if (!init(tally))
			return tally;
	}
	tally_free(tally);
	error_set(error, "out of memory for the tables");
	return NULL;
}

static void free_period(struct period *period)
{
	for (unsigned s = 0; period->sets && s < SLOT__COUNT; s++) {
		distinct_release(&period->sets[s].units);
		distinct_release(&period->sets[s].people);
		distinct_release(&period->sets[s].visitors);
	}
	for (unsigned hour = 0; hour < SLOTS_HOUR; hour++)
		free(period->hour_bins[hour]);
	distinct_release(&period->units);
	distinct_release(&period->gates);
	distinct_release(&period->people);
	distinct_release(&period->visitors);
	free(period->sets);
	free(period);
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (size_t i = 0; i < tally->periods_n; i++)
		free_period(tally->periods[i]);
	free(tally->periods);
	free(tally->late);
	free(tally->days);
	for (size_t i = 0; i < tally->sites_n; i++)
		free(tally->sites[i]);
	free(tally->sites);
	names_release(&tally->names);
	visitors_release(&tally->visitors);
	cells_release(&tally->cells);
	pairs_release(&tally->unit_pairs);
	pairs_release(&tally->visitor_pairs);
	tags_release(&tally->customers);
	tags_release(&tally->units);
	tags_release(&tally->gates);
	free(tally);
}

static size_t period_place(const struct tally *tally, int32_t id)
{
	size_t low = 0, high = tally->periods_n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (tally->periods[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t day_place(const struct tally *tally, int32_t day)
{
	size_t low = 0, high = tally->days_n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (tally->days[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct tally_day *tally_day(const struct tally *tally, int32_t day)
{
	size_t at = day_place(tally, day);
	return at < tally->days_n && tally->days[at].day == day ? &tally->days[at] : NULL;
}

int tally_add_day(struct tally *tally, int32_t day)
{
	size_t at = day_place(tally, day);
	if (tally->days_n == tally->days_cap) {
		size_t cap = tally->days_cap ? 2 * tally->days_cap : 16;
		struct tally_day *days = realloc(tally->days, cap * sizeof(*days));
		if (!days)
			return error_set(tally->error, "out of memory for the tables");
		tally->days = days;
		tally->days_cap = cap;
	}
	memmove(tally->days + at + 1, tally->days + at,
		(tally->days_n - at) * sizeof(*tally->days));
	tally->days[at] = (struct tally_day){.day = day, .open = true};
	tally->days_n++;
	return 0;
}

bool tally_day_open(struct tally *tally, int32_t day)
{
	if (!tally->options.by_day || !tally->options.open_day || tally->failed)
		return !tally->failed;
	struct tally_day *known = tally_day(tally, day);
	if (known)
		return known->open;
	if (tally_add_day(tally, day)) {
		tally->failed = true;
		return false;
	}
	int open = tally->options.open_day(tally->options.context, tally, day, tally->error);
	tally_day(tally, day)->open = open > 0; /* opening it may have opened others beside it */
	tally->failed |= open < 0;
	return open > 0;
}

unsigned tally_section(struct tally *tally, struct slice site)
{
	if (!site.n)
		return 0;
	for (size_t i = 0; i < tally->sites_n; i++)
		if (slice_is(site, tally->sites[i]))
			return (unsigned)i + 1;
	if (tally->sites_n + 1 >= HIT_SECTIONS_MAX)
		return HIT_SECTIONS_MAX;
	char **sites = realloc(tally->sites, (tally->sites_n + 1) * sizeof(*sites));
	char *text = sites ? strndup(site.p, site.n) : NULL;
	if (sites)
		tally->sites = sites;
	if (!text)
		return HIT_SECTIONS_MAX;
	tally->sites[tally->sites_n++] = text;
	return (unsigned)tally->sites_n;
}

/* Whether no period of the day stands beside a place among them. */
static bool is_new_day(const struct tally *tally, size_t at, int32_t day)
{
	return (at == 0 || hit_period_day(tally->periods[at - 1]->id) != day) &&
	       (at == tally->periods_n || hit_period_day(tally->periods[at]->id) != day);
}

/* Found, or made; NULL when its day is closed or there are as many days as may be open. */
struct period *tally_period(struct tally *tally, int32_t id)
{
	if (tally->last_period && tally->last_period->id == id)
		return tally->last_period;
	if (!tally_day_open(tally, hit_period_day(id)))
		return NULL;
	size_t at = period_place(tally, id);
	if (at < tally->periods_n && tally->periods[at]->id == id)
		return tally->last_period = tally->periods[at];
	bool new_day = is_new_day(tally, at, hit_period_day(id));
	if (tally->options.by_day &&
	    ((new_day && !tally->loading && tally->open_days >= tally->options.max_open_days) ||
	     !budget_take(&tally->periods_budget, PERIOD_COST)))
		return NULL;
	if (tally->periods_n == tally->periods_cap) {
		size_t cap = tally->periods_cap ? 2 * tally->periods_cap : 16;
		struct period **periods = realloc(tally->periods, cap * sizeof(*periods));
		if (!periods)
			return NULL;
		tally->periods = periods;
		tally->periods_cap = cap;
	}
	struct period *period = calloc(1, sizeof(*period));
	if (!period)
		return NULL;
	period->id = id;
	memmove(tally->periods + at + 1, tally->periods + at,
		(tally->periods_n - at) * sizeof(*tally->periods));
	tally->periods[at] = period;
	tally->periods_n++;
	tally->open_days += new_day;
	return tally->last_period = period;
}

/* The numbers of the visitor's units; false when there is no room for them. */
static bool number_units(struct tally *tally, struct period *period, const struct hit *hit,
			 uint32_t *ret_gate)
{
	bool fresh;
	if (tags_number(&tally->units, hit->unit, period->id, &fresh) == TAG_NONE)
		return false;
	period->totals.units += fresh;
	*ret_gate = tags_number(&tally->gates, hit->gate, period->id, &fresh);
	return *ret_gate != TAG_NONE;
}

static void fill_visitor(struct tally *tally, struct visitor *visitor, const struct hit *hit,
			 int32_t period, unsigned worker)
{
	visitor->dirty = true;
	visitor->unit = hit->unit;
	visitor->gate = hit->gate;
	visitor->day = hit->day;
	visitor->period = period;
	visitor->country = hit->country;
	visitor->crawler = hit->flags & HIT_CRAWLER ? hit->crawler : 0;
	visitor->browser = hit->browser;
	visitor->version = hit->version;
	visitor->os = hit->os;
	visitor->device = hit->device;
	visitor->as = names_of(&tally->names, worker, hit->as);
	visitor->last = hit->time;
	if (hit->visitor_before && !visitor->crawler && tally_day_open(tally, hit->day - 1))
		visitor->before = visitors_find(&tally->visitors, hit->visitor_before);
}

/*
 * The record, with that of the day before beside it. A record that was loaded has but its tag: the
 * day before is opened when the visit that began there may still go on.
 */
static uint32_t find_visitor(struct tally *tally, const struct hit *hit)
{
	uint32_t index = visitors_find(&tally->visitors, hit->visitor);
	struct visitor *visitor =
	    index == VISITOR_NONE ? NULL : visitors_at(&tally->visitors, index);
	uint64_t before = visitor ? visitor->before_tag : 0;
	if (!before)
		return index;
	visitor->before_tag = 0;
	bool over = visitor->last > INT64_MIN / 2 &&
		    hit->time > visitor->last + tally->options.visit_timeout;
	if (over || !tally_day_open(tally, visitor->day - 1))
		return index;
	/* Loading a day may have retired this very record. */
	index = visitors_find(&tally->visitors, hit->visitor);
	if (index != VISITOR_NONE)
		visitors_at(&tally->visitors, index)->before =
		    visitors_find(&tally->visitors, before);
	return index;
}

/* Days that a visit may reach over to. Asked for before a record is held: what is loaded may retire
 * others. */
static void open_days_beside(struct tally *tally, const struct hit *hit)
{
	if (hit->flags & HIT_CRAWLER)
		return;
	if (hit->visitor_before)
		tally_day_open(tally, hit->day - 1);
	if (hit->visitor_after)
		tally_day_open(tally, hit->day + 1);
}

/* The record of the hit's visitor. Room is made by retiring others; VISITOR_NONE when memory is
 * out. */
static uint32_t visitor_of(struct tally *tally, struct period *period, const struct hit *hit,
			   unsigned worker)
{
	uint32_t gate = 0, index = find_visitor(tally, hit);
	if (index != VISITOR_NONE) {
		struct visitor *visitor = visitors_at(&tally->visitors, index);
		bool fresh;
		visitor->dirty = true;
		if (visitor->unit != hit->unit &&
		    !tally->visitors_capped && /* a cookie on the move */
		    tags_number(&tally->units, hit->unit, period->id, &fresh) != TAG_NONE)
			period->totals.units += fresh;
		return index;
	}
	if (!tally->visitors_capped && !number_units(tally, period, hit, &gate))
		tally_retire(tally);
	index = visitors_add(&tally->visitors, hit->visitor);
	if (index == VISITOR_NONE) {
		tally_retire(tally);
		index = visitors_add(&tally->visitors, hit->visitor);
	}
	if (index == VISITOR_NONE) {
		tally->failed = true;
		return index;
	}
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	fill_visitor(tally, visitor, hit, period->id, worker);
	visitor->gate_number = gate;
	return index;
}

static void see(struct period *period, struct visitor *visitor, unsigned slot, uint64_t bytes)
{
	period->slots[slot].hits++;
	period->slots[slot].bytes += bytes;
	slots_see(visitor->seen, slot);
}

static void add_duration(struct tally *tally, uint32_t **bins, const struct hit *hit)
{
	if (!*bins)
		*bins = tally_bins(tally);
	if (!*bins)
		return;
	unsigned bin = bins_index(hit->duration_us, TALLY_BINS_K);
	(*bins)[bin < TALLY_BINS ? bin : TALLY_BINS - 1]++;
}

/* What every counted line counts in, whoever sent it. */
static void count_line(struct tally *tally, struct period *period, struct visitor *visitor,
		       const struct hit *hit)
{
	struct trend_totals *totals = &period->totals;
	unsigned hour = hit->second / 3600 < SLOTS_HOUR ? hit->second / 3600 : SLOTS_HOUR - 1;
	period->dirty = true;
	totals->hits++;
	totals->bytes += hit->bytes;
	if (!totals->first || hit->time < totals->first)
		totals->first = hit->time;
	if (hit->time > totals->last)
		totals->last = hit->time;
	if (hit->time > tally->latest)
		tally->latest = hit->time;
	visitor->hits++;
	visitor->bytes += hit->bytes;
	see(period, visitor, SLOT_STATUS + slots_status(hit->status), hit->bytes);
	see(period, visitor, SLOT_HOUR + hour, hit->bytes);
	see(period, visitor, SLOT_METHOD + hit->method, hit->bytes);
	see(period, visitor, SLOT_PROTOCOL + hit->protocol, hit->bytes);
	see(period, visitor, SLOT_CONTENT + hit->content, hit->bytes);
	if (hit->flags & HIT_SIZE)
		see(period, visitor, SLOT_SIZE + slots_size(hit->bytes), hit->bytes);
	if (hit->flags & HIT_DURATION) {
		see(period, visitor, SLOT_LATENCY + slots_latency(hit->duration_us), hit->bytes);
		add_duration(tally, &period->hour_bins[hour], hit);
		uint32_t day = tally_cell(tally, period->id, DIM_DAY, tally_day_key(hit->day));
		if (day != CELL_NONE)
			add_duration(tally, &cells_at(&tally->cells, day)->bins, hit);
	}
}

static void count_customer(struct tally *tally, int32_t period, uint32_t index,
			   const struct hit *hit)
{
	uint64_t key = tally_day_key(hit->day);
	if (!tally_count(tally, period, DIM_CUSTOMERS, key, index, hit->bytes))
		return;
	uint32_t cell = cells_find(&tally->cells, period, DIM_CUSTOMERS, key);
	if (cell == CELL_NONE)
		return;
	bool fresh;
	int32_t day =
	    hit_period(hit->day, hit->section); /* also where the whole run is one period */
	tally->customers_capped |=
	    tags_number(&tally->customers, hit->customer, day, &fresh) == TAG_NONE;
	cells_at(&tally->cells, cell)->customers += fresh;
	cells_at(&tally->cells, cell)->dirty = true;
}

static void count_page(struct tally *tally, struct period *period, uint32_t index,
		       const struct hit *hit, uint32_t page, uint32_t referrer)
{
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	visitor->pages++;
	period->totals.pages++;
	see(period, visitor, SLOT_REFERRER_CLASS + hit->referrer_class, hit->bytes);
	if (hit->engine)
		see(period, visitor, SLOT_ENGINE + hit->engine, hit->bytes);
	struct cell *cell = tally_count(tally, period->id, DIM_PAGE, page, index, hit->bytes);
	/* Newcomers come and go; their few durations would use up the room. */
	if (cell && cell->established && hit->flags & HIT_DURATION)
		add_duration(tally, &cell->bins, hit);
	if (referrer)
		tally_count(tally, period->id, DIM_REFERRER_HOST, referrer, index, hit->bytes);
}

static void count_goals(struct period *period, struct visitor *visitor, const struct hit *hit)
{
	for (unsigned g = 0; g < HIT_GOALS_MAX; g++)
		if (hit->goals >> g & 1)
			see(period, visitor, SLOT_GOAL + g, hit->bytes);
	if (hit->flags & HIT_AMOUNT) {
		unsigned goal = (unsigned)__builtin_ctz(hit->goals);
		slots_see(visitor->seen, SLOT_PAID + goal);
		period->goal_amounts[goal] = saturate_add(period->goal_amounts[goal], hit->amount);
		visitor->amount = saturate_add(visitor->amount, hit->amount);
	}
}

/* What counts people. */
static void count_person(struct tally *tally, struct period *period, uint32_t index,
			 const struct hit *hit, uint32_t page, uint32_t referrer, uint32_t campaign)
{
	tally_visit_hit(tally, period, index, hit, hit->flags & HIT_PAGE ? page : 0);
	if (hit->flags & HIT_PAGE)
		count_page(tally, period, index, hit, page, referrer);
	if (hit->goals)
		count_goals(period, visitors_at(&tally->visitors, index), hit);
	if (campaign)
		tally_count(tally, period->id, DIM_CAMPAIGN, campaign, index, hit->bytes);
}

/* Every line counts for its site; a log that names none has the panel left out at the gate. */
static void count_site(struct tally *tally, int32_t period, uint32_t index, const struct hit *hit,
		       uint32_t site)
{
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	struct cell *last =
	    tally->last_site == CELL_NONE ? NULL : cells_at(&tally->cells, tally->last_site);
	if (visitor->site != site || visitor->hits == 1) {
		visitor->site = site;
		tally_count(tally, period, DIM_SITE, site, index, hit->bytes);
		return;
	}
	/* This visitor is already among those of the site. */
	if (!last || last->key != site || last->period != period) {
		tally->last_site = cells_find(&tally->cells, period, DIM_SITE, site);
		if (tally->last_site == CELL_NONE) {
			tally_count(tally, period, DIM_SITE, site, index, hit->bytes);
			return;
		}
		last = cells_at(&tally->cells, tally->last_site);
	}
	last->hits++;
	last->bytes += hit->bytes;
	last->dirty = true;
}

/* A hit that finds no room for its day: as if the veil had excluded it. */
static void book_undated(struct tally *tally, enum exclude reason)
{
	tally->balance.excluded[reason]++;
	tally->undated.lines++;
	tally->undated.excluded[reason]++;
}

static bool needs_page(const struct hit *hit)
{
	return hit->flags & HIT_PAGE || hit->status == 404 || hit->status == 410;
}

static void count_hit(struct tally *tally, const struct hit *hit, unsigned worker)
{
	struct period *period =
	    tally_period(tally, tally->options.by_day ? hit_period(hit->day, hit->section) : 0);
	if (!period) {
		book_undated(tally, EXCLUDE_TOO_MANY_DAYS);
		return;
	}
	if (tally->balance.counted >= tally->names_next && !names_roomy(&tally->names))
		tally_make_names_room(tally);
	tally->balance.counted++;
	period->balance.lines++;
	period->balance.counted++;
	open_days_beside(tally, hit);
	uint32_t index = visitor_of(tally, period, hit, worker);
	if (index == VISITOR_NONE || tally->failed)
		return;
	struct names *names = &tally->names;
	uint32_t page = needs_page(hit) ? names_of(names, worker, hit->page) : 0;
	uint32_t referrer = names_of(names, worker, hit->referrer);
	uint32_t site = names_of(names, worker, hit->site);
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	count_line(tally, period, visitor, hit);
	count_site(tally, period->id, index, hit, site);
	if (hit->status == 404 || hit->status == 410)
		tally_count(tally, period->id, DIM_NOT_FOUND_PAGE, page, index, hit->bytes);
	if (hit->customer)
		count_customer(tally, period->id, index, hit);
	if (hit->flags & HIT_CRAWLER) {
		period->totals.crawler_hits++;
		period->totals.crawler_bytes += hit->bytes;
		if (hit->time > visitor->last)
			visitor->last = hit->time;
		return;
	}
	count_person(tally, period, index, hit, page, referrer,
		     names_of(names, worker, hit->campaign));
}

/* The balance that holds what is booked on a period: its own, or that of no day. */
static struct balance *balance_of(struct tally *tally, int32_t id)
{
	if (!tally->options.by_day || id == BATCH_BEFORE)
		return &tally->undated;
	struct period *period = tally_period(tally, id);
	if (!period)
		return &tally->undated;
	period->dirty = true;
	return &period->balance;
}

static void add_late(struct tally *tally, int32_t period, uint64_t lines)
{
	for (size_t i = 0; i < tally->late_n; i++)
		if (tally->late[i].period == period) {
			tally->late[i].lines += lines;
			return;
		}
	struct tally_late *late = realloc(tally->late, (tally->late_n + 1) * sizeof(*late));
	if (!late) {
		tally->failed = true;
		return;
	}
	tally->late = late;
	late[tally->late_n++] = (struct tally_late){period, lines};
}

/* Returns how many lines it was. */
static uint64_t add_book(struct balance *balance, const struct batch_book *book)
{
	uint64_t before = balance->lines;
	for (unsigned i = 0; i < EXCLUDE__COUNT; i++) {
		balance->excluded[i] += book->excluded[i];
		balance->lines += book->excluded[i];
	}
	for (unsigned i = 0; i < REJECT__COUNT; i++) {
		balance->rejected[i] += book->rejected[i];
		balance->lines += book->rejected[i];
	}
	return balance->lines - before;
}

static void add_books(struct tally *tally, const struct batch *batch, int32_t last)
{
	for (size_t i = 0; i < batch->books_n; i++) {
		struct batch_book book = batch->books[i];
		uint64_t late = book.excluded[EXCLUDE_LATE];
		uint64_t lines = add_book(&tally->balance, &book);
		if (!tally->options.by_day)
			continue;
		if (late)
			add_late(tally, book.period, late);
		book.excluded[EXCLUDE_LATE] = 0;
		if (lines > late) /* else the day need not be open */
			add_book(
			    balance_of(tally, book.period == BATCH_BEFORE ? last : book.period),
			    &book);
	}
}

int tally_add(struct tally *tally, const struct batch *batch, int32_t last, struct error *error)
{
	assert(batch->worker < tally->options.workers);
	tally->error = error;
	error_set(error, "out of memory for the tables");
	if (names_learn(&tally->names, batch))
		return error_set(error, "out of memory for names");
	tally->balance.lines += batch->n;
	for (size_t i = 0; i < batch->n && !tally->failed; i++) {
		if (i + PREFETCH < batch->n)
			visitors_prefetch(&tally->visitors, batch->hits[i + PREFETCH].visitor);
		count_hit(tally, &batch->hits[i], batch->worker);
	}
	add_books(tally, batch, last);
	return tally->failed ? -1 : 0;
}

void tally_add_bytes(struct tally *tally, uint64_t bytes)
{
	tally->balance.bytes_read += bytes;
	tally->undated.bytes_read += bytes;
}

const struct balance *tally_balance(const struct tally *tally)
{
	return &tally->balance;
}

const struct balance *tally_undated(const struct tally *tally)
{
	return &tally->undated;
}

const struct tally_late *tally_late(const struct tally *tally, size_t *ret_n)
{
	*ret_n = tally->late_n;
	return tally->late;
}

void tally_end_visits(struct tally *tally)
{
	for (uint32_t i = 0; i < tally->visitors.n; i++)
		if (visitors_at(&tally->visitors, i)->live)
			tally_visit_end(tally, i);
}
