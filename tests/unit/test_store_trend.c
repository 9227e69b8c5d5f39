/* The trend store: what was put comes back, and what becomes of it with time. */
#include "store_fixture.h"
#include <inttypes.h>
#include <time.h>
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
