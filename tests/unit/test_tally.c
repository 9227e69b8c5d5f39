/* The tally at its caps: memory holds, sums are exact, the order of lines alone decides. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>
#include "aggregate/tally/tally_state.h"
#include "hits.h"

enum { T0 = 20370 * 86400 };

/* Hits over `paths` paths and `units` units; equal hits for an equal seed, whatever the batches. */
static void flood(struct tally *tally, uint64_t seed, unsigned hits, uint64_t paths, uint64_t units,
		  unsigned per_batch)
{
	struct batch batch = {0};
	struct error error;
	uint64_t state = seed;
	for (unsigned i = 0; i < hits; i++) {
		char path[48];
		uint64_t r = test_random(&state);
		snprintf(path, sizeof(path), i % 4 ? "/p/%lu" : "/popular/%lu",
			 i % 4 ? r % paths : r % 20);
		if (batch.n == 0) {
			batch_clear(&batch);
			batch.reset = true;
		}
		batch_tell(&batch, slice_from(path));
		struct hit *hit = test_hit(&batch, (r >> 20) % units, (r >> 50) % 3, T0 + i / 20);
		hit->page = batch.news;
		if (r >> 60 == 7)
			hit->status = 404;
		if (batch.n == per_batch || i + 1 == hits) {
			cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0, "%s",
				     error.text);
			batch.n = 0;
		}
	}
	batch_release(&batch);
}

static struct trend *finish(struct tally *tally)
{
	struct error error;
	struct trend *trend = gate_open(tally, &error);
	cr_assert_not_null(trend, "%s", error.text);
	trend_sort(trend);
	return trend;
}

static uint64_t sum(const struct trend *trend, enum dimension dimension)
{
	uint64_t hits = 0;
	for (size_t i = 0; i < trend->panels[dimension].n; i++)
		hits += trend->panels[dimension].rows[i].figures.hits;
	return hits;
}

static const struct {
	const char *name;
	uint64_t paths, units;
	bool approximate;
} floods[] = {
    {"few of both", 3, 20, false},
    {"many paths", 1000000, 500, true},
    {"many units", 300, 1000000, true},
    {"many of both", 1000000, 1000000, true},
};

Test(tally, sums_are_exact_at_every_cap, .timeout = 300)
{
	for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
		enum { HITS = 400000 };
		struct tally_options options = test_options(5);
		struct error error;
		options.memory = 16 << 20;
		struct tally *tally = tally_new(&options, &error);
		size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
		flood(tally, 42, HITS, floods[i].paths, floods[i].units, 1000);
		size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
		cr_expect(after < before + options.memory, "%s: %zu bytes held", floods[i].name,
			  after - before);
		struct trend *trend = finish(tally);
		const char *name = floods[i].name;
		cr_expect_eq(trend->panels[DIM_PAGE].approximate, floods[i].approximate, "%s",
			     name);
		cr_expect_eq(trend->totals.hits, HITS, "%s", name);
		cr_expect_eq(sum(trend, DIM_STATUS), HITS, "%s", name);
		cr_expect_eq(sum(trend, DIM_DAY), HITS, "%s", name);
		cr_expect_eq(sum(trend, DIM_BROWSER), HITS, "%s", name);
		cr_expect_eq(sum(trend, DIM_PAGE), trend->totals.pages, "%s", name);
		cr_expect_eq(sum(trend, DIM_FLOW), trend->totals.steps, "%s", name);
		cr_expect_eq(sum(trend, DIM_NOT_FOUND_PAGE), test_hits(trend, DIM_STATUS, "404"),
			     "%s", name);
		cr_expect_eq(sum(trend, DIM_ENTRY_PAGE), sum(trend, DIM_EXIT_PAGE), "%s", name);
		for (unsigned p = 0; p < 20; p++) {
			char key[16];
			snprintf(key, sizeof(key), "/popular/%u", p);
			cr_expect_not_null(test_row(trend, DIM_PAGE, key), "%s: %s is established",
					   name, key);
		}
		trend_free(trend);
		tally_free(tally);
	}
}

static bool same(const struct figures *a, const struct figures *b)
{
	return a->hits == b->hits && a->bytes == b->bytes && a->visitors == b->visitors &&
	       a->units == b->units && a->pages == b->pages && a->visits == b->visits &&
	       a->bounces == b->bounces;
}

/* The same lines in batches of other sizes give the same figures, also where caps are reached. */
Test(tally, batches_do_not_matter, .timeout = 300)
{
	for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
		struct trend *trends[2];
		for (int t = 0; t < 2; t++) {
			struct tally_options options = test_options(5);
			struct error error;
			options.memory = 16 << 20;
			struct tally *tally = tally_new(&options, &error);
			flood(tally, 7, 300000, floods[i].paths, floods[i].units, t ? 777 : 5000);
			trends[t] = finish(tally);
			tally_free(tally);
		}
		for (unsigned d = 0; d < DIM__COUNT; d++) {
			const struct trend_panel *a = &trends[0]->panels[d],
						 *b = &trends[1]->panels[d];
			cr_assert_eq(a->n, b->n, "%s, %s: %zu and %zu rows", floods[i].name,
				     dimension_info((enum dimension)d)->name, a->n, b->n);
			for (size_t r = 0; r < a->n; r++) {
				cr_assert_str_eq(a->rows[r].key, b->rows[r].key);
				cr_assert(same(&a->rows[r].figures, &b->rows[r].figures),
					  "%s: %s %s", floods[i].name,
					  dimension_info((enum dimension)d)->name, a->rows[r].key);
			}
		}
		trend_free(trends[0]);
		trend_free(trends[1]);
	}
}

Test(tally, estimates_stay_near)
{
	struct tally_options options = test_options(5);
	struct error error;
	options.memory = 16 << 20;
	struct tally *tally = tally_new(&options, &error);
	flood(tally, 3, 400000, 300, 200000, 1000);
	struct trend *trend = finish(tally);
	/* 200,000 units hit twice on average: 1 - e^-2 of them are seen. */
	double want = 200000 * 0.8647;
	cr_expect(trend->totals.approximate);
	cr_expect((double)trend->totals.units > 0.9 * want &&
		      (double)trend->totals.units < 1.1 * want,
		  "%lu units", trend->totals.units);
	trend_free(trend);
	tally_free(tally);
}

Test(tally, days_beyond_the_limit_are_excluded)
{
	struct batch batch = {0};
	struct tally_options options = test_options(1);
	struct error error;
	options.by_day = true;
	options.max_open_days = 3;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned d = 0; d < 5; d++)
		test_hit(&batch, 1, 1, T0 + d * 86400)->page = 1;
	batch_tell(&batch, slice_from("/"));
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = finish(tally);
	cr_expect_eq(trend->balance.counted, 3);
	cr_expect_eq(trend->balance.excluded[EXCLUDE_TOO_MANY_DAYS], 2);
	cr_expect(balance_holds(&trend->balance));
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
}

/* Sites of a day are no days. */
Test(tally, a_day_of_many_sites_is_one_day)
{
	struct batch batch = {0};
	struct tally_options options = test_options(1);
	struct error error;
	options.by_day = true;
	options.max_open_days = 2;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned i = 0; i < 60; i++) {
		struct hit *hit = test_hit(&batch, 1, i, T0 + (int64_t)(i % 3) * 86400);
		hit->page = 1;
		hit->section = (uint16_t)((i * 7) % 20);
	}
	batch_tell(&batch, slice_from("/"));
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = finish(tally);
	cr_expect_eq(trend->balance.counted, 40);
	cr_expect_eq(trend->balance.excluded[EXCLUDE_TOO_MANY_DAYS], 20);
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
}

Test(tally, customers_goals_and_campaigns)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	struct tally_options options = test_options(1);
	static const char *const goals[] = {"purchase", "signup"};
	struct error error;
	options.goals = goals;
	options.goals_n = 2;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned u = 0; u < 40; u++) {
		uint32_t campaign = test_name(names, &batch, "news/mail/-"),
			 page = test_name(names, &batch, "/");
		struct hit *hit = test_hit(&batch, u, 1, T0 + u);
		hit->page = page;
		hit->customer = 1 + u % 3;
		hit->goals = u % 2 ? 1 : 0;
		hit->amount = 1250;
		hit->flags |= u % 2 ? HIT_AMOUNT : 0;
		hit->campaign = u < 4 ? campaign : 0;
		hit->flags |= HIT_DURATION;
		hit->duration_us = 1000 * (u % 10);
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = finish(tally);
	cr_expect_eq(trend->totals.customers, 3);
	cr_expect_eq(sum(trend, DIM_CUSTOMERS), 40);
	cr_expect_eq(test_hits(trend, DIM_GOAL, "purchase"), 20);
	cr_expect_eq(test_row(trend, DIM_GOAL, "purchase")->figures.amount, 20 * 1250);
	cr_expect_null(test_row(trend, DIM_GOAL, "signup"));
	cr_expect_eq(test_hits(trend, DIM_CAMPAIGN, "news/mail/-"), 4);
	const struct figures *day = &trend->panels[DIM_DAY].rows[0].figures;
	cr_expect(day->has & FIGURE_LATENCY);
	cr_expect(day->p50_us >= 4000 && day->p50_us <= 4100, "%u", day->p50_us);
	cr_expect(day->p95_us >= 9000 && day->p95_us <= 9216, "%u", day->p95_us);
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
	free(names);
}
