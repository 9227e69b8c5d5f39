/* Runs over a state: many of them are one, whatever the cuts, threads and failures in between. */
#include <dirent.h>
#include <time.h>
#include "aggregate/tally/gate.h"
#include "ingest/source_list.h"
#include "session_fixture.h"

enum { LINES = 1500 };

/* ---- random logs ---- */

struct text {
	char *p;
	size_t n;
};

/* Few people, many of them around midnight; lines that say nothing, also before the first good one;
 * stamps out of order. */
static struct text any_log(uint64_t *state)
{
	struct text text = {.p = malloc(LINES * 512)};
	char target[64];
	for (unsigned i = 0; i < LINES; i++) {
		uint64_t r = test_random(state);
		int64_t at = (int64_t)LAB_DAYS * 86400 * i / LINES;
		if (i % 3 == 0) /* to the nearest midnight */
			at = (at + 43200) / 86400 * 86400 + (int64_t)(r >> 8) % 3000 - 1500;
		at -= (int64_t)(r >> 30) % 600;
		at = at < 0 ? 0 : at >= LAB_DAYS * 86400 ? LAB_DAYS * 86400 - 1 : at;
		if (r % 41 == 0 || i == 0)
			text.n += (size_t)sprintf(text.p + text.n, "%s\n",
						  r & 64 ? "this is no line" : "");
		snprintf(target, sizeof(target), r % 50 == 1 ? "/buy/x?total=%lu.5" : "/p/%lu",
			 r >> 40 & 15);
		if (r % 60 == 2)
			strcpy(target, "/join");
		text.n +=
		    lab_line(text.p + text.n, (unsigned)(r >> 50) % 40, LAB_DAY, (int)at, target);
	}
	return text;
}

/* Everything at once: one pipeline, gated by the day. */
static struct trend *at_once(struct lab *lab, struct balance *ret_balance)
{
	struct error error;
	struct source_list lists[LAB_LOGS];
	struct pipeline_source pipes[LAB_LOGS];
	struct keyring *keyring = keyring_of_run(&error);
	struct tally_options options = lab->options.tally;
	options.workers = 1;
	struct tally *tally = tally_new(&options, &error);
	for (unsigned i = 0; i < LAB_LOGS; i++) {
		cr_assert_eq(source_list_open(&lists[i], &lab->patterns[i], 1,
					      &lab->sources[i].files.options, &error),
			     0, "%s", error.text);
		pipes[i] = (struct pipeline_source){
		    .source = lists[i].all[0], .veil = &lab->sources[i].veil, .last = BATCH_BEFORE};
	}
	struct pipeline_options pipeline = {.sources = pipes,
					    .sources_n = LAB_LOGS,
					    .veil = &lab->options.veil,
					    .keyring = keyring,
					    .tally = tally,
					    .threads = 1,
					    .max_line = 1 << 16,
					    .now = lab->options.now};
	cr_assert_eq(pipeline_run(&pipeline, &error), 0, "%s", error.text);
	struct trend *trend = gate_open(tally, &error);
	cr_assert_not_null(trend, "%s", error.text);
	trend_sort(trend);
	*ret_balance = trend->balance;
	tally_free(tally);
	for (unsigned i = 0; i < LAB_LOGS; i++)
		source_list_release(&lists[i]);
	keyring_free(keyring);
	return trend;
}

static void compare(const struct trend *a, const struct trend *b, const char *name, uint64_t seed)
{
	cr_assert_eq(memcmp(&a->balance, &b->balance, sizeof(a->balance)), 0,
		     "%s, seed %lu: %lu lines and %lu, %lu counted and %lu", name, seed,
		     a->balance.lines, b->balance.lines, a->balance.counted, b->balance.counted);
	cr_assert_eq(memcmp(&a->totals, &b->totals, sizeof(a->totals)), 0,
		     "%s, seed %lu: visits %lu %lu, visitors %lu %lu, steps %lu %lu", name, seed,
		     a->totals.visits, b->totals.visits, a->totals.visitors, b->totals.visitors,
		     a->totals.steps, b->totals.steps);
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		const struct trend_panel *x = &a->panels[d], *y = &b->panels[d];
		const char *panel = dimension_info((enum dimension)d)->name;
		cr_assert_eq(x->n, y->n, "%s, seed %lu: %s: %zu and %zu rows", name, seed, panel,
			     x->n, y->n);
		for (size_t r = 0; r < x->n; r++) {
			cr_assert_str_eq(x->rows[r].key, y->rows[r].key, "%s, seed %lu: %s", name,
					 seed, panel);
			cr_assert_eq(memcmp(&x->rows[r].figures, &y->rows[r].figures,
					    offsetof(struct figures, has) + sizeof(unsigned)),
				     0, "%s, seed %lu: %s: %s: hits %lu %lu, visitors %lu %lu",
				     name, seed, panel, x->rows[r].key, x->rows[r].figures.hits,
				     y->rows[r].figures.hits, x->rows[r].figures.visitors,
				     y->rows[r].figures.visitors);
		}
	}
}

static size_t below(uint64_t *state, size_t n)
{
	return (size_t)(test_random(state) % n);
}

/* What may change from run to run, and must make no difference. */
static void vary(struct lab *lab, uint64_t *state)
{
	static const size_t chunks[] = {100, 700, 5000, 256 << 10};
	static const size_t memories[] = {48 << 10, 1 << 20, 8 << 20};
	static const char *const three[] = {"b.example", "new.example", "a.example"};
	lab->options.threads = 1 + (unsigned)below(state, 4);
	lab->options.veil.memory = memories[below(state, COUNT(memories))];
	for (unsigned i = 0; i < LAB_LOGS; i++)
		lab->sources[i].files.options.chunk = chunks[below(state, COUNT(chunks))];
	switch (below(state, 3)) {
	case 0:
		lab_name_sites(lab, lab_sites, COUNT(lab_sites));
		break;
	case 1:
		lab_name_sites(lab, lab_sites_swapped, COUNT(lab_sites_swapped));
		break;
	default:
		lab_name_sites(lab, three, COUNT(three));
	}
}

/* A run that fails somewhere: nothing of it is kept. */
static void fail_once(struct lab *lab, uint64_t *state)
{
	static const enum lab_fault faults[] = {FAULT_APPEND, FAULT_SYNC};
	struct session_result result;
	struct error error;
	struct session *session = lab_session(lab);
	lab->fault = faults[below(state, COUNT(faults))];
	/* Without a line for the security log there is nothing to fail at. */
	if (session_run(session, &result, &error))
		cr_assert_str_eq(error.text, "the disk is full");
	lab->fault = FAULT_NONE;
	session_free(session);
}

static void close_days(struct lab *lab)
{
	struct error error;
	size_t n;
	struct session *session = lab_session(lab);
	cr_assert_eq(session_close(session, INT32_MIN, &n, &error), 0, "%s", error.text);
	session_free(session);
}

Test(session, runs_are_one_pipeline, .timeout = 600)
{
	uint64_t first = (uint64_t)time(NULL);
	fprintf(stderr, "session: seeds from %lu\n", first);
	for (uint64_t seed = first; seed < first + 12; seed++) {
		struct lab lab;
		struct text texts[LAB_LOGS];
		struct balance balance;
		size_t at[LAB_LOGS] = {0};
		uint64_t state = seed;
		lab_make(&lab);
		lab.options.tally.min_visitors = seed % 2 ? 1 : 4;
		for (unsigned i = 0; i < LAB_LOGS; i++)
			texts[i] = any_log(&state);
		while (at[0] < texts[0].n || at[1] < texts[1].n) {
			for (unsigned i = 0; i < LAB_LOGS; i++) {
				size_t left = texts[i].n - at[i], n = below(&state, 30000);
				n = n < left ? n : left;
				lab_append_log(&lab, i, texts[i].p + at[i], n);
				at[i] += n;
			}
			vary(&lab, &state);
			if (below(&state, 4) == 0)
				fail_once(&lab, &state);
			lab_run(&lab);
		}
		lab_name_sites(&lab, lab_sites, COUNT(lab_sites));
		struct trend *want = at_once(&lab, &balance);
		struct trend *hot = lab_report_all(&lab);
		compare(want, hot, "open", seed);
		close_days(&lab);
		struct trend *closed = lab_report_all(&lab);
		compare(want, closed, "closed", seed);
		cr_assert_str_eq(lab.said, "", "seed %lu: %s", seed, lab.said);
		size_t recorded = 0, lines = 0;
		for (size_t f = 0; f < lab.files_n; f++)
			for (size_t c = 0; c < lab.files[f].n; c++)
				recorded += lab.files[f].text[c] == '\n';
		for (unsigned i = 0; i < EXCLUDE__COUNT; i++)
			lines += balance.excluded[i];
		cr_assert_eq(recorded, balance.counted, "seed %lu", seed);
		cr_assert_eq(lines + balance.counted + balance.rejected[REJECT_FORMAT],
			     balance.lines, "seed %lu", seed);
		trend_free(want);
		trend_free(hot);
		trend_free(closed);
		for (unsigned i = 0; i < LAB_LOGS; i++)
			free(texts[i].p);
		lab_release(&lab);
	}
}

/* ---- single cases ---- */

Test(session, sites_are_gated_and_reported_by_themselves)
{
	struct lab lab;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_fill(&lab, 1, LAB_DAY, 40);
	lab_visit(&lab, 1, 7, LAB_DAY, 50000, "/only/of/one");
	lab_run(&lab);
	for (int round = 0; round < 2; round++) { /* open, then closed */
		struct trend *all = lab_report_all(&lab);
		struct trend *a = lab_report(&lab, INT32_MIN, INT32_MAX, "a.example");
		struct trend *b = lab_report(&lab, LAB_DAY, LAB_DAY, "b.example");
		struct trend *none = lab_report(&lab, INT32_MIN, INT32_MAX, "c.example");
		struct trend *other = lab_report(&lab, LAB_DAY + 1, INT32_MAX, NULL);
		cr_expect_eq(all->totals.hits, 101);
		cr_expect_eq(a->totals.hits, 60);
		cr_expect_eq(b->totals.hits, 41);
		cr_expect_eq(none->balance.lines, 0);
		cr_expect_eq(other->balance.lines, 0);
		cr_expect_eq(test_hits(a, DIM_PAGE, "/page/a"),
			     test_hits(all, DIM_PAGE, "/page/a") -
				 test_hits(b, DIM_PAGE, "/page/a"));
		cr_expect_null(test_row(b, DIM_PAGE, "/only/of/one"));
		cr_expect_null(test_row(all, DIM_PAGE, "/only/of/one"));
		trend_free(all), trend_free(a), trend_free(b), trend_free(none), trend_free(other);
		close_days(&lab);
	}
	lab_release(&lab);
}

/* Lines that nobody can date belong to the whole, not to a day or site. */
Test(session, undated_lines)
{
	struct lab lab;
	lab_make(&lab);
	lab_append_log(&lab, 0, "no line\n\nno line\n", 17);
	lab_run(&lab);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.lines, 3);
	cr_expect_eq(trend->balance.excluded[EXCLUDE_BLANK], 1);
	trend_free(trend);
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_append_log(&lab, 0, "no line\n", 8);
	lab_run(&lab);
	lab_append_log(&lab, 0, "no line\n", 8); /* of the day of the run before */
	lab_run(&lab);
	trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.lines, 65);
	cr_expect_eq(trend->balance.rejected[REJECT_FORMAT], 4);
	trend_free(trend);
	trend = lab_report(&lab, LAB_DAY, LAB_DAY, "a.example");
	cr_expect_eq(trend->balance.lines, 62);
	trend_free(trend);
	lab_release(&lab);
}

Test(session, a_day_is_late_once_it_is_closed)
{
	struct lab lab;
	lab_make(&lab);
	unsigned lines = lab_fill(&lab, 0, LAB_DAY, 60);
	lines += lab_fill(&lab, 0, LAB_DAY + 1, 30);
	lab_run(&lab);
	struct error error;
	size_t n;
	struct session *session = lab_session(&lab);
	cr_assert_eq(session_close(session, LAB_DAY, &n, &error), 0, "%s", error.text);
	cr_expect_eq(n, 1);
	cr_assert_eq(session_close(session, LAB_DAY, &n, &error), 0, "%s", error.text);
	cr_expect_eq(n, 0, "a day closes once");
	session_free(session);
	lab_visit(&lab, 0, 1, LAB_DAY, 86000, "/late");
	lab_append_log(&lab, 0, "no line\n", 8);
	lab_visit(&lab, 0, 1, LAB_DAY + 1, 86000, "/in/time");
	struct session_result result = lab_run(&lab);
	lines += 3;
	cr_expect_eq(result.balance.excluded[EXCLUDE_LATE], 1);
	cr_expect_eq(result.late_days, 1);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.lines, lines);
	cr_expect_eq(trend->balance.excluded[EXCLUDE_LATE], 1);
	cr_expect_eq(trend->totals.hits, 91);
	trend_free(trend);
	trend = lab_report(&lab, LAB_DAY, LAB_DAY, NULL);
	cr_expect_eq(trend->balance.excluded[EXCLUDE_LATE], 1);
	cr_expect_eq(trend->totals.hits, 60);
	trend_free(trend);
	lab_release(&lab);
}

Test(session, days_beyond_the_limit_are_left_out)
{
	struct lab lab;
	lab_make(&lab);
	lab.options.tally.max_open_days = 2;
	unsigned lines = 0;
	for (int32_t day = 0; day < LAB_DAYS; day++)
		lines += lab_fill(&lab, 0, LAB_DAY + day, 20);
	struct session_result result = lab_run(&lab);
	cr_expect_eq(result.balance.lines, lines);
	cr_expect_eq(result.balance.counted, 40);
	cr_expect_eq(result.balance.excluded[EXCLUDE_TOO_MANY_DAYS], 20);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.lines, lines);
	trend_free(trend);
	close_days(&lab);
	trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.lines, lines);
	cr_expect_eq(trend->balance.counted, 40);
	trend_free(trend);
	lab_release(&lab);
}

/* A limit that was lowered shuts no day that is open. */
Test(session, days_that_are_open_stay_open)
{
	struct lab lab;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 20);
	lab_fill(&lab, 1, LAB_DAY, 20);
	lab_fill(&lab, 1, LAB_DAY + 1, 20);
	lab_run(&lab);
	lab.options.tally.max_open_days = 1;
	lab_fill(&lab, 1, LAB_DAY, 20);
	lab_fill(&lab, 0, LAB_DAY + 1, 20);
	lab_fill(&lab, 0, LAB_DAY + 2, 20);
	struct session_result result = lab_run(&lab);
	cr_expect_eq(result.balance.counted, 40);
	cr_expect_eq(result.balance.excluded[EXCLUDE_TOO_MANY_DAYS], 20);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->totals.hits, 100);
	trend_free(trend);
	lab_release(&lab);
}

/* ---- what fails, and what must not write ---- */

Test(session, a_security_log_that_fails_keeps_nothing)
{
	static const struct {
		const char *name;
		enum lab_fault fault;
		bool kept;
	} rows[] = {
	    {"append", FAULT_APPEND, false},
	    {"sync", FAULT_SYNC, false},
	    {"what comes after the commit", FAULT_COMMITTED, true},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lab lab;
		struct session_result result;
		struct error error;
		lab_make(&lab);
		lab_fill(&lab, 0, LAB_DAY, 40);
		lab_run(&lab);
		lab_fill(&lab, 0, LAB_DAY, 25);
		lab_fill(&lab, 0, LAB_DAY + 1, 5);
		struct session *session = lab_session(&lab);
		lab.fault = rows[i].fault;
		cr_expect_eq(session_run(session, &result, &error), rows[i].kept ? 0 : -1, "row %s",
			     rows[i].name);
		lab.fault = FAULT_NONE;
		session_free(session);
		struct trend *trend = lab_report_all(&lab);
		cr_expect_eq(trend->balance.counted, rows[i].kept ? 70 : 40, "row %s: %lu",
			     rows[i].name, trend->balance.counted);
		trend_free(trend);
		lab_run(&lab);
		trend = lab_report_all(&lab);
		cr_expect_eq(trend->balance.counted, 70, "row %s: %lu", rows[i].name,
			     trend->balance.counted);
		size_t recorded = 0;
		for (size_t f = 0; f < lab.files_n; f++)
			for (size_t c = 0; c < lab.files[f].n; c++)
				recorded += lab.files[f].text[c] == '\n';
		cr_expect_eq(recorded, 70, "row %s: %zu", rows[i].name, recorded);
		trend_free(trend);
		lab_release(&lab);
	}
}

/* Names, sizes, times and contents of all files below a directory, as one number. */
static uint64_t look_at(const char *path)
{
	char command[256], line[512];
	uint64_t sum = 0;
	snprintf(command, sizeof(command),
		 "cd %s && find . -type f ! -name '*-shm' -printf '%%p %%s %%T@ ' -exec cksum {} "
		 "\\; -o -type d -printf '%%p\\n'",
		 path);
	FILE *pipe = popen(command, "r");
	while (fgets(line, sizeof(line), pipe))
		for (const char *p = line; *p; p++)
			sum = test_mix(sum ^ (uint8_t)*p);
	cr_assert_eq(pclose(pipe), 0);
	return sum;
}

static void count_file(void *context, const struct catalog_entry *entry)
{
	(void)entry;
	++*(unsigned *)context;
}

static void no_day(void *context, int32_t day)
{
	(void)context, (void)day;
}

Test(session, who_reads_writes_nothing)
{
	struct lab lab;
	struct session_result result;
	struct error error;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_fill(&lab, 1, LAB_DAY + 1, 60);
	lab_run(&lab);
	lab_fill(&lab, 0, LAB_DAY, 10);
	lab.options.now += (int64_t)10 * 86400;
	lab.options.grace = 0;
	lab.options.read_only = true;
	uint64_t before = look_at(lab.directory);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.counted, 120);
	trend_free(trend);
	unsigned files = 0;
	struct session *session = lab_session(&lab);
	cr_assert_eq(session_preview(session, count_file, no_day, &files, &result, &error), 0, "%s",
		     error.text);
	cr_expect_eq(files, 1);
	session_free(session);
	cr_expect_eq(look_at(lab.directory), before, "something was written");
	/* Also where there is no state yet. */
	snprintf(lab.state, sizeof(lab.state), "%s/none", lab.directory);
	before = look_at(lab.directory);
	session = lab_session(&lab);
	files = 0;
	cr_assert_eq(session_preview(session, count_file, no_day, &files, &result, &error), 0, "%s",
		     error.text);
	cr_expect_eq(files, 2);
	session_free(session);
	lab.options.create = false;
	cr_expect_null(session_open(&lab.options, &error));
	cr_expect(strstr(error.text, "there is no state here"), "%s", error.text);
	cr_expect_eq(look_at(lab.directory), before, "something was written");
	lab_release(&lab);
}
