/* Hot days into a store and back: a day counted in many runs is the day counted in one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "aggregate/tally/tally_keep.h"
#include "hits.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { FIRST_DAY = 20000, DAYS = 3, HITS = 4000, PATHS = 60 };

static const char *const goals[] = {"buy", "sign-up"}, *const swapped_goals[] = {"sign-up", "buy"};
static const char *const sites[] = {"a.example", "b.example"}, *const swapped_sites[] = {
								   "b.example", "a.example"};

struct fixture {
	struct store *store;
	struct sealing_keys *keys;
	bool known[DAYS], lost;
	char directory[64];
};

static void set_up(struct fixture *f)
{
	struct error error;
	uint8_t key[KEY_SIZE] = {7};
	*f = (struct fixture){.directory = "/tmp/veiltally-keep-XXXXXX"};
	cr_assert_not_null(mkdtemp(f->directory));
	struct store_options options = {.directory = f->directory, .zone = "UTC"};
	f->store = store_open(&options, &error);
	cr_assert_not_null(f->store, "%s", error.text);
	f->keys = sealing_keys_from(key, &error);
	cr_assert_not_null(f->keys);
}

static void tear_down(struct fixture *f)
{
	char command[128];
	store_free(f->store);
	sealing_keys_free(f->keys);
	snprintf(command, sizeof(command), "rm -rf %s", f->directory);
	cr_assert_eq(system(command), 0);
}

static int open_day(void *context, struct tally *tally, int32_t day, struct error *error)
{
	struct fixture *f = context;
	if (day < FIRST_DAY || day >= FIRST_DAY + DAYS || !f->known[day - FIRST_DAY])
		return 1;
	return tally_load(tally, day, f->store, f->lost ? NULL : f->keys, error) ? -1 : 1;
}

static struct sealing_keys *keys_of(void *context, int32_t day, struct error *error)
{
	struct fixture *f = context;
	(void)day, (void)error;
	return f->keys;
}

static int remember(void *context, int32_t day, struct error *error)
{
	struct fixture *f = context;
	(void)error;
	f->known[day - FIRST_DAY] = true;
	return 0;
}

static struct tally_options options_of(struct fixture *f, unsigned k, size_t memory, bool swapped)
{
	struct tally_options options = test_options(k);
	options.by_day = true;
	options.memory = memory;
	options.goals = swapped ? swapped_goals : goals;
	options.goals_n = 2;
	options.sites = swapped ? swapped_sites : sites;
	options.sites_n = 2;
	options.has_country = true;
	options.open_day = f ? open_day : NULL;
	options.context = f;
	return options;
}

/* Over three days, or (every third seed) of few people around their midnights, so that visits reach
 * over them and go on in the next run. */
static bool is_night(uint64_t seed)
{
	return seed % 3 == 0;
}

static int64_t time_of(uint64_t seed, unsigned i, int64_t jitter)
{
	int64_t first = (int64_t)FIRST_DAY * 86400, time = first + (int64_t)DAYS * 86400 * i / HITS;
	if (is_night(seed)) {
		unsigned nights = DAYS - 1, night = i * nights / HITS;
		time = first + (int64_t)(night + 1) * 86400 - 2400 +
		       4800 * (int64_t)(i - night * HITS / nights) / (HITS / nights);
	}
	return time - jitter < first ? first : time - jitter;
}

/* The i-th hit of a seed: the same whichever tally it goes to. `swapped`: sites and goals have the
 * other numbers. */
static void make_hit(uint64_t seed, unsigned i, bool swapped, struct test_names *names,
		     struct batch *batch)
{
	uint64_t state = seed * 1000003 + i;
	int64_t time = time_of(seed, i, (int64_t)(test_random(&state) % 900));
	char path[48], referrer[48];
	uint64_t user = test_random(&state) % (is_night(seed) ? 1500 : 300);
	snprintf(path, sizeof(path), "/page/%c%c", 'a' + (int)(test_random(&state) % PATHS / 26),
		 'a' + (int)(test_random(&state) % 26));
	snprintf(referrer, sizeof(referrer), "site%u.example", (unsigned)(test_random(&state) % 9));
	uint32_t page = test_name(names, batch, path), from = test_name(names, batch, referrer),
		 as = test_name(names, batch, user % 2 ? "AS1 One" : "AS2 Two");
	struct hit *hit = test_hit(batch, user, user % 3, time);
	unsigned section = (unsigned)(user % 3), goal = (unsigned)(test_random(&state) % 2);
	hit->visitor += section, hit->visitor_before += section, hit->visitor_after += section;
	if (hit->second > 1800)
		hit->visitor_before = 0;
	if (hit->second + 1800 < 86400)
		hit->visitor_after = 0;
	hit->section = (uint16_t)(swapped && section ? 3 - section : section);
	hit->page = page;
	hit->as = as;
	hit->country = user % 5 ? 'D' << 8 | 'E' : 0;
	if (test_random(&state) % 4 == 0)
		hit->referrer = from, hit->referrer_class = 6;
	if (test_random(&state) % 20 == 0)
		hit->status = 404, hit->flags = HIT_SIZE;
	if (user % 17 == 0)
		hit->crawler = 3, hit->flags = HIT_CRAWLER | HIT_SIZE;
	else if (test_random(&state) % 30 == 0)
		hit->goals = (uint16_t)(1u << (swapped ? 1 - goal : goal)),
		hit->amount = 100 + goal, hit->flags |= HIT_AMOUNT;
	if (user % 7 == 0)
		hit->customer = test_mix(user) | 1;
	if (test_random(&state) % 2)
		hit->flags |= HIT_DURATION,
		    hit->duration_us = (uint32_t)(test_random(&state) % 90000);
}

static void add_hits(struct tally *tally, uint64_t seed, unsigned from, unsigned to, bool swapped)
{
	struct error error;
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	batch_clear(&batch);
	for (unsigned i = from; i < to; i++)
		make_hit(seed, i, swapped, names, &batch);
	batch.reset = true;
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0, "%s", error.text);
	batch_release(&batch);
	free(names);
}

static void keep(struct fixture *f, struct tally *tally)
{
	struct error error;
	cr_assert_eq(store_begin(f->store, &error), 0, "%s", error.text);
	cr_assert_eq(tally_save(tally, f->store, keys_of, f, remember, &error), 0, "%s",
		     error.text);
	cr_assert_eq(store_commit(f->store, &error), 0, "%s", error.text);
}

/* The sum of all periods, sites by name. */
static int add_up(void *context, int32_t period, struct trend *trend, struct error *error)
{
	(void)period, (void)error;
	int failed = trend_merge(context, trend);
	trend_free(trend);
	return failed;
}

static struct trend *open_gate(struct tally *tally)
{
	struct error error;
	struct trend *sum = trend_new(1);
	cr_assert_eq(gate_each(tally, add_up, sum, &error), 0);
	trend_sort(sum);
	tally_free(tally);
	return sum;
}

static struct trend *whole(uint64_t seed, unsigned k, size_t memory)
{
	struct error error;
	struct tally_options options = options_of(NULL, k, memory, false);
	struct tally *tally = tally_new(&options, &error);
	add_hits(tally, seed, 0, HITS, false);
	return open_gate(tally);
}

static struct trend *reopened(struct fixture *f, unsigned k, size_t memory)
{
	struct error error;
	struct tally_options options = options_of(f, k, memory, false);
	struct tally *tally = tally_new(&options, &error);
	for (int32_t day = FIRST_DAY; day < FIRST_DAY + DAYS; day++)
		if (f->known[day - FIRST_DAY])
			cr_assert_eq(tally_open(tally, day, &error), 0, "%s", error.text);
	return open_gate(tally);
}

static void compare(const struct trend *a, const struct trend *b, uint64_t seed)
{
	cr_assert_eq(memcmp(&a->balance, &b->balance, sizeof(a->balance)), 0, "seed %lu", seed);
	cr_assert_eq(memcmp(&a->totals, &b->totals, sizeof(a->totals)), 0, "seed %lu", seed);
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		const struct trend_panel *x = &a->panels[d], *y = &b->panels[d];
		const char *panel = dimension_info((enum dimension)d)->name;
		cr_assert_eq(x->n, y->n, "seed %lu: %s: %zu and %zu rows", seed, panel, x->n, y->n);
		cr_assert_eq(x->approximate, y->approximate, "seed %lu: %s", seed, panel);
		for (size_t r = 0; r < x->n; r++) {
			cr_assert_str_eq(x->rows[r].key, y->rows[r].key, "seed %lu: %s", seed,
					 panel);
			const struct figures *p = &x->rows[r].figures, *q = &y->rows[r].figures;
			cr_assert_eq(
			    memcmp(p, q, offsetof(struct figures, has) + sizeof(p->has)), 0,
			    "seed %lu: %s: %s: hits %lu %lu, units %lu %lu, visits %lu %lu, "
			    "amount %ld %ld, customers %lu %lu, bytes %lu %lu, visitors %lu %lu, "
			    "pages %lu %lu, bounces %lu %lu, p95 %u %u, has %x %x",
			    seed, panel, x->rows[r].key, p->hits, q->hits, p->units, q->units,
			    p->visits, q->visits, p->amount, q->amount, p->customers, q->customers,
			    p->bytes, q->bytes, p->visitors, q->visitors, p->pages, q->pages,
			    p->bounces, q->bounces, p->p95_us, q->p95_us, p->has, q->has);
		}
	}
}

Test(keep, many_runs_are_one, .timeout = 300)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct fixture f;
		struct error error;
		uint64_t state = seed;
		set_up(&f);
		unsigned k = seed % 2 ? 1 : 5, at = 0;
		struct trend *want = whole(seed, k, 256 << 20);
		while (at < HITS) {
			/* Sometimes a run saves twice, as one that goes on does. */
			bool swapped = test_random(&state) % 3 == 0;
			struct tally_options options = options_of(&f, k, 256 << 20, swapped);
			struct tally *tally = tally_new(&options, &error);
			for (uint64_t saves = 1 + test_random(&state) % 3; saves && at < HITS;
			     saves--) {
				unsigned to = at + 1 + (unsigned)(test_random(&state) % 700);
				to = to < HITS ? to : HITS;
				add_hits(tally, seed, at, to, swapped);
				keep(&f, tally);
				at = to;
			}
			tally_free(tally);
		}
		struct trend *got = reopened(&f, k, 256 << 20);
		compare(want, got, seed);
		trend_free(want);
		trend_free(got);
		tear_down(&f);
	}
}

/* At the caps figures are estimates, but sums stay exact and nothing grows. */
Test(keep, sums_are_exact_at_the_caps, .timeout = 300)
{
	struct fixture f;
	struct error error;
	set_up(&f);
	struct trend *want = whole(5, 5, 256 << 20);
	for (unsigned at = 0; at < HITS; at += 500) {
		struct tally_options options = options_of(&f, 5, 2 << 20, false);
		struct tally *tally = tally_new(&options, &error);
		add_hits(tally, 5, at, at + 500, false);
		keep(&f, tally);
		tally_free(tally);
	}
	struct trend *got = reopened(&f, 5, 2 << 20);
	cr_expect_eq(got->totals.hits, want->totals.hits);
	cr_expect_eq(got->totals.bytes, want->totals.bytes);
	cr_expect_eq(got->totals.visits, want->totals.visits);
	cr_expect_eq(got->totals.pages, want->totals.pages);
	for (unsigned d = 0; d < DIM__COUNT; d++)
		cr_expect_eq(got->panels[d].total, want->panels[d].total, "%s: %lu, not %lu",
			     dimension_info((enum dimension)d)->name, got->panels[d].total,
			     want->panels[d].total);
	trend_free(want);
	trend_free(got);
	tear_down(&f);
}

/* A key that is gone: sums stay, names go, the day continues. */
Test(keep, lost_key_keeps_sums)
{
	struct fixture f;
	struct error error;
	set_up(&f);
	struct trend *want = whole(3, 1, 256 << 20);
	struct tally_options options = options_of(&f, 1, 256 << 20, false);
	struct tally *tally = tally_new(&options, &error);
	add_hits(tally, 3, 0, HITS / 2, false);
	keep(&f, tally);
	tally_free(tally);
	f.lost = true;
	tally = tally_new(&options, &error);
	add_hits(tally, 3, HITS / 2, HITS, false);
	for (int32_t day = FIRST_DAY; day < FIRST_DAY + DAYS; day++)
		cr_assert_eq(tally_open(tally, day, &error), 0, "%s", error.text);
	keep(&f, tally);
	tally_free(tally);
	f.lost = false; /* the rows are under the second key now */
	struct trend *got = reopened(&f, 1, 256 << 20);
	cr_expect_eq(got->totals.hits, want->totals.hits);
	cr_expect_eq(got->totals.bytes, want->totals.bytes);
	cr_expect_eq(got->totals.pages, want->totals.pages);
	cr_expect(balance_holds(&got->balance));
	cr_expect_eq(got->balance.counted, want->balance.counted);
	/* Where (other) is known to hold enough units its sums are shown. */
	static const enum dimension exact[] = {DIM_DAY, DIM_BROWSER, DIM_COUNTRY, DIM_OS};
	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++)
		cr_expect_eq(got->panels[exact[i]].total, want->panels[exact[i]].total,
			     "%s: %lu, not %lu", dimension_info(exact[i])->name,
			     got->panels[exact[i]].total, want->panels[exact[i]].total);
	cr_expect(trend_other_hits(&got->panels[DIM_BROWSER]) > 0);
	cr_expect_eq(got->totals.approximate, true);
	trend_free(want);
	trend_free(got);
	tear_down(&f);
}

/* ---- a state that cannot be believed ---- */

enum { ROWS_KEPT = 512 };

struct kept_rows {
	struct store_row all[ROWS_KEPT];
	char *bytes[ROWS_KEPT];
	size_t n;
};

static int keep_row(void *context, const struct store_row *row, struct error *error)
{
	struct kept_rows *rows = context;
	(void)error;
	cr_assert(rows->n < ROWS_KEPT);
	char *bytes = malloc(row->key.n + row->body.n);
	memcpy(bytes, row->key.p, row->key.n);
	memcpy(bytes + row->key.n, row->body.p, row->body.n);
	rows->bytes[rows->n] = bytes;
	rows->all[rows->n] = *row;
	rows->all[rows->n].key.p = bytes;
	rows->all[rows->n++].body.p = bytes + row->key.n;
	return 0;
}

/* One change: a bit, a byte, an end that is missing, or bytes too many. */
static size_t change(uint64_t *state, uint8_t *plain, size_t n)
{
	uint64_t r = test_random(state);
	size_t at = n ? r % n : 0;
	switch (r >> 60 & 3) {
	case 0:
		plain[at] ^= (uint8_t)(1u << (r >> 40 & 7));
		return n;
	case 1:
		plain[at] = (uint8_t)(r >> 48);
		return n;
	case 2:
		return at;
	default:
		memmove(plain + at + 1, plain + at, n - at);
		plain[at] = (uint8_t)(r >> 48);
		return n + 1;
	}
}

/* A row with some of what it says changed, sealed again as if it were ours. */
static void put_changed(struct fixture *f, const struct store_row *row, uint64_t *state)
{
	static uint8_t plain[1 << 16], sealed[1 << 17];
	struct store_row changed = *row;
	struct error error;
	size_t n = row->body.n;
	bool is_plain = row->table == STORE_PERIOD && row->key.n == 4;
	cr_assert(n < sizeof(plain) - 8);
	memcpy(plain, row->body.p, n);
	if (!is_plain)
		cr_assert_eq(
		    seal_open(f->keys, row->day, row->table, row->key, row->body, plain, &n), 0);
	for (uint64_t changes = 1 + test_random(state) % 4; changes; changes--)
		n = change(state, plain, n);
	changed.body = slice_make((const char *)plain, n);
	if (test_random(state) % 8 == 0)
		changed.sums[test_random(state) % STORE_SUMS] =
		    (int64_t)(test_random(state) >> test_random(state) % 64);
	if (test_random(state) % 8 == 0)
		changed.dimension = (uint8_t)test_random(state);
	if (!is_plain) {
		cr_assert_eq(
		    seal_close(f->keys, row->day, row->table, row->key, changed.body, sealed), 0);
		changed.body = slice_make((const char *)sealed, seal_size(n));
	}
	cr_assert_eq(store_put_row(f->store, &changed, &error), 0, "%s", error.text);
}

/* Whatever rows say: they are refused with a message, or can be counted on, saved and reported. */
Test(keep, rows_that_make_no_sense_harm_nobody, .timeout = 300)
{
	struct fixture f;
	struct error error;
	uint64_t seed = (uint64_t)time(NULL), state = seed;
	struct kept_rows *rows = calloc(1, sizeof(*rows));
	set_up(&f);
	struct tally_options options = options_of(&f, 1, 8 << 20, false);
	struct tally *tally = tally_new(&options, &error);
	add_hits(tally, 3, 0, 120, false);
	keep(&f, tally);
	tally_free(tally);
	for (unsigned table = 0; table < STORE_TABLE__COUNT; table++)
		cr_assert_eq(store_each_row(f.store, FIRST_DAY, table, keep_row, rows, &error), 0);
	unsigned refused = 0;
	for (unsigned round = 0; round < 3000; round++) {
		error.text[0] = '\0';
		cr_assert_eq(store_begin(f.store, &error), 0);
		put_changed(&f, &rows->all[test_random(&state) % rows->n], &state);
		f.lost = round % 16 == 0;
		tally = tally_new(&options, &error);
		error.text[0] = '\0';
		if (tally_open(tally, FIRST_DAY, &error)) {
			cr_assert(error.text[0], "seed %lu, round %u: says nothing", seed, round);
			refused++;
		} else {
			struct trend *sum = trend_new(1);
			add_hits(tally, 3, 120, 140, false);
			cr_assert_eq(tally_save(tally, f.store, keys_of, &f, NULL, &error), 0,
				     "seed %lu, round %u: %s", seed, round, error.text);
			cr_assert_eq(gate_each(tally, add_up, sum, &error), 0);
			trend_free(sum);
		}
		tally_free(tally);
		store_rollback(f.store);
	}
	cr_expect(refused > 500 && refused < 2900, "seed %lu: %u refused", seed, refused);
	for (size_t i = 0; i < rows->n; i++)
		free(rows->bytes[i]);
	free(rows);
	tear_down(&f);
}

/* Many pages of few units each. */
static void add_rare_pages(struct tally *tally, unsigned pages)
{
	struct error error;
	struct batch batch = {0};
	char text[32];
	batch_clear(&batch);
	for (unsigned i = 0; i < 3 * pages; i++) {
		uint64_t r = test_mix(i);
		if (i < pages) {
			snprintf(text, sizeof(text), "/rare/%u", i);
			batch_tell(&batch, slice_from(text));
		}
		struct hit *hit =
		    test_hit(&batch, r % 200, 0, (int64_t)FIRST_DAY * 86400 + 3600 + i);
		hit->page = i % pages + 1;
		hit->visitor_before = hit->visitor_after = 0;
	}
	batch.reset = true;
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0, "%s", error.text);
	batch_release(&batch);
}

/* A run with less memory folds cells while it loads them. What was in their sets goes with them,
 * not to whoever has their place now: no page may seem to have more units than it had. */
Test(keep, cells_that_fold_while_loading_take_their_sets_along)
{
	enum { PAGES = 3000 };
	struct fixture f;
	struct error error;
	set_up(&f);
	struct tally_options options = options_of(&f, 1, 256 << 20, false);
	options.min_visitors = 50; /* nothing is established */
	struct tally *tally = tally_new(&options, &error);
	add_rare_pages(tally, PAGES);
	keep(&f, tally);
	tally_free(tally);
	options.min_visitors = 1; /* all is shown */
	tally = tally_new(&options, &error);
	cr_assert_eq(tally_open(tally, FIRST_DAY, &error), 0, "%s", error.text);
	struct trend *want = open_gate(tally);
	for (size_t memory = 6 << 20; memory <= 12 << 20; memory += 1 << 20) {
		options.memory = memory;
		tally = tally_new(&options, &error);
		cr_assert_eq(tally_open(tally, FIRST_DAY, &error), 0, "%s", error.text);
		struct trend *got = open_gate(tally);
		const struct trend_panel *panel = &got->panels[DIM_PAGE];
		cr_expect(panel->n < PAGES, "%zu: all pages found room", memory);
		cr_expect_eq(panel->total, want->panels[DIM_PAGE].total, "%zu", memory);
		for (size_t r = 0; r < panel->n; r++) {
			const struct trend_row *row = &panel->rows[r];
			const struct trend_row *whole = test_row(want, DIM_PAGE, row->key);
			cr_assert(row->other ||
				      (whole && row->figures.units <= whole->figures.units),
				  "%zu: %s has %lu units", memory, row->key, row->figures.units);
			cr_assert(!row->other || row->figures.units == 200,
				  "%zu: %lu units in what was folded", memory, row->figures.units);
		}
		trend_free(got);
	}
	trend_free(want);
	tear_down(&f);
}

/* Pages in the order of a seed, most of them new: what is admitted depends on ties. */
static void add_flood(struct tally *tally, unsigned run)
{
	struct error error;
	struct batch batch = {0};
	char text[32];
	batch_clear(&batch);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t r = test_mix(run * 2000 + i);
		snprintf(text, sizeof(text), i % 4 ? "/flood/%lu" : "/often/%lu",
			 i % 4 ? r % 100000 : r % 700);
		batch_tell(&batch, slice_from(text));
		struct hit *hit = test_hit(&batch, r >> 20 & 1023, 0,
					   (int64_t)FIRST_DAY * 86400 + 3600 + run * 600 + i / 4);
		hit->page = i + 1;
		hit->visitor_before = hit->visitor_after = 0;
	}
	batch.reset = true;
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0, "%s", error.text);
	batch_release(&batch);
}

/* Rows come back in the order of their keys, which are the day's; figures must not know. */
Test(keep, keys_make_no_difference_at_the_caps, .timeout = 300)
{
	struct trend *trends[4];
	for (uint8_t k = 0; k < COUNT(trends); k++) {
		struct fixture f;
		struct error error;
		uint8_t key[KEY_SIZE] = {k};
		set_up(&f);
		sealing_keys_free(f.keys);
		f.keys = sealing_keys_from(key, &error);
		struct tally_options options = options_of(&f, 3, 6 << 20, false);
		for (unsigned run = 0; run < 8; run++) {
			struct tally *tally = tally_new(&options, &error);
			add_flood(tally, run);
			keep(&f, tally);
			tally_free(tally);
		}
		trends[k] = reopened(&f, 3, 6 << 20);
		tear_down(&f);
	}
	cr_expect(trends[0]->panels[DIM_PAGE].approximate, "a cap was reached");
	for (uint8_t k = 1; k < COUNT(trends); k++)
		compare(trends[0], trends[k], k);
	for (uint8_t k = 0; k < COUNT(trends); k++)
		trend_free(trends[k]);
}

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A hundred thousand pages, each seen by a visitor of its own now and again. */
static void add_pages(struct tally *tally, unsigned pages)
{
	struct error error;
	struct batch batch = {0};
	char text[32];
	batch_clear(&batch);
	for (unsigned i = 0; i < pages; i++) {
		snprintf(text, sizeof(text), "/page/%u", i);
		batch_tell(&batch, slice_from(text));
		struct hit *hit = test_hit(&batch, i % 5000, 0, (int64_t)FIRST_DAY * 86400 + i / 4);
		hit->page = i + 1;
		hit->visitor_before = hit->visitor_after = 0;
	}
	batch.reset = true;
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0, "%s", error.text);
	batch_release(&batch);
}

/* The bound is ten times what an idle machine takes, since tests run on busy ones; `make bench` has
 * the figure. */
Test(keep, a_commit_of_100000_cells_is_quick, .timeout = 300)
{
	struct fixture f;
	struct error error;
	set_up(&f);
	struct tally_options options = options_of(&f, 5, (size_t)1 << 30, false);
	struct tally *tally = tally_new(&options, &error);
	for (int round = 0; round < 2; round++) {
		add_pages(tally, 100000);
		double before = seconds_now();
		keep(&f, tally);
		double took = seconds_now() - before;
		fprintf(stderr, "keep: 100,000 %s cells: %.2f s\n", round ? "changed" : "new",
			took);
		cr_expect(took < 10, "%.2f s", took);
	}
	tally_free(tally);
	tear_down(&f);
}
