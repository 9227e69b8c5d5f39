/* Visits, from hand-made hits: one row per case of DESIGN.md's definition. */
#include <criterion/criterion.h>
#include "hits.h"

enum { T0 = 1760000000 / 86400 * 86400, NOON = T0 + 43200, MIDNIGHT = T0 + 86400 };

struct step {
	int64_t time;
	const char *page; /* NULL: an asset */
};

static const struct {
	const char *name;
	struct step steps[8];
	unsigned visits, bounces, reordered, flows;
	const char *entry, *exit; /* of the first visit counted there, with the number of visits */
	unsigned entry_n, exit_n;
} cases[] = {
    {"one page is a bounce", {{NOON, "/a"}}, 1, 1, 0, 0, "/a", "/a", 1, 1},
    {"two pages within the timeout",
     {{NOON, "/a"}, {NOON + 1800, "/b"}},
     1,
     0,
     0,
     1,
     "/a",
     "/b",
     1,
     1},
    {"a second more is a new visit",
     {{NOON, "/a"}, {NOON + 1801, "/b"}},
     2,
     2,
     0,
     0,
     "/a",
     "/b",
     1,
     1},
    {"assets keep a visit alive",
     {{NOON, "/a"}, {NOON + 1700, NULL}, {NOON + 3400, "/b"}},
     1,
     0,
     0,
     1,
     "/a",
     "/b",
     1,
     1},
    {"assets alone are a visit without pages",
     {{NOON, NULL}, {NOON + 5, NULL}},
     1,
     0,
     0,
     0,
     "/a",
     "/a",
     0,
     0},
    {"a late line becomes the entry",
     {{NOON, "/b"}, {NOON - 60, "/a"}},
     1,
     0,
     0,
     0,
     "/a",
     "/b",
     1,
     1},
    {"a line one timeout older joins",
     {{NOON, "/b"}, {NOON - 1800, "/a"}},
     1,
     0,
     0,
     0,
     "/a",
     "/b",
     1,
     1},
    {"an older one is a visit of its own",
     {{NOON, "/b"}, {NOON - 1801, "/a"}},
     2,
     2,
     1,
     0,
     "/a",
     "/a",
     1,
     1},
    {"a late line in the middle is no exit",
     {{NOON, "/a"}, {NOON + 60, "/c"}, {NOON + 30, "/b"}},
     1,
     0,
     0,
     1,
     "/a",
     "/c",
     1,
     1},
    {"a late first line stretches the visit",
     {{NOON, "/b"}, {NOON - 1000, "/a"}, {NOON - 2500, "/z"}},
     1,
     0,
     0,
     0,
     "/z",
     "/b",
     1,
     1},
    {"equal times keep the order of lines",
     {{NOON, "/a"}, {NOON, "/b"}},
     1,
     0,
     0,
     1,
     "/a",
     "/b",
     1,
     1},
    {"a reload is no step", {{NOON, "/a"}, {NOON + 5, "/a"}}, 1, 0, 0, 0, "/a", "/a", 1, 1},
    {"over midnight, on the day of its first hit",
     {{MIDNIGHT - 60, "/a"}, {MIDNIGHT + 60, "/b"}, {MIDNIGHT + 1800, "/c"}},
     1,
     0,
     0,
     2,
     "/a",
     "/c",
     1,
     1},
    {"a pause over midnight ends it",
     {{MIDNIGHT - 60, "/a"}, {MIDNIGHT + 1741, "/b"}},
     2,
     2,
     0,
     0,
     "/a",
     "/b",
     1,
     1},
    {"a second visit on the new day",
     {{MIDNIGHT - 60, "/a"}, {MIDNIGHT + 60, "/b"}, {MIDNIGHT + 4000, "/c"}},
     2,
     1,
     0,
     1,
     "/a",
     "/c",
     1,
     1},
    {"an evening line that comes in the night begins the visit",
     {{MIDNIGHT + 60, "/b"}, {MIDNIGHT - 60, "/a"}, {MIDNIGHT + 90, "/c"}},
     1,
     0,
     0,
     1,
     "/a",
     "/c",
     1,
     1},
    {"a day that another visit ended keeps both",
     {{MIDNIGHT - 9000, "/z"}, {MIDNIGHT + 60, "/b"}, {MIDNIGHT - 60, "/a"}},
     2,
     1,
     0,
     0,
     "/a",
     "/b",
     1,
     1},
    {"an evening line too old for the night's visit",
     {{MIDNIGHT + 1750, "/b"}, {MIDNIGHT - 60, "/a"}},
     2,
     2,
     1,
     0,
     "/a",
     "/b",
     1,
     1},
    {"an asset of the evening after a page of the night",
     {{MIDNIGHT + 16000, "/b"}, {MIDNIGHT - 1000, NULL}},
     2,
     1,
     1,
     0,
     "/b",
     "/b",
     1,
     1},
    {"an asset of the evening too old for the night",
     {{MIDNIGHT + 1700, "/b"}, {MIDNIGHT - 1000, NULL}},
     2,
     1,
     1,
     0,
     "/b",
     "/b",
     1,
     1},
};

static struct trend *run(const struct step *steps, bool by_day)
{
	struct batch batch = {0};
	struct test_names *names = calloc(1, sizeof(*names));
	struct tally_options options = test_options(1);
	struct error error;
	options.by_day = by_day;
	struct tally *tally = tally_new(&options, &error);
	for (size_t i = 0; i < 8 && steps[i].time; i++) {
		uint32_t page = test_name(names, &batch, steps[i].page ? steps[i].page : "/x.css");
		struct hit *hit = test_hit(&batch, 1, 1, steps[i].time);
		hit->page = page;
		if (!steps[i].page) {
			hit->flags = HIT_SIZE;
			hit->content = CONTENT_STYLE;
		}
	}
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0, "%s", error.text);
	struct trend *trend = gate_open(tally, &error);
	cr_assert_not_null(trend, "%s", error.text);
	tally_free(tally);
	batch_release(&batch);
	free(names);
	return trend;
}

Test(visit, cases)
{
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		bool by_day = i % 2;
		struct trend *trend = run(cases[i / 2].steps, by_day);
		const char *name = cases[i / 2].name;
		const struct trend_totals *totals = &trend->totals;
		cr_expect_eq(totals->visits, cases[i / 2].visits, "%s: %lu visits", name,
			     totals->visits);
		cr_expect_eq(totals->bounces, cases[i / 2].bounces, "%s: %lu bounces", name,
			     totals->bounces);
		cr_expect_eq(totals->reordered, cases[i / 2].reordered, "%s: %lu reordered", name,
			     totals->reordered);
		cr_expect_eq(totals->steps, cases[i / 2].flows, "%s: %lu steps", name,
			     totals->steps);
		cr_expect_eq(test_hits(trend, DIM_ENTRY_PAGE, cases[i / 2].entry),
			     cases[i / 2].entry_n, "%s: entry", name);
		cr_expect_eq(test_hits(trend, DIM_EXIT_PAGE, cases[i / 2].exit),
			     cases[i / 2].exit_n, "%s: exit", name);
		cr_expect(totals->visit_seconds <= 86400, "%s: %lu seconds", name,
			  totals->visit_seconds);
		trend_free(trend);
	}
}

Test(visit, belongs_to_the_day_of_its_first_hit)
{
	static const struct step steps[8] = {{MIDNIGHT - 60, "/a"}, {MIDNIGHT + 60, "/b"}};
	for (int by_day = 0; by_day < 2; by_day++) {
		struct trend *trend = run(steps, by_day);
		const struct trend_panel *days = &trend->panels[DIM_DAY];
		trend_sort(trend);
		cr_assert_eq(days->n, 2);
		cr_expect_eq(days->rows[0].figures.visits, 1);
		cr_expect_eq(days->rows[1].figures.visits, 0);
		cr_expect_eq(days->rows[1].figures.visitors, 1, "it is a visitor of both days");
		cr_expect_eq(trend->totals.visit_seconds, 120);
		trend_free(trend);
	}
}

Test(visit, crawlers_make_none)
{
	struct batch batch = {0};
	struct error error;
	struct tally_options options = test_options(1);
	struct tally *tally = tally_new(&options, &error);
	struct hit *hit = test_hit(&batch, 1, 1, NOON);
	hit->crawler = 1;
	hit->flags = HIT_CRAWLER | HIT_SIZE;
	cr_assert_eq(tally_add(tally, &batch, BATCH_BEFORE, &error), 0);
	struct trend *trend = gate_open(tally, &error);
	cr_expect_eq(trend->totals.visits, 0);
	cr_expect_eq(trend->totals.visitors, 0);
	cr_expect_eq(trend->totals.crawler_hits, 1);
	cr_expect_eq(trend->totals.hits, 1);
	trend_free(trend);
	tally_free(tally);
	batch_release(&batch);
}
