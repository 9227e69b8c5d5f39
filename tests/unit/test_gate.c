/* The gate, against a model that counts naively and folds by the letter of law 6. */
#include <criterion/criterion.h>
#include <time.h>
#include "hits.h"

enum { T0 = 20370 * 86400 + 3600, PAGES = 60, UNITS = 400 };

/* Page p gets hits from units 0 … sizes[p] - 1. */
static struct trend *run_sizes(const unsigned *sizes, size_t n, unsigned k)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	struct tally_options options = test_options(k);
	struct error error;
	struct tally *tally = tally_new(&options, &error);
	for (size_t p = 0; p < n; p++) {
		char page[32];
		snprintf(page, sizeof(page), "/p%02zu", p);
		for (unsigned u = 0; u < sizes[p]; u++) {
			uint32_t name = test_name(names, &batch, page);
			test_hit(&batch, u, 1, T0 + (int64_t)u)->page = name;
		}
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	tally_free(tally);
	batch_release(&batch);
	free(names);
	return trend;
}

static const struct {
	const char *name;
	unsigned sizes[6];
	const char *named[6];
	uint64_t other_hits, other_units;
} folds[] = {
    {"all named, nothing folded", {9, 8, 7}, {"/p00", "/p01", "/p02"}, 0, 0},
    {"exactly k is named", {9, 5, 5}, {"/p00", "/p01", "/p02"}, 0, 0},
    {"one below k takes the smallest named along", {9, 8, 4}, {"/p00"}, 12, 8},
    {"several below k, still under k units together", {9, 8, 4, 3}, {"/p00"}, 15, 8},
    {"ties fold by key", {8, 8, 8, 1}, {"/p01", "/p02"}, 9, 8},
    {"nothing can be named", {7, 1}, {NULL}, 8, 7},
    {"all below k", {4, 4, 4, 4, 4}, {NULL}, 20, 4},
};

Test(gate, folds)
{
	for (size_t i = 0; i < sizeof(folds) / sizeof(*folds); i++) {
		/* A visitor more of every kind keeps the period itself above k. */
		struct trend *trend = run_sizes(folds[i].sizes, 6, 5);
		const struct trend_panel *panel = &trend->panels[DIM_PAGE];
		size_t named = 0;
		if (!trend->shown) {
			cr_expect_str_eq(folds[i].name, "all below k", "%s: hidden", folds[i].name);
			trend_free(trend);
			continue;
		}
		for (; named < 6 && folds[i].named[named]; named++)
			cr_expect_not_null(test_row(trend, DIM_PAGE, folds[i].named[named]),
					   "%s: %s is named", folds[i].name, folds[i].named[named]);
		const struct trend_row *other = test_row(trend, DIM_PAGE, "(other)");
		cr_expect_eq(panel->n, named + (folds[i].other_hits > 0), "%s: %zu rows",
			     folds[i].name, panel->n);
		cr_expect_eq(other ? other->figures.hits : 0, folds[i].other_hits,
			     "%s: hits of (other)", folds[i].name);
		cr_expect_eq(other ? other->figures.units : 0, folds[i].other_units,
			     "%s: units of (other)", folds[i].name);
		trend_free(trend);
	}
}

Test(gate, shows_only_the_balance_below_k)
{
	unsigned sizes[] = {4, 3};
	struct trend *trend = run_sizes(sizes, 2, 5);
	cr_expect(!trend->shown);
	cr_expect_eq(trend->balance.lines, 7);
	cr_expect_eq(trend->totals.hits, 0);
	for (unsigned d = 0; d < DIM__COUNT; d++)
		cr_expect_eq(trend->panels[d].n, 0);
	trend_free(trend);
}

Test(gate, hides_small_days_also_in_the_sum)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	struct tally_options options = test_options(5);
	struct error error;
	options.by_day = true;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned u = 0; u < 13; u++) {
		uint32_t page = test_name(names, &batch, "/a");
		test_hit(&batch, u, 1, T0 + (u >= 10) * 86400)->page =
		    page; /* 10 today, 3 tomorrow */
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	cr_expect(trend->shown);
	cr_expect_eq(trend->balance.lines, 13);
	cr_expect_eq(trend->totals.hits, 10);
	cr_expect_eq(trend->panels[DIM_DAY].n, 1);
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
	free(names);
}

Test(gate, counts_ipv6_by_its_48)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	struct tally_options options = test_options(5);
	struct error error;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned u = 0; u < 20; u++) {
		uint32_t page = test_name(names, &batch, u < 10 ? "/one-48" : "/many");
		struct hit *hit = test_hit(&batch, u, 1, T0);
		hit->page = page;
		if (u < 10)
			hit->gate = 77; /* ten /64 of one /48 */
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	cr_expect_null(test_row(trend, DIM_PAGE, "/one-48"));
	cr_expect_eq(trend->totals.units, 20, "units are still /64");
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
	free(names);
}

Test(gate, folds_versions_inside_their_browser)
{
	/* Browser 1: version 100 from 20 units, 101 from 2. Browser 2: version 7 from 3 units.
	 * Browser 3: 10 units. */
	struct batch batch = {0};
	struct tally_options options = test_options(5);
	struct error error;
	struct tally *tally = tally_new(&options, &error);
	static const struct {
		uint8_t browser;
		uint16_t version;
		unsigned units;
	} mix[] = {{1, 100, 20}, {1, 102, 9}, {1, 101, 2}, {2, 7, 3}, {3, 5, 10}, {4, 9, 8}};
	unsigned unit = 0;
	for (size_t i = 0; i < 6; i++)
		for (unsigned u = 0; u < mix[i].units; u++) {
			struct hit *hit = test_hit(&batch, ++unit, 1, T0);
			hit->browser = mix[i].browser;
			hit->version = mix[i].version;
			hit->page = 0;
			hit->flags = HIT_SIZE;
		}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	char key[64];
	snprintf(key, sizeof(key), "%s 100", agent_browser_name(1));
	cr_expect_eq(test_hits(trend, DIM_BROWSER_VERSION, key), 20);
	snprintf(key, sizeof(key), "%s (other)", agent_browser_name(1));
	cr_expect_eq(test_hits(trend, DIM_BROWSER_VERSION, key), 11, "101 took 102 along");
	snprintf(key, sizeof(key), "%s 7", agent_browser_name(2));
	cr_expect_null(test_row(trend, DIM_BROWSER_VERSION, key));
	cr_expect_null(test_row(trend, DIM_BROWSER, agent_browser_name(2)));
	cr_expect_eq(test_hits(trend, DIM_BROWSER, "(other)"), 11,
		     "browser 4 with its 8 hits went along");
	cr_expect_eq(test_hits(trend, DIM_BROWSER_VERSION, "(other)"), 11,
		     "and so did its version");
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
}

/* The naive model of one open panel: sets as bit maps. */
struct model {
	uint64_t hits[PAGES];
	bool units[PAGES][UNITS];
};

static unsigned distinct(const struct model *model, const bool *members)
{
	unsigned n = 0;
	for (unsigned u = 0; u < UNITS; u++) {
		bool any = false;
		for (unsigned p = 0; p < PAGES; p++)
			any |= members[p] && model->units[p][u];
		n += any;
	}
	return n;
}

static void check_model(const struct model *model, const struct trend *trend, unsigned k,
			uint64_t seed)
{
	bool folded[PAGES] = {false}, one[PAGES];
	uint64_t other = 0;
	bool any = false;
	for (unsigned p = 0; p < PAGES; p++) {
		memset(one, 0, sizeof(one));
		one[p] = true;
		folded[p] = model->hits[p] && distinct(model, one) < k;
		any |= folded[p];
	}
	while (any && distinct(model, folded) < k) {
		unsigned least = PAGES;
		for (unsigned p = 0; p < PAGES; p++)
			if (!folded[p] && model->hits[p] &&
			    (least == PAGES || model->hits[p] < model->hits[least]))
				least = p;
		if (least == PAGES)
			break;
		folded[least] = true;
	}
	for (unsigned p = 0; p < PAGES; p++) {
		char key[16];
		snprintf(key, sizeof(key), "/p%02u", p);
		const struct trend_row *row = test_row(trend, DIM_PAGE, key);
		cr_assert_eq(row != NULL, model->hits[p] && !folded[p],
			     "seed %lu: %s is named or not", seed, key);
		cr_assert(!row || row->figures.hits == model->hits[p], "seed %lu: hits of %s", seed,
			  key);
		memset(one, 0, sizeof(one));
		one[p] = true;
		cr_assert(!row || row->figures.units == distinct(model, one),
			  "seed %lu: units of %s", seed, key);
		other += folded[p] ? model->hits[p] : 0;
	}
	const struct trend_row *row = test_row(trend, DIM_PAGE, "(other)");
	cr_assert_eq(row ? row->figures.hits : 0, other, "seed %lu: hits of (other)", seed);
	cr_assert(!row || row->figures.units == distinct(model, folded),
		  "seed %lu: units of (other)", seed);
}

Test(gate, agrees_with_a_naive_model)
{
	uint64_t seed = (uint64_t)time(NULL);
	printf("gate: seed %lu\n", seed);
	for (unsigned round = 0; round < 60; round++, seed++) {
		uint64_t state = seed;
		struct model *model = calloc(1, sizeof(*model));
		struct test_names *names = calloc(1, sizeof(*names));
		struct batch batch = {0};
		struct error error;
		unsigned k = 1 + (unsigned)(test_random(&state) % 8);
		struct tally_options options = test_options(k);
		struct tally *tally = tally_new(&options, &error);
		unsigned units = 8 + (unsigned)(test_random(&state) % (UNITS - 8));
		for (unsigned i = 0; i < 600; i++) {
			/* Squares make some pages and units frequent and most rare. */
			uint64_t a = test_random(&state) % PAGES, b = test_random(&state) % PAGES;
			unsigned page = (unsigned)(a * b / PAGES),
				 unit = (unsigned)(test_random(&state) % units);
			char key[16];
			snprintf(key, sizeof(key), "/p%02u", page);
			uint32_t name = test_name(names, &batch, key);
			struct hit *hit = test_hit(&batch, unit, test_random(&state) % 3, T0 + i);
			hit->page = name;
			model->hits[page]++;
			model->units[page][unit] = true;
		}
		cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
		struct trend *trend = gate_open(tally, &error);
		if (trend->shown)
			check_model(model, trend, k, seed);
		trend_free(trend);
		tally_free(tally);
		batch_release(&batch);
		free(names);
		free(model);
	}
}

Test(gate, points_out_sections_that_look_personal)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	struct tally_options options = test_options(5);
	struct error error;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned u = 0; u < 40; u++) {
		char page[32];
		snprintf(page, sizeof(page), "/crew/n%02u", u);
		uint32_t name = test_name(names, &batch, page);
		test_hit(&batch, u, 1, T0)->page = name;
		name = test_name(names, &batch, "/shop/all");
		test_hit(&batch, u, 1, T0 + 5)->page = name;
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	cr_assert_eq(trend->notes_n, 1);
	cr_expect(strstr(trend->notes[0].text, "/crew/"));
	cr_expect_null(strstr(trend->notes[0].text, "n07"));
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
	free(names);
}

/* `people` persons and `crawlers` crawlers ask for one page each, on one day. */
static struct trend *run_mixed(unsigned people, unsigned crawlers, unsigned k)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	static const char *const goals[] = {"buy"};
	struct tally_options options = test_options(k);
	struct error error;
	options.goals = goals;
	options.goals_n = 1;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned u = 0; u < people + crawlers; u++) {
		uint32_t page = test_name(names, &batch, "/gone");
		struct hit *hit = test_hit(&batch, u, 1, T0 + u);
		hit->page = page;
		hit->status = 404;
		hit->flags = HIT_SIZE;
		if (u >= people) {
			hit->crawler = 1;
			hit->flags |= HIT_CRAWLER;
		}
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	tally_free(tally);
	batch_release(&batch);
	free(names);
	return trend;
}

static const struct {
	const char *name;
	unsigned people, crawlers;
	bool shown;
	uint64_t visitors; /* of the row 404 */
} mixed[] = {
    {"crawlers alone hide nobody", 0, 9, true, 0},
    {"crawlers do not open the gate for one person", 1, 9, false, 0},
    {"nor for k - 1", 4, 40, false, 0},
    {"k people", 5, 40, true, 5},
    {"people alone", 6, 0, true, 6},
};

Test(gate, crawlers_do_not_count_for_people)
{
	for (size_t i = 0; i < sizeof(mixed) / sizeof(*mixed); i++) {
		struct trend *trend = run_mixed(mixed[i].people, mixed[i].crawlers, 5);
		cr_expect_eq(trend->shown, mixed[i].shown, "%s", mixed[i].name);
		const struct trend_row *row = test_row(trend, DIM_STATUS, "404");
		cr_expect_eq(row ? row->figures.visitors : 0, mixed[i].visitors, "%s: status",
			     mixed[i].name);
		row = test_row(trend, DIM_NOT_FOUND_PAGE, "/gone");
		cr_expect_eq(row ? row->figures.visitors : 0, mixed[i].visitors, "%s: page",
			     mixed[i].name);
		trend_free(trend);
	}
}

/* Ten people, of whom `buyers` reach a goal with an amount, `rare` are answered 410 and have a user
 * name. */
static struct trend *run_buyers(unsigned buyers, unsigned rare)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	static const char *const goals[] = {"buy"};
	struct tally_options options = test_options(5);
	struct error error;
	options.goals = goals;
	options.goals_n = 1;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned u = 0; u < 10; u++) {
		uint32_t page = test_name(names, &batch, "/");
		struct hit *hit = test_hit(&batch, u, 1, T0 + u);
		hit->page = page;
		if (u < buyers) {
			hit->goals = 1;
			hit->amount = 123456;
			hit->flags |= HIT_AMOUNT;
		}
		if (u < rare) {
			hit->status = 410;
			hit->customer = 1000 + u;
			hit->engine = 2;
		}
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	tally_free(tally);
	batch_release(&batch);
	free(names);
	return trend;
}

Test(gate, what_few_did_has_no_figure_anywhere)
{
	for (unsigned few = 1; few < 5; few++) {
		struct trend *trend = run_buyers(few, few);
		cr_assert(trend->shown);
		cr_expect_eq(trend->panels[DIM_GOAL].n, 0, "%u: goals", few);
		cr_expect_eq(trend->panels[DIM_CUSTOMERS].n, 0, "%u: customers", few);
		cr_expect_eq(trend->panels[DIM_NOT_FOUND_PAGE].n, 0, "%u: not found", few);
		cr_expect_eq(trend->panels[DIM_SEARCH_ENGINE].n, 0, "%u: engines", few);
		cr_expect_eq(trend->totals.customers, 0, "%u", few);
		cr_assert_eq(trend->panels[DIM_DAY].n, 1);
		cr_expect(!(trend->panels[DIM_DAY].rows[0].figures.has & FIGURE_AMOUNT),
			  "%u: amount of the day", few);
		cr_expect_eq(trend->panels[DIM_DAY].rows[0].figures.amount, 0);
		trend_free(trend);
	}
	struct trend *trend = run_buyers(5, 5);
	cr_expect_eq(test_row(trend, DIM_GOAL, "buy")->figures.amount, 5 * 123456);
	cr_expect_eq(trend->panels[DIM_DAY].rows[0].figures.amount, 5 * 123456);
	cr_expect_eq(trend->totals.customers, 5);
	cr_expect_eq(trend->panels[DIM_NOT_FOUND_PAGE].total, 5);
	trend_free(trend);
}

Test(gate, notes_do_not_count_one_address_as_many)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	struct tally_options options = test_options(5);
	struct error error;
	options.by_day = true;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned d = 0; d < 6; d++) {
		for (unsigned u = 0; u < 13; u++) {
			char page[48];
			snprintf(page, sizeof(page), "/secret-jane-diary/%u-%u", d, u);
			uint32_t name = test_name(names, &batch, u < 8 ? "/" : page);
			test_hit(&batch, u < 8 ? u + 1 : 0, 1, T0 + d * 86400 + u)->page = name;
		}
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	cr_expect_eq(trend->notes_n, 0);
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
	free(names);
}
