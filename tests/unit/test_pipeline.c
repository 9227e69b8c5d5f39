/* The whole way from files to a trend: threads, chunks and keys make no difference, also at the
 * caps. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "aggregate/pipeline.h"
#include "ingest/source_list.h"
#include "base/zone.h"
#include "hits.h"

static const int64_t now = 1800000000;

static void write_log(const char *path, unsigned lines, unsigned paths, unsigned units)
{
	uint64_t state = 99;
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	for (unsigned i = 0; i < lines; i++) {
		uint64_t r = test_random(&state);
		if (i % 97 == 0)
			fputs("this line is no log line\n", file);
		if (i % 89 == 0)
			fputc('\n', file);
		fprintf(file,
			"10.%lu.%lu.%lu - - [05/Oct/2026:%02u:%02u:%02u +0000] \"GET "
			"/w%c%c%c/page%c%c HTTP/1.1\" %s %lu "
			"\"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:1%lu.0) Gecko/20100101 "
			"Firefox/1%lu.0\"\n",
			r % units >> 16, r % units >> 8 & 255, r % units & 255, i / 7200 % 24,
			i / 120 % 60, i / 2 % 60, 'a' + (int)(r % paths % 26),
			'a' + (int)(r % paths / 26 % 26), 'a' + (int)(r % paths / 676 % 26),
			'a' + (int)(r >> 40) % 26, 'a' + (int)(r >> 45) % (paths > 100 ? 26 : 1),
			r >> 60 == 3 ? "404" : "200", r >> 50, (r >> 33) % 10, (r >> 33) % 10);
	}
	fclose(file);
}

static struct trend *run(const char *path, unsigned threads, size_t chunk, size_t memory)
{
	struct error error;
	struct source_list list;
	struct source_options source = {
	    .log_format = "combined", .max_line = 1 << 16, .chunk = chunk, .now = now};
	struct routes *routes = routes_new();
	struct keyring *keyring = keyring_of_run(&error);
	struct veil_options veil = {.routes = routes,
				    .since = INT64_MIN,
				    .until = INT64_MAX,
				    .now = now,
				    .visit_timeout = 1800,
				    .memory = memory / 8};
	struct tally_options options = test_options(5);
	options.memory = memory;
	options.workers = threads;
	cr_assert_eq(zone_set("UTC", &error), 0);
	cr_assert_eq(source_list_open(&list, &path, 1, &source, &error), 0, "%s", error.text);
	struct tally *tally = tally_new(&options, &error);
	static const struct veil_source plain;
	struct pipeline_source sources = {
	    .source = list.all[0], .veil = &plain, .last = BATCH_BEFORE};
	struct pipeline_options pipeline = {.sources = &sources,
					    .sources_n = list.n,
					    .veil = &veil,
					    .keyring = keyring,
					    .tally = tally,
					    .threads = threads,
					    .max_line = 1 << 16,
					    .now = now};
	cr_assert_eq(pipeline_run(&pipeline, &error), 0, "%s", error.text);
	struct trend *trend = gate_open(tally, &error);
	cr_assert_not_null(trend, "%s", error.text);
	trend_sort(trend);
	tally_free(tally);
	source_list_release(&list);
	keyring_free(keyring);
	routes_free(routes);
	return trend;
}

/* Estimates depend on the keys; everything else must be equal. */
static void compare(const struct trend *a, const struct trend *b, const char *name)
{
	cr_assert_eq(a->balance.lines, b->balance.lines, "%s", name);
	cr_assert_eq(a->balance.counted, b->balance.counted, "%s", name);
	cr_assert(balance_holds(&a->balance) && balance_holds(&b->balance), "%s", name);
	cr_assert_eq(a->totals.visits, b->totals.visits, "%s", name);
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		const struct trend_panel *x = &a->panels[d], *y = &b->panels[d];
		const char *panel = dimension_info((enum dimension)d)->name;
		cr_assert_eq(x->approximate, y->approximate, "%s: %s", name, panel);
		if (x->approximate)
			continue;
		cr_assert_eq(x->n, y->n, "%s: %s: %zu and %zu rows", name, panel, x->n, y->n);
		for (size_t r = 0; r < x->n; r++) {
			const struct figures *f = &x->rows[r].figures, *g = &y->rows[r].figures;
			cr_assert_str_eq(x->rows[r].key, y->rows[r].key, "%s: %s", name, panel);
			cr_assert(f->hits == g->hits && f->bytes == g->bytes &&
				      f->visitors == g->visitors && f->units == g->units &&
				      f->visits == g->visits,
				  "%s: %s: %s", name, panel, x->rows[r].key);
		}
	}
}

Test(pipeline, threads_and_chunks_do_not_matter, .timeout = 300)
{
	static const struct {
		const char *name;
		unsigned threads;
		size_t chunk;
	} ways[] = {{"two threads", 2, 256 << 10},
		    {"four threads, small chunks", 4, 5000},
		    {"one thread, lines split everywhere", 1, 100},
		    {"eight threads", 8, 20000}};
	char path[] = "/tmp/veiltally-pipeline-XXXXXX";
	cr_assert(mkstemp(path) >= 0);
	for (int capped = 0; capped < 2; capped++) {
		write_log(path, 60000, capped ? 17000 : 50, capped ? 60000 : 900);
		size_t memory = capped ? 4 << 20 : 64 << 20;
		struct trend *want = run(path, 1, 256 << 10, memory);
		cr_expect_eq(want->balance.rejected[REJECT_FORMAT], 619);
		cr_expect_eq(want->balance.excluded[EXCLUDE_BLANK], 675);
		cr_expect_eq(want->panels[DIM_PAGE].approximate, capped);
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			struct trend *trend = run(path, ways[i].threads, ways[i].chunk, memory);
			compare(want, trend, ways[i].name);
			trend_free(trend);
		}
		trend_free(want);
	}
	unlink(path);
}
