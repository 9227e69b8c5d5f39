/* The trend store: what was put comes back, and what becomes of it with time. */
#include "store_fixture.h"
#include <inttypes.h>
#include <time.h>
#include "aggregate/store/store_sql.h"
#include "aggregate/veil/hit.h"
#include "base/zone.h"
#include "ingest/reject.h"

TestSuite(store_trend, .init = make_directory, .fini = remove_directory);

/* Mostly small, sometimes with all bits. */
static uint64_t any(uint64_t *random)
{
	uint64_t v = next_random(random);
	return v % 5 == 0 ? next_random(random) : (v >> 8) % 1000;
}

static struct balance random_balance(uint64_t *random)
{
	struct balance balance = {
	    .counted = any(random), .dropped = any(random), .bytes_read = any(random)};
	balance.lines = balance.counted;
	for (unsigned i = 0; i < EXCLUDE__COUNT; i++)
		balance.lines += balance.excluded[i] = next_random(random) % 3 ? 0 : any(random);
	for (unsigned i = 0; i < REJECT__COUNT; i++)
		balance.lines += balance.rejected[i] = next_random(random) % 3 ? 0 : any(random);
	return balance;
}

static struct figures random_figures(uint64_t *random)
{
	return (struct figures){
	    any(random),	   any(random),		  any(random),
	    any(random),	   any(random),		  any(random),
	    any(random),	   any(random),		  (int64_t)any(random),
	    (uint32_t)any(random), (uint32_t)any(random), (unsigned)next_random(random) % 128};
}

static const char *random_key(uint64_t *random, size_t i, char *to, size_t size)
{
	static const char *const keys[] = {
	    "/", "(other)", "Firefox (other)", "/käse/ü", "a'b\"c;--", "", "200", "/a b"};
	if (next_random(random) % 4 == 0)
		return keys[next_random(random) % COUNT(keys)];
	snprintf(to, size, "/page/%zu/%" PRIu64, i, next_random(random) % 50);
	return to;
}

static struct trend *random_trend(uint64_t *random, size_t most)
{
	struct trend *trend = trend_new((unsigned)(next_random(random) % 20));
	cr_assert_not_null(trend);
	trend->balance = random_balance(random);
	trend->shown = next_random(random) % 8 != 0;
	if (!trend->shown)
		return trend;
	trend->totals = (struct trend_totals){
	    any(random), any(random),	       any(random),	      any(random),
	    any(random), any(random),	       any(random),	      any(random),
	    any(random), any(random),	       any(random),	      any(random),
	    any(random), (int64_t)any(random), -(int64_t)any(random), next_random(random) % 2};
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		trend->panels[d].approximate = next_random(random) % 4 == 0;
		size_t n = next_random(random) % 3 ? next_random(random) % most : 0;
		for (size_t i = 0; i < n; i++) {
			char key[64];
			struct figures figures = random_figures(random);
			cr_assert_eq(trend_add(trend, (enum dimension)d,
					       random_key(random, i, key, sizeof(key)),
					       next_random(random) % 5 == 0, &figures),
				     0);
		}
	}
	for (size_t i = next_random(random) % 4; i-- > 0;) {
		char note[300];
		memset(note, 'x', sizeof(note));
		snprintf(note, sizeof(note), "note %zu: section /é/ looks personal", i);
		if (i == 2)
			note[strlen(note)] = ' ', note[299] = '\0';
		cr_assert_eq(trend_add_note(trend, note), 0);
	}
	return trend;
}

#define same_number(field)                                                                 \
	cr_assert_eq(a->field, b->field, "%s: %s: %" PRId64 ", not %" PRId64, row, #field, \
		     (int64_t)a->field, (int64_t)b->field)

static void same_figures(const struct figures *a, const struct figures *b, const char *row)
{
	same_number(hits);
	same_number(bytes);
	same_number(visitors);
	same_number(units);
	same_number(pages);
	same_number(visits);
	same_number(bounces);
	same_number(customers);
	same_number(amount);
	same_number(p50_us);
	same_number(p95_us);
	same_number(has);
}

static void same_totals(const struct trend_totals *a, const struct trend_totals *b, const char *row)
{
	same_number(hits);
	same_number(pages);
	same_number(visits);
	same_number(bounces);
	same_number(visitors);
	same_number(units);
	same_number(customers);
	same_number(bytes);
	same_number(crawler_hits);
	same_number(crawler_bytes);
	same_number(reordered);
	same_number(steps);
	same_number(visit_seconds);
	same_number(first);
	same_number(last);
	same_number(approximate);
}

static void same_balance(const struct balance *a, const struct balance *b, const char *row)
{
	same_number(lines);
	same_number(counted);
	same_number(dropped);
	same_number(bytes_read);
	for (unsigned i = 0; i < TREND_REASONS_MAX; i++) {
		same_number(excluded[i]);
		same_number(rejected[i]);
	}
}

static void same_trend(const struct trend *a, const struct trend *b, const char *row)
{
	same_balance(&a->balance, &b->balance, row);
	same_totals(&a->totals, &b->totals, row);
	same_number(shown);
	same_number(min_visitors);
	same_number(notes_n);
	for (size_t i = 0; i < a->notes_n; i++)
		cr_assert_str_eq(a->notes[i].text, b->notes[i].text);
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		const struct trend_panel *x = &a->panels[d], *y = &b->panels[d];
		cr_assert_eq(x->n, y->n, "%s: panel %u: %zu rows, not %zu", row, d, x->n, y->n);
		cr_assert_eq(x->total, y->total, "%s: panel %u", row, d);
		cr_assert_eq(x->approximate, y->approximate, "%s: panel %u", row, d);
		for (size_t i = 0; i < x->n; i++) {
			cr_assert_str_eq(x->rows[i].key, y->rows[i].key);
			cr_assert_eq(x->rows[i].other, y->rows[i].other);
			same_figures(&x->rows[i].figures, &y->rows[i].figures, row);
		}
	}
}

/* ---- a model: spans in an array ---- */

struct kept {
	int32_t first, last;
	const char *site;
	struct trend *trend;
};

struct model {
	struct kept all[256];
	size_t n, at;
};

static int compare(void *context, const struct store_span *span, const struct trend *trend,
		   struct error *error)
{
	(void)error;
	struct model *model = context;
	cr_assert_lt(model->at, model->n, "more trends than were put");
	const struct kept *kept = &model->all[model->at++];
	char row[64];
	snprintf(row, sizeof(row), "span %zu (%d, %s)", model->at - 1, span->first, span->site);
	cr_assert_eq(span->first, kept->first, "%s", row);
	cr_assert_eq(span->last, kept->last, "%s", row);
	cr_assert_str_eq(span->site, kept->site, "%s", row);
	same_trend(trend, kept->trend, row);
	return 0;
}

static int by_span(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return strcmp(x->site, y->site);
}

static void check_model(struct store *store, struct model *model)
{
	qsort(model->all, model->n, sizeof(model->all[0]), by_span);
	model->at = 0;
	ok(store_each_trend(store, INT32_MIN, INT32_MAX, NULL, compare, model, &problem));
	cr_assert_eq(model->at, model->n, "%zu trends of %zu", model->at, model->n);
}

static void free_model(struct model *model)
{
	for (size_t i = 0; i < model->n; i++)
		trend_free(model->all[i].trend);
	model->n = 0;
}

static void put(struct store *store, int32_t first, int32_t last, const char *site,
		const struct trend *trend)
{
	struct store_span span = {first, last, site};
	ok(store_put_trend(store, &span, trend, &problem));
}

static const char *const sites[] = {"", "kiln.example", "shop.example"};

Test(store_trend, what_was_put_comes_back_field_by_field)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	static struct model model;
	struct store *store = open_state();
	for (int round = 0; round < 3; round++) {
		ok(store_begin(store, &problem));
		for (int32_t day = 20000; day < 20020; day++)
			for (size_t s = 0; s < COUNT(sites); s++) {
				struct trend *trend = random_trend(&random, 40);
				put(store, day, day, sites[s], trend);
				model.all[model.n++] = (struct kept){day, day, sites[s], trend};
			}
		ok(store_commit(store, &problem));
		check_model(store, &model);
		store_free(store);
		store = open_as(true, true);
		cr_assert(store, "%s", problem.text);
		check_model(store, &model);
		store_free(store);
		store = open_state();
		free_model(&model); /* the next round replaces all of it */
	}
	store_free(store);
}

Test(store_trend, of_a_day_that_is_not_shown_only_the_balance_is_kept)
{
	uint64_t random = 99;
	struct store *store = open_state();
	struct trend *trend = trend_new(7);
	trend->balance = random_balance(&random);
	trend->totals.hits = 3; /* a caller's mistake must not get into the file */
	struct figures figures = {.hits = 3};
	trend_add(trend, DIM_PAGE, "/secret", false, &figures);
	trend_add_note(trend, "secret");
	put(store, 20000, 20000, "", trend);
	static struct model model;
	struct trend *kept = trend_new(7);
	kept->balance = trend->balance;
	model.all[model.n++] = (struct kept){20000, 20000, "", kept};
	check_model(store, &model);
	ok(store_truncate_journal(store, &problem));
	FILE *file = fopen(path_of("state.db"), "rb");
	static char bytes[1 << 20];
	size_t n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	cr_expect_null(memmem(bytes, n, "secret", 6));
	free_model(&model);
	trend_free(trend);
	store_free(store);
}

Test(store_trend, a_balance_that_does_not_hold_is_refused)
{
	struct store *store = open_state();
	struct trend *trend = trend_new(5);
	trend->balance.lines = 1;
	cr_expect_eq(store_put_trend(store, &(struct store_span){1, 1, ""}, trend, &problem), -1);
	cr_expect(strstr(problem.text, "do not add up"), "%s", problem.text);
	trend->balance.excluded[TREND_REASONS_MAX - 1] = 1;
	cr_expect_eq(store_put_trend(store, &(struct store_span){1, 1, ""}, trend, &problem), -1);
	trend_free(trend);
	static struct model model;
	check_model(store, &model);
	store_free(store);
}

static int count_trend(void *context, const struct store_span *span, const struct trend *trend,
		       struct error *error)
{
	(void)error;
	(void)trend;
	char *text = context;
	snprintf(text + strlen(text), 256 - strlen(text), "%d-%d%s%s ", span->first, span->last,
		 *span->site ? ":" : "", span->site);
	return 0;
}

static const char *spans(struct store *store, int32_t first, int32_t last, const char *site)
{
	static char text[256];
	text[0] = '\0';
	ok(store_each_trend(store, first, last, site, count_trend, text, &problem));
	return text;
}

static struct trend *small_trend(uint64_t hits, unsigned k)
{
	struct trend *trend = trend_new(k);
	trend->shown = true;
	trend->balance.lines = trend->balance.counted = trend->totals.hits = hits;
	struct figures figures = {.hits = hits, .visitors = hits};
	trend_add(trend, DIM_PAGE, "/", false, &figures);
	trend_add(trend, DIM_STATUS, "200", false, &figures);
	trend_add(trend, DIM_STATUS, "(other)", true, &figures);
	return trend;
}

static void put_small(struct store *store, int32_t first, int32_t last, const char *site,
		      uint64_t hits, unsigned k)
{
	struct trend *trend = small_trend(hits, k);
	put(store, first, last, site, trend);
	trend_free(trend);
}

Test(store_trend, spans_are_chosen_by_day_and_site)
{
	struct store *store = open_state();
	put_small(store, 11, 11, "b", 1, 5);
	put_small(store, 10, 10, "b", 1, 5);
	put_small(store, 10, 10, "", 1, 5);
	put_small(store, 12, 12, "", 1, 5);
	static const struct {
		int32_t first, last;
		const char *site, *found;
	} rows[] = {
	    {0, 100, NULL, "10-10 10-10:b 11-11:b 12-12 "},
	    {0, 100, "", "10-10 12-12 "},
	    {0, 100, "b", "10-10:b 11-11:b "},
	    {0, 100, "c", ""},
	    {11, 11, NULL, "11-11:b "},
	    {11, 12, NULL, "11-11:b 12-12 "},
	    {13, 100, NULL, ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect_str_eq(spans(store, rows[i].first, rows[i].last, rows[i].site),
				 rows[i].found, "row %zu", i);
	ok(store_drop_trend(store, &(struct store_span){10, 10, ""}, &problem));
	ok(store_drop_trend(store, &(struct store_span){10, 12, ""}, &problem)); /* is none */
	cr_expect_str_eq(spans(store, 0, 100, NULL), "10-10:b 11-11:b 12-12 ");
	put_small(store, 20, 30, "", 1, 5);
	struct trend *trend = small_trend(1, 5);
	cr_expect_eq(store_put_trend(store, &(struct store_span){30, 31, ""}, trend, &problem), -1);
	cr_expect(strstr(problem.text, "overlaps"), "%s", problem.text);
	trend_free(trend);
	store_free(store);
}

Test(store_trend, a_lost_row_is_found)
{
	static const char *const losses[] = {
	    "DELETE FROM trend WHERE dimension = 'page'",
	    "DELETE FROM note",
	    "DELETE FROM balance WHERE kind = 'rejected'",
	    "DELETE FROM trend_panel WHERE dimension = 'page'",
	    "UPDATE trend SET span = 2, n = n + 9 WHERE span = 1 AND dimension = 'page'",
	};
	for (size_t i = 0; i < COUNT(losses); i++) {
		remove_directory();
		struct store *store = open_state();
		for (int32_t day = 10; day < 12; day++) {
			struct trend *trend = small_trend(10, 5);
			trend->balance.lines++;
			trend->balance.rejected[1]++;
			trend_add_note(trend, "a note");
			put(store, day, day, "", trend);
			trend_free(trend);
		}
		cr_assert_eq(sqlite3_exec(store->db, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL),
			     SQLITE_OK);
		cr_assert_eq(sqlite3_exec(store->db, losses[i], NULL, NULL, NULL), SQLITE_OK,
			     "%s: %s", losses[i], sqlite3_errmsg(store->db));
		char text[256] = "";
		cr_expect_eq(store_each_trend(store, 10, 11, NULL, count_trend, text, &problem), -1,
			     "%s", losses[i]);
		cr_expect(strstr(problem.text, "damaged"), "%s: %s", losses[i], problem.text);
		cr_expect_eq(store_check(store, &problem), -1, "%s", losses[i]);
		store_free(store);
	}
}

/* ---- late lines ---- */

static int keep_balance(void *context, const struct store_span *span, const struct trend *trend,
			struct error *error)
{
	(void)span;
	(void)error;
	*(struct balance *)context = trend->balance;
	return 0;
}

static struct balance balance_of(struct store *store, int32_t day, const char *site)
{
	struct balance balance = {0};
	ok(store_each_trend(store, day, day, site, keep_balance, &balance, &problem));
	return balance;
}

Test(store_trend, late_lines_are_added_to_the_balance)
{
	struct store *store = open_state();
	put_small(store, 10, 10, "", 100, 5);
	ok(store_add_late(store, 10, "", 3, &problem));
	ok(store_add_late(store, 10, "", 4, &problem));
	ok(store_add_late(store, 10, "", 0, &problem));
	struct balance balance = balance_of(store, 10, "");
	cr_expect_eq(balance.lines, 107);
	cr_expect_eq(balance.counted, 100);
	cr_expect_eq(balance.excluded[EXCLUDE_LATE], 7);
	ok(store_add_late(store, 10, "new.example", 2, &problem));
	balance = balance_of(store, 10, "new.example");
	cr_expect_eq(balance.lines, 2);
	cr_expect_eq(balance.excluded[EXCLUDE_LATE], 2);
	ok(store_check(store, &problem));
	store_free(store);
}

/* ---- time ---- */

static int32_t day_of(int year, int month, int day)
{
	return (int32_t)zone_days(year, month, day);
}

static int keep_trend(void *context, const struct store_span *span, const struct trend *trend,
		      struct error *error)
{
	(void)span;
	(void)error;
	return trend_merge(context, trend);
}

Test(store_trend, months_are_rolled_up_and_add_up)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	int32_t first = day_of(2023, 12, 30), until = day_of(2024, 4, 3);
	struct store *store = open_state();
	struct trend *before = trend_new(1000), *after = trend_new(1000);
	unsigned least = 1000;
	for (int32_t day = first; day < until; day++) {
		struct store_day row = {.day = day, .state = DAY_CLOSED};
		ok(store_put_day(store, &row, &problem));
		struct trend *trend = random_trend(&random, 10);
		if (trend->shown && trend->min_visitors < least)
			least = trend->min_visitors;
		put(store, day, day, "", trend);
		if (day % 3 == 0)
			put(store, day, day, "kiln.example", trend);
		trend_free(trend);
	}
	ok(store_each_trend(store, 0, 100000, NULL, keep_trend, before, &problem));
	/* The last day of March is not before this one; February is leap. */
	ok(store_rollup(store, day_of(2024, 3, 31), &problem));
	char expected[256];
	snprintf(expected, sizeof(expected), "%d-%d %d-%d %d-%d ", day_of(2023, 12, 1),
		 day_of(2023, 12, 31), day_of(2024, 1, 1), day_of(2024, 1, 31), day_of(2024, 2, 1),
		 day_of(2024, 2, 29));
	cr_expect_str_eq(spans(store, 0, day_of(2024, 2, 29), ""), expected);
	cr_expect_eq(store_each_trend(store, 0, 100000, NULL, keep_trend, after, &problem), 0);
	trend_sort(before);
	trend_sort(after);
	same_balance(&before->balance, &after->balance, "sum");
	same_totals(&before->totals, &after->totals, "sum");
	cr_expect_eq(after->min_visitors, least);
	cr_expect_eq(after->min_visitors, before->min_visitors);
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		cr_assert_eq(before->panels[d].n, after->panels[d].n);
		cr_expect_eq(before->panels[d].total, after->panels[d].total);
	}
	char *once = strdup(spans(store, 0, 100000, ""));
	ok(store_rollup(store, day_of(2024, 3, 31), &problem));
	cr_expect_str_eq(spans(store, 0, 100000, ""), once, "again changes nothing");
	free(once);
	ok(store_check(store, &problem));
	ok(store_expire_trends(store, day_of(2024, 2, 1), &problem));
	cr_expect_str_eq(spans(store, 0, day_of(2024, 2, 29), ""), strrchr(expected, ' ') - 11);
	trend_free(before);
	trend_free(after);
	store_free(store);
}

Test(store_trend, a_month_with_an_open_day_waits)
{
	struct store *store = open_state();
	int32_t first = day_of(2024, 1, 1);
	put_small(store, first, first, "", 10, 5);
	struct store_day row = {.day = first + 9, .state = DAY_CLOSING};
	ok(store_put_day(store, &row, &problem));
	ok(store_rollup(store, first + 100, &problem));
	char expected[64];
	snprintf(expected, sizeof(expected), "%d-%d ", first, first);
	cr_expect_str_eq(spans(store, 0, 100000, NULL), expected);
	row.state = DAY_CLOSED;
	ok(store_put_day(store, &row, &problem));
	ok(store_rollup(store, first + 100, &problem));
	snprintf(expected, sizeof(expected), "%d-%d ", first, first + 30);
	cr_expect_str_eq(spans(store, 0, 100000, NULL), expected);
	/* What comes later for a day of that month goes into it. */
	put_small(store, first + 9, first + 9, "", 7, 3);
	ok(store_add_late(store, first + 5, "", 2, &problem));
	cr_expect_str_eq(spans(store, 0, 100000, NULL), expected);
	struct balance balance = {0};
	ok(store_each_trend(store, 0, 100000, NULL, keep_balance, &balance, &problem));
	cr_expect_eq(balance.lines, 19);
	cr_expect_eq(balance.counted, 17);
	store_free(store);
}

Test(store_trend, a_day_can_be_taken_back_until_its_month_is_rolled_up)
{
	struct store *store = open_state();
	int32_t day = day_of(2024, 1, 7);
	struct store_day row = {.day = day, .state = DAY_CLOSED};
	struct store_row hot = {.day = day, .table = STORE_CELL, .key = slice_from("k")};
	ok(store_put_day(store, &row, &problem));
	ok(store_put_row(store, &hot, &problem));
	put_small(store, day, day, "", 10, 5);
	put_small(store, day, day, "a", 10, 5);
	put_small(store, day + 1, day + 1, "a", 10, 5);
	ok(store_drop_day(store, day, &problem));
	char expected[64];
	snprintf(expected, sizeof(expected), "%d-%d:a ", day + 1, day + 1);
	cr_expect_str_eq(spans(store, 0, 100000, NULL), expected);
	struct store_day *days;
	size_t n;
	ok(store_days(store, &days, &n, &problem));
	cr_expect_eq(n, 0);
	free(days);
	ok(store_drop_day(store, day, &problem)); /* nothing there is nothing wrong */
	ok(store_rollup(store, day + 100, &problem));
	cr_expect_eq(store_drop_day(store, day + 1, &problem), -1);
	cr_expect(strstr(problem.text, "2024-01-08 cannot be taken out"), "%s", problem.text);
	ok(store_check(store, &problem));
	store_free(store);
}

/* ---- names ---- */

static int list(void *context, const char *name)
{
	char *text = context;
	strcat(strcat(text, name), " ");
	return strstr(text, "stop") != NULL;
}

Test(store_trend, sites_and_keys_that_were_named)
{
	struct store *store = open_state();
	struct figures figures = {.hits = 1};
	static const struct {
		int32_t day;
		const char *site, *keys[4];
	} rows[] = {
	    {10, "", {"/old", "/both", NULL}},
	    {12, "b", {"/new", "/both", "(other)", NULL}},
	    {11, "a", {"/mid", NULL}},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct trend *trend = small_trend(0, 5);
		trend->panels[DIM_PAGE].n = 0;
		for (size_t j = 0; j < 4 && rows[i].keys[j]; j++)
			trend_add(trend, DIM_PAGE, rows[i].keys[j], rows[i].keys[j][0] == '(',
				  &figures);
		put(store, rows[i].day, rows[i].day, rows[i].site, trend);
		trend_free(trend);
	}
	char text[128] = "";
	ok(store_each_site(store, list, text, &problem));
	cr_expect_str_eq(text, "a b ");
	text[0] = '\0';
	ok(store_each_key(store, DIM_PAGE, 100, list, text, &problem));
	cr_expect_str_eq(text, "/new /both /mid /old ");
	text[0] = '\0';
	ok(store_each_key(store, DIM_PAGE, 2, list, text, &problem));
	cr_expect_str_eq(text, "/new /both ");
	text[0] = '\0';
	ok(store_each_key(store, DIM_COUNTRY, 2, list, text, &problem));
	cr_expect_str_eq(text, "");
	strcpy(text, "stop ");
	ok(store_each_key(store, DIM_PAGE, 100, list, text, &problem));
	cr_expect_str_eq(text, "stop /new ");
	store_free(store);
}
