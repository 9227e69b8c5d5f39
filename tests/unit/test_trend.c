#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The module is compiled in, so that the n-th call to the system can be made to fail. */
static int fail_at = -1; /* calls that still succeed; -1 = all */

static int fails(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

static void *test_calloc(size_t n, size_t size)
{
	return fails() ? NULL : calloc(n, size);
}

static void *test_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : reallocarray(p, n, size);
}

#define calloc	     test_calloc
#define reallocarray test_reallocarray
#include "aggregate/tally/trend.c"
#undef calloc
#undef reallocarray

static struct trend *shown(unsigned k)
{
	struct trend *trend = trend_new(k);
	cr_assert_not_null(trend);
	trend->shown = true;
	return trend;
}

static void add(struct trend *trend, enum dimension dimension, const char *key, uint64_t hits)
{
	struct figures figures = {.hits = hits, .bytes = hits * 10, .visitors = 1, .units = 1};
	bool other = strstr(key, "(other)") != NULL;
	cr_assert_eq(trend_add(trend, dimension, key, other, &figures), 0);
}

static const struct trend_row *find(const struct trend *trend, enum dimension dimension,
				    const char *key)
{
	const struct trend_panel *panel = &trend->panels[dimension];
	for (size_t i = 0; i < panel->n; i++)
		if (strcmp(panel->rows[i].key, key) == 0)
			return &panel->rows[i];
	return NULL;
}

Test(dimension, every_row_is_filled_and_names_are_unique)
{
	for (unsigned i = 0; i < DIM__COUNT; i++) {
		const struct dimension_info *info = dimension_info((enum dimension)i);
		cr_assert(info->name && info->title && info->column, "dimension %u", i);
		cr_assert_eq(strspn(info->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(info->name),
			     "%s is not a plain name", info->name);
		for (unsigned j = 0; j < i; j++)
			cr_assert_str_neq(info->name, dimension_info((enum dimension)j)->name);
	}
	for (unsigned i = 0; i < COUNTS__COUNT; i++)
		cr_assert_not_null(dimension_counts_text((enum counts)i), "counts %u", i);
}

Test(balance, holds_and_adds)
{
	struct balance a = {.lines = 10, .counted = 6, .dropped = 5}, b = a;
	a.excluded[1] = 3;
	a.rejected[TREND_REASONS_MAX - 1] = 1;
	cr_assert(balance_holds(&a));
	cr_assert_not(balance_holds(&b));
	balance_add(&b, &a);
	cr_assert_eq(b.lines, 20);
	cr_assert_eq(b.counted, 12);
	cr_assert_eq(b.dropped, 10);
	cr_assert_eq(b.excluded[1], 3);
	cr_assert_eq(b.rejected[TREND_REASONS_MAX - 1], 1);
	cr_assert_not(balance_holds(&b));
}

static const struct {
	const char *name;
	enum dimension dimension;
	const char *keys[8];
	uint64_t hits[8];
	const char *sorted;
} orders[] = {
    {"by hits, then key", DIM_PAGE, {"/b", "/c", "/a", "/d"}, {5, 9, 5, 5}, "/c /a /b /d "},
    {"(other) last", DIM_PAGE, {"(other)", "/b", "/a"}, {99, 1, 2}, "/a /b (other) "},
    {"bytes, not letters", DIM_PAGE, {"/\xc3\xa4", "/z", "/Z"}, {1, 1, 1}, "/Z /z /\xc3\xa4 "},
    {"status is by hits", DIM_STATUS, {"404", "200"}, {1, 7}, "200 404 "},
    {"days by key",
     DIM_DAY,
     {"2016-10-02", "2016-09-30", "(other)"},
     {9, 1, 5},
     "2016-09-30 2016-10-02 (other) "},
    {"hours by key", DIM_HOUR, {"10", "09", "00"}, {1, 2, 3}, "00 09 10 "},
    {"times by their edge",
     DIM_LATENCY,
     {"16-32 ms", "65536 ms or more", "2-4 ms", "(other)", "under 1 ms", "1-2 ms"},
     {1, 2, 3, 9, 1, 1},
     "under 1 ms 1-2 ms 2-4 ms 16-32 ms 65536 ms or more (other) "},
    {"sizes by their edge",
     DIM_SIZE,
     {"1 MiB - 2 MiB", "512 B - 1 KiB", "2 KiB - 4 KiB", "0 B", "1 GiB or more", "16 KiB - 32 KiB"},
     {1, 2, 3, 9, 1, 1},
     "0 B 512 B - 1 KiB 2 KiB - 4 KiB 16 KiB - 32 KiB 1 MiB - 2 MiB 1 GiB or more "},
    {"a parent's fold by its hits",
     DIM_BROWSER_VERSION,
     {"(other)", "Firefox (other)", "Firefox 115", "Chrome 120", "Chrome (other)"},
     {50, 7, 9, 8, 3},
     "Firefox 115 Chrome 120 Firefox (other) Chrome (other) (other) "},
    {"nothing", DIM_PAGE, {NULL}, {0}, ""},
};

Test(trend, sorts)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct trend *trend = shown(5);
		for (size_t j = 0; j < 8 && orders[i].keys[j]; j++)
			add(trend, orders[i].dimension, orders[i].keys[j], orders[i].hits[j]);
		trend_sort(trend);
		char got[256] = "";
		const struct trend_panel *panel = &trend->panels[orders[i].dimension];
		for (size_t j = 0; j < panel->n; j++) {
			strcat(got, panel->rows[j].key);
			strcat(got, " ");
		}
		cr_expect_str_eq(got, orders[i].sorted, "%s: got %s", orders[i].name, got);
		trend_free(trend);
	}
}

Test(trend, keeps_keys_and_totals)
{
	struct trend *trend = shown(5);
	char key[16] = "/page";
	add(trend, DIM_PAGE, key, 7);
	strcpy(key, "overwritten");
	add(trend, DIM_PAGE, "(other)", 3);
	add(trend, DIM_BROWSER_VERSION, "Firefox (other)", 2);
	add(trend, DIM_BROWSER_VERSION, "(other)", 2);
	cr_assert_str_eq(trend->panels[DIM_PAGE].rows[0].key, "/page");
	cr_assert_eq(trend->panels[DIM_PAGE].total, 10);
	cr_assert_eq(trend_other_hits(&trend->panels[DIM_PAGE]), 3);
	cr_assert_eq(trend_other_hits(&trend->panels[DIM_BROWSER_VERSION]), 4);
	trend_free(trend);
}

Test(trend, notes_are_cut_between_characters_and_not_repeated)
{
	struct trend *trend = shown(5);
	char text[300];
	memset(text, 'x', sizeof(text));
	memcpy(text + 253, "\xe2\x80\xa6\xe2\x80\xa6", 7); /* an ellipsis over the edge at 255 */
	cr_assert_eq(trend_add_note(trend, text), 0);
	cr_assert_eq(trend_add_note(trend, text), 0);
	cr_assert_eq(trend_add_note(trend, "short"), 0);
	cr_assert_eq(trend->notes_n, 2);
	cr_assert_eq(strlen(trend->notes[0].text), 253);
	trend_free(trend);
}

Test(trend, merge_adds_up)
{
	struct trend *a = shown(7), *b = shown(5);
	add(a, DIM_PAGE, "/x", 3);
	add(a, DIM_PAGE, "(other)", 2);
	add(b, DIM_PAGE, "/x", 4);
	add(b, DIM_PAGE, "/y", 1);
	add(b, DIM_PAGE, "(other)", 5);
	add(b, DIM_BROWSER_VERSION, "Firefox (other)", 5);
	b->panels[DIM_PAGE].approximate = true;
	a->balance = (struct balance){.lines = 5, .counted = 5};
	b->balance = (struct balance){.lines = 15, .counted = 15};
	a->totals = (struct trend_totals){.hits = 5, .visits = 2, .first = 100, .last = 200};
	b->totals = (struct trend_totals){.hits = 15, .visits = 3, .first = 50, .last = 150};
	trend_add_note(a, "one");
	trend_add_note(b, "one");
	trend_add_note(b, "two");
	cr_assert_eq(trend_merge(a, b), 0);
	cr_assert_eq(find(a, DIM_PAGE, "/x")->figures.hits, 7);
	cr_assert_eq(find(a, DIM_PAGE, "/x")->figures.bytes, 70);
	cr_assert_eq(find(a, DIM_PAGE, "/x")->figures.units, 2);
	cr_assert_eq(find(a, DIM_PAGE, "/y")->figures.hits, 1);
	cr_assert_eq(find(a, DIM_PAGE, "(other)")->figures.hits, 7);
	cr_assert(find(a, DIM_BROWSER_VERSION, "Firefox (other)")->other);
	cr_assert_eq(a->panels[DIM_PAGE].total, 15);
	cr_assert_eq(a->panels[DIM_PAGE].n, 3);
	cr_assert(a->panels[DIM_PAGE].approximate);
	cr_assert_eq(a->balance.lines, 20);
	cr_assert_eq(a->totals.hits, 20);
	cr_assert_eq(a->totals.visits, 5);
	cr_assert_eq(a->totals.first, 50);
	cr_assert_eq(a->totals.last, 200);
	cr_assert_eq(a->min_visitors, 5, "the sum promises the smaller k");
	cr_assert_eq(a->notes_n, 2);
	trend_free(b);
	cr_assert_str_eq(find(a, DIM_PAGE, "/y")->key, "/y", "keys outlive the other trend");
	trend_free(a);
}

Test(trend, what_looks_like_other_but_is_a_name_stays_apart)
{
	struct trend *a = shown(5), *b = shown(5);
	struct figures one = {.hits = 1};
	trend_add(a, DIM_PAGE, "(other)", true, &one);
	trend_add(b, DIM_PAGE, "(other)", false, &one);
	cr_assert_eq(trend_merge(a, b), 0);
	cr_assert_eq(a->panels[DIM_PAGE].n, 2);
	trend_free(a);
	trend_free(b);
}

Test(trend, of_a_day_that_is_not_shown_only_the_balance_is_taken)
{
	struct trend *sum = trend_new(9), *hidden = trend_new(5), *day = shown(6);
	hidden->balance = (struct balance){.lines = 2, .counted = 2};
	hidden->totals.hits = 2;
	add(hidden, DIM_PAGE, "/rare", 2);
	trend_add_note(hidden, "secret");
	day->balance = (struct balance){.lines = 8, .counted = 8};
	day->totals.hits = 8;
	add(day, DIM_PAGE, "/x", 8);
	cr_assert_eq(trend_merge(sum, hidden), 0);
	cr_assert_not(sum->shown);
	cr_assert_eq(sum->totals.hits, 0);
	sum->totals.hits = 3; /* an own total below k */
	add(sum, DIM_PAGE, "/rarer", 3);
	cr_assert_eq(trend_merge(sum, day), 0);
	cr_assert_eq(trend_merge(sum, hidden), 0);
	cr_assert(sum->shown);
	cr_assert_eq(sum->balance.lines, 12);
	cr_assert_eq(sum->totals.hits, 8);
	cr_assert_eq(sum->panels[DIM_PAGE].n, 1);
	cr_assert_eq(sum->panels[DIM_PAGE].total, 8);
	cr_assert_eq(sum->min_visitors, 6);
	cr_assert_eq(sum->notes_n, 0);
	trend_free(sum);
	trend_free(hidden);
	trend_free(day);
}

/* Each letter is a day: q has quantiles, - has none. */
static const struct {
	const char *name, *days;
	bool kept;
} quantiles[] = {
    {"one side", "q-", true},
    {"the other side", "-q", true},
    {"nobody", "--", false},
    {"both", "qq", false},
    {"a third does not revive them", "qqq", false},
    {"lost stays lost", "qq-", false},
    {"far apart", "q---", true},
    {"far apart twice", "-q--q-", false},
};

Test(trend, quantiles_do_not_add_up)
{
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++) {
		struct trend *sum = trend_new(5);
		for (const char *c = quantiles[i].days; *c; c++) {
			struct trend *day = shown(5);
			struct figures figures = {.hits = 1};
			if (*c == 'q')
				figures = (struct figures){
				    .hits = 1, .p50_us = 20, .p95_us = 90, .has = FIGURE_LATENCY};
			trend_add(day, DIM_PAGE, "/x", false, &figures);
			cr_assert_eq(trend_merge(sum, day), 0);
			trend_free(day);
		}
		const struct figures *figures = &sum->panels[DIM_PAGE].rows[0].figures;
		cr_expect_eq(!!(figures->has & FIGURE_LATENCY), quantiles[i].kept, "%s",
			     quantiles[i].name);
		cr_expect_eq(figures->p95_us, quantiles[i].kept ? 90 : 0, "%s", quantiles[i].name);
		trend_free(sum);
	}
}

Test(trend, amounts_do_not_overflow)
{
	struct trend *a = shown(5), *b = shown(5);
	struct figures most = {.amount = INT64_MAX, .has = FIGURE_AMOUNT};
	struct figures least = {.amount = INT64_MIN, .has = FIGURE_AMOUNT};
	trend_add(a, DIM_GOAL, "gain", false, &most);
	trend_add(b, DIM_GOAL, "gain", false, &most);
	trend_add(a, DIM_GOAL, "loss", false, &least);
	trend_add(b, DIM_GOAL, "loss", false, &least);
	cr_assert_eq(trend_merge(a, b), 0);
	cr_assert_eq(find(a, DIM_GOAL, "gain")->figures.amount, INT64_MAX);
	cr_assert_eq(find(a, DIM_GOAL, "loss")->figures.amount, INT64_MIN);
	trend_free(a);
	trend_free(b);
}

Test(trend, every_allocation_may_fail)
{
	struct trend *day = shown(5);
	for (int i = 0; i < 100; i++) {
		char key[16];
		snprintf(key, sizeof(key), "/%d", i);
		add(day, DIM_PAGE, key, 1);
	}
	trend_add_note(day, "note");
	bool failed = true;
	int n = 0;
	for (; failed; n++) {
		fail_at = n;
		struct trend *sum = trend_new(5);
		failed = !sum || trend_merge(sum, day) || trend_merge(sum, day) ||
			 trend_add(sum, DIM_SITE, "x", false, &(struct figures){0});
		fail_at = -1;
		trend_free(sum);
	}
	cr_assert(n > 6, "only %d allocations", n);
	trend_free(day);
}

/* Model: one array of sums; rows of random days in random order, merged with sorts and additions in
 * between. */
Test(trend, merge_equals_a_plain_sum)
{
	unsigned seed = (unsigned)getpid();
	cr_log_info("seed %u", seed);
	enum { KEYS = 500, DAYS = 60 };
	uint64_t hits[KEYS] = {0}, total = 0;
	struct trend *sum = trend_new(5);
	for (int d = 0; d < DAYS; d++) {
		struct trend *day = shown(5);
		unsigned rows = (unsigned)rand_r(&seed) % KEYS, from = (unsigned)rand_r(&seed);
		for (unsigned i = 0; i < rows; i++) {
			unsigned key = (from + i * 7) % KEYS;
			uint64_t n = (uint64_t)rand_r(&seed) % 100;
			char text[16];
			snprintf(text, sizeof(text), "/%u", key);
			add(day, DIM_PAGE, text, n);
			hits[key] += n;
			total += n;
		}
		if (rand_r(&seed) % 4 == 0)
			trend_sort(sum);
		if (rand_r(&seed) % 4 == 0)
			add(sum, DIM_SITE, "x", 1);
		cr_assert_eq(trend_merge(sum, day), 0);
		trend_free(day);
	}
	const struct trend_panel *panel = &sum->panels[DIM_PAGE];
	cr_assert_eq(panel->total, total, "seed %u", seed);
	bool seen[KEYS] = {0};
	for (size_t i = 0; i < panel->n; i++) {
		unsigned key = (unsigned)atoi(panel->rows[i].key + 1);
		cr_assert_not(seen[key], "seed %u: %u twice", seed, key);
		seen[key] = true;
		cr_assert_eq(panel->rows[i].figures.hits, hits[key], "seed %u key %u", seed, key);
	}
	for (unsigned i = 0; i < KEYS; i++)
		cr_assert(seen[i] || !hits[i], "seed %u: %u is missing", seed, i);
	trend_free(sum);
}

Test(trend, a_hundred_thousand_rows_merge_at_once, .timeout = 60)
{
	struct trend *day = shown(5), *sum = trend_new(5);
	for (int i = 0; i < 100000; i++) {
		char key[64];
		snprintf(key, sizeof(key), "/section-%d/page-%d", i % 97, i);
		add(day, DIM_PAGE, key, (uint64_t)i);
	}
	struct timespec start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(trend_merge(sum, day), 0);
	trend_sort(sum);
	clock_gettime(CLOCK_MONOTONIC, &end);
	double seconds =
	    (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	cr_log_info("ten merges of 100,000 rows and a sort: %.3f s", seconds);
	cr_assert(seconds < 20, "%.3f s: not linear any more", seconds);
	cr_assert_eq(sum->panels[DIM_PAGE].n, 100000);
	trend_free(day);
	trend_free(sum);
}
