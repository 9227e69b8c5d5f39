/* Days of a state: what closes them and when, keys that are lost, what is taken back. */
#include <dirent.h>
#include <time.h>
#include "session_fixture.h"

/* Files in a directory of the state whose name begins so. */
static unsigned files_in(const struct lab *lab, const char *name, const char *begins)
{
	char path[160];
	unsigned n = 0;
	snprintf(path, sizeof(path), "%s/%s", lab->state, name);
	DIR *dir = opendir(path);
	if (!dir)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.' && strncmp(entry->d_name, begins, strlen(begins)) == 0;
	closedir(dir);
	return n;
}

static unsigned keys_of(const struct lab *lab)
{
	return files_in(lab, "keys", "");
}

static void lose_keys(const struct lab *lab)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -f %s/keys/*", lab->state);
	cr_assert_eq(system(command), 0);
}

static unsigned count_rows(struct lab *lab)
{
	char command[256], line[32] = "";
	snprintf(command, sizeof(command), "sqlite3 %s/state.db 'SELECT count(*) FROM hot'",
		 lab->state);
	FILE *pipe = popen(command, "r");
	cr_assert_not_null(fgets(line, sizeof(line), pipe));
	cr_assert_eq(pclose(pipe), 0);
	return (unsigned)atoi(line);
}

static size_t close_day(struct lab *lab, int32_t day)
{
	struct error error;
	size_t n;
	struct session *session = lab_session(lab);
	cr_assert_eq(session_close(session, day, &n, &error), 0, "%s", error.text);
	session_free(session);
	return n;
}

/* ---- when ---- */

static const struct {
	const char *name;
	int64_t grace, after; /* seconds after the day's end */
	size_t closed;
} graces[] = {
    {"the day has not ended", 3600, -1, 0}, {"in its grace", 3600, 3600, 0},
    {"past its grace", 3600, 3601, 1},	    {"no grace", 0, 1, 1},
    {"by hand only", -1, 400 * 86400, 0},
};

Test(session_days, close_by_the_clock)
{
	for (size_t i = 0; i < COUNT(graces); i++) {
		struct lab lab;
		lab_make(&lab);
		lab_fill(&lab, 0, LAB_DAY, 40);
		lab.options.grace = graces[i].grace;
		lab.options.now = (int64_t)(LAB_DAY + 1) * 86400 + graces[i].after;
		lab.options.veil.now = lab.options.now;
		struct session_result result = lab_run(&lab);
		cr_expect_eq(result.closed, graces[i].closed, "row %s", graces[i].name);
		cr_expect_eq(keys_of(&lab) == 0, graces[i].closed == 1, "row %s: %u keys",
			     graces[i].name, keys_of(&lab));
		cr_expect_eq(count_rows(&lab) == 0, graces[i].closed == 1, "row %s",
			     graces[i].name);
		struct trend *trend = lab_report_all(&lab);
		cr_expect_eq(trend->totals.hits, 40, "row %s", graces[i].name);
		trend_free(trend);
		lab_release(&lab);
	}
}

Test(session_days, nothing_to_close)
{
	struct lab lab;
	lab_make(&lab);
	cr_expect_eq(close_day(&lab, INT32_MIN), 0);
	lab_fill(&lab, 0, LAB_DAY, 40);
	lab_run(&lab);
	cr_expect_eq(close_day(&lab, LAB_DAY + 1), 0);
	cr_expect_eq(close_day(&lab, INT32_MIN), 1);
	cr_expect_eq(close_day(&lab, INT32_MIN), 0);
	cr_expect_str_eq(lab.said, "");
	lab_release(&lab);
}

/* Several sites, one of them of too few to be shown; and a key of a day that no line came for. */
Test(session_days, close_all_sites_of_a_day)
{
	struct lab lab;
	lab_make(&lab);
	unsigned lines = lab_fill(&lab, 0, LAB_DAY, 60);
	lab_visit(&lab, 1, 1, LAB_DAY, 100, "/lonely"); /* near midnight: asks for the day before */
	lab_run(&lab);
	cr_expect_eq(keys_of(&lab), 2);
	cr_expect_eq(close_day(&lab, INT32_MIN), 1);
	cr_expect_eq(keys_of(&lab), 0, "%u keys", keys_of(&lab));
	cr_expect_eq(count_rows(&lab), 0);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.lines, lines + 1);
	cr_expect_eq(trend->totals.hits, lines, "what few did is not shown");
	trend_free(trend);
	trend = lab_report(&lab, LAB_DAY, LAB_DAY, "b.example");
	cr_expect(!trend->shown);
	cr_expect_eq(trend->balance.counted, 1);
	trend_free(trend);
	lab_release(&lab);
}

/* What follows the commit of a close fails: the next session goes on there. */
Test(session_days, a_close_that_is_interrupted_is_finished)
{
	struct lab lab;
	struct error error;
	size_t n;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 40);
	lab_run(&lab);
	struct session *session = lab_session(&lab);
	lab.fault = FAULT_CLOSE;
	cr_assert_eq(session_close(session, LAB_DAY, &n, &error), 0, "%s", error.text);
	cr_expect_eq(n, 1);
	session_free(session);
	cr_expect(strstr(lab.said, "the next run tries again"), "%s", lab.said);
	lab.fault = FAULT_NONE;
	cr_expect_eq(keys_of(&lab), 0, "keys go first");
	lab.said[0] = '\0';
	lab_run(&lab);
	cr_expect(lab.files[0].closed);
	cr_expect_str_eq(lab.said, "");
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->totals.hits, 40);
	trend_free(trend);
	lab_release(&lab);
}

/* The day before is closed while a visit that began there goes on. */
Test(session_days, a_visit_outlives_its_day)
{
	struct lab lab;
	lab_make(&lab);
	for (unsigned unit = 0; unit < 20; unit++)
		for (int i = 0; i < 3; i++)
			lab_visit(&lab, 0, unit, LAB_DAY, 86400 - 900 + i * 600, "/night");
	lab_run(&lab); /* 40 hits before midnight, 20 after */
	close_day(&lab, LAB_DAY);
	for (unsigned unit = 0; unit < 20; unit++)
		lab_visit(&lab, 0, unit, LAB_DAY + 1, 900, "/night/later");
	lab_run(&lab);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->totals.hits, 80);
	cr_expect_eq(trend->totals.visits, 40, "%lu visits: a closed day's cannot go on",
		     trend->totals.visits);
	trend_free(trend);
	close_day(&lab, INT32_MIN);
	trend = lab_report_all(&lab);
	cr_expect_eq(trend->totals.hits, 80);
	cr_expect_eq(trend->totals.visits, 40);
	trend_free(trend);
	lab_release(&lab);
}

/* ---- a key that is gone ---- */

Test(session_days, a_key_may_be_lost_again_and_again)
{
	struct lab lab;
	unsigned lines = 0;
	lab_make(&lab);
	for (unsigned loss = 0; loss < 4; loss++) {
		lines += lab_fill(&lab, 0, LAB_DAY, 60);
		lab.said[0] = '\0';
		lab_run(&lab);
		cr_expect_eq(strstr(lab.said, "the key of 2026-10-05 is gone") != NULL, loss > 0,
			     "loss %u: %s", loss, lab.said);
		lab.said[0] = '\0';
		struct trend *trend = lab_report_all(&lab);
		cr_expect_str_eq(lab.said, "", "said once");
		cr_expect_eq(trend->totals.hits, lines, "loss %u", loss);
		cr_expect_eq(trend->balance.counted, lines, "loss %u", loss);
		cr_expect_eq(trend->totals.approximate, loss > 0, "loss %u", loss);
		cr_expect_eq(trend->panels[DIM_DAY].total, lines, "loss %u", loss);
		cr_expect_eq(trend->panels[DIM_STATUS].total, lines, "loss %u: %lu", loss,
			     trend->panels[DIM_STATUS].total);
		cr_expect_eq(trend->panels[DIM_BROWSER].total, lines, "loss %u: %lu", loss,
			     trend->panels[DIM_BROWSER].total);
		trend_free(trend);
		lose_keys(&lab);
	}
	/* Nobody comes any more: the day closes without a key. */
	cr_expect_eq(close_day(&lab, LAB_DAY), 1);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->totals.hits, lines);
	cr_expect_eq(trend->panels[DIM_DAY].total, lines);
	trend_free(trend);
	cr_expect_eq(keys_of(&lab), 0);
	lab_release(&lab);
}

Test(session_days, without_any_key_a_report_folds)
{
	struct lab lab;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_run(&lab);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s/keys", lab.state);
	cr_assert_eq(system(command), 0);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->totals.hits, 60);
	cr_expect_null(test_row(trend, DIM_PAGE, "/page/a"));
	cr_expect_eq(test_hits(trend, DIM_DAY, "2026-10-05"), 60);
	trend_free(trend);
	lab_release(&lab);
}

Test(session_days, destroyed_keys_close_a_day_folded)
{
	struct lab lab;
	struct error error;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_fill(&lab, 0, LAB_DAY + 1, 60);
	lab_run(&lab);
	struct session *session = lab_session(&lab);
	cr_assert_eq(session_destroy(session, LAB_DAY, &error), 0, "%s", error.text);
	session_free(session);
	cr_expect_eq(keys_of(&lab), 1);
	struct trend *trend = lab_report(&lab, LAB_DAY, LAB_DAY, NULL);
	cr_expect_eq(trend->totals.hits, 60);
	cr_expect_null(test_row(trend, DIM_PAGE, "/page/a"));
	trend_free(trend);
	trend = lab_report(&lab, LAB_DAY + 1, LAB_DAY + 1, NULL);
	cr_expect_not_null(test_row(trend, DIM_PAGE, "/page/a"));
	trend_free(trend);
	lab_release(&lab);
}

/* Rows have checks, but anybody can make those. */
Test(session_days, a_day_of_no_log_is_refused)
{
	static const int32_t days[] = {INT32_MIN + 1, INT32_MAX, INT32_MAX / HIT_SECTIONS_MAX};
	for (size_t i = 0; i < COUNT(days); i++) {
		struct lab lab;
		struct error error;
		lab_make(&lab);
		struct session *session = lab_session(&lab);
		struct store_day day = {.day = days[i]};
		cr_assert_eq(store_put_day(session_store(session), &day, &error), 0);
		session_free(session);
		cr_expect_null(session_open(&lab.options, &error), "day %d", days[i]);
		cr_expect(strstr(error.text, lab.state), "day %d: %s", days[i], error.text);
		lab_release(&lab);
	}
}

/* ---- taken back ---- */

static int drop(struct lab *lab, int32_t day, struct error *error)
{
	struct session *session = lab_session(lab);
	int failed = session_drop(session, day, error);
	session_free(session);
	return failed;
}

static void forget_files(struct lab *lab)
{
	struct error error;
	struct mark *marks;
	size_t n;
	struct session *session = lab_session(lab);
	struct store *store = session_store(session);
	cr_assert_eq(store_marks(store, &marks, &n, &error), 0);
	cr_assert_eq(store_begin(store, &error), 0);
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(store_drop_mark(store, marks[i].id, &error), 0);
		mark_release(&marks[i]);
	}
	free(marks);
	cr_assert_eq(store_commit(store, &error), 0);
	session_free(session);
}

/* A day that is dropped and read again is as it was, whether it was open or closed. */
Test(session_days, a_dropped_day_can_be_counted_again)
{
	for (int closed = 0; closed < 2; closed++) {
		struct lab lab;
		struct error error;
		lab_make(&lab);
		lab_fill(&lab, 0, LAB_DAY, 60);
		lab_fill(&lab, 1, LAB_DAY, 40);
		lab_run(&lab);
		if (closed)
			close_day(&lab, LAB_DAY);
		cr_expect_eq(drop(&lab, LAB_DAY + 1, &error), -1, "there is no such day");
		cr_assert_eq(drop(&lab, LAB_DAY, &error), 0, "%s", error.text);
		cr_expect_eq(keys_of(&lab), 0);
		cr_expect_eq(count_rows(&lab), 0);
		struct trend *trend = lab_report(&lab, LAB_DAY, LAB_DAY, NULL);
		cr_expect_eq(trend->balance.lines, 0);
		trend_free(trend);
		lab_run(&lab); /* nothing is new */
		forget_files(&lab);
		lab_run(&lab);
		trend = lab_report(&lab, LAB_DAY, LAB_DAY, NULL);
		cr_expect_eq(trend->totals.hits, 100);
		trend_free(trend);
		lab_release(&lab);
	}
}

/* Its keys go with a day that is still being closed. */
Test(session_days, a_day_dropped_while_it_closes_keeps_no_key)
{
	struct lab lab;
	struct error error;
	size_t n;
	char keys[96], command[256];
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 40);
	lab_run(&lab);
	/* A key file that cannot be destroyed: a directory has its name. */
	struct session *session = lab_session(&lab);
	trend_free(session_report(session, INT32_MIN, INT32_MAX, NULL, &error)); /* asks for it */
	snprintf(keys, sizeof(keys), "%s/keys", lab.state);
	snprintf(command, sizeof(command),
		 "cd %s && f=$(ls) && mv $f ../kept && mkdir $f && touch $f/in", keys);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(session_close(session, LAB_DAY, &n, &error), 0, "%s", error.text);
	cr_expect(strstr(lab.said, "the next run tries again"), "%s", lab.said);
	snprintf(command, sizeof(command), "cd %s && f=$(ls) && rm -r $f && mv ../kept $f", keys);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(session_drop(session, LAB_DAY, &error), 0, "%s", error.text);
	session_free(session);
	cr_expect_eq(keys_of(&lab), 0);
	lab_release(&lab);
}

Test(session_days, a_day_of_a_rolled_up_month_stays)
{
	struct lab lab;
	struct error error;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_run(&lab);
	lab.options.now += (int64_t)100 * 86400;
	lab.options.trend_days = 30;
	close_day(&lab, LAB_DAY); /* rolls up, too */
	cr_expect_eq(drop(&lab, LAB_DAY, &error), -1);
	cr_expect(error.text[0]);
	struct trend *trend = lab_report_all(&lab);
	cr_expect_eq(trend->totals.hits, 60, "nothing was taken out");
	trend_free(trend);
	/* It is still known as closed. */
	lab_visit(&lab, 0, 1, LAB_DAY, 80000, "/late");
	struct session_result result = lab_run(&lab);
	cr_expect_eq(result.balance.excluded[EXCLUDE_LATE], 1);
	trend = lab_report_all(&lab);
	cr_expect_eq(trend->balance.lines, 61);
	trend_free(trend);
	lab_release(&lab);
}

/* ---- retention ---- */

/* Once a day, and after a day was closed; also where days are closed by hand or nothing comes. */
Test(session_days, retention_is_looked_at_every_day)
{
	struct lab lab;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 40);
	lab_run(&lab);
	cr_expect_eq(lab.expired, 1);
	lab_run(&lab);
	cr_expect_eq(lab.expired, 1);
	lab.options.now += 86400;
	lab_run(&lab);
	lab_run(&lab);
	cr_expect_eq(lab.expired, 2);
	close_day(&lab, LAB_DAY);
	cr_expect_eq(lab.expired, 3);
	lab_release(&lab);
}

/* ---- a configuration that changes ---- */

Test(session_days, a_goal_may_go_and_come)
{
	struct lab lab;
	lab_make(&lab);
	for (unsigned unit = 0; unit < 30; unit++) {
		lab_visit(&lab, 0, unit, LAB_DAY, 40000, "/buy/x?total=2.50");
		lab_visit(&lab, 0, unit, LAB_DAY, 40010, "/join");
	}
	lab_run(&lab);
	struct trend *trend = lab_report_all(&lab);
	uint64_t bought = test_hits(trend, DIM_GOAL, "buy"),
		 joined = test_hits(trend, DIM_GOAL, "join");
	cr_expect(bought > 20 && joined > 20);
	trend_free(trend);
	/* The other order, and one between them. */
	struct error error;
	struct goals *goals = goals_new();
	cr_assert_eq(goals_add(goals, "new=/new", &error), 0);
	cr_assert_eq(goals_add(goals, "join=/join", &error), 0);
	cr_assert_eq(goals_add(goals, "buy=/buy/*; amount=query:total", &error), 0);
	const char *names[] = {"new", "join", "buy"};
	lab.options.veil.goals = goals;
	lab.options.tally.goals = names;
	lab.options.tally.goals_n = 3;
	for (unsigned unit = 0; unit < 30; unit++)
		lab_visit(&lab, 0, unit, LAB_DAY, 50000, "/buy/x?total=2.50");
	lab_run(&lab);
	trend = lab_report_all(&lab);
	cr_expect_eq(test_hits(trend, DIM_GOAL, "buy"), 2 * bought);
	cr_expect_eq(test_hits(trend, DIM_GOAL, "join"), joined);
	cr_expect_null(test_row(trend, DIM_GOAL, "new"));
	cr_expect_eq(test_row(trend, DIM_GOAL, "buy")->figures.amount, (int64_t)(2 * bought) * 250);
	trend_free(trend);
	/* And gone: its figures end, nothing else does. */
	lab.options.tally.goals_n = 2;
	names[0] = "join", names[1] = "new";
	lab.options.veil.goals = NULL;
	lab_visit(&lab, 0, 1, LAB_DAY, 60000, "/page");
	lab_run(&lab);
	trend = lab_report_all(&lab);
	cr_expect_null(test_row(trend, DIM_GOAL, "buy"));
	cr_expect_eq(test_hits(trend, DIM_GOAL, "join"), joined);
	cr_expect_eq(trend->totals.hits, 91);
	trend_free(trend);
	goals_free(goals);
	lab_release(&lab);
}

/* A site that is no longer declared keeps what it had. */
Test(session_days, a_site_may_go)
{
	static const char *const one[] = {"a.example"};
	struct lab lab;
	lab_make(&lab);
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_fill(&lab, 1, LAB_DAY, 40);
	lab_run(&lab);
	lab.options.sources_n = 1;
	lab_name_sites(&lab, one, COUNT(one));
	lab_fill(&lab, 0, LAB_DAY, 60);
	lab_run(&lab);
	for (int round = 0; round < 2; round++) {
		struct trend *b = lab_report(&lab, INT32_MIN, INT32_MAX, "b.example");
		struct trend *a = lab_report(&lab, INT32_MIN, INT32_MAX, "a.example");
		cr_expect_eq(b->totals.hits, 40);
		cr_expect_eq(a->totals.hits, 120);
		cr_expect_eq(a->totals.visitors, 20, "who came twice is one visitor");
		trend_free(a), trend_free(b);
		close_day(&lab, LAB_DAY);
	}
	lab_release(&lab);
}
