/*
 * session_fixture.h: a state, two logs of two sites and a security log in memory, for the tests of
 * a session.
 */
#ifndef TESTS_UNIT_SESSION_FIXTURE_H
#define TESTS_UNIT_SESSION_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aggregate/session.h"
#include "base/zone.h"
#include "hits.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { LAB_DAY = 20731, LAB_DAYS = 3, LAB_LOGS = 2, LAB_FILES_MAX = 16 }; /* 2026-10-05 … */

struct lab_file { /* of the security log: what is on its disk */
	int32_t day;
	size_t n, cap;
	char *text;
	bool closed;
};

enum lab_fault { FAULT_NONE, FAULT_OPEN, FAULT_APPEND, FAULT_SYNC, FAULT_COMMITTED, FAULT_CLOSE };

struct lab {
	char directory[64], state[80], logs[LAB_LOGS][80];
	const char *patterns[LAB_LOGS];
	struct routes *routes;
	struct goals *goals;
	const char *goal_names[HIT_GOALS_MAX];
	struct session_source sources[LAB_LOGS];
	struct session_recorder recorder;
	struct session_options options;
	struct lab_file files[LAB_FILES_MAX];
	size_t files_n;
	enum lab_fault fault;
	unsigned expired; /* calls */
	char said[4096];  /* messages */
	int threads_calling;
};

static const char *const lab_sites[] = {"a.example", "b.example"};
static const char *const lab_sites_swapped[] = {"b.example", "a.example"};

/* ---- the security log ---- */

static inline struct lab_file *lab_file(struct lab *lab, int32_t day)
{
	for (size_t i = 0; i < lab->files_n; i++)
		if (lab->files[i].day == day)
			return &lab->files[i];
	cr_assert(lab->files_n < LAB_FILES_MAX);
	lab->files[lab->files_n] = (struct lab_file){.day = day};
	return &lab->files[lab->files_n++];
}

/* What does not depend on keys. */
static size_t lab_record(void *context, const struct trace *trace, char *out)
{
	(void)context;
	return (size_t)sprintf(out, "%ld %u %lu\n", (long)trace->time, trace->status,
			       (unsigned long)trace->bytes);
}

static inline int lab_fails(const struct lab *lab, enum lab_fault fault, struct error *error)
{
	return lab->fault == fault ? error_set(error, "the disk is full") : 0;
}

static int lab_open(void *context, const struct store_security *files, size_t n,
		    struct error *error)
{
	struct lab *lab = context;
	for (size_t f = 0; f < lab->files_n; f++)
		lab->files[f].n = 0;
	for (size_t i = 0; i < n; i++) {
		struct lab_file *file = lab_file(lab, files[i].day);
		cr_assert(files[i].length <= file->cap, "a committed line is not there");
		file->n = files[i].length;
		file->closed = files[i].closed;
	}
	return lab_fails(lab, FAULT_OPEN, error);
}

static int lab_append(void *context, int32_t day, struct slice lines, struct error *error)
{
	struct lab *lab = context;
	struct lab_file *file = lab_file(lab, day);
	if (lab_fails(lab, FAULT_APPEND, error))
		return -1;
	if (file->n + lines.n > file->cap) {
		file->cap = 2 * (file->n + lines.n);
		file->text = realloc(file->text, file->cap);
	}
	memcpy(file->text + file->n, lines.p, lines.n);
	file->n += lines.n;
	return 0;
}

static int lab_sync(void *context, struct error *error)
{
	return lab_fails(context, FAULT_SYNC, error);
}

static bool lab_at(const void *context, size_t i, struct store_security *ret)
{
	const struct lab *lab = context;
	if (i >= lab->files_n)
		return false;
	*ret = (struct store_security){lab->files[i].day, 0, lab->files[i].n, lab->files[i].closed};
	return true;
}

static int lab_committed(void *context, struct error *error)
{
	return lab_fails(context, FAULT_COMMITTED, error);
}

static int lab_close_day(void *context, int32_t day, struct error *error)
{
	struct lab *lab = context;
	if (lab_fails(lab, FAULT_CLOSE, error))
		return -1;
	for (size_t i = 0; i < lab->files_n; i++)
		if (lab->files[i].day == day)
			lab->files[i].closed = true;
	return 0;
}

static int lab_expire(void *context, int32_t today, struct error *error)
{
	struct lab *lab = context;
	(void)today, (void)error;
	lab->expired++;
	return 0;
}

/* ---- the state ---- */

static void lab_say(void *context, const char *message)
{
	struct lab *lab = context;
	size_t n = strlen(lab->said);
	snprintf(lab->said + n, sizeof(lab->said) - n, "%s\n", message);
}

static inline void lab_make(struct lab *lab)
{
	struct error error;
	*lab = (struct lab){.directory = "/tmp/veiltally-session-XXXXXX"};
	cr_assert_eq(zone_set("UTC", &error), 0);
	cr_assert_not_null(mkdtemp(lab->directory));
	snprintf(lab->state, sizeof(lab->state), "%s/state", lab->directory);
	lab->routes = routes_new();
	lab->goals = goals_new();
	cr_assert_eq(goals_add(lab->goals, "buy=/buy/*; amount=query:total", &error), 0);
	cr_assert_eq(goals_add(lab->goals, "join=/join", &error), 0);
	for (unsigned g = 0; g < goals_count(lab->goals); g++)
		lab->goal_names[g] = goals_name(lab->goals, g);
	int64_t now = (int64_t)(LAB_DAY + LAB_DAYS) * 86400;
	for (unsigned i = 0; i < LAB_LOGS; i++) {
		snprintf(lab->logs[i], sizeof(lab->logs[i]), "%s/%c.log", lab->directory,
			 'a' + (int)i);
		lab->patterns[i] = lab->logs[i];
		fclose(fopen(lab->logs[i], "w"));
		lab->sources[i] =
		    (struct session_source){.files = {.name = lab_sites[i],
						      .patterns = &lab->patterns[i],
						      .patterns_n = 1,
						      .options = {.log_format = "combined",
								  .max_line = 1 << 16,
								  .chunk = 256 << 10,
								  .now = now}},
					    .veil = {.section = (uint16_t)(i + 1)}};
	}
	lab->recorder = (struct session_recorder){.context = lab,
						  .path = "security.log",
						  .record_max = 80,
						  .record = lab_record,
						  .open = lab_open,
						  .append = lab_append,
						  .sync = lab_sync,
						  .at = lab_at,
						  .committed = lab_committed,
						  .close_day = lab_close_day,
						  .expire = lab_expire};
	lab->options = (struct session_options){
	    .state = lab->state,
	    .zone = "UTC",
	    .create = true,
	    .now = now,
	    .grace = -1,
	    .tally = test_options(2),
	    .veil = {.routes = lab->routes,
		     .goals = lab->goals,
		     .sections = lab_sites,
		     .sections_n = COUNT(lab_sites),
		     .since = INT64_MIN,
		     .until = INT64_MAX,
		     .now = now,
		     .visit_timeout = 1800,
		     .memory = 4 << 20},
	    .threads = 1,
	    .max_line = 1 << 16,
	    .sources = lab->sources,
	    .sources_n = LAB_LOGS,
	    .recorder = &lab->recorder,
	    .say = lab_say,
	    .context = lab,
	};
	lab->options.tally.by_day = true;
	lab->options.tally.goals = lab->goal_names;
	lab->options.tally.goals_n = goals_count(lab->goals);
	lab->options.tally.sites = lab_sites;
	lab->options.tally.sites_n = COUNT(lab_sites);
}

static inline void lab_release(struct lab *lab)
{
	char command[96];
	routes_free(lab->routes);
	goals_free(lab->goals);
	for (size_t i = 0; i < lab->files_n; i++)
		free(lab->files[i].text);
	snprintf(command, sizeof(command), "rm -rf %s", lab->directory);
	cr_assert_eq(system(command), 0);
}

/* The logs get the numbers of sections that the sites have in `sites`. */
static inline void lab_name_sites(struct lab *lab, const char *const *sites, size_t n)
{
	lab->options.veil.sections = lab->options.tally.sites = sites;
	lab->options.veil.sections_n = lab->options.tally.sites_n = n;
	for (unsigned i = 0; i < LAB_LOGS; i++)
		for (size_t s = 0; s < n; s++)
			if (strcmp(sites[s], lab_sites[i]) == 0)
				lab->sources[i].veil.section = (uint16_t)(s + 1);
}

static inline struct session *lab_session(struct lab *lab)
{
	struct error error;
	lab->options.tally.workers = lab->options.threads;
	struct session *session = session_open(&lab->options, &error);
	cr_assert_not_null(session, "%s", error.text);
	return session;
}

/* One run in a session of its own, as cron starts it. */
static inline struct session_result lab_run(struct lab *lab)
{
	struct session_result result;
	struct error error;
	struct session *session = lab_session(lab);
	cr_assert_eq(session_run(session, &result, &error), 0, "%s", error.text);
	session_free(session);
	cr_assert(balance_holds(&result.balance));
	return result;
}

/* The report of a site, or of all, read as `veiltally report` does. */
static inline struct trend *lab_report(struct lab *lab, int32_t first, int32_t last,
				       const char *site)
{
	struct error error;
	bool read_only = lab->options.read_only;
	lab->options.read_only = true;
	struct session *session = lab_session(lab);
	struct trend *trend = session_report(session, first, last, site, &error);
	cr_assert_not_null(trend, "%s", error.text);
	session_free(session);
	lab->options.read_only = read_only;
	cr_assert(balance_holds(&trend->balance), "lines = counted + excluded + rejected");
	trend_sort(trend);
	return trend;
}

static inline struct trend *lab_report_all(struct lab *lab)
{
	return lab_report(lab, INT32_MIN, INT32_MAX, NULL);
}

/* ---- logs ---- */

static inline void lab_append_log(const struct lab *lab, unsigned log, const char *text, size_t n)
{
	FILE *file = fopen(lab->logs[log], "a");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(text, 1, n, file), n);
	fclose(file);
}

/* A page view at a second of a day. */
static inline size_t lab_line(char *out, unsigned unit, int32_t day, int second, const char *target)
{
	int year, month, date;
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	day += second / 86400;
	second %= 86400;
	zone_date(day, &year, &month, &date);
	return (size_t)sprintf(out,
			       "10.0.%u.%u - %s [%02d/%s/%d:%02d:%02d:%02d +0000] \"GET %s "
			       "HTTP/1.1\" %d %u \"-\" \"Mozilla/5.0 (X11; Linux x86_64; "
			       "rv:128.0) Gecko/20100101 Firefox/12%u.0\"\n",
			       unit >> 8, unit & 255, unit % 5 ? "-" : "someone", date,
			       months[month - 1], year, second / 3600, second / 60 % 60,
			       second % 60, target, unit % 11 ? 200 : 404, 100 + unit, unit % 4);
}

static inline void lab_visit(const struct lab *lab, unsigned log, unsigned unit, int32_t day,
			     int second, const char *target)
{
	char line[512];
	lab_append_log(lab, log, line, lab_line(line, unit, day, second, target));
}

/* Some units on some pages of a day: enough to be shown. */
static inline unsigned lab_fill(const struct lab *lab, unsigned log, int32_t day, unsigned lines)
{
	char target[32];
	for (unsigned i = 0; i < lines; i++) {
		snprintf(target, sizeof(target), "/page/%c", 'a' + (int)(i % 5));
		lab_visit(lab, log, i % 20, day, 40000 + (int)i * 7, target);
	}
	return lines;
}

#endif
