/* session_report.c: what a state may show: the trend store and, through the same gate, its hot
 * days. */
#include <stdlib.h>
#include <string.h>
#include "aggregate/session_state.h"
#include "aggregate/tally/gate.h"
#include "aggregate/tally/tally_keep.h"

struct report {
	struct trend *sum;
	size_t parts;	  /* trends in it */
	const char *site; /* NULL: all */
	struct tally *tally;
};

/* What a section of one day looks like says little about many days: notes are for one. */
static int add(struct report *report, const struct trend *trend, struct error *error)
{
	if (report->parts++ == 1)
		report->sum->notes_n = 0;
	struct trend part = *trend;
	part.notes_n = report->parts == 1 ? part.notes_n : 0;
	trend = &part;
	return trend_merge(report->sum, trend) ? error_set(error, "out of memory for the report")
					       : 0;
}

static int add_closed(void *context, const struct store_span *span, const struct trend *trend,
		      struct error *error)
{
	(void)span;
	return add(context, trend, error);
}

static int add_hot(void *context, int32_t period, struct trend *trend, struct error *error)
{
	struct report *report = context;
	const char *site = tally_site(report->tally, hit_period_section(period));
	int failed = 0;
	if (!report->site || strcmp(report->site, site) == 0)
		failed = add(report, trend, error);
	trend_free(trend);
	return failed;
}

/* A tally per day: days are gated by themselves, so memory need not hold them all at once. */
static int gate_hot_day(struct session *session, struct report *report, int32_t day,
			struct error *error)
{
	struct tally_options options = session->options.tally;
	options.workers = 1;
	report->tally = tally_new(&options, error);
	session->only = day;
	int failed = !report->tally || tally_open(report->tally, day, error) ||
		     gate_each(report->tally, add_hot, report, error);
	session->only = INT32_MIN;
	session_say_lost(session);
	tally_free(report->tally);
	return failed ? -1 : 0;
}

static int gate_hot(struct session *session, struct report *report, int32_t first, int32_t last,
		    struct error *error)
{
	for (size_t i = 0; i < session->days_n; i++) {
		const struct store_day *day = &session->days[i];
		if (day->state == DAY_HOT && day->day >= first && day->day <= last &&
		    gate_hot_day(session, report, day->day, error))
			return -1;
	}
	return 0;
}

/* Lines of no day belong to the whole, not to a part of it. */
static int add_undated(struct session *session, struct trend *sum, struct error *error)
{
	struct balance undated;
	if (store_undated(session->store, &undated, error))
		return -1;
	balance_add(&sum->balance, &undated);
	return 0;
}

/* One transaction: a day that is closed meanwhile is counted once. */
struct trend *session_report(struct session *session, int32_t first, int32_t last, const char *site,
			     struct error *error)
{
	struct report report = {.sum = trend_new(session->options.tally.min_visitors),
				.site = site};
	bool whole = !site && first == INT32_MIN && last == INT32_MAX;
	int failed = report.sum ? store_begin(session->store, error)
				: error_set(error, "out of memory for the report");
	if (!failed)
		failed = session_read_days(session, error) ||
			 store_each_trend(session->store, first, last, site, add_closed, &report,
					  error) ||
			 gate_hot(session, &report, first, last, error) ||
			 (whole && add_undated(session, report.sum, error));
	store_rollback(session->store);
	if (!failed)
		return report.sum;
	trend_free(report.sum);
	return NULL;
}
